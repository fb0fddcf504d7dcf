"""One attempt: bytes from a source into a partial file, hashed on the way, and kept only when right."""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import httpx

from app.downloads.faults import PassingFault, TransferFailed
from app.downloads.names import name_in_disposition, name_in_url
from app.downloads.sources import Source
from app.downloads.stop import Stop
from app.downloads.web import Web
from app.model_files import SAFETENSORS, SUFFIXES, BrokenHeader, ModelKind, is_model_file, read_header

SNIFFED_BYTES = 512
PAGES = frozenset({"text/html", "application/xhtml+xml", "application/json", "application/problem+json"})


@dataclass(frozen=True)
class Part:
    """A whole body on disk that has no final name yet."""

    path: Path
    name: str
    size_bytes: int
    sha256: str


class Watcher(Protocol):
    """Who wants to know how an attempt goes."""

    def answered(self, name: str, bytes_total: int | None) -> None:
        """The hub has answered; the length is None when it does not say."""

    def arrived(self, bytes_done: int) -> None:
        """So many bytes of this attempt are on disk."""


class Transfer:
    """Fetches and keeps files. folder_of: where each kind of model lives."""

    def __init__(self, *, web: Web, folder_of: Callable[[ModelKind], Path]) -> None:
        self._web = web
        self._folder_of = folder_of
        self._naming = threading.Lock()

    def fetch(self, source: Source, download_id: str, stop: Stop, watcher: Watcher) -> Part:
        """The source's whole body as a partial file beside its target; nothing is left after any exception.

        Starts from the first byte each time; going on from a partial file is not part of this yet.
        Raises TransferFailed, PassingFault, Stopped.
        """
        with self._web.get(source.url, stop) as response:
            _refuse_page(response)
            name = _name_of(response, source)
            bytes_total = _length_of(response)
            watcher.answered(name, bytes_total)
            with _disk():
                folder = self._folder_of(source.kind)
                folder.mkdir(parents=True, exist_ok=True)
            path = folder / f"{name}.{download_id}.part"
            try:
                with _disk():
                    size_bytes, sha256 = _write(response, path, stop, watcher)
                _refuse_incomplete(response, size_bytes, bytes_total)
            except BaseException:
                path.unlink(missing_ok=True)
                raise
        return Part(path, name, size_bytes, sha256)

    def keep(self, part: Part, source: Source) -> Path:
        """Give a partial file its final name, once it is proven to be what was promised.

        A taken name with other content is left alone: this one becomes `name-<4 of sha256>.ext`, then
        `…-1`. Raises TransferFailed and removes the partial file when it is not what was promised.
        """
        try:
            _refuse_wrong(part, source)
            with _disk(), self._naming:
                target = _free_name(part)
                part.path.replace(target)
                _sync_folder(target.parent)
            return target
        finally:
            part.path.unlink(missing_ok=True)

    def forget(self, download_id: str) -> None:
        """Remove the partial files of a download that the last run left in the middle."""
        for kind in ModelKind:
            for path in self._folder_of(kind).glob(f"*.{download_id}.part"):
                path.unlink(missing_ok=True)


def _write(response: httpx.Response, path: Path, stop: Stop, watcher: Watcher) -> tuple[int, str]:
    digest = hashlib.sha256()
    head = bytearray()
    size_bytes = 0
    with path.open("wb") as file:
        for chunk in response.iter_bytes():
            stop.check()
            if len(head) < SNIFFED_BYTES:
                head += chunk[:SNIFFED_BYTES]  # the first chunk may be a single byte
                if head.lstrip(b"\xef\xbb\xbf \t\r\n").lower().startswith((b"<!doctype html", b"<html")):
                    raise _page(response)
            digest.update(chunk)
            file.write(chunk)
            size_bytes += len(chunk)
            watcher.arrived(size_bytes)
        # A connection that we shut down ourselves may look like the end of a body of unknown length.
        stop.check()
        file.flush()
        os.fsync(file.fileno())
    return size_bytes, digest.hexdigest()


def _refuse_page(response: httpx.Response) -> None:
    media_type = response.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type in PAGES:
        raise _page(response)


def _page(response: httpx.Response) -> TransferFailed:
    return TransferFailed(
        "not_a_model", f"{response.url.host} sent a web page instead of the file, most likely its sign-in page"
    )


def _name_of(response: httpx.Response, source: Source) -> str:
    told = name_in_disposition(response.headers.get("Content-Disposition"))
    candidates = [source.name, told, name_in_url(source.url), name_in_url(str(response.url))]
    names = [name for name in candidates if name]
    found = next((name for name in names if is_model_file(name)), None)
    if found is None:
        raise TransferFailed(
            "not_a_model", f"{names[0]!r} is not the name of a model file; those end in {', '.join(sorted(SUFFIXES))}"
        )
    return found


def _length_of(response: httpx.Response) -> int | None:
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        return None
    length = response.headers.get("Content-Length", "")
    return int(length) if length.isascii() and length.isdigit() else None


def _refuse_incomplete(response: httpx.Response, size_bytes: int, bytes_total: int | None) -> None:
    host = response.url.host
    if bytes_total is not None and size_bytes != bytes_total:
        raise PassingFault("cut_short", f"{host} sent {size_bytes} of {bytes_total} bytes")
    if size_bytes == 0:
        raise TransferFailed("empty_file", f"{host} sent an empty file")


def _refuse_wrong(part: Part, source: Source) -> None:
    if source.sha256 is not None and part.sha256 != source.sha256:
        raise TransferFailed(
            "checksum_mismatch",
            f"{part.name} was not kept, its checksum is wrong: SHA-256 {source.sha256} was promised, "
            f"{part.sha256} arrived",
        )
    if part.name.lower().endswith(SAFETENSORS):
        try:
            read_header(part.path)
        except BrokenHeader as error:
            raise TransferFailed("broken_file", f"{part.name} is no safetensors file: {error}") from error


def _free_name(part: Part) -> Path:
    """The first name that is free, or taken by the very same content."""
    folder, stem, suffix = part.path.parent, Path(part.name).stem, Path(part.name).suffix
    target = folder / part.name
    count = 0
    while target.exists() and not _holds(target, part):
        mark = part.sha256[:4] + (f"-{count}" if count else "")
        target = folder / f"{stem}-{mark}{suffix}"
        count += 1
    return target


def _holds(path: Path, part: Part) -> bool:
    if not path.is_file() or path.stat().st_size != part.size_bytes:
        return False
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest() == part.sha256


def _sync_folder(folder: Path) -> None:
    """Make the new name last through a power cut; folders cannot be opened on Windows, which needs no such call."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _disk() -> Iterator[None]:
    """Tell the disk's faults apart: full, not permitted, anything else."""
    try:
        yield
    except OSError as error:
        where = Path(error.filename).name if error.filename else "the models folder"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise TransferFailed("no_space", "the disk is full; free some space and retry") from error
        if isinstance(error, PermissionError) or error.errno == errno.EROFS:
            raise TransferFailed("no_permission", f"the studio may not write {where}; permit it and retry") from error
        raise TransferFailed("disk_failed", f"{where} cannot be written: {error.strerror}") from error
