"""What a scenario sets while the studio works, and the disk that it gives the studio."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support import own_disk
from support.download_words import setting, value

if TYPE_CHECKING:
    from support.world import World

NEVER_FREE_BYTES = 2**60


class Preferences:
    """Verbs on the settings that can be changed while the studio works; remembers what they were before."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.before: dict[str, Any] = {}
        self.set_names: set[str] = set()
        self.other_folder: Path | None = None

    # Setting

    def set(self, **changes: Any) -> None:
        """Change some; what all were before is remembered."""
        self.before = self.now()
        self.set_names = set(changes)
        self._world.ask(self._world.client.preferences.set(**changes))

    def must_set(self, **changes: Any) -> None:
        self.set(**changes)
        self._world.answered.must()

    def set_one(self, name: str, to: object) -> None:
        self.set(**{name: to})

    def set_and_restart(self, name: str, to: object) -> None:
        self.must_set(**{name: to})
        self._world.restart()

    def set_all(self, table: dict[str, str]) -> None:
        self.set(**{setting(name): value(text) for name, text in table.items()})

    def set_key(self, host: str, key: str | None) -> None:
        self.set(keys={host: key})
        self.set_names = {"keys_set"}

    def give_key(self, host: str, key: str) -> None:
        self.set_key(host, key)
        self._world.answered.must()

    def now(self) -> dict[str, Any]:
        body: dict[str, Any] = self._world.client.preferences.get().must().body
        return body

    # The disk

    def demand_the_impossible(self) -> None:
        """More must stay free than any disk has."""
        self._world.decide(download_keep_free_bytes=NEVER_FREE_BYTES)

    def make_room(self) -> None:
        self.must_set(keep_free_bytes=0)

    def move_library(self) -> None:
        """Have LoRAs kept in a folder of their own from now on."""
        self.other_folder = self._world.folder / "other-library"
        self.other_folder.mkdir()
        self.must_set(library_roots={"loras": [str(self.other_folder)]})

    def give_small_disk(self, size: int) -> None:
        """The models lie on a disk of so many bytes."""
        models = self._world.home / "models"
        self._world.at_the_end(own_disk.mounted(models, size_bytes=size))

    def write_protect(self, kind: str) -> None:
        self._world.at_the_end(own_disk.mounted(self._world.home / "models" / kind, read_only=True))

    def fill_the_disk_midway(self, name: str) -> None:
        """Bring a download to its middle, fill the disk, let the rest come: it must wait for room."""
        self._world.course.bring_to_half(name)
        own_disk.fill(self._world.home / "models")
        self._world.course.let_go(name)
        self._world.course.must_become(name, "waiting")

    def empty_the_disk_and_pass_every_wait(self, name: str) -> None:
        (self._world.home / "models" / own_disk.FILLER).unlink()
        self._world.downloads.pass_every_wait(name)

    # Strange things on the disk

    def leave_a_partial_file(self) -> None:
        stray = self._world.library.folder / ".partial" / f"{'0' * 32}.part"
        stray.parent.mkdir(exist_ok=True)
        stray.write_bytes(b"of nobody")
        # A fresh one might be another studio's that keeps its models in the same folder.
        os.utime(stray, (0, 0))

    def link_outside(self, name: str) -> None:
        """A link in the LoRA folder that leads to a folder outside."""
        outside = self._world.folder / "outside"
        outside.mkdir()
        self._world.library.folder.mkdir(parents=True, exist_ok=True)
        (self._world.library.folder / name).symlink_to(outside, target_is_directory=True)
