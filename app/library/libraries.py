"""Several libraries, one of them open: what it does not hold is not listed, found or scanned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from app.library.port import LibrarySettings
from app.library.service import Library
from app.model_files import ModelKind


@dataclass(frozen=True)
class LibraryEntry:
    """One library. roots: by kind; new models go into the first."""

    name: str
    active: bool
    roots: Mapping[ModelKind, Sequence[Path]]


class Libraries:
    """The libraries of a studio."""

    def __init__(self, *, settings: LibrarySettings, library: Library) -> None:
        self._settings = settings
        self._library = library

    def all(self) -> list[LibraryEntry]:
        active = self._settings.library_name
        return [LibraryEntry(name, name == active, roots) for name, roots in self._settings.all_libraries().items()]

    def add(self, name: str, roots: Mapping[ModelKind, Sequence[Path]]) -> LibraryEntry:
        """Raises InvalidInput, Conflict, Unavailable."""
        self._settings.add_library(name, roots)
        # Nobody shall find what a library of this name held before it was removed.
        self._library.forget(name)
        return self._entry(name)

    def activate(self, name: str) -> LibraryEntry:
        """Raises NotFound, Unavailable."""
        self._settings.activate_library(name)
        return self._entry(name)

    def remove(self, name: str) -> None:
        """Forget a library and what is known of its models; its files stay. Raises NotFound, Conflict, Unavailable."""
        self._settings.remove_library(name)
        self._library.forget(name)

    def _entry(self, name: str) -> LibraryEntry:
        return next(entry for entry in self.all() if entry.name == name)
