"""NovelAI's comment: JSON in PNG's `Comment`, or in the lowest bits of the picture's transparency (where: stealth).

    Comment: {"prompt", "uc", "steps", "scale", "seed", "width", "height", "sampler", "noise_schedule", "strength",
     "v4_prompt": {"caption": {"base_caption", "char_captions": [{"char_caption"}]}}, "v4_negative_prompt": …}
    Software: NovelAI, Source: NovelAI Diffusion V4.5 4BDE2A90, Description: the prompt

How sure: 0.97 when the file names NovelAI or the object holds its signature, 0.6 for three of its own keys. The
characters' captions follow the prompt, each on a line. Source: files of its versions 3 to 4.5 and public readers.
"""

from __future__ import annotations

from typing import Any

from app.recipes.formats import values
from app.recipes.formats.texts import Texts
from app.recipes.recipe import Reading, RecipeSettings

NAME = "novelai"

_KEYS = (
    "uc",
    "noise_schedule",
    "cfg_rescale",
    "uncond_scale",
    "sm_dyn",
    "legacy_v3_extend",
    "request_type",
    "n_samples",
)


def read(texts: Texts) -> Reading:
    named = (texts.said("Software") or "").strip() == "NovelAI"
    best = Reading()
    for outer in texts.objects("Comment", "UserComment", "stealth"):
        inner = outer.get("Comment")
        found = values.mapping(values.parsed(inner)) if isinstance(inner, str) else outer
        signed = named or outer.get("Software") == "NovelAI" or "signed_hash" in found
        source = values.line(outer.get("Source")) or texts.said("Source")
        description = values.text(outer.get("Description")) or texts.said("Description")
        reading = _read(found, signed, source, description)
        if reading.confidence > best.confidence:
            best = reading
    return best


def _read(said: dict[str, Any], signed: bool, source: str | None, description: str | None) -> Reading:
    own = sum(key in said for key in _KEYS)
    if own < (1 if signed else 3):
        return Reading()
    settings = RecipeSettings(
        prompt=_captions(said.get("v4_prompt")) or values.text(said.get("prompt")) or values.text(description),
        negative_prompt=_captions(said.get("v4_negative_prompt")) or values.text(said.get("uc")),
        num_inference_steps=values.whole(said.get("steps")),
        sampler=values.line(said.get("sampler")),
        scheduler=values.line(said.get("noise_schedule")),
        guidance_scale=values.real(said.get("scale")),
        seed=values.whole(said.get("seed")),
        width=values.natural(said.get("width")),
        height=values.natural(said.get("height")),
        checkpoint=values.line(source),
        denoising_strength=values.real(said.get("strength")),
    )
    return Reading(NAME, 0.97 if signed else 0.6, settings)


def _captions(said: Any) -> str | None:
    caption = values.mapping(values.mapping(said).get("caption"))
    characters = [values.mapping(one).get("char_caption") for one in values.listed(caption.get("char_captions"))]
    parts = [values.text(part) for part in [caption.get("base_caption"), *characters]]
    return "\n".join(part for part in parts if part) or None
