"""What pictures say of places, cameras and people goes; what is seen of them stays to the bit."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import pytest
from PIL import Image

from app.recipes.stripping import stripped
from tests.private_pictures import (
    KINDS,
    PROFILE,
    SECRET,
    accept,
    exif_of,
    file_of,
    jpeg_with,
    noise,
    pixels,
    png_with,
    said,
    seen,
    webp_with,
)


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_that_says_nothing_stays_byte_for_byte(kind: str) -> None:
    for profile in (None, PROFILE):
        data = file_of(kind, icc_profile=profile)
        assert accept(data) == stripped(data) == data
    with_dpi = file_of("PNG", dpi=(300, 300))
    assert accept(with_dpi) == with_dpi


@pytest.mark.parametrize("kind", KINDS)
def test_place_and_camera_go_and_every_pixel_stays(kind: str) -> None:
    data = file_of(kind, exif=exif_of(), icc_profile=PROFILE, xmp=b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>")
    assert SECRET in data
    assert b"Camera Maker" in data
    clean = accept(data)
    assert SECRET not in clean
    assert b"Camera Maker" not in clean
    assert pixels(clean) == pixels(data)
    assert said(clean) == set()
    with Image.open(io.BytesIO(clean)) as image:
        assert image.info["icc_profile"] == PROFILE
    assert accept(clean) == clean


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("orientation", [2, 3, 6, 8])
def test_the_picture_stays_the_right_way_up(kind: str, orientation: int) -> None:
    data = file_of(kind, exif=exif_of(orientation))
    clean = accept(data)
    assert (pixels(clean), seen(clean)) == (pixels(data), seen(data))
    with Image.open(io.BytesIO(clean)) as image:
        assert dict(image.getexif()) == {0x0112: orientation}
    assert accept(clean) == clean


@pytest.mark.parametrize("orientation", [0, 1, 9, 300])
def test_an_orientation_that_says_nothing_goes_too(orientation: int) -> None:
    clean = accept(file_of("JPEG", exif=exif_of(orientation)))
    assert b"Exif" not in clean


def test_a_little_endian_orientation_alone_stays_byte_for_byte() -> None:
    block = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<HHHIHHI", 1, 0x0112, 3, 1, 6, 0, 0)
    data = jpeg_with((0xE1, block), data=jpeg_without_jfif())
    assert accept(data) == data


def jpeg_without_jfif() -> bytes:
    data = file_of("JPEG")
    return data[:2] + data[20:]


@pytest.mark.parametrize(
    "segment",
    [
        (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + SECRET),
        (0xE1, b"http://ns.adobe.com/xmp/extension/\0" + SECRET),
        (0xED, b"Photoshop 3.0\0" + SECRET),
        (0xFE, SECRET),
        (0xE0, b"JFXX\0\x10" + SECRET),
        (0xE2, b"FPXR\0" + SECRET),
        (0xE2, b"MPF\0" + SECRET),
        (0xE3, SECRET),
        (0xEB, b"JP" + SECRET),  # content credentials
        (0xEC, b"Ducky" + SECRET),
        (0xEE, b"Adobf" + SECRET),
        (0xEF, SECRET),
    ],
)
def test_whatever_a_jpeg_says_goes(segment: tuple[int, bytes]) -> None:
    plain = file_of("JPEG")
    assert stripped(jpeg_with(segment)) == stripped(jpeg_with(segment, segment)) == plain


def test_the_preview_in_a_jpegs_head_goes() -> None:
    data = jpeg_without_jfif()
    head = b"JFIF\0\x01\x01\0\0\x01\0\x01"
    thumbnail = head + b"\x02\x02" + b"\x50" * 12
    assert accept(jpeg_with((0xE0, thumbnail), data=data)) == jpeg_with((0xE0, head + b"\0\0"), data=data)


def test_colours_of_a_cmyk_picture_stay_what_they_are() -> None:
    data = file_of("JPEG", noise(mode="CMYK"))
    assert b"Adobe" in data
    assert accept(data) == data


def test_comments_between_the_scans_of_a_progressive_jpeg_go() -> None:
    data = file_of("JPEG", progressive=True)
    second = data.index(b"\xff\xda", data.index(b"\xff\xda") + 2)
    before = data.rindex(b"\xff\xc4", 0, second)
    comment = b"\xff\xfe" + (len(SECRET) + 2).to_bytes(2, "big") + SECRET
    assert accept(data[:before] + comment + data[before:]) == data


def test_filling_and_restarts_are_pixels_to_nobody() -> None:
    data = file_of("JPEG", restart_marker_blocks=1)
    assert b"\xff\xd0" in data
    filled = data[:2] + b"\xff\xff" + data[2:]
    assert (accept(data), accept(filled)) == (data, filled)


@pytest.mark.parametrize(
    "kind", [b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME", b"caBX", b"prVt", b"sTER", b"oFFs", b"iDOT"]
)
def test_whatever_a_png_says_goes(kind: bytes) -> None:
    plain = file_of("PNG")
    assert stripped(png_with((kind, SECRET))) == stripped(png_with((kind, SECRET), (kind, b""))) == plain


def test_texts_behind_a_pngs_pixels_go() -> None:
    data = file_of("PNG")
    text = b"Comment\0" + SECRET
    chunk = len(text).to_bytes(4, "big") + b"tEXt" + text + zlib.crc32(b"tEXt" + text).to_bytes(4, "big")
    assert accept(data[:-12] + chunk + data[-12:]) == data


@pytest.mark.parametrize("mode", ["P", "L", "LA", "RGBA", "I;16", "1"])
def test_every_kind_of_png_stays_the_same_to_the_bit(mode: str) -> None:
    image = Image.new("I;16", (5, 9), 513) if mode == "I;16" else noise(5, mode)
    how: dict[str, Any] = {"transparency": 3} if mode == "P" else {}
    plain = file_of("PNG", image, **how)
    assert accept(png_with((b"tEXt", SECRET), data=plain)) == plain


@pytest.mark.parametrize("name", [b"EXIF", b"XMP ", b"JUNK", b"ICCQ"])
def test_whatever_a_webp_says_goes(name: bytes) -> None:
    clean = stripped(webp_with((name, SECRET)))
    assert SECRET not in clean
    assert pixels(clean) == pixels(webp_with((name, SECRET)))
    # Neither EXIF nor XMP is announced any more.
    assert (clean[12:16], clean[20] & 0x0C, len(clean)) == (b"VP8X", 0, int.from_bytes(clean[4:8], "little") + 8)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_moving_picture_goes_on_moving(kind: str) -> None:
    frames = [noise(8), noise(8).rotate(180), noise(8).point(lambda value: value // 2)]
    data = file_of(kind, frames[0], save_all=True, append_images=frames[1:], duration=50, loop=0)
    assert accept(data) == data
    with Image.open(io.BytesIO(accept(data))) as image:
        assert getattr(image, "n_frames", 1) == 3


def test_what_hides_in_a_frame_goes() -> None:
    frames = [noise(8), noise(8).rotate(180)]
    data = file_of("WEBP", frames[0], save_all=True, append_images=frames[1:], duration=50)
    at = data.index(b"ANMF")
    size = int.from_bytes(data[at + 4 : at + 8], "little")
    hidden = b"JUNK" + len(SECRET).to_bytes(4, "little") + SECRET + b"\0"
    frame = b"ANMF" + (size + len(hidden)).to_bytes(4, "little") + data[at + 8 : at + 8 + size] + hidden
    whole = data[:at] + frame + data[at + 8 + size :]
    whole = b"RIFF" + (len(whole) - 8).to_bytes(4, "little") + whole[8:]
    assert accept(whole) == data
