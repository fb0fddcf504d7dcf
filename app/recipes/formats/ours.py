"""The recipe's own text, `Recipe metadata: {…}`: written into every saved picture, and read back exactly.

    {"program": "Proofsheet 0.1.0", "title": …, "base_model": …, "tags": […], "loras": [{"file_name", "strength",
     "hash", "modelVersionId", "exclude"}], "checkpoint": {"modelVersionId", "file_name", "hash"},
     "gen_params": {"prompt", …}, "source", "favorite", "rating", "mature"}

The names are those that ComfyUI-Lora-Manager gave to such a text, so that it reads ours and we read its own; in
gen_params ours stand beside them where theirs cannot say it (guidance_scale and cfg_scale, width and size).
Confidence 1: our own mark, or the manager's title, LoRAs and parameters; 0.7: only some of these.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from app import __version__
from app.recipes.formats import values
from app.recipes.formats.texts import Texts
from app.recipes.recipe import Reading, RecipeLora, RecipeSettings

NAME = "proofsheet"

_PROGRAM = "Proofsheet"
_PARTS = ("title", "loras", "gen_params")
_LARGEST_RATING = 5


def read(texts: Texts) -> Reading:
    """What our own text says; nothing without one."""
    recipe = texts.recipe
    if recipe is None:
        return Reading()
    ours = str(recipe.get("program", "")).startswith(_PROGRAM) or "settings" in recipe
    parts = sum(part in recipe for part in _PARTS)
    if not ours and not parts:
        return Reading()
    said = values.mapping(recipe.get("gen_params")) | values.mapping(recipe.get("settings"))
    checkpoint = values.mapping(recipe.get("checkpoint"))
    rating = values.whole(recipe.get("rating"))
    return Reading(
        format=NAME,
        confidence=1.0 if ours or parts == len(_PARTS) else 0.7,
        settings=_settings(said, checkpoint) if ours else _managers_settings(said, checkpoint),
        loras=tuple(_loras(recipe)),
        base_model=values.line(recipe.get("base_model")) or values.line(checkpoint.get("baseModel")),
        checkpoint_version_id=values.natural(
            values.first(recipe, "checkpoint_version_id") or values.first(checkpoint, "modelVersionId", "id")
        ),
        title=values.text(recipe.get("title")),
        tags=tuple(tag for tag in map(values.text, values.listed(recipe.get("tags"))) if tag),
        source=values.text(recipe.get("source")),
        favorite=_flag(recipe.get("favorite")),
        rating=rating if rating is not None and 0 <= rating <= _LARGEST_RATING else None,
        mature=_flag(recipe.get("mature")),
    )


def written(reading: Reading) -> dict[str, Any]:
    """What `embedding.embed` puts into a picture, from which `read` gives back all of `reading` but its format."""
    settings = reading.settings
    recipe: dict[str, Any] = {
        "program": f"{_PROGRAM} {__version__}",
        "title": reading.title,
        "base_model": reading.base_model,
        "tags": list(reading.tags),
        "loras": [_lora(lora) for lora in reading.loras],
        "gen_params": settings.said() | _managers(settings),
        "source": reading.source,
        "favorite": reading.favorite,
        "rating": reading.rating,
        "mature": reading.mature,
    }
    checkpoint = {
        "modelVersionId": reading.checkpoint_version_id,
        "file_name": settings.checkpoint,
        "hash": settings.checkpoint_hash,
    }
    known = {name: value for name, value in checkpoint.items() if value is not None}
    if known:
        recipe["checkpoint"] = {"type": "checkpoint"} | known
    return {name: value for name, value in recipe.items() if value is not None}


def _managers(settings: RecipeSettings) -> dict[str, Any]:
    """What the public manager calls otherwise."""
    both = settings.width is not None and settings.height is not None
    named = {
        "steps": settings.num_inference_steps,
        "cfg_scale": settings.guidance_scale if settings.true_cfg_scale is None else settings.true_cfg_scale,
        "size": f"{settings.width}x{settings.height}" if both else None,
    }
    return {name: value for name, value in named.items() if value is not None}


def _settings(said: dict[str, Any], checkpoint: dict[str, Any]) -> RecipeSettings:
    return RecipeSettings(
        prompt=values.text(said.get("prompt")),
        negative_prompt=values.text(said.get("negative_prompt")),
        num_inference_steps=values.whole(said.get("num_inference_steps")),
        sampler=values.text(said.get("sampler")),
        scheduler=values.text(said.get("scheduler")),
        guidance_scale=values.real(said.get("guidance_scale")),
        true_cfg_scale=values.real(said.get("true_cfg_scale")),
        seed=values.whole(said.get("seed")),
        width=values.whole(said.get("width")),
        height=values.whole(said.get("height")),
        clip_skip=values.whole(said.get("clip_skip")),
        denoising_strength=values.real(said.get("denoising_strength")),
        checkpoint=values.text(values.first(said, "checkpoint") or checkpoint.get("file_name")),
        checkpoint_hash=values.text(values.first(said, "checkpoint_hash") or checkpoint.get("hash")),
    )


def _managers_settings(said: dict[str, Any], checkpoint: dict[str, Any]) -> RecipeSettings:
    width, height = values.sides(said.get("size"))
    return RecipeSettings(
        prompt=values.text(said.get("prompt")),
        negative_prompt=values.text(said.get("negative_prompt")),
        num_inference_steps=values.whole(said.get("steps")),
        sampler=values.line(said.get("sampler")),
        scheduler=values.line(said.get("scheduler")),
        guidance_scale=values.real(said.get("cfg_scale")),
        seed=values.whole(said.get("seed")),
        width=width,
        height=height,
        checkpoint=values.stem(values.first(checkpoint, "file_name", "modelName", "name")),
        checkpoint_hash=values.hash_of(checkpoint.get("hash")),
        clip_skip=values.whole(said.get("clip_skip")),
        denoising_strength=values.real(said.get("denoising_strength")),
    )


def _lora(lora: RecipeLora) -> dict[str, Any]:
    said: dict[str, Any] = {"file_name": lora.name, "strength": lora.strength, "hash": lora.hash}
    said |= {"modelVersionId": lora.model_version_id, "exclude": lora.excluded or None}
    return {name: value for name, value in said.items() if value is not None}


def _loras(recipe: dict[str, Any]) -> Iterator[RecipeLora]:
    for lora in map(values.mapping, values.listed(recipe.get("loras"))):
        name = values.text(values.first(lora, "file_name", "name", "modelName"))
        version = values.natural(values.first(lora, "modelVersionId", "model_version_id"))
        if name is None and version is None:
            continue
        weight = values.strength(values.first(lora, "strength", "weight"))
        yield RecipeLora(
            name=name or f"civitai:{version}",
            strength=weight if math.isfinite(weight) else 1.0,
            hash=(values.text(lora.get("hash")) or "").lower() or None,
            model_version_id=version,
            excluded=values.first(lora, "exclude", "excluded") is True,
        )


def _flag(value: Any) -> bool | None:
    return value if isinstance(value, bool) else None
