"""PNG: its text chunks read, and the recipe's own put in or taken out; every other byte stays as it is.

Layout: eight bytes of signature, then chunks of length, kind, data, CRC-32 (all big-endian).
Source: the PNG specification, third edition, sections 5 and 11.3.3.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass

SIGNATURE = b"\x89PNG\r\n\x1a\n"
# What one packed text may unpack to, in bytes; Pillow refuses the picture above it.
LONGEST_UNPACKED = 1024 * 1024

_LATIN = "latin-1"


@dataclass(frozen=True)
class _Chunk:
    """One chunk; it takes data[start:end] of the file, its length and CRC included."""

    kind: bytes
    start: int
    end: int

    def body(self, data: bytes) -> bytes:
        return data[self.start + 8 : self.end - 4]


def texts(data: bytes) -> Iterator[tuple[str, str]]:
    """(keyword, text) of every text chunk, in the file's order; damaged and endless ones are left out."""
    for chunk in _chunks(data):
        if chunk.kind in _DECODERS:
            keyword, zero, rest = chunk.body(data).partition(b"\0")
            text = _DECODERS[chunk.kind](rest) if zero else None
            if text is not None:
                yield keyword.decode(_LATIN), text


def exif(data: bytes) -> bytes:
    """The TIFF block of its eXIf chunk; empty without one."""
    return next((chunk.body(data) for chunk in _chunks(data) if chunk.kind == b"eXIf"), b"")


def with_text(data: bytes, keyword: str, text: str) -> bytes:
    """The file with one more international text chunk, before its pixels; `data` as it is when it has no pixels."""
    first = next((chunk.start for chunk in _chunks(data) if chunk.kind == b"IDAT"), None)
    if first is None:
        return data
    # No compression (0, 0), no language, no translated keyword.
    body = keyword.encode(_LATIN) + b"\0\0\0\0\0" + text.encode()
    return data[:first] + _chunk(b"iTXt", body) + data[first:]


def without_text(data: bytes, keyword: str) -> bytes:
    """The file without the international text chunks under `keyword`."""
    start = keyword.encode(_LATIN) + b"\0"
    kept, at = [], 0
    for chunk in _chunks(data):
        if chunk.kind == b"iTXt" and chunk.body(data).startswith(start):
            kept.append(data[at : chunk.start])
            at = chunk.end
    return b"".join(kept) + data[at:]


def _chunks(data: bytes) -> Iterator[_Chunk]:
    """The chunks up to IEND, or up to the first that is cut off."""
    at = len(SIGNATURE)
    while data.startswith(SIGNATURE) and at + 12 <= len(data):
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        if end > len(data):
            return
        yield _Chunk(kind, at, end)
        if kind == b"IEND":
            return
        at = end


def _chunk(kind: bytes, body: bytes) -> bytes:
    crc = zlib.crc32(kind + body)
    return len(body).to_bytes(4, "big") + kind + body + crc.to_bytes(4, "big")


def _plain(rest: bytes) -> str:
    """tEXt is Latin-1; many a program writes UTF-8 all the same, which is hardly ever sense as Latin-1."""
    try:
        return rest.decode()
    except UnicodeDecodeError:
        return rest.decode(_LATIN)


def _packed(rest: bytes) -> str | None:
    unpacked = _unpacked(rest[1:]) if rest[:1] == b"\0" else None
    return None if unpacked is None else _plain(unpacked)


def _international(rest: bytes) -> str | None:
    """Two bytes (packed? how?), then language and translated keyword, each ended by a zero, then the text."""
    parts = rest[2:].split(b"\0", 2)
    if len(parts) < 3:
        return None
    unpacked = _unpacked(parts[2]) if rest[:1] == b"\1" else parts[2]
    return None if unpacked is None else unpacked.decode("utf-8", "replace")


def _unpacked(packed: bytes) -> bytes | None:
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(packed, LONGEST_UNPACKED)
    except zlib.error:
        return None
    return None if unpacker.unconsumed_tail else unpacked


_DECODERS = {b"tEXt": _plain, b"zTXt": _packed, b"iTXt": _international}
