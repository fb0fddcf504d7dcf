"""Bodies that are too large are refused as they come, before they are kept or parsed."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from app.errors import TooLarge

# A picture of 10 MiB as a data URL, or in a form, and all that comes with it.
LARGEST_BODY_BYTES = 15 * 1024 * 1024


class LimitedRoute(APIRoute):
    """A route that takes bodies of at most 15 MiB, whether or not their length was announced."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def limited(request: Request) -> Response:
            announced = request.headers.get("content-length", "")
            if announced.isdecimal() and int(announced) > LARGEST_BODY_BYTES:
                raise _too_large()
            counted = _Counted(request.receive)
            try:
                return await handle(Request(request.scope, counted))
            except HTTPException as error:
                if counted.exceeded:  # FastAPI tells every failure to read a form as a bad form
                    raise _too_large() from error
                raise

        return limited


class _Counted:
    """A request's `receive` that ends with an error once too many bytes have come."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._bytes = 0

    @property
    def exceeded(self) -> bool:
        return self._bytes > LARGEST_BODY_BYTES

    async def __call__(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if self.exceeded:
            raise HTTPException(TooLarge.status, str(_too_large()))
        return message


def _too_large() -> TooLarge:
    return TooLarge(f"the request has more than {LARGEST_BODY_BYTES // 1024 // 1024} MiB; send a smaller picture")
