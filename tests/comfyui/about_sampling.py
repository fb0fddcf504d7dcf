"""With a checkpoint: the sequence of a real generation, its previews, and what changes its pixels."""

from __future__ import annotations

import hashlib
import io

from PIL import Image

from tests.comfyui.about_files import png, put
from tests.comfyui.ear import brief, by_node
from tests.comfyui.graphs import Graph, node
from tests.comfyui.interaction import interaction
from tests.comfyui.normal import Json, picture
from tests.comfyui.visit import Visit


def _print(at: Visit, graph: Graph, key: str = "9") -> list[str]:
    """A fingerprint of each picture's pixels: two are alike or they are not."""
    contents = [at.get("/view", **file).content for file in at.run(graph).files(key)]
    return [hashlib.sha256(_pixels(content)).hexdigest() for content in contents]


def _pixels(content: bytes) -> bytes:
    with Image.open(io.BytesIO(content)) as image:
        return image.convert("RGB").tobytes()


@interaction(checkpoint=True)
def a_generation_from_start_to_end(at: Visit) -> Json:
    at.forget()
    ran = at.run(at.sampling(steps=3))
    lines = brief(ran.events)
    sampling = [line for line in lines if line.startswith("progress 3")]
    return {
        "nodes": by_node(ran.events),
        "start": lines[:5],
        "end": lines[-3:],
        "steps": sampling,
        "before each step": [
            lines[at_ - 1].split()[0] for at_, line in enumerate(lines) if line.startswith("progress 3")
        ],
        "outputs": at.plain(ran.entry["outputs"]),
    }


@interaction(checkpoint=True)
def a_step_tells_value_and_most(at: Visit) -> Json:
    ran = at.run(at.sampling(steps=2))
    steps = [said for said in ran.events if said.get("event") == "progress"]
    states = [
        said["data"]["nodes"]["3"]
        for said in ran.events
        if said.get("event") == "progress_state" and "3" in said["data"]["nodes"]
    ]
    return {
        "progress": at.plain(steps),
        "states of the sampler": [[held["state"], held["value"], held["max"]] for held in states][:4],
    }


@interaction(checkpoint=True)
def previews_are_sent_only_when_asked(at: Visit) -> Json:
    ran = at.run(at.sampling(steps=2))
    return [said for said in ran.events if "binary" in said]


@interaction(checkpoint=True)
def previews_are_sent_when_the_prompt_asks(at: Visit) -> Json:
    told = {}
    for method in ("latent2rgb", "none", "auto", "nonsense"):
        ran = at.run(at.sampling(steps=2), extra_data={"preview_method": method})
        told[method] = [said for said in ran.events if "binary" in said]
    return told


@interaction(checkpoint=True)
def previews_with_metadata_when_the_socket_asks(at: Visit) -> Json:
    ear = at.listen(flags={"supports_preview_metadata": True})
    ran = at.run(at.sampling(steps=2), ear=ear, extra_data={"preview_method": "latent2rgb"})
    lines = [line for line in brief(ran.events) if line.startswith(("picture", "progress 3"))]
    return {"pictures": at.plain([said for said in ran.events if "binary" in said]), "lines": lines}


@interaction(checkpoint=True)
def previews_come_after_their_step(at: Visit) -> Json:
    ran = at.run(at.sampling(steps=2), extra_data={"preview_method": "latent2rgb"})
    return [line for line in brief(ran.events) if line.startswith(("picture", "progress 3"))]


@interaction(checkpoint=True)
def the_same_seed_makes_the_same_pixels(at: Visit) -> Json:
    seed = at.chance()
    first = _print(at, at.sampling(seed=seed, steps=2))
    at.forget()
    again = _print(at, at.sampling(seed=seed, steps=2))
    return first == again


@interaction(checkpoint=True)
def what_changes_changes_the_pixels(at: Visit) -> Json:
    seed = at.chance()
    first = _print(at, at.sampling(seed=seed, steps=2))
    other_text = at.sampling(seed=seed, steps=2)
    other_text["6"]["inputs"]["text"] = "a blue square"
    other_negative = at.sampling(seed=seed, steps=2)
    other_negative["7"]["inputs"]["text"] = "red"
    return {
        "seed": _print(at, at.sampling(seed=seed + 1, steps=2)) != first,
        "inference steps": _print(at, at.sampling(seed=seed, steps=3)) != first,
        "cfg": _print(at, at.sampling(seed=seed, steps=2, cfg=2.0)) != first,
        "sampler": _print(at, at.sampling(seed=seed, steps=2, sampler_name="euler_ancestral")) != first,
        "scheduler": _print(at, at.sampling(seed=seed, steps=2, scheduler="karras")) != first,
        "text": _print(at, other_text) != first,
        "negative text": _print(at, other_negative) != first,
    }


@interaction(checkpoint=True)
def a_lora_changes_the_pixels_by_its_strength(at: Visit) -> Json:
    seed, lora = at.chance(), at.lora()

    def made(strength: float | None) -> list[str]:
        graph = at.sampling(seed=seed, steps=2)
        if strength is not None:
            graph["10"] = node(
                "LoraLoader",
                lora_name=lora,
                strength_model=strength,
                strength_clip=strength,
                model=["4", 0],
                clip=["4", 1],
            )
            graph["3"]["inputs"]["model"] = ["10", 0]
            graph["6"]["inputs"]["clip"] = ["10", 1]
        return _print(at, graph)

    plain, whole, half, nothing = made(None), made(1.0), made(0.5), made(0.0)
    return {"on": whole != plain, "scaled": half not in (plain, whole), "nought is off": nothing == plain}


@interaction(checkpoint=True)
def a_batch_is_many_pictures_in_order(at: Visit) -> Json:
    graph = at.sampling(steps=2)
    graph["5"]["inputs"]["batch_size"] = 3
    ran = at.run(graph)
    contents = [at.get("/view", **file).content for file in ran.files("9")]
    return {
        "files": at.plain(ran.files("9")),
        "pictures": [picture(content) for content in contents],
        "unlike": len({_pixels(content) for content in contents}),
        "steps": [line for line in brief(ran.events) if line.startswith("progress 3")],
    }


@interaction(checkpoint=True)
def a_picture_is_sampled_from_a_picture(at: Visit) -> Json:
    name = at.called("file") + ".png"
    put(at, name, png((200, 10, 20), (64, 64)))
    graph = at.sampling(steps=4, denoise=0.5)
    graph["5"] = node("VAEEncode", pixels=["12", 0], vae=["4", 2])
    graph["12"] = node("LoadImage", image=name)
    ran = at.run(graph)
    return {
        "picture": picture(at.get("/view", **ran.files("9")[0]).content),
        "steps": [line for line in brief(ran.events) if line.startswith("progress 3")],
    }


@interaction(checkpoint=True)
def a_picture_has_the_size_of_its_latent(at: Visit) -> Json:
    told = {}
    for width, height in ((64, 128), (72, 64)):
        graph = at.sampling(steps=1)
        graph["5"]["inputs"] |= {"width": width, "height": height}
        told[f"{width}x{height}"] = picture(at.get("/view", **at.run(graph).files("9")[0]).content)["size"]
    return told


@interaction(checkpoint=True)
def a_text_of_another_type_is_refused(at: Visit) -> Json:
    graph = at.sampling()
    graph["6"]["inputs"]["clip"] = ["4", 0]
    graph["3"]["inputs"]["positive"] = ["4", 0]
    return at.told(at.submit(graph))


@interaction(checkpoint=True)
def values_of_the_sampler_are_limited(at: Visit) -> Json:
    told = {}
    for name, value in (
        ("seed", -1),
        ("seed", 1 << 64),
        ("steps", 0),
        ("steps", 10001),
        ("cfg", 100.5),
        ("denoise", 2),
    ):
        graph = at.sampling()
        graph["3"]["inputs"][name] = value
        told[f"{name} {value}"] = at.told(at.submit(graph))["body"]["node_errors"]["3"]["errors"]
    return told


@interaction(checkpoint=True)
def a_latent_whose_side_is_too_small_is_refused(at: Visit) -> Json:
    graph = at.sampling()
    graph["5"]["inputs"] |= {"width": 8, "height": 100000}
    return at.told(at.submit(graph))
