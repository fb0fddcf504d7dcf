"""Names on disk: the folder-name rules line by line, and what must hold for whatever a hub sends."""

from __future__ import annotations

from itertools import islice
from pathlib import PurePosixPath
from urllib.parse import quote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from app.downloads.names import (
    cache_name,
    name_in_disposition,
    name_in_url,
    safe_file_name,
    safe_folder,
    safe_name,
    unique_names,
)

ANYTHING = st.text(st.characters(codec=None), max_size=400)
# What trouble is made of, closer together than chance puts it.
TROUBLE = st.text(st.sampled_from("._ /\\:\0\x1f\x7f\x9faéCONnul1.$¹ü雪\ud800"), max_size=30)
SHA256 = "abcd" + "0" * 60


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("", ""),
        ("neon city", "neon city"),
        ('a<b>c:d"e/f\\g|h?i*j', "a_b_c_d_e_f_g_h_i_j"),
        ("a\x00\x1f\x7f\x9fb", "a_b"),
        ("a<>:b", "a_b"),
        ("a_<_b", "a_b"),
        ("a__b", "a__b"),
        ("a<b__c", "a_b__c"),
        ("name. . _", "name"),
        (" _ name", "name"),
        (".hidden", ".hidden"),
        ("...", "unnamed"),
        ("   ", "unnamed"),
        ("<>|", "unnamed"),
        ("___", "unnamed"),
        ("..", "unnamed"),
        ("con", "xcon"),
        ("CON.txt", "xCON.txt"),
        ("nul .tar", "xnul .tar"),
        ("COM¹", "xCOM¹"),
        ("LPT9.x.y", "xLPT9.x.y"),
        ("CONIN$", "xCONIN$"),
        ("_con_", "xcon"),
        ("console", "console"),
        ("com10", "com10"),
        ("a" * 300, "a" * 200),
        ("é" * 150, "é" * 100),
        ("a" * 199 + "é", "a" * 199),
        ("a" * 199 + " b", "a" * 199),
        ("\ud800a", "a"),
        ("雪 пример", "雪 пример"),
    ],
)
def test_a_folder_name_is_made_as_the_rules_say(given_name: str, kept: str) -> None:
    assert safe_name(given_name) == kept


@given(ANYTHING | TROUBLE)
@example("_con")
@example("con" + " " * 300)
@example("a" * 199 + "._b")
def test_a_safe_name_stays_what_it_is_and_where_it_is_put(text: str) -> None:
    name = safe_name(text)
    assert safe_name(name) == name
    assert (name == "") == (text == "")
    assert len(name.encode()) <= 255
    assert not set(name) & set('<>:"/\\|?*')
    assert all(ord(c) >= 32 and not 127 <= ord(c) <= 159 for c in name)
    assert name not in (".", "..")
    assert name == name.lstrip(" _").rstrip(" ._")
    assert name.partition(".")[0].rstrip(" ").lower() not in ("con", "prn", "aux", "nul", "com1", "lpt9", "conin$")


@given(ANYTHING | TROUBLE)
def test_a_folder_is_never_hidden_and_never_nothing(text: str) -> None:
    name = safe_folder(text)
    assert name and not name.startswith(".")
    assert safe_folder(name) == name == safe_name(name)


@pytest.mark.parametrize(
    ("given_name", "kept"),
    [
        ("neon.safetensors", "neon.safetensors"),
        ("../../evil.safetensors", "evil.safetensors"),
        ("C:\\Users\\x\\neon.safetensors", "neon.safetensors"),
        ("/etc/passwd", "passwd"),
        ("neon?.safetensors", "neon.safetensors"),
        ("con.safetensors", "xcon.safetensors"),
        (".safetensors", "safetensors"),
        ("..con.safetensors", "xcon.safetensors"),
        ("neon.safetensors ", "neon.safetensors"),
        ("", "unnamed"),
        ("a/", "unnamed"),
        ("x" * 300 + ".safetensors", "x" * 200 + ".safetensors"),
        ("a\x00.safetensors", "a.safetensors"),
        ("neon.safetensors. ", "neon.safetensors"),
        ("a:.b.", "a.b"),
        ("a:.b. " + " " * 20 + "x", "a.b"),
        ("a." + "é" * 50, "a." + "é" * 7),
    ],
)
def test_a_file_name_is_the_last_part_of_whatever_is_given(given_name: str, kept: str) -> None:
    assert safe_file_name(given_name) == kept


@given(ANYTHING | TROUBLE)
def test_a_file_name_is_one_visible_part_and_stays_what_it_is(text: str) -> None:
    name = safe_file_name(text)
    assert PurePosixPath(name).name == name
    assert not set(name) & set('<>:"/\\|?*\0')
    assert not name.startswith(".")
    assert len(name.encode()) <= 230
    assert safe_file_name(name) == name


@given(ANYTHING | TROUBLE)
def test_a_name_out_of_an_address_is_a_safe_one(text: str) -> None:
    name = name_in_url("https://hub.example/" + quote(text, safe="", errors="replace") + "?token=secret")
    assert safe_file_name(name) == name
    assert "secret" not in name or "secret" in text


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (None, None),
        ("", None),
        ("inline", None),
        ('attachment; filename="neon city.safetensors"', "neon city.safetensors"),
        ("attachment; filename*=UTF-8''h%C3%BCtte.safetensors", "hütte.safetensors"),
        ('attachment; filename="hÃ¼tte.safetensors"', "hütte.safetensors"),
        ('attachment; filename="hütte.safetensors"', "hütte.safetensors"),
        ("attachment; filename*=idna''xn--%ff", None),
        ("attachment; filename*=punycode''%ff", None),
        ("attachment; filename*=undefined''x", None),
        ("attachment; filename*" + "9" * 5000 + "=x", None),
        ('attachment; filename="../../x.safetensors"', "x.safetensors"),
        ("attachment; filename*=UTF-8''..%2F..%2Fx.safetensors", "x.safetensors"),
        ('attachment; filename="a\\\\b.safetensors"', "b.safetensors"),
        ('attachment; filename="con.safetensors"\r\nX: y', "xcon.safetensors"),
    ],
)
def test_a_content_disposition_names_a_file_and_no_path(header: str | None, name: str | None) -> None:
    assert name_in_disposition(header) == name


@given(ANYTHING | TROUBLE | st.text("attachment; filename*=\"'%UTF-8\\2F./ab", max_size=60))
def test_whatever_a_content_disposition_says_the_name_is_safe(text: str) -> None:
    for header in (text, f'attachment; filename="{text}"', f"attachment; filename*=UTF-8''{text}"):
        name = name_in_disposition(header)
        assert name is None or safe_file_name(name) == name


def test_the_names_to_try_are_marked_with_the_sum_and_then_counted() -> None:
    names = unique_names("neon.v2.safetensors", SHA256)
    assert list(islice(names, 4)) == [
        *("neon.v2.safetensors", "neon.v2-abcd.safetensors"),
        *("neon.v2-abcd-1.safetensors", "neon.v2-abcd-2.safetensors"),
    ]


@given(ANYTHING | TROUBLE, st.text("0123456789abcdef", min_size=64, max_size=64))
def test_the_names_to_try_are_all_different_safe_and_of_one_suffix(text: str, sha256: str) -> None:
    name = safe_file_name(text)
    names = list(islice(unique_names(name, sha256), 20))
    assert len(set(names)) == 20
    assert {PurePosixPath(each).suffix for each in names} == {PurePosixPath(name).suffix}
    assert all(len(each.encode()) <= 255 and "/" not in each for each in names)


@given(ANYTHING | TROUBLE, ANYTHING | TROUBLE)
@example("my library", "my_library")
@example("Flux", "flux")
@example("é", "e\u0301")
@example("", "unnamed")
@example("a" * 300, "a" * 301)
@example("\ud800", "?")
def test_two_libraries_never_share_a_cache_file(one: str, other: str) -> None:
    assert (cache_name(one).casefold() == cache_name(other).casefold()) == (one == other)
    assert safe_name(cache_name(one)) == cache_name(one)[:200] or len(cache_name(one).encode()) <= 240
    assert "/" not in cache_name(one)
