"""How all characters are at one moment: what the studio lists, what lies on its disk and in its bucket."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.world import World

PAGE = 100
# The database and its journals change with every request, and lie beside the store.
_NOT_STORED = ("studio.db", "studio.lock")


@dataclass(frozen=True)
class Snapshot:
    """listed: the pictures by ID; files: checksums of the home's files; objects: of those in the bucket.

    files and objects: None where the scenario may not look: in somebody else's studio, at a store that is broken.
    """

    listed: dict[str, dict[str, Any]]
    files: dict[str, str] | None
    objects: dict[str, str] | None

    @classmethod
    def of(cls, world: World) -> Snapshot:
        listed = {item["id"]: item for item in every_item(world)}
        files = None if world.environment.studio_url is not None else files_of(world.home)
        return cls(listed, files, world.cloud.checksums())

    def since(self, before: Snapshot) -> list[str]:
        """What has come, gone or changed since `before`, in words."""
        return [
            *_changes("the list's entry", before.listed, self.listed),
            *_changes("the file", before.files or {}, self.files or {}),
            *_changes("the object", before.objects or {}, self.objects or {}),
        ]


def _changes(what: str, before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    return [
        *(f"{what} {name} is new" for name in sorted(now.keys() - before.keys())),
        *(f"{what} {name} is gone" for name in sorted(before.keys() - now.keys())),
        *(f"{what} {name} is another" for name in sorted(now.keys() & before.keys()) if now[name] != before[name]),
    ]


def every_item(world: World, page_size: int = PAGE) -> list[dict[str, Any]]:
    """The studio's list, all of its pages."""
    items: list[dict[str, Any]] = []
    number = 1
    while True:
        page = world.client.characters.page(page=number, page_size=page_size).must().body
        items += page["items"]
        if not page["items"] or len(items) >= page["total"]:
            return items
        number += 1


def files_of(folder: Path) -> dict[str, str]:
    """Checksums of everything that lies in a folder, by the paths from there; its database left out."""
    paths = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(_NOT_STORED)]
    return {path.relative_to(folder).as_posix(): _sum(path.read_bytes()) for path in paths}


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
