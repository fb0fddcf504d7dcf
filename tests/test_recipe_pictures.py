"""Pictures that recipes take: every kind of text in every kind of file, and what is refused."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from app.errors import InvalidInput, TooLarge
from app.recipes.containers import jpeg, png, webp
from app.recipes.containers.exif import decoded_comment
from app.recipes.embedding import embed
from app.recipes.formats import ours
from app.recipes.pictures import RECIPE_PICTURES, check, encode, resized
from app.recipes.reading import read_picture
from app.recipes.recipe import Reading

TEXT = "a lighthouse, 日本\nNegative prompt: blurry\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 5, Size: 512x768"


def as_file(image: Image.Image, kind: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + kind + body + zlib.crc32(kind + body).to_bytes(4, "big")


def with_chunk(kind: bytes, body: bytes) -> bytes:
    plain = as_file(Image.new("RGB", (8, 8)), "PNG")
    return plain[:33] + chunk(kind, body) + plain[33:]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        (b"tEXt", b"parameters\0" + TEXT.encode()),
        (b"zTXt", b"parameters\0\0" + zlib.compress(TEXT.encode())),
        (b"iTXt", b"parameters\0\0\0\0\0" + TEXT.encode()),
        (b"iTXt", b"parameters\0\1\0en\0Parameter\0" + zlib.compress(TEXT.encode())),
        (b"eXIf", b"II*\0\x08\0\0\0\x01\0\x86\x92\x07\0" + len(TEXT.encode()).to_bytes(4, "little")
         + b"\x1a\0\0\0" + b"\0\0\0\0" + TEXT.encode()),
    ],
    ids=["tEXt", "zTXt", "iTXt", "packed iTXt", "eXIf"],
)  # fmt: skip
def test_every_kind_of_text_in_png_is_read(kind: bytes, body: bytes) -> None:
    settings = read_picture(check(with_chunk(kind, body))).settings
    assert (settings.prompt, settings.negative_prompt, settings.seed) == ("a lighthouse, 日本", "blurry", 5)


def test_latin_1_is_read_where_it_is_no_utf_8() -> None:
    assert check(with_chunk(b"tEXt", b"Comment\0caf\xe9")).texts == (("Comment", "café"),)


def test_two_texts_of_one_name_are_both_read() -> None:
    twice = with_chunk(b"tEXt", b"parameters\0hello")
    twice = twice[:33] + chunk(b"tEXt", b"parameters\0" + TEXT.encode()) + twice[33:]
    assert read_picture(check(twice)).settings.seed == 5


def test_a_comment_of_jpeg_is_read() -> None:
    made = as_file(Image.new("RGB", (8, 8)), "JPEG", comment=TEXT.encode())
    assert read_picture(check(made)).settings.seed == 5


@pytest.mark.parametrize("kind", [b"zTXt", b"iTXt"])
def test_a_text_that_unpacks_without_end_is_refused(kind: bytes) -> None:
    packed = zlib.compress(b"a" * 20_000_000)
    body = b"parameters\0" + (b"\0" if kind == b"zTXt" else b"\1\0\0\0") + packed
    with pytest.raises(TooLarge, match="picture with a packed text"):
        check(with_chunk(kind, body))
    assert list(png.texts(with_chunk(kind, body))) == []


def test_avif_is_a_picture_for_recipes_alone() -> None:
    made = as_file(Image.new("RGB", (64, 48), "red"), "AVIF")
    picture = check(made, formats=RECIPE_PICTURES)
    assert (picture.format, picture.content_type, picture.extension) == ("AVIF", "image/avif", "avif")
    assert (picture.width, picture.height) == (64, 48)
    with pytest.raises(InvalidInput, match="image is not a PNG, JPEG or WebP picture"):
        check(made)
    with pytest.raises(InvalidInput, match="image is not a PNG, JPEG, WebP or AVIF picture"):
        check(b"<html>", formats=RECIPE_PICTURES)
    with pytest.raises(InvalidInput, match="damaged picture"):
        check(made[:-40], formats=RECIPE_PICTURES)


def hidden(text: str, size: tuple[int, int] = (90, 90), *, packed: bool = True) -> bytes:
    """The text in the lowest bits of the transparency, column by column, as NovelAI hides it."""
    payload = gzip.compress(text.encode()) if packed else text.encode()
    raw = (b"stealth_pngcomp" if packed else b"stealth_pnginfo") + (len(payload) * 8).to_bytes(4, "big") + payload
    bits = [int(bit) for byte in raw for bit in f"{byte:08b}"]
    image = Image.new("RGBA", size, (1, 2, 3, 254))
    for number, bit in enumerate(bits):
        image.putpixel((number // size[1], number % size[1]), (1, 2, 3, 254 | bit))
    return as_file(image, "PNG")


@pytest.mark.parametrize("packed", [True, False])
def test_what_novelai_hides_in_the_transparency_is_read(packed: bool) -> None:
    comment = {"prompt": "a fox, 日本", "uc": "dull", "steps": 28, "scale": 5.5, "seed": 7, "signed_hash": "x"}
    said = {"Comment": json.dumps(comment), "Software": "NovelAI", "Source": "NovelAI Diffusion V3"}
    reading = read_picture(check(hidden(json.dumps(said), packed=packed)))
    assert (reading.format, reading.settings.prompt, reading.settings.seed) == ("novelai", "a fox, 日本", 7)
    assert reading.settings.checkpoint == "NovelAI Diffusion V3"


@given(st.binary(min_size=20, max_size=200), st.integers(1, 40))
@example(b"stealth_pngcomp\0\0\0\x08" + b"\0" * 9, 3)
def test_no_transparency_makes_reading_fail(noise: bytes, height: int) -> None:
    image = Image.frombytes("L", (len(noise) // height + 1, height), noise.ljust((len(noise) // height + 1) * height))
    clear = Image.new("RGBA", image.size)
    clear.putalpha(image)
    read_picture(check(as_file(clear, "PNG")))


anything = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=200)


@given(
    st.binary(max_size=300),
    st.sampled_from([b"", b"\xff\xd8\xff\xe1\0\x20Exif\0\0", b"RIFF\0\1\0\0WEBP", png.SIGNATURE]),
)
def test_no_bytes_make_reading_texts_fail(noise: bytes, head: bytes) -> None:
    data = head + noise
    assert list(png.texts(data)) is not None and list(jpeg.texts(data)) is not None
    assert isinstance(decoded_comment(data), str)
    assert png.exif(data) is not None and jpeg.exif(data) is not None and webp.exif(data) is not None


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
@given(text=anything.map(lambda text: f"x{text}x"))
@example(text="Ã© and é")
def test_what_is_encoded_is_read_to_the_letter(kind: str, text: str) -> None:
    made = encode(Image.new("RGB", (16, 16)), kind=kind, quality=80, parameters=text)
    assert [said for _, said in check(made).texts] == [text]


def test_a_smaller_picture_keeps_what_was_said_the_recipe_and_what_is_clear() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("parameters", TEXT)
    info.add_text("prompt", '{"1": {"class_type": "X 日本"}}')
    info.add_text("workflow", '{"nodes": []}')
    info.add_text("Title", "a title")
    info.add_text("Comment", "x" * 300_000)
    picture = as_file(Image.new("RGBA", (200, 100), (255, 0, 0, 100)), "PNG", pnginfo=info)
    made = embed(picture, ours.written(Reading(title="Kept")))
    small = check(resized(made, 64))
    assert (small.width, small.height) == (64, 32)
    assert read_picture(small).title == "Kept"
    with Image.open(io.BytesIO(small.data)) as image:
        assert image.mode == "RGBA"
        comment = decoded_comment(image.getexif().get_ifd(0x8769)[0x9286])
        assert comment.startswith(TEXT) and "Recipe metadata" in comment
        assert "日本" in image.getexif()[0x0110].encode("latin-1").decode() and "workflow" in image.getexif()[0x010F]
    assert len(small.data) < 10_000


def test_a_small_picture_is_not_made_larger_and_one_that_lies_is_turned() -> None:
    small = check(resized(as_file(Image.new("RGB", (20, 10)), "PNG"), 64))
    assert (small.width, small.height) == (20, 10)
    lying = Image.Exif()
    lying[0x0112] = 6
    turned = check(resized(as_file(Image.new("RGB", (100, 50)), "JPEG", exif=lying), 64))
    assert (turned.width, turned.height) == (32, 64)


def test_a_telephones_jpeg_with_a_second_picture_behind_the_first_is_a_jpeg() -> None:
    image = Image.new("RGB", (16, 8), "red")
    taken = check(as_file(image, "MPO", save_all=True, append_images=[image]))
    assert (taken.format, taken.content_type, taken.extension) == ("JPEG", "image/jpeg", "jpeg")
    told = check(embed(taken.data, ours.written(Reading(title="Kept"))))
    assert read_picture(told).title == "Kept"
