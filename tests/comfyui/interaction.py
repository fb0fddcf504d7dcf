"""An interaction: a name that says what is asked, and a small function that asks it and tells what it saw."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.comfyui.normal import Json
from tests.comfyui.visit import Visit

Play = Callable[[Visit], Json]


@dataclass(frozen=True)
class Interaction:
    """One question to a server. checkpoint: it needs a server with a checkpoint (and, where named, a LoRA)."""

    name: str
    play: Play
    checkpoint: bool


ALL: dict[str, Interaction] = {}


def interaction(*, checkpoint: bool = False) -> Callable[[Play], Play]:
    """Register a function under its own name. Raises ValueError for a second one of that name."""

    def register(play: Play) -> Play:
        name = play.__name__
        if name in ALL:
            raise ValueError(f"two interactions are called {name!r}")
        ALL[name] = Interaction(name, play, checkpoint)
        return play

    return register
