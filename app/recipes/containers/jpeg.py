"""JPEG: its texts read, and the recipe's own put in or taken out; every other byte stays as it is.

Layout: 0xFF and a marker; most are followed by a length (two bytes, itself included) and that much. The recipe
goes into EXIF's comment; one that is too long for a segment of 64 KiB goes into comment segments of its own.
Source: ITU-T T.81, annex B; EXIF 2.32, section 4.7.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from app.recipes.containers import exif as tiff

SIGNATURE = b"\xff\xd8\xff"

_APP0, _APP1, _COM, _SCAN = 0xE0, 0xE1, 0xFE, 0xDA
_ALONE = {0x01, *range(0xD0, 0xD9)}
_MOST = 0xFFFF - 2
# A comment segment that holds part of a recipe: this, number and count, then UTF-8.
_PART = b"Recipe metadata\0"
_COUNTED = struct.Struct(">HH")
_FIRST_MARKER = 2


@dataclass(frozen=True)
class _Segment:
    """One segment before the pixels; it takes data[start:end], marker and length included."""

    marker: int
    start: int
    end: int

    def body(self, data: bytes) -> bytes:
        return data[self.start + 4 : self.end]


def texts(data: bytes) -> Iterator[tuple[str, str]]:
    """(place, text) of its comments; a recipe that was divided comes under the recipe's own keyword."""
    parts = []
    for segment in _segments(data):
        if segment.marker != _COM:
            continue
        body = segment.body(data)
        if body.startswith(_PART):
            parts.append(body[len(_PART) + _COUNTED.size :])
        else:
            yield "comment", _decoded(body)
    if parts:
        yield _PART[:-1].decode(), b"".join(parts).decode("utf-8", "replace")


def exif(data: bytes) -> bytes:
    """The TIFF block of its EXIF; empty without one."""
    found = _exif(data)
    return found.body(data)[len(tiff.PREFIX) :] if found else b""


def with_line(data: bytes, line: str) -> bytes:
    """The file with `line` at the end of its EXIF comment, or divided among comments of its own."""
    found = _exif(data)
    block = tiff.with_line(found.body(data)[len(tiff.PREFIX) :] if found else None, line)
    start = found.start if found else _after_jfif(data)
    if block is None or len(tiff.PREFIX) + len(block) > _MOST:
        at = _after_jfif(data)
        return data[:at] + _divided(line) + data[at:]
    return data[:start] + _segment(_APP1, tiff.PREFIX + block) + data[found.end if found else start :]


def without_line(data: bytes) -> bytes:
    """The file as it was before `with_line`."""
    made, at = [], 0
    first_exif = _exif(data)
    for segment in _segments(data):
        body = segment.body(data)
        was = tiff.original(body[len(tiff.PREFIX) :]) if segment == first_exif else None
        if was is not None or (segment.marker == _COM and body.startswith(_PART)):
            made.append(data[at : segment.start])
            if was is not None and was.block is not None:
                made.append(_segment(_APP1, tiff.PREFIX + was.block))
            at = segment.end
    return b"".join(made) + data[at:]


def _segments(data: bytes) -> Iterator[_Segment]:
    """The segments up to the first scan, or up to the first that is cut off."""
    at = _FIRST_MARKER
    while data.startswith(SIGNATURE) and at + 4 <= len(data) and data[at] == 0xFF:
        marker = data[at + 1]
        if marker == 0xFF:  # filling
            at += 1
            continue
        if marker in _ALONE:
            at += 2
            continue
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if marker == _SCAN or end > len(data) or end < at + 4:
            return
        yield _Segment(marker, at, end)
        at = end


def _exif(data: bytes) -> _Segment | None:
    return next(
        (s for s in _segments(data) if s.marker == _APP1 and s.body(data).startswith(tiff.PREFIX)),
        None,
    )


def _after_jfif(data: bytes) -> int:
    """Where EXIF belongs: first of all, save for JFIF's own segment."""
    first = next(_segments(data), None)
    return first.end if first and first.marker == _APP0 else _FIRST_MARKER


def _segment(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(body) + 2).to_bytes(2, "big") + body


def _divided(line: str) -> bytes:
    raw = line.encode()
    room = _MOST - len(_PART) - _COUNTED.size
    pieces = [raw[at : at + room] for at in range(0, len(raw), room)]
    return b"".join(
        _segment(_COM, _PART + _COUNTED.pack(number, len(pieces)) + piece) for number, piece in enumerate(pieces, 1)
    )


def _decoded(body: bytes) -> str:
    try:
        return body.decode().strip("\0")
    except UnicodeDecodeError:
        return body.decode("latin-1").strip("\0")
