"""What comes with a recipe: tags, settings and folders as callers send them, checked field by field."""

from __future__ import annotations

import base64
import binascii
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from app.errors import InvalidInput
from app.recipes.asking import FIELDS as SEARCH_FIELDS
from app.recipes.asking import Field as SearchField
from app.recipes.recipe import RecipeLora, RecipeSettings
from app.sentences import CLEAN, SAID, sentence

MOST_TAGS = 100
MOST_LORAS = 200
LONGEST_FOLDER = 200

_DATA_URL = re.compile(r"data:image/[\w.+-]{1,20};base64,", re.IGNORECASE | re.ASCII)
_WEB_ADDRESS = re.compile(r"https?://[^/]", re.IGNORECASE)
_DRIVE = re.compile(r"[A-Za-z]:")
_ORDER = re.compile(r"(?:date|name|loras_count|opened|random:[\w-]{1,64})(?::(?:asc|desc))?", re.ASCII)
_Checked = TypeVar("_Checked", bound=BaseModel)


def folder_of(text: str) -> str:
    """The virtual folder that `text` names: '' for the top, else 'a/b'. Raises InvalidInput naming the folder."""
    try:
        return _folder(text)
    except PydanticCustomError as error:
        raise InvalidInput(error.message(), field="folder") from error


def _folder(text: str) -> str:
    if not text:
        return ""
    fault = _fault_in_folder(text)
    if fault is not None:
        # Told by repr, so that a control character cannot reach a terminal.
        raise PydanticCustomError("folder", "folder {text} {fault}", {"text": repr(text[:80]), "fault": fault})
    return "/".join(unicodedata.normalize("NFC", part.strip()) for part in text.split("/"))


def _fault_in_folder(text: str) -> str | None:
    if len(text) > LONGEST_FOLDER:
        return f"has {len(text)} characters; at most {LONGEST_FOLDER} are taken"
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in text):
        return "holds a control character, which no folder needs"
    if text.startswith("/") or "\\" in text or _DRIVE.match(text):
        return "is a path of a disk; recipes lie in folders of their own, such as 'portraits/2026'"
    parts = [part.strip() for part in text.split("/")]
    if ".." in parts or "." in parts:
        return "leads elsewhere by '.' or '..'; name the folder from the top, such as 'portraits/2026'"
    return None if all(parts) else "has an empty part; name each, such as 'portraits/2026'"


Line = Annotated[str, Field(max_length=300), CLEAN]
Prompt = Annotated[str, Field(max_length=20_000), CLEAN]
Tag = Annotated[str, Field(max_length=100), CLEAN, SAID]
Title = Annotated[str, Field(max_length=200), CLEAN, SAID]
Source = Annotated[str, Field(max_length=2000), CLEAN]
Real = Annotated[float, Field(ge=-1000, le=1000, allow_inf_nan=False)]
Rating = Annotated[int, Field(ge=0, le=5)]
Tags = Annotated[list[Tag], Field(max_length=MOST_TAGS)]
Folder = Annotated[str, AfterValidator(_folder)]
VersionId = Annotated[int, Field(ge=1, le=2**53)]


def _order(text: str) -> str:
    if _ORDER.fullmatch(text):
        return text
    raise PydanticCustomError(
        "order",
        "sort must be date, name, loras_count, opened or random:SEED, and :asc or :desc after it where wanted; "
        "{text} is not",
        {"text": repr(text[:40])},
    )


Order = Annotated[str, AfterValidator(_order)]


def search_fields_of(text: str) -> frozenset[SearchField]:
    """Where to search; none for everywhere. Raises InvalidInput."""
    asked = [part.strip() for part in text.split(",") if part.strip()]
    unknown = [part for part in asked if part not in SEARCH_FIELDS]
    if unknown:
        known = ", ".join(SEARCH_FIELDS)
        raise InvalidInput(f"search_fields must be of {known}; {unknown[0][:40]!r} is not", field="search_fields")
    return frozenset(field for field in SEARCH_FIELDS if field in asked)


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class LoraInput(_Input):
    name: Annotated[str, Field(max_length=300), CLEAN, SAID]
    strength: Real = 1.0
    hash: Annotated[str, Field(pattern="^[0-9a-fA-F]{8,64}$")] | None = None
    model_version_id: VersionId | None = None
    excluded: bool = False

    def lora(self) -> RecipeLora:
        hash_ = self.hash.lower() if self.hash else None
        return RecipeLora(self.name, self.strength, hash_, self.model_version_id, self.excluded)


class SettingsInput(_Input):
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

    def over(self, settings: RecipeSettings) -> RecipeSettings:
        """Those settings with the ones that are named here; null takes one away."""
        return replace(settings, **{name: getattr(self, name) for name in self.model_fields_set})


class MetadataInput(_Input):
    """What is known better than the picture says; a part that is left out is read from the picture."""

    settings: SettingsInput | None = None
    loras: Annotated[list[LoraInput], Field(max_length=MOST_LORAS)] | None = None
    base_model: Line | None = None
    source: Source | None = None
    favorite: bool | None = None
    rating: Rating | None = None
    mature: bool | None = None
    folder: Folder = ""


class UpdateInput(_Input):
    """What shall be changed; what is left out stays. null takes source, rating, base model or a setting away."""

    title: Title = ""
    tags: Tags = []
    source: Source | None = None
    rating: Rating | None = None
    favorite: bool = False
    settings: SettingsInput = SettingsInput()
    base_model: Line | None = None

    def changes(self) -> dict[str, Any]:
        """The named parts by the recipe's own words; settings apart, as they depend on what is there."""
        named = self.model_fields_set - {"settings"}
        changes = {"name" if part == "title" else part: getattr(self, part) for part in named}
        if "tags" in changes:
            changes["tags"] = tuple(dict.fromkeys(self.tags))
        return changes


_TAGS: TypeAdapter[list[str]] = TypeAdapter(Tags)


def metadata_of(text: str) -> MetadataInput:
    """What a form's JSON says of the recipe; '' says nothing. Raises InvalidInput naming the field."""
    return MetadataInput() if not text.strip() else checked(MetadataInput, json_of(text, "metadata"), "metadata")


def tags_of(text: str) -> list[str]:
    """Tags from a JSON list, or separated by commas; each once. Raises InvalidInput naming the tag."""
    listed = text.lstrip().startswith("[")
    given = json_of(text, "tags") if listed else [part.strip() for part in text.split(",") if part.strip()]
    try:
        return list(dict.fromkeys(_TAGS.validate_python(given)))
    except ValidationError as error:
        raise _invalid("tags", error) from error


def address_of(url: str) -> str:
    """An address on the web. Raises InvalidInput for anything else: no path of this machine is ever read."""
    if _WEB_ADDRESS.match(url):
        return url
    raise InvalidInput(
        f"url must be an http or https address, {url[:80]!r} is not; a file of the studio's machine is never read: "
        "send the picture itself",
        field="url",
    )


def picture_in(data_url: str) -> bytes:
    """The picture in a data URL. Raises InvalidInput; a path or an address is not looked at."""
    start = _DATA_URL.match(data_url)
    if start is None:
        raise InvalidInput(
            f"image must be a file, or a data URL of a picture (data:image/png;base64,…), {data_url[:40]!r} is not",
            field="image",
        )
    try:
        return base64.b64decode(data_url[start.end() :].strip(), validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput("image must hold its picture in base64, this is not base64", field="image") from error


def checked(model: type[_Checked], given: object, field: str = "") -> _Checked:
    """`given` as `model` takes it. Raises InvalidInput naming the part, below `field`."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise _invalid(field, error) from error


def json_of(text: str | bytes, field: str) -> Any:
    """Raises InvalidInput."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{field} is not JSON: {error}", field=field) from error


def _invalid(form_field: str, error: ValidationError) -> InvalidInput:
    first: Mapping[str, Any] = error.errors()[0]
    where = [str(part) for part in first["loc"]]
    field = ".".join(filter(None, [form_field, *where]))
    return InvalidInput(sentence(field or "body", first), field=field or "body")
