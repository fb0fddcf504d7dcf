"""AVIF: the recipe's text in a box of its own behind all others; no box that was there is touched.

EXIF in AVIF is one of the picture's items: a line more in it would move all others. A box of kind uuid may stand
anywhere, and who does not know its number passes over it.
Layout: a box is its length (four bytes, big-endian, itself included; 1: eight more bytes say it; 0: up to the
file's end), its kind, its content. Source: ISO/IEC 14496-12, sections 4.2 and 11.1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

_NUMBER = bytes.fromhex("b0d6e2f14c8a4f6c9a3e7d5b1f2c8a60")


@dataclass(frozen=True)
class _Box:
    """A box at the top; it takes data[start:end]. endless: it says that it goes on to the file's end."""

    kind: bytes
    start: int
    end: int
    endless: bool


def is_avif(data: bytes) -> bool:
    return data[4:8] == b"ftyp" and (b"avif" in data[8:64] or b"avis" in data[8:64])


def texts(data: bytes, keyword: str) -> Iterator[tuple[str, str]]:
    """The recipe's text, under `keyword`."""
    for box in _boxes(data):
        if _is_ours(box, data):
            yield keyword, data[box.start + 24 : box.end].decode("utf-8", "replace")


def with_text(data: bytes, text: str) -> bytes:
    """The file with the text in a box behind all others; as it is when its last box has no end."""
    boxes = list(_boxes(data))
    if not boxes or boxes[-1].endless or boxes[-1].end != len(data):
        return data
    raw = text.encode()
    return data + (24 + len(raw)).to_bytes(4, "big") + b"uuid" + _NUMBER + raw


def without_text(data: bytes) -> bytes:
    """The file without the recipe's box."""
    made, at = [], 0
    for box in _boxes(data):
        if _is_ours(box, data):
            made.append(data[at : box.start])
            at = box.end
    return b"".join(made) + data[at:]


def _is_ours(box: _Box, data: bytes) -> bool:
    return box.kind == b"uuid" and data[box.start + 8 : box.start + 24] == _NUMBER and not box.endless


def _boxes(data: bytes) -> Iterator[_Box]:
    at = 0
    while is_avif(data) and at + 8 <= len(data):
        size, head = int.from_bytes(data[at : at + 4], "big"), 8
        if size == 1:
            size, head = int.from_bytes(data[at + 8 : at + 16], "big"), 16
        end = len(data) if size == 0 else at + size
        if end > len(data) or end < at + head:
            return
        yield _Box(data[at + 4 : at + 8], at, end, size == 0)
        at = end
