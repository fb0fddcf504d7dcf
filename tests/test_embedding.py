"""A recipe in its own picture: in and out again to the byte, whatever else is in the file."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import piexif  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops, PngImagePlugin

from app.recipes.containers import exif
from app.recipes.embedding import embed, without
from app.recipes.pictures import RECIPE_PICTURES, check
from app.recipes.reading import read_picture
from support.recipe_samples import CONTAINERS, PROGRAMS, TEXT_ENCODINGS, sample

RECIPE = {"title": "Ünïcode 日本 😀", "gen_params": {"prompt": "a: b\n{c}"}, "loras": [], "tags": ["x"]}
recipes = st.dictionaries(st.text(), st.text() | st.integers() | st.lists(st.text()), max_size=5)


def as_file(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def moving(kind: str) -> bytes:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    return as_file(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)


def files() -> Iterator[tuple[str, bytes]]:
    """Files of every kind that editing could get wrong."""
    image = Image.effect_mandelbrot((33, 17), (-2, -1, 1, 1), 20).convert("RGB")
    clear = image.convert("RGBA")
    clear.putalpha(100)
    profile = b"\0" * 200
    camera = piexif.dump({"0th": {piexif.ImageIFD.Make: b"Camera"}, "Exif": {piexif.ExifIFD.MakerNote: b"\x07" * 99},
                          "GPS": {piexif.GPSIFD.GPSDateStamp: b"1999:99:99"}})  # fmt: skip
    thumbnail = piexif.dump({"0th": {}, "1st": {piexif.ImageIFD.Make: b"x"}, "thumbnail": as_file(image, "JPEG")})
    little = Image.Exif()
    little.endian = "<"
    little[0x9286] = "Fooocus puts its text here"
    pairs = PngImagePlugin.PngInfo()
    pairs.add_text("parameters", "a", zip=True)
    pairs.add_itxt("XML:com.adobe.xmp", "<x/>")
    yield "PNG", as_file(image, "PNG")
    yield "PNG of a palette with texts", as_file(image.convert("P"), "PNG", pnginfo=pairs, exif=camera)
    yield "PNG that moves", moving("PNG")
    yield "PNG with something behind it", as_file(image, "PNG") + b"trailing"
    yield "JPEG", as_file(image, "JPEG")
    yield "JPEG without JFIF", as_file(image, "JPEG").replace(as_file(image, "JPEG")[2:20], b"", 1)
    yield "JPEG, progressive, of a camera", as_file(image, "JPEG", progressive=True, exif=camera, icc_profile=profile)
    yield "JPEG with a thumbnail", as_file(image, "JPEG", exif=thumbnail, comment=b"hello")
    yield "JPEG little end first", as_file(image, "JPEG", exif=little)
    yield "JPEG with damaged EXIF", as_file(image, "JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")
    yield "JPEG of a telephone, with a second picture", as_file(image, "MPO", save_all=True, append_images=[image])
    yield "JPEG with something behind it", as_file(image, "JPEG") + b"trailing"
    yield "WebP, simple", as_file(image, "WEBP")
    yield "WebP, lossless", as_file(image, "WEBP", lossless=True)
    yield "WebP, lossless and clear", as_file(clear, "WEBP", lossless=True)
    yield "WebP, clear", as_file(clear, "WEBP")
    yield "WebP of a camera", as_file(image, "WEBP", exif=camera, icc_profile=profile)
    yield "WebP with XMP", as_file(image, "WEBP", xmp=b"<x/>")
    yield "WebP that moves", moving("WEBP")
    yield "WebP with something behind it", as_file(image, "WEBP") + b"trailing"
    yield "AVIF", as_file(image, "AVIF")
    yield "AVIF of a camera", as_file(image, "AVIF", exif=camera)
    for program in PROGRAMS:
        for container in CONTAINERS:
            yield f"{container} of {program}", sample(program, container, {"prompt": "日本", "seed": "5"})


FILES = dict(files())


def pixels(data: bytes) -> list[bytes]:
    with Image.open(io.BytesIO(data)) as image:
        frames = []
        for number in range(getattr(image, "n_frames", 1)):
            image.seek(number)
            frames.append(image.convert("RGBA").tobytes())
        return frames


# Pillow says aloud what it cannot read; the picture is taken all the same.
@pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
@pytest.mark.parametrize("name", list(FILES))
def test_what_is_embedded_is_read_and_taken_out_to_the_byte(name: str) -> None:
    data = FILES[name]
    made = embed(data, RECIPE)
    assert without(made) == data
    assert embed(made, {"title": "b", **RECIPE}) == embed(data, {"title": "b", **RECIPE})
    assert pixels(made) == pixels(data)
    reading = read_picture(check(made, formats=RECIPE_PICTURES))
    assert (reading.format, reading.title, reading.settings.prompt) == ("proofsheet", RECIPE["title"], "a: b\n{c}")
    before = check(data, formats=RECIPE_PICTURES)
    again = read_picture(check(without(made), formats=RECIPE_PICTURES))
    assert again == read_picture(before)


@given(recipes, recipes, st.sampled_from(list(FILES)))
def test_the_last_of_two_recipes_stays_and_nothing_adds_up(
    first: dict[str, Any], second: dict[str, Any], name: str
) -> None:
    data = FILES[name]
    assert embed(embed(data, first), second) == embed(data, second)
    assert without(embed(embed(data, first), second)) == data


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("encoding", TEXT_ENCODINGS)
def test_another_programs_text_stays_readable_beside_the_recipe(container: str, encoding: str) -> None:
    data = sample("Automatic1111", container, {"prompt": "日本, blue", "seed": "5"}, text_encoding=encoding)
    told = check(embed(data, RECIPE), formats=RECIPE_PICTURES).texts
    assert any("日本, blue\nSteps: 20" in text and "Seed: 5" in text for _, text in told)


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_recipe_longer_than_a_segment_of_jpeg_is_kept(container: str) -> None:
    data = sample("Automatic1111", container, {"prompt": "short"})
    long = {**RECIPE, "gen_params": {"prompt": "日本" * 40_000}}
    made = embed(data, long)
    assert read_picture(check(made, formats=RECIPE_PICTURES)).settings.prompt == "日本" * 40_000
    assert without(made) == data


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_program_that_writes_exif_anew_leaves_no_second_line(kind: str) -> None:
    made = embed(sample("Automatic1111", kind.replace("EBP", "ebP"), {"prompt": "a", "seed": "5"}), RECIPE)
    with Image.open(io.BytesIO(made)) as image:
        rewritten = as_file(image, kind, exif=piexif.dump(piexif.load(image.info["exif"])))
    again = embed(rewritten, {**RECIPE, "title": "new"})
    reading = read_picture(check(again))
    assert reading.title == "new"
    assert sum(text.count("Recipe metadata") for _, text in check(again).texts) == 1


@given(st.binary(max_size=200), st.integers(0, 400), st.sampled_from(list(FILES)))
def test_damaged_files_are_edited_undone_or_left_alone(noise: bytes, at: int, name: str) -> None:
    data = FILES[name]
    damaged = data[:at] + noise + data[at + len(noise) :]
    clean = without(damaged)
    assert without(embed(clean, RECIPE)) == clean


@given(st.binary())
def test_what_is_no_picture_comes_back_as_it_was(data: bytes) -> None:
    assert without(data) == without(embed(data, RECIPE)) == data


@given(st.binary(), st.sampled_from([b"II*\0", b"MM\0*", b""]))
def test_any_exif_block_is_read_and_a_line_in_it_undone(noise: bytes, head: bytes) -> None:
    block = head + noise
    list(exif.texts(block))
    made = exif.with_line(block, "Recipe metadata: {}")
    if made is not None:
        was = exif.original(made)
        assert was is not None
        assert was.block == block


def test_the_line_is_one_that_other_readers_find() -> None:
    made = embed(sample("Automatic1111", "JPEG", {"prompt": "日本", "seed": "5"}), RECIPE)
    with Image.open(io.BytesIO(made)) as image:
        comment = piexif.load(image.info["exif"])["Exif"][piexif.ExifIFD.UserComment]
    text, _, line = comment.removeprefix(b"UNICODE\0").decode("utf-16-be").rpartition("\nRecipe metadata: ")
    assert text.startswith("日本\nSteps: 20") and json.loads(line) == RECIPE


def test_a_picture_that_is_looked_at_looks_the_same() -> None:
    data = FILES["WebP, clear"]
    with Image.open(io.BytesIO(data)) as before, Image.open(io.BytesIO(embed(data, RECIPE))) as after:
        assert ImageChops.difference(before.convert("RGBA"), after.convert("RGBA")).getbbox(alpha_only=False) is None
