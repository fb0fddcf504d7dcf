"""What lies in a library's folders beside plain models, and what happens to them: neighbours, links, bad disks."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from support import library_files, own_disk
from support.acts.library_disk import LibraryDisk, Placed, write
from support.bdd import StepError

if TYPE_CHECKING:
    from support.world import World

# Of a sidecar: more than is left on a disk that is nearly full, on which a few small files still fit.
MUCH_BYTES, LITTLE_BYTES = 60_000, 24_000


class LibraryTroubles:
    """Verbs on what makes a library's life hard."""

    def __init__(self, world: World, disk: LibraryDisk) -> None:
        self._world = world
        self._disk = disk

    def put_neighbours(self) -> None:
        """What lies beside "neon-city.safetensors" and looks as if it belonged to it; and one of its name elsewhere."""
        for name, suffix in (
            ("neon-city-2.safetensors", ".png"),
            ("neon-city.v2.safetensors", library_files.SIDECAR),
            ("neon.safetensors", ".webp"),
            ("films/neon-city.safetensors", ".png"),
        ):
            self._disk.put_with(name, [suffix])
        self._disk.copy_in("neon-city.ckpt.safetensors", "checkpoints")
        self._disk.take_in("neon-city.ckpt.safetensors")
        for name in ("neon-city.txt", "neon-city-old.png", "neon-cityscape.webp"):
            self.put_stranger(name)

    def put_twin(self, name: str, other: str) -> None:
        """Another file of weights of the same name; what lies beside the one lies beside both."""
        self._disk.copy_in(name)
        self._disk.placed[name].companions = self._disk.placed[other].companions
        self._disk.take_in(name)

    def put_stranger(self, name: str) -> None:
        """A file that looks as if it belonged to somebody else's model."""
        write(self._disk.root_of("loras") / name, f"{name}, of somebody else".encode())

    def add_no_model(self, what: str) -> None:
        root, content = self._disk.root_of("loras"), library_files.weights("no model")
        if what == "a link that leads nowhere":
            (root / "nowhere.safetensors").symlink_to(root / "no-such-file")
            return
        name, held = {
            "a text": ("neon-city.txt", b"trigger words: neon"),
            "a stray picture": ("lighthouse.png", library_files.picture("lighthouse")),
            "a folder named like a model": ("folder.safetensors/readme.txt", b"read me"),
            "an unfinished download": ("neon-city.safetensors.part", content[:5000]),
        }[what]
        write(root / name, held)

    def link(self, name: str, what: str) -> None:
        root, path = self._disk.root_of("loras"), self._disk.placed[name].path
        links = {
            "a link to its folder": (root / "linked", path.parent),
            "a folder that links to itself": (path.parent / "itself", path.parent),
        }
        place, target = links[what]
        place.symlink_to(target, target_is_directory=target.is_dir())

    def link_in_from_outside(self, name: str) -> None:
        """A model that lies elsewhere, in a folder that is linked into the LoRA folder."""
        self._world.client.health().must()
        self._disk.outside = self._world.folder / "elsewhere"
        root, path = self._disk.root_of("loras"), PurePosixPath(name)
        content = library_files.weights(name)
        write(self._disk.outside / path.name, content)
        root.mkdir(parents=True, exist_ok=True)
        (root / path.parent).symlink_to(self._disk.outside, target_is_directory=True)
        self._disk.placed[name] = Placed("loras", root / name, content)

    def mount_small(self, folder: str, size: int) -> None:
        """A folder of the LoRAs is a disk of its own; the empty name is that of all of them."""
        self._world.client.health().must()
        self._world.at_the_end(own_disk.mounted(self._disk.root_of("loras") / folder, size_bytes=size))

    def write_much_and_fill(self, name: str) -> None:
        """So much is known of a model that its sidecar, written anew, would not fit beside it any more."""
        placed = self._disk.placed[name]
        notes = {"notes": "good at signs, " * (MUCH_BYTES // 15)}
        placed.companions[library_files.SIDECAR] = library_files.sidecar(placed.path.name, notes)
        write(placed.beside(library_files.SIDECAR), placed.companions[library_files.SIDECAR])
        self._disk.take_in(name)
        own_disk.fill(self._disk.root_of("loras"))
        filler = self._disk.root_of("loras") / own_disk.FILLER
        os.truncate(filler, filler.stat().st_size - LITTLE_BYTES)

    def fill_the_disk(self) -> None:
        """Somebody else has left not a byte on the disk that the LoRAs lie on."""
        own_disk.fill(self._disk.root_of("loras"))

    def damage_row(self, name: str, what: str) -> None:
        """Spoil the library's own entry of a model, as a bad disk or an older program may have."""
        model_id = self._world.library.id(name)
        column, value = {
            "its hash": ("sha256", "not a hash"),
            "its size": ("size_bytes", -1),
            "its tags": ("tags", "[not tags"),
        }[what]
        self._world.restart()
        with closing(sqlite3.connect(self._world.home / "studio.db")) as database, database:
            # The column's name is one of those above, never from outside.
            changed = database.execute(f"UPDATE model_files SET {column} = ? WHERE id = ?", (value, model_id))
            if changed.rowcount != 1:
                raise StepError(f"the database has no model {model_id}")

    def lose_database(self) -> None:
        """The studio starts with none: whatever it knew of its models is gone, the models are not."""
        self._world.restart()
        for file in self._world.home.glob("studio.db*"):
            file.unlink()
        self._world.library.ids.clear()
