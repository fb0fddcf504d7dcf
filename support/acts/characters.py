"""What a scenario does with characters and their reference pictures."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.world import World


class Characters:
    """Verbs on characters; remembers the set made last, and the one before it."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.images: list[dict[str, Any]] = []
        self.before: list[dict[str, Any]] = []

    def have(self, description: str, **more: Any) -> None:
        self.make(description, **more)
        self._world.answered.must()

    def make(self, description: str, **more: Any) -> None:
        answer = self._world.ask(self._world.client.characters.generate(description, **more))
        if answer.accepted:
            self.before, self.images = self.images, answer.body["images"]
            for number, image in enumerate(self.images, 1):
                self._world.evidence.picture(f"reference picture {number}", self.bytes_of(image))

    def fetch(self, image_id: str) -> None:
        self._world.ask(self._world.client.characters.reference(image_id))

    @staticmethod
    def bytes_of(image: dict[str, Any]) -> bytes:
        return base64.b64decode(image["base64"].rpartition(",")[2])
