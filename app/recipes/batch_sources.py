"""Where imported pictures come from: a folder for that purpose, addresses on the web, files that were uploaded."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

from app.errors import InvalidInput, NotFound, StudioError, TooLarge
from app.recipes.inputs import address_of, folder_of
from app.recipes.pictures import LARGEST_BYTES
from app.recipes.port import Fetch

MOST_ITEMS = 10_000
ENDINGS = frozenset({".png", ".jpg", ".jpeg", ".webp", ".avif"})
_LONGEST_TITLE = 200


@dataclass(frozen=True)
class FileItem:
    """A picture file. root: what it must lie in when it is read, wherever a link may lead by then."""

    path: Path
    root: Path
    name: str

    @property
    def title(self) -> str:
        return title_of(self.path.name)

    @property
    def source(self) -> None:
        return None

    def read(self) -> bytes:
        return read_below(self.root, self.path, self.name)


@dataclass(frozen=True)
class WebItem:
    """A picture by its address."""

    url: str
    fetch: Fetch

    @property
    def name(self) -> str:
        return self.url[:300]

    @property
    def title(self) -> str:
        parts = urlsplit(self.url)
        return title_of(unquote(PurePosixPath(parts.path).name) or parts.netloc.rpartition("@")[2])

    @property
    def source(self) -> str:
        """The address without what only its owner may know."""
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()

    def read(self) -> bytes:
        return self.fetch(address_of(self.url))


def title_of(file_name: str) -> str:
    """What a recipe is called that came as this file."""
    kept = "".join(c if c.isprintable() else " " for c in PurePosixPath(file_name).stem).strip()
    return kept[:_LONGEST_TITLE] or "picture"


def files_below(root: Path, folder: str) -> list[FileItem]:
    """The picture files in that folder of `root` and in the folders in it, by name.

    Links that lead out of `root` are among them, to be refused and told when their turn comes. Raises
    InvalidInput for a folder that is none, or lies elsewhere.
    """
    below = folder_of(folder)
    top = root / below
    if not _lies_in(root, top):
        raise InvalidInput(f"folder {folder!r} leads out of the import folder", field="folder")
    if not top.is_dir():
        raise InvalidInput(f"the import folder holds no folder {folder!r}", field="folder")
    items = [FileItem(path, root, path.relative_to(root).as_posix()) for path in _pictures(top)]
    if not items:
        raise InvalidInput(f"there is no picture in {folder or 'the import folder'!r}", field="folder")
    if len(items) > MOST_ITEMS:
        raise InvalidInput(
            f"there are {len(items):,} pictures in {folder!r}; at most {MOST_ITEMS:,} are taken at once", field="folder"
        )
    return items


def read_below(root: Path, path: Path, name: str) -> bytes:
    """A regular file's bytes, one beyond the limit at most. Raises InvalidInput, NotFound, TooLarge."""
    try:
        real = path.resolve(strict=True)
        if not real.is_relative_to(root.resolve()):
            raise InvalidInput(f"{name} is a link that leads out of the folder", field="folder")
        # Not followed any more, should somebody put a link in its place; not waited for, should it be a pipe.
        descriptor = os.open(real, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(descriptor, "rb") as file:
            told = os.fstat(file.fileno())
            if not stat.S_ISREG(told.st_mode):
                raise InvalidInput(f"{name} is not a file", field="folder")
            if told.st_size > LARGEST_BYTES:
                raise TooLarge(f"{name} has {told.st_size:,} bytes; at most 10 MiB are taken")
            return file.read(LARGEST_BYTES + 1)
    except FileNotFoundError as error:
        raise NotFound(f"{name} is gone") from error
    except (OSError, RuntimeError) as error:  # RuntimeError: links in a circle
        raise StudioError(f"{name} cannot be read: {getattr(error, 'strerror', None) or error}") from error


def _pictures(top: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(top):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(files):
            if not name.startswith(".") and PurePosixPath(name).suffix.lower() in ENDINGS:
                yield Path(folder, name)


def _lies_in(root: Path, path: Path) -> bool:
    try:
        return path.resolve().is_relative_to(root.resolve())
    except (OSError, RuntimeError):
        return False
