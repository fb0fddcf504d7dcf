"""A stored picture over HTTP: whole, in part, or not again (RFC 9110, sections 13 and 14)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from app.characters.faults import RangeNotSatisfiable
from app.characters.tables import CharacterReference
from app.conditional import already_held, picture_headers, quoted
from app.errors import StorageUnavailable

# Eighteen digits are more than any file has bytes.
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_PIECE_BYTES = 256 * 1024


def serve(request: Request, record: CharacterReference, open_: Callable[[], BinaryIO]) -> Response:
    """The answer to GET or HEAD of one picture. open_: its bytes, seekable, asked for only when they are sent.

    One range is answered with 206; several, or one that makes no sense, with the whole picture. Raises
    RangeNotSatisfiable, what open_ raises, and StorageUnavailable when the picture breaks off at once.
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
    status = 200 if part is None else 206
    stream = open_()  # for HEAD too: what is promised must be there
    try:
        if request.method == "HEAD":
            stream.close()
            return Response(b"", status, headers=headers, media_type=record.content_type)
        stream.seek(first)
        # Before anything is answered: a bucket that fails now can still be told.
        begin = stream.read(min(_PIECE_BYTES, last - first + 1))
        if not begin:
            raise StorageUnavailable(f"the object {record.key!r} is shorter than it was")
    except BaseException:
        stream.close()
        raise
    left = last - first + 1 - len(begin)
    if left == 0:
        stream.close()
        return Response(begin, status, headers=headers, media_type=record.content_type)
    pieces = _pieces(stream, begin, left)
    return _Streamed(stream, pieces, status_code=status, headers=headers, media_type=record.content_type)


class _Streamed(StreamingResponse):
    """The picture piece by piece; its stream is closed also when the caller hangs up."""

    def __init__(self, stream: BinaryIO, pieces: Iterator[bytes], **answered: Any) -> None:
        super().__init__(pieces, **answered)
        self._stream = stream

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._stream.close()


def _pieces(stream: BinaryIO, begin: bytes, left: int) -> Iterator[bytes]:
    yield begin
    while left:
        piece = stream.read(min(_PIECE_BYTES, left))
        if not piece:
            return  # the server sees that less came than was announced, and breaks the connection off
        left -= len(piece)
        yield piece


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
