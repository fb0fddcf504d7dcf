"""What a graph is refused for, node by node, and what runs in spite of it."""

from __future__ import annotations

from typing import Any

from tests.comfyui.graphs import Graph, empty, node, save
from tests.comfyui.interaction import interaction
from tests.comfyui.normal import Json
from tests.comfyui.visit import Visit


def _refused(at: Visit, *, first: dict[str, Any] | None = None, **inputs: Any) -> Json:
    """The answer to a plain picture with these inputs instead; None takes an input away."""
    made = {"width": 32, "height": 24, "batch_size": 1, "color": at.chance(), **inputs}
    kept = {name: held for name, held in made.items() if held is not None}
    return at.told(at.submit({"1": first or {"class_type": "EmptyImage", "inputs": kept}, "2": save("1", "unused")}))


@interaction()
def a_missing_input_is_named(at: Visit) -> Json:
    return _refused(at, width=None)


@interaction()
def each_missing_input_is_named(at: Visit) -> Json:
    return _refused(at, width=None, height=None, color=None)


@interaction()
def a_value_below_its_least_is_named(at: Visit) -> Json:
    return _refused(at, width=0)


@interaction()
def a_value_above_its_most_is_named(at: Visit) -> Json:
    return {"int": _refused(at, width=16385), "colour": _refused(at, color=0x1000000)}


@interaction()
def a_float_outside_its_range_is_named(at: Visit) -> Json:
    told = {}
    for value in (1.5, -0.01):
        graph = {
            "1": node("SolidMask", value=value, width=8, height=8),
            "2": node("MaskToImage", mask=["1", 0]),
            "3": save("2", "unused"),
        }
        told[str(value)] = at.told(at.submit(graph))
    return told


@interaction()
def a_value_that_is_no_number_is_named(at: Visit) -> Json:
    asked: tuple[Any, ...] = ("wide", {}, "12.5")
    return {repr(held): _refused(at, width=held) for held in asked}


@interaction()
def null_is_no_number(at: Visit) -> Json:
    inputs = {"width": None, "height": 24, "batch_size": 1, "color": 0}
    return at.told(at.submit({"1": {"class_type": "EmptyImage", "inputs": inputs}, "2": save("1", "unused")}))


@interaction()
def a_float_that_is_no_number_is_named(at: Visit) -> Json:
    graph = {
        "1": node("SolidMask", value="half", width=8, height=8),
        "2": node("MaskToImage", mask=["1", 0]),
        "3": save("2", "unused"),
    }
    return at.told(at.submit(graph))


@interaction()
def several_faults_of_a_node_are_all_named(at: Visit) -> Json:
    return _refused(at, width=-1, height="tall", color=1 << 40)


@interaction()
def a_choice_that_is_not_offered_is_named(at: Visit) -> Json:
    scale = node("ImageScale", image=["1", 0], upscale_method="magic", width=8, height=8, crop="corner")
    return at.told(at.submit({"1": empty(1), "2": scale, "3": save("2", "unused")}))


@interaction()
def of_a_long_list_only_the_length_is_told(at: Visit) -> Json:
    sampler = node(
        "KSampler",
        seed=1,
        steps=1,
        cfg=1.0,
        sampler_name="magic",
        scheduler="normal",
        denoise=1.0,
        model=["9", 0],
        positive=["9", 0],
        negative=["9", 0],
        latent_image=["5", 0],
    )
    decode = node("VAEDecode", samples=["3", 0], vae=["9", 0])
    graph = {
        "3": sampler,
        "5": node("EmptyLatentImage", width=64, height=64, batch_size=1),
        "8": decode,
        "9": node("EmptyLatentImage", width=64, height=64, batch_size=1),
        "2": save("8", "unused"),
    }
    told = at.told(at.submit(graph))
    errors = told["body"]["node_errors"]["3"]["errors"]
    return [error for error in errors if error["extra_info"]["input_name"] == "sampler_name"]


@interaction(checkpoint=True)
def a_checkpoint_that_is_not_there_is_named(at: Visit) -> Json:
    graph = at.sampling() | {"4": node("CheckpointLoaderSimple", ckpt_name="no-such.safetensors")}
    body = at.submit(graph).json()
    error = body["node_errors"]["4"]["errors"][0]
    return {
        "type": error["type"],
        "message": error["message"],
        "starts": error["details"].startswith("ckpt_name: 'no-such.safetensors' not in ["),
        "received": error["extra_info"]["received_value"],
        "nodes": {key: [held["class_type"], held["dependent_outputs"]] for key, held in body["node_errors"].items()},
        "error": [body["error"]["type"], body["error"]["details"]],
    }


@interaction()
def a_link_of_the_wrong_length_is_named(at: Visit) -> Json:
    links: tuple[list[Any], ...] = ([], ["1"], ["1", 0, 0])
    return {
        repr(link): at.told(at.submit({"1": empty(1), "2": node("SaveImage", images=link, filename_prefix="u")}))
        for link in links
    }


@interaction()
def a_dangling_link_breaks_validation(at: Visit) -> Json:
    return at.told(at.submit({"2": save("nowhere", "unused")}))


@interaction()
def a_dangling_link_further_up_breaks_validation(at: Visit) -> Json:
    graph = {
        "1": node("ImageInvert", image=["nowhere", 0]),
        "2": node("ImageInvert", image=["1", 0]),
        "3": save("2", "unused"),
    }
    return at.told(at.submit(graph))


@interaction()
def an_output_that_the_node_lacks_breaks_validation(at: Visit) -> Json:
    slots: tuple[Any, ...] = (1, "0", None)
    return {
        repr(slot): at.told(at.submit({"1": empty(1), "2": node("SaveImage", images=["1", slot], filename_prefix="u")}))
        for slot in slots
    }


@interaction()
def an_output_counted_from_the_end_passes(at: Visit) -> Json:
    graph = {"1": empty(at.chance()), "2": node("SaveImage", images=["1", -1], filename_prefix=at.called("prefix"))}
    return at.run(graph).entry["status"]["status_str"]


@interaction()
def a_cycle_breaks_validation(at: Visit) -> Json:
    graph = {"1": node("ImageInvert", image=["2", 0]), "2": node("ImageInvert", image=["1", 0]), "3": save("2", "u")}
    told = at.told(at.submit(graph))
    nodes = told["body"].get("node_errors", {})
    types = {key: [error["type"] for error in held["errors"]] for key, held in nodes.items()}
    return {"status": told["status"], "error": told["body"]["error"]["type"], "types": types}


@interaction()
def a_node_linked_to_itself_breaks_validation(at: Visit) -> Json:
    told = at.told(at.submit({"1": node("ImageInvert", image=["1", 0]), "2": save("1", "unused")}))
    nodes = told["body"].get("node_errors", {})
    types = {key: [error["type"] for error in held["errors"]] for key, held in nodes.items()}
    return {"status": told["status"], "error": told["body"]["error"]["type"], "types": types}


@interaction()
def a_link_of_the_wrong_type_is_named(at: Visit) -> Json:
    return at.told(at.submit({"1": node("SolidMask", value=1.0, width=8, height=8), "2": save("1", "unused")}))


@interaction()
def a_value_where_a_link_belongs_is_let_through(at: Visit) -> Json:
    graph = {
        "1": empty(at.chance()),
        "2": save("1", at.called("prefix")),
        "3": node("PreviewImage", images="a picture"),
    }
    ran = at.run(graph)
    return {"status": ran.entry["status"]["status_str"], "node": _failed_node(ran.entry)}


def _failed_node(entry: dict[str, Any]) -> Json:
    return [data["node_id"] for event, data in entry["status"]["messages"] if event == "execution_error"]


@interaction()
def a_missing_file_fails_the_nodes_own_check(at: Visit) -> Json:
    name = at.called("file")
    return at.told(at.submit({"1": node("LoadImage", image=f"{name}.png"), "2": save("1", "unused")}))


@interaction()
def a_file_without_a_name_passes_the_check_and_fails_while_running(at: Visit) -> Json:
    entry = at.run({"1": node("LoadImage", image=""), "2": save("1", "unused")}).entry
    return {"status": entry["status"]["status_str"], "node": _failed_node(entry)}


@interaction()
def a_fault_upstream_is_told_with_its_outputs(at: Visit) -> Json:
    graph = {
        "1": empty(1, width=0),
        "2": node("ImageInvert", image=["1", 0]),
        "3": save("2", "u"),
        "4": save("1", "v"),
        "5": node("PreviewImage", images=["2", 0]),
    }
    return at.told(at.submit(graph))


@interaction()
def faults_in_two_outputs_are_told_of_both(at: Visit) -> Json:
    graph = {"1": empty(1), "2": node("SaveImage", images=["1", 0]), "3": node("PreviewImage")}
    told = at.told(at.submit(graph))
    # The later of two failed outputs is also told to depend on the earlier; which is later is the order of a set.
    dependent = [held.pop("dependent_outputs") for held in told["body"]["node_errors"].values()]
    return told | {"dependent": sorted(len(held) for held in dependent)}


@interaction()
def one_good_output_suffices(at: Visit) -> Json:
    graph: Graph = {
        "1": empty(at.chance()),
        "2": save("1", at.called("prefix")),
        "3": empty(1, width=0),
        "4": save("3", "unused"),
    }
    ear = at.listen()
    answer = at.submit(graph, ear)
    prompt_id = at.known(answer.json()["prompt_id"], "prompt")
    ear.until_end(prompt_id)
    entry = at.entry(prompt_id)
    told = at.told(answer)
    told["body"]["number"] = "<number>"
    return {
        "answer": told,
        "outputs": at.plain(entry["outputs"]),
        "asked": entry["prompt"][4],
        "graph": sorted(entry["prompt"][2]),
        "status": entry["status"]["status_str"],
    }


@interaction()
def the_details_name_outputs_alone(at: Visit) -> Json:
    graph = {"1": empty(1, width=0), "2": save("1", "unused"), "3": node("SaveImage", images=["1", 0])}
    body = at.submit(graph).json()
    return {"details": body["error"]["details"], "nodes": sorted(body["node_errors"])}


@interaction()
def a_node_that_no_output_needs_is_not_checked(at: Visit) -> Json:
    graph = {"1": empty(at.chance()), "2": save("1", at.called("prefix")), "3": empty(1, width=0)}
    ran = at.run(graph)
    return ran.entry["status"]["status_str"]


@interaction()
def not_a_number_passes_the_ranges(at: Visit) -> Json:
    content = (
        '{"prompt": {"1": {"class_type": "SolidMask", "inputs": {"value": NaN, "width": 0, "height": 8}},'
        ' "2": {"class_type": "MaskToImage", "inputs": {"mask": ["1", 0]}},'
        ' "3": {"class_type": "SaveImage", "inputs": {"images": ["2", 0], "filename_prefix": "unused"}}}}'
    )
    answer = at.ask("POST", "/prompt", content=content)
    return [
        [error["extra_info"]["input_name"] for error in held["errors"]]
        for held in answer.json()["node_errors"].values()
    ]
