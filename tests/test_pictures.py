"""The oracles on pictures: they read back what was drawn."""

from __future__ import annotations

import itertools
import os

import pytest
from PIL import Image

from support import pictures

SHAPES = ("circle", "square", "triangle")
VIVID = [word for word in pictures.COLOURS if word not in ("white", "grey", "black")]


@pytest.mark.parametrize(("colour", "shape"), list(itertools.product(VIVID, SHAPES)))
def test_a_drawn_shape_is_read_back(colour: str, shape: str) -> None:
    drawn = pictures.drawn(colour, shape)
    seen = (pictures.main_colour(drawn), pictures.main_shape(drawn), pictures.background_colour(drawn))
    assert seen == (colour, shape, "white")


@pytest.mark.parametrize(
    ("colour", "background"), [("white", "black"), ("black", "grey"), ("grey", "white"), ("yellow", "blue")]
)
def test_subject_and_background_are_told_apart(colour: str, background: str) -> None:
    drawn = pictures.drawn(colour, "circle", background=background)
    assert (pictures.main_colour(drawn), pictures.background_colour(drawn)) == (colour, background)


def test_a_picture_of_one_colour_has_that_colour_and_no_shape() -> None:
    plain = pictures.as_file(Image.new("RGB", (64, 64), "red"))
    assert (pictures.main_colour(plain), pictures.main_shape(plain)) == ("red", "nothing")


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_a_shape_is_read_back_from_every_format(kind: str) -> None:
    image = pictures.decode(pictures.drawn("orange", "triangle", size=(256, 128))).image
    saved = pictures.as_file(image, kind)
    assert (pictures.main_colour(saved), pictures.main_shape(saved)) == ("orange", "triangle")
    assert (pictures.decode(saved).format, pictures.decode(saved).size) == (kind, (256, 128))


def test_one_pixel_makes_another_picture_and_another_text_does_not() -> None:
    one = pictures.png_with_text("a")
    image = pictures.decode(one).image
    assert pictures.same_pixels(one, pictures.as_file(image))
    image.putpixel((5, 5), (1, 2, 3))
    assert pictures.differs_from(one, pictures.as_file(image))


def test_overlap_is_one_for_the_same_place_and_less_for_another_shape() -> None:
    circle, square = pictures.drawn("red", "circle"), pictures.drawn("blue", "square")
    assert pictures.overlap(circle, pictures.drawn("green", "circle")) == 1.0
    assert 0.7 < pictures.overlap(circle, square) < 0.85


def test_settings_are_inside_the_file() -> None:
    made = pictures.png_with_a1111("日本, a: b", negative_prompt="blurry", seed=5, size=(128, 64))
    assert pictures.decode(made).size == (128, 64)
    assert pictures.decode(made).texts["parameters"].startswith("日本, a: b\nNegative prompt: blurry\nSteps: 20, ")
    assert pictures.decode(pictures.png_with_text(None)).texts == {}


@pytest.mark.parametrize("size", [(1, 1), (64, 64), (1024, 1024), (3000, 20)])
def test_evidence_is_small_whatever_comes_in(size: tuple[int, int]) -> None:
    noise = Image.frombytes("RGB", size, os.urandom(size[0] * size[1] * 3))
    evidence = pictures.as_evidence(pictures.as_file(noise))
    assert len(evidence) <= pictures.EVIDENCE_BYTES
    assert pictures.decode(evidence).format == "WEBP"


@pytest.mark.parametrize("data", [b"", b"<html>", pictures.png_with_text(None)[:90]])
def test_what_is_no_picture_is_told_as_such(data: bytes) -> None:
    with pytest.raises(pictures.NoPicture, match="no picture"):
        pictures.as_evidence(data)
