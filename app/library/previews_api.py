"""Previews over HTTP: whole or a part, not again what is held already (RFC 9110, sections 13 and 14)."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from email.utils import formatdate
from typing import Annotated, Any, BinaryIO

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from app.conditional import already_held, quoted
from app.errors import PROBLEM_TYPE, TooLarge, problem
from app.library.api import ModelView, view_of
from app.library.changes_api import CHANGES, ChangesOf
from app.library.preview_store import Shown
from app.library.previews import LARGEST_FILM_BYTES
from app.model_files import ModelKind

router = APIRouter(prefix="/api/lm/{kind:model_kind}", tags=["library"])

BLOCK_BYTES = 256 * 1024
IN_MEMORY_BYTES = 1024 * 1024

_PART = re.compile(r"bytes=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", re.IGNORECASE)
_ANSWERS: dict[int | str, dict[str, Any]] = {
    206: {"description": "the part that was asked for"},
    304: {"description": "it is held already"},
    403: {"description": "it is mature, and hidden in safe mode", "content": {PROBLEM_TYPE: {}}},
    404: {"description": "there is no such model, or it has no preview", "content": {PROBLEM_TYPE: {}}},
    416: {"description": "the part lies past its end", "content": {PROBLEM_TYPE: {}}},
}
Given = Annotated[str | None, Header()]


@router.get("/{model_id}/preview", response_class=Response, responses=_ANSWERS)
@router.head("/{model_id}/preview", response_class=Response, responses=_ANSWERS)
def show(
    kind: ModelKind,
    model_id: str,
    request: Request,
    changes: ChangesOf,
    *,
    if_none_match: Given = None,
    range_: Annotated[str | None, Header(alias="range")] = None,
    if_range: Given = None,
) -> Response:
    """A model's preview, byte for byte as it lies on the disk; one range of it where one is asked for."""
    shown = changes.previews.open(kind, model_id)
    try:
        answer = _answer(shown, request.method, if_none_match, range_, if_range)
    except BaseException:
        shown.file.close()
        raise
    if not isinstance(answer, _Streamed):
        shown.file.close()
    return answer


@router.put("/{model_id}/preview", responses=CHANGES)
async def put(kind: ModelKind, model_id: str, request: Request, changes: ChangesOf) -> ModelView:
    """Have the body, a picture or a film, be the model's only preview."""
    # In memory while it is small, then without a name on the disk: a studio that is killed leaves nothing of it.
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY_BYTES) as file:
        size = 0
        async for block in request.stream():
            size += len(block)
            if size > LARGEST_FILM_BYTES:
                raise TooLarge(f"the preview has more than {LARGEST_FILM_BYTES // 2**20} MiB", field="preview")
            await run_in_threadpool(file.write, block)
        model = await run_in_threadpool(changes.previews.put, kind, model_id, file)  # type: ignore[arg-type]
    return view_of(changes.library, model)


@router.delete("/{model_id}/preview", responses=CHANGES)
def remove(kind: ModelKind, model_id: str, changes: ChangesOf) -> ModelView:
    """Take a model's preview away."""
    return view_of(changes.library, changes.previews.remove(kind, model_id))


class _Streamed(StreamingResponse):
    """A part of an open file, which is closed however the answer ends; never more than a block of it in memory."""

    def __init__(self, file: BinaryIO, begin: int, length: int, **more: Any) -> None:
        self._file = file
        super().__init__(_blocks(file, begin, length), **more)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


def part_of(header: str | None, size: int) -> tuple[int, int] | None:
    """The bytes that a Range names, as (first, one past the last); None for all of them.

    What is no range, and several at once, are answered whole, as RFC 9110, 14.2 permits. Raises IndexError for one
    that begins past the end.
    """
    found = _PART.fullmatch(header or "")
    if found is None or not any(found.groups()):
        return None
    first, last = found.groups()
    if not first:
        begin, end = max(size - int(last), 0), size
    else:
        begin, end = int(first), min(int(last) + 1, size) if last else size
        if last and int(last) < begin:
            return None
    if begin >= size:
        raise IndexError(f"the preview ends after {size} bytes")
    return begin, end


def _answer(shown: Shown, method: str, if_none_match: str | None, range_: str | None, if_range: str | None) -> Response:
    etag, changed_at = quoted(shown.tag), formatdate(shown.changed_at, usegmt=True)
    headers = {
        "ETag": etag,
        "Last-Modified": changed_at,
        "Accept-Ranges": "bytes",
        # Another file may have its name at any time.
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    if already_held(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    # What somebody holds the beginning of has become another file: all of it then.
    is_same = if_range is None or if_range.strip() in (etag, changed_at)
    try:
        part = part_of(range_ if method == "GET" and is_same else None, shown.size_bytes)
    except IndexError as error:
        body = problem(416, "range_past_the_end", "The range cannot be answered", str(error), field="range")
        past = {"Content-Range": f"bytes */{shown.size_bytes}", "Accept-Ranges": "bytes"}
        return JSONResponse(body, 416, media_type=PROBLEM_TYPE, headers=past)
    begin, end = part or (0, shown.size_bytes)
    headers["Content-Length"] = str(end - begin)
    if part is not None:
        headers["Content-Range"] = f"bytes {begin}-{end - 1}/{shown.size_bytes}"
    told: dict[str, Any] = {"headers": headers, "media_type": shown.format.content_type}
    if method == "HEAD":
        return Response(**told)
    return _Streamed(shown.file, begin, end - begin, status_code=200 if part is None else 206, **told)


def _blocks(file: BinaryIO, begin: int, length: int) -> Iterator[bytes]:
    file.seek(begin)
    while length and (block := file.read(min(length, BLOCK_BYTES))):
        length -= len(block)
        yield block
