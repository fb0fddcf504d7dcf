"""InvokeAI's `invokeai_metadata`, and the `sd-metadata` of its versions before 3.

    {"app_version", "positive_prompt", "negative_prompt", "width", "height", "seed", "cfg_scale", "steps", "scheduler",
     "clip_skip", "strength", "model": {"key", "hash", "name", "base", "type"},
     "loras": [{"model": {"name", "hash", …}, "weight": 0.8}]}

How sure: 0.97 in its own place, or elsewhere with a positive prompt and its version; 0.6 for a positive prompt and a
model as it names one; the older form 0.9. Models were called model_name before version 4. Its BLAKE3 hashes fit no
model of a library and are left out. Source: its core metadata node; its documentation of the older form.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from app.recipes.formats import values
from app.recipes.formats.texts import Texts
from app.recipes.recipe import Reading, RecipeLora, RecipeSettings

NAME = "invokeai"

_PLACE, _OLD_PLACE = "invokeai_metadata", "sd-metadata"
_NEGATIVE_PART = re.compile(r"(?<!\\)\[([^\[\]]*)\](?!\()")


def read(texts: Texts) -> Reading:
    best = Reading()
    for text in texts.all:
        said = values.mapping(text.data)
        reading = _old(said) if text.where == _OLD_PLACE else _read(said, text.where == _PLACE)
        if reading.confidence > best.confidence:
            best = reading
    return best


def _read(said: dict[str, Any], in_place: bool) -> Reading:
    prompt = isinstance(said.get("positive_prompt"), str)
    if (in_place and said) or (prompt and "app_version" in said):
        confidence = 0.97
    else:
        confidence = 0.6 if prompt and isinstance(said.get("model"), dict) else 0.0
    if not confidence:
        return Reading()
    model = values.mapping(said.get("model"))
    skipped = values.natural(said.get("clip_skip"))
    guidance = values.real(said.get("guidance"))
    scale = values.real(said.get("cfg_scale"))
    return Reading(
        format=NAME,
        confidence=confidence,
        settings=RecipeSettings(
            prompt=values.text(said.get("positive_prompt")),
            negative_prompt=values.text(said.get("negative_prompt")),
            num_inference_steps=values.whole(said.get("steps")),
            sampler=values.line(said.get("scheduler")),
            guidance_scale=scale if guidance is None else guidance,
            true_cfg_scale=None if guidance is None else scale,
            seed=values.whole(said.get("seed")),
            width=values.natural(said.get("width")),
            height=values.natural(said.get("height")),
            checkpoint=values.stem(values.first(model, "name", "model_name")),
            checkpoint_hash=values.hash_of(model.get("hash")),
            clip_skip=skipped,
            denoising_strength=values.real(said.get("strength")),
        ),
        loras=tuple(_loras(said.get("loras"))),
        base_model=values.family(values.first(model, "base", "base_model")),
    )


def _loras(said: Any) -> Iterator[RecipeLora]:
    for lora in map(values.mapping, values.listed(said)):
        model = values.mapping(values.first(lora, "model", "lora"))
        name = values.stem(values.first(model, "name", "model_name"))
        if name is not None:
            yield RecipeLora(name, values.strength(lora.get("weight")), values.hash_of(model.get("hash")))


def _old(said: dict[str, Any]) -> Reading:
    """Versions 2: the prompt as a list of parts, what is to be avoided in square brackets."""
    image = values.mapping(said.get("image"))
    prompt = image.get("prompt")
    if isinstance(prompt, list):
        parts = [part.get("prompt") for part in prompt if isinstance(part, dict)]
        prompt = ", ".join(part for part in parts if isinstance(part, str))
    whole = values.text(prompt)
    if whole is None:
        return Reading()
    avoided = ", ".join(part.strip() for part in _NEGATIVE_PART.findall(whole))
    return Reading(
        format=NAME,
        confidence=0.9,
        settings=RecipeSettings(
            prompt=_NEGATIVE_PART.sub("", whole).strip() or None,
            negative_prompt=avoided or None,
            num_inference_steps=values.whole(image.get("steps")),
            sampler=values.line(image.get("sampler")),
            guidance_scale=values.real(image.get("cfg_scale")),
            seed=values.whole(image.get("seed")),
            width=values.natural(image.get("width")),
            height=values.natural(image.get("height")),
            checkpoint=values.stem(said.get("model_weights")),
        ),
    )
