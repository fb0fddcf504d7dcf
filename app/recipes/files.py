"""The recipes' pictures on the disk: whole or not at all, and none that nobody names.

Whoever writes holds the folder's lock together with all others who write, and says in its journal when it begins
and when it ends. A start that finds a life there that never ended sweeps the folder, as soon as it has it alone.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.errors import StorageUnavailable

_BEGUN, _ENDED = b"+", b"-"


class Pictures:
    """A folder of pictures, made when the first is kept."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._beginning = threading.Lock()
        self._journal_path = folder.with_name(f"{folder.name}.journal")
        self._journal: int | None = None
        self._left_something = False

    @contextmanager
    def keeping(self, name: str, data: bytes) -> Iterator[None]:
        """Keep a new picture, unless what is done in between fails. Raises StorageUnavailable."""
        self._write(name, data)
        with self._removed_if_broken_off(name):
            yield

    @contextmanager
    def replacing(self, old: str, new: str, data: bytes) -> Iterator[Callable[[], None]]:
        """Keep a new picture, and remove the old one, once the given function has been called; else neither.

        Raises StorageUnavailable.
        """
        said: list[bool] = []
        self._write(new, data)
        try:
            yield lambda: said.append(True)
        finally:
            self.remove(old if said else new)

    def read(self, name: str) -> bytes:
        """Raises FileNotFoundError and StorageUnavailable."""
        try:
            return (self._folder / name).read_bytes()
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StorageUnavailable(f"the picture {name} cannot be read: {error.strerror}") from error

    def remove(self, name: str) -> None:
        """One that is gone already stays so; one that cannot be removed is left to a later sweep."""
        try:
            self._begin()
            (self._folder / name).unlink(missing_ok=True)
        except OSError:
            self._left_something = True

    def sweep(self, named: Callable[[], Collection[str]]) -> None:
        """Remove what a life that never ended has left, all but what is named; not while somebody else writes."""
        with suppress(OSError):
            descriptor = os.open(self._journal_path, os.O_RDWR)
            try:
                told = os.read(descriptor, 2**20)
                if not told:
                    return
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if told.count(_BEGUN) != told.count(_ENDED):
                    self._remove_all_but(named())
                os.ftruncate(descriptor, 0)
            finally:
                os.close(descriptor)

    def close(self) -> None:
        """Say that nothing is left half done here."""
        with self._beginning:
            if self._journal is not None:
                if not self._left_something:
                    with suppress(OSError):
                        os.write(self._journal, _ENDED)
                os.close(self._journal)
                self._journal = None

    def _begin(self) -> None:
        with self._beginning:
            if self._journal is not None:
                return
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._journal_path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH)
                os.write(descriptor, _BEGUN)
            except OSError:
                os.close(descriptor)
                raise
            self._journal = descriptor

    def _write(self, name: str, data: bytes) -> None:
        """A picture whose name nobody knows yet, on the disk when this returns; nothing is left when that fails."""
        path = self._folder / name
        try:
            self._begin()
            with path.open("xb") as stream, self._removed_if_broken_off(name):
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
        except OSError as error:
            raise StorageUnavailable(f"the picture cannot be kept: {error.strerror}") from error

    @contextmanager
    def _removed_if_broken_off(self, name: str) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.remove(name)
            raise

    def _remove_all_but(self, named: Collection[str]) -> None:
        for entry in os.scandir(self._folder):
            if entry.is_file(follow_symlinks=False) and entry.name not in named:
                Path(entry.path).unlink(missing_ok=True)
