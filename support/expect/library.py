"""What must be true of the model library: its lists, its look-ups, its scans, its files."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support.expect.expectation import Expectation

if TYPE_CHECKING:
    from support.world import World


class ExpectLibrary(Expectation):
    """Checks on the library."""

    # What a search or a list holds

    def found(self, names: list[str]) -> None:
        """The last search found exactly these."""
        items = [_called(item) for item in self._items()]
        wanted = [self._world.own(name) for name in names]
        self._hold(items == wanted, f"{_named(wanted)} is found, and nothing else", f"{_named(items)} is found")

    def found_in_order(self, stems: list[str]) -> None:
        """Exactly these, in this order, as people call them; and as many are told as are shown."""
        items = [item["name"] for item in self._items()]
        total = self._world.answered.body["total"]
        self._hold(items == stems, f"found are, in this order, {_named(stems)}", f"found are {_named(items)}")
        self._hold(total == len(stems), f"{len(stems)} are told to be found", f"{total} are told")

    def shown_once_in_pages(self, size: int) -> None:
        """Every page but the last is full, and together they show what the library holds, each once."""
        pages = [[_called(item) for item in page] for page in self._world.library.pages]
        shown = [name for page in pages for name in page]
        wanted = sorted(self._world.library.disk.placed)
        self._hold(sorted(shown) == wanted, f"each of {len(wanted)} models is shown once", f"shown are {_named(shown)}")
        full = all(len(page) == size for page in pages[:-1]) and len(pages[-1]) <= size
        self._hold(full, f"{size} are shown on a page", f"the pages hold {[len(page) for page in pages]}")

    def means(self, name: str | None) -> None:
        """The LoRA that a picture names is this model of the library; None: none of them."""
        loras = self._world.answered.must().body["loras"]
        self._hold(len(loras) == 1, "the picture names one LoRA", f"it names {[lora['name'] for lora in loras]}")
        wanted = None if name is None else self._world.library.id(name)
        told = (loras[0]["available"], loras[0]["model_id"])
        self._hold(
            told == (wanted is not None, wanted),
            f"the picture means {f'“{name}”' if name else 'no model'}",
            f"it means {self._name_of(told[1])}",
        )

    def _name_of(self, model_id: str | None) -> str:
        names = [name for name, known in self._world.library.ids.items() if known == model_id]
        return _named(names[:1]) if model_id is None or names else f"another one, {model_id}"

    def lists(self, name: str) -> None:
        names = self._names(self._world.library.kind_of(name))
        self._hold(self._world.own(name) in names, f"the library lists “{name}”", f"it lists {_named(names)}")

    def lists_once(self, stem: str) -> None:
        items = [_called(item) for item in self._world.library.listed() if item["name"] == stem]
        self._hold(len(items) == 1, f"the library lists “{stem}” once", f"it lists {_named(items)}")

    def does_not_list(self, name: str) -> None:
        names = self._names(self._world.library.kind_of(name))
        self._hold(self._world.own(name) not in names, f"“{name}” has left the library", f"it lists {_named(names)}")

    def lists_among(self, name: str, kind: str) -> None:
        """Among its own kind, and among no other."""
        listed = {each: self._world.own(name) in self._names(each) for each in self._world.library.KINDS}
        wanted = {each: each == kind for each in self._world.library.KINDS}
        where = [each for each, there in listed.items() if there]
        self._hold(listed == wanted, f"“{name}” is listed among the {kind} alone", f"it is listed among {where}")

    def lists_exactly(self, names: list[str]) -> None:
        """Of the LoRAs, nothing but these."""
        listed = sorted(self._names())
        self._hold(listed == sorted(names), f"the library lists {_named(sorted(names))}", f"it lists {_named(listed)}")

    # What lies on the disk

    def holds(self, name: str) -> None:
        """Listed once, found by its hash, and the same bytes on the disk, where we may look."""
        library = self._world.library
        content, kind, own = library.content_of(name), library.kind_of(name), self._own_name(name)
        items = [item for item in library.listed(kind) if _called(item) == own]
        self._hold(len(items) == 1, f"the library lists “{name}” once", f"it lists it {len(items)} times")
        wanted = hashlib.sha256(content).hexdigest()
        self._hold(
            items[0]["sha256"] == wanted and items[0]["size_bytes"] == len(content),
            f"“{name}” is as it was published: {len(content):,} bytes, SHA-256 {wanted[:10]}…",
            f"the library tells {items[0]['size_bytes']:,} bytes, SHA-256 {items[0]['sha256'][:10]}…",
        )
        answer = self._world.client.library.list(kind, hash=wanted, page_size=100).must()
        found = [_called(item) for item in answer.body["items"]]
        self._hold(own in found, f"“{name}” is found by its hash", f"found is {_named(found)}")
        if self._world.environment.studio_url is None:
            self._lies_there(name, library.folder_of(kind) / items[0]["folder"] / items[0]["file_name"], content)

    def _lies_there(self, name: str, usual: Path, content: bytes) -> None:
        placed = self._world.library.disk.placed.get(name)
        file = placed.path if placed else usual
        same = file.is_file() and file.read_bytes() == content
        self._hold(same, f"“{name}” lies on the disk byte for byte", "the file is missing or differs")

    def _own_name(self, name: str) -> str:
        offered = self._world.downloads.offered.get(name)
        return offered.file_name if offered else self._world.own(name)

    # What a scan reports

    def reported_unreadable(self, name: str) -> None:
        self._reported("unreadable", name, "as unreadable")

    def reported_sidecar(self, name: str) -> None:
        self._reported("sidecars", name.removesuffix(".safetensors"), "for its sidecar")

    def reported_repaired(self, name: str) -> None:
        self._reported("repaired", name, "as repaired")

    def _reported(self, part: str, name: str, how: str) -> None:
        """One entry names it, and says why."""
        entries = self._world.library.report.get(part) or []
        naming = [entry for entry in entries if name in str(entry.get("file")) and entry.get("why")]
        self._hold(len(naming) == 1, f"the scan reports “{name}” {how}", f"it reports {how}: {entries or 'nothing'}")

    def reported_nothing_else(self) -> None:
        parts = ("unreadable", "sidecars", "repaired")
        told = {part: self._world.library.report.get(part) for part in parts}
        self._hold(not any(told.values()), "the scan reports no trouble", f"it reports {told}")

    def counted(self, **wanted: int) -> None:
        told = {what: self._world.library.report.get(what) for what in wanted}
        self._hold(told == wanted, f"the scan tells of {_counts(wanted)}", f"it tells of {_counts(told)}")

    def agrees_with_the_disk(self) -> None:
        """A scan from now finds nothing new, nothing changed and nothing gone."""
        self._world.library.scan()
        self.counted(added=0, changed=0, gone=0)
        self.reported_nothing_else()

    def _items(self) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self._world.answered.must().body["items"]
        return items

    def _names(self, kind: str | None = None) -> list[str]:
        return [_called(item) for item in self._world.library.listed(kind or self._world.library.KIND)]


def library(world: World) -> ExpectLibrary:
    """Checks on the library."""
    return ExpectLibrary(world)


def _called(item: dict[str, Any]) -> str:
    """A model with its folder, as sentences call it."""
    return "/".join(filter(None, (item["folder"], item["file_name"])))


def _named(names: list[str]) -> str:
    return " and ".join(f"“{name}”" for name in names) or "nothing"


def _counts(counts: dict[str, Any]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.items())
