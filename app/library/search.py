"""Finding models by words that may be cut short or misspelt.

A search is words apart by spaces; a model is found when each of them is part of, or nearly, some word of its name, its
tags or its base model. A model's words are what stands between spaces, and the letters and digits between signs.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from math import ceil, floor
from typing import Protocol

# How much of two words must be the same, in percent. Source: rapidfuzz's `fuzz.ratio`.
SIMILAR = 85.0
# Words of one or two signs have no near ones: one sign more makes them differ by a fifth at least.
SHORTEST_MISSPELT = 3
_PARTS = re.compile(r"[^\W_]+")


class Findable(Protocol):
    """What is searched."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def tags(self) -> tuple[str, ...]: ...
    @property
    def base_model(self) -> str: ...


def words_of(model: Findable) -> frozenset[str]:
    """Every word that a model may be found by, folded."""
    whole = _words(" ".join((model.name, *model.tags, model.base_model)))
    return frozenset(whole).union(*(_PARTS.findall(word) for word in whole))


def is_found(model: Findable, pattern: str) -> bool:
    """Whether a search finds a model; an empty one finds nothing. What `SearchIndex` must agree with."""
    words, sought = words_of(model), _words(pattern)
    return bool(sought) and all(any(one in word or _are_similar(one, word) for word in words) for one in sought)


class SearchIndex:
    """The words of many models: which models have a word, and which words have a length. Not for several threads."""

    def __init__(self, models: Iterable[Findable] = ()) -> None:
        self._texts: dict[str, str] = {}
        self._having: dict[str, set[str]] = {}
        self._by_length: dict[int, dict[str, None]] = {}
        for model in models:
            self.add(model)

    def add(self, model: Findable) -> None:
        words = words_of(model)
        # No word holds a line break, so what is found in the text is found in one word.
        self._texts[model.id] = "\n".join(words)
        for word in words:
            having = self._having.get(word)
            if having is None:
                self._having[word] = {model.id}
                self._by_length.setdefault(len(word), {})[word] = None
            else:
                having.add(model.id)

    def remove(self, model: Findable) -> None:
        text = self._texts.pop(model.id, None)
        if text is None:
            return
        for word in text.split("\n"):
            having = self._having[word]
            having.discard(model.id)
            if not having:
                del self._having[word]
                del self._by_length[len(word)][word]

    def find(self, pattern: str) -> set[str]:
        """The ids of the models that a search finds."""
        sought = sorted(_words(pattern), key=len, reverse=True)
        if not sought:
            return set()
        found: set[str] | None = None
        for one in sought:
            near = self._nearly(one)
            texts = self._texts
            if found is None:
                found = {model_id for model_id, text in texts.items() if one in text} | near
            else:
                found = {model_id for model_id in found if one in texts[model_id] or model_id in near}
            if not found:
                break
        return found or set()

    def _nearly(self, sought: str) -> set[str]:
        """The models that have a word which is nearly `sought`."""
        if len(sought) < SHORTEST_MISSPELT:
            return set()
        # Here, because a studio that nobody searches has no use for it.
        from rapidfuzz import fuzz, process  # noqa: PLC0415

        found: set[str] = set()
        for length in _lengths_near(len(sought)):
            words = self._by_length.get(length)
            if words:
                # The keys, because a mapping would be taken for names of words.
                near = process.extract(sought, words.keys(), scorer=fuzz.ratio, score_cutoff=SIMILAR, limit=None)
                for word, _, _ in near:
                    found |= self._having[word]
        return found


def _words(text: str) -> list[str]:
    return unicodedata.normalize("NFKC", text).casefold().split()


def _are_similar(one: str, other: str) -> bool:
    from rapidfuzz import fuzz  # noqa: PLC0415

    return bool(fuzz.ratio(one, other) >= SIMILAR)


def _lengths_near(length: int) -> range:
    """The lengths of words that may be similar: those in which enough signs can be the same.

    Two words of a and b signs have at most 2·min(a, b) / (a + b) in common.
    """
    share = SIMILAR / 100
    return range(ceil(length * share / (2 - share) - 1e-9), floor(length * (2 - share) / share + 1e-9) + 1)
