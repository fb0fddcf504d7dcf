"""The names that callers' files have: told, never followed."""

from __future__ import annotations

import unicodedata

LONGEST = 255


def harmless(name: str) -> str:
    """The name alone, without folders, controls, half characters and what turns text around; "" where nothing is left.

    At most 255 characters, the extension kept.
    """
    base = name.replace("\\", "/").rpartition("/")[2]
    kept = "".join(
        character for character in base if unicodedata.category(character)[0] not in "CZ" or character == " "
    )
    kept = " ".join(kept.split()).lstrip(".")
    if len(kept) <= LONGEST:
        return kept
    stem, dot, extension = kept.rpartition(".")
    if not dot or len(extension) > 10:
        return kept[:LONGEST]
    return f"{stem[: LONGEST - len(extension) - 1]}.{extension}"
