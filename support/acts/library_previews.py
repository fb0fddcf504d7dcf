"""What a scenario does with the previews of models: has them shown, gives them, takes them away."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support import library_files
from support.bdd import StepError
from support.client import Answer

if TYPE_CHECKING:
    from support.world import World


@dataclass(frozen=True)
class Piece:
    """A piece of a preview that was asked for: from this byte to that one, both counted."""

    first: int
    last: int


class LibraryPreviews:
    """Verbs on previews; remembers which piece was asked for, and what was shown before."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._piece: Piece | None = None

    def have_mature(self, name: str) -> None:
        disk = self._world.library.disk
        disk.copy_in(name)
        disk.add_beside(name, ".png")
        disk.tell_beside(name, {"mature": "yes"})
        disk.take_in(name)

    @property
    def piece(self) -> Piece:
        if self._piece is None:
            raise StepError("no piece of a preview was asked for")
        return self._piece

    def show(self, name: str, *, method: str = "GET", **headers: str) -> Answer:
        library = self._world.library
        preview = self._world.client.library.preview
        return self._world.ask(preview(library.kind_of(name), library.id(name), method=method, **headers))

    def show_piece(self, name: str, first: int, last: int) -> None:
        self._piece = Piece(first, last)
        self.show(name, Range=f"bytes={first}-{last}")

    def show_past_the_end(self, name: str) -> None:
        self.show(name, Range=f"bytes={len(self.of(name)) + 10}-")

    def show_again(self, name: str) -> None:
        """Ask for what is held already."""
        held = self.show(name).must()
        self.show(name, **{"If-None-Match": held.headers["ETag"]})

    def go_on_after_change(self, name: str) -> None:
        """Ask for the rest of a preview that has become another one since its beginning was shown."""
        begun = self.show(name, Range="bytes=0-99").must()
        self.give(name, library_files.picture("another one"))
        self._world.answered.must()
        self.show(name, Range="bytes=100-", **{"If-Range": begun.headers["ETag"]})

    def give(self, name: str, content: bytes) -> None:
        library = self._world.library
        library.disk.remember(name)
        answer = self._world.client.library.give_preview(library.kind_of(name), library.id(name), content)
        if self._world.ask(answer).accepted:
            self._keep(name, answer.body, content)

    def give_picture(self, name: str) -> None:
        self.give(name, library_files.picture(f"a preview of {name}"))

    def give_nonsense(self, name: str, what: str) -> None:
        self.give(name, library_files.not_a_preview(what))

    def take(self, name: str) -> None:
        library = self._world.library
        library.disk.remember(name)
        suffix = self.suffix_of(name)
        self._world.ask(self._world.client.library.take_preview(library.kind_of(name), library.id(name))).must()
        del library.disk.placed[name].companions[suffix]

    def _keep(self, name: str, item: dict[str, Any], content: bytes) -> None:
        """The studio has written it beside the model, and says under which name; it takes the old one's place."""
        placed = self._world.library.disk.placed[name]
        for suffix in [suffix for suffix in placed.companions if suffix != library_files.SIDECAR]:
            del placed.companions[suffix]
        placed.companions[str(item["preview"]).removeprefix(placed.path.stem)] = content

    def suffix_of(self, name: str) -> str:
        """The ending of the preview that a model has been given last."""
        companions = self._world.library.disk.placed[name].companions
        found = [suffix for suffix in companions if suffix != library_files.SIDECAR]
        if not found:
            raise StepError(f"{name!r} has been given no preview")
        return found[-1]

    def of(self, name: str) -> bytes:
        """The preview that a model has been given."""
        return self._world.library.disk.placed[name].companions[self.suffix_of(name)]
