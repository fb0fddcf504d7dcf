"""What a scenario does with characters that pictures follow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support import replicate_words
from support.acts.references import NOBODY

if TYPE_CHECKING:
    from support.world import World


class Followed:
    """Verbs on pictures that follow a character; remembers which reference pictures were named last."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.ids: list[str] = []

    def ask(self, prompt: str, count: int) -> None:
        """Ask for a picture that follows the first reference pictures of the character in hand."""
        self._make(prompt, self._known[:count])

    def have_asked(self, prompt: str, count: int) -> None:
        self.ask(prompt, count)
        self._world.answered.must()

    def ask_the_other_way_round(self, prompt: str) -> None:
        self._make(prompt, self.ids[::-1])

    def ask_with(self, prompt: str, what: str) -> None:
        """Ask with something in the characters' place that names none, or too many."""
        first, fifth = self._known[0], [*self._known, NOBODY]
        named = ([NOBODY], [first, first], fifth, ["../../etc/passwd"])
        self._make(prompt, dict(zip(replicate_words.NO_CHARACTERS, named, strict=True))[what])

    def start(self, prompt: str, name: str) -> None:
        """Bring a job that follows an uploaded picture to be painted."""
        self.ids = [self._world.uploads.of(name).image_id]
        self._world.jobs.start(prompt, 0, character_references=self.ids)

    @property
    def _known(self) -> list[str]:
        return [str(image["id"]) for image in self._world.characters.images]

    def _make(self, prompt: str, ids: list[str], **more: Any) -> None:
        self.ids = ids
        self._world.generation.make(prompt, seed=42, character_references=ids, **more)
