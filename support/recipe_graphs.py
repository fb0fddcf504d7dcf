"""ComfyUI's graphs from settings in a product owner's words: the form of its API, and the form of its editor.

Sources: ComfyUI's server routes (prompt) and the editor's saved workflows, version 0.4.
"""

from __future__ import annotations

import json
from typing import Any

from support.recipe_settings import Loras, Settings, real, sides, whole


def comfyui(settings: Settings, loras: Loras) -> dict[str, str]:
    """The API form: each node with its class and inputs, a link is [node, output]."""
    return {"prompt": json.dumps(_graph(settings, loras))}


def comfyui_workflow(settings: Settings, loras: Loras) -> dict[str, str]:
    """The form of the editor alone: widgets by position, links in a table of their own."""
    graph = _graph(settings, loras)
    numbers = {name: number for number, name in enumerate(graph, 1)}
    links: list[list[Any]] = []
    nodes = []
    for name, node in graph.items():
        inputs: list[dict[str, Any]] = []
        for key, value in node["inputs"].items():
            if isinstance(value, list):
                links.append([len(links) + 1, numbers[value[0]], value[1], numbers[name], len(inputs), "*"])
                inputs.append({"name": key, "type": "*", "link": len(links)})
        widgets: list[Any] = []
        for key, value in node["inputs"].items():
            widgets += [] if isinstance(value, list) else [value, "fixed"] if key == "seed" else [value]
        nodes.append(
            {
                "id": numbers[name],
                "type": node["class_type"],
                "mode": 0,
                "inputs": inputs,
                "outputs": [],
                "title": "one of many",
                "properties": {"Node name for S&R": node["class_type"]},
                "widgets_values": widgets,
            }
        )
    return {"workflow": json.dumps({"last_node_id": len(nodes), "nodes": nodes, "links": links, "version": 0.4})}


def _graph(settings: Settings, loras: Loras) -> dict[str, dict[str, Any]]:
    """ComfyUI's usual graph, its LoRAs in a chain; the order of inputs is that of the nodes' definitions."""
    width, height = sides(settings)
    model: list[Any] = ["checkpoint", 0]
    clip: list[Any] = ["checkpoint", 1]
    graph: dict[str, dict[str, Any]] = {
        "checkpoint": _node("CheckpointLoaderSimple", ckpt_name=f"{settings.get('checkpoint', 'neonMix')}.safetensors")
    }
    for name, strength, _ in loras:
        graph[f"lora {name}"] = _node(
            "LoraLoader",
            model=model,
            clip=clip,
            lora_name=f"{name}.safetensors",
            strength_model=strength,
            strength_clip=strength,
        )
        model, clip = [f"lora {name}", 0], [f"lora {name}", 1]
    if "clip skip" in settings:
        graph["clip"] = _node("CLIPSetLastLayer", clip=clip, stop_at_clip_layer=-int(settings["clip skip"]))
        clip = ["clip", 0]
    graph["negative"] = _node("CLIPTextEncode", clip=clip, text=settings.get("negative prompt", ""))
    graph["positive"] = _node("CLIPTextEncode", clip=clip, text=settings.get("prompt", ""))
    graph["latent"] = _node("EmptyLatentImage", width=width or 512, height=height or 512, batch_size=1)
    graph["sampler"] = _node(
        "KSampler",
        model=model,
        positive=["positive", 0],
        negative=["negative", 0],
        latent_image=["latent", 0],
        seed=whole(settings, "seed") or 0,
        steps=whole(settings, "steps") or 20,
        cfg=real(settings, "guidance") or 7.0,
        sampler_name=settings.get("sampler", "euler"),
        scheduler="normal",
        denoise=real(settings, "denoising strength") or 1.0,
    )
    graph["decoded"] = _node("VAEDecode", samples=["sampler", 0], vae=["checkpoint", 2])
    graph["saved"] = _node("SaveImage", images=["decoded", 0], filename_prefix="ComfyUI")
    return graph


def _node(class_type: str, **inputs: Any) -> dict[str, Any]:
    return {"class_type": class_type, "inputs": inputs}
