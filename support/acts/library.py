"""What a scenario does with the model library: scans it, looks for models, looks at what it tells."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from support import builders, pictures
from support.acts.libraries import Libraries
from support.acts.library_changes import LibraryChanges
from support.acts.library_disk import LibraryDisk
from support.acts.library_previews import LibraryPreviews
from support.acts.library_troubles import LibraryTroubles
from support.bdd import StepError
from support.client import Answer
from support.studios import EventStream
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

Item = dict[str, Any]


class Library:
    """Verbs on the library; remembers what was scanned, what was asked, and which model a name stands for."""

    KIND = "loras"
    KINDS = ("loras", "checkpoints", "embeddings")

    def __init__(self, world: World) -> None:
        self._world = world
        self.report: dict[str, Any] = {}
        self.ids: dict[str, str] = {}
        self.stream: EventStream | None = None
        self.pages: list[list[Item]] = []
        self.disk = LibraryDisk(world)
        self.troubles = LibraryTroubles(world, self.disk)
        self.changes = LibraryChanges(world)
        self.previews = LibraryPreviews(world)
        self.several = Libraries(world)

    @property
    def folder(self) -> Path:
        return self.folder_of(self.KIND)

    def folder_of(self, kind: str) -> Path:
        return self._world.home / "models" / kind

    # Scanning

    def scan(self, kind: str = KIND) -> None:
        self.report = self._world.ask(self._world.client.library.scan(kind)).must().body

    def scan_and_remember(self, kind: str) -> None:
        """Scan; what the library told before is remembered."""
        self.disk.remember()
        self.scan(kind)

    def listen(self) -> None:
        self.stream = stream = self._world.client.library.progress()
        until(lambda: stream.heard)  # the snapshot: from here on nothing is missed

    # Looking for models

    def search_hash_of(self, name: str, form: str) -> None:
        self.search_hash(builders.hash_of(self.content_of(name), form))

    def search_hash(self, value: str, kind: str = KIND) -> None:
        self.ask_for(kind, hash=value)

    def search(self, words: str) -> None:
        self.ask_for(self.KIND, search=words)

    def narrow(self, by: str, value: str) -> None:
        """List only those with a base model, a tag, …; several base models are joined by `or`."""
        queries: dict[str, dict[str, Any]] = {
            "base model": {"base_model": value.split(" or ")},
            "tag": {"tag": value},
            "favourite": {"favorite": value == "yes"},
            "folder": {"folder": value},
            "folder alone": {"folder": value, "recursive": False},
        }
        self.ask_for(self.KIND, **queries[by])

    def sort(self, order: str) -> None:
        self.ask_for(self.KIND, sort=order)

    def ask_oddly(self, measure: str, value: str) -> None:
        self.ask_for(self.KIND, **{measure: value})

    def ask_for(self, kind: str, **query: Any) -> Answer:
        return self._world.ask(self._world.client.library.list(kind, **query))

    def read_in_pages(self, size: int) -> None:
        """Every page, until one is empty."""
        self.pages = []
        while True:
            answer = self._world.ask(
                self._world.client.library.list(self.KIND, page=len(self.pages) + 1, page_size=size)
            )
            if not answer.must().body["items"]:
                return
            self.pages.append(answer.body["items"])

    def look_up_by_picture(self, named: str) -> None:
        """Have a picture read whose prompt names a LoRA."""
        text = builders.parameters({"prompt": f"a lighthouse <lora:{named}:0.8>"})
        self._world.ask(self._world.client.recipes.analyse(pictures.png_with_text(text)))

    # What it tells

    def listed(self, kind: str = KIND, **query: Any) -> list[Item]:
        """Every model of a kind in the library."""
        found: list[Item] = []
        page = 1
        while True:
            body = self._world.client.library.list(kind, page=page, page_size=100, **query).must().body
            found += body["items"]
            if len(found) >= body["total"] or not body["items"]:
                return found
            page += 1

    def item(self, name: str) -> Item | None:
        """The list's entry of a model, as a scenario calls it: with its folder, if it is in one."""
        kind, folder, file_name = self.place_of(name)
        here = [i for i in self.listed(kind) if (i["folder"], i["file_name"]) == (folder, file_name)]
        return here[0] if here else None

    def id(self, name: str) -> str:
        """Under which a model is known; remembered, so that it can be asked for when it is gone."""
        if name not in self.ids:
            found = self.item(name)
            if found is None:
                raise StepError(
                    f"the library does not list {name!r}; it lists {[i['file_name'] for i in self.listed()]}"
                )
            self.ids[name] = found["id"]
        return self.ids[name]

    def learn_ids(self) -> None:
        """Under which each model is known that was put into a folder, with one look at the list."""
        ids = {(i["folder"], i["file_name"]): i["id"] for i in self.listed()}
        self.ids |= {name: ids[self.place_of(name)[1:]] for name in self.disk.placed if self.place_of(name)[1:] in ids}

    def kind_of(self, name: str) -> str:
        return self.place_of(name)[0]

    def place_of(self, name: str) -> tuple[str, str, str]:
        """A model's kind, its folder below its library's, and its file's name."""
        if name in self.disk.placed:
            return self.disk.place_of(name)
        offered = self._world.downloads.offered.get(name)
        path = PurePosixPath(offered.file_name if offered else self._world.own(name))
        folder = path.parent.as_posix()
        return offered.kind if offered else self.KIND, "" if folder == "." else folder, path.name

    def content_of(self, name: str) -> bytes:
        """The bytes that a model was given, on the disk or by the hub."""
        if name in self.disk.placed:
            return self.disk.placed[name].content
        return self._world.downloads.offer_of(name).content

    def known(self, name: str) -> Item:
        """What the studio tells of one model."""
        body: Item = self._world.client.library.get(self.kind_of(name), self.id(name)).must().body
        return body
