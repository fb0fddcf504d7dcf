"""The published form of this noun's errors: `{"detail": {"error", "message", "details"}}`.

They stand beside the members of a problem document, whose `detail` is elsewhere a sentence.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from app.bodies import LimitedRoute
from app.errors import PROBLEM_TYPE, InvalidInput, NotFound, StudioError, problem_of, problem_of_invalid


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
                return _answer(_name(error), problem_of(error), error.headers)

        return told


def _name(error: StudioError) -> str:
    if isinstance(error, InvalidInput):
        return "ValidationError"
    return "NotFound" if isinstance(error, NotFound) else type(error).__name__


def _answer(name: str, body: dict[str, Any], headers: Any) -> JSONResponse:
    details = {member: body[member] for member in ("field", "errors") if member in body}
    body["detail"] = {"error": name, "message": body["detail"], "details": details}
    return JSONResponse(body, body["status"], headers=dict(headers), media_type=PROBLEM_TYPE)
