"""Names and folders that are possible, companions, and what a sidecar says of itself after a rename."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import Conflict, InvalidInput
from app.library.companions import claimed, companions_of, twins_of
from app.library.renaming import check_folder, check_name, plan


def put(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(name.encode())


def companions(folder: Path, model: str) -> list[str]:
    return [path.name for path in companions_of(folder / model)]


@pytest.mark.parametrize(
    "name", ["neon", "v1.5", "girl's", "50% off", "日本", "a b", "neon.ckpt", "Ölbild (2)", "x" * 200]
)
def test_a_name_is_kept_as_it_is(name: str) -> None:
    assert check_name(name, suffix=".safetensors") == f"{name}.safetensors"


def test_a_suffix_that_is_written_is_not_doubled() -> None:
    assert check_name("neon.SafeTensors", suffix=".safetensors") == "neon.safetensors"


BAD_NAMES = [
    *(
        "",
        " ",
        ".",
        "..",
        "../a",
        "a/b",
        "a\\b",
        "a:b",
        "a*b",
        "a?b",
        'a"b',
        "a<b",
        "a>b",
        "a|b",
        "a\0b",
        "a\nb",
        "a\x7fb",
    ),
    *(".hidden", "dot.", "space ", " space", "CON", "nul.txt", "com1", "LPT9.x", "x" * 201, "ü" * 101, "\ud800"),
]


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_name_that_means_another_place_or_is_none_everywhere_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check_name(name, suffix=".safetensors")
    assert refused.value.field == "name"
    assert refused.value.message.startswith("name: ")


@given(st.text(max_size=250))
def test_a_name_is_one_plain_part_of_a_path_or_refused(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    try:
        file_name = check_name(name, suffix=".ckpt")
    except InvalidInput:
        return
    assert (Path("/root") / file_name).resolve() == Path("/root", file_name)
    assert Path(file_name).name == file_name
    assert len(file_name.encode()) <= 255 - len(".metadata.json")


@given(st.text(alphabet="a/.\\~: \0", max_size=30) | st.text(max_size=50))
def test_a_folder_stays_below_its_root_or_is_refused(folder: str) -> None:
    try:
        below = check_folder(folder)
    except InvalidInput as error:
        assert error.field == "folder"
        return
    assert Path("/root", below).resolve().is_relative_to("/root")
    assert not any(part.startswith(".") for part in Path(below).parts)


def test_companions_are_those_of_the_very_name(tmp_path: Path) -> None:
    own = ["neon.JPG", "neon.metadata.json", "neon.mp4", "neon.preview.png", "neon.preview.tiff", "neon.webp"]
    put(tmp_path, "neon.safetensors", *own)
    put(
        tmp_path,
        "neon-city.safetensors",
        "neon-city.png",
        "neon.v2.safetensors",
        "neon.v2.png",
        "neon.txt",
        "neon.json",
    )
    put(tmp_path, "Neon.png", "neonpng", "neon.", "neon.png.bak", "neon..png", "neon.metadata.json.old")
    assert companions(tmp_path, "neon.safetensors") == own
    assert companions(tmp_path, "neon.v2.safetensors") == ["neon.v2.png"]


def test_a_preview_belongs_to_the_model_of_the_longer_name(tmp_path: Path) -> None:
    put(tmp_path, "neon.ckpt", "neon.preview.png", "neon.png")
    assert companions(tmp_path, "neon.ckpt") == ["neon.png", "neon.preview.png"]
    put(tmp_path, "neon.preview.ckpt")
    assert companions(tmp_path, "neon.ckpt") == ["neon.png"]
    assert companions(tmp_path, "neon.preview.ckpt") == ["neon.preview.png"]


def test_twins_have_the_same_name_and_another_suffix(tmp_path: Path) -> None:
    put(tmp_path, "neon.ckpt", "neon.safetensors", "neon.v2.ckpt", "neon.png")
    assert [path.name for path in twins_of(tmp_path / "neon.ckpt")] == ["neon.safetensors"]


def test_a_name_is_claimed_in_any_case(tmp_path: Path) -> None:
    put(tmp_path, "Neon.CKPT", "NEON.png", "neon-city.png")
    assert [path.name for path in claimed(tmp_path, "neon")] == ["NEON.png", "Neon.CKPT"]
    assert claimed(tmp_path / "nowhere", "neon") == []


def renamed(tmp_path: Path, told: Any, *beside: str, target: str = "night.ckpt") -> Any:
    """What a sidecar says once its model has been renamed; None when it goes along as it is."""
    put(tmp_path, "neon.ckpt", *beside)
    content = told if isinstance(told, bytes) else json.dumps(told).encode()
    (tmp_path / "neon.metadata.json").write_bytes(content)
    planned = plan(tmp_path / "neon.ckpt", tmp_path / target, preview=None, copying=False)
    return None if not planned.fresh else json.loads(planned.fresh[0][1])


def test_a_sidecars_own_names_follow_and_everything_else_stays(tmp_path: Path) -> None:
    told = {
        "file_name": "neon",
        "file_path": "C:\\old\\place\\neon.ckpt",
        "preview_url": "/gone/neon.webp",
        "model_name": "neon",
        "civitai": {"files": [{"name": "neon.ckpt"}]},
        "number": 0.1,
        "нечто": [None, True],
    }
    after = renamed(tmp_path, told, target="film/night.ckpt")
    place = (tmp_path / "film").as_posix()
    own = {"file_name": "night", "file_path": f"{place}/night.ckpt", "preview_url": f"{place}/night.webp"}
    assert after == told | own
    assert list(after) == list(told)


@pytest.mark.parametrize(
    ("name", "value", "after"),
    [
        ("file_name", "neon.ckpt", "night.ckpt"),
        ("file_name", "something else", "something else"),
        ("file_path", "neon.ckpt", "night.ckpt"),
        ("file_path", 7, 7),
        ("preview_url", "https://hub.example/neon.png", "https://hub.example/neon.png"),
        ("preview_url", "neon.png", "night.png"),
        ("preview_url", "/a/neon.preview.png", "{here}/night.preview.png"),
        ("preview_url", "/a/neon-city.png", "/a/neon-city.png"),
        ("preview_url", None, None),
    ],
)
def test_only_what_names_the_model_is_renamed(tmp_path: Path, name: str, value: Any, after: Any) -> None:
    wanted = after.format(here=tmp_path.as_posix()) if isinstance(after, str) else after
    told = renamed(tmp_path, {name: value, "always": "there"}, "neon.png")
    assert (told or {name: value})[name] == wanted


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"neon"', b'{"file_name": "neon"\xff}', b"[" * 100_000])
def test_a_sidecar_that_is_none_goes_along_as_it_is(tmp_path: Path, content: bytes) -> None:
    assert renamed(tmp_path, content) is None


@pytest.mark.parametrize(
    "text", ['{\n    "file_name": "neon",\n    "a": 1\n}', '{\n  "file_name": "neon"\n}', '{"file_name": "neon"}']
)
def test_a_sidecar_is_written_as_it_was_written(tmp_path: Path, text: str) -> None:
    put(tmp_path, "neon.ckpt")
    (tmp_path / "neon.metadata.json").write_text(text)
    [(_, content)] = plan(tmp_path / "neon.ckpt", tmp_path / "night.ckpt", preview=None, copying=False).fresh
    assert content.decode() == text.replace("neon", "night")


def test_the_preview_of_the_model_is_told_by_its_new_name(tmp_path: Path) -> None:
    put(tmp_path, "neon.ckpt", "neon.preview.png")
    planned = plan(tmp_path / "neon.ckpt", tmp_path / "night.ckpt", preview="neon.preview.png", copying=False)
    assert planned.preview == "night.preview.png"


def test_a_plan_over_somebody_elses_file_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "neon.ckpt", "night.gif")
    with pytest.raises(Conflict, match=r"night\.gif"):
        plan(tmp_path / "neon.ckpt", tmp_path / "night.ckpt", preview=None, copying=False)
