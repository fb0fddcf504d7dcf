"""The `parameters` text that AUTOMATIC1111's web UI writes into its pictures, read and written.

    a portrait, <lora:ink:0.8>
    Negative prompt: blurry
    Steps: 20, Sampler: Euler a, CFG scale: 7, Seed: 42, Size: 512x768, Lora hashes: "ink: 1a2b3c"

Source: modules/infotext_utils.py of the web UI 1.10. The prompts may hold anything, so the settings are
taken from the last line that looks like settings, and only from there.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from app import __version__
from app.recipes.recipe import Reading, RecipeLora, RecipeSettings

NAME = "a1111"
NEGATIVE = "Negative prompt:"

# Written only where prompt and negative prompt could not be told apart without it: lengths in characters.
_LENGTHS = "Prompt lengths"
_WRITER = "Proofsheet"
_LORA_TAG = re.compile(r"<(?:lora|lyco):([^:<>\n]+)(?::([^<>\n]*))?>", re.IGNORECASE)
_SIZE = re.compile(r"(\d{1,6})x(\d{1,6})")
_QUOTED = re.compile(r'\s*("(?:\\.|[^"\\])*")')
_LENGTHS_VALUE = re.compile(r"(\d{1,9})\+(\d{1,9})")
_LONGEST_NUMBER = 30


def read(text: str) -> Reading:
    """What `text` says, and how sure that is; never fails, whatever the text.

    Confidence 1: a settings line with inference steps and two more; 0.6: a shorter one; 0.4: a negative
    prompt alone; 0: neither, and nothing is read.
    """
    body, line = _split(text)
    pairs = dict(_pairs(line))
    confidence = _confidence(pairs, body)
    if confidence == 0:
        return Reading()
    prompt, negative = _prompts(body, pairs.get(_LENGTHS))
    return Reading(
        format=NAME,
        confidence=confidence,
        settings=_settings(pairs, prompt, negative),
        loras=tuple(_loras(prompt, pairs)),
    )


def write(settings: RecipeSettings, loras: Iterable[RecipeLora] = ()) -> str:
    """The text from which `read` gives back these settings, and the hashes of these LoRAs.

    A LoRA's strength is where the web UI has it: in the prompt's own tag.
    """
    prompt, negative = settings.prompt or "", settings.negative_prompt or ""
    body = f"{prompt}\n{NEGATIVE} {negative}" if negative else prompt
    pairs = dict(_written(settings, loras))
    if _prompts(body, None) != (prompt, negative):
        pairs = {_LENGTHS: f"{len(prompt)}+{len(negative)}"} | pairs
    line = ", ".join(f"{name}: {_quote(value)}" for name, value in pairs.items())
    return f"{body}\n{line}"


@dataclass(frozen=True)
class _Number:
    """A number as text: whole or not, never huge, never infinite."""

    text: str

    def whole(self) -> int | None:
        fits = len(self.text) <= _LONGEST_NUMBER and self.text.isascii()
        return int(self.text) if fits and self.text.removeprefix("-").isdigit() else None

    def real(self) -> float | None:
        try:
            value = float(self.text)
        except ValueError:
            return None
        return value if math.isfinite(value) else None


def _split(text: str) -> tuple[str, str]:
    """The prompts, and the last line that looks like settings; lines after it are dropped."""
    end = len(text)
    while end >= 0:
        start = text.rfind("\n", 0, end) + 1
        line = text[start:end]
        if _looks_like_settings(line):
            return text[: max(start - 1, 0)], line.strip()
        end = start - 1
    return text, ""


def _looks_like_settings(line: str) -> bool:
    pairs = dict(_pairs(line.strip()))
    return _known(pairs) >= 2 or pairs.get("Version", "").startswith(_WRITER)


def _known(pairs: dict[str, str]) -> int:
    """How many well-known settings hold a value of the right kind."""
    whole = sum(_Number(pairs[name]).whole() is not None for name in ("Steps", "Seed") if name in pairs)
    size = _SIZE.fullmatch(pairs.get("Size", "")) is not None
    scale = _Number(pairs.get("CFG scale", "")).real() is not None
    return whole + size + scale + bool(pairs.get("Sampler"))


def _confidence(pairs: dict[str, str], body: str) -> float:
    if "Steps" in pairs and _known(pairs) >= 3:
        return 1.0
    if pairs:
        return 1.0 if pairs.get("Version", "").startswith(_WRITER) else 0.6
    return 0.4 if f"\n{NEGATIVE}" in body or body.startswith(NEGATIVE) else 0.0


def _pairs(line: str) -> Iterator[tuple[str, str]]:
    """`name: value` pairs between commas; a value in quotes is a JSON string and may hold commas."""
    at = 0
    while at < len(line):
        colon = line.find(":", at)
        comma = line.find(",", at)
        if colon < 0:
            return
        if 0 <= comma < colon:
            at = comma + 1
            continue
        name = line[at:colon].strip()
        quoted = _QUOTED.match(line, colon + 1)
        end = line.find(",", quoted.end() if quoted else colon + 1)
        end = len(line) if end < 0 else end
        if name:
            yield name, _unquoted(quoted[1]) if quoted else line[colon + 1 : end].strip()
        at = end + 1


def _unquoted(value: str) -> str:
    try:
        # JSON can spell half a character, which no answer could be written with.
        return str(json.loads(value, strict=False)).encode("utf-8", "replace").decode()
    except ValueError:
        return value


def _quote(value: str) -> str:
    plain = value == value.strip() and not value.startswith('"') and value.isprintable()
    return value if plain and not set(value) & set(",:") else json.dumps(value, ensure_ascii=False)


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


def _settings(pairs: dict[str, str], prompt: str, negative: str) -> RecipeSettings:
    def whole(name: str) -> int | None:
        return _Number(pairs.get(name, "")).whole()

    def real(name: str) -> float | None:
        return _Number(pairs.get(name, "")).real()

    size = _SIZE.fullmatch(pairs.get("Size", ""))
    guidance = real("Distilled CFG Scale")
    return RecipeSettings(
        prompt=prompt or None,
        negative_prompt=negative or None,
        num_inference_steps=whole("Steps"),
        sampler=pairs.get("Sampler") or None,
        scheduler=pairs.get("Schedule type") or None,
        guidance_scale=real("CFG scale") if guidance is None else guidance,
        true_cfg_scale=real("True CFG scale") if guidance is None else real("CFG scale"),
        seed=whole("Seed"),
        width=int(size[1]) if size else None,
        height=int(size[2]) if size else None,
        checkpoint=pairs.get("Model") or None,
        checkpoint_hash=pairs.get("Model hash", "").lower() or None,
        clip_skip=whole("Clip skip"),
        denoising_strength=real("Denoising strength"),
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
    yield "Version", f"{_WRITER} {__version__}"


def _loras(prompt: str, pairs: dict[str, str]) -> Iterator[RecipeLora]:
    """Every LoRA that a tag or the hashes name, in that order; one without a tag has strength 1."""
    hashes: dict[str, str] = {}
    for entry in pairs.get("Lora hashes", "").split(","):
        name, colon, found = entry.rpartition(":")
        if colon and name.strip() and found.strip():
            hashes[name.strip()] = found.strip().lower()
    tagged = set()
    for tag in _LORA_TAG.finditer(prompt):
        name = tag[1].strip()
        tagged.add(name)
        yield RecipeLora(name=name, strength=_tag_strength(tag[2] or ""), hash=hashes.get(name))
    yield from (RecipeLora(name=name, hash=found) for name, found in hashes.items() if name not in tagged)


def _tag_strength(arguments: str) -> float:
    """The first number in `0.8`, `0.8:0.5` (text encoder, UNet) or `te=0.8:unet=0.5`; else 1."""
    first = arguments.split(":", maxsplit=1)[0].rpartition("=")[2].strip()
    strength = _Number(first).real()
    return 1.0 if strength is None else strength
