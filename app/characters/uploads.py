"""One file in a form, taken as it comes; what is too much of it is not kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect

from app.characters.port import LARGEST_BYTES
from app.errors import InvalidInput, TooLarge

FILE_FIELD = "file"
_LONGEST_HEADERS = 16_000


@dataclass(frozen=True)
class Upload:
    """What was sent: the file's bytes, and the name that the caller has for it."""

    data: bytes = field(repr=False)
    filename: str


async def read_upload(request: Request) -> Upload:
    """The one file of the form. Raises InvalidInput, and TooLarge for more than 10 MiB."""
    kind, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise InvalidInput("Content-Type must be multipart/form-data with a boundary", field="Content-Type")
    form = _Form(boundary)
    try:
        async for chunk in request.stream():
            form.write(chunk)
    except ClientDisconnect as error:
        raise InvalidInput("the request ended before it was complete", field="body") from error
    return form.upload()


class _Form:
    """Takes the form apart, piece by piece."""

    def __init__(self, boundary: bytes) -> None:
        self._data = bytearray()
        self._size_bytes = 0
        self._filename: str | None = None
        self._header_name = self._header_value = b""
        self._headers: dict[bytes, bytes] = {}
        self._header_bytes = 0
        self._ended = False
        callbacks: dict[str, Callable[..., None]] = {
            "on_part_begin": self._begin,
            "on_header_field": self._take_header_name,
            "on_header_value": self._take_header_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._begin_content,
            "on_part_data": self._take_content,
            "on_end": self._end,
        }
        try:
            self._parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]  # a TypedDict of the same names
        except MultipartParseError as error:
            raise InvalidInput(f"Content-Type has a boundary that cannot be: {error}", field="Content-Type") from error

    def write(self, chunk: bytes) -> None:
        if not chunk:
            return
        try:
            self._parser.write(chunk)
        except MultipartParseError as error:
            raise InvalidInput(f"body is not a form that can be read: {error}", field="body") from error

    def upload(self) -> Upload:
        if not self._ended:
            raise InvalidInput("body is not a form that can be read: it ends too early", field="body")
        if self._filename is None:
            raise InvalidInput(f"{FILE_FIELD} is missing; send the picture as a file of that name", field=FILE_FIELD)
        if self._size_bytes > LARGEST_BYTES:
            raise TooLarge(f"{FILE_FIELD} has more than 10 MiB; send a smaller picture", field=FILE_FIELD)
        return Upload(bytes(self._data), self._filename)

    def _begin(self) -> None:
        self._headers, self._header_bytes = {}, 0

    def _take_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]
        self._check_headers(end - start)

    def _take_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]
        self._check_headers(end - start)

    def _check_headers(self, more: int) -> None:
        self._header_bytes += more
        if self._header_bytes > _LONGEST_HEADERS:
            raise InvalidInput("body is not a form that can be read: a part has too long a header", field="body")

    def _end_header(self) -> None:
        self._headers[self._header_name.lower()] = self._header_value
        self._header_name = self._header_value = b""

    def _begin_content(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = options.get(b"name", b"").decode("utf-8", "replace")
        if name != FILE_FIELD:
            raise InvalidInput(f"{name[:40]!r} is not a known field; send the picture as {FILE_FIELD}", field=name[:40])
        if b"filename" not in options:
            raise InvalidInput(f"{FILE_FIELD} must be a file, text is not", field=FILE_FIELD)
        if self._filename is not None:
            raise InvalidInput(f"{FILE_FIELD} is given more than once; send one picture at a time", field=FILE_FIELD)
        self._filename = options[b"filename"].decode("utf-8", "replace")

    def _take_content(self, data: bytes, start: int, end: int) -> None:
        # The rest of what is a little too large is read: a caller that still sends would not hear the answer. The
        # route itself ends what is much too large.
        self._size_bytes += end - start
        if self._size_bytes <= LARGEST_BYTES:
            self._data += data[start:end]
        else:
            self._data.clear()

    def _end(self) -> None:
        self._ended = True


UPLOAD_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": [FILE_FIELD],
                    "additionalProperties": False,
                    "properties": {
                        FILE_FIELD: {
                            "type": "string",
                            "format": "binary",
                            "description": "a PNG, JPEG or WebP picture of at most 10 MiB",
                        }
                    },
                }
            }
        },
    }
}
