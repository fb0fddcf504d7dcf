"""An archive of recipes, looked at before anything of it is taken: only what such an archive holds, and no more."""

from __future__ import annotations

import json
import re
import stat
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO

from app.errors import InvalidInput, TooLarge
from app.recipes.pictures import LARGEST_BYTES

FORMAT = "proofsheet-recipes"
VERSION = 1
MANIFEST = "manifest.json"

MOST_MEMBERS = 250_000
# Of the list of members, which is read before they can be counted; ours take 100 bytes each.
LARGEST_LIST_BYTES = 100 * MOST_MEMBERS
LARGEST_RECORD_BYTES = 4 * 1024 * 1024
# A picture as it came, and what the studio writes into it.
LARGEST_PICTURE_BYTES = LARGEST_BYTES + LARGEST_RECORD_BYTES
LARGEST_WHOLE_BYTES = 64 * 1024 * 1024 * 1024
# Text of prompts shrinks to a tenth at most; smaller members can do no harm.
LARGEST_RATIO = 200
_RATIO_FROM_BYTES = 64 * 1024

_RECORD = re.compile(r"recipes/([0-9a-f]{32})\.json", re.ASCII)
_PICTURE = re.compile(r"pictures/([0-9a-f]{32})\.(?:png|jpeg|jpg|webp|avif)", re.ASCII)
_DRIVE = re.compile(r"[A-Za-z]:")


class Archive:
    """An archive that has been looked at. recipes: its members that are recipes, in its order."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        names = [member.filename for member in archive.infolist() if not member.is_dir()]
        self.recipes = [name for name in names if _RECORD.fullmatch(name)]
        self._pictures = {told[1]: name for name in names if (told := _PICTURE.fullmatch(name))}
        self._others = [name for name in names if name != MANIFEST and not _RECORD.fullmatch(name)]

    def record(self, name: str) -> bytes:
        """Raises InvalidInput for a damaged member, TooLarge."""
        return _read(self._archive, name, LARGEST_RECORD_BYTES)

    def picture(self, recipe_id: str) -> bytes:
        """Raises InvalidInput when it is not there or damaged, TooLarge."""
        name = self._pictures.get(recipe_id)
        if name is None:
            raise InvalidInput(f"the picture of recipe {recipe_id} is not in the archive", field="archive")
        return _read(self._archive, name, LARGEST_PICTURE_BYTES)

    def without_recipe(self) -> Iterator[str]:
        """Members that belong to no recipe."""
        ids = {name.removeprefix("recipes/").removesuffix(".json") for name in self.recipes}
        for name in self._others:
            told = _PICTURE.fullmatch(name)
            if told is None or told[1] not in ids:
                yield name


@contextmanager
def opened(file: IO[bytes]) -> Iterator[Archive]:
    """The archive in `file`. Raises InvalidInput and TooLarge for anything but a sound archive of recipes."""
    size = file.seek(0, 2)
    file.seek(0)
    try:
        archive = zipfile.ZipFile(_Bounded(file))
    except (zipfile.BadZipFile, zipfile.LargeZipFile, NotImplementedError, ValueError, OSError) as error:
        raise InvalidInput(f"archive is not a whole zip file: {error}", field="archive") from error
    with archive:
        _check_members(archive.infolist(), size)
        _check_manifest(archive)
        yield Archive(archive)


class _Bounded:
    """A file of which no more is read at once than a list of members may have."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size if 0 <= size <= LARGEST_LIST_BYTES else LARGEST_LIST_BYTES + 1)
        if len(data) > LARGEST_LIST_BYTES:
            raise TooLarge(f"archive holds more than {MOST_MEMBERS:,} members")
        return data


def _check_members(members: list[zipfile.ZipInfo], size: int) -> None:
    if len(members) > MOST_MEMBERS:
        raise TooLarge(f"archive holds {len(members):,} members; at most {MOST_MEMBERS:,} are taken")
    for member in members:
        fault = _fault(member)
        if fault is not None:
            raise _refused(f"archive holds {member.filename[:100]!r}, {fault}")
    twice = next((name for name, count in Counter(member.filename for member in members).items() if count > 1), None)
    if twice is not None:
        raise _refused(f"archive holds {twice[:100]!r} more than once")
    if sum(member.file_size for member in members) > LARGEST_WHOLE_BYTES:
        raise TooLarge(f"archive unpacks to more than {LARGEST_WHOLE_BYTES // 1024**3} GiB")
    # Members that overlap are how a small file unpacks to a huge one without a high ratio.
    if sum(member.compress_size for member in members) > size:
        raise _refused("archive holds members that overlap, as no honest one does")


def _fault(member: zipfile.ZipInfo) -> str | None:
    # `filename` has lost what follows a NUL, and what one system calls a separator another does not.
    name = member.orig_filename
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or _DRIVE.match(name) or ".." in parts or "\\" in name or "\0" in name:
        return "which leads out of it"
    kind = stat.S_IFMT(member.external_attr >> 16)
    if kind not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "which is a link or a device"
    if member.flag_bits & 0x1:
        return "which is encrypted"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "which is packed in a way that archives of recipes are not"
    large = member.file_size > _RATIO_FROM_BYTES
    if large and member.file_size > LARGEST_RATIO * max(member.compress_size, 1):
        return f"which unpacks to more than {LARGEST_RATIO} times its size"
    return None


def _check_manifest(archive: zipfile.ZipFile) -> None:
    if MANIFEST not in archive.namelist():
        raise _refused(f"archive is not one of recipes: it holds no {MANIFEST}", code="foreign_archive")
    try:
        manifest = json.loads(_read(archive, MANIFEST, LARGEST_RECORD_BYTES))
    except (ValueError, RecursionError) as error:
        raise _refused(f"archive is not one of recipes: {MANIFEST} is not JSON", code="foreign_archive") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise _refused(f"archive is not one of recipes: {MANIFEST} says otherwise", code="foreign_archive")
    version = manifest.get("version")
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise _refused(f"archive is of no version: {MANIFEST} must say a whole number", code="foreign_archive")
    if version > VERSION:
        raise _refused(
            f"archive is of version {version}, this studio reads up to {VERSION}: take it in with the newer studio",
            code="newer_version",
        )


def _read(archive: zipfile.ZipFile, name: str, most: int) -> bytes:
    try:
        with archive.open(name) as member:
            data = member.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError) as error:
        raise InvalidInput(f"{name} is damaged: {error}", field="archive") from error
    if len(data) > most:
        raise TooLarge(f"{name} has more than {most // 1024 // 1024} MiB")
    return data


def _refused(why: str, *, code: str | None = None) -> InvalidInput:
    return InvalidInput(f"{why}; nothing was taken", field="archive", code=code)
