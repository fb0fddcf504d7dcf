"""Every change of the library's files, one call one change, each on the disk when the call returns."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.errors import StorageUnavailable, StudioError

BLOCK_BYTES = 4 * 1024 * 1024
_FULL = (errno.ENOSPC, errno.EDQUOT)
_NO_HARD_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES)


class Disk:
    """What the library does to files. Every call raises OSError; none writes over a file unless it says so."""

    def make_folder(self, folder: Path) -> None:
        """Make one folder, whose parent is there. Raises FileExistsError."""
        folder.mkdir()

    def write(self, path: Path, content: bytes | BinaryIO) -> None:
        """Write a file of that content, in place of whatever lies there."""
        with path.open("wb") as file:
            if isinstance(content, bytes):
                file.write(content)
            else:
                shutil.copyfileobj(content, file, BLOCK_BYTES)
            file.flush()
            os.fsync(file.fileno())

    def copy(self, source: Path, target: Path) -> None:
        """Copy a file, its times too, and prove the copy by its hash. Raises OSError when it differs."""
        with source.open("rb") as read, target.open("xb") as written:
            sum_ = hashlib.sha256()
            while block := read.read(BLOCK_BYTES):
                sum_.update(block)
                written.write(block)
            written.flush()
            os.fsync(written.fileno())
            status = os.fstat(read.fileno())
        os.utime(target, ns=(status.st_atime_ns, status.st_mtime_ns))
        with target.open("rb") as copied:
            if hashlib.file_digest(copied, "sha256").digest() != sum_.digest():
                raise OSError(errno.EIO, "the copy differs from what was copied", str(target))

    def link(self, source: Path, target: Path) -> None:
        """Give a file a second name on its disk. Raises FileExistsError."""
        # A link that somebody made is renamed itself, not what it leads to.
        os.link(source, target, follow_symlinks=False)

    def replace(self, source: Path, target: Path) -> None:
        """Give a file another name on its disk, in place of whatever has it."""
        source.replace(target)

    def remove(self, path: Path) -> None:
        path.unlink()

    def remove_folder(self, folder: Path) -> None:
        """Remove an empty folder."""
        folder.rmdir()

    def keep_names(self, folder: Path) -> None:
        """Have the names in a folder outlast a power cut; folders cannot be opened on Windows, which needs no call."""
        if os.name == "nt":
            return
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def move(disk: Disk, source: Path, target: Path) -> None:
    """Give a file another name on its disk. Raises FileExistsError when somebody else has it.

    By a second name and the removal of the first: a name that appears meanwhile is never written over, and in
    between the file has both.
    """
    try:
        disk.link(source, target)
    except FileExistsError:
        if not os.path.samestat(source.lstat(), target.lstat()):
            raise
        # Two names: a move that was cut short. One: a disk that takes capital letters for small ones.
        if (
            not {source.name, target.name} <= {one.name for one in source.parent.iterdir()}
            and source.parent == target.parent
        ):
            disk.replace(source, target)
            return
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS or os.path.lexists(target):
            raise
        disk.replace(source, target)
        return
    disk.remove(source)


def put(disk: Disk, path: Path, content: bytes) -> None:
    """Write a file whole or not at all, in place of whatever has its name."""
    fresh = path.with_name(f".{path.name}.new")
    disk.write(fresh, content)
    disk.replace(fresh, path)
    disk.keep_names(path.parent)


@contextmanager
def disk_faults_told(what: str) -> Iterator[None]:
    """Tell an OSError as StorageUnavailable. what: what cannot be done now, such as "neon cannot be renamed"."""
    try:
        yield
    except OSError as error:
        raise told(what, error) from error


def told(what: str, error: OSError) -> StudioError:
    """An OSError in words that a caller can act on, naming the file without its folder."""
    where = Path(str(error.filename)).name if error.filename else "the library's folder"
    if error.errno in _FULL:
        return StorageUnavailable(f"{what}: the disk is full; free some space and try again", code="no_space")
    if isinstance(error, PermissionError) or error.errno == errno.EROFS:
        why = f"the studio may not write {where}; permit it and try again"
        return StorageUnavailable(f"{what}: {why}", code="no_permission")
    return StorageUnavailable(f"{what}: {where}: {error.strerror or 'the disk failed'}")
