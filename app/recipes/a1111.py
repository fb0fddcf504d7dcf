"""The `parameters` text that AUTOMATIC1111's web UI writes into its pictures, read and written.

    a portrait, <lora:ink:0.8>
    Negative prompt: blurry
    Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 512x768, Lora hashes: "ink: 1a2b3c"

Source: modules/infotext_utils.py of the web UI 1.10. The prompts may hold anything, so the settings are
taken from the last line that looks like settings, and only from there.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from app import __version__
from app.recipes.formats import infotext, resources, values
from app.recipes.formats.infotext import NEGATIVE
from app.recipes.recipe import Reading, RecipeLora, RecipeSettings

NAME = "a1111"

# Written only where prompt and negative prompt could not be told apart without it: lengths in characters.
_LENGTHS = "Prompt lengths"
_LENGTHS_VALUE = re.compile(r"(\d{1,9})\+(\d{1,9})")


def read(text: str) -> Reading:
    """What `text` says, and how sure that is; never fails, whatever the text.

    Confidence 1: a settings line with inference steps and two more; 0.6: a shorter one; 0.4: a negative
    prompt alone; 0: neither, and nothing is read.
    """
    body, line = infotext.split(text)
    pairs = dict(infotext.pairs(line))
    confidence = _confidence(pairs, body)
    if confidence == 0:
        return Reading()
    prompt, negative = _prompts(body, pairs.get(_LENGTHS))
    checkpoint = _checkpoint(pairs)
    return Reading(
        format=NAME,
        confidence=confidence,
        settings=_settings(pairs, prompt, negative, checkpoint),
        loras=tuple(_loras(prompt, pairs)),
        base_model=checkpoint.base_model if checkpoint else None,
        checkpoint_version_id=checkpoint.version if checkpoint else None,
    )


def write(
    settings: RecipeSettings, loras: Iterable[RecipeLora] = (), *, more: Mapping[str, str] = MappingProxyType({})
) -> str:
    """The text from which `read` gives back these settings, and the hashes of these LoRAs.

    A LoRA's strength is where the web UI has it: in the prompt's own tag. more: what others may read there.
    """
    prompt, negative = settings.prompt or "", settings.negative_prompt or ""
    body = f"{prompt}\n{NEGATIVE} {negative}" if negative else prompt
    pairs = dict(_written(settings, loras)) | dict(more)
    if _prompts(body, None) != (prompt, negative):
        pairs = {_LENGTHS: f"{len(prompt)}+{len(negative)}"} | pairs
    line = ", ".join(f"{name}: {infotext.quote(value)}" for name, value in pairs.items())
    return f"{body}\n{line}"


def _confidence(pairs: dict[str, str], body: str) -> float:
    if "Steps" in pairs and infotext.known(pairs) >= 3:
        return 1.0
    if pairs:
        return 1.0 if pairs.get("Version", "").startswith(infotext.WRITER) else 0.6
    return 0.4 if f"\n{NEGATIVE}" in body or body.startswith(NEGATIVE) else 0.0


def _prompts(body: str, lengths: str | None) -> tuple[str, str]:
    """Prompt and negative prompt; by their lengths when the writer noted them."""
    noted = _LENGTHS_VALUE.fullmatch(lengths or "")
    if noted:
        first, second = int(noted[1]), int(noted[2])
        between = f"\n{NEGATIVE} " if second else ""
        if len(body) == first + len(between) + second:
            return body[:first], body[first + len(between) :]
    if body.startswith(NEGATIVE):
        return "", body.removeprefix(NEGATIVE).strip()
    prompt, _, negative = body.partition(f"\n{NEGATIVE}")
    return prompt.strip(), negative.strip()


def _settings(
    pairs: dict[str, str], prompt: str, negative: str, checkpoint: resources.Resource | None
) -> RecipeSettings:
    width, height = values.sides(pairs.get("Size"))
    guidance = values.real(pairs.get("Distilled CFG Scale"))
    scale = values.real(pairs.get("CFG scale"))
    hashes = values.mapping(values.parsed(pairs.get("Hashes", "")))
    return RecipeSettings(
        prompt=prompt or None,
        negative_prompt=negative or None,
        num_inference_steps=values.whole(pairs.get("Steps")),
        sampler=pairs.get("Sampler") or None,
        scheduler=pairs.get("Schedule type") or None,
        guidance_scale=scale if guidance is None else guidance,
        true_cfg_scale=values.real(pairs.get("True CFG scale")) if guidance is None else scale,
        seed=values.whole(pairs.get("Seed")),
        width=width,
        height=height,
        checkpoint=pairs.get("Model") or (checkpoint.name if checkpoint else None),
        checkpoint_hash=pairs.get("Model hash", "").lower() or values.hash_of(hashes.get("model")),
        clip_skip=values.whole(pairs.get("Clip skip")),
        denoising_strength=values.real(pairs.get("Denoising strength")),
    )


def _written(settings: RecipeSettings, loras: Iterable[RecipeLora]) -> Iterator[tuple[str, str]]:
    """The settings as the web UI names them; with both scales, as its fork Forge names FLUX's."""
    has_size = settings.width is not None and settings.height is not None
    both = settings.true_cfg_scale is not None and settings.guidance_scale is not None
    named = {
        "Steps": settings.num_inference_steps,
        "Sampler": settings.sampler,
        "Schedule type": settings.scheduler,
        "CFG scale": settings.true_cfg_scale if both else settings.guidance_scale,
        "Distilled CFG Scale": settings.guidance_scale if both else None,
        "True CFG scale": None if both else settings.true_cfg_scale,
        "Seed": settings.seed,
        "Size": f"{settings.width}x{settings.height}" if has_size else None,
        "Model hash": settings.checkpoint_hash,
        "Model": settings.checkpoint,
        "Denoising strength": settings.denoising_strength,
        "Clip skip": settings.clip_skip,
        "Lora hashes": ", ".join(f"{lora.name}: {lora.hash}" for lora in loras if lora.hash) or None,
    }
    yield from ((name, str(value)) for name, value in named.items() if value is not None)
    yield "Version", f"{infotext.WRITER} {__version__}"


def _checkpoint(pairs: dict[str, str]) -> resources.Resource | None:
    """The checkpoint among Civitai's resources."""
    listed = resources.listed(values.parsed(pairs.get("Civitai resources", "")))
    return next((resource for resource in listed if resource.kind == "checkpoint"), None)


def _loras(prompt: str, pairs: dict[str, str]) -> Iterator[RecipeLora]:
    """Every LoRA that a tag, the hashes or the resources name, in that order; without a strength it is 1."""
    yield from resources.from_pairs(prompt, pairs).loras()
