"""Where an attempt is: its predictions in a line of text, written down before each order and after each answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

# What a picture's place says while there is no prediction's id.
OPEN, ASKED, LOST, FAILED = "-", "?", "!", "x"
_WORDS = frozenset({OPEN, ASKED, LOST, FAILED})
_KIND = "replicate"


@dataclass
class Place:
    """slots: of each picture, its prediction's id, or OPEN: not ordered; ASKED: an order was about to be sent;
    LOST: it was sent, and no answer came; FAILED: there will be none. since: no order was sent before it;
    seed: of the first picture.
    """

    model: str
    since: datetime
    seed: int
    slots: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{_KIND} {self.model} {self.since.isoformat()} {self.seed} {','.join(self.slots)}"

    @property
    def ids(self) -> list[str]:
        return [slot for slot in self.slots if slot not in _WORDS]

    @property
    def unsure(self) -> list[int]:
        """The pictures of which nobody knows whether they were ordered, counted from 0."""
        return [number for number, slot in enumerate(self.slots) if slot in (ASKED, LOST)]

    @classmethod
    def read(cls, text: str | None) -> Place | None:
        """The place that a text tells; None for none, or another backend's."""
        parts = (text or "").split(" ")
        if len(parts) != 5 or parts[0] != _KIND:
            return None
        try:
            return cls(parts[1], datetime.fromisoformat(parts[2]), int(parts[3]), parts[4].split(","))
        except ValueError:
            return None
