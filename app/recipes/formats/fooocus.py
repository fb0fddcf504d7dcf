"""Fooocus, in both of its schemes: its own JSON, and the web UI's text with the prompt as it was typed.

    {"prompt", "negative_prompt", "full_prompt": […], "steps", "guidance_scale", "seed": "5", "resolution":
     "(512, 768)", "sampler", "scheduler", "base_model", "base_model_hash", "clip_skip", "performance", "styles",
     "loras": [["ink", 0.8, "1a2b3c4d5e"]], "lora_combined_1": "ink : 0.8", "version": "Fooocus v2.5.5"}

    …\\nSteps: 30, …, Raw prompt: …, Scheduler: karras, Lora weights: "ink: 0.8", Version: Fooocus v2.5.5

How sure: 1 when it names its version, else 0.9 where the file names its scheme or the object has three of its own
keys; the text alone counts with its version. What its styles add to the prompt is left out: it adds them again.
Source: modules/meta_parser.py of Fooocus 2.5.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from app.recipes import a1111
from app.recipes.formats import infotext, values
from app.recipes.formats.texts import PARAMETERS, Texts
from app.recipes.recipe import Reading, RecipeLora, RecipeSettings

NAME = "fooocus"

_VERSION = "Fooocus"
# RuinedFooocus says the same with other names.
_FORK = "RuinedFooocus"
_FORKS_KEYS = {
    "Prompt": "prompt", "Negative": "negative_prompt", "steps": "steps", "cfg": "guidance_scale", "seed": "seed",
    "width": "width", "height": "height", "sampler_name": "sampler", "scheduler": "scheduler", "loras": "loras",
    "base_model_name": "base_model", "base_model_hash": "base_model_hash", "clip_skip": "clip_skip",
}  # fmt: skip
_KEYS = ("full_prompt", "full_negative_prompt", "performance", "styles", "adm_guidance", "base_model_hash", "sharpness")


def read(texts: Texts) -> Reading:
    named = texts.said("fooocus_scheme") is not None or (texts.said("Software") or "").startswith(_VERSION)
    readings = [_object(found, named) for found in texts.objects(PARAMETERS, "UserComment")]
    readings += [_text(text.content) for text in texts.plain() if f": {_VERSION}" in text.content]
    return max(readings, key=lambda reading: reading.confidence, default=Reading())


def _object(said: dict[str, Any], named: bool) -> Reading:
    if said.get("software") == _FORK:
        said = {own: said[forks] for forks, own in _FORKS_KEYS.items() if forks in said} | {"version": _VERSION}
    version = str(said.get("version", "")).startswith(_VERSION)
    own = sum(key in said for key in _KEYS)
    if not isinstance(said.get("prompt"), str) or not (version or own >= 3 or (named and own)):
        return Reading()
    width, height = values.sides(values.first(said, "resolution") or [said.get("width"), said.get("height")])
    settings = RecipeSettings(
        prompt=values.text(said.get("prompt")),
        negative_prompt=values.text(said.get("negative_prompt")),
        num_inference_steps=values.whole(said.get("steps")),
        sampler=values.line(said.get("sampler")),
        scheduler=values.line(said.get("scheduler")),
        guidance_scale=values.real(said.get("guidance_scale")),
        seed=values.whole(said.get("seed")),
        width=width,
        height=height,
        checkpoint=values.stem(said.get("base_model")),
        checkpoint_hash=values.hash_of(said.get("base_model_hash")),
        clip_skip=values.whole(said.get("clip_skip")),
    )
    return Reading(NAME, 1.0 if version else 0.9, settings, tuple(_loras(said)))


def _loras(said: dict[str, Any]) -> Iterator[RecipeLora]:
    listed = [lora for lora in values.listed(said.get("loras")) if isinstance(lora, list) and len(lora) >= 2]
    for lora in listed:
        name = values.stem(lora[0])
        if name is not None:
            yield RecipeLora(name, values.strength(lora[1]), values.hash_of(lora[2]) if len(lora) > 2 else None)
    if listed:
        return
    for key, value in said.items():
        if key.startswith("lora_combined_") and isinstance(value, str):
            # Newer ones say first whether it is on: `True : ink : 0.8`.
            named, _, weight = value.rpartition(" : ")
            on, _, only = named.partition(" : ")
            name = values.stem(only if on in ("True", "False") else named)
            if name is not None and on != "False":
                yield RecipeLora(name, values.strength(weight))


def _text(content: str) -> Reading:
    reading = a1111.read(content)
    pairs = dict(infotext.pairs(infotext.split(content)[1]))
    if reading.format is None or not pairs.get("Version", "").startswith(_VERSION):
        return Reading()
    typed = replace(
        reading.settings,
        prompt=values.text(pairs.get("Raw prompt")) or reading.settings.prompt,
        negative_prompt=values.text(pairs["Raw negative prompt"])
        if "Raw negative prompt" in pairs
        else reading.settings.negative_prompt,
        scheduler=values.line(pairs.get("Scheduler")),
    )
    return replace(reading, format=NAME, confidence=1.0, settings=typed)
