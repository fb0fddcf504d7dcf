"""All texts of a picture, prepared for the readers: prefixes resolved, JSON parsed once, our own line set apart."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from app.recipes.formats.values import LONGEST_JSON, parsed

# The place of the recipe's own text, and what it begins with anywhere.
KEYWORD = "Recipe metadata"
# Where the web UI, and many after it, write their text.
PARAMETERS = "parameters"
# What a picture that was made smaller says for those texts that have no place of their own there: {where: text}.
OTHERS = "texts:"

# All of a picture's texts together; one more than this is no text about a picture.
_LONGEST = 8 * 1024 * 1024
_PREFIXED = re.compile(r"\s{0,3}(prompt|workflow)\s{0,3}:\s{0,3}(?=\{)", re.IGNORECASE)
_MARK = f"{KEYWORD}: {{"
_DECODER = json.JSONDecoder(strict=False)


@dataclass(frozen=True)
class Text:
    """One text. where: the place it was found in; content: the text; data: its JSON, None when it is none."""

    where: str
    content: str
    data: Any = None


@dataclass(frozen=True)
class Texts:
    """What the readers read. all: every text, without our own line; recipe: what our own line says."""

    all: tuple[Text, ...] = ()
    recipe: dict[str, Any] | None = field(default=None)

    @classmethod
    def of(cls, texts: Iterable[tuple[str, str]]) -> Texts:
        """From (where, text) as a picture carries them; never fails."""
        made: list[Text] = []
        recipe: dict[str, Any] | None = None
        room = _LONGEST
        for where, content in texts:
            room -= len(content)
            if room < 0:
                break
            rest, said = _apart(content)
            if said is not None and (recipe is None or where == KEYWORD):
                recipe = said
            others = parsed(rest[len(OTHERS) :]) if rest.startswith(f"{OTHERS}{{") else None
            for place, text in others.items() if isinstance(others, dict) else [(where, rest)]:
                made.extend(_prepared(place, text) if isinstance(text, str) else ())
        return cls(tuple(made), recipe)

    def objects(self, *places: str) -> Iterator[dict[str, Any]]:
        """The JSON objects among the texts, those in these places first."""
        found = [text for text in self.all if isinstance(text.data, dict)]
        found.sort(key=lambda text: text.where not in places)
        yield from (text.data for text in found)

    def plain(self) -> Iterator[Text]:
        """The texts that are no JSON."""
        yield from (text for text in self.all if text.data is None)

    def said(self, where: str) -> str | None:
        """The first text in this place."""
        return next((text.content for text in self.all if text.where == where), None)


def _prepared(where: str, content: str) -> Iterator[Text]:
    """ComfyUI's WebP fields say in a prefix what they hold."""
    prefix = _PREFIXED.match(content)
    if prefix is not None:
        where, content = prefix[1].lower(), content[prefix.end() :]
    data = parsed(content)
    if isinstance(data, str):
        data = parsed(data)
    if content.strip():
        yield Text(where, content, data)


def _apart(content: str) -> tuple[str, dict[str, Any] | None]:
    """The text without our own line, and what that says.

    It must be the last of the text, at the beginning of a line: a prompt may hold one, too, but is never last
    where settings follow it.
    """
    at = content.rfind(_MARK)
    if at < 0 or len(content) - at > LONGEST_JSON or content[:at].rpartition("\n")[2].strip():
        return content, None
    try:
        said, end = _DECODER.raw_decode(content, at + len(_MARK) - 1)
    except (ValueError, RecursionError):
        return content, None
    if content[end:].strip("\0 \r\n\t"):
        return content, None
    return content[:at].rstrip(" \n"), said
