"""Pictures that say how they were made in one of the odder ways of Automatic1111 and ComfyUI.

Sources: the web UI's infotext, its Civitai extension's `Civitai resources` (AIR, the hub's resource names), ComfyUI's
API graphs and, for a subgraph, its editor's saved workflows of version 0.4 with `definitions.subgraphs`.
"""

from __future__ import annotations

import json
from typing import Any

from support import builders, pictures

LORA_HASH = "1a2b3c4d5e"
LORA_VERSION = 42
LORA_URN = f"urn:air:sdxl:lora:civitai:7@{LORA_VERSION}"
SUBGRAPH = "6f1c2c1e-1d6b-4b6a-9d3c-5a7f0a2b9c11"
Node = dict[str, Any]


def noting_a_lora(how: str, name: str, strength: float) -> bytes:
    """A picture by Automatic1111 whose text notes one LoRA in one of the ways that there are."""
    resource: Node = {"type": "lora", "weight": strength, "modelName": name}
    by_version, by_urn = resource | {"modelVersionId": LORA_VERSION}, resource | {"air": LORA_URN}
    numbered = f"Lora_0 Model name: {name}, Lora_0 Model hash: {LORA_HASH}, Lora_0 Strength model: {strength:g}"
    tag = f" <lora:{name}:{strength:g}>"
    prompt, more = {
        "a tag alone": (tag, ""),
        "a list of hashes": (tag, f'Lora hashes: "{name}: {LORA_HASH}"'),
        "a table of hashes": (tag, f"Hashes: {json.dumps({f'lora:{name}': LORA_HASH})}"),
        "a resource of its hub": ("", f"Civitai resources: {json.dumps([by_version])}"),
        "a resource's full name": ("", f"Civitai resources: {json.dumps([by_urn])}"),
        "a numbered entry": ("", numbered),
    }[how]
    text = builders.parameters({"prompt": f"a lighthouse in the fog{prompt}"})
    return pictures.png_with_text(", ".join(filter(None, (text, more))))


def by_graph(how: str, settings: dict[str, str]) -> bytes:
    """A picture by ComfyUI whose graph says these settings in one of the odder ways."""
    if how == "prompts are folded into a subgraph":
        return pictures.png_with_texts({"workflow": json.dumps(_with_subgraph(settings))})
    graph = _usual(settings)
    {
        "every node is titled wrongly": _titled_wrongly,
        "the guidance is Flux's own": _guided_by_flux,
        "an encoder takes the prompt twice": _encoded_twice,
        "the words come from a node of their own": _worded_elsewhere,
        "prompts are mixed before they are used": _passed_through,
    }[how](graph)
    return pictures.png_with_texts({"prompt": json.dumps(graph)})


def _usual(settings: dict[str, str]) -> dict[str, Node]:
    """The graph of ComfyUI's first page, its nodes in no helpful order."""
    return {
        "9": _node("SaveImage", images=["8", 0], filename_prefix="ComfyUI"),
        "7": _node("CLIPTextEncode", text=settings["negative prompt"], clip=["4", 1]),
        "6": _node("CLIPTextEncode", text=settings["prompt"], clip=["4", 1]),
        "3": _node(
            "KSampler",
            seed=int(settings["seed"]),
            steps=int(settings["steps"]),
            cfg=float(settings["guidance"]),
            sampler_name="euler",
            scheduler="normal",
            denoise=1.0,
            model=["4", 0],
            positive=["6", 0],
            negative=["7", 0],
            latent_image=["5", 0],
        ),
        "4": _node("CheckpointLoaderSimple", ckpt_name="dreamer.safetensors"),
        "5": _node("EmptyLatentImage", width=512, height=768, batch_size=1),
        "8": _node("VAEDecode", samples=["3", 0], vae=["4", 2]),
    }


def _titled_wrongly(graph: dict[str, Node]) -> None:
    graph["6"]["_meta"], graph["7"]["_meta"] = {"title": "Negative prompt"}, {"title": "Positive prompt"}


def _guided_by_flux(graph: dict[str, Node]) -> None:
    sampler = graph["3"]["inputs"]
    graph["10"] = _node("FluxGuidance", guidance=sampler["cfg"], conditioning=["6", 0])
    sampler |= {"cfg": 1.0, "positive": ["10", 0]}


def _encoded_twice(graph: dict[str, Node]) -> None:
    text = graph["6"]["inputs"]["text"]
    sizes = {"width": 1024, "height": 1024, "crop_w": 0, "crop_h": 0, "target_width": 1024, "target_height": 1024}
    graph["6"] = _node("CLIPTextEncodeSDXL", text_g=text, text_l=text, clip=["4", 1], **sizes)


def _worded_elsewhere(graph: dict[str, Node]) -> None:
    graph["11"] = _node("PrimitiveString", value=graph["6"]["inputs"]["text"])
    graph["6"]["inputs"]["text"] = ["11", 0]


def _passed_through(graph: dict[str, Node]) -> None:
    graph["12"] = _node("ConditioningSetTimestepRange", conditioning=["6", 0], start=0.0, end=1.0)
    graph["3"]["inputs"]["positive"] = ["12", 0]


def _node(class_type: str, **inputs: Any) -> Node:
    return {"class_type": class_type, "inputs": inputs}


def _with_subgraph(settings: dict[str, str]) -> Node:
    """The editor's form; both encoders live in a subgraph, whose outputs the sampler takes."""
    sampler = [
        int(settings["seed"]),
        "fixed",
        int(settings["steps"]),
        float(settings["guidance"]),
        "euler",
        "normal",
        1,
    ]
    inputs = ("model", "positive", "negative", "latent_image")
    outer = [
        _shown(1, "CheckpointLoaderSimple", ["dreamer.safetensors"], {}),
        _shown(2, SUBGRAPH, [], {"clip": 1}),
        _shown(3, "EmptyLatentImage", [512, 768, 1], {}),
        _shown(4, "KSampler", sampler, dict(zip(inputs, (2, 3, 4, 5), strict=True))),
        _shown(5, "VAEDecode", [], {"samples": 6, "vae": 7}),
        _shown(6, "SaveImage", ["ComfyUI"], {"images": 8}),
    ]
    links = [
        [1, 1, 1, 2, 0, "CLIP"],
        [2, 1, 0, 4, 0, "MODEL"],
        [3, 2, 0, 4, 1, "CONDITIONING"],
        [4, 2, 1, 4, 2, "CONDITIONING"],
        [5, 3, 0, 4, 3, "LATENT"],
        [6, 4, 0, 5, 0, "LATENT"],
        [7, 1, 2, 5, 1, "VAE"],
        [8, 5, 0, 6, 0, "IMAGE"],
    ]
    return {
        "version": 0.4,
        "last_node_id": 6,
        "nodes": outer,
        "links": links,
        "definitions": {"subgraphs": [_encoders(settings)]},
    }


def _encoders(settings: dict[str, str]) -> Node:
    """A subgraph: from its one input to two encoders, whose outputs are its own."""
    return {
        "id": SUBGRAPH,
        "name": "what to paint",
        "inputNode": {"id": -10},
        "outputNode": {"id": -20},
        "inputs": [{"name": "clip", "type": "CLIP", "linkIds": [1, 2]}],
        "outputs": [
            {"name": "this", "type": "CONDITIONING", "linkIds": [3]},
            {"name": "not this", "type": "CONDITIONING", "linkIds": [4]},
        ],
        "nodes": [
            _shown(21, "CLIPTextEncode", [settings["prompt"]], {"clip": 1}),
            _shown(22, "CLIPTextEncode", [settings["negative prompt"]], {"clip": 2}),
        ],
        "links": [
            {"id": 1, "origin_id": -10, "origin_slot": 0, "target_id": 21, "target_slot": 0, "type": "CLIP"},
            {"id": 2, "origin_id": -10, "origin_slot": 0, "target_id": 22, "target_slot": 0, "type": "CLIP"},
            {"id": 3, "origin_id": 21, "origin_slot": 0, "target_id": -20, "target_slot": 0, "type": "CONDITIONING"},
            {"id": 4, "origin_id": 22, "origin_slot": 0, "target_id": -20, "target_slot": 1, "type": "CONDITIONING"},
        ],
    }


def _shown(number: int, kind: str, widgets: list[Any], links: dict[str, int]) -> Node:
    """A node of the editor. links: the numbers of the links that lead into it, by its inputs."""
    inputs = [{"name": name, "type": "*", "link": link} for name, link in links.items()]
    return {"id": number, "type": kind, "mode": 0, "inputs": inputs, "outputs": [], "widgets_values": widgets}
