"""Sidecars: what public programs write beside a model is read, and what is written keeps what it does not know."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.library.sidecars import (
    MAX_SIDECAR_BYTES,
    PREVIEWS,
    About,
    BrokenSidecar,
    completed,
    read,
    sidecar_of,
    write,
)
from app.library.walking import found_at, walk


def beside(folder: Path, suffix: str, said: Any) -> Path:
    """A model whose notes of that suffix say this; the model itself is not needed."""
    content = said if isinstance(said, bytes) else json.dumps(said).encode()
    (folder / f"neon.city{suffix}").write_bytes(content)
    return folder / "neon.city.safetensors"


@pytest.mark.parametrize(
    ("suffix", "said", "about"),
    [
        (".metadata.json", {}, About()),
        (
            ".metadata.json",
            {
                "file_name": "neon.city", "base_model": " Pony ", "tags": ["oil", "oil", " ", 5, "night"],
                "favorite": True, "notes": "mine", "exclude": False, "preview_nsfw_level": 1, "from_civitai": True,
                "civitai": {"id": 7, "modelId": 3, "trainedWords": ["neon"], "model": {"nsfw": True, "tags": ["x"]}},
            },
            About("Pony", ("oil", "night"), ("neon",), True, "mine", 3, 7, False, False),
        ),
        (".metadata.json", {"trained_words": ["a"], "trainedWords": ["b"]}, About(trained_words=("a",))),
        (".metadata.json", {"preview_nsfw_level": 4}, About(mature=True)),
        (".metadata.json", {"preview_nsfw_level": 2}, About(mature=False)),
        (".metadata.json", {"nsfw": True, "preview_nsfw_level": 0}, About(mature=True)),
        (".metadata.json", {"nsfw": False, "preview_nsfw_level": 16}, About(mature=True)),
        (".metadata.json", {"nsfw": False, "civitai": {"model": {"nsfw": True}}}, About(mature=False)),
        (".metadata.json", {"civitai": {"model": {"nsfw": True}}}, About(mature=True)),
        (".metadata.json", {"tags": "oil, night,,"}, About(tags=("oil", "night"))),
        (".metadata.json", {"favorite": "yes", "notes": 5, "base_model": "", "tags": 7}, About()),
        (".metadata.json", {"civitai": {"id": 2**70, "modelId": -1}}, About()),
        (".metadata.json", {"civitai": {"id": True, "modelId": "3"}}, About()),
        (".metadata.json", {"base_model": "a\ud800b\0"}, About(base_model="a?b")),
        (".metadata.json", b'\xef\xbb\xbf{"base_model": "Pony"}', About(base_model="Pony")),
        (
            ".civitai.info",
            {"id": 7, "modelId": 3, "baseModel": "SD 1.5", "trainedWords": ["a"], "model": {"name": "x", "nsfw": True}},
            About("SD 1.5", None, ("a",), None, None, 3, 7, True, None),
        ),
        (
            ".cm-info.json",
            {"ModelId": 3, "VersionId": 7, "BaseModel": "Pony", "Tags": ["a"], "TrainedWords": ["b"], "Nsfw": False},
            About("Pony", ("a",), ("b",), None, None, 3, 7, False, None),
        ),
        (
            ".json",
            {"description": "", "sd version": "SDXL", "activation text": "a, b", "preferred weight": 0.8, "notes": "n"},
            About("SDXL", None, ("a", "b"), None, "n"),
        ),
    ],
)  # fmt: skip
def test_what_public_programs_write_is_read(tmp_path: Path, suffix: str, said: Any, about: About) -> None:
    assert read(beside(tmp_path, suffix, said)) == (about, None)


def test_the_first_that_says_something_is_believed(tmp_path: Path) -> None:
    beside(tmp_path, ".metadata.json", {"base_model": "Pony"})
    beside(tmp_path, ".json", {"sd version": "SD1", "activation text": "a"})
    model = beside(tmp_path, ".civitai.info", {"baseModel": "SD 1.5", "id": 7, "modelId": 3})
    about, fault = read(model)
    assert (about.base_model, about.model_version_id, about.trained_words, fault) == ("Pony", 7, ("a",), None)


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b'{"base_model": "SDXL 1.0", "tags": ["ni', "it is not JSON"),
        (b'["night", "city"]', "it is JSON, and no object"),
        (bytes(range(128, 256)), "it is no UTF-8 text"),
        (b"[" * 60_000, "it is not JSON"),
        (b" " * (MAX_SIDECAR_BYTES + 1), "it has more than 16 MiB"),
    ],
)
def test_a_sidecar_that_cannot_be_read_is_told_and_the_others_still_speak(
    tmp_path: Path, content: bytes, why: str
) -> None:
    beside(tmp_path, ".civitai.info", {"baseModel": "SD 1.5"})
    model = beside(tmp_path, ".metadata.json", content)
    about, fault = read(model)
    assert about.base_model == "SD 1.5"
    assert (fault or "").startswith(f"neon.city.metadata.json: {why}")
    with pytest.raises(BrokenSidecar):
        write(sidecar_of(model), {"favorite": True})
    assert sidecar_of(model).read_bytes() == content
    with completed(sidecar_of(model), {"base_model": "Pony"}):
        assert sidecar_of(model).read_bytes() == content


def test_anybodys_json_is_no_fault(tmp_path: Path) -> None:
    assert read(beside(tmp_path, ".json", b"[1, 2]")) == (About(), None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
SAID = st.dictionaries(
    st.sampled_from(("base_model", "tags", "notes", "favorite", "civitai", "nsfw", "preview_nsfw_level", "model"))
    | st.text(max_size=5),
    JSON | st.dictionaries(st.sampled_from(("id", "modelId", "model", "trainedWords")), JSON),
)


@given(said=SAID)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_a_sidecar_says_it_is_read_and_what_is_written_keeps_the_rest(
    said: dict[str, Any], tmp_path: Path
) -> None:
    model = beside(tmp_path, ".metadata.json", said)
    about, fault = read(model)
    assert fault is None
    json.dumps(about.said).encode()
    write(sidecar_of(model), {"favorite": True, "tags": ("oil", "ölfarbe"), "base_model": "Pony"})
    written = json.loads(sidecar_of(model).read_text("utf-8"))
    changed = {"favorite": True, "tags": ["oil", "ölfarbe"], "base_model": "Pony"}
    assert written == said | changed
    after, _ = read(model)
    assert (after.favorite, after.tags, after.base_model) == (True, ("oil", "ölfarbe"), "Pony")


@pytest.mark.parametrize("mature", [True, False])
def test_what_a_person_says_of_a_preview_is_read_back(tmp_path: Path, mature: bool) -> None:
    model = beside(tmp_path, ".metadata.json", {"preview_nsfw_level": 16, "civitai": {"model": {"nsfw": True}}})
    write(sidecar_of(model), {"mature": mature})
    assert read(model)[0].mature is mature


def test_a_sidecar_is_replaced_whole_and_stays_readable_for_others(tmp_path: Path) -> None:
    sidecar = tmp_path / "a.metadata.json"
    write(sidecar, {"favorite": True})
    assert stat.S_IMODE(sidecar.stat().st_mode) == 0o644
    sidecar.chmod(0o640)
    write(sidecar, {"notes": "n"})
    assert stat.S_IMODE(sidecar.stat().st_mode) == 0o640
    assert json.loads(sidecar.read_text()) == {"favorite": True, "notes": "n"}
    assert [path.name for path in tmp_path.iterdir()] == ["a.metadata.json"]


def test_what_a_hub_says_is_added_never_put_in_anothers_place_and_taken_back_when_the_model_is(tmp_path: Path) -> None:
    sidecar = tmp_path / "a.metadata.json"
    with pytest.raises(ZeroDivisionError), completed(sidecar, {"base_model": "Pony"}):
        assert sidecar.exists()
        raise ZeroDivisionError
    assert not sidecar.exists()
    with completed(sidecar, {}):
        assert not sidecar.exists()
    sidecar.write_text('{"base_model": "mine", "colour": "red"}')
    with pytest.raises(ZeroDivisionError), completed(sidecar, {"base_model": "Pony", "tags": ["oil"]}):
        raise ZeroDivisionError
    assert json.loads(sidecar.read_text()) == {"base_model": "mine", "colour": "red", "tags": ["oil"]}


def test_the_best_preview_of_a_model_is_its_own(tmp_path: Path) -> None:
    model = tmp_path / "a.ckpt"
    model.write_bytes(b"1")
    for suffix in (*PREVIEWS, ".txt", "b.png"):
        (tmp_path / f"a{suffix}").write_bytes(b"1")
    for suffix in PREVIEWS:
        assert found_at(model, str(tmp_path)).preview == f"a{suffix}"
        (tmp_path / f"a{suffix}").unlink()
    assert found_at(model, str(tmp_path)).preview is None
    (tmp_path / "a.preview.PNG").write_bytes(b"1")
    assert found_at(model, str(tmp_path)).preview == "a.preview.PNG"
    (tmp_path / "a.preview.ckpt").write_bytes(b"2")
    found = {one.name: one.preview for one in walk([str(tmp_path)]).found}
    assert found == {"a.ckpt": None, "a.preview.ckpt": "a.preview.PNG"}
    (tmp_path / "a.webp").mkdir()
    assert found_at(model, str(tmp_path)).preview is None
