"""Bodies that are too large are refused as they come, before they are kept or parsed."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from fastapi import Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from app.errors import TooLarge

# A picture of 10 MiB as a data URL, or in a form, and all that comes with it.
LARGEST_BODY_BYTES = 15 * 1024 * 1024
LARGEST_ARCHIVE_BYTES = 4 * 1024 * 1024 * 1024


class LimitedRoute(APIRoute):
    """A route that takes bodies of at most 15 MiB, whether or not their length was announced."""

    largest_body_bytes: ClassVar[int] = LARGEST_BODY_BYTES
    way_out: ClassVar[str] = "send a smaller picture"

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()

        async def limited(request: Request) -> Response:
            announced = request.headers.get("content-length", "")
            if announced.isdecimal() and int(announced) > self.largest_body_bytes:
                raise self._too_large()
            counted = _Counted(request.receive, self.largest_body_bytes)
            try:
                return await handle(Request(request.scope, counted))
            except HTTPException as error:
                if counted.exceeded:  # FastAPI tells every failure to read a form as a bad form
                    raise self._too_large() from error
                raise

        return limited

    def _too_large(self) -> TooLarge:
        mebibytes = self.largest_body_bytes // 1024 // 1024
        return TooLarge(f"the request has more than {mebibytes} MiB; {self.way_out}")


class ArchiveRoute(LimitedRoute):
    """A route that takes bodies of at most 4 GiB, which it must not hold in memory."""

    largest_body_bytes = LARGEST_ARCHIVE_BYTES
    way_out = "send it in parts"


class _Counted:
    """A request's `receive` that ends with an error once more than `largest` bytes have come."""

    def __init__(self, receive: Receive, largest: int) -> None:
        self._receive = receive
        self._largest = largest
        self._bytes = 0

    @property
    def exceeded(self) -> bool:
        return self._bytes > self._largest

    async def __call__(self) -> Message:
        message = await self._receive()
        self._bytes += len(message.get("body", b""))
        if self.exceeded:
            raise HTTPException(TooLarge.status, "the request is too large")
        return message
