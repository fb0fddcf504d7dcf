"""The whole recipe book as one archive, and back: what leaves comes back exactly, what is there already stays.

manifest.json          {"format": "proofsheet-recipes", "version": 1, "exported_at": …}
recipes/<id>.json      one recipe with all its facts
pictures/<id>.<ending> its picture, byte for byte as it is kept
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
import stat
import zipfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import IO, Any

from app.clock import Clock
from app.errors import Conflict, InvalidInput, NotFound, StudioError
from app.recipes.embedding import without
from app.recipes.exchange_archive import FORMAT, VERSION, Archive, opened
from app.recipes.exchange_record import Record, record_of
from app.recipes.service import Recipes
from app.recipes.tables import Recipe

log = logging.getLogger("app")


@dataclass(frozen=True)
class FailedMember:
    name: str
    why: str


@dataclass
class Received:
    """added, skipped: recipes; skipped ones are there already. failed: members that could not be taken, and why."""

    added: int = 0
    skipped: int = 0
    failed: list[FailedMember] = field(default_factory=list)


class Exchange:
    """Writes archives of all recipes, and takes them in."""

    def __init__(self, *, recipes: Recipes, clock: Clock) -> None:
        self._recipes = recipes
        self._clock = clock

    def archive(self) -> Iterator[bytes]:
        """The archive of all recipes, piece by piece: no more than one picture is held in memory."""
        pieces = _Pieces()
        with zipfile.ZipFile(pieces, "w") as archive:
            manifest = {"format": FORMAT, "version": VERSION, "exported_at": self._clock.now().isoformat()}
            _add(archive, "manifest.json", json.dumps(manifest).encode(), zipfile.ZIP_DEFLATED)
            for recipe in self._recipes.all():
                self._add_recipe(archive, recipe)
                yield pieces.taken()
        yield pieces.taken()

    def receive(self, file: IO[bytes]) -> Received:
        """Take in what is not there yet; a member that is damaged is told of, and the rest is kept.

        file: the archive, seekable. Raises InvalidInput for what is no archive of recipes, is of a newer
        studio, or holds what no archive of recipes would; nothing is taken then.
        """
        told = Received()
        with opened(file) as archive:
            # What this very archive has brought is no reason to leave out another recipe of the same picture.
            brought: set[str] = set()
            for name in archive.recipes:
                try:
                    recipe = self._received(archive, name, brought)
                except StudioError as error:
                    told.failed.append(FailedMember(name, error.message))
                    continue
                if recipe is None:
                    told.skipped += 1
                else:
                    told.added += 1
                    brought.add(recipe.id)
            told.failed += [
                FailedMember(name, "no recipe of this archive belongs to it") for name in archive.without_recipe()
            ]
        return told

    def _add_recipe(self, archive: zipfile.ZipFile, recipe: Recipe) -> None:
        try:
            recipe, data = self._recipes.picture(recipe.id)
        except NotFound as error:
            try:
                recipe = self._recipes.get(recipe.id)
            except NotFound:  # deleted meanwhile
                return
            # What is known of it is in the archive at least; taking it in tells that the picture is missing.
            log.warning("an export goes on without a picture: %s", error)
            data = b""
        record = json.dumps(record_of(recipe), ensure_ascii=False).encode()
        _add(archive, f"recipes/{recipe.id}.json", record, zipfile.ZIP_DEFLATED)
        if data:
            # A picture is compressed already.
            ending = recipe.picture.rpartition(".")[2]
            _add(archive, f"pictures/{recipe.id}.{ending}", data, zipfile.ZIP_STORED)

    def _received(self, archive: Archive, name: str, brought: set[str]) -> Recipe | None:
        """The recipe as it was added; None when it is there already."""
        record = Record.of(archive.record(name), name)
        if name != f"recipes/{record.id}.json":
            raise InvalidInput(f"{name} holds the recipe {record.id}", field="archive")
        kept = archive.picture(record.id)
        record.check_picture(kept)
        # What the studio has written into it is written anew, and does not count against the limit.
        data = without(kept)
        if self._is_there(record, data, brought):
            return None
        try:
            return self._recipes.restore(record.recipe(), data)
        except Conflict:
            # Another recipe has this id, or it is kept for one that was deleted a moment ago.
            return self._recipes.restore(record.recipe(under_new_id=True), data)

    def _is_there(self, record: Record, data: bytes, brought: set[str]) -> bool:
        """Whether the book has this recipe: the same picture under the same id, whatever has been changed since,
        or the very same recipe under another.
        """
        sum_ = hashlib.sha256(data).hexdigest()
        with suppress(NotFound):
            if self._recipes.get(record.id).original_sha256 == sum_:
                return True
        known = self._recipes.known_picture(sum_)
        return known is not None and known.id not in brought and record.is_like(known)


class _Pieces(io.RawIOBase):
    """A file that cannot be read or gone back in: what is written is handed on."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def taken(self) -> bytes:
        """What has been written since the last call."""
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def _add(archive: zipfile.ZipFile, name: str, data: bytes, compression: int) -> None:
    # Without a moment of its own: the same recipes make the same archive.
    member = zipfile.ZipInfo(name)
    member.compress_type = compression
    member.external_attr = (stat.S_IFREG | 0o644) << 16
    archive.writestr(member, data)
