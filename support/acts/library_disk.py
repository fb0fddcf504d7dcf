"""What a scenario puts into the folders of the library, takes away there, and finds there again."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support import library_files
from support.bdd import StepError
from support.library_words import known
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

Files = dict[str, str]
MINUTE = timedelta(minutes=1)
# How long a studio is given to take what is not whole for a model.
MOMENT = timedelta(milliseconds=400)


@dataclass
class Placed:
    """A model that a scenario has put on the disk. companions: what lies beside it, by the endings of their files."""

    kind: str
    path: Path
    content: bytes
    companions: dict[str, bytes] = field(default_factory=dict)

    @property
    def files(self) -> dict[Path, bytes]:
        """All that belongs to it, as it must lie there."""
        beside = {self.beside(suffix): content for suffix, content in self.companions.items()}
        return {self.path: self.content, **beside}

    def beside(self, suffix: str) -> Path:
        return self.path.with_name(self.path.stem + suffix)


@dataclass(frozen=True)
class Snapshot:
    """The library at one moment: the SHA-256 of each file below its folders, and each entry by its kind and id."""

    files: Files
    items: dict[tuple[str, str], dict[str, Any]]


class LibraryDisk:
    """Verbs on files; remembers what was put where, how all was before, and which models a change is about."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.placed: dict[str, Placed] = {}
        self.before: Snapshot | None = None
        self.touched: set[str] = set()
        self.outside: Path | None = None
        self.listed_half = False

    # Models

    def copy_in(self, name: str, kind: str = "loras", **more: Any) -> Placed:
        """Put a model into its kind's folder; the library knows nothing of it yet. more: as `weights` takes it."""
        self._world.client.health().must()  # the studio is there before its folder is filled
        content = library_files.weights(name, **more)
        placed = Placed(kind, self.root_of(kind) / name, content)
        self.placed[name] = placed
        write(placed.path, content)
        return placed

    def root_of(self, kind: str) -> Path:
        """The first folder of a kind in the library that is active."""
        return self._world.library.several.root_of(kind)

    def copy_in_all(self, names: list[str]) -> None:
        for name in names:
            self.copy_in(name)

    def copy_in_told(self, name: str, told: Mapping[str, str]) -> None:
        self.copy_in(name)
        self.tell_beside(name, told)

    def copy_in_trained(self, name: str, text: str) -> None:
        """A model whose trainer wrote for which base model it is, or nothing at all."""
        self.copy_in(name, said={"ss_base_model_version": text} if text else {})

    def put(self, name: str, kind: str = "loras", *, told: Mapping[str, str] | None = None, **more: Any) -> None:
        """Put a model into its folder, what is told of it beside it, and have the library take it in."""
        self.copy_in(name, kind, **more)
        if told:
            self.tell_beside(name, told)
        self.take_in(name)

    def put_with(self, name: str, suffixes: Sequence[str], **more: Any) -> None:
        self.copy_in(name, **more)
        for suffix in suffixes:
            self.add_beside(name, suffix)
        self.take_in(name)

    def put_with_everything(self, name: str) -> None:
        self.put_with(name, library_files.COMPANIONS)

    def put_copy(self, name: str, other: str) -> None:
        """The same bytes under another name."""
        self.copy_in(name)
        self.replace(name, self._world.library.content_of(other))
        self.take_in(name)

    def put_all(self, rows: Sequence[Mapping[str, str]]) -> None:
        """Models, each with what is told of it."""
        for row in rows:
            self.copy_in_told(row["name"], {what: text for what, text in row.items() if what != "name"})
        self._world.library.scan()

    def put_one_after_another(self, models: list[tuple[str, int]]) -> None:
        """Each a minute after the one before, by the studio's clock and by the disk's."""
        for name, size in models:
            placed = self.copy_in(name, size_bytes=size)
            moment = self._world.clock.now().timestamp()
            os.utime(placed.path, (moment, moment))
            self._world.library.scan()
            self._world.clock.advance(MINUTE)

    def put_many(self, count: int) -> None:
        """So many models, each with a picture beside it."""
        for number in range(1, count + 1):
            name = f"model-{number}.safetensors"
            self.copy_in(name, size_bytes=1000)
            self.add_beside(name, ".png")
        self._world.library.scan()
        self._world.library.learn_ids()

    def take_in(self, name: str) -> None:
        self._world.library.scan(self.placed[name].kind)
        self._world.library.id(name)

    def copy_in_damaged(self, name: str) -> None:
        content = self.copy_in(name).content
        self.replace(name, content[: len(content) // 2])

    def copy_first_half(self, name: str) -> None:
        """As a slow copy does it: the file has its name and half of its bytes. The studio is given time to look."""
        placed = self.copy_in(name)
        write(placed.path, placed.content[: len(placed.content) // 2])
        self.listed_half = bool(until(lambda: self._world.library.item(name), within=MOMENT))

    def copy_second_half(self, name: str) -> None:
        placed = self.placed[name]
        with placed.path.open("ab") as file:
            file.write(placed.content[len(placed.content) // 2 :])

    def replace_with_newer(self, name: str, size: int) -> None:
        self.replace(name, library_files.weights(f"{name}, newer", size_bytes=size))

    def replace(self, name: str, content: bytes) -> None:
        self.placed[name].content = content
        write(self.placed[name].path, content)

    def change_unseen(self, name: str) -> None:
        """Change one byte of the weights; neither the length nor the date betrays it."""
        placed = self.placed[name]
        status = placed.path.stat()
        self.replace(name, placed.content[:-1] + bytes([placed.content[-1] ^ 1]))
        os.utime(placed.path, ns=(status.st_atime_ns, status.st_mtime_ns))
        self.touched.add(name)

    def delete(self, name: str) -> None:
        path = self.placed[name].path if name in self.placed else self._world.library.folder / name
        path.unlink()

    # What lies beside them

    def add_beside(self, name: str, suffix: str) -> None:
        placed = self.placed[name]
        placed.companions[suffix] = library_files.companion(placed.path.name, suffix)
        write(placed.beside(suffix), placed.companions[suffix])

    def tell_beside(self, name: str, told: Mapping[str, str]) -> None:
        """Write a sidecar, as model managers do."""
        written = known(dict(told))
        mature = {"preview_nsfw_level": 8} if written.pop("mature", False) else {}
        self.write_sidecar(name, library_files.sidecar(Path(name).name, written | mature))

    def write_sidecar(self, name: str, content: bytes) -> None:
        placed = self.placed[name]
        placed.companions[library_files.SIDECAR] = content
        write(placed.beside(library_files.SIDECAR), content)

    def sidecar_of(self, name: str) -> dict[str, Any]:
        """What stands beside a model now; empty when nothing does."""
        file = self.placed[name].beside(library_files.SIDECAR)
        told: dict[str, Any] = json.loads(file.read_bytes()) if file.exists() else {}
        return told

    # How all is

    def remember(self, *names: str) -> None:
        """How everything is before a change, and which models the change is about."""
        self.before = self.snapshot()
        self.touched |= set(names)

    def snapshot(self) -> Snapshot:
        library = self._world.library
        items = {}
        for kind in library.KINDS:
            for item in (*library.listed(kind), *library.listed(kind, excluded=True)):
                items[(kind, item["id"])] = item
        return Snapshot(self._files(), items)

    def place_of(self, name: str) -> tuple[str, str, str]:
        """A model's kind, its folder below its library's, and its file's name."""
        placed = self.placed[name]
        for root in self._roots():
            if placed.path.is_relative_to(root):
                folder = placed.path.parent.relative_to(root).as_posix()
                return placed.kind, "" if folder == "." else folder, placed.path.name
        raise StepError(f"{name!r} lies in no library: {placed.path}")

    def _roots(self) -> list[Path]:
        """Every folder of every library."""
        return [root for kinds in self._world.library.several.roots.values() for root in kinds.values()]

    def _files(self) -> Files:
        """Every file below the libraries' folders, hidden folders left out: those are the studio's own."""
        found = {}
        for root in {*self._roots(), *([self.outside] if self.outside else [])}:
            for path in root.rglob("*"):
                hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
                if path.is_file() and not hidden:
                    found[str(path)] = digest(path.read_bytes())
        return found


def write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
