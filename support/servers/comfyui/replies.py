"""Replies of the queue's routes, in the form that aiohttp, which serves the real ComfyUI, gives them."""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from starlette.requests import Request
from starlette.responses import Response


def told(data: Any, status: int = 200) -> Response:
    """JSON, with a space after commas and colons, ASCII alone."""
    return Response(json.dumps(data), status, headers={"Content-Type": "application/json; charset=utf-8"})


def empty(status: int = 200) -> Response:
    return Response(status_code=status)


def text(content: str, status: int) -> Response:
    return Response(content, status, media_type="text/plain")


def refused(status: int, headers: Mapping[str, str] | None = None) -> Response:
    """No such address, or not by this method."""
    return Response(f"{status}: {HTTPStatus(status).phrase}", status, headers, "text/plain")


def crashed() -> Response:
    """What any exception of a handler becomes, those over bad input among them: there is no 422."""
    told_to_client = "500 Internal Server Error\n\nServer got itself in trouble"
    return Response(told_to_client, 500, {"Connection": "close"}, "text/plain")


async def said(request: Request) -> Any:
    """The body as JSON, whatever its content type is. Raises ValueError."""
    return json.loads((await request.body()).decode())
