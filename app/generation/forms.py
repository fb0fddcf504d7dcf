"""A form read as the JSON that it stands for: texts become what their fields are, one file becomes bytes."""

from __future__ import annotations

import json
from typing import Any, get_args, get_origin

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException

from app.bodies import LARGEST_BODY_BYTES
from app.recipes.pictures import LARGEST_BYTES

FILE_FIELD = "image"
MOST_FIELDS = 100


async def fields_of(request: Request, model: type[BaseModel]) -> tuple[dict[str, Any], bytes | None]:
    """The form's fields as `model` takes them, and the file that was uploaded as `image`.

    A field that is left empty counts as not sent. What cannot be read as its field's
    type stays text, for the model to refuse. Raises RequestValidationError for what is no form, for a field
    that comes twice, and for a file where none belongs.
    """
    try:
        form = await request.form(max_files=2, max_fields=MOST_FIELDS, max_part_size=LARGEST_BODY_BYTES)
    except HTTPException as error:
        if error.status_code != 400:
            raise
        raise _fault("body", f"body is not a form that can be read: {error.detail}") from error
    try:
        return await _read(form, model)
    finally:
        await form.close()


async def _read(form: FormData, model: type[BaseModel]) -> tuple[dict[str, Any], bytes | None]:
    given: dict[str, Any] = {}
    uploaded: bytes | None = None
    for name, value in form.multi_items():
        if _is_left_empty(name, value, model):
            continue
        if name in given or (name == FILE_FIELD and uploaded is not None):
            raise _fault(name, f"{name} is given more than once")
        if isinstance(value, str):
            given[name] = _meant(name, value, model)
        elif name == FILE_FIELD:
            # One byte more than is taken shows that it is too large.
            uploaded = await value.read(LARGEST_BYTES + 1)
        else:
            raise _fault(name, f"{name} must be text, a file is not")
    return given, uploaded


def _is_left_empty(name: str, value: str | UploadFile, model: type[BaseModel]) -> bool:
    """As a browser sends what nobody filled in."""
    if isinstance(value, UploadFile):
        return not value.filename and not value.size
    return not value and name in model.model_fields


def _meant(name: str, text: str, model: type[BaseModel]) -> object:
    """The text as the JSON that its field takes; the text itself where it is none."""
    field = model.model_fields.get(name)
    kinds = {field.annotation, *get_args(field.annotation)} if field is not None else set()
    try:
        if bool in kinds:
            return {"true": True, "false": False}.get(text.strip().casefold(), text)
        if int in kinds:
            return int(text)
        if float in kinds:
            return float(text)
    except ValueError:
        return text
    return _list_of(name, text) if field is not None and get_origin(field.annotation) is list else text


def _list_of(name: str, text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _fault(name, f"{name} is not JSON: {error}") from error


def _fault(field: str, message: str) -> RequestValidationError:
    where = ("body",) if field == "body" else ("body", field)
    return RequestValidationError([{"type": "value_error", "loc": where, "msg": message, "input": None}])
