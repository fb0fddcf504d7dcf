"""Finding words whatever their case, accents or width: what is searched, and what it is searched in."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

_APOSTROPHES = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "`": "'"})
_BETWEEN_WORDS = re.compile(r"[\s,;]+")


def fold(text: str) -> str:
    """The text as it is compared: small letters, no accents, one kind of apostrophe, no control characters.

    Only accents of the Latin, Greek and Cyrillic kind are dropped: か and が are different words.
    """
    apart = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES).casefold())
    kept = "".join(c for c in apart if not "\u0300" <= c <= "\u036f" and unicodedata.category(c) not in ("Cc", "Cs"))
    return unicodedata.normalize("NFC", kept.casefold())


def words(search: str) -> list[str]:
    """The words that must all be there: `masterpiece, dress` are two, `50%`, `v1.5` and `girl's` one each."""
    return [word for word in _BETWEEN_WORDS.split(fold_spaces(search)) if word]


def search_text(parts: Iterable[str | None]) -> str:
    """What a recipe is found by; its parts stay apart, so that no word reaches over two of them."""
    return "\n".join(fold_spaces(part) for part in parts if part)


def fold_spaces(text: str) -> str:
    return fold(" ".join(text.split()))
