"""The library over HTTP: lists, scans, duplicates, verification, several libraries, what a download leaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.library.sidecars import sidecar_of
from app.settings import Settings
from tests.shelf_of_models import put, weights
from tests.test_downloads_api import asking

Ask = Callable[..., httpx.Response]
LORAS, LIBRARIES = "/api/lm/loras", "/api/lm/libraries"


@pytest.fixture
def ask(tmp_path: Path) -> Iterator[Ask]:
    with asking(tmp_path) as ask:
        yield ask


def loras(home: Path) -> Path:
    return home / "models" / "loras"


def files(ask: Ask, **query: Any) -> list[str]:
    answer = ask("GET", LORAS, params=query)
    assert answer.status_code == 200, answer.text
    assert answer.json()["total"] == len(answer.json()["items"])
    return [item["file_name"] for item in answer.json()["items"]]


@pytest.fixture
def filled(ask: Ask, tmp_path: Path) -> Ask:
    said: dict[str, dict[str, Any]] = {
        "a": {"base_model": "Pony", "tags": ["Oil", "night"], "favorite": True},
        "film/b": {"base_model": "SDXL 1.0", "tags": ["oil"], "preview_nsfw_level": 8},
        "film/deep/c": {"base_model": "SDXL 1.0"},
    }
    for number, (name, about) in enumerate(said.items()):
        path = put(loras(tmp_path), f"{name}.ckpt", bytes(10 - number))
        sidecar_of(path).write_text(json.dumps(about))
        put(path.parent, f"{path.stem}.png")
    assert ask("POST", f"{LORAS}/scan").json()["added"] == 3
    return ask


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({}, "abc"),
        ({"base_model": "pony"}, "a"),
        ({"base_model": ["Pony", "SDXL 1.0"]}, "abc"),
        ({"tag": "oil"}, "ab"),
        ({"tag": ["oil", "night"]}, "a"),
        ({"favorite": "true"}, "a"),
        ({"favorite": "false"}, "bc"),
        ({"mature": "false"}, "ac"),
        ({"folder": "film"}, "bc"),
        ({"folder": "film", "recursive": "false"}, "b"),
        ({"folder": "", "recursive": "false"}, "a"),
        ({"folder": "fil"}, ""),
        ({"search": "sdxl"}, "bc"),
        ({"search": ""}, ""),
        ({"sort": "size"}, "cba"),
        ({"sort": "name:desc"}, "cba"),
        ({"excluded": "true"}, ""),
    ],
)
def test_lists_are_narrowed_and_ordered(filled: Ask, query: dict[str, Any], found: str) -> None:
    assert files(filled, **query) == [f"{name}.ckpt" for name in found]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"sort": "colour"}, "sort"),
        ({"page_size": 101}, "page_size"),
        ({"page": 0}, "page"),
        ({"favorite": "perhaps"}, "favorite"),
        ({"search": "x" * 201}, "search"),
    ],
)
def test_what_cannot_be_meant_is_refused(ask: Ask, query: dict[str, Any], field: str) -> None:
    answer = ask("GET", LORAS, params=query)
    assert (answer.status_code, answer.json()["field"]) == (422, field)


def test_an_item_tells_all_that_is_known_and_hides_mature_previews_in_safe_mode(filled: Ask) -> None:
    items = {item["name"]: item for item in filled("GET", LORAS).json()["items"]}
    item = items["b"]
    assert item == filled("GET", f"{LORAS}/{item['id']}").json()
    assert (item["folder"], item["tags"], item["base_model"], item["mature"]) == ("film", ["oil"], "SDXL 1.0", True)
    assert (item["preview_url"], item["preview_hidden"]) == (f"{LORAS}/{item['id']}/preview", False)
    assert "sidecar_stamp" not in item
    filled("PATCH", "/api/lm/settings", json={"safe_mode": True})
    for name, hidden in (("a", False), ("b", True)):
        told = filled("GET", f"{LORAS}/{items[name]['id']}").json()
        assert (told["preview_hidden"], told["preview_url"] is None) == (hidden, hidden)
    assert filled("GET", f"/api/lm/checkpoints/{item['id']}").status_code == 404
    assert filled("GET", f"{LORAS}/nobody").status_code == 404


def test_a_scan_reports_and_full_hashes_all(ask: Ask, tmp_path: Path) -> None:
    put(loras(tmp_path), "x/a.ckpt")
    put(loras(tmp_path), "x/a.metadata.json", b"[]")
    put(loras(tmp_path), "b.safetensors", b"broken")
    report = ask("POST", f"{LORAS}/scan", params={"full": "true"}).json()
    assert {name: report[name] for name in ("found", "added", "changed", "gone", "repaired")} == {
        "found": 2, "added": 1, "changed": 0, "gone": 0, "repaired": [],
    }  # fmt: skip
    assert [one["file"] for one in report["unreadable"]] == ["b.safetensors"]
    assert [one["file"] for one in report["sidecars"]] == ["x/a.ckpt"]
    assert "no object of names and values" in report["sidecars"][0]["why"]


def test_duplicates_are_told_by_hash_and_by_name(ask: Ask, tmp_path: Path) -> None:
    for name, content in (("a", b"1"), ("x/b", b"1"), ("y/B", b"2"), ("c", b"3")):
        put(loras(tmp_path), f"{name}.ckpt", content)
    ask("POST", f"{LORAS}/scan")
    told = ask("GET", f"{LORAS}/duplicates").json()
    assert [[model["file_name"] for model in group["models"]] for group in told["by_hash"]] == [["a.ckpt", "b.ckpt"]]
    assert [(group["name"], len(group["models"])) for group in told["by_name"]] == [("b", 2)]
    assert ask("GET", "/api/lm/embeddings/duplicates").json() == {"by_hash": [], "by_name": []}


def test_verification_is_of_some_or_of_all_and_needs_to_be_told_which(filled: Ask, tmp_path: Path) -> None:
    ids = [item["id"] for item in filled("GET", LORAS).json()["items"]]
    (loras(tmp_path) / "a.ckpt").unlink()
    told = filled("POST", f"{LORAS}/verify", json={"ids": ids[:2]}).json()
    assert (told["verified"], told["changed"], [one["file"] for one in told["missing"]]) == (1, [], ["a.ckpt"])
    assert filled("POST", f"{LORAS}/verify", json={"ids": None}).json()["verified"] == 2
    assert filled("POST", f"{LORAS}/verify", json={"ids": ["nobody"]}).status_code == 404
    for body in ({}, {"ids": "all"}, {"ids": None, "colour": "red"}):
        assert filled("POST", f"{LORAS}/verify", json=body).status_code == 422


def test_libraries_are_added_opened_and_removed_and_never_mixed(filled: Ask, tmp_path: Path) -> None:
    work = tmp_path / "work"
    put(work, "d.ckpt")
    answer = filled("POST", LIBRARIES, json={"name": "work", "roots": {"loras": [str(work)]}})
    assert answer.status_code == 201, answer.text
    assert answer.json()["roots"]["loras"] == [str(work)]
    assert answer.json()["roots"]["checkpoints"] == [str(tmp_path / "libraries" / "work" / "checkpoints")]
    assert files(filled) == ["a.ckpt", "b.ckpt", "c.ckpt"]
    assert filled("POST", f"{LIBRARIES}/work/activate").json()["active"] is True
    assert [(one["name"], one["active"]) for one in filled("GET", LIBRARIES).json()["libraries"]] == [
        ("default", False),
        ("work", True),
    ]
    assert files(filled) == []
    filled("POST", f"{LORAS}/scan")
    assert files(filled) == ["d.ckpt"]
    assert filled("DELETE", f"{LIBRARIES}/work").json()["code"] == "active"
    filled("POST", f"{LIBRARIES}/default/activate")
    assert files(filled) == ["a.ckpt", "b.ckpt", "c.ckpt"], "known without another scan"
    assert filled("DELETE", f"{LIBRARIES}/work").status_code == 204
    assert (work / "d.ckpt").exists()
    assert filled("POST", f"{LIBRARIES}/work/activate").status_code == 404
    assert filled("DELETE", f"{LIBRARIES}/default").json()["code"] == "active"
    filled("POST", LIBRARIES, json={"name": "work", "roots": {"loras": [str(work)]}})
    filled("POST", f"{LIBRARIES}/work/activate")
    assert files(filled) == [], "what a library of that name held before is forgotten"
    assert filled("DELETE", f"{LIBRARIES}/default").json()["code"] == "default"


def test_the_library_that_is_open_outlasts_a_restart(tmp_path: Path) -> None:
    work = tmp_path / "work"
    put(work, "d.ckpt")
    with asking(tmp_path) as ask:
        ask("POST", LIBRARIES, json={"name": "work", "roots": {"loras": [str(work)]}})
        ask("POST", f"{LIBRARIES}/work/activate")
        ask("POST", f"{LORAS}/scan")
    with asking(tmp_path) as ask:
        assert files(ask) == ["d.ckpt"]


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"name": "a/b", "roots": {}}, 422, "name"),
        ({"name": "", "roots": {}}, 422, "name"),
        ({"name": "..", "roots": {}}, 422, "name"),
        ({"name": "x" * 65, "roots": {}}, 422, "name"),
        ({"name": "\ud800", "roots": {}}, 422, "name"),
        ({"name": "Default", "roots": {}}, 409, None),
        ({"name": "work"}, 422, "roots"),
        ({"name": "work", "roots": {"loras": []}}, 422, "roots.loras"),
        ({"name": "work", "roots": {"loras": ["models"]}}, 422, "roots.loras.0"),
        ({"name": "work", "roots": {"loras": ["HOME/models/loras"]}}, 422, "roots.loras.0"),
        ({"name": "work", "roots": {"loras": ["HOME/new", "HOME/models"]}}, 422, "roots.loras.1"),
        ({"name": "work", "roots": {"loras": ["HOME/a"], "checkpoints": ["HOME/a/b"]}}, 422, "roots.checkpoints.0"),
        ({"name": "work", "roots": {"hypernetworks": ["/a"]}}, 422, "roots.hypernetworks"),
        ({"name": "work", "roots": {}, "colour": "red"}, 422, "colour"),
    ],
)  # fmt: skip
def test_a_library_that_cannot_be_is_refused_and_nothing_is_kept(
    ask: Ask, tmp_path: Path, body: dict[str, Any], status: int, field: str | None
) -> None:
    text = json.dumps(body).replace("HOME", str(tmp_path))
    answer = ask("POST", LIBRARIES, content=text, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json().get("field")) == (status, field), answer.text
    assert [one["name"] for one in ask("GET", LIBRARIES).json()["libraries"]] == ["default"]
    assert not (tmp_path / "preferences.json").exists()


def test_a_models_header_names_its_base_model(ask: Ask, tmp_path: Path) -> None:
    put(loras(tmp_path), "a.safetensors", weights(b"1", {"ss_base_model_version": "stability ai"}))
    put(loras(tmp_path), "b.safetensors", weights(b"2", {"ss_base_model_version": "flux1"}))
    put(loras(tmp_path), "c.safetensors", weights(b"3"))
    ask("POST", f"{LORAS}/scan")
    told = [item["base_model"] for item in ask("GET", LORAS).json()["items"]]
    assert told == ["stability ai", "Flux.1 D", "Unknown"]


def test_watching_is_off_unless_it_is_asked_for() -> None:
    assert Settings.exactly().library_watch is False
