"""The suite's own eyes for what pictures tell: Pillow alone, and nothing of the studio's readers."""

from __future__ import annotations

import pytest

from support import builders, pictures
from support.picture_texts import recipe_in, texts_of, words_in
from support.recipe_samples import CONTAINERS, TEXT_ENCODINGS, sample
from support.recipe_terms import loras_of, tagged

PROMPT = "霧の中の灯台 🗼, a beacon"


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("encoding", TEXT_ENCODINGS)
def test_a_text_is_found_in_every_container_and_encoding(container: str, encoding: str) -> None:
    prompt = "a beacon, by the sea" if encoding == "ASCII" else PROMPT
    picture = sample("Automatic1111", container, {"prompt": prompt}, text_encoding=encoding)
    assert any(prompt in text for text in texts_of(picture))


@pytest.mark.parametrize("container", CONTAINERS)
def test_a_recipe_is_found_in_every_container(container: str) -> None:
    recipe = recipe_in(sample("Proofsheet", container, {"prompt": PROMPT}))
    assert recipe is not None
    assert PROMPT in words_in(recipe)


def test_a_picture_without_a_recipe_tells_none() -> None:
    assert recipe_in(pictures.png_with_text("a beacon")) is None
    assert recipe_in(pictures.png_with_text("Recipe metadata: {cut off")) is None
    assert recipe_in(pictures.png_with_text('Recipe metadata: ["a list"]')) is None


def test_of_several_recipes_the_last_one_is_told() -> None:
    both = 'Recipe metadata: {"title": "old"}\nRecipe metadata: {"title": "new"}'
    assert recipe_in(pictures.png_with_text(both)) == {"title": "new"}


def test_a_heavy_picture_is_the_same_picture() -> None:
    light = pictures.png_with_text("a beacon")
    heavy = builders.heavy(light, 100_000)
    assert len(heavy) > 100_000
    assert pictures.same_pixels(light, heavy)
    assert texts_of(heavy) == texts_of(light)


def test_loras_are_read_as_sentences_name_them() -> None:
    one, other, third = loras_of("neon-city 0.8, version 42 -0.5, old-film (left out)")
    assert (one.name, one.strength, one.tag, one.plain) == ("neon-city", 0.8, "<lora:neon-city:0.8>", True)
    assert (other.version, other.strength, other.plain) == (42, -0.5, False)
    assert (third.strength, third.excluded, str(third)) == (None, True, "old-film 1")
    assert [str(lora) for lora in tagged("a <lora:a:0.5> b <lora:c>")] == ["a 0.5", "c 1"]


def test_what_is_no_lora_is_refused() -> None:
    with pytest.raises(ValueError, match="write it as"):
        loras_of("neon city of light")
