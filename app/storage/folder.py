"""A store in a folder of this machine."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from app.errors import Conflict, NoSuchObject, StorageUnavailable
from app.storage.port import StoredObject, checked_key


class FolderStore:
    """An ObjectStore whose objects are files under `root`, named by their keys.

    The content type follows from the key's extension and is kept nowhere else. The folder is made when
    the first object comes. A key may not be the folder of another key (`a` beside `a/b`), as S3 allows.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def put(self, key: str, data: bytes, content_type: str, *, only_if_absent: bool = False) -> None:
        path = self._path(key)
        with _storage_errors(key):
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = _written(data, path.parent)
            try:
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

    def delete(self, key: str) -> None:
        path = self._path(key)
        with _storage_errors(key):
            path.unlink(missing_ok=True)

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        with _storage_errors(prefix):
            keys = sorted(key for key in self._keys() if key.startswith(prefix))
        for key in keys:
            with _storage_errors(key):
                try:
                    size_bytes = (self._root / key).stat().st_size
                except FileNotFoundError:
                    continue  # deleted since the listing began
            yield StoredObject(key=key, size_bytes=size_bytes)

    def _keys(self) -> Iterator[str]:
        for folder, _, names in os.walk(self._root, onerror=_unless_gone):
            for path in (Path(folder, name) for name in names if not name.startswith(".")):
                if path.is_file():
                    yield path.relative_to(self._root).as_posix()

    def url(self, key: str) -> str | None:
        checked_key(key)
        return None

    def _path(self, key: str) -> Path:
        path = self._root / checked_key(key)
        # A link inside the folder must not lead out of it either.
        if not path.resolve().is_relative_to(self._root.resolve()):
            raise StorageUnavailable(f"the object {key!r} leads out of the store")
        return path


def _written(data: bytes, folder: Path) -> Path:
    """A new file in `folder` that holds `data` down to the disk; nothing is left when that fails."""
    descriptor, name = tempfile.mkstemp(prefix=".", suffix=".part", dir=folder)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        Path(name).unlink()
        raise
    return Path(name)


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
