"""Small graphs of the ComfyUI double, run node by node without a server."""

from __future__ import annotations

from typing import Any

from support import pictures
from support.servers.comfyui.nodes import NODES
from support.servers.comfyui.nodes.registry import Context, run

CHECKPOINT = "proofsheet.safetensors"

Graph = dict[str, tuple[str, dict[str, Any]]]


def ran(context: Context, graph: Graph, wanted: str) -> Any:
    """The first output of a node of the graph, everything before it run once."""
    made: dict[str, tuple[Any, ...]] = {}

    def outputs(name: str) -> tuple[Any, ...]:
        if name not in made:
            kind, inputs = graph[name]
            resolved = {
                key: outputs(held[0])[held[1]] if isinstance(held, list) else held for key, held in inputs.items()
            }
            made[name] = run(NODES[kind], resolved, context).outputs
        return made[name]

    return outputs(wanted)[0]


def plain(*colours: int, width: int = 2, height: int = 2) -> Graph:
    sides = {"width": width, "height": height, "batch_size": 1}
    return {str(number): ("EmptyImage", {**sides, "color": colour}) for number, colour in enumerate(colours)}


def text_to_image(positive: str = "a red circle", negative: str = "", **sampler: Any) -> Graph:
    """The usual graph, the picture at "picture". batch_size, width and height: of the latent."""
    size = {name: sampler.pop(name, value) for name, value in (("width", 64), ("height", 64), ("batch_size", 1))}
    inputs: dict[str, Any] = {
        "seed": 1,
        "steps": 3,
        "cfg": 4.0,
        "sampler_name": "euler",
        "scheduler": "normal",
        "denoise": 1.0,
    }
    links = {"model": ["model", 0], "positive": ["+", 0], "negative": ["-", 0], "latent_image": ["latent", 0]}
    return {
        "model": ("CheckpointLoaderSimple", {"ckpt_name": CHECKPOINT}),
        "+": ("CLIPTextEncode", {"text": positive, "clip": ["model", 1]}),
        "-": ("CLIPTextEncode", {"text": negative, "clip": ["model", 1]}),
        "latent": ("EmptyLatentImage", size),
        "sampled": ("KSampler", {**inputs, **links, **sampler}),
        "picture": ("VAEDecode", {"samples": ["sampled", 0], "vae": ["model", 2]}),
    }


def picture(context: Context, graph: Graph) -> bytes:
    return pictures.as_file(ran(context, graph, "picture")[0])


def with_lora(graph: Graph, name: str, model: float, clip: float) -> Graph:
    lora: dict[str, Any] = {"model": ["model", 0], "clip": ["model", 1], "lora_name": name}
    sampled = {**graph["sampled"][1], "model": ["lora", 0]}
    texts = {one: ("CLIPTextEncode", {**graph[one][1], "clip": ["lora", 1]}) for one in "+-"}
    lora |= {"strength_model": model, "strength_clip": clip}
    return {**graph, **texts, "lora": ("LoraLoader", lora), "sampled": ("KSampler", sampled)}
