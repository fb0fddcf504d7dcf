"""Pictures without what they say of places, cameras and people; what is seen of them is the same to the bit.

Kept is what decoding or showing needs: pixels, animation, palettes, transparency, colour profiles, resolution, and
which way up the picture is. Everything else goes: EXIF, XMP, IPTC, comments, texts, dates, preview pictures, and
parts of kinds that nobody knows. A picture with nothing of the kind stays as it is, byte for byte.
Source: PNG, third edition, section 11; ITU-T T.81, annex B; JFIF 1.02; EXIF 2.32, section 4.6; CIPA DC-007 (pictures
behind a picture); WebP container specification (RFC 9649, section 2.7).
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from app.errors import InvalidInput, TooLarge
from app.recipes.containers import exif, webp
from app.recipes.containers.png import SIGNATURE as PNG
from app.recipes.pictures import LARGEST_BYTES, Picture, check, resized

_PNG_KEPT = {
    b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"mDCV", b"cLLI",
    b"sBIT", b"bKGD", b"hIST", b"pHYs", b"sPLT", b"acTL", b"fcTL", b"fdAT",
}  # fmt: skip
_JPEG = b"\xff\xd8\xff"
_SOI, _EOI, _SOS, _COM = 0xD8, 0xD9, 0xDA, 0xFE
_APP0, _APP1, _APP2, _APP14, _APP15 = 0xE0, 0xE1, 0xE2, 0xEE, 0xEF
_RESTARTS = range(0xD0, 0xD8)
_ALONE = {0x01, *_RESTARTS}
_WEBP_FRAME = b"ANMF"
_WEBP_FRAME_HEAD = 16
_WEBP_KEPT = {b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ICCP", _WEBP_FRAME}
_WEBP_SAYS_EXIF, _WEBP_SAYS_XMP = 0x08, 0x04
_ORIENTATION = 0x0112


class _CutOff(Exception):
    """The file ends before its picture does, or is not what it begins as."""


class Intake:
    """Takes pictures in: told by their content, stripped, made small."""

    def check(self, data: bytes, *, field: str) -> Picture:
        """The picture as it is. Raises as `pictures.check` does."""
        return check(data, field=field)

    def accept(self, data: bytes, *, field: str) -> Picture:
        """The picture, stripped. Raises the same, and InvalidInput for what goes on behind it."""
        if len(data) > LARGEST_BYTES:
            raise TooLarge(f"{field} has {len(data):,} bytes; at most 10 MiB are taken", field=field)
        try:
            clean, behind = _parted(data)
        except _CutOff as error:
            check(data, field=field)
            # Decoders are content with less: what this could not take apart, it could not strip either.
            raise InvalidInput(f"{field} is a damaged picture: it is cut off", field=field) from error
        picture = check(clean, field=field)
        if behind:
            raise InvalidInput(
                f"{field} goes on for {behind:,} bytes behind the end of its picture; send the picture alone",
                field=field,
            )
        return picture

    def thumbnail(self, data: bytes, side: int) -> bytes:
        """A WebP of a checked picture, its longer side `side` pixels or its own if that is smaller."""
        return resized(data, side)


def stripped(data: bytes) -> bytes:
    """The file without what is private, and without whatever comes behind the picture.

    What is not a whole PNG, JPEG or WebP file is given back as it is.
    """
    try:
        return _parted(data)[0]
    except _CutOff:
        return data


def _parted(data: bytes) -> tuple[bytes, int]:
    """The stripped file, and how many bytes of something else came behind the picture. Raises _CutOff."""
    if data.startswith(PNG):
        clean, end = _png(data)
    elif data.startswith(_JPEG):
        clean, end = _jpeg(data)
    elif webp.is_webp(data):
        clean, end = _webp(data)
    else:
        raise _CutOff
    # Some cameras and disks fill up with zeros, which are nothing.
    return clean, len(data[end:].rstrip(b"\0"))


def _png(data: bytes) -> tuple[bytes, int]:
    """The stripped file, and where the picture ended in `data`."""
    kept, at, turned = [PNG], len(PNG), b""
    while True:
        end = at + 12 + int.from_bytes(data[at : at + 4], "big")
        kind = data[at + 4 : at + 8]
        if end > len(data) or len(kind) < 4:
            raise _CutOff
        # A chunk that a decoder must know begins with a capital: leaving it out would make another picture.
        if kind in _PNG_KEPT or kind[:1].isupper():
            if kind in (b"IDAT", b"IEND") and turned:
                kept.append(_png_chunk(b"eXIf", turned))
                turned = b""
            kept.append(data[at:end])
        elif kind == b"eXIf":
            turned = turned or _turned(data[at + 8 : end - 4])
        if kind == b"IEND":
            return b"".join(kept), end
        at = end


def _png_chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def _jpeg(data: bytes) -> tuple[bytes, int]:
    kept, turned, several, at = [data[:2]], b"", False, 2
    for marker, start, end in _jpeg_parts(data):
        body = data[start + 4 : end]
        at = end
        if marker == _APP1 and body.startswith(exif.PREFIX):
            turned = turned or _turned(body[len(exif.PREFIX) :])
        several = several or (marker == _APP2 and body.startswith(b"MPF\0"))
        part = _jpeg_kept(marker, data[start:end], body)
        if part:
            kept.append(part)
    if turned:
        first = 2 if len(kept) > 1 and kept[1][:2] == bytes([0xFF, _APP0]) else 1
        block = exif.PREFIX + turned
        kept.insert(first, bytes([0xFF, _APP1]) + (len(block) + 2).to_bytes(2, "big") + block)
    # A phone's depth map or brighter half comes behind the picture, and its preview: pictures of the same kind.
    return b"".join(kept), len(data) if several and _only_jpegs(data, at) else at


def _jpeg_kept(marker: int, part: bytes, body: bytes) -> bytes:
    """What stays of one segment; nothing of those that are only for programs and people."""
    if marker == _APP0:
        # Twelve bytes and two sides of a small picture; another one's pixels follow when the sides are not 0.
        if not body.startswith(b"JFIF\0") or len(body) < 14:
            return b""
        return part if len(body) == 14 and body[12:] == b"\0\0" else part[:2] + b"\0\x10" + body[:12] + b"\0\0"
    if marker == _APP2:
        return part if body.startswith(b"ICC_PROFILE\0") else b""
    if marker == _APP14:
        # It says how the colours are coded.
        return part[:2] + b"\0\x0e" + body[:12] if body.startswith(b"Adobe") and len(body) >= 12 else b""
    return b"" if marker == _COM or _APP0 <= marker <= _APP15 else part


def _jpeg_parts(data: bytes, at: int = 2) -> Iterator[tuple[int, int, int]]:
    """(marker, start, end) of every segment to the end of the picture; a scan's pixels belong to its segment."""
    while True:
        if at + 2 > len(data) or data[at] != 0xFF:
            raise _CutOff
        marker = data[at + 1]
        if marker == 0xFF or marker in _ALONE:
            end = at + (1 if marker == 0xFF else 2)  # filling; or a marker without a length
            yield marker, at, end
            at = end
            continue
        if marker == _EOI:
            yield marker, at, at + 2
            return
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        end = at + 2 + size
        if size < 2 or end > len(data) or marker == _SOI:
            raise _CutOff
        if marker == _SOS:
            end = _after_scan(data, end)
        yield marker, at, end
        at = end


def _after_scan(data: bytes, at: int) -> int:
    """Where the next marker begins: among pixels 0xFF is followed by 0, or by a restart."""
    while True:
        at = data.find(b"\xff", at)
        if at < 0 or at + 1 >= len(data):
            raise _CutOff
        if data[at + 1] != 0 and data[at + 1] not in _RESTARTS:
            return at
        at += 2


def _only_jpegs(data: bytes, at: int) -> bool:
    """Whether whole JPEG pictures are all that comes from here on, zeros between them apart."""
    while at < len(data):
        if data[at] == 0:
            at += 1
            continue
        if not data.startswith(_JPEG, at):
            return False
        try:
            *_, (_, _, at) = _jpeg_parts(data, at + 2)
        except _CutOff:
            return False
    return True


def _webp(data: bytes) -> tuple[bytes, int]:
    end = 8 + int.from_bytes(data[4:8], "little")
    if end > len(data):
        raise _CutOff
    turned = _turned(webp.exif(data))
    kept, says_exif = [], False
    for name, body, whole in _webp_parts(data, 12, end):
        if name == b"EXIF" and turned and not says_exif:
            kept.append(_webp_chunk(name, turned))
            says_exif = True
        elif name == _WEBP_FRAME:
            inner = [part for name, _, part in _webp_parts(body, _WEBP_FRAME_HEAD, len(body)) if name in _WEBP_KEPT]
            same = body[:_WEBP_FRAME_HEAD] + b"".join(inner)
            kept.append(whole if same == body else _webp_chunk(name, same))
        elif name in _WEBP_KEPT:
            kept.append(whole)
    if kept and kept[0][:4] == b"VP8X" and len(kept[0]) > 8:
        flags = kept[0][8] & ~(_WEBP_SAYS_EXIF | _WEBP_SAYS_XMP) | (_WEBP_SAYS_EXIF if says_exif else 0)
        kept[0] = kept[0][:8] + bytes([flags]) + kept[0][9:]
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + len(body).to_bytes(4, "little") + body, end


def _webp_parts(data: bytes, at: int, end: int) -> Iterator[tuple[bytes, bytes, bytes]]:
    """(name, body, the whole chunk with what fills it up) of each chunk."""
    while at < end:
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        after = at + 8 + size + size % 2
        if at + 8 > end or at + 8 + size > end:
            raise _CutOff
        yield data[at : at + 4], data[at + 8 : at + 8 + size], data[at : min(after, end)]
        at = after


def _webp_chunk(name: bytes, body: bytes) -> bytes:
    return name + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2)


def _turned(block: bytes) -> bytes:
    """The TIFF block that says which way up the picture is, and nothing else; empty when it is as it should be.

    A block that says no more already stays as it is.
    """
    found = exif.short(block, _ORIENTATION)
    if found is None or not 2 <= found <= 8:
        return b""
    alone = b"MM\0*\0\0\0\x08" + b"\0\x01" + b"\x01\x12\0\x03\0\0\0\x01" + bytes([0, found, 0, 0]) + b"\0\0\0\0"
    other = b"II*\0\x08\0\0\0" + b"\x01\0" + b"\x12\x01\x03\0\x01\0\0\0" + bytes([found, 0, 0, 0]) + b"\0\0\0\0"
    return block if block == other else alone
