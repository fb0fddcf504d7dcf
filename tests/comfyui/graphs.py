"""Graphs small enough to read: nodes by number, inputs by name, links as [node, output]."""

from __future__ import annotations

from typing import Any

Node = dict[str, Any]
Graph = dict[str, Node]


def node(class_type: str, **inputs: Any) -> Node:
    return {"class_type": class_type, "inputs": inputs}


def empty(colour: int, width: int = 32, height: int = 24, batch: int = 1) -> Node:
    return node("EmptyImage", width=width, height=height, batch_size=batch, color=colour)


def save(source: str, prefix: str) -> Node:
    return node("SaveImage", images=[source, 0], filename_prefix=prefix)


def saved(colour: int, prefix: str, width: int = 32, height: int = 24, batch: int = 1) -> Graph:
    """A plain picture, saved: two nodes, no weights."""
    return {"1": empty(colour, width, height, batch), "2": save("1", prefix)}


def through(steps: list[Node], prefix: str, first: Node) -> Graph:
    """first, then each of steps on the picture before it (`images`/`image` filled in), then saved; numbered from 1."""
    graph: Graph = {"1": first}
    for number, step in enumerate(steps, start=2):
        name = "mask" if step["class_type"] in {"MaskToImage", "InvertMask"} else "image"
        graph[str(number)] = {**step, "inputs": {name: [str(number - 1), 0], **step["inputs"]}}
    graph[str(len(graph) + 1)] = save(str(len(graph)), prefix)
    return graph


def sampled(checkpoint: str, prefix: str, *, seed: int, steps: int = 3, **more: Any) -> Graph:
    """Text to image with a checkpoint: the seven nodes that everybody uses. more: inputs of the sampler."""
    sampler = {"cfg": 7.0, "sampler_name": "euler", "scheduler": "normal", "denoise": 1.0, **more}
    return {
        "3": node(
            "KSampler",
            seed=seed,
            steps=steps,
            model=["4", 0],
            positive=["6", 0],
            negative=["7", 0],
            latent_image=["5", 0],
            **sampler,
        ),
        "4": node("CheckpointLoaderSimple", ckpt_name=checkpoint),
        "5": node("EmptyLatentImage", width=64, height=64, batch_size=1),
        "6": node("CLIPTextEncode", text="a red circle", clip=["4", 1]),
        "7": node("CLIPTextEncode", text="blurry", clip=["4", 1]),
        "8": node("VAEDecode", samples=["3", 0], vae=["4", 2]),
        "9": save("8", prefix),
    }
