"""What sentences about recipes speak of, and what the studio calls the same things."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

# The settings of a picture, as the studio calls them.
SETTINGS = {
    "prompt": "prompt",
    "negative prompt": "negative_prompt",
    "steps": "num_inference_steps",
    "sampler": "sampler",
    "guidance": "guidance_scale",
    "seed": "seed",
    "clip skip": "clip_skip",
    "denoising strength": "denoising_strength",
    "checkpoint": "checkpoint",
    "checkpoint hash": "checkpoint_hash",
}
WHOLE = ("steps", "seed", "clip skip", "rating", "version")
BROKEN = ("guidance", "denoising strength")
# What else is known of a recipe, as its view calls it; a change calls one of them otherwise.
KNOWN = {
    "title": "name",
    "tags": "tags",
    "source": "source",
    "rating": "rating",
    "favourite": "favorite",
    "base model": "base_model",
    "folder": "folder",
}
# What belongs to the studio, and what nobody knows.
STRANGE = {
    "picture's file": "picture",
    "picture's address": "file_path",
    "number": "id",
    "fingerprint": "fingerprint",
    "version": "version",
    "colour": "colour",
}


def change_of(what: str, text: str) -> dict[str, Any]:
    """A change in a product owner's words, as the studio takes it."""
    if what == "size":
        width, height = text.split("×")
        return {"settings": {"width": int(width), "height": int(height)}}
    if what in SETTINGS:
        return {"settings": {SETTINGS[what]: value_of(what, text)}}
    return {"title" if what == "title" else (KNOWN | STRANGE)[what]: value_of(what, text)}


def value_of(what: str, text: str) -> Any:
    """`sea, night` as tags, `yes` as a favourite, `5` as a rating, anything else as it is written."""
    if what == "tags":
        return listed(text)
    if what == "favourite":
        return text == "yes"
    if what in WHOLE:
        return int(text)
    return float(text) if what in BROKEN else text


def said(view: dict[str, Any], what: str) -> str:
    """What a view tells of something, as a sentence would write it."""
    settings = view.get("settings") or {}
    if what == "size":
        return f"{settings.get('width')}×{settings.get('height')}"
    value = settings.get(SETTINGS[what]) if what in SETTINGS else view.get(KNOWN[what])
    match value:
        case bool():
            return "yes" if value else "no"
        case float():
            return f"{value:g}"
        case list():
            return ", ".join(value)
        case None:
            return "nothing"
    return str(value)


def listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


@dataclass(frozen=True)
class LoraWord:
    """A LoRA as a sentence names it: `neon-city 0.8`, `version 42 0.5`, `old-film 0.5 (left out)`."""

    name: str
    strength: float | None = None
    version: int | None = None
    excluded: bool = False

    def __str__(self) -> str:
        return f"{self.name} {1.0 if self.strength is None else self.strength:g}"

    @property
    def tag(self) -> str:
        """How a prompt names it."""
        return f"<lora:{self.name}>" if self.strength is None else f"<lora:{self.name}:{self.strength:g}>"

    @property
    def plain(self) -> bool:
        """Whether a picture by Automatic1111 can say all of it."""
        return self.version is None and not self.excluded


_LORA = re.compile(r"(?P<name>version \d+|[^\s,]+)(?: (?P<strength>-?[\d.]+))?(?P<excluded> \(left out\))?")


def loras_of(text: str) -> list[LoraWord]:
    """The LoRAs that a sentence names, in its order. Raises ValueError for what reads otherwise."""
    found = []
    for part in listed(text):
        match = _LORA.fullmatch(part)
        if match is None:
            raise ValueError(f"{part!r} is no LoRA: write it as `neon-city 0.8`")
        name, strength = match["name"], match["strength"]
        version = int(name.removeprefix("version ")) if name.startswith("version ") else None
        found.append(LoraWord(name, None if strength is None else float(strength), version, bool(match["excluded"])))
    return found


def tagged(prompt: str) -> list[LoraWord]:
    """The LoRAs that a prompt names as `<lora:name:strength>`."""
    parts = [part.partition(">")[0].split(":") for part in prompt.split("<lora:")[1:]]
    return [LoraWord(part[0], float(part[1]) if len(part) > 1 else None) for part in parts]
