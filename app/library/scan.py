"""What lies on the disk: the model files below a folder, each once, however many links lead to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from app.library.hashes import autov2_of, autov3_of, sha256_of
from app.model_files import SAFETENSORS, is_model_file, metadata_of, read_header

Key = tuple[str, str]


@dataclass(frozen=True)
class Found:
    """A model file on disk. folder: below the root, with '/'. size_bytes, mtime_ns: as the disk says now."""

    path: Path
    folder: str
    size_bytes: int
    mtime_ns: int

    @property
    def key(self) -> Key:
        return self.folder, self.path.name


@dataclass(frozen=True)
class Sums:
    sha256: str
    autov2: str
    autov3: str | None


def model_files(root: Path) -> Iterator[Found]:
    """Every model file below `root`, in the order of their paths; a folder that links to itself ends."""
    seen: set[str] = set()
    for folder, folders, names in os.walk(root, followlinks=True):
        real = os.path.realpath(folder)
        if real in seen:
            folders.clear()
            continue
        seen.add(real)
        folders.sort()
        for name in sorted(filter(is_model_file, names)):
            path = Path(folder, name)
            if path.is_file():
                yield found_at(path, root)


def found_at(path: Path, root: Path) -> Found:
    """The file as the disk has it. Raises OSError when it is gone or may not be looked at."""
    status = path.stat()
    folder = path.parent.relative_to(root).as_posix()
    return Found(path, "" if folder == "." else folder, status.st_size, status.st_mtime_ns)


def sums_of(path: Path, sha256: str | None = None) -> Sums:
    """A file's sums; `sha256` spares hashing a file whose sum is known.

    Raises OSError when it cannot be read, BrokenHeader when a safetensors file is none.
    """
    autov3 = None
    if path.suffix.lower() == SAFETENSORS:
        autov3 = autov3_of(metadata_of(read_header(path)))
    known = sha256 or sha256_of(path)
    return Sums(known, autov2_of(known), autov3)
