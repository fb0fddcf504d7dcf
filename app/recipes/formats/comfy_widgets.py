"""The widgets of a node in ComfyUI's editor: a list of values, by position, that is given names here.

A table knows those of the nodes that matter; newer workflows name the widget at each input, for any node. Behind a
seed stands what becomes of it after each run, which no input names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.recipes.formats import values

_CONTROL = "control_after_generate"
_CONTROLS = ("fixed", "randomize", "increment", "decrement")
_SEEDS = ("seed", "noise_seed")

_KSAMPLER = ["seed", _CONTROL, "steps", "cfg", "sampler_name", "scheduler", "denoise"]
_WIDGETS = {
    "KSampler": _KSAMPLER,
    "KSampler (Efficient)": _KSAMPLER,
    "KSamplerAdvanced": [
        "add_noise", "noise_seed", _CONTROL, "steps", "cfg", "sampler_name", "scheduler", "start_at_step",
        "end_at_step", "return_with_leftover_noise",
    ],
    "SamplerCustom": ["add_noise", "noise_seed", _CONTROL, "cfg"],
    "RandomNoise": ["noise_seed", _CONTROL],
    "BasicScheduler": ["scheduler", "steps", "denoise"],
    "KSamplerSelect": ["sampler_name"],
    "CFGGuider": ["cfg"],
    "SDTurboScheduler": ["steps", "denoise"],
    "FluxGuidance": ["guidance"],
    "CLIPTextEncode": ["text"],
    "CLIPTextEncodeFlux": ["clip_l", "t5xxl", "guidance"],
    "CLIPTextEncodeSD3": ["clip_l", "clip_g", "t5xxl", "empty_padding"],
    "CLIPTextEncodeSDXL": [
        "width", "height", "crop_w", "crop_h", "target_width", "target_height", "text_g", "text_l",
    ],
    "CLIPTextEncodeSDXLRefiner": ["ascore", "width", "height", "text"],
    "CLIPSetLastLayer": ["stop_at_clip_layer"],
    "CheckpointLoaderSimple": ["ckpt_name"],
    "CheckpointLoader": ["config_name", "ckpt_name"],
    "UNETLoader": ["unet_name", "weight_dtype"],
    "UnetLoaderGGUF": ["unet_name"],
    "LoraLoader": ["lora_name", "strength_model", "strength_clip"],
    "LoraLoaderModelOnly": ["lora_name", "strength_model"],
    "EmptyLatentImage": ["width", "height", "batch_size"],
    "EmptySD3LatentImage": ["width", "height", "batch_size"],
    "EmptyFlux2LatentImage": ["width", "height", "batch_size"],
    "Flux2Scheduler": ["steps", "width", "height"],
    "PrimitiveString": ["value"],
    "PrimitiveStringMultiline": ["value"],
    "PrimitiveInt": ["value", _CONTROL],
    "PrimitiveFloat": ["value"],
    "StringConcatenate": ["string_a", "string_b", "delimiter"],
    "TextEncodeQwenImageEdit": ["prompt"],
    "TextEncodeQwenImageEditPlus": ["prompt"],
}  # fmt: skip


def widgets_of(raw: Mapping[str, Any]) -> dict[str, Any]:
    """{name: value}; what has no name is called widget_0 and so on, LoRAs by what they are."""
    given = raw.get("widgets_values")
    if isinstance(given, dict):
        return dict(given)
    listed = values.listed(given)
    named = _named_widgets(raw, listed)
    if named is not None:
        return named
    inputs: dict[str, Any] = {}
    for number, value in enumerate(listed):
        if isinstance(value, dict) and "lora" in value:
            inputs[f"lora_{number}"] = value
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            inputs["loras"] = value
        else:
            inputs[f"widget_{number}"] = value
    return inputs


def _named_widgets(raw: Mapping[str, Any], listed: list[Any]) -> dict[str, Any] | None:
    """By the table; else by the inputs that name their widget, when they are as many as there are values."""
    kind = str(raw.get("type"))
    known = _WIDGETS.get(kind)
    if known is None and "Empty" in kind and "Latent" in kind:
        known = ["width", "height"]
    if known is None and kind.endswith("CheckpointLoader"):
        known = ["ckpt_name"]
    if known is not None:
        return {name: value for name, value in zip(known, listed, strict=False) if name != _CONTROL}
    names: list[str] = []
    for put in map(values.mapping, values.listed(raw.get("inputs"))):
        widget = values.mapping(put.get("widget")).get("name")
        if isinstance(widget, str):
            names.append(widget)
            if widget in _SEEDS and len(names) < len(listed) and listed[len(names)] in _CONTROLS:
                names.append(_CONTROL)
    if not names or len(names) != len(listed):
        return None
    return {name: value for name, value in zip(names, listed, strict=True) if name != _CONTROL}
