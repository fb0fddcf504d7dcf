"""Pictures that come in: checked before they are decoded, and the text that they carry; made smaller with it."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from PIL import ExifTags, Image, ImageOps, PngImagePlugin

from app.errors import InvalidInput, TooLarge
from app.recipes import stealth
from app.recipes.containers import avif, exif, jpeg, png, webp
from app.recipes.embedding import embed
from app.recipes.formats.texts import KEYWORD, OTHERS, PARAMETERS, Texts

LARGEST_BYTES = 10 * 1024 * 1024
LARGEST_PIXELS = 36_000_000
CONTENT_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg", "WEBP": "image/webp"}
PICTURES = ("PNG", "JPEG", "WEBP")
# What recipes take besides; nothing is painted or worked on in it.
RECIPE_PICTURES = (*PICTURES, "AVIF")

_AVIF = {"AVIF": "image/avif"}
_WORDS = {"PNG": "PNG", "JPEG": "JPEG", "WEBP": "WebP", "AVIF": "AVIF"}
_UNICODE = b"UNICODE\0"
_QUALITY = 80
# Beside a small picture a text above this would be the most of it.
_LONGEST_CARRIED = 256 * 1024
_LONGEST_COMMENT = 60_000


@dataclass(frozen=True)
class Picture:
    """A whole, decodable picture as it came: its bytes, format (PNG, JPEG, WEBP, AVIF), size in pixels, texts.

    texts: what the file says about itself, each as (where, text).
    """

    data: bytes
    format: str
    width: int
    height: int
    texts: tuple[tuple[str, str], ...]

    @property
    def content_type(self) -> str:
        return (CONTENT_TYPES | _AVIF)[self.format]

    @property
    def extension(self) -> str:
        return self.format.lower()


def check(data: bytes, *, field: str = "image", formats: Sequence[str] = PICTURES) -> Picture:
    """The picture in `data`, told by its content whatever its name says.

    field: the input that errors name. formats: those that are taken. Raises InvalidInput for what is empty, of
    another kind or cut off, and TooLarge above 10 MiB, 36 megapixels or a packed text of more than 1 MiB; the
    pixels are counted before any is decoded.
    """
    if not data:
        raise InvalidInput(f"{field} is empty; send a {_listed(formats)} picture", field=field)
    if len(data) > LARGEST_BYTES:
        raise TooLarge(f"{field} has {len(data):,} bytes; at most 10 MiB are taken", field=field)
    opened = _opened(data, field, formats)
    with opened as image:
        if image.width * image.height > LARGEST_PIXELS:
            raise _too_many_pixels(field)
        _load(image, field)
        return Picture(
            data=data,
            format=_kind(image),
            width=image.width,
            height=image.height,
            texts=tuple(_texts(image, data)),
        )


def encode(image: Image.Image, *, kind: str, quality: int, parameters: str) -> bytes:
    """The picture as a file of `kind` (PNG, JPEG, WEBP) that carries `parameters` where the web UI does.

    quality: 1 to 100, for JPEG and WEBP. `parameters` longer than EXIF holds (64 KB) stays out of them.
    """
    buffer = io.BytesIO()
    if kind == "PNG":
        text = PngImagePlugin.PngInfo()
        # tEXt is Latin-1, which half of its readers take for UTF-8: only what both read alike goes there.
        add = text.add_text if parameters.isascii() else text.add_itxt
        add(PARAMETERS, parameters)
        image.save(buffer, "PNG", pnginfo=text, compress_level=3)
        return buffer.getvalue()
    fields = Image.Exif()
    comment = _UNICODE + parameters.encode("utf-16-be")
    if len(comment) < _LONGEST_COMMENT:
        fields.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
    image.convert("RGB").save(buffer, kind, quality=quality, exif=fields)
    return buffer.getvalue()


def resized(data: bytes, longest_side: int) -> bytes:
    """A WEBP of the picture whose longer side has `longest_side` pixels, or its own if that is smaller.

    It says what the picture said, the recipe's own text included; a text of more than 256 KiB stays out. The
    picture must have passed `check`.
    """
    with Image.open(io.BytesIO(data)) as opened:
        opened.draft("RGB", (longest_side, longest_side))
        small = ImageOps.exif_transpose(opened)
        texts = Texts.of(_texts(opened, data))
    small.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    mode = "RGBA" if small.has_transparency_data else "RGB"
    buffer = io.BytesIO()
    small.convert(mode).save(buffer, "WEBP", quality=_QUALITY, exif=_carried(texts))
    return buffer.getvalue() if texts.recipe is None else embed(buffer.getvalue(), texts.recipe)


def _carried(texts: Texts) -> Image.Exif:
    """EXIF that says the same: the comment where it belongs, ComfyUI's two where it has them, others as JSON."""
    fields, others = Image.Exif(), {}
    inner = fields.get_ifd(ExifTags.IFD.Exif)
    for text in texts.all:
        if len(text.content) > _LONGEST_CARRIED:
            continue
        raw = text.content.encode("utf-8", "replace")
        if text.where in (PARAMETERS, "UserComment") and ExifTags.Base.UserComment not in inner:
            inner[ExifTags.Base.UserComment] = _UNICODE + text.content.encode("utf-16-be", "replace")
        elif text.where == "prompt":
            fields[ExifTags.Base.Model] = b"prompt:" + raw
        elif text.where == "workflow":
            fields[ExifTags.Base.Make] = b"workflow:" + raw
        else:
            others[text.where] = text.content
    if others:
        fields[ExifTags.Base.ImageDescription] = f"{OTHERS}{json.dumps(others)}".encode()
    return fields


def _opened(data: bytes, field: str, formats: Sequence[str]) -> Image.Image:
    try:
        return Image.open(io.BytesIO(data), formats=list(formats))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise _too_many_pixels(field) from error
    except Exception as error:  # decoders raise what they like for bytes that somebody made up
        _refuse_packed_text(field, error)
        raise InvalidInput(f"{field} is not a {_listed(formats)} picture", field=field) from error


def _load(image: Image.Image, field: str) -> None:
    try:
        image.load()
    except Exception as error:
        _refuse_packed_text(field, error)
        raise InvalidInput(f"{field} is a damaged picture: it is cut off or cannot be decoded", field=field) from error


def _refuse_packed_text(field: str, error: Exception) -> None:
    if isinstance(error, ValueError) and "Decompressed data too large" in str(error):
        raise TooLarge(
            f"{field} is a picture with a packed text; at most 1 MiB of it is unpacked", field=field
        ) from error


def _too_many_pixels(field: str) -> TooLarge:
    return TooLarge(f"{field} has too many pixels; at most 36 megapixels are taken", field=field)


def _listed(formats: Sequence[str]) -> str:
    words = [_WORDS[each] for each in formats]
    return f"{', '.join(words[:-1])} or {words[-1]}"


def _kind(image: Image.Image) -> str:
    """Its format; a telephone's JPEG with a second picture behind the first is one of these."""
    return "JPEG" if image.format == "MPO" else str(image.format)


def _texts(image: Image.Image, data: bytes) -> Iterator[tuple[str, str]]:
    """From the file itself: decoders keep one text of a name, and read them all in one way."""
    kind = _kind(image)
    if kind == "PNG":
        yield from png.texts(data)
        yield from exif.texts(png.exif(data))
        hidden = stealth.text(image)
        if hidden is not None:
            yield "stealth", hidden
    elif kind == "JPEG":
        yield from exif.texts(jpeg.exif(data))
        yield from jpeg.texts(data)
    elif kind == "WEBP":
        yield from exif.texts(webp.exif(data))
    else:
        block = image.info.get("exif")
        yield from exif.texts(block.removeprefix(exif.PREFIX) if isinstance(block, bytes) else b"")
        yield from avif.texts(data, KEYWORD)
