"""A stored picture over HTTP: whole, in part, or not again (RFC 9110, sections 13 and 14)."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import MappingProxyType
from typing import BinaryIO

from fastapi import Request, Response

from app.characters.tables import CharacterReference
from app.conditional import already_held, picture_headers, quoted
from app.errors import StudioError

# Eighteen digits are more than any file has bytes.
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)


class RangeNotSatisfiable(StudioError):
    """416: no byte of the picture lies in the range that was asked for."""

    status, code, title = 416, "range_not_satisfiable", "There is nothing in that range"

    def __init__(self, size_bytes: int) -> None:
        super().__init__(f"the range begins behind the picture's {size_bytes:,} bytes", field="Range")
        self.headers = MappingProxyType({"Content-Range": f"bytes */{size_bytes}"})


def serve(request: Request, record: CharacterReference, open_: Callable[[], BinaryIO]) -> Response:
    """The answer to GET or HEAD of one picture. open_: its bytes, asked for only when they are sent.

    One range is answered with 206; several, or one that makes no sense, with the whole picture.
    """
    etag = quoted(record.sha256)
    headers = {"Accept-Ranges": "bytes", **picture_headers(etag)}
    if already_held(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    part = _part(request, etag, record.size_bytes) if request.method == "GET" else None
    first, last = part or (0, record.size_bytes - 1)
    if part is not None:
        headers["Content-Range"] = f"bytes {first}-{last}/{record.size_bytes}"
    headers["Content-Length"] = str(last - first + 1)
    with open_() as stream:  # for HEAD too: what is promised must be there
        stream.seek(first)
        data = b"" if request.method == "HEAD" else stream.read(last - first + 1)
    return Response(data, 200 if part is None else 206, headers=headers, media_type=record.content_type)


def _part(request: Request, etag: str, size_bytes: int) -> tuple[int, int] | None:
    """First and last byte of the one range asked for; None: the whole. Raises RangeNotSatisfiable."""
    asked = _RANGE.fullmatch(request.headers.get("range", "").replace(" ", ""))
    if asked is None or request.headers.get("if-range", etag) != etag:
        return None
    first, last = asked[1], asked[2]
    if not first and not last:
        return None
    if not first:
        start, end = max(size_bytes - int(last), 0), size_bytes - 1
    else:
        start, end = int(first), min(int(last or size_bytes), size_bytes - 1)
        if last and int(last) < start:
            return None
    if start >= size_bytes:
        raise RangeNotSatisfiable(size_bytes)
    return start, end
