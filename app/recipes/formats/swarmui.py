"""SwarmUI's `sui_image_params`: parameters under their names without spaces, models with the hash of their tensors.

    {"sui_image_params": {"prompt", "negativeprompt", "model", "seed", "steps", "cfgscale", "width", "height",
     "loras": ["ink"], "loraweights": ["0.8"], …}, "sui_models": [{"name": "ink.safetensors", "param": "loras",
     "hash": "0x…"}], "sui_extra_data": {…}}

How sure: 0.98, no other program has that key; 0.3 when what stands there is no object. Numbers and lists may come as
texts. Source: SwarmUI's "Image Metadata Format".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from app.recipes.formats import values
from app.recipes.formats.texts import PARAMETERS, Texts
from app.recipes.recipe import Reading, RecipeLora, RecipeSettings

NAME = "swarmui"

_KEY = "sui_image_params"
# The hash is of the tensors alone, which is what AutoV3 begins with.
_AUTOV3 = 12


def read(texts: Texts) -> Reading:
    said = next((found for found in texts.objects(PARAMETERS, "UserComment", "stealth") if _KEY in found), None)
    if said is None:
        return Reading()
    if not isinstance(said[_KEY], dict):
        return Reading(NAME, 0.3)
    params = said[_KEY]
    sums = {
        values.stem(model.get("name")): _sum(model.get("hash"))
        for model in map(values.mapping, values.listed(said.get("sui_models")))
    }
    return Reading(NAME, 0.98, _settings(params, sums), tuple(_loras(params, sums)))


def _settings(params: dict[str, Any], sums: dict[str | None, str | None]) -> RecipeSettings:
    layer = values.whole(params.get("clipstopatlayer"))
    checkpoint = values.stem(params.get("model"))
    guidance = values.real(params.get("fluxguidancescale"))
    scale = values.real(params.get("cfgscale"))
    return RecipeSettings(
        prompt=values.text(params.get("prompt")),
        negative_prompt=values.text(params.get("negativeprompt")),
        num_inference_steps=values.whole(params.get("steps")),
        sampler=values.line(values.first(params, "sampler", "comfyuisampler", "autowebuisampler")),
        scheduler=values.line(values.first(params, "scheduler", "comfyuischeduler")),
        guidance_scale=scale if guidance is None else guidance,
        true_cfg_scale=None if guidance is None else scale,
        seed=values.whole(params.get("seed")),
        width=values.natural(params.get("width")),
        height=values.natural(params.get("height")),
        checkpoint=checkpoint,
        checkpoint_hash=sums.get(checkpoint),
        clip_skip=-layer if layer is not None and layer < 0 else None,
        denoising_strength=values.real(params.get("initimagecreativity")),
    )


def _loras(params: dict[str, Any], sums: dict[str | None, str | None]) -> Iterator[RecipeLora]:
    weights = _list(params.get("loraweights"))
    for number, name in enumerate(map(values.stem, _list(params.get("loras")))):
        if name is not None:
            weight = values.strength(weights[number] if number < len(weights) else None)
            yield RecipeLora(name, weight, sums.get(name))


def _list(value: Any) -> list[Any]:
    """A list, or one separated by commas."""
    return value.split(",") if isinstance(value, str) else values.listed(value)


def _sum(value: Any) -> str | None:
    found = values.hash_of(value)
    return found[:_AUTOV3] if found else None
