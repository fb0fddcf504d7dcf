"""A store in a folder of this machine."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from app.errors import Conflict, NoSuchObject, StorageUnavailable
from app.storage.content_types import content_type_of
from app.storage.port import Link, StoredObject, checked_key, fault_of_key

PIECE_BYTES = 1024 * 1024
# How often a folder may be made anew that a deletion beside us takes away while it is empty.
TRIES = 20


class FolderStore:
    """An ObjectStore whose objects are files under `root`, named by their keys.

    The content type follows from the key's extension and is kept nowhere else. The folder is made when
    the first object comes. A key may not be the folder of another key (`a` beside `a/b`), as S3 allows.
    """

    name = "local"

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, data: bytes | BinaryIO, content_type: str, *, only_if_absent: bool = False) -> None:
        path = self._path(key)
        with _storage_errors(key):
            temporary = _beside(path)
            try:
                _fill(temporary, io.BytesIO(data) if isinstance(data, bytes) else data)
                if only_if_absent:
                    # A link to a name that exists fails, whoever made it between our look and the call.
                    os.link(temporary, path)
                    temporary.unlink()
                else:
                    temporary.replace(path)
            except FileExistsError as error:
                temporary.unlink()
                raise Conflict(f"there is an object {key!r} already") from error
            except BaseException:
                temporary.unlink(missing_ok=True)
                raise

    def open(self, key: str) -> BinaryIO:
        path = self._path(key)
        with _storage_errors(key):
            try:
                return path.open("rb")
            except (FileNotFoundError, IsADirectoryError) as error:
                raise NoSuchObject(f"there is no object {key!r}") from error

    def read(self, key: str) -> bytes:
        with self.open(key) as stream, _storage_errors(key):
            return stream.read()

    def stat(self, key: str) -> StoredObject:
        with self.open(key) as stream, _storage_errors(key):
            return _stored(key, os.fstat(stream.fileno()))

    def copy(self, source: str, target: str) -> None:
        checked_key(target)
        with self.open(source) as stream:
            self.put(target, stream, content_type_of(target) or "")

    def delete(self, key: str) -> None:
        path = self._path(key)
        with _storage_errors(key):
            with suppress(NotADirectoryError, IsADirectoryError):  # above or below the key is an object: it is none
                path.unlink(missing_ok=True)
            # A folder that holds nothing is no more there than in a bucket; one in use cannot be removed.
            with suppress(OSError):
                for folder in path.parents:
                    if folder == self._root:
                        break
                    folder.rmdir()

    def delete_all(self, keys: Iterable[str]) -> None:
        for key in keys:
            self.delete(key)

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        with _storage_errors(prefix):
            keys = sorted(key for key in self._keys() if key.startswith(prefix) and fault_of_key(key) is None)
        for key in keys:
            with _storage_errors(key):
                try:
                    stored = _stored(key, (self._root / key).stat())
                except (FileNotFoundError, NotADirectoryError):
                    continue  # deleted since the listing began
            yield stored

    def _keys(self) -> Iterator[str]:
        for folder, _, names in os.walk(self._root, onerror=_unless_gone):
            for path in (Path(folder, name) for name in names if not name.startswith(".")):
                if path.is_file():
                    yield path.relative_to(self._root).as_posix()

    def url(self, key: str, *, filename: str | None = None) -> Link | None:
        checked_key(key)
        return None

    def condition(self, within_seconds: float = 1.0) -> str:
        place = next(folder for folder in (self._root, *self._root.parents) if folder.exists())
        try:
            with tempfile.TemporaryFile(dir=place) as probe:
                probe.write(b"proof")
        except OSError as error:
            return f"the store's folder cannot be written: {error.strerror}"
        return ""

    def close(self) -> None:
        """Nothing is held open."""

    def _path(self, key: str) -> Path:
        path = self._root / checked_key(key)
        # A link inside the folder must not lead out of it either.
        if not path.resolve().is_relative_to(self._root.resolve()):
            raise StorageUnavailable(f"the object {key!r} leads out of the store")
        return path


def _stored(key: str, found: os.stat_result) -> StoredObject:
    modified_at = datetime.fromtimestamp(found.st_mtime, UTC)
    return StoredObject(key, found.st_size, content_type_of(key), modified_at)


def _beside(path: Path) -> Path:
    """A new empty file in the folder of `path`, which is made if need be."""
    for _ in range(TRIES):
        # Either may fail because a folder that was there a moment ago has been taken away.
        with suppress(FileNotFoundError, FileExistsError):
            return _new_file(path.parent)
    return _new_file(path.parent)


def _new_file(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
    os.close(descriptor)
    return Path(name)


def _fill(path: Path, data: BinaryIO) -> None:
    """Write all that is left of `data` down to the disk."""
    with path.open("wb") as stream:
        shutil.copyfileobj(data, stream, PIECE_BYTES)
        stream.flush()
        os.fsync(stream.fileno())


def _unless_gone(error: OSError) -> None:
    """A folder that went while it was looked through holds nothing; one that cannot be read is trouble."""
    if not isinstance(error, FileNotFoundError):
        raise error


@contextmanager
def _storage_errors(key: str) -> Iterator[None]:
    """Any OSError that is not explained otherwise as the store's own trouble, its cause kept."""
    try:
        yield
    except OSError as error:
        raise StorageUnavailable(f"the store cannot be used for {key!r}: {error.strerror}") from error
