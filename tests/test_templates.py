"""Folders below a library root: as a caller names them, and as a path template makes them."""

from __future__ import annotations

import os
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.downloads.folders import folder_of
from app.downloads.names import safe_name
from app.downloads.templates import PLACEHOLDERS, check_template, folder_for, uses
from app.errors import InvalidInput

ANYTHING = st.text(st.characters(codec=None), max_size=300)
TROUBLE = st.text(st.sampled_from("._ /\\:\0~aéCONnul1{}\ud800"), max_size=30)
ROOT = Path("/library/loras")


@pytest.mark.parametrize(
    ("path", "folder"),
    [
        (None, "."),
        ("", "."),
        ("flux", "flux"),
        ("flux/styles/", "flux/styles"),
        ("Flux.1 Kontext/schön", "Flux.1 Kontext/schön"),
        ("a/b/c/d/e/f/g/h", "a/b/c/d/e/f/g/h"),
    ],
)
def test_a_folder_is_kept_as_told(path: str | None, folder: str) -> None:
    assert folder_of(path) == PurePosixPath(folder)


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("..", "lead elsewhere"),
        ("a/../b", "lead elsewhere"),
        ("a/./b", "lead elsewhere"),
        ("a//b", "lead elsewhere"),
        ("/etc", "is absolute"),
        ("\\\\server\\share", "is absolute"),
        ("~/models", "is absolute"),
        ("C:/models", "is absolute"),
        ("c:models", "is absolute"),
        ("a\0b", "cannot hold NUL"),
        ("con", "'xcon' would be one"),
        ("flux/NUL.txt", "'xNUL.txt' would be one"),
        ("a\\..\\b", "'a_.._b' would be one"),
        ("a?b", "'a_b' would be one"),
        (" a", "'a' would be one"),
        ("a.", "'a' would be one"),
        ("a" * 201, "would be one"),
        (".partial", "is reserved"),
        ("a/.git", "is reserved"),
        ("a/" * 9, "9 folders deep; at most 8"),
        ("\ud800", "would be one"),
    ],
)
def test_a_folder_that_leads_elsewhere_is_refused_naming_the_field(path: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=r"^relative_path: ") as refused:
        folder_of(path)
    assert why in refused.value.message
    assert refused.value.field == "relative_path"


@given(ANYTHING | TROUBLE)
@example("..")
@example("/")
@example("a/..")
def test_a_folder_that_is_accepted_lies_below_the_root(path: str) -> None:
    try:
        folder = folder_of(path)
    except InvalidInput:
        return
    assert not folder.is_absolute()
    _lies_below_the_root(folder)


VALUES = {
    "base_model": "Flux.1 Kontext",
    "first_tag": "style",
    "author": "anna",
    "model_name": "Neon/City",
    "version_name": "v1.0",
    "model_type": "LORA",
}


@pytest.mark.parametrize(
    ("template", "folder"),
    [
        ("", "."),
        ("{base_model}/{first_tag}", "Flux.1 Kontext/style"),
        ("by {author}/{model_name} {version_name}", "by anna/Neon_City v1.0"),
        ("{model_type}", "LORA"),
        ("fixed/{author}/", "fixed/anna"),
        ("{author}{author}", "annaanna"),
    ],
)
def test_a_template_is_filled_with_what_the_hub_says(template: str, folder: str) -> None:
    assert folder_for(template, VALUES) == PurePosixPath(folder)


@pytest.mark.parametrize(
    ("value", "folder"),
    [
        ("", "unknown"),
        ("   ", "unknown"),
        ("..", "unnamed"),
        ("../../etc", "etc"),
        ("/etc/passwd", "etc_passwd"),
        ("C:\\Windows", "C_Windows"),
        (".partial", "partial"),
        ("con", "xcon"),
        ("a\0b", "a_b"),
        ("{author}", "{author}"),
    ],
)
def test_every_value_is_made_safe(value: str, folder: str) -> None:
    assert folder_for("{first_tag}", {"first_tag": value}) == PurePosixPath(folder)


def test_what_the_hub_does_not_say_is_unknown() -> None:
    assert folder_for("{base_model}/{first_tag}", {"base_model": "Flux"}) == PurePosixPath("Flux/unknown")


def test_two_harmless_values_do_not_make_a_reserved_name() -> None:
    assert folder_for("{author}{first_tag}", {"author": "co", "first_tag": "n"}) == PurePosixPath("xcon")


@pytest.mark.parametrize(
    ("template", "why"),
    [
        ("{colour}", "there is no {colour}; there are {author}, {base_model}, {first_tag}"),
        ("{}", "there is no {}"),
        ("{author", "a brace stands alone"),
        ("author}", "a brace stands alone"),
        ("{{author}}", "a brace stands alone"),
        ("../{author}", "lead elsewhere"),
        ("/{author}", "is absolute"),
        ("C:{author}", "is absolute"),
        ("a//{author}", "lead elsewhere"),
        (".partial/{author}", "is reserved"),
        ("{author}." + "x" * 300, "at most 300 characters"),
        ("{author}/" * 9, "9 folders deep"),
    ],
)
def test_a_template_that_cannot_be_meant_is_refused_naming_the_field(template: str, why: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_template(template, field="path_template")
    assert why in refused.value.message
    assert refused.value.field == "path_template"


PART = st.sampled_from([*(f"{{{name}}}" for name in PLACEHOLDERS), "x", " ", "-", "co", "n"])
TEMPLATE = st.lists(st.lists(PART, min_size=1, max_size=3).map("".join), max_size=4).map("/".join)


@given(TEMPLATE, st.dictionaries(st.sampled_from(PLACEHOLDERS), ANYTHING | TROUBLE))
def test_whatever_the_values_are_the_folder_lies_below_the_root(template: str, values: dict[str, str]) -> None:
    try:
        check_template(template)
    except InvalidInput:
        return
    _lies_below_the_root(folder_for(template, values))


def test_a_template_says_what_it_needs() -> None:
    assert uses("{base_model}/{author}", "author", "first_tag")
    assert not uses("{base_model}/author", "author", "first_tag")


def _lies_below_the_root(folder: PurePosixPath) -> None:
    path = os.path.normpath(ROOT / folder)
    assert path == str(ROOT / folder)
    assert Path(path).is_relative_to(ROOT)
    assert all(safe_name(part) == part and not part.startswith(".") for part in folder.parts)
