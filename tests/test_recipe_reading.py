"""Pictures that come in, and what is read from them."""

from __future__ import annotations

import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from app.errors import InvalidInput, TooLarge
from app.recipes import a1111
from app.recipes.containers.exif import decoded_comment
from app.recipes.pictures import LARGEST_BYTES, check, encode
from app.recipes.reading import read_picture
from app.recipes.recipe import RecipeSettings
from support import pictures

SETTINGS = RecipeSettings(prompt="a 日本 lighthouse, 😀", seed=7, num_inference_steps=4, width=64, height=64)


def with_comment(comment: bytes, kind: str) -> bytes:
    exif = Image.Exif()
    exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.UserComment] = comment
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, kind, exif=exif)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_every_format_carries_its_settings(kind: str) -> None:
    made = encode(Image.new("RGB", (64, 64)), kind=kind, quality=80, parameters=a1111.write(SETTINGS))
    assert read_picture(check(made)).settings == SETTINGS


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
@pytest.mark.parametrize(
    "comment",
    [
        b"UNICODE\0" + a1111.write(SETTINGS).encode("utf-16-be"),
        b"UNICODE\0" + a1111.write(SETTINGS).encode("utf-16-le"),
        b"UNICODE\0" + a1111.write(SETTINGS).encode("utf-16"),
        b"ASCII\0\0\0" + a1111.write(SETTINGS).encode(),
        b"\0" * 8 + a1111.write(SETTINGS).encode(),
        a1111.write(SETTINGS).encode(),
    ],
    ids=["UTF-16 big end first", "UTF-16 little end first", "UTF-16 with a mark", "ASCII", "unsaid", "no code"],
)
def test_every_way_of_writing_a_comment_is_read(kind: str, comment: bytes) -> None:
    assert read_picture(check(with_comment(comment, kind))).settings == SETTINGS


@given(st.binary() | st.binary().map(lambda raw: b"UNICODE\0" + raw))
def test_no_comment_makes_reading_fail(comment: bytes) -> None:
    a1111.read(decoded_comment(comment)).settings.said()


@given(st.binary(max_size=300), st.integers(0, 600))
@example(b"", 0)
def test_a_damaged_picture_is_refused_or_read_and_never_crashes(noise: bytes, at: int) -> None:
    whole = with_comment(b"ASCII\0\0\0Steps: 1, Seed: 2", "JPEG")
    try:
        read_picture(check(whole[:at] + noise + whole[at + len(noise) :]))
    except (InvalidInput, TooLarge) as refused:
        assert refused.field == "image"


def test_ten_mebibytes_are_taken_and_one_byte_more_is_not() -> None:
    whole = pictures.png_with_text("a")
    exactly = whole + b"\0" * (LARGEST_BYTES - len(whole))
    assert check(exactly).format == "PNG"
    with pytest.raises(TooLarge, match="10 MiB"):
        check(exactly + b"\0")


def test_a_picture_without_settings_has_no_format_and_a_lone_prompt_is_a_guess() -> None:
    assert read_picture(check(pictures.png_with_text(None))).format is None
    guess = read_picture(check(pictures.png_with_text("only a prompt")))
    assert (guess.settings.prompt, guess.confidence) == ("only a prompt", 0.2)
