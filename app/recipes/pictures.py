"""Pictures that come in: checked before they are decoded, and the text that they carry."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import ExifTags, Image, PngImagePlugin

from app.errors import InvalidInput, TooLarge

LARGEST_BYTES = 10 * 1024 * 1024
LARGEST_PIXELS = 36_000_000
CONTENT_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
PARAMETERS = "parameters"

_UNICODE = b"UNICODE\0"
_CHARSETS = (_UNICODE, b"ASCII\0\0\0", b"\0" * 8)


@dataclass(frozen=True)
class Picture:
    """A whole, decodable picture as it came: its bytes, format (PNG, JPEG, WEBP), size in pixels, texts.

    texts: what the file says about itself, each as (where, text).
    """

    data: bytes
    format: str
    width: int
    height: int
    texts: tuple[tuple[str, str], ...]

    @property
    def content_type(self) -> str:
        return CONTENT_TYPES[self.format]

    @property
    def extension(self) -> str:
        return self.format.lower()


def check(data: bytes, *, field: str = "image") -> Picture:
    """The picture in `data`, told by its content whatever its name says.

    field: the input that errors name. Raises InvalidInput for what is empty, no PNG, JPEG or WebP, or
    cut off, and TooLarge above 10 MiB or 36 megapixels; the pixels are counted before any is decoded.
    """
    if not data:
        raise InvalidInput(f"{field} is empty; send a PNG, JPEG or WebP picture", field=field)
    if len(data) > LARGEST_BYTES:
        raise TooLarge(f"{field} has {len(data):,} bytes; at most 10 MiB are taken", field=field)
    opened = _opened(data, field)
    with opened as image:
        if image.width * image.height > LARGEST_PIXELS:
            raise _too_many_pixels(field)
        _load(image, field)
        return Picture(
            data=data,
            format=str(image.format),
            width=image.width,
            height=image.height,
            texts=tuple(_texts(image)),
        )


def encode(image: Image.Image, *, kind: str, quality: int, parameters: str) -> bytes:
    """The picture as a file of `kind` (PNG, JPEG, WEBP) that carries `parameters` where the web UI does.

    quality: 1 to 100, for JPEG and WEBP. `parameters` longer than EXIF holds (64 KB) stays out of them.
    """
    buffer = io.BytesIO()
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text(PARAMETERS, parameters)
        image.save(buffer, "PNG", pnginfo=text, compress_level=3)
        return buffer.getvalue()
    exif = Image.Exif()
    comment = _UNICODE + parameters.encode("utf-16-be")
    if len(comment) < 60_000:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
    image.convert("RGB").save(buffer, kind, quality=quality, exif=exif)
    return buffer.getvalue()


def _opened(data: bytes, field: str) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=list(CONTENT_TYPES))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(field) from error
    except Exception as error:  # decoders raise what they like for bytes that somebody made up
        raise InvalidInput(f"{field} is not a PNG, JPEG or WebP picture", field=field) from error


def _load(image: Image.Image, field: str) -> None:
    try:
        image.load()
    except Exception as error:
        raise InvalidInput(f"{field} is a damaged picture: it is cut off or cannot be decoded", field=field) from error


def _too_many_pixels(field: str) -> TooLarge:
    return TooLarge(f"{field} has too many pixels; at most 36 megapixels are taken", field=field)


def _texts(image: Image.Image) -> Iterator[tuple[str, str]]:
    for name, value in image.info.items():
        if isinstance(name, str) and isinstance(value, str):
            yield name, value
    try:
        comment = image.getexif().get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment)
    except Exception:  # a damaged EXIF block is no reason to refuse the picture
        return
    if isinstance(comment, str):
        yield "UserComment", comment
    elif isinstance(comment, bytes):
        yield "UserComment", decoded_comment(comment)


def decoded_comment(comment: bytes) -> str:
    """EXIF's UserComment as text; never fails, half characters become U+FFFD.

    Source: EXIF 2.32, tag 37510: eight bytes name the character code. UNICODE does not say which byte
    comes first and writers differ, so the side with more zero bytes wins.
    """
    charset = next((code for code in _CHARSETS if comment.startswith(code)), b"")
    raw = comment[len(charset) :]
    if charset == _UNICODE:
        return _utf16(raw)
    return raw.decode("utf-8", "replace").strip("\0")


def _utf16(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    high, low = raw[0::2].count(0), raw[1::2].count(0)
    return raw.decode("utf-16-le" if low > high else "utf-16-be", "replace").strip("\0")
