"""Colour and shape words, and what they look like."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

Colour = tuple[int, int, int]

COLOURS: dict[str, Colour] = {
    "red": (215, 38, 38),
    "orange": (245, 135, 20),
    "yellow": (245, 215, 35),
    "green": (35, 150, 60),
    "cyan": (25, 190, 205),
    "blue": (35, 75, 215),
    "purple": (125, 45, 165),
    "pink": (245, 120, 175),
    "brown": (120, 70, 35),
    "white": (250, 250, 250),
    "grey": (128, 128, 128),
    "black": (18, 18, 18),
}
# Which of them can stand for a prompt that names none: those that no background is taken for.
VIVID = ("red", "orange", "yellow", "green", "cyan", "blue", "purple", "pink", "brown")
SHAPES = ("circle", "square", "triangle")

_SYNONYMS = {
    "gray": "grey", "violet": "purple", "turquoise": "cyan", "golden": "yellow", "scarlet": "red",
    "disc": "circle", "ball": "circle", "round": "circle", "box": "square", "cube": "square",
    "pyramid": "triangle",
}  # fmt: skip
_WORD = re.compile(r"[a-z]+")


def words_of(text: str) -> list[str]:
    """The colour and shape words of a text, in order, each by its usual name, plurals included."""
    found = []
    for word in _WORD.findall(text.casefold()):
        usual = next((form for form in (word, word.removesuffix("s")) if form in _ALL or form in _SYNONYMS), None)
        if usual is not None:
            found.append(_SYNONYMS.get(usual, usual))
    return found


def colours_of(text: str, *, without: Collection[str] = ()) -> tuple[str | None, str | None]:
    """The colour that a text wants for its subject, and the one for its background; None when unsaid.

    The background's is the one right before the word "background": "a red circle on a blue background".
    without: words that count as unsaid.
    """
    before, found, _ = text.casefold().partition("background")
    subject = [word for word in words_of(text) if word in COLOURS]
    last = "".join(_WORD.findall(before)[-1:]) if found else ""
    behind = next((word for word in words_of(last) if word in COLOURS), None)
    if behind is not None:
        subject.remove(behind)
    wanted = next((word for word in subject if word not in without), None)
    return wanted, None if behind in without else behind


def shape_of(text: str, *, without: Collection[str] = ()) -> str | None:
    return next((word for word in words_of(text) if word in SHAPES and word not in without), None)


def farthest(from_: Colour, among: Sequence[str]) -> str:
    """The colour of `among` that differs most, so that the subject stands out."""
    return max(among, key=lambda name: distance(COLOURS[name], from_))


def distance(one: Colour, other: Colour) -> int:
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


_ALL = frozenset(COLOURS) | frozenset(SHAPES)
