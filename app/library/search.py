"""Finding models by words that may be cut short or misspelt.

A search is words apart by spaces; a model is found when each of them is part of, or nearly, some word of its name, its
tags or its base model. A model's words are what stands between spaces, and the letters and digits between signs.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Iterable
from itertools import accumulate
from math import ceil, floor
from typing import Protocol

# How much of two words must be the same, in percent. Source: rapidfuzz's `fuzz.ratio`.
SIMILAR = 85.0
# Words of one or two signs have no near ones: one sign more makes them differ by a fifth at least.
SHORTEST_MISSPELT = 3
# From so many changes on, the long text is made anew; of so many models that have a part, all are looked through.
MOST_CHANGED = 300
FEW = 1 / 100
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


class _Texts:
    """The words of every model as one text each, and of most of them in one long text, which is searched at once."""

    def __init__(self) -> None:
        self.by_id: dict[str, str] = {}
        self._long = ""
        self._starts: list[int] = []
        self._ids: list[str] = []
        # Those whose place in the long text is out of date.
        self._changed: set[str] = set()

    def put(self, model_id: str, text: str) -> None:
        self.by_id[model_id] = text
        self._changed.add(model_id)

    def pop(self, model_id: str) -> str | None:
        self._changed.add(model_id)
        return self.by_id.pop(model_id, None)

    def having(self, part: str) -> set[str]:
        """The ids of the models that have a word with this part, which holds no space."""
        texts, changed = self.by_id, self._changed
        if len(changed) > MOST_CHANGED:
            self._join()
        found: set[str] = set()
        most = len(texts) * FEW
        reached = self._long.find(part)
        while reached >= 0:
            number = bisect_right(self._starts, reached)
            found.add(self._ids[number - 1])
            if len(found) > most:  # going through all of them is faster then
                return {model_id for model_id, text in texts.items() if part in text}
            reached = self._long.find(part, self._starts[number]) if number < len(self._starts) else -1
        found -= changed
        found.update(model_id for model_id in changed if part in texts.get(model_id, ""))
        return found

    def _join(self) -> None:
        self._ids = list(self.by_id)
        self._long = "\n".join(self.by_id.values())
        lengths = (len(text) + 1 for text in self.by_id.values())
        self._starts = list(accumulate(lengths, initial=0))[:-1]
        self._changed.clear()


class SearchIndex:
    """The words of many models: which models have a word, and which words have a length. Not for several threads."""

    def __init__(self, models: Iterable[Findable] = ()) -> None:
        self._texts = _Texts()
        self._having: dict[str, set[str]] = {}
        self._by_length: dict[int, dict[str, None]] = {}
        for model in models:
            self.add(model)

    def add(self, model: Findable) -> None:
        words = words_of(model)
        # No word holds a line break, so what is found in the text is found in one word.
        self._texts.put(model.id, "\n".join(words))
        for word in words:
            having = self._having.get(word)
            if having is None:
                self._having[word] = {model.id}
                self._by_length.setdefault(len(word), {})[word] = None
            else:
                having.add(model.id)

    def remove(self, model: Findable) -> None:
        text = self._texts.pop(model.id)
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
        found: set[str] | None = None
        # The longest first, because it leaves the fewest to look at.
        for one in sorted(_words(pattern), key=len, reverse=True):
            near = self._nearly(one)
            if found is None:
                found = self._texts.having(one) | near
            else:
                texts = self._texts.by_id
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
