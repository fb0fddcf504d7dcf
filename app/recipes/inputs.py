"""What comes with a recipe: tags and settings as a form sends them, checked field by field."""

from __future__ import annotations

import json
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from app.errors import InvalidInput
from app.recipes.recipe import RecipeLora, RecipeSettings
from app.sentences import CLEAN, SAID, sentence

MOST_TAGS = 100

Line = Annotated[str, Field(max_length=300), CLEAN]
Prompt = Annotated[str, Field(max_length=20_000), CLEAN]
Tag = Annotated[str, Field(max_length=100), CLEAN, SAID]
Real = Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False)]


class LoraInput(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    name: Annotated[str, Field(max_length=300), CLEAN, SAID]
    strength: Real = 1.0
    hash: Annotated[str, Field(pattern="^[0-9a-fA-F]{8,64}$")] | None = None

    def lora(self) -> RecipeLora:
        return RecipeLora(self.name, self.strength, self.hash.lower() if self.hash else None)


class SettingsInput(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    prompt: Prompt | None = None
    negative_prompt: Prompt | None = None
    num_inference_steps: Annotated[int, Field(ge=1, le=10_000)] | None = None
    sampler: Line | None = None
    scheduler: Line | None = None
    guidance_scale: Real | None = None
    true_cfg_scale: Real | None = None
    seed: Annotated[int, Field(ge=-1, le=2**64 - 1)] | None = None
    width: Annotated[int, Field(ge=1, le=100_000)] | None = None
    height: Annotated[int, Field(ge=1, le=100_000)] | None = None
    checkpoint: Line | None = None
    checkpoint_hash: Line | None = None
    clip_skip: Annotated[int, Field(ge=0, le=100)] | None = None
    denoising_strength: Annotated[float, Field(ge=0, le=1)] | None = None

    def settings(self) -> RecipeSettings:
        return RecipeSettings(**self.model_dump())


class MetadataInput(BaseModel):
    """What is known better than the picture says; a part that is left out is read from the picture."""

    model_config = ConfigDict(extra="forbid", strict=True)

    settings: SettingsInput | None = None
    loras: Annotated[list[LoraInput], Field(max_length=200)] | None = None


_TAGS = TypeAdapter(Annotated[list[Tag], Field(max_length=MOST_TAGS)])


def metadata_of(text: str) -> tuple[RecipeSettings | None, list[RecipeLora] | None]:
    """Settings and LoRAs from a form's JSON; '' knows neither. Raises InvalidInput naming the field."""
    if not text.strip():
        return None, None
    try:
        given = MetadataInput.model_validate(_json(text, "metadata"))
    except ValidationError as error:
        raise _invalid("metadata", error) from error
    settings = None if given.settings is None else given.settings.settings()
    return settings, None if given.loras is None else [lora.lora() for lora in given.loras]


def tags_of(text: str) -> list[str]:
    """Tags from a JSON list, or separated by commas; each once. Raises InvalidInput naming the tag."""
    listed = text.lstrip().startswith("[")
    given = _json(text, "tags") if listed else [part.strip() for part in text.split(",") if part.strip()]
    try:
        return list(dict.fromkeys(_TAGS.validate_python(given)))
    except ValidationError as error:
        raise _invalid("tags", error) from error


def _json(text: str, field: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{field} is not JSON: {error}", field=field) from error


def _invalid(form_field: str, error: ValidationError) -> InvalidInput:
    first = error.errors()[0]
    field = ".".join([form_field, *(str(part) for part in first["loc"])])
    return InvalidInput(sentence(field, first), field=field)
