"""What is not computed again: the cache, its keys, and how it is forgotten."""

from __future__ import annotations

import io

from PIL import Image

from tests.comfyui.ear import brief
from tests.comfyui.graphs import Graph, empty, node, save, saved
from tests.comfyui.interaction import interaction
from tests.comfyui.normal import Json
from tests.comfyui.visit import Ran, Visit


def _cached(ran: Ran) -> Json:
    return next(data["nodes"] for event, data in ran.entry["status"]["messages"] if event == "execution_cached")


def _ran(ran: Ran) -> list[str]:
    return [line.split()[1] for line in brief(ran.events) if line.startswith("executing") and line != "executing None"]


def _png(colour: int) -> bytes:
    held = io.BytesIO()
    Image.new("RGB", (16, 16), (colour >> 16, colour >> 8 & 255, colour & 255)).save(held, "PNG")
    return held.getvalue()


@interaction()
def a_graph_sent_twice_is_answered_from_the_cache(at: Visit) -> Json:
    graph = saved(at.chance(), at.called("prefix"))
    first, second = at.run(graph), at.run(graph, label="again")
    return {
        "events": at.plain(second.events),
        "same files": first.entry["outputs"] == second.entry["outputs"],
        "outputs": at.plain(second.entry["outputs"]),
        "meta": at.plain(second.entry.get("meta")),
        "messages": [event for event, _ in second.entry["status"]["messages"]],
    }


@interaction()
def a_cached_answer_without_a_client_still_names_the_files(at: Visit) -> Json:
    graph = saved(at.chance(), at.called("prefix"))
    at.run(graph)
    entry = at.entry(at.queue(graph, label="again"))
    return {"outputs": at.plain(entry["outputs"]), "status": entry["status"]["status_str"]}


@interaction()
def a_cached_answer_makes_no_new_file(at: Visit) -> Json:
    prefix = at.called("prefix")
    graph = saved(at.chance(), prefix)
    at.run(graph)
    at.run(graph)
    third = at.run(saved(at.chance(), prefix))
    return at.plain(third.files("2"))


@interaction()
def another_number_of_the_node_is_still_the_same_node(at: Visit) -> Json:
    colour, prefix = at.chance(), at.called("prefix")
    at.run(saved(colour, prefix))
    again = at.run({"7": empty(colour), "8": save("7", prefix)}, label="again")
    return {"cached": _cached(again), "outputs": at.plain(again.entry["outputs"])}


@interaction()
def a_changed_end_runs_the_end_alone(at: Visit) -> Json:
    colour = at.chance()
    at.run(saved(colour, at.called("prefix")))
    again = at.run(saved(colour, at.called("prefix b")))
    return {"cached": _cached(again), "events": brief(again.events)}


@interaction()
def a_changed_start_runs_everything_after_it(at: Visit) -> Json:
    colour, prefix = at.chance(), at.called("prefix")
    graph = {"1": empty(colour), "2": node("ImageInvert", image=["1", 0]), "3": save("2", prefix)}
    at.run(graph)
    again = at.run(graph | {"1": empty(colour ^ 1)})
    return {"cached": _cached(again), "ran": _ran(again)}


@interaction()
def a_changed_branch_runs_its_own_nodes_alone(at: Visit) -> Json:
    colour, other, prefix = at.chance(), at.chance(), at.called("prefix")
    blend: Graph = {
        "1": empty(colour),
        "2": empty(other, batch=1),
        "3": node("ImageBlend", image1=["1", 0], image2=["2", 0], blend_factor=0.5, blend_mode="normal"),
        "4": save("3", prefix),
    }
    at.run(blend)
    again = at.run(blend | {"2": empty(other ^ 1)})
    return {"cached": sorted(_cached(again)), "ran": _ran(again)}


@interaction()
def only_the_last_prompt_is_remembered(at: Visit) -> Json:
    first = saved(at.chance(), at.called("prefix"))
    at.run(first)
    at.run(saved(at.chance(), at.called("prefix b")))
    again = at.run(first, label="again")
    return {"cached": _cached(again), "files": at.plain(again.files("2"))}


@interaction()
def a_failed_node_is_run_again_and_the_rest_is_not(at: Visit) -> Json:
    graph = {"1": empty(at.chance()), "2": save("1", f"../../{at.called('prefix')}")}
    at.run(graph)
    again = at.run(graph, label="again")
    return {"cached": _cached(again), "events": brief(again.events)}


@interaction()
def free_memory_forgets_the_cache(at: Visit) -> Json:
    graph = saved(at.chance(), at.called("prefix"))
    at.run(graph)
    answer = at.asked("POST", "/free", json={"free_memory": True})
    # The worker takes the order up between prompts: one that is unlike the others makes sure that it has.
    again = at.run(graph, label="again")
    if _cached(again):
        at.settle()
        again = at.run(graph, label="later")
    return {"answer": answer, "cached": _cached(again), "files": len(again.files("2"))}


@interaction()
def a_loaded_file_is_known_by_its_bytes(at: Visit) -> Json:
    name, prefix = at.called("file") + ".png", at.called("prefix")
    graph = {"1": node("LoadImage", image=name), "2": save("1", prefix)}

    def uploaded(colour: int) -> None:
        files = {"image": (name, _png(colour), "image/png")}
        at.ask("POST", "/upload/image", files=files, data={"overwrite": "true"})

    colour = at.chance()
    uploaded(colour)
    at.run(graph)
    uploaded(colour)
    same = at.run(graph, label="same")
    uploaded(colour ^ 0xFF)
    other = at.run(graph, label="other")
    return {"same": _cached(same), "other": _cached(other), "files": at.plain(other.files("2"))}


@interaction(checkpoint=True)
def a_changed_text_runs_its_own_branch_alone(at: Visit) -> Json:
    graph = at.sampling(steps=1)
    at.run(graph)
    again = at.run(graph | {"6": node("CLIPTextEncode", text="a blue square", clip=["4", 1])})
    return {"cached": _cached(again), "ran": _ran(again)}


@interaction(checkpoint=True)
def a_changed_seed_runs_the_sampler_and_after(at: Visit) -> Json:
    graph = at.sampling(steps=1)
    at.run(graph)
    graph["3"]["inputs"]["seed"] += 1
    again = at.run(graph)
    return {"cached": _cached(again), "ran": _ran(again)}
