"""The studio's errors: one tree, and how each is told to a caller (RFC 9457, application/problem+json).

StudioError                     500  the studio is at fault
├── NotConfigured               500  a setting is missing that this needs; the message names it
├── InvalidInput                422  a field's value cannot be accepted; `field` names it
├── NotAllowed                  403  this caller may not do that
│   └── NotAuthenticated        401  no key, or a wrong one
├── NotFound                    404  there is no such thing
│   └── NoSuchObject            404  the store holds no object under that key
├── Conflict                    409  it clashes with what is there
│   └── WrongState              409  the thing is in a state that does not permit this move
├── PreconditionFailed          412  it has been changed since the caller last saw it
├── PreconditionRequired        428  the caller must say which version it has seen
├── TooLarge                    413  more bytes or pixels than the studio takes
├── ProviderFailed              502  whoever paints for the studio has failed at all of it
└── Unavailable                 503  something that the studio needs cannot be used now
    └── StorageUnavailable      503  the store cannot be read or written
        ├── StorageRefused      503  … because it refuses the studio's keys, or a policy does
        ├── StorageMisplaced    503  … because the bucket is not there
        ├── StorageUnreachable  503  … because nothing answers, or it says that it cannot serve
        └── StorageTimeout      503  … because it takes calls and does not answer in time
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from app.sentences import sentence

log = logging.getLogger("app")

PROBLEM_TYPE = "application/problem+json"


class StudioError(Exception):
    """Something that the studio must tell its caller, in a sentence that the caller can act on.

    message: what was wrong and what would be right. field: the input at fault, in dotted form.
    """

    status = 500
    code = "studio_error"
    title = "The studio failed"
    headers: Mapping[str, str] = MappingProxyType({})

    def __init__(self, message: str, *, field: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        if code is not None:
            self.code = code


class NotConfigured(StudioError):
    code, title = "not_configured", "The studio lacks a setting"


class InvalidInput(StudioError):
    status, code, title = 422, "invalid_input", "The input cannot be accepted"


class NotAllowed(StudioError):
    status, code, title = 403, "not_allowed", "Not allowed"


class NotAuthenticated(NotAllowed):
    status, code, title = 401, "not_authenticated", "A valid API key is needed"
    headers = MappingProxyType({"WWW-Authenticate": "ApiKey"})


class NotFound(StudioError):
    status, code, title = 404, "not_found", "There is no such thing"


class NoSuchObject(NotFound):
    code = "no_such_object"


class Conflict(StudioError):
    status, code, title = 409, "conflict", "It clashes with what is there"


class WrongState(Conflict):
    code = "wrong_state"


class PreconditionFailed(StudioError):
    status, code, title = 412, "changed_meanwhile", "It has been changed meanwhile"


class PreconditionRequired(StudioError):
    status, code, title = 428, "version_needed", "The version that was seen must be named"


class TooLarge(StudioError):
    status, code, title = 413, "too_large", "Too large"


class ProviderFailed(StudioError):
    status, code, title = 502, "provider_failed", "Whoever paints has failed"


class Unavailable(StudioError):
    status, code, title = 503, "unavailable", "Not available now"


class StorageUnavailable(Unavailable):
    code = "storage_unavailable"


class StorageRefused(StorageUnavailable):
    code = "storage_refused"


class StorageMisplaced(StorageUnavailable):
    code = "storage_bucket_missing"


class StorageUnreachable(StorageUnavailable):
    code = "storage_unreachable"


class StorageTimeout(StorageUnavailable):
    code = "storage_timeout"


def problem(
    status: int, code: str, title: str, detail: str, *, field: str | None = None, **more: Any
) -> dict[str, Any]:
    """The members of a problem document. Source: RFC 9457, section 3.1; `code` and `field` are ours."""
    body: dict[str, Any] = {
        "type": f"urn:proofsheet:problem:{code}",
        "title": title,
        "status": status,
        "detail": detail,
        "code": code,
    }
    if field is not None:
        body["field"] = field
    return body | more


def problem_of(error: StudioError) -> dict[str, Any]:
    return problem(error.status, error.code, error.title, error.message, field=error.field)


def problem_of_invalid(error: RequestValidationError) -> dict[str, Any]:
    """What was wrong with a request: the first fault in full, and all of them under `errors`."""
    faults = [_fault(e) for e in error.errors()]
    first = faults[0]
    return problem(422, "invalid_input", InvalidInput.title, first["message"], field=first["field"], errors=faults)


def answer_with_problems(app: FastAPI) -> None:
    """Make every error of `app` a problem document: ours, a bad body, an unknown route, a crash."""
    app.add_exception_handler(StudioError, _studio_error)
    app.add_exception_handler(RequestValidationError, _invalid_request)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _crash)


class _Problem(JSONResponse):
    media_type = PROBLEM_TYPE

    def render(self, content: Any) -> bytes:
        # What a caller sent is told back to it, and may hold half a character, which no answer can.
        return json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def _answer(status: int, body: dict[str, Any], headers: Mapping[str, str] | None = None) -> JSONResponse:
    return _Problem(body, status, headers=dict(headers or {}))


async def _studio_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, StudioError)
    return _answer(error.status, problem_of(error), error.headers)


async def _invalid_request(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    return _answer(422, problem_of_invalid(error))


def _fault(error: Mapping[str, Any]) -> dict[str, str]:
    """One validation error as a field and a sentence: pydantic's location without 'body', 'query' and '[key]'."""
    where = [str(part) for part in error["loc"] if part != "[key]"]
    # For bad JSON the location is a position in the text, which names no field.
    field = where[0] if error["type"] == "json_invalid" else ".".join(where[1:]) or where[0]
    return {"field": field, "message": sentence(field, error)}


async def _http_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    if error.status_code == 404 and error.detail == "Not Found":
        detail = f"there is nothing at {request.url.path}; /docs lists what the studio answers"
        return _answer(404, problem(404, "no_such_address", "No such address", detail))
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        detail = f"{request.method} is not possible at {request.url.path}; possible: {allowed}"
        return _answer(405, problem(405, "method_not_allowed", "Not possible here", detail), error.headers)
    body = problem(error.status_code, "http_error", "The request failed", str(error.detail))
    return _answer(error.status_code, body, error.headers)


async def _crash(request: Request, error: Exception) -> JSONResponse:
    # The cause goes to the log, never to the caller: it may hold paths, keys or somebody's prompt.
    reference = uuid.uuid4().hex[:12]
    log.error("unexpected error %s at %s", reference, request.url.path, exc_info=error)
    detail = f"something unexpected happened; the studio's log holds the cause under {reference}"
    return _answer(500, problem(500, "unexpected", StudioError.title, detail, reference=reference))
