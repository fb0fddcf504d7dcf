"""What a scenario changes in the library: deletes and brings back, renames, moves, excludes, notes."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

import httpx

from support.bdd import StepError
from support.client import Answer
from support.library_words import known
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

SECOND = timedelta(seconds=1)
# After so many settings a kill is in the midst of them.
ENOUGH = 20


class LibraryChanges:
    """Verbs that change models; remembers what was deleted together, and until when it can be brought back."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.batch: str | None = None
        self.undo_until: datetime | None = None
        self.told: dict[str, str] = {}
        self.wanted: list[int] = []

    # Deleting, and bringing back

    def delete(self, name: str) -> None:
        self._remember(name)
        self._note_batch(self._world.client.library.delete(*self._named(name)))

    def must_delete(self, name: str) -> None:
        self.delete(name)
        self._world.answered.must()

    def delete_all(self, names: list[str]) -> None:
        """With one wish; they are of one kind."""
        self._remember(*names)
        library = self._world.library
        ids = [library.id(name) for name in names]
        self._note_batch(self._world.client.library.delete_all(library.kind_of(names[0]), ids))

    def must_delete_all(self, names: list[str]) -> None:
        self.delete_all(names)
        self._world.answered.must()

    def delete_with(self, name: str, what: str) -> None:
        """With one wish, together with what is no LoRA of this library."""
        library = self._world.library
        if what == "a model of another kind":
            library.disk.put("neonMix.safetensors", "checkpoints")
            others = [library.id("neonMix.safetensors")]
        else:
            others = ["0" * 32] if what == "a model that nobody knows" else ["../neon-city.safetensors"]
        library.disk.remember()
        self._note_batch(self._world.client.library.delete_all("loras", [library.id(name), *others]))

    def _note_batch(self, answer: Answer) -> None:
        if self._world.ask(answer).accepted:
            self.batch = answer.body["batch_id"]
            self.undo_until = datetime.fromisoformat(answer.body["undo_until"])

    def undo(self) -> None:
        if self.batch is None:
            raise StepError("nothing was deleted that could be brought back")
        self._world.ask(self._world.client.library.undo(self.batch))

    def must_undo(self) -> None:
        self.undo()
        self._world.answered.must()

    def undo_unknown(self) -> None:
        self._world.library.disk.remember()
        self._world.ask(self._world.client.library.undo("0" * 32))

    def undo_after(self, duration: timedelta) -> None:
        self._world.clock.advance(duration)
        self.undo()

    def let_grace_pass(self) -> None:
        """Move the clock past the moment until which a deletion can be undone."""
        if self.undo_until is None:
            raise StepError("nothing was deleted that could be brought back")
        left = self.undo_until - self._world.clock.now() + SECOND
        self._world.clock.advance(max(left, SECOND))

    def be_away(self, duration: timedelta) -> None:
        """Stop the studio, and start it anew after that time."""
        self._world.restart()
        self._world.clock.advance(duration)
        self._world.client.health().must()

    def occupy(self, name: str) -> None:
        """Somebody else puts another model where a deleted one was."""
        disk = self._world.library.disk
        placed = disk.placed[name]
        stranger = replace(placed, content=placed.content[:-1] + b"!", companions={})
        disk.placed[f"another {name}"] = stranger
        disk.touched.add(f"another {name}")
        stranger.path.write_bytes(stranger.content)

    def occupy_and_fail_to_undo(self, name: str) -> None:
        self.occupy(name)
        self.undo()
        if self._world.answered.accepted:
            raise StepError(f"{name!r} was to be kept from coming back, and came")

    def make_room(self) -> None:
        """Take away what lies where a deleted model was."""
        disk = self._world.library.disk
        for name in [name for name in disk.placed if name.startswith("another ")]:
            disk.placed.pop(name).path.unlink()
            disk.touched.discard(name)

    # Names and places

    def rename(self, name: str, to: str) -> None:
        """to: the new name without its ending."""
        self._remember(name)
        answer = self._world.ask(self._world.client.library.rename(*self._named(name), to))
        if answer.accepted:
            self._follow(name, PurePosixPath(name).with_name(to + PurePosixPath(name).suffix).as_posix())

    def must_rename(self, name: str, to: str) -> None:
        self.rename(name, to)
        self._world.answered.must()

    def move(self, name: str, folder: str) -> None:
        self._remember(name)
        answer = self._world.ask(self._world.client.library.move(*self._named(name), folder))
        if answer.accepted:
            self._follow(name, (PurePosixPath(folder) / PurePosixPath(name).name).as_posix())

    def _follow(self, name: str, new: str) -> None:
        """From here on the scenario speaks of it under its new name; what lies there must be what lay here."""
        library, disk = self._world.library, self._world.library.disk
        placed = disk.placed[name]
        disk.placed[new] = replace(placed, path=disk.root_of(placed.kind) / new)
        library.ids[new] = library.id(name)
        disk.touched.add(new)

    # Leaving out

    def exclude(self, name: str) -> None:
        self._remember(name)
        self._world.ask(self._world.client.library.exclude(*self._named(name))).must()

    def include(self, name: str) -> None:
        self._remember(name)
        self._world.ask(self._world.client.library.include(*self._named(name))).must()

    # Notes

    def note(self, name: str, table: dict[str, str]) -> None:
        """Say something of a model that is to be kept beside it."""
        self.told = table
        self._remember(name)
        self._world.ask(self._world.client.library.change(*self._named(name), known(table)))

    def must_note(self, name: str, table: dict[str, str]) -> None:
        self.note(name, table)
        self._world.answered.must()

    # Checking

    def verify(self, names: list[str] | None) -> None:
        """names: None for every LoRA."""
        library = self._world.library
        library.disk.remember(*(names or ()))
        ids = None if names is None else [library.id(name) for name in names]
        self._world.ask(self._world.client.library.verify(library.KIND, ids))

    # Killed midway

    def kill_and_let_grace_pass(self) -> None:
        self._world.kill()
        self._world.client.health().must()
        self.let_grace_pass()

    def kill_while_deleting(self) -> None:
        """Ask for everything to be deleted, and kill the studio once some is gone and some is not."""
        library = self._world.library
        ids = [library.id(name) for name in library.disk.placed]
        paths = [placed.path for placed in library.disk.placed.values()]
        client = self._world.client.library
        self._kill_during(lambda: client.delete_all("loras", ids), lambda: not all(path.exists() for path in paths))

    def kill_while_renaming(self, name: str, to: str) -> None:
        files, named, client = [*self._world.library.disk.placed[name].files], self._named(name), self._world.client
        self._kill_during(lambda: client.library.rename(*named, to), lambda: not all(file.exists() for file in files))

    def kill_while_setting(self) -> None:
        """Set the number of downloads to one after another, and kill the studio in the midst of it."""
        client = self._world.client.preferences

        def set_again_and_again() -> None:
            while True:
                self.wanted.append(len(self.wanted) % 15 + 2)
                client.set(concurrency=self.wanted[-1])

        self._kill_during(set_again_and_again, lambda: len(self.wanted) > ENOUGH)

    def _kill_during(self, ask: Callable[[], Any], begun: Callable[[], bool]) -> None:
        """Kill the studio, which runs in a process of its own, as soon as what it is asked for has begun."""

        def asked() -> None:
            # Whoever asks a studio that is killed gets no answer.
            with suppress(httpx.HTTPError):
                ask()

        if self._world.process is None:
            raise StepError("say first that the studio may be killed")
        asking = threading.Thread(target=asked, name="asking")
        asking.start()
        until(begun)
        self._world.process.kill()
        asking.join()
        self._world.kill()

    # What they share

    def _named(self, name: str) -> tuple[str, str]:
        return self._world.library.kind_of(name), self._world.library.id(name)

    def _remember(self, *names: str) -> None:
        for name in names:
            self._world.library.id(name)
        self._world.library.disk.remember(*names)
