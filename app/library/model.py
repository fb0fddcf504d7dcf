"""A model of the library, as everybody sees it."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from app.library.base_models import UNKNOWN
from app.model_files import ModelKind

Place = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Model:
    """One file of weights, as everybody sees it.

    library, root: where it lies: below that folder of that library; folder: below the root, with '/', '' for the root
    itself. name: the file's name without suffix. size_bytes, mtime_ns: what the disk said when it was hashed.
    sha256, autov2, autov3: lower case. model_id, model_version_id: the hub's. mature: its preview is not for
    everybody. excluded: out of lists, searches and look-ups. preview: the name of the picture or film beside it.
    sidecar_stamp: what the disk said of its sidecars; sidecar_fault: why they could not be read, None when they could.
    """

    id: str
    library: str
    kind: ModelKind
    root: str
    folder: str
    file_name: str
    name: str
    size_bytes: int
    mtime_ns: int
    sha256: str
    autov2: str
    autov3: str | None
    added_at: datetime
    modified_at: datetime
    base_model: str = UNKNOWN
    tags: tuple[str, ...] = ()
    trained_words: tuple[str, ...] = ()
    favorite: bool = False
    notes: str = ""
    model_id: int | None = None
    model_version_id: int | None = None
    mature: bool = False
    excluded: bool = False
    preview: str | None = None
    sidecar_stamp: str = ""
    sidecar_fault: str | None = None

    @property
    def file(self) -> str:
        """Its path below its root, with '/'."""
        return f"{self.folder}/{self.file_name}" if self.folder else self.file_name

    @property
    def path(self) -> Path:
        return Path(self.root, self.folder, self.file_name)

    @property
    def place(self) -> Place:
        return self.root, self.folder, self.file_name


@dataclass(frozen=True)
class Renamed:
    """A model that has been given another name or folder."""

    kind: ModelKind
    before: Model
    after: Model


def folded(text: str) -> str:
    """Text as it is compared: without regard to capital letters and to how accents are written."""
    return text.casefold() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
