"""Pictures as people upload them for a character: of every kind and size, with what a camera wrote, and in disguise."""

from __future__ import annotations

import io
import random
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass

import piexif  # type: ignore[import-untyped]
from PIL import ExifTags, Image, ImageCms, ImageDraw

from support import builders
from support.pictures import COLOURS

EXTENSIONS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}
CONTENT_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
LIMIT_BYTES = 10 * 1024 * 1024
LIMIT_PIXELS = 36_000_000

MAKER, MODEL, NUMBER = "Lumenograph", "LX-4000", "SN-7731-0042"
PLACE_NAME = "the jetty of Kleinhaven"
# Degrees, minutes and hundredths of seconds, each as EXIF's rationals; nowhere else in the picture.
LATITUDE = ((53, 1), (37, 1), (2113, 100))
LONGITUDE = ((9, 1), (54, 1), (4171, 100))
TURNED_RIGHT = 6

_PNG = b"\x89PNG\r\n\x1a\n"
# Multiples of five and of twelve reach every number from here on.
_REACHED = 44
_STORED_BYTES, _CHUNK_BYTES = 5, 12


def plain(kind: str, *, colour: str = "red", size: tuple[int, int] = (96, 64)) -> bytes:
    """A picture of `kind` without a word about itself; another colour is another picture."""
    return _as(kind, _drawn(colour, size))


def told_by_a_camera(kind: str) -> bytes:
    """A picture as a telephone saves it: where it was taken, by what, a colour profile, turned on its side."""
    image, profile = _drawn("green", (96, 64)), ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    exif = _exif()
    if kind == "PNG":
        return _with_texts(_as(kind, image, icc_profile=profile, exif=exif))
    if kind == "WEBP":
        return _as(kind, image, icc_profile=profile, exif=exif, xmp=_xmp(), lossless=True)
    data = _as(kind, image, icc_profile=profile, exif=exif, quality=92, comment=PLACE_NAME.encode())
    xmp = b"http://ns.adobe.com/xap/1.0/\0" + _xmp()
    iptc = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0" + bytes([len(_iptc())]) + _iptc()
    return data[:2] + _segment(0xE1, xmp) + _segment(0xED, iptc + b"\0" * (len(_iptc()) % 2)) + data[2:]


def _drawn(colour: str, size: tuple[int, int]) -> Image.Image:
    image = Image.new("RGB", size, COLOURS[colour])
    draw = ImageDraw.Draw(image)
    draw.ellipse((4, 4, size[0] // 2, size[1] // 2), fill=COLOURS["yellow"])
    draw.rectangle((size[0] // 2, size[1] // 2, size[0] - 5, size[1] - 5), fill=COLOURS["blue"])
    return image


def _as(kind: str, image: Image.Image, **how: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **how)
    return buffer.getvalue()


def _exif() -> bytes:
    fields = {
        "0th": {
            piexif.ImageIFD.Make: MAKER,
            piexif.ImageIFD.Model: MODEL,
            piexif.ImageIFD.Orientation: TURNED_RIGHT,
            piexif.ImageIFD.Artist: PLACE_NAME,
        },
        "Exif": {
            piexif.ExifIFD.DateTimeOriginal: "2026:02:11 07:31:09",
            piexif.ExifIFD.BodySerialNumber: NUMBER,
            piexif.ExifIFD.UserComment: b"ASCII\0\0\0" + PLACE_NAME.encode(),
        },
        "GPS": {
            piexif.GPSIFD.GPSLatitudeRef: "N",
            piexif.GPSIFD.GPSLatitude: LATITUDE,
            piexif.GPSIFD.GPSLongitudeRef: "E",
            piexif.GPSIFD.GPSLongitude: LONGITUDE,
        },
    }
    return bytes(piexif.dump(fields))


def _xmp() -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        f'<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" exif:GPSLatitude="53,37.3522N" '
        f'exif:LensModel="{MODEL}" exif:Location="{PLACE_NAME}"/></rdf:RDF></x:xmpmeta>'
    ).encode()


def _iptc() -> bytes:
    """One field, Caption (2:120). Source: IPTC-IIM 4.2."""
    text = PLACE_NAME.encode()
    return b"\x1c\x02\x78" + len(text).to_bytes(2, "big") + text


def _segment(marker: int, content: bytes) -> bytes:
    """A JPEG segment. Source: ITU T.81, B.1.1.4."""
    return bytes([0xFF, marker]) + (len(content) + 2).to_bytes(2, "big") + content


def _with_texts(png: bytes) -> bytes:
    """The PNG with a comment and XMP, as programs write them behind its head."""
    head = png.index(b"IDAT") - 4
    texts = _chunk(b"tEXt", b"Comment\0" + PLACE_NAME.encode())
    texts += _chunk(b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + _xmp())
    return png[:head] + texts + png[head:]


@dataclass(frozen=True)
class SaidOfItself:
    """What a picture's file tells about where and by what it was taken, read with other means than the studio's."""

    secrets: list[str]
    turned: int
    profile: bool


def said_by(data: bytes) -> SaidOfItself:
    """Look for position, camera and words, both as a program reads them and as bare bytes."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        exif = image.getexif()
        found = [f"EXIF field {ExifTags.TAGS.get(tag, tag)}" for tag in exif if tag != ExifTags.Base.Orientation]
        found += [f"position field {tag}" for tag in exif.get_ifd(ExifTags.IFD.GPSInfo)]
        turned, profile = exif.get(ExifTags.Base.Orientation, 1), "icc_profile" in image.info
    bare = {MAKER, MODEL, NUMBER, PLACE_NAME, "GPSLatitude", "xmpmeta"}
    found += [f"the words {word!r}" for word in sorted(bare) if word.encode() in data]
    packed = b"".join(number.to_bytes(4, "big") for pair in LATITUDE for number in pair)
    found += ["the latitude"] if packed in data else []
    return SaidOfItself(found, int(turned), profile)


def of_exactly(size_bytes: int) -> bytes:
    """A valid PNG of so many bytes, every one of them needed: noise that nothing can pack."""
    width = 2048
    noise = random.Random(size_bytes)
    rows = size_bytes // (width + 1)
    while True:
        lines = [b"\0" + noise.randbytes(width) for _ in range(rows)]
        missing = size_bytes - len(_png(width, lines, 0, 0))
        if missing >= _REACHED or missing == 0:
            break
        rows -= 1
    empty = next(n for n in range(_STORED_BYTES) if (missing - n * _CHUNK_BYTES) % _STORED_BYTES == 0)
    return _png(width, lines, (missing - empty * _CHUNK_BYTES) // _STORED_BYTES, empty)


def _png(width: int, lines: list[bytes], stored: int, empty: int) -> bytes:
    """A grey PNG, unpacked. stored: empty blocks in its stream; empty: chunks of nothing. Source: RFC 1951, 3.2.4."""
    raw = b"".join(lines)
    pieces = [raw[at : at + 0xFFFF] for at in range(0, len(raw), 0xFFFF)]
    blocks = [_stored(piece, last=False) for piece in [*pieces, *[b""] * stored]]
    stream = b"\x78\x01" + b"".join(blocks) + _stored(b"", last=True) + zlib.adler32(raw).to_bytes(4, "big")
    head = width.to_bytes(4, "big") + len(lines).to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    data = _chunk(b"IDAT", stream) + _chunk(b"IDAT", b"") * empty
    return _PNG + _chunk(b"IHDR", head) + data + _chunk(b"IEND", b"")


def _stored(piece: bytes, *, last: bool) -> bytes:
    length = len(piece)
    return bytes([last]) + length.to_bytes(2, "little") + (length ^ 0xFFFF).to_bytes(2, "little") + piece


def of_pixels(width: int, height: int) -> bytes:
    """A PNG of so many pixels that packs into a few kilobytes: one bit each, all alike."""
    row = b"\0" + bytes((width + 7) // 8)
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([1, 0, 0, 0, 0])
    packed = zlib.compress(row * height, 9)
    return _PNG + _chunk(b"IHDR", head) + _chunk(b"IDAT", packed) + _chunk(b"IEND", b"")


def _chunk(name: bytes, data: bytes) -> bytes:
    """Length, name, data, CRC. Source: the PNG specification, section 5."""
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")


def _archive() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("evil.html", "<script>alert(1)</script>")
    return buffer.getvalue()


_PAGE = b"<!doctype html><html><script>alert(document.cookie)</script></html>"
_DOCUMENT = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\ntrailer<</Root 1 0 R>>\n"
)

DISGUISES: dict[str, Callable[[], bytes]] = {
    "an empty file": lambda: b"",
    "a web page": lambda: _PAGE,
    "half a picture": lambda: plain("PNG")[: len(plain("PNG")) // 2],
    "a picture that unfolds to 81 million pixels": lambda: of_pixels(9000, 9000),
    "a picture that claims billions of pixels": builders.bomb,
    "a drawing that is a program": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "an animated GIF": lambda: plain("GIF"),
    "a bitmap": lambda: plain("BMP"),
    "a web page behind a PNG": lambda: plain("PNG") + _PAGE,
    "a web page behind a JPEG": lambda: plain("JPEG") + _PAGE,
    "an archive behind a PNG": lambda: plain("PNG") + _archive(),
    "a document behind a JPEG": lambda: plain("JPEG") + _DOCUMENT,
    "an archive behind a WEBP": lambda: plain("WEBP") + _archive(),
}
