"""Recipes' own tools: pictures that come in, fingerprints, the folding of words."""

from __future__ import annotations

import io
import math
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import ExifTags, Image

from app.errors import InvalidInput, TooLarge
from app.recipes import a1111
from app.recipes.fingerprint import fingerprint
from app.recipes.pictures import LARGEST_BYTES, check, decoded_comment, encode
from app.recipes.reading import read_picture
from app.recipes.recipe import RecipeSettings
from app.recipes.search import fold, search_text, words
from support import pictures

SETTINGS = RecipeSettings(prompt="a 日本 lighthouse, 😀", seed=7, num_inference_steps=4, width=64, height=64)
text = st.text(st.characters(exclude_categories=["Cs"]))
entries = st.fixed_dictionaries(
    {},
    optional={
        "hash": st.text("abcDEF01", max_size=4),
        "strength": st.none() | st.floats(-9, 9),
        "exclude": st.booleans(),
    },
)


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


def test_the_fingerprint_of_the_specifications_example() -> None:
    loras: list[dict[str, Any]] = [
        {"hash": "ABC", "strength": 0.1234},
        {"hash": "", "modelVersionId": 42, "strength": 0.5},
        {"hash": "def", "weight": 0.345},
        {"hash": "skip", "exclude": True},
    ]
    assert fingerprint(loras) == "42:0.5|abc:0.12|def:0.34"


@given(st.lists(entries, max_size=6).flatmap(lambda loras: st.tuples(st.just(loras), st.permutations(loras))))
def test_a_fingerprint_does_not_depend_on_the_order(both: tuple[list[dict[str, Any]], list[dict[str, Any]]]) -> None:
    assert fingerprint(both[0]) == fingerprint(both[1])


def test_a_fingerprint_has_defaults_and_refuses_what_is_no_strength() -> None:
    assert fingerprint([{"hash": "a"}, {"hash": "b", "strength": None}, {"hash": "c", "strength": -0.001}]) == (
        "a:1.0|b:1.0|c:0.0"
    )
    assert fingerprint([]) == fingerprint([{"strength": 1}]) == ""
    for strength in (math.nan, math.inf, "much"):
        with pytest.raises(InvalidInput, match="finite"):
            fingerprint([{"hash": "a", "strength": strength}])


@pytest.mark.parametrize(
    ("written", "searched"),
    [
        ("Café", "cafe"), ("STRASSE", "straße"), ("a girl’s cat", "girl's"), ("50% grey", "50%"),
        ("ｆｕｌｌ width", "full"), ("日本の灯台", "日本"), ("İstanbul", "istanbul"),
        ("masterpiece, dress", "dress, masterpiece"),
    ],
)  # fmt: skip
def test_words_are_found_whatever_their_look(written: str, searched: str) -> None:
    assert all(word in search_text([written]) for word in words(searched))


def test_different_kana_stay_different() -> None:
    assert fold("かき") not in fold("がき")


@given(text)
def test_folding_twice_changes_nothing_and_a_text_is_found_by_its_own_words(anything: str) -> None:
    assert fold(fold(anything)) == fold(anything)
    assert all(word in search_text([anything]) for word in words(anything))
