"""The folders that libraries live in: what can be one, and that no two of them overlap."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from app.errors import InvalidInput
from app.model_files import ModelKind

DEFAULT_LIBRARY = "default"

# The field to blame (a number follows), the library, the kind, its roots.
Labelled = tuple[str, str, ModelKind, Sequence[Path]]

_NAME = re.compile(r"\w(?:[\w .-]{0,62}\w)?")


def root(folder: Path) -> Path:
    """A folder as a library root. Raises ValueError for what cannot be one."""
    text = str(folder)
    if not folder.is_absolute() or ".." in folder.parts or not text.isprintable():
        raise ValueError(f"{text!r} is no library root; name a folder by its whole path")
    try:
        there = next(path for path in (folder, *folder.parents) if path.exists())
    except OSError as error:
        raise ValueError(f"{text[:100]!r} cannot be a library root: {error.strerror}") from error
    if not there.is_dir():
        raise ValueError(f"{str(there)!r} is a file; a library root is a folder")
    return folder


def fault_of_name(name: str) -> str | None:
    """What is wrong with a library's name, in words; None when nothing is."""
    if _NAME.fullmatch(name):
        return None
    return f"{name[:100]!r} is no name; use up to 64 letters, digits, spaces, dots and dashes, letters at both ends"


def refuse_overlaps(others: Sequence[Labelled], wanted: Sequence[Labelled]) -> None:
    """Raise InvalidInput when one of the wanted roots lies in, above or at another root, however either is written.

    Links are followed, and capital letters count as small ones, as on many disks they are.
    """
    if not wanted:
        return
    known = [_Place(label, path) for label in others for path in label[3]]
    for label in wanted:
        for number, path in enumerate(label[3]):
            place = _Place(label, path)
            other = next((one for one in known if one.overlaps(place)), None)
            if other is not None:
                _, library, kind, _ = other.label
                field = f"{label[0]}.{number}"
                raise InvalidInput(
                    f"{field}: {str(path)!r} overlaps with {str(other.path)!r}, where the {kind} of the library "
                    f"{library!r} lie; choose a folder that is not in, above or the same as another root",
                    field=field,
                    code="overlapping_roots",
                )
            known.append(place)


class _Place:
    """A folder by where it really lies."""

    def __init__(self, label: Labelled, path: Path) -> None:
        self.label = label
        self.path = path
        real = path.resolve()
        self._parts = tuple(unicodedata.normalize("NFC", part).casefold() for part in real.parts)
        # The same folder may be mounted at two places.
        identities = [_identity_of(folder) for folder in (real, *real.parents)]
        self._own = identities[0]
        self._above = {identity for identity in identities if identity is not None}

    def overlaps(self, other: _Place) -> bool:
        return self._is_at_or_above(other) or other._is_at_or_above(self)

    def _is_at_or_above(self, other: _Place) -> bool:
        return other._parts[: len(self._parts)] == self._parts or (self._own is not None and self._own in other._above)


def _identity_of(folder: Path) -> tuple[int, int] | None:
    try:
        status = folder.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino
