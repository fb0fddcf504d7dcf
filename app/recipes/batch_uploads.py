"""Many files in one form: each goes to the disk as it comes, and none of them into memory."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from fastapi import Request
from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect

from app.errors import InvalidInput, StorageUnavailable
from app.recipes.api_forms import ended_early
from app.recipes.batch_sources import FileItem, title_of
from app.recipes.pictures import LARGEST_BYTES

MOST_FILES = 1000
LONGEST_FIELD = 100_000
MOST_FIELDS = 20
_LONGEST_HEADERS = 4000


@dataclass(frozen=True)
class UploadedItem(FileItem):
    """A file that was uploaded: on the disk under a number, told by the name that it was sent with."""

    @property
    def title(self) -> str:
        return title_of(self.name)


@dataclass
class Uploads:
    """What a form held. folder: where the files lie, to be removed by `dismiss`."""

    folder: Path
    files: list[FileItem] = field(default_factory=list)
    fields: dict[str, str] = field(default_factory=dict)

    def dismiss(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)


async def read_uploads(request: Request, *, file_field: str) -> Uploads:
    """The form's fields, and the files of `file_field`, each one byte beyond the limit at most.

    Raises InvalidInput for what is no form, or holds too many files; nothing is left then.
    """
    _, options = parse_options_header(request.headers.get("content-type", ""))
    boundary = options.get(b"boundary")
    if not boundary:
        raise InvalidInput("Content-Type must be multipart/form-data with a boundary", field="Content-Type")
    uploads = Uploads(Path(tempfile.mkdtemp(prefix="proofsheet-import-")))
    reader = _Reader(uploads, boundary, file_field)
    try:
        async for chunk in request.stream():
            if chunk:
                await run_in_threadpool(reader.write, chunk)
        await run_in_threadpool(reader.finish)
    except ClientDisconnect as error:
        uploads.dismiss()
        raise ended_early() from error
    except BaseException:
        uploads.dismiss()
        raise
    finally:
        reader.close()
    return uploads


class _Reader:
    """Takes the form apart, piece by piece."""

    def __init__(self, uploads: Uploads, boundary: bytes, file_field: str) -> None:
        self._uploads = uploads
        self._file_field = file_field
        self._header_name = self._header_value = b""
        self._headers: dict[bytes, bytes] = {}
        self._header_bytes = 0
        self._name = self._sent = ""
        self._text = b""
        self._file: BinaryIO | None = None
        self._room = 0
        self._ended = False
        callbacks: dict[str, Callable[..., None]] = {
            "on_part_begin": self._begin,
            "on_header_field": self._take_header_name,
            "on_header_value": self._take_header_value,
            "on_header_end": self._end_header,
            "on_headers_finished": self._begin_content,
            "on_part_data": self._take_content,
            "on_part_end": self._end_content,
            "on_end": self._end,
        }
        self._parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]  # a TypedDict of the same names

    def write(self, chunk: bytes) -> None:
        try:
            self._parser.write(chunk)
        except MultipartParseError as error:
            raise InvalidInput(f"body is not a form that can be read: {error}", field="body") from error
        except OSError as error:
            raise StorageUnavailable(f"the uploaded files cannot be kept: {error.strerror}") from error

    def finish(self) -> None:
        """Raises InvalidInput for a form that ends too early."""
        if not self._ended:
            raise InvalidInput("body is not a form that can be read: it ends too early", field="body")

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self) -> None:
        self._headers, self._header_bytes, self._name, self._text = {}, 0, "", b""

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
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        if b"filename" not in options:
            return
        if self._name != self._file_field:
            raise InvalidInput(f"{self._name[:40]} must be text, a file is not", field=self._name[:40])
        files = self._uploads.files
        if len(files) == MOST_FILES:
            raise InvalidInput(f"{self._name} has more than {MOST_FILES} files; send them in parts", field=self._name)
        # The name that was sent is told and no more: on the disk each file has a number.
        path = self._uploads.folder / str(len(files))
        self._sent = PurePosixPath(options[b"filename"].decode("utf-8", "replace").replace("\\", "/")).name
        files.append(UploadedItem(path, self._uploads.folder, self._sent[:300] or f"file {len(files) + 1}"))
        self._file = path.open("wb")
        self._room = LARGEST_BYTES + 1

    def _take_content(self, data: bytes, start: int, end: int) -> None:
        if self._file is not None:
            # One byte more than is taken shows that it is too large; the rest need not be kept.
            kept = data[start : min(end, start + self._room)]
            self._room -= len(kept)
            self._file.write(kept)
            return
        self._text += data[start:end]
        if len(self._text) > LONGEST_FIELD:
            raise InvalidInput(f"{self._name[:40]} is too long", field=self._name[:40])

    def _end_content(self) -> None:
        if self._file is not None:
            self.close()
            if self._room == LARGEST_BYTES + 1 and not self._sent:
                self._uploads.files.pop()  # as a browser sends what nobody filled in
            return
        fields = self._uploads.fields
        if self._name in fields or len(fields) == MOST_FIELDS:
            raise InvalidInput(f"{self._name[:40]} is given more than once, or one of too many", field=self._name[:40])
        fields[self._name] = self._text.decode("utf-8", "replace")

    def _end(self) -> None:
        self._ended = True
