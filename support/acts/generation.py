"""What a scenario does to have pictures made."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.world import World


class Generation:
    """Verbs on generation; remembers the pictures made last, those before, and the seed that was told."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.pictures: list[bytes] = []
        self.before: list[bytes] = []
        self.seed_told: int | None = None
        self.prompt = ""

    def have(self, prompt: str, seed: int | None) -> None:
        self.make(prompt, seed=seed)
        self._world.answered.must()

    def make(self, prompt: str, **request: Any) -> None:
        """Ask for a picture; 256×256 unless the request says otherwise."""
        self.prompt = prompt
        request = {"width": 256, "height": 256, "steps": 4} | request
        answer = self._world.ask(self._world.client.generation.infer(prompt=prompt, **request))
        if answer.accepted:
            self.before, self.pictures = self.pictures, [from_data_url(url) for url in answer.body["images"]]
            self.seed_told = answer.body["seed"]
            for number, picture in enumerate(self.pictures, 1):
                self._world.evidence.picture(f"picture {number}", picture)

    def make_with_the_seed_told(self, prompt: str) -> None:
        self.make(prompt, seed=self.seed_told)


def from_data_url(url: str) -> bytes:
    """The bytes of a `data:…;base64,…` address."""
    return base64.b64decode(url.partition(",")[2])
