"""The LoRAs of ComfyUI's nodes: the loader, its chain, and the stacks that people use instead.

LoraLoader, LoraLoaderModelOnly:  lora_name, strength_model
Power Lora Loader (rgthree):      lora_1: {"on": true, "lora": "ink.safetensors", "strength": 0.8}
Lora Loader Stack (rgthree):      lora_01, strength_01, …
CR LoRA Stack:                    switch_1, lora_name_1, model_weight_1, …
LoRA Stacker (Efficiency):        lora_count, lora_name_1, lora_wt_1 or model_str_1, …
LoraLoaderLM (LoRA manager):      loras: [{"name": "ink", "strength": 0.8, "active": true}]
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from app.recipes.formats import values
from app.recipes.formats.comfy_graph import Graph, Node
from app.recipes.recipe import RecipeLora

_NAME = re.compile(r"lora(?:_?name)?_?([0-9]{0,3})", re.IGNORECASE | re.ASCII)
_STRENGTHS = (
    "strength_model", "strength", "model_weight", "model_str", "lora_wt", "lora_strength", "lora_model_strength",
    "lora_weight", "weight",
)  # fmt: skip
_SHORT_AIR = re.compile(r"civitai:\d{1,15}@\d{1,15}", re.ASCII)


def loras_of(graph: Graph, node: Node) -> Iterator[RecipeLora]:
    """Those that the node adds; switched off ones and empty places add nothing."""
    count = values.whole(node.inputs.get("lora_count"))
    for name, value in node.inputs.items():
        named = _NAME.fullmatch(name)
        if isinstance(value, dict) and "lora" in value:
            if value.get("on") is not False:
                yield from _lora(value["lora"], value.get("strength"))
        elif name == "loras" and isinstance(value, list):
            yield from _listed(value)
        elif named and isinstance(value, str):
            number = named[1]
            off = str(node.inputs.get(f"switch_{number}", "On")).lower() in ("off", "false")
            beyond = count is not None and number.isdigit() and int(number) > count
            if not off and not beyond:
                yield from _lora(value, _strength(graph, node, number))


def model_name(value: Any) -> str | None:
    """A model as a recipe names it: its file, or `civitai:1@2` where the graph names it so."""
    short = _SHORT_AIR.search(value) if isinstance(value, str) and len(value) < 300 else None
    return short[0] if short else values.stem(value)


def _listed(said: list[Any]) -> Iterator[RecipeLora]:
    flat = said[0] if len(said) == 1 and isinstance(said[0], list) else said
    for lora in flat:
        if isinstance(lora, dict) and lora.get("active") is not False and not lora.get("_isDummy"):
            yield from _lora(lora.get("name"), lora.get("strength"))


def _lora(name: Any, strength: Any) -> Iterator[RecipeLora]:
    found = model_name(name)
    if found is not None:
        yield RecipeLora(found, values.strength(strength), None, values.air(name)[2])


def _strength(graph: Graph, node: Node, number: str) -> Any:
    ends = (f"_{number}", number) if number else ("",)
    wanted = [f"{word}{end}" for word in _STRENGTHS for end in ends]
    value = next((node.inputs[name] for name in wanted if name in node.inputs), None)
    return graph.number(value, "strength", "strength_model")
