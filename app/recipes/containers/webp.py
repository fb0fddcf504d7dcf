"""WebP: its EXIF read, and the recipe's line put in or taken out; every other byte stays as it is.

Layout: RIFF, a length, WEBP, then chunks of name, length (little-endian) and data, filled up to an even length.
EXIF needs the extended form: a chunk VP8X with flags and the canvas' size comes first.
Source: the WebP container specification (RFC 9649, sections 2.5 and 2.7).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from app.recipes.containers import exif as tiff

_HAS_EXIF, _HAS_ALPHA = 0x08, 0x10
_WAS_SIMPLE = 0x100  # in the note: there was no VP8X before; else the note is its flags


@dataclass(frozen=True)
class _Chunk:
    """One chunk, its data without what fills it up."""

    name: bytes
    data: bytes

    def written(self) -> bytes:
        return self.name + len(self.data).to_bytes(4, "little") + self.data + b"\0" * (len(self.data) % 2)


def is_webp(data: bytes) -> bool:
    return data[:4] == b"RIFF" and data[8:12] == b"WEBP"


def exif(data: bytes) -> bytes:
    """The TIFF block of its EXIF; empty without one."""
    found = next((chunk.data for chunk in _walk(data) if chunk.name == b"EXIF"), b"")
    return found.removeprefix(tiff.PREFIX)


def with_line(data: bytes, line: str) -> bytes:
    """The file with `line` at the end of its EXIF comment; as it is where that cannot be undone to the byte."""
    chunks = _chunks(data)
    if not chunks:
        return data
    had = next((number for number, chunk in enumerate(chunks) if chunk.name == b"EXIF"), None)
    if chunks[0].name == b"VP8X" and len(chunks[0].data) == 10:
        note = chunks[0].data[0]
        chunks[0] = _Chunk(b"VP8X", bytes([note | _HAS_EXIF]) + chunks[0].data[1:])
    else:
        extended = _extended(chunks[0])
        if extended is None or had is not None:
            return data
        note = _WAS_SIMPLE
        chunks.insert(0, extended)
    before = chunks[had].data if had is not None else None
    prefix = tiff.PREFIX if before is not None and before.startswith(tiff.PREFIX) else b""
    block = tiff.with_line(None if before is None else before[len(prefix) :], line, note)
    if block is None:
        return data
    if had is not None:
        chunks[had] = _Chunk(b"EXIF", prefix + block)
    else:
        chunks.insert(_place(chunks), _Chunk(b"EXIF", block))
    return _file(data, chunks)


def without_line(data: bytes) -> bytes:
    """The file as it was before `with_line`."""
    chunks = _chunks(data)
    had = next((number for number, chunk in enumerate(chunks) if chunk.name == b"EXIF"), None)
    if had is None:
        return data
    prefix = tiff.PREFIX if chunks[had].data.startswith(tiff.PREFIX) else b""
    was = tiff.original(chunks[had].data[len(prefix) :])
    if was is None or chunks[0].name != b"VP8X":
        return data
    if was.block is None:
        del chunks[had]
    else:
        chunks[had] = _Chunk(b"EXIF", prefix + was.block)
    if was.note == _WAS_SIMPLE:
        del chunks[0]
    else:
        chunks[0] = _Chunk(b"VP8X", bytes([was.note & 0xFF]) + chunks[0].data[1:])
    return _file(data, chunks)


def _walk(data: bytes) -> Iterator[_Chunk]:
    """The chunks, as far as they are whole."""
    at, end = 12, min(len(data), 8 + int.from_bytes(data[4:8], "little"))
    while is_webp(data) and at + 8 <= end:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        if at + 8 + size > len(data):
            return
        yield _Chunk(data[at : at + 4], data[at + 8 : at + 8 + size])
        at += 8 + size + size % 2


def _chunks(data: bytes) -> list[_Chunk]:
    """All chunks when writing them again gives the same file; none for a file that was written otherwise."""
    chunks = list(_walk(data))
    return chunks if chunks and _file(data, chunks) == data else []


def _file(data: bytes, chunks: list[_Chunk]) -> bytes:
    """The file of these chunks; what follows the old file's own end follows this one's."""
    body = b"".join(chunk.written() for chunk in chunks)
    tail = data[8 + int.from_bytes(data[4:8], "little") :]
    return b"RIFF" + (4 + len(body)).to_bytes(4, "little") + b"WEBP" + body + tail


def _place(chunks: list[_Chunk]) -> int:
    """EXIF comes after the picture, before XMP."""
    return next((number for number, chunk in enumerate(chunks) if chunk.name == b"XMP "), len(chunks))


def _extended(picture: _Chunk) -> _Chunk | None:
    """The VP8X that a simple picture needs; None when this is no simple picture."""
    raw = picture.data
    if picture.name == b"VP8 " and raw[3:6] == b"\x9d\x01\x2a" and len(raw) >= 10:
        width, height, alpha = int.from_bytes(raw[6:8], "little"), int.from_bytes(raw[8:10], "little"), False
        width, height = width & 0x3FFF, height & 0x3FFF
    elif picture.name == b"VP8L" and raw[:1] == b"\x2f" and len(raw) >= 5:
        bits = int.from_bytes(raw[1:5], "little")
        width, height, alpha = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1, bool(bits >> 28 & 1)
    else:
        return None
    if not width or not height:
        return None
    flags = _HAS_EXIF | (_HAS_ALPHA if alpha else 0)
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return _Chunk(b"VP8X", bytes([flags, 0, 0, 0]) + sides)
