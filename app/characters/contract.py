"""The published form of this noun's errors: `{"detail": {"error", "message", "details"}}`.

They stand beside the members of a problem document, whose `detail` is elsewhere a sentence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Mapping
from types import MappingProxyType
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from app.bodies import LimitedRoute
from app.characters.faults import CannotPaintNow
from app.errors import (
    PROBLEM_TYPE,
    Conflict,
    InvalidInput,
    NotAllowed,
    NotConfigured,
    NotFound,
    ProviderFailed,
    StudioError,
    TooLarge,
    Unavailable,
    problem,
    problem_of,
    problem_of_invalid,
)

PREFIX = "/api/mv"

# The first that fits; what fits none is told by its own class.
_NAMES: tuple[tuple[type[StudioError], str], ...] = (
    (InvalidInput, "ValidationError"),
    (TooLarge, "ValidationError"),
    (NotAllowed, "AuthenticationError"),
    (NotFound, "NotFound"),
    (Conflict, "Conflict"),
    (NotConfigured, "ConfigurationError"),
    (ProviderFailed, "ProviderError"),
    (CannotPaintNow, "ProviderError"),
    (Unavailable, "StorageError"),
)
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_NAMES_BY_STATUS = {416: "ValidationError", 429: "ProviderError"}


class Detail(BaseModel):
    """What went wrong. error: its kind; details: the field at fault and whatever else a caller can act on."""

    error: str
    message: str
    details: dict[str, Any]


class PublishedError(BaseModel):
    """A problem document (RFC 9457) whose `detail` is this contract's."""

    type: str
    title: str
    status: int
    detail: Detail
    code: str
    # "field" is left out where no input is at fault.
    field: str = Field(default="")


def answers(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """A route's `responses`: those errors, in the published form; and those that any call can meet."""
    told = {
        400: "It could never mean anything, whatever is stored",
        401: "A valid API key is needed",
        403: "This caller may not do that",
        404: "There is no such thing",
        409: "It clashes with what is there",
        413: "Too large",
        416: "There is nothing in that range",
        422: "The input cannot be accepted",
        429: "Too much is waiting",
        500: "The studio lacks a setting, or failed",
        502: "Nothing came of what was asked of the provider",
        503: "Something that the studio needs cannot be used now",
    }
    schema = PublishedError.model_json_schema()
    # OpenAPI reads a reference from the document's root, which is not here.
    schema["properties"]["detail"] = schema.pop("$defs")["Detail"]
    content = {PROBLEM_TYPE: {"schema": schema}}
    return {status: {"description": told[status], "content": content} for status in (*statuses, 401, 403, 503)}


class ContractRoute(LimitedRoute):
    """A route whose errors have the published form."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def told(request: Request) -> Response:
            try:
                return await handle(request)
            except RequestValidationError as error:
                return _answer("ValidationError", problem_of_invalid(error), {})
            except StudioError as error:
                return refusal(error)
            except HTTPException as error:
                body = problem(error.status_code, "http_error", "The request failed", str(error.detail))
                return _answer("ValidationError", body, error.headers or {})

        return told


def refusal(error: StudioError) -> Response:
    """The error as this noun's callers are told it."""
    return _answer(_name(error), problem_of(error), error.headers, getattr(error, "details", {}))


def _name(error: StudioError) -> str:
    for kind, name in _NAMES:
        if isinstance(error, kind):
            return name
    return _NAMES_BY_STATUS.get(error.status, type(error).__name__)


def _answer(
    name: str, body: dict[str, Any], headers: Mapping[str, str], more: Mapping[str, Any] = _NOTHING
) -> JSONResponse:
    details = {member: body[member] for member in ("field", "errors") if member in body} | dict(more)
    body["detail"] = {"error": name, "message": body["detail"], "details": details}
    return _Published(body, body["status"], headers=dict(headers))


class _Published(JSONResponse):
    media_type = PROBLEM_TYPE

    def render(self, content: Any) -> bytes:
        # What a caller sent is told back to it, and may hold half a character, which no answer can.
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
