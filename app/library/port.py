"""What the library needs of others: where models lie, kept by the studio's settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from app.model_files import ModelKind


class LibrarySettings(Protocol):
    """Every library's name and roots, and which one is open; a change is in force and kept when the call returns."""

    @property
    def library_name(self) -> str:
        """The library that is open."""

    def all_libraries(self) -> Mapping[str, Mapping[ModelKind, Sequence[Path]]]: ...

    def add_library(self, name: str, roots: Mapping[ModelKind, Sequence[Path]]) -> None:
        """Kinds that are left out get folders of their own. Raises InvalidInput, Conflict, Unavailable."""

    def activate_library(self, name: str) -> None:
        """Raises NotFound, Unavailable."""

    def remove_library(self, name: str) -> None:
        """Raises NotFound, Conflict for the one that is open, Unavailable."""
