"""Previews: which picture or film a file is by its first bytes, and whether it may be kept as one."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from app.errors import InvalidInput, TooLarge

LARGEST_PICTURE_BYTES = 10 * 1024 * 1024
LARGEST_PIXELS = 36_000_000
LARGEST_FILM_BYTES = 100 * 1024 * 1024
HEAD_BYTES = 512

_WANTED = "a PNG, JPEG, WebP, AVIF or GIF picture, or an MP4 or WebM film"
_AVIF = {b"avif", b"avis"}
_MP4 = {b"isom", b"avc1", b"mp41", b"mp42", b"mp71", b"M4V ", b"dash", b"MSNV", *(b"iso%d" % n for n in range(2, 10))}


@dataclass(frozen=True)
class Format:
    """A kind of picture or film. decoder: what Pillow calls it, None where it is not decoded; suffix: of its files."""

    name: str
    suffix: str
    content_type: str
    decoder: str | None = None
    is_film: bool = False


PNG = Format("PNG", ".png", "image/png", "PNG")
JPEG = Format("JPEG", ".jpeg", "image/jpeg", "JPEG")
WEBP = Format("WebP", ".webp", "image/webp", "WEBP")
AVIF = Format("AVIF", ".avif", "image/avif", "AVIF")
GIF = Format("GIF", ".gif", "image/gif", "GIF", is_film=True)
MP4 = Format("MP4", ".mp4", "video/mp4", is_film=True)
WEBM = Format("WebM", ".webm", "video/webm", is_film=True)
JXL = Format("JPEG XL", ".jxl", "image/jxl")
_BY_SUFFIX = {one.suffix: one for one in (PNG, JPEG, WEBP, AVIF, GIF, MP4, WEBM, JXL)} | {".jpg": JPEG}
_SIGNATURES = (
    (re.compile(rb"\x89PNG\r\n\x1a\n"), PNG),
    (re.compile(rb"\xff\xd8\xff"), JPEG),
    (re.compile(rb"RIFF.{4}WEBP", re.DOTALL), WEBP),
    (re.compile(rb"GIF8[79]a"), GIF),
    (re.compile(rb"\x1a\x45\xdf\xa3.{0,60}?\x42\x82.{1,8}?webm", re.DOTALL), WEBM),
    (re.compile(rb"\xff\x0a|\x00\x00\x00\x0cJXL \r\n\x87\n"), JXL),
)


def format_of(head: bytes) -> Format | None:
    """What a file is by its first 512 bytes; None when it is neither a picture nor a film that is known.

    Source: each format's own description; MP4 and AVIF by the brands of ISO 14496-12's `ftyp`, WebM by EBML's DocType.
    """
    if head[4:8] == b"ftyp":
        end = min(int.from_bytes(head[:4], "big"), len(head))
        brands = {head[8:12], *(head[at : at + 4] for at in range(16, end - 3, 4))}
        return AVIF if brands & _AVIF else MP4 if brands & _MP4 else None
    return next((found for signature, found in _SIGNATURES if signature.match(head)), None)


def format_at(path: Path, head: bytes) -> Format:
    """What a preview on the disk is sent as: what its bytes say, else its name. Many a .png holds a JPEG."""
    return format_of(head) or _BY_SUFFIX.get(path.suffix.lower(), PNG)


def check(file: BinaryIO) -> Format:
    """What was sent as a preview, proven to be one; a picture is decoded, after its pixels were counted.

    Raises InvalidInput for what is empty, something else, or cut off; TooLarge above 10 MiB or 36 megapixels for a
    picture, 100 MiB for a film.
    """
    size = file.seek(0, os.SEEK_END)
    file.seek(0)
    head = file.read(HEAD_BYTES)
    found = format_of(head)
    if not head:
        raise InvalidInput(f"the preview is empty; send {_WANTED}", field="preview")
    if found is None or found is JXL:
        raise InvalidInput(f"the preview is not {_WANTED}", field="preview")
    limit = LARGEST_FILM_BYTES if found.is_film else LARGEST_PICTURE_BYTES
    if size > limit:
        raise TooLarge(f"the preview has {size:,} bytes; at most {limit // 2**20} MiB are taken", field="preview")
    if found.decoder is not None:
        _decode(file, found.decoder)
    if found is MP4 and not _is_whole_mp4(file, size):
        raise _damaged(found.name)
    file.seek(0)
    return found


def _decode(file: BinaryIO, decoder: str) -> None:
    from PIL import Image  # noqa: PLC0415 - 30 ms, and few studios ever take a preview

    file.seek(0)
    try:
        with Image.open(file, formats=[decoder]) as image:
            if image.width * image.height > LARGEST_PIXELS:
                raise _too_many_pixels()
            image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels() from error
    except TooLarge:
        raise
    except Exception as error:  # decoders raise what they like for bytes that somebody made up
        raise _damaged(decoder) from error


def _is_whole_mp4(file: BinaryIO, size: int) -> bool:
    """Whether the boxes of the file end where it does, and its index, `moov`, is among them. Source: ISO 14496-12."""
    at, indexed = 0, False
    while at < size:
        file.seek(at)
        head = file.read(16)
        length = int.from_bytes(head[:4], "big")
        if length == 1:
            length = int.from_bytes(head[8:16], "big")
        elif length == 0:  # the last one, up to the end
            length = size - at
        if length < 8:
            return False
        indexed = indexed or head[4:8] == b"moov"
        at += length
    return at == size and indexed


def _damaged(name: str) -> InvalidInput:
    return InvalidInput(f"the preview is a damaged {name}: it is cut off or cannot be decoded", field="preview")


def _too_many_pixels() -> TooLarge:
    return TooLarge("the preview has too many pixels; at most 36 megapixels are taken", field="preview")
