"""What a picture's file says about itself, read with Pillow alone: by other means than the studio's."""

from __future__ import annotations

import io
import json
from typing import Any

from PIL import ExifTags, Image

OURS = "Recipe metadata:"
_CODE_BYTES = 8


def texts_of(data: bytes) -> list[str]:
    """Every text of a file: PNG's, and those of EXIF; a comment in the letters that make most sense."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        texts = [value for value in image.info.values() if isinstance(value, str)]
        exif = image.getexif()
        fields = [*exif.values(), *exif.get_ifd(ExifTags.IFD.Exif).values()]
    texts += [text for text in (_text(field) for field in fields) if text]
    if OURS.encode() in data and not any(OURS in text for text in texts):
        # A box of the file's own, which Pillow does not show.
        texts.append(data[data.index(OURS.encode()) :].decode("utf-8", "replace"))
    return texts


def recipe_in(data: bytes) -> dict[str, Any] | None:
    """The recipe that a picture of ours tells, the last one if there are several; None when it tells none."""
    told = [text.rpartition(OURS)[2] for text in texts_of(data) if OURS in text]
    if not told:
        return None
    try:
        recipe, _ = json.JSONDecoder().raw_decode(told[-1].strip())
    except ValueError:
        return None
    return recipe if isinstance(recipe, dict) else None


def words_in(value: object) -> set[str]:
    """Every text in what a picture tells, whatever it is called there."""
    match value:
        case str():
            return {value}
        case dict():
            return {word for item in value.values() for word in words_in(item)}
        case list():
            return {word for item in value for word in words_in(item)}
    return set()


def _text(field: object) -> str:
    if isinstance(field, str):
        return field
    if not isinstance(field, bytes):
        return ""
    code, raw = field[:_CODE_BYTES], field[_CODE_BYTES:]
    if code == b"UNICODE\0":
        return max((raw.decode(codec, "replace") for codec in ("utf-16-be", "utf-16-le")), key=_sense)
    return (raw if code in (b"ASCII\0\0\0", bytes(_CODE_BYTES)) else field).decode("utf-8", "replace")


def _sense(text: str) -> int:
    """How many letters are such as every program writes between its settings."""
    return sum(letter.isascii() for letter in text)
