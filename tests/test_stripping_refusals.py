"""Files that are no picture, or more than one, or not whole: refused; and whatever is broken, nothing crashes."""

from __future__ import annotations

import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from app.errors import InvalidInput, TooLarge
from app.recipes.stripping import Intake, stripped
from tests.private_pictures import (
    KINDS,
    SECRET,
    accept,
    exif_of,
    file_of,
    jpeg_with,
    noise,
    pixels,
    png_with,
    webp_with,
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "behind",
    [b"PK\x03\x04 a ZIP archive", b"<html><script>alert(1)</script>", b"%PDF-1.7", b"GIF89a", b"\0\0\x01", b"x"],
)
def test_a_picture_that_goes_on_as_something_else_is_refused(kind: str, behind: bytes) -> None:
    data = file_of(kind)
    with pytest.raises(
        InvalidInput, match=f"goes on for {len(behind):,} bytes behind the end of its picture"
    ) as refused:
        accept(data + behind)
    assert refused.value.field == "file"
    assert stripped(data + behind) == data


@pytest.mark.parametrize("kind", KINDS)
def test_one_picture_behind_another_is_refused(kind: str) -> None:
    for other in KINDS:
        with pytest.raises(InvalidInput, match="send the picture alone"):
            accept(file_of(kind) + file_of(other))


@pytest.mark.parametrize("kind", KINDS)
def test_zeros_behind_a_picture_are_nothing(kind: str) -> None:
    data = file_of(kind)
    assert accept(data + bytes(512)) == data


def test_the_pictures_behind_a_phones_picture_go() -> None:
    buffer = io.BytesIO()
    noise().save(buffer, "MPO", save_all=True, append_images=[noise(8), noise(4)], exif=exif_of())
    data = buffer.getvalue()
    assert (data.count(b"\xff\xd8\xff"), b"MPF\0" in data) == (3, True)
    clean = Intake().accept(data + bytes(100), field="file")
    assert (clean.format, clean.content_type, clean.data.count(b"\xff\xd8\xff")) == ("JPEG", "image/jpeg", 1)
    assert pixels(clean.data) == pixels(data)
    with pytest.raises(InvalidInput, match="send the picture alone"):
        accept(data + b"PK\x03\x04")


@pytest.mark.parametrize("kind", KINDS)
def test_a_picture_without_its_end_is_refused_and_never_kept_as_it_came(kind: str) -> None:
    data = file_of(kind, exif=exif_of())
    for cut in (1, 2, 5, 20, len(data) // 2, len(data) - 13):
        with pytest.raises(InvalidInput):
            accept(data[:-cut])


@pytest.mark.parametrize(
    "data",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"<!doctype html>", b"GIF89a" + bytes(20),
     b"\x89PNG\r\n\x1a\n",
     b"\xff\xd8\xff", b"\xff\xd8\xff\xd9", b"RIFF\x04\0\0\0WEBP", b"RIFF\xff\xff\xff\xffWEBP", b"BM" + bytes(60),
     b"%PDF-1.4"],
)  # fmt: skip
def test_what_is_no_picture_is_refused_and_stays_as_it_is(data: bytes) -> None:
    with pytest.raises(InvalidInput):
        accept(data)
    assert stripped(data) in (data, data[:12])


def test_the_limits_are_exact() -> None:
    data = file_of("PNG", Image.new("RGB", (8, 8)))
    filled = png_with((b"prVt", bytes(10 * 1024 * 1024 - len(data) - 12)), data=data)
    assert len(filled) == 10 * 1024 * 1024
    assert accept(filled) == data
    with pytest.raises(TooLarge, match="10 MiB"):
        accept(filled + b"\0")


def test_what_unfolds_to_too_many_pixels_is_refused() -> None:
    for kind in KINDS[:2]:
        with pytest.raises(TooLarge, match="36 megapixels"):
            accept(file_of(kind, Image.new("L", (6001, 6000))))


@settings(deadline=None)
@given(
    kind=st.sampled_from(KINDS),
    parts=st.lists(st.tuples(st.integers(0, 9), st.binary(max_size=60)), max_size=6),
)
def test_whatever_is_put_into_it_the_picture_is_the_same_and_clean(kind: str, parts: list[tuple[int, bytes]]) -> None:
    image = Image.new("RGB", (6, 5), 0x336699)
    if kind == "PNG":
        names = [b"tEXt", b"zTXt", b"iTXt", b"eXIf", b"tIME", b"abCd", b"zZZz", b"prVt", b"caBX", b"oFFs"]
        plain = file_of("PNG", image)
        data = png_with(*((names[n], SECRET + body) for n, body in parts), data=plain)
    elif kind == "JPEG":
        markers = [0xE1, 0xE3, 0xE4, 0xE5, 0xE6, 0xE9, 0xED, 0xEF, 0xFE, 0xFE]
        plain = file_of("JPEG", image)
        data = jpeg_with(*((markers[n], SECRET + body) for n, body in parts), data=plain)
    else:
        data = webp_with(*((f"ab{n}d".encode(), SECRET + body) for n, body in parts))
        plain = stripped(webp_with())
    clean = stripped(data)
    assert clean == plain
    assert stripped(clean) == clean


@settings(deadline=None)
@given(st.sampled_from(KINDS), st.data())
def test_whatever_is_broken_in_it_nothing_crashes(kind: str, data: st.DataObject) -> None:
    whole = bytearray(file_of(kind, Image.new("RGB", (6, 5), 0x336699), exif=exif_of(6)))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    stripped(bytes(whole))
    try:
        clean = accept(bytes(whole))
    except (InvalidInput, TooLarge):
        return
    assert SECRET not in clean
    assert stripped(clean) == clean
