"""Words as they are compared, and the parts of them by which they are found.

A word is found by what it begins with, and by what begins at one of its parts: where letters, digits and signs
meet (`neon-city`, `v1.5`, `girl's`, `50%`, `1girl`), and at every sign of a writing that puts no space between
its words.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'"})
_UNSEEN = ("Cc", "Cf", "Cs")
_BETWEEN_WORDS = re.compile(r"[\s,;、。]+")

# Thai, Lao, Tibetan, Myanmar, Khmer; kana; Han.
_UNSPACED = "\u0e00-\u0eff\u0f00-\u109f\u1780-\u17ff\u3040-\u30ff\u31f0-\u31ff\u3005-\u3007\u3400-\u9fff\uf900-\ufaff"
_UNSPACED += "\U00020000-\U0003ffff"
_PARTS = re.compile(rf"[{_UNSPACED}]|[^\W\d_{_UNSPACED}]+|\d+|(?:[^\w{_UNSPACED}]|_)+")
_STARTS_UNSPACED = re.compile(rf"[{_UNSPACED}]")

# What a word is longer than this is not told apart by: enough for any name, and a bound for what is no word.
_LONGEST = 32
_LONGEST_UNSPACED = 4
_MOST_CHARACTERS = 100_000
_SHORT = 100
_MOST_TERMS = 60


def fold(text: str) -> str:
    """The text as it is compared: small letters, no accents, one kind of apostrophe, nothing that is not seen.

    Only accents of the Latin, Greek and Cyrillic kind are dropped: か and が are different words.
    """
    if text.isascii() and text.isprintable():
        return text.lower().replace("`", "'")
    apart = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES).casefold())
    kept = "".join(c for c in apart if not "\u0300" <= c <= "\u036f" and unicodedata.category(c) not in _UNSEEN)
    return unicodedata.normalize("NFC", kept.casefold())


def fold_spaces(text: str) -> str:
    return fold(" ".join(text.split()))


def words(search: str) -> list[str]:
    """The words that must all be there: `masterpiece, dress` are two, `50%`, `v1.5` and `girl's` one each."""
    folded = fold_spaces(search)
    if folded.isascii():
        return folded.replace(",", " ").replace(";", " ").split()
    return [word for word in _BETWEEN_WORDS.split(folded) if word]


def tokens(texts: Iterable[str | None]) -> set[str]:
    """All by which the words of these texts are found, as they or with what they begin with."""
    found: set[str] = set()
    for text in filter(None, texts):
        # Short ones, such as tags and models' names, are those of many recipes.
        found |= _known_tokens(text) if len(text) <= _SHORT else _tokens(text)
    return found


def _tokens(text: str) -> set[str]:
    found: set[str] = set()
    return found.union(*map(_word_tokens, set(words(text[:_MOST_CHARACTERS]))))


# Most words are those of many recipes.
@lru_cache(maxsize=50_000)
def _word_tokens(word: str) -> tuple[str, ...]:
    return tuple({_cut(word, start) for start in _starts(word)})


@lru_cache(maxsize=10_000)
def _known_tokens(text: str) -> frozenset[str]:
    return frozenset(_tokens(text))


def terms(search: str) -> list[str]:
    """What must all be the beginning of one of a text's tokens for the text to hold every word of `search`."""
    needed = dict.fromkeys(piece for word in words(search) for piece in _pieces(word))
    return list(needed)[:_MOST_TERMS]


def _starts(word: str) -> Iterator[int]:
    return (part.start() for part in _PARTS.finditer(word))


def _cut(word: str, start: int) -> str:
    return word[start : start + (_LONGEST_UNSPACED if _STARTS_UNSPACED.match(word, start) else _LONGEST)]


def _pieces(word: str) -> Iterator[str]:
    """The word in tokens, one after another; what is cut off a long one goes unsought up to the next part."""
    reached = 0
    for start in _starts(word):
        if start >= reached:
            piece = _cut(word, start)
            reached = start + len(piece)
            yield piece
