"""What a model on Replicate takes, from its own schema, and a request as the inputs that it takes.

Every model names its inputs its own way; its schema is the only place that tells. What a request asks for and a
model has no input for is told, never dropped in silence.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.errors import InvalidInput
from app.generation.faults import BackendFailed
from app.generation.port import GenerationRequest, NotApplied

STEPS = ("num_inference_steps", "steps")
GUIDANCE = ("guidance", "guidance_scale")
# Inputs for reference images: one that takes a list, or one that takes a picture, the usual name first.
LISTS = ("input_images", "image_input", "reference_images", "images")
SINGLES = ("input_image", "image", "reference_image", "image_prompt")
_NUMBERED = re.compile(r"(?:input_)?image_\d+", re.ASCII)
_MAXIMUM = re.compile(r"(?:maximum|up to)\D{0,12}(\d+)", re.IGNORECASE)
_RATIO = re.compile(r"(\d+):(\d+)", re.ASCII)
_MEGAPIXELS = re.compile(r"(\d+(?:\.\d+)?)(?: MP)?", re.ASCII)
MOST_REFERENCES = 8
# What models with sides of their own round to.
SIDE_STEP = 32


@dataclass(frozen=True)
class Model:
    """One model. name: `owner/name`; version: None for the official one; inputs: schemas by name."""

    name: str
    version: str | None
    inputs: Mapping[str, Mapping[str, Any]] = field(repr=False)
    required: frozenset[str] = frozenset()

    @property
    def reference(self) -> str:
        """As a prediction is asked for: official models by name, others by version. Source: "Create a prediction"."""
        return self.name if self.version is None else f"{self.name}:{self.version}"

    @classmethod
    def of(cls, name: str, version: str | None, schema: Any) -> Model:
        """The model with this `openapi_schema`. Raises BackendFailed for one that paints from no prompt."""
        schemas = _at(schema, "components", "schemas")
        given = _at(schemas, "Input", "properties")
        inputs = {key: _whole(one, schemas) for key, one in given.items() if isinstance(one, Mapping)}
        if "prompt" not in inputs:
            raise BackendFailed(f"the model {name} on Replicate takes no prompt; set REPLICATE_MODEL to one that does")
        required = schemas.get("Input", {}).get("required")
        return cls(name, version, inputs, frozenset(map(str, required if isinstance(required, list) else [])))

    def choices(self, name: str) -> list[str]:
        """What an input may be, where it is one of a list."""
        return [str(one) for one in self.inputs.get(name, {}).get("enum", [])]


@dataclass
class Plan:
    """A request as one model takes it: the inputs of every picture alike, and what has no effect.

    files: reference images by the input that takes them, in order; one that takes a list has several.
    """

    inputs: dict[str, Any]
    takes_seed: bool
    files: dict[str, list[bytes]] = field(default_factory=dict, repr=False)
    lists: frozenset[str] = frozenset()
    not_applied: list[NotApplied] = field(default_factory=list)
    steps: int = 1

    def of(self, seed: int) -> dict[str, Any]:
        """The inputs of the picture with that seed, without the reference images."""
        return self.inputs | ({"seed": seed} if self.takes_seed else {})


def plan(request: GenerationRequest, model: Model) -> Plan:
    """Raises InvalidInput for what this model cannot paint at all."""
    if request.checkpoint not in (None, model.name, model.reference):
        raise InvalidInput(
            f"checkpoint {request.checkpoint!r} is not on this backend; it has {model.name}", field="checkpoint"
        )
    made = Plan({"prompt": request.prompt}, "seed" in model.inputs)
    _references(made, request, model)
    _numbers(made, request, model)
    _size(made, request, model)
    _file(made, model)
    _avoid(made, request, model)
    if not made.takes_seed:
        made.not_applied.append(NotApplied("seed", f"{model.name} takes no seed"))
    if request.prompt_2:
        made.not_applied.append(NotApplied("prompt_2", f"{model.name} takes one prompt"))
    made.not_applied.append(NotApplied("scheduler", f"{model.name} has a scheduler of its own"))
    if any(lora.scale for lora in request.loras):
        made.not_applied.append(NotApplied("loras", f"{model.name} takes none of the studio's LoRAs"))
    return made


def _references(made: Plan, request: GenerationRequest, model: Model) -> None:
    given = list(request.references)
    many = next((name for name in LISTS if name in model.inputs), None)
    single = next((name for name in SINGLES if name in model.inputs), None)
    numbered = sorted(name for name in model.inputs if _NUMBERED.fullmatch(name))
    most = _most(model.inputs[many]) if many else len(numbered) or (1 if single else 0)
    if not given:
        needed = [name for name in (many, single, *numbered) if name in model.required]
        if needed:
            raise InvalidInput(f"{model.name} only edits: give it a reference image", field="image")
        return
    if len(given) > most:
        takes = {0: "no reference image", 1: "one reference image"}.get(most, f"at most {most} reference images")
        raise InvalidInput(f"{model.name} takes {takes}, {len(given)} are given", field="image")
    if many:
        made.files, made.lists = {many: given}, frozenset({many})
    elif numbered:
        made.files = {name: [data] for name, data in zip(numbered, given, strict=False)}
    elif single:
        made.files = {single: given}


def _most(schema: Mapping[str, Any]) -> int:
    told = schema.get("maxItems")
    if isinstance(told, int):
        return told
    said = _MAXIMUM.search(str(schema.get("description", "")))
    return int(said[1]) if said else MOST_REFERENCES


def _numbers(made: Plan, request: GenerationRequest, model: Model) -> None:
    wanted: list[tuple[str, Sequence[str], float]] = [
        ("steps", STEPS, request.num_inference_steps),
        ("guidance_scale", GUIDANCE, request.guidance_scale),
    ]
    for name, inputs, value in wanted:
        taken = next((one for one in inputs if one in model.inputs), None)
        if taken is None:
            made.not_applied.append(NotApplied(name, f"{model.name} decides this itself"))
            continue
        schema = model.inputs[taken]
        fitted = min(max(value, schema.get("minimum", value)), schema.get("maximum", value))
        made.inputs[taken] = fitted
        if name == "steps":
            made.steps = int(fitted)
        if fitted != value:
            made.not_applied.append(NotApplied(name, f"{model.name} was given {fitted:g} in place of {value:g}"))


def _size(made: Plan, request: GenerationRequest, model: Model) -> None:
    """The size itself where the model takes sides, else its ratio; what comes is fitted afterwards."""
    ratios = model.choices("aspect_ratio")
    if {"width", "height"} <= model.inputs.keys() and (not ratios or "custom" in ratios):
        made.inputs |= _sides(request, model)
        if ratios:
            made.inputs["aspect_ratio"] = "custom"
        return
    known = {one: int(ratio[1]) / int(ratio[2]) for one in ratios if (ratio := _RATIO.fullmatch(one))}
    if known:
        wanted = math.log(request.width / request.height)
        made.inputs["aspect_ratio"] = min(known, key=lambda one: abs(math.log(known[one]) - wanted))
    megapixels = request.width * request.height / 1_000_000
    for name in ("megapixels", "resolution"):
        sizes = {one: float(size[1]) for one in model.choices(name) if (size := _MEGAPIXELS.fullmatch(one))}
        enough = {one: size for one, size in sizes.items() if size * 1.05 >= megapixels} or sizes
        if enough:
            made.inputs[name] = min(enough, key=lambda one: enough[one])


def _sides(request: GenerationRequest, model: Model) -> dict[str, int]:
    """Sides of the same ratio, at least as large as asked, within what the model takes."""
    wanted = {"width": request.width, "height": request.height}
    least = max(model.inputs[name].get("minimum", 1) / side for name, side in wanted.items())
    sides = {}
    for name, side in wanted.items():
        most = int(model.inputs[name].get("maximum", 4096))
        sides[name] = min(math.ceil(side * max(least, 1) / SIDE_STEP) * SIDE_STEP, most)
    return sides


def _file(made: Plan, model: Model) -> None:
    """Without loss where that can be had."""
    kinds = model.choices("output_format")
    if "png" in kinds:
        made.inputs["output_format"] = "png"
    elif kinds and "output_quality" in model.inputs:
        made.inputs["output_quality"] = 100


def _avoid(made: Plan, request: GenerationRequest, model: Model) -> None:
    if not request.avoids:
        return
    if "negative_prompt" in model.inputs:
        both = (request.negative_prompt, request.negative_prompt_2)
        made.inputs["negative_prompt"] = ", ".join(text for text in both if text)
        return
    for name in ("negative_prompt", "negative_prompt_2"):
        if getattr(request, name):
            made.not_applied.append(NotApplied(name, f"{model.name} takes no negative prompt"))
    made.not_applied.append(NotApplied("true_cfg_scale", f"{model.name} takes no negative prompt"))


def _whole(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> dict[str, Any]:
    """An input's schema with what it refers to: choices stand in schemas of their own."""
    whole = dict(schema)
    for part in [schema, *(one for one in schema.get("allOf", []) if isinstance(one, Mapping))]:
        referred = str(part.get("$ref", "")).rpartition("/")[2]
        found = schemas.get(referred)
        whole |= {**part, **(found if isinstance(found, Mapping) else {})} | dict(schema)
    return whole


def _at(found: Any, *names: str) -> Mapping[str, Any]:
    for name in names:
        found = found.get(name) if isinstance(found, Mapping) else None
    return found if isinstance(found, Mapping) else {}
