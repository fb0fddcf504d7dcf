"""Civitai's own record of a picture, as its API gives it and managers keep it.

    {"prompt": …, "negativePrompt": …, "steps": 28, "cfgScale": 6.5, "sampler": …, "seed": 5, "Size": "512x768",
     "clipSkip": 2, "Model": …, "hashes": {"model": …, "lora:ink": …}, "resources": [{"type": "lora", "name", "weight",
     "hash"}], "civitaiResources": [{"type": "lora", "weight", "modelVersionId"}], "nsfw": …}

also one level below, in `meta`. How sure: 0.3 for its own spelling of a setting, 0.4 for resources, 0.25 for a prompt
with them, together at most 0.95: other programs' JSON knows a prompt and steps, too.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.recipes.formats import resources, values
from app.recipes.formats.texts import Texts
from app.recipes.recipe import Reading, RecipeSettings

NAME = "civitai"

_SPELLINGS = ("negativePrompt", "cfgScale", "clipSkip", "Model hash", "baseModel")
_RESOURCES = ("resources", "civitaiResources", "additionalResources", "hashes")
_SAFE = ("none", "false", "safe", "soft", "pg", "pg-13", "0", "1", "2")


def read(texts: Texts) -> Reading:
    """The surest of the records among the texts."""
    return max((_read(found) for found in texts.objects()), key=lambda reading: reading.confidence, default=Reading())


def record(said: Mapping[str, Any]) -> tuple[RecipeSettings, resources.Found, resources.Resource | None]:
    """Settings, LoRAs and the checkpoint of one record, however sure that it is one."""
    listed = [resource for name in _RESOURCES[:3] for resource in resources.listed(said.get(name))]
    hashes = values.mapping(said.get("hashes"))
    found = resources.from_pairs(values.text(said.get("prompt")) or "", _numbered(said))
    for name, sum_ in hashes.items():
        kind, colon, rest = name.partition(":")
        if colon and kind.lower() == "lora":
            found.add(values.stem(rest), None, values.hash_of(sum_))
    found.resources(resource for resource in listed if resource.kind in ("lora", ""))
    checkpoint = next((resource for resource in listed if resource.kind == "checkpoint"), None)
    return _settings(said, hashes, checkpoint), found, checkpoint


def _read(whole: dict[str, Any]) -> Reading:
    inner = values.mapping(whole.get("meta"))
    said = inner if _confidence(inner) > _confidence(whole) else whole
    confidence = _confidence(said)
    if not confidence:
        return Reading()
    settings, found, checkpoint = record(said)
    base_model = values.family(said.get("baseModel")) or (checkpoint.base_model if checkpoint else None)
    return Reading(
        format=NAME,
        confidence=confidence,
        settings=settings,
        loras=found.loras(),
        base_model=base_model,
        checkpoint_version_id=checkpoint.version if checkpoint else None,
        mature=_mature(values.first(said, "nsfw", "nsfwLevel") or values.first(whole, "nsfw", "nsfwLevel")),
    )


def _confidence(said: Mapping[str, Any]) -> float:
    spelled = 0.3 * any(name in said for name in _SPELLINGS)
    listed = 0.4 * any(isinstance(said.get(name), (list, dict)) for name in _RESOURCES)
    prompt = 0.25 * isinstance(said.get("prompt"), str)
    return round(spelled + listed + prompt, 2) if spelled or (listed and prompt) else 0.0


def _settings(
    said: Mapping[str, Any], hashes: Mapping[str, Any], checkpoint: resources.Resource | None
) -> RecipeSettings:
    width, height = values.sides(values.first(said, "Size", "size"))
    sum_ = values.first(said, "Model hash") or hashes.get("model") or (checkpoint.sum_ if checkpoint else None)
    return RecipeSettings(
        prompt=values.text(said.get("prompt")),
        negative_prompt=values.text(said.get("negativePrompt")),
        num_inference_steps=values.whole(said.get("steps")),
        sampler=values.line(said.get("sampler")),
        scheduler=values.line(values.first(said, "Schedule type", "scheduler")),
        guidance_scale=values.real(said.get("cfgScale")),
        seed=values.whole(said.get("seed")),
        width=width or values.natural(said.get("width")),
        height=height or values.natural(said.get("height")),
        checkpoint=values.stem(values.first(said, "Model")) or (checkpoint.name if checkpoint else None),
        checkpoint_hash=values.hash_of(sum_),
        clip_skip=values.whole(values.first(said, "clipSkip", "Clip skip")),
        denoising_strength=values.real(values.first(said, "denoise", "Denoising strength")),
    )


def _numbered(said: Mapping[str, Any]) -> dict[str, str]:
    """`Lora_0 Model name` and the like, which a record may hold beside its own."""
    return {name: str(value)[:400] for name, value in said.items() if name.startswith(("Lora_", "AddNet"))}


def _mature(said: Any) -> bool | None:
    """From true, a level's name (None, Soft, Mature, X) or number (4 and more are mature)."""
    if isinstance(said, bool):
        return said
    word = str(said).lower() if isinstance(said, (str, int)) else ""
    return None if not word else word not in _SAFE
