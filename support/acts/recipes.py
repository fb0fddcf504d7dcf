"""What a scenario does with recipes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support import builders, pictures
from support.bdd import StepError

if TYPE_CHECKING:
    from support.world import World


class Recipes:
    """Verbs on recipes; remembers the picture in hand and which recipe a name stands for."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.settings: dict[str, str] = {}
        self._picture: bytes | None = None
        self.ids: dict[str, str] = {}
        self.pictures: dict[str, bytes] = {}
        self.current: str | None = None

    @property
    def prompt(self) -> str:
        return self.settings["prompt"]

    @property
    def picture(self) -> bytes:
        """The picture in hand: the one given, else the last one that was made."""
        if self._picture is not None:
            return self._picture
        if self._world.generation.pictures:
            return self._world.generation.pictures[0]
        raise StepError("there is no picture: give one, or have one made")

    def picture_with(self, settings: dict[str, str]) -> None:
        self.settings = settings
        self._hold(pictures.png_with_text(builders.parameters(settings)))

    def plain_picture(self) -> None:
        self._hold(pictures.png_with_text(None))

    def no_picture(self, what: str) -> None:
        whole = pictures.png_with_text(builders.parameters({"prompt": "a lighthouse"}))
        self._picture = builders.not_a_picture(what, whole)
        self._world.evidence.text(what, repr(self._picture[:200]))

    def _hold(self, picture: bytes) -> None:
        self._picture = picture
        self._world.evidence.picture("the picture", picture)

    def analyse(self) -> None:
        self._world.ask(self._world.client.recipes.analyse(self.picture))

    def save(self, name: str) -> None:
        answer = self._world.ask(self._world.client.recipes.save(self._world.own(name), self.picture))
        self.current = name
        if answer.accepted:
            self.ids[name] = answer.body["id"]
            self.pictures[name] = self.picture

    def save_with_prompt(self, name: str, prompt: str) -> None:
        self.picture_with({"prompt": prompt})
        self.save(name)
        self.id(name)

    def delete(self, name: str) -> None:
        self._world.client.recipes.delete(self.id(name)).must()

    def search(self, words: str) -> None:
        self._world.ask(self._world.client.recipes.search(words))

    def id(self, name: str) -> str:
        if name not in self.ids:
            answer = self._world.answer
            raise StepError(f"there is no recipe {name!r}: {answer.reason if answer else 'nobody saved it'}")
        return self.ids[name]
