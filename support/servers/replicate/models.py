"""The models that the double has, each with the schema that its page on Replicate shows.

Source: the API pages of black-forest-labs/flux-kontext-pro, flux-2-pro and flux-dev, and of stability-ai/sdxl.
Left out: what no picture of ours depends on (safety, speed, upsampling).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

KONTEXT_PRO = "black-forest-labs/flux-kontext-pro"
FLUX_2_PRO = "black-forest-labs/flux-2-pro"
FLUX_DEV = "black-forest-labs/flux-dev"
_SDXL_VERSION = "7762fd07cf82c948538e41f63f77d685e02b063e37e496e96eefd46c929f9bdc"
SDXL = f"stability-ai/sdxl:{_SDXL_VERSION}"

_RATIOS = ["1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3", "4:5", "5:4", "21:9", "9:21", "2:1", "1:2"]
_PROMPT = {"type": "string", "title": "Prompt"}
_SEED = {"type": "integer", "title": "Seed", "description": "Random seed. Set for reproducible generation"}
_URI = {"type": "string", "format": "uri"}


@dataclass(frozen=True)
class Offered:
    """version: None for an official model, which is run by its name; is_list: whether its output is a list."""

    name: str
    version: str | None
    inputs: dict[str, dict[str, Any]]
    choices: dict[str, list[str]] = field(default_factory=dict)
    required: tuple[str, ...] = ("prompt",)
    is_list: bool = False

    @property
    def version_told(self) -> str:
        return self.version or "hidden"

    @property
    def schema(self) -> dict[str, Any]:
        """As `openapi_schema` has it: choices stand in schemas of their own, and are referred to."""
        properties = dict(self.inputs)
        for name in self.choices:
            properties[name] = {**self.inputs.get(name, {}), "allOf": [{"$ref": f"#/components/schemas/{name}"}]}
        schemas: dict[str, Any] = {
            "Input": {"type": "object", "title": "Input", "properties": properties, "required": list(self.required)},
            "Output": {"type": "array", "items": _URI} if self.is_list else _URI,
        }
        for name, choices in self.choices.items():
            schemas[name] = {"enum": choices, "type": "string", "title": name}
        return {"openapi": "3.0.2", "info": {"title": "Cog", "version": "0.1.0"}, "components": {"schemas": schemas}}


def _whole(least: int, most: int, default: int | None = None) -> dict[str, Any]:
    told: dict[str, Any] = {"type": "integer", "minimum": least, "maximum": most}
    return told if default is None else told | {"default": default}


MODELS = (
    Offered(
        KONTEXT_PRO,
        None,
        {"prompt": _PROMPT, "seed": _SEED, "input_image": _URI},
        {"aspect_ratio": ["match_input_image", *_RATIOS], "output_format": ["jpg", "png"]},
    ),
    Offered(
        FLUX_2_PRO,
        None,
        {
            "prompt": _PROMPT,
            "seed": _SEED,
            "input_images": {
                "type": "array",
                "items": _URI,
                "default": [],
                "description": "List of input images for image-to-image generation. Maximum 8 images.",
            },
            "width": _whole(256, 2048),
            "height": _whole(256, 2048),
            "output_quality": _whole(0, 100, 80),
        },
        {
            "aspect_ratio": ["match_input_image", "custom", *_RATIOS[:9]],
            "resolution": ["match_input_image", "0.5 MP", "1 MP", "2 MP", "4 MP"],
            "output_format": ["webp", "jpg", "png"],
        },
    ),
    Offered(
        FLUX_DEV,
        None,
        {
            "prompt": _PROMPT,
            "seed": _SEED,
            "image": _URI,
            "prompt_strength": {"type": "number", "minimum": 0, "maximum": 1, "default": 0.8},
            "num_outputs": _whole(1, 4, 1),
            "num_inference_steps": _whole(1, 50, 28),
            "guidance": {"type": "number", "minimum": 0, "maximum": 10, "default": 3},
            "output_quality": _whole(0, 100, 80),
        },
        {"aspect_ratio": _RATIOS, "megapixels": ["1", "0.25"], "output_format": ["webp", "jpg", "png"]},
        is_list=True,
    ),
    Offered(
        SDXL.partition(":")[0],
        _SDXL_VERSION,
        {
            "prompt": {**_PROMPT, "default": "An astronaut riding a rainbow unicorn"},
            "negative_prompt": {"type": "string", "default": ""},
            "seed": _SEED,
            "image": _URI,
            "width": {"type": "integer", "default": 1024},
            "height": {"type": "integer", "default": 1024},
            "num_outputs": _whole(1, 4, 1),
            "num_inference_steps": _whole(1, 500, 50),
            "guidance_scale": {"type": "number", "minimum": 1, "maximum": 50, "default": 7.5},
        },
        required=(),
        is_list=True,
    ),
)


def run_as(reference: str) -> Offered | None:
    """The model that `version` of an order means: a name for official ones, else a version, with or without name."""
    for model in MODELS:
        names = {model.name} if model.version is None else {model.version, f"{model.name}:{model.version}"}
        if reference in names:
            return model
    return None


def called(name: str) -> Offered | None:
    return next((model for model in MODELS if model.name == name), None)


def faults(model: Offered, given: Any) -> list[tuple[str, str, str]]:
    """What is wrong with the inputs of an order: field, type and description of each, as `invalid_fields` has them."""
    if not isinstance(given, dict):
        return [("input", "invalid_type", "Invalid type. Expected: object")]
    missing = [("input", "required", f"{name} is required") for name in model.required if name not in given]
    wrong = [
        (f"input.{name}", *why)
        for name, value in given.items()
        if name in model.inputs or name in model.choices
        for why in [_why(model, name, value)]
        if why is not None
    ]
    return missing + wrong


def _why(model: Offered, name: str, value: Any) -> tuple[str, str] | None:
    if name in model.choices:
        known = model.choices[name]
        listed = ", ".join(f'"{one}"' for one in known)
        return None if value in known else ("enum", f"{name} must be one of the following: {listed}")
    schema = model.inputs[name]
    kinds: dict[str, tuple[type, ...]] = {
        "string": (str,),
        "integer": (int,),
        "number": (int, float),
        "array": (list,),
    }
    if not isinstance(value, kinds[schema["type"]]) or isinstance(value, bool):
        return "invalid_type", f"Invalid type. Expected: {schema['type']}, given: {type(value).__name__}"
    if "minimum" in schema and value < schema["minimum"]:
        return "number_gte", f"Must be greater than or equal to {schema['minimum']}"
    if "maximum" in schema and value > schema["maximum"]:
        return "number_lte", f"Must be less than or equal to {schema['maximum']}"
    addresses = [value] if schema.get("format") == "uri" else []
    if isinstance(value, list):
        addresses = value
    if not all(isinstance(one, str) and one.startswith(("data:", "http://", "https://")) for one in addresses):
        return "format", "Does not match format 'uri'"
    return None
