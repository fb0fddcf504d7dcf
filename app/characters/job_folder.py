"""A job's folder on this machine: which of its files count, how they are read, and how others take their places.

Nothing here follows a link: what is reached through one may lie anywhere, and is left out by its name.
"""

from __future__ import annotations

import hashlib
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.characters.job_layout import fault_of, key_of
from app.errors import InvalidInput, StorageUnavailable

PIECE_BYTES = 1024 * 1024
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_LINK = "it is a link; links are not followed"


class FolderUnavailable(StorageUnavailable):
    """503: a job's folder on this machine cannot be read or written; the store is not at fault."""

    code = "job_folder_unavailable"


@dataclass(frozen=True)
class LeftOut:
    """A file or folder that is not kept. path: below the job's folder; why: in a sentence."""

    path: str
    why: str


@dataclass(frozen=True)
class Found:
    """What a job's folder holds. paths: of its files, in order."""

    paths: list[str]
    left_out: list[LeftOut]


class JobFolder:
    """The files of one job on this machine, below `root`, which need not exist."""

    def __init__(self, job_id: str, root: Path) -> None:
        self.job_id = job_id
        self.root = root

    @property
    def exists(self) -> bool:
        return self.root.is_dir() and not self.root.is_symlink()

    def look(self) -> Found:
        """Every file that belongs to the job, and what does not, told by name."""
        found = Found([], [])
        with folder_errors(self.job_id):
            if self.root.is_symlink():
                raise InvalidInput(f"the folder of job {self.job_id!r} is a link; links are not followed")
            if self.root.exists():
                self._look_in("", found)
        return Found(sorted(found.paths), sorted(found.left_out, key=lambda one: one.path))

    def _look_in(self, folder: str, found: Found) -> None:
        with os.scandir(self.root / folder) as entries:
            for entry in entries:
                path = f"{folder}{entry.name}"
                why = self._fault(path, entry)
                if why is not None:
                    found.left_out.append(LeftOut(printable(path), why))
                elif entry.is_dir(follow_symlinks=False):
                    self._look_in(f"{path}/", found)
                else:
                    found.paths.append(path)

    def _fault(self, path: str, entry: os.DirEntry[str]) -> str | None:
        """Why one file or folder is left out; None: it is not."""
        if entry.name.startswith("."):
            return "it is hidden"
        if entry.is_symlink():
            return _LINK
        folder = entry.is_dir(follow_symlinks=False)
        if not folder and not entry.is_file(follow_symlinks=False):
            return "it is neither a file nor a folder"
        if entry.name != printable(entry.name):
            return "its name is no text"
        why = fault_of(f"{path}/any" if folder else path)
        if why is None:
            try:
                key_of(self.job_id, path)
            except InvalidInput as error:
                why = error.message
        return why

    @contextmanager
    def open(self, path: str) -> Iterator[BinaryIO]:
        """One file's bytes. Raises FileNotFoundError, and OSError where a link has taken a part of the path."""
        *folders, name = path.split("/")
        opened = os.open(self.root, _READ | os.O_DIRECTORY)
        try:
            for folder in folders:
                inner = os.open(folder, _READ | os.O_DIRECTORY, dir_fd=opened)
                os.close(opened)
                opened = inner
            # Without waiting: whoever puts a pipe in the file's place must not keep us.
            descriptor = os.open(name, _READ | os.O_NONBLOCK, dir_fd=opened)
        finally:
            os.close(opened)
        with os.fdopen(descriptor, "rb") as stream:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise OSError(f"{printable(path)} is no file")
            yield stream

    def sum_of(self, path: str) -> tuple[int, str] | None:
        """The size in bytes and the SHA-256 of one file; None when there is none, or a link instead."""
        try:
            with self.open(path) as stream:
                return sum_of(stream)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError:
            if self._is_regular(path):
                raise
            return None

    def _is_regular(self, path: str) -> bool:
        place = self.root
        for part in path.split("/"):
            place /= part
            if place.is_symlink():
                return False
        return place.is_file()

    def write(self, path: str, data: bytes) -> None:
        """Put `data` there, whole or not at all; a file that is there is replaced."""
        with folder_errors(self.job_id):
            self.root.mkdir(parents=True, exist_ok=True)
            place = self.place_for(path)
            descriptor, temporary = tempfile.mkstemp(prefix=".", suffix=".part", dir=place.parent)
            try:
                with os.fdopen(descriptor, "wb") as stream:
                    stream.write(data)
                    stream.flush()
                    os.fsync(descriptor)
                Path(temporary).replace(place)
            except BaseException:
                Path(temporary).unlink(missing_ok=True)
                raise

    def place_for(self, path: str) -> Path:
        """Where a file belongs, its folders made; raises InvalidInput when one of them is a link."""
        place = self.root
        *folders, name = path.split("/")
        for folder in folders:
            place /= folder
            if place.is_symlink():
                raise InvalidInput(f"{printable(str(place.relative_to(self.root)))} of job {self.job_id!r}: {_LINK}")
            place.mkdir(exist_ok=True)
        return place / name


def sum_of(stream: BinaryIO) -> tuple[int, str]:
    """The size in bytes and the SHA-256 of what is left of a stream."""
    total, sha = 0, hashlib.sha256()
    while piece := stream.read(PIECE_BYTES):
        total += len(piece)
        sha.update(piece)
    return total, sha.hexdigest()


def printable(path: str) -> str:
    """The path as text that any answer can hold: what is no text, or would not show, is written as an escape."""
    text = path.encode("utf-8", "backslashreplace").decode()
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


@contextmanager
def folder_errors(job_id: str) -> Iterator[None]:
    """Trouble with this machine's disk as FolderUnavailable, its cause kept."""
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        raise FolderUnavailable(f"the folder of job {job_id!r} on this machine cannot be used: {why}") from error
