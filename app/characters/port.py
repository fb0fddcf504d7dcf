"""The port to whoever paints a character; the studio's generation, seen from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

FileFormat = Literal["png", "jpg", "webp"]


@dataclass(frozen=True)
class Sitting:
    """What shall be painted. width, height: pixels; seed: None lets the painter choose one."""

    prompt: str
    negative_prompt: str
    width: int
    height: int
    count: int
    seed: int | None
    output_format: FileFormat


@dataclass(frozen=True)
class Portrait:
    """One picture as a file, and the seed that gives it again."""

    data: bytes
    seed: int


class Painter(Protocol):
    """Paints portraits. name: of the model, as the answer tells it."""

    @property
    def name(self) -> str: ...

    def paint(self, sitting: Sitting) -> list[Portrait]:
        """`sitting.count` different pictures; the same sitting with the same seed gives the same ones.

        Raises Unavailable when nothing can be painted now.
        """
