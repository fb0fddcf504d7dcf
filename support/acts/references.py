"""What a scenario does with reference pictures: have one, and ask for a picture that follows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support import builders, pictures
from support.acts.generation import as_data_url

if TYPE_CHECKING:
    from support.world import World

SIZE = (256, 256)
NOBODY = "6f1c2c1e-0000-4000-8000-000000000000"


class References:
    """Verbs on reference pictures; remembers the one in hand, and where it is offered."""

    NAME = "reference.png"

    def __init__(self, world: World) -> None:
        self._world = world
        self.picture = b""
        self.address = ""

    def have(self, colour: str, shape: str) -> None:
        """A reference picture in hand, and on offer for whoever looks it up by its address."""
        self._offer(pictures.drawn(colour, shape, size=SIZE))
        self._world.evidence.picture("the reference picture", self.picture)

    def offer_a_web_page(self) -> None:
        self._offer(builders.not_a_picture("a web page", b""))

    def _offer(self, content: bytes) -> None:
        self.picture = content
        self.address = self._world.hub.offers(self._world.own(self.NAME), content=content).url

    def ask(self, prompt: str, **more: Any) -> None:
        """Ask for a picture that follows the reference, which goes along."""
        self._make(prompt, image=as_data_url(self.picture), **more)

    def have_asked(self, prompt: str) -> None:
        self.ask(prompt)
        self._world.answered.must()

    def ask_by(self, prompt: str, way: str) -> None:
        """Ask with the reference brought in one of the ways that there are."""
        verbs = {
            "as an uploaded file": lambda: self._world.generation.make_with_file(prompt, self.picture, seed=42),
            "by its address": lambda: self._make(prompt, image_url=self.address),
        }
        verbs[way]()

    def ask_at(self, prompt: str, address: str) -> None:
        self._make(prompt, image_url=address)

    def ask_twice(self, prompt: str) -> None:
        """Ask with two references at once."""
        self._make(prompt, image=as_data_url(self.picture), image_url=self.address)

    def ask_with_the_character(self, prompt: str) -> None:
        self._make(prompt, image=self._world.characters.images[0]["id"])

    def ask_with(self, prompt: str, mischief: str) -> None:
        """Ask with something in the reference's place that is none."""
        whole = pictures.drawn("red", "circle", size=SIZE)
        if mischief == "a character nobody described":
            self._make(prompt, image=NOBODY)
        elif mischief == "a picture of far too many pixels":
            self._make(prompt, image=as_data_url(builders.bomb()))
        else:
            self._make(prompt, image=as_data_url(builders.not_a_picture(mischief, whole)))

    def complete_job(self, prompt: str) -> None:
        self._world.jobs.complete(prompt, image=as_data_url(self.picture))

    def _make(self, prompt: str, **more: Any) -> None:
        self._world.generation.make(prompt, seed=42, **more)
