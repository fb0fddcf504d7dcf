"""Pictures as callers send them: a file in a form, a data URL in its place, or an address in JSON."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.bodies import LARGEST_BODY_BYTES
from app.errors import InvalidInput
from app.recipes.inputs import Source, Title, json_of, picture_in
from app.recipes.pictures import LARGEST_BYTES

JSON = "application/json"
FORM = "multipart/form-data"

_Fields = TypeVar("_Fields", bound=BaseModel)


class SaveForm(BaseModel):
    """The fields of a recipe that is saved, beside its picture."""

    model_config = ConfigDict(extra="forbid")

    name: Title
    tags: str = ""
    metadata: str = ""


class _AnalysisForm(BaseModel):
    model_config = ConfigDict(extra="forbid")


class AddressInput(BaseModel):
    """A picture by its address."""

    model_config = ConfigDict(extra="forbid", strict=True)

    url: Source


def kind_of(request: Request) -> str:
    """The body's content type alone, in small letters."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def read_save(request: Request) -> tuple[SaveForm, bytes]:
    """The fields and the picture. Raises RequestValidationError, InvalidInput."""
    return await _read_form(request, SaveForm)


async def read_analysis(request: Request) -> str | bytes:
    """The picture, or the address where it is. Raises RequestValidationError, InvalidInput."""
    if kind_of(request) == JSON:
        given = json_of(await whole_body(request), "body")
        return as_body(AddressInput, given).url
    _, picture = await _read_form(request, _AnalysisForm)
    return picture


async def whole_body(request: Request) -> bytes:
    try:
        return await request.body()
    except ClientDisconnect as error:
        raise ended_early() from error


def ended_early() -> HTTPException:
    # Told as a bad request, not as a fault of ours; nobody hears it.
    return HTTPException(400, "the request ended before it was complete")


def as_body(model: type[_Fields], given: object) -> _Fields:
    """`given` as `model` takes it. Raises RequestValidationError as FastAPI does for a body."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        faults = error.errors(include_url=False)
        raise RequestValidationError([fault | {"loc": ("body", *fault["loc"])} for fault in faults]) from error


@asynccontextmanager
async def form_of(request: Request, *, most_files: int) -> AsyncIterator[FormData]:
    """The request's form; its files are gone afterwards. Raises InvalidInput for what is no form."""
    if kind_of(request) != FORM:
        sent = request.headers.get("content-type", "")
        raise InvalidInput(f"Content-Type must be {FORM}, {sent[:40]!r} is not", field="Content-Type")
    try:
        # A data URL is one part of text, and as large as a picture.
        form = await request.form(max_files=most_files, max_fields=20, max_part_size=LARGEST_BODY_BYTES)
    except ClientDisconnect as error:
        raise ended_early() from error
    except HTTPException as error:
        if error.status_code != 400:
            raise
        raise InvalidInput(f"body is not a form that can be read: {error.detail}", field="body") from error
    try:
        yield form
    finally:
        await form.close()


async def _read_form(request: Request, model: type[_Fields]) -> tuple[_Fields, bytes]:
    async with form_of(request, most_files=2) as form:
        given: dict[str, Any] = {}
        for name, value in form.multi_items():
            if name in given:
                raise InvalidInput(f"{name} is given more than once", field=name)
            given[name] = value
        image = given.pop("image", None)
        files = [name for name, value in given.items() if isinstance(value, UploadFile)]
        if files:
            raise InvalidInput(f"{files[0]} must be text, a file is not", field=files[0])
        fields = as_body(model, given)
        if image is None:
            raise InvalidInput("image is missing", field="image")
        if isinstance(image, str):
            return fields, picture_in(image)
        # One byte more than is taken shows that it is too large.
        return fields, await image.read(LARGEST_BYTES + 1)


def body_of_form(required: list[str], **fields: dict[str, Any]) -> dict[str, Any]:
    """What OpenAPI says of a form."""
    schema = {"type": "object", "properties": fields, "required": required}
    return {"requestBody": {"required": True, "content": {FORM: {"schema": schema}}}}


IMAGE: dict[str, Any] = {
    "type": "string",
    "format": "binary",
    "description": "PNG, JPEG, WebP or AVIF, at most 10 MiB and 36 megapixels: a file, or a data URL as text",
}
TEXT: dict[str, Any] = {"type": "string"}
SAVE_BODY = body_of_form(
    ["image", "name"],
    image=IMAGE,
    name=TEXT,
    tags=TEXT | {"description": "a JSON list, or separated by commas"},
    metadata=TEXT
    | {
        "description": "JSON: settings, loras, base_model, source, favorite, rating, mature, folder; "
        "what is left out is read from the picture"
    },
)
ANALYSIS_BODY = body_of_form(["image"], image=IMAGE)
ANALYSIS_BODY["requestBody"]["content"][JSON] = {"schema": AddressInput.model_json_schema()}
