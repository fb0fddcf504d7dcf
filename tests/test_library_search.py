"""Fuzzy search: the index finds exactly what a plain look at every model finds, also after any changes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.library.model import Model
from app.library.search import SearchIndex, is_found, words_of
from tests.shelf_of_models import entry


@pytest.mark.parametrize(
    ("pattern", "name", "about", "found"),
    [
        ("neon", "neon-city", {}, True),
        ("NEON", "Neon City", {}, True),
        ("eon", "neon-city", {}, True),
        ("city neon", "neon-city", {}, True),
        ("neon rain", "neon-city", {}, False),
        ("neon-city", "neon-city", {}, True),
        ("neon_city", "neon-city", {}, True),  # one sign of nine is another
        ("neonn", "neon-city", {}, True),
        ("noen", "neon-city", {}, False),  # three of four signs in order: 0.75
        ("ligthhouse", "old-lighthouse", {}, True),
        ("lighthuose", "old-lighthouse", {}, True),
        ("lihgthuose", "old-lighthouse", {}, False),
        ("illustrios", "painted", {"base_model": "Illustrious"}, True),
        ("sdxl", "painted", {"base_model": "SDXL 1.0"}, True),
        ("1.0", "painted", {"base_model": "SDXL 1.0"}, True),
        ("portrait", "painted", {"tags": ("portrait", "oil")}, True),
        ("portriat", "painted", {"tags": ("portrait", "oil")}, True),
        ("oil portrait painted", "painted", {"tags": ("portrait", "oil")}, True),
        ("safetensors", "painted", {}, False),
        ("ölb", "Ölbild", {}, True),
        ("o\u0308lb", "Ölbild", {}, True),
        ("STRASSE", "straße", {}, True),
        ("日本", "日本の風景", {}, True),
        ("%", "100%", {}, True),
        ("%", "neon", {}, False),
        ("_", "neon_sign", {}, True),
        ("_", "neon", {}, False),
        (".*", "neon", {}, False),
        ("", "neon", {}, False),
        ("  \t\n", "neon", {}, False),
    ],
)
def test_every_word_is_part_of_a_word_or_nearly_one(
    pattern: str, name: str, about: dict[str, Any], found: bool
) -> None:
    model = entry(name, **about)
    assert is_found(model, pattern) is found
    assert (model.id in SearchIndex([model]).find(pattern)) is found


def test_the_border_between_near_and_far_is_at_85_percent() -> None:
    # Two words of a and b signs with c in common are 2c/(a+b) similar.
    seventeen_of_twenty = entry("abcdefghijklmnopq")
    assert is_found(seventeen_of_twenty, "abcdefghijklmnopqxyz"[:20]), "2·17/37 = 0.919"
    assert is_found(entry("abcdefghijklmnopqrst"), "abcdefghijklmnopqxyz"), "2·17/40 = 0.85"
    assert not is_found(entry("abcdefghijklmnopqrst"), "abcdefghijklmnopxyzw"), "2·16/40 = 0.8"


def test_a_models_words_stand_between_spaces_and_between_signs() -> None:
    model = entry("Neon City_v1.5", tags=("night rain",), base_model="SDXL 1.0")
    assert words_of(model) == {"neon", "city_v1.5", "city", "v1", "5", "night", "rain", "sdxl", "1.0", "1", "0"}


LETTERS = st.text("abcö1_-. %日本", min_size=1, max_size=8)
FOUND = st.builds(
    lambda name, folder, tags, base_model: entry(name, folder=folder, tags=tuple(tags), base_model=base_model),
    LETTERS,
    st.sampled_from(("", "a", "b", "c")),
    st.lists(LETTERS, max_size=3),
    st.sampled_from(("SDXL 1.0", "Pony", "Unknown", "日本 1.0")),
)
PATTERN = LETTERS | st.text(max_size=12) | st.lists(LETTERS, max_size=3).map(" ".join)
CHANGES = st.lists(st.tuples(st.booleans(), FOUND), max_size=25)


@given(changes=CHANGES, patterns=st.lists(PATTERN, min_size=1, max_size=5))
@settings(max_examples=150)
def test_the_index_finds_what_a_look_at_every_model_finds(
    changes: list[tuple[bool, Model]], patterns: list[str]
) -> None:
    index, models = SearchIndex(), dict[str, Model]()
    for stays, model in changes:
        before = models.pop(model.id, None)
        if before is not None:
            index.remove(before)
        if stays:
            index.add(model)
            models[model.id] = model
    # What is nearly in one of the models is what is near the border of finding it.
    for model in list(models.values())[:3]:
        patterns = [*patterns, model.name[:-1], f"{model.name}x", model.name[::-1], *model.tags]
    for pattern in patterns:
        assert index.find(pattern) == {model.id for model in models.values() if is_found(model, pattern)}, pattern


WORD = st.text("abcde", min_size=3, max_size=20)


@given(word=WORD, edits=st.lists(st.tuples(st.integers(0, 20), st.text("abcde", max_size=2)), max_size=6))
@settings(max_examples=150)
def test_words_of_every_length_and_likeness_are_found_as_a_plain_look_finds_them(
    word: str, edits: list[tuple[int, str]]
) -> None:
    other = word
    for place, text in edits:
        other = other[:place] + text + other[place + 1 :]
    model = entry(word)
    assert (SearchIndex([model]).find(other) == {model.id}) is is_found(model, other)
