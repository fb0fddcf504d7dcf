"""A picture that a scenario has in hand, and what must be read from it."""

from __future__ import annotations

from dataclasses import dataclass, field

from support.recipe_terms import LoraWord


@dataclass(frozen=True)
class InHand:
    """settings: in a product owner's words; loras: in the order in which the picture names them."""

    picture: bytes
    settings: dict[str, str] = field(default_factory=dict)
    loras: tuple[LoraWord, ...] = ()
