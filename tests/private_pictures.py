"""Pictures that say more than is seen of them, as cameras, phones and programs write them."""

from __future__ import annotations

import io
import random
import zlib
from typing import Any

from PIL import Image, ImageCms, ImageOps

from app.recipes.stripping import Intake

SECRET = b"52.5163 N 13.3777 E"
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
KINDS = ("PNG", "JPEG", "WEBP")


def noise(side: int = 24, mode: str = "RGB") -> Image.Image:
    """The same whenever it is asked for."""
    grey = Image.frombytes("L", (side, side * 2), random.Random(side).randbytes(side * side * 2))
    return grey.convert(mode)


def exif_of(orientation: int = 1) -> Image.Exif:
    """What a camera writes: who, where, when, with what, and which way up."""
    fields = Image.Exif()
    fields[0x0112] = orientation
    fields[0x010F], fields[0x013B] = "Camera Maker", SECRET.decode()
    fields.get_ifd(0x8769)[0x9286] = SECRET
    fields.get_ifd(0x8825).update({1: "N", 2: (52.0, 30.0, 58.7), 3: "E", 4: (13.0, 22.0, 39.7)})
    return fields


def file_of(kind: str, image: Image.Image | None = None, **how: Any) -> bytes:
    buffer = io.BytesIO()
    image = image or noise()
    if kind == "WEBP":
        how = {"lossless": True} | how
    image.save(buffer, kind, **how)
    return buffer.getvalue()


def pixels(data: bytes) -> tuple[str, tuple[int, int], bytes]:
    """As they are decoded, before anybody turns them."""
    with Image.open(io.BytesIO(data)) as image:
        return image.mode, image.size, image.tobytes()


def seen(data: bytes) -> bytes:
    """As they are shown."""
    with Image.open(io.BytesIO(data)) as image:
        return ImageOps.exif_transpose(image).convert("RGB").tobytes()


def said(data: bytes) -> set[str]:
    """What the file says beside its pixels, as decoders see it."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        return {str(name) for name in image.info} & {
            "exif",
            "xmp",
            "comment",
            "photoshop",
            "Comment",
            "XML:com.adobe.xmp",
        }


def accept(data: bytes) -> bytes:
    """What is kept of an uploaded file."""
    return Intake().accept(data, field="file").data


def jpeg_with(*segments: tuple[int, bytes], data: bytes | None = None) -> bytes:
    """A JPEG with these segments at its beginning."""
    data = data or file_of("JPEG")
    made = b"".join(bytes([0xFF, m]) + (len(body) + 2).to_bytes(2, "big") + body for m, body in segments)
    return data[:2] + made + data[2:]


def png_with(*chunks: tuple[bytes, bytes], data: bytes | None = None) -> bytes:
    """A PNG with these chunks after its head."""
    data = data or file_of("PNG")
    made = b"".join(
        len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big") for kind, body in chunks
    )
    return data[:33] + made + data[33:]


def webp_with(*chunks: tuple[bytes, bytes]) -> bytes:
    """An extended WebP with these chunks at its end."""
    data = file_of("WEBP", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\0\0\0\0\0")
    made = b"".join(name + len(body).to_bytes(4, "little") + body + b"\0" * (len(body) % 2) for name, body in chunks)
    return b"RIFF" + (len(data) - 8 + len(made)).to_bytes(4, "little") + data[8:] + made
