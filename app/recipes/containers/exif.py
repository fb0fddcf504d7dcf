"""EXIF: the texts in its TIFF block, and a line more in its UserComment that can be taken out again to the byte.

Layout: byte order, 42, offset of the first directory; a directory is a count, entries of twelve bytes, and the
offset of the next. Nothing that is there is moved: new directories are appended and the first offset is turned to
them, so that offsets inside a maker's notes still point where they did. What was before is noted at the very end.
Source: TIFF 6.0, section 2; EXIF 2.32, sections 4.6.2 and 4.6.5 (UserComment).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass

PREFIX = b"Exif\0\0"
NO_NOTE = 0xFFFF

_NAMES = {
    0x010E: "ImageDescription",
    0x010F: "Make",
    0x0110: "Model",
    0x0131: "Software",
    0x9286: "UserComment",
    0x9C9B: "XPTitle",
    0x9C9C: "XPComment",
}
_EXIF_DIRECTORY, _COMMENT = 0x8769, 0x9286
_SHORT, _LONG, _UNDEFINED, _ASCII = 3, 4, 7, 2
_BYTES_EACH = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4}
_UNICODE = b"UNICODE\0"
_ASCII_CODE = b"ASCII\0\0\0"
_CODES = (_UNICODE, _ASCII_CODE, b"\0" * 8)

# At the block's end: how long it was (all ones: there was none), its first offset, the container's note, this mark.
_NOTED = struct.Struct(">I4sH")
_MARK = b"ProofsheetRecipe"
_NONE = 0xFFFFFFFF


@dataclass(frozen=True)
class Original:
    """A block as it was before `with_line`: None when there was none; and the container's note."""

    block: bytes | None
    note: int


@dataclass(frozen=True)
class _Entry:
    """One field. place: its last four bytes as they stand, the value itself or where that lies."""

    tag: int
    kind: int
    count: int
    place: bytes


class _Unreadable(Exception):
    """This is no TIFF block, or its directories lie outside it."""


def texts(block: bytes) -> Iterator[tuple[str, str]]:
    """(field, text) of the fields that programs write settings into; never fails."""
    try:
        order, first = _order(block), _directory(block, _first(block))[0]
        yield from _named(block, order, first)
        inner = next((entry for entry in first if entry.tag == _EXIF_DIRECTORY), None)
        if inner is not None:
            yield from _named(block, order, _directory(block, _number(order, inner.place))[0])
    except _Unreadable:
        return


def short(block: bytes, tag: int) -> int | None:
    """The small whole number (SHORT) under `tag` in the first directory; None without one."""
    try:
        order = _order(block)
        found = next((entry for entry in _directory(block, _first(block))[0] if entry.tag == tag), None)
    except _Unreadable:
        return None
    if found is None or (found.kind, found.count) != (_SHORT, 1):
        return None
    return int(struct.unpack(f"{order}H", found.place[:2])[0])


def decoded_comment(comment: bytes) -> str:
    """UserComment as text; never fails, half characters become U+FFFD.

    Eight bytes name the character code. UNICODE does not say which byte comes first and writers differ, so
    the side with more zero bytes wins; without a code it is UTF-8, and UTF-16 where every other byte is zero.
    """
    code = next((code for code in _CODES if comment.startswith(code)), b"")
    raw = comment[len(code) :]
    if code == _UNICODE or _every_other_is_zero(raw):
        return _utf16(raw)
    return raw.decode("utf-8", "replace").strip("\0")


def with_line(block: bytes | None, line: str, note: int = NO_NOTE) -> bytes | None:
    """The block with `line` (ASCII) at the end of its comment; None when the block cannot be edited.

    block: None makes a new one. note: what the container must know to undo its own part, 0 to 65535.
    """
    if block is None:
        start = b"MM\0*\0\0\0\x08"
        return _extended(start, [], [], _ASCII_CODE + line.encode(), 0) + _noted(_NONE, b"\0" * 4, note)
    try:
        order = _order(block)
        first, following = _directory(block, _first(block))
        inner = next((entry for entry in first if entry.tag == _EXIF_DIRECTORY), None)
        fields = _directory(block, _number(order, inner.place))[0] if inner else []
        comment = next((_value(block, order, entry) for entry in fields if entry.tag == _COMMENT), b"")
    except _Unreadable:
        return None
    kept = [entry for entry in first if entry.tag != _EXIF_DIRECTORY]
    others = [entry for entry in fields if entry.tag != _COMMENT]
    return _extended(block, kept, others, _appended(comment, line), following) + _noted(len(block), block[4:8], note)


def original(block: bytes) -> Original | None:
    """What was there before `with_line`; None for a block that it never touched."""
    size = _NOTED.size + len(_MARK)
    if len(block) < size or not block.endswith(_MARK):
        return None
    length, first, note = _NOTED.unpack(block[-size : -len(_MARK)])
    if length == _NONE:
        return Original(None, note)
    if not 8 <= length <= len(block) - size:
        return None
    return Original(block[:4] + first + block[8:length], note)


def _noted(length: int, first: bytes, note: int) -> bytes:
    return _NOTED.pack(length, first, note) + _MARK


def _extended(block: bytes, first: list[_Entry], fields: list[_Entry], comment: bytes, following: int) -> bytes:
    """The block, then the comment, its directory, and the first directory that names that."""
    order = _order(block)
    made = bytearray(block)
    comment_at = _pad(made)
    made += comment
    fields_at = _pad(made)
    entry = _Entry(_COMMENT, _UNDEFINED, len(comment), struct.pack(f"{order}I", comment_at))
    made += _written(order, [*fields, entry], 0)
    first_at = _pad(made)
    pointer = _Entry(_EXIF_DIRECTORY, _LONG, 1, struct.pack(f"{order}I", fields_at))
    made += _written(order, [*first, pointer], following)
    made[4:8] = struct.pack(f"{order}I", first_at)
    return bytes(made)


def _pad(made: bytearray) -> int:
    """Where the next part begins: offsets are even."""
    made += b"\0" * (len(made) % 2)
    return len(made)


def _written(order: str, entries: list[_Entry], following: int) -> bytes:
    ascending = sorted(entries, key=lambda entry: entry.tag)
    fields = b"".join(
        struct.pack(f"{order}HHI", entry.tag, entry.kind, entry.count) + entry.place for entry in ascending
    )
    return struct.pack(f"{order}H", len(ascending)) + fields + struct.pack(f"{order}I", following)


def _appended(comment: bytes, line: str) -> bytes:
    """The comment with the line after it, in the comment's own character code; an older line of its kind goes.

    There is an older one where another program wrote the directories anew and dropped what stood at their end.
    """
    code = next((code for code in _CODES if comment.startswith(code)), b"")
    raw, coding = comment[len(code) :], "utf-8"
    if code == _UNICODE or _every_other_is_zero(raw):
        raw = raw[: len(raw) // 2 * 2]
        little = raw.startswith(b"\xff\xfe") or (not raw.startswith(b"\xfe\xff") and _little_end_first(raw))
        coding = "utf-16-le" if little else "utf-16-be"
    older = raw.rfind(line.partition("{")[0].encode(coding) + "{".encode(coding))
    kept = raw if older < 0 else raw[:older].removesuffix("\n".encode(coding))
    if not decoded_comment(code + kept).strip():
        return _ASCII_CODE + line.encode()
    return code + (kept.rstrip(b"\0") if coding == "utf-8" else kept) + f"\n{line}".encode(coding)


def _named(block: bytes, order: str, entries: list[_Entry]) -> Iterator[tuple[str, str]]:
    seen = set()
    for entry in entries:
        if entry.tag in _NAMES and entry.tag not in seen:
            # Only once: a directory that names one long text a thousand times would unpack to gigabytes.
            seen.add(entry.tag)
            text = _text(entry, _value(block, order, entry))
            if text:
                yield _NAMES[entry.tag], text


def _text(entry: _Entry, value: bytes) -> str:
    name = _NAMES[entry.tag]
    if name.startswith("XP"):
        return value.decode("utf-16-le", "replace").strip("\0")
    if name == "UserComment" and entry.kind != _ASCII:
        return decoded_comment(value)
    try:
        return value.decode().strip("\0")
    except UnicodeDecodeError:
        return value.decode("latin-1").strip("\0")


def _order(block: bytes) -> str:
    found = {b"II*\0": "<", b"MM\0*": ">"}.get(block[:4])
    if found is None or len(block) < 8:
        raise _Unreadable
    return found


def _first(block: bytes) -> int:
    return _number(_order(block), block[4:8])


def _number(order: str, four: bytes) -> int:
    found: int = struct.unpack(f"{order}I", four)[0]
    return found


def _directory(block: bytes, at: int) -> tuple[list[_Entry], int]:
    """The entries of the directory at `at`, and where the next one is."""
    order = _order(block)
    if at + 2 > len(block):
        raise _Unreadable
    count = struct.unpack_from(f"{order}H", block, at)[0]
    end = at + 2 + 12 * count
    if end > len(block):
        raise _Unreadable
    heads = [(*struct.unpack_from(f"{order}HHI", block, place), place + 8) for place in range(at + 2, end, 12)]
    entries = [_Entry(tag, kind, number, block[place : place + 4]) for tag, kind, number, place in heads]
    # Some writers leave out the offset of the next directory when there is none.
    return entries, _number(order, block[end : end + 4]) if end + 4 <= len(block) else 0


def _value(block: bytes, order: str, entry: _Entry) -> bytes:
    size = _BYTES_EACH.get(entry.kind, 0) * entry.count
    if size <= 4:
        return entry.place[:size]
    at = _number(order, entry.place)
    return block[at : at + size]


def _every_other_is_zero(raw: bytes) -> bool:
    """Whether this looks like UTF-16 of mostly Latin letters that no code announces."""
    sample = raw[:200]
    half = len(sample) // 2
    return half >= 4 and max(sample[0::2].count(0), sample[1::2].count(0)) > 0.8 * half


def _little_end_first(raw: bytes) -> bool:
    return raw[0::2].count(0) < raw[1::2].count(0)


def _utf16(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace").strip("\0")
    return raw.decode("utf-16-le" if _little_end_first(raw) else "utf-16-be", "replace").strip("\0")
