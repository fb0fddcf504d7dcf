"""What must be true of the model library: its lists, its look-ups, its files."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from support.expect.expectation import Expectation

if TYPE_CHECKING:
    from support.world import World


class ExpectLibrary(Expectation):
    """Checks on the library."""

    def found(self, names: list[str]) -> None:
        """The last search found exactly these."""
        items = [item["file_name"] for item in self._world.answered.must().body["items"]]
        wanted = [self._world.own(name) for name in names]
        self._hold(items == wanted, f"{_named(wanted)} is found, and nothing else", f"{_named(items)} is found")

    def lists(self, name: str) -> None:
        names = self._names()
        self._hold(self._world.own(name) in names, f"the library lists “{name}”", f"it lists {_named(names)}")

    def does_not_list(self, name: str) -> None:
        names = self._names()
        self._hold(self._world.own(name) not in names, f"“{name}” has left the library", f"it lists {_named(names)}")

    def holds(self, name: str) -> None:
        """Listed once, with the hash of what the hub offers; and, where we may look, the same bytes on the disk."""
        offered = self._world.downloads.offered[name]
        content, own = offered.content, offered.file_name
        items = [item for item in self._world.library.listed(offered.kind) if item["file_name"] == own]
        self._hold(len(items) == 1, f"the library lists “{name}” once", f"it lists it {len(items)} times")
        wanted = hashlib.sha256(content).hexdigest()
        self._hold(
            items[0]["sha256"] == wanted and items[0]["size_bytes"] == len(content),
            f"“{name}” is as the hub published it: {len(content):,} bytes, SHA-256 {wanted[:10]}…",
            f"the library tells {items[0]['size_bytes']:,} bytes, SHA-256 {items[0]['sha256'][:10]}…",
        )
        if self._world.environment.studio_url is None:
            file = self._world.library.folder_of(offered.kind) / items[0]["folder"] / own
            same = file.is_file() and file.read_bytes() == content
            self._hold(same, f"“{name}” lies on the disk byte for byte", "the file is missing or differs")

    def reported_unreadable(self, name: str) -> None:
        report = str(self._world.library.report.get("unreadable"))
        self._hold(name in report, f"the scan reports “{name}”", f"it reports as unreadable: {report}")

    def _names(self) -> list[str]:
        return [item["file_name"] for item in self._world.library.listed()]


def library(world: World) -> ExpectLibrary:
    """Checks on the library."""
    return ExpectLibrary(world)


def _named(names: list[str]) -> str:
    return " and ".join(f"“{name}”" for name in names) or "nothing"
