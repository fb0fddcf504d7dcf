"""What a scenario does with the model library and its folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from support import builders

if TYPE_CHECKING:
    from support.world import World


class Library:
    """Verbs on the library; remembers what was searched and scanned."""

    KIND = "loras"

    def __init__(self, world: World) -> None:
        self._world = world
        self.report: dict[str, Any] = {}

    KINDS = ("loras", "checkpoints", "embeddings")

    @property
    def folder(self) -> Path:
        return self.folder_of(self.KIND)

    def folder_of(self, kind: str) -> Path:
        return self._world.home / "models" / kind

    def copy_in(self, name: str) -> None:
        self._write(name, builders.safetensors(name, 20_000))

    def copy_in_damaged(self, name: str) -> None:
        whole = builders.safetensors(name, 20_000)
        self._write(name, whole[: len(whole) // 2])

    def _write(self, name: str, content: bytes) -> None:
        self._world.client.health().must()  # the studio is there before its folder is filled
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_bytes(content)

    def delete_from_disk(self, name: str) -> None:
        (self.folder / name).unlink()

    def scan(self) -> None:
        self.report = self._world.ask(self._world.client.library.scan(self.KIND)).must().body

    def search_hash_of(self, name: str, form: str) -> None:
        content = self._world.downloads.offered[name].content
        self.search_hash(builders.hash_of(content, form))

    def search_hash(self, value: str) -> None:
        self._world.ask(self._world.client.library.list(self.KIND, hash=value))

    def listed(self, kind: str = KIND) -> list[dict[str, Any]]:
        """Every model of a kind in the library."""
        found: list[dict[str, Any]] = []
        page = 1
        while True:
            body = self._world.client.library.list(kind, page=page, page_size=100).must().body
            found += body["items"]
            if len(found) >= body["total"] or not body["items"]:
                return found
            page += 1
