"""Changes of the library over HTTP, and one call that undoes deletions of models and of recipes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.model_files import ModelKind
from support.builders import safetensors
from support.pictures import drawn
from tests.model_folder import LORAS, Caller, ModelFolder
from tests.test_downloads_api import asking

NEON, API = "neon.safetensors", "/api/lm/loras"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[ModelFolder]:
    folder = ModelFolder(tmp_path)
    yield folder
    folder.close()


@pytest.fixture
def ask(folder: ModelFolder) -> Iterator[Caller]:
    caller = Caller(folder)
    yield caller
    caller.close()


def undo(ask: Any, batch_id: str) -> Any:
    return ask("POST", "/api/lm/undo-delete", json={"batch_id": batch_id})


def test_a_deletion_tells_how_it_can_be_undone_and_is(folder: ModelFolder, ask: Caller) -> None:
    model = folder.take_in(f"film/{NEON}", ".png")
    deletion = ask("DELETE", f"{API}/{model.id}").json()
    assert deletion == {
        "batch_id": deletion["batch_id"],
        "undo_until": "2026-03-02T12:00:20Z",
        "files": ["film/neon.png", f"film/{NEON}"],
    }
    assert undo(ask, deletion["batch_id"]).json() == {"restored": [model.id]}
    again = undo(ask, deletion["batch_id"])
    assert (again.status_code, again.json()["field"], "nothing" in again.json()["detail"]) == (404, "batch_id", True)


def test_what_cannot_be_undone_says_why(folder: ModelFolder, ask: Caller) -> None:
    model = folder.take_in(NEON)
    batch = ask("POST", f"{API}/bulk-delete", json={"ids": [model.id]}).json()["batch_id"]
    folder.put(NEON)
    occupied = undo(ask, batch)
    assert (occupied.status_code, occupied.json()["code"], NEON in occupied.json()["detail"]) == (409, "occupied", True)
    (folder.root / NEON).unlink()
    folder.clock.advance(timedelta(seconds=20))
    expired = undo(ask, batch)
    assert (expired.status_code, expired.json()["code"]) == (409, "expired")


def test_a_rename_and_a_move_answer_with_the_model_as_it_is_now(folder: ModelFolder, ask: Caller) -> None:
    model = folder.take_in(NEON, ".png")
    for path, body, file in (
        ("rename", {"name": "night"}, "night.safetensors"),
        ("move", {"folder": "film"}, "film/night.safetensors"),
    ):
        item = ask("POST", f"{API}/{model.id}/{path}", json=body).json()
        assert (item["id"], f"{item['folder']}/{item['file_name']}".lstrip("/")) == (model.id, file)
        assert item == ask.get(f"{API}/{model.id}").json()
    folder.put("old.ckpt")
    folder.library.scan(LORAS)
    taken = ask("POST", f"{API}/{folder.model('old.ckpt').id}/move", json={"folder": "film"})
    assert taken.status_code == 200
    refused = ask("POST", f"{API}/{model.id}/rename", json={"name": "old"})
    assert (refused.status_code, refused.json()["code"]) == (409, "taken")


def test_an_excluded_model_is_listed_by_itself_alone(folder: ModelFolder, ask: Caller) -> None:
    model = folder.take_in(NEON)
    assert ask("POST", f"{API}/{model.id}/exclude").json()["excluded"] is True
    assert ask.get(f"{API}/{model.id}").status_code == 404
    assert [item["id"] for item in ask("GET", API, params={"excluded": True}).json()["items"]] == [model.id]
    assert ask("POST", f"{API}/{model.id}/include").json()["excluded"] is False
    assert ask.get(f"{API}/{model.id}").status_code == 200


def test_what_is_said_of_a_model_is_told_from_then_on(folder: ModelFolder, ask: Caller) -> None:
    model = folder.take_in(NEON)
    said = {"favorite": True, "tags": ["a", "b", "a"], "base_model": "Pony", "notes": "x\ny", "mature": True}
    item = ask("PATCH", f"{API}/{model.id}", json=said).json()
    assert {name: item[name] for name in said} == said | {"tags": ["a", "b"]}
    assert item == ask.get(f"{API}/{model.id}").json() == ask("PATCH", f"{API}/{model.id}", json={}).json()
    assert ask("PATCH", f"{API}/{model.id}", json={"mature": False}).json()["favorite"] is True


@pytest.mark.parametrize(
    ("method", "path", "body", "field"),
    [
        ("PATCH", "/{id}", {"sha256": "0"}, "sha256"),
        ("PATCH", "/{id}", {"favorite": "yes"}, "favorite"),
        ("PATCH", "/{id}", {"favorite": None}, "favorite"),
        ("PATCH", "/{id}", {"tags": "a"}, "tags"),
        ("PATCH", "/{id}", {"tags": [""]}, "tags.0"),
        ("PATCH", "/{id}", {"base_model": " "}, "base_model"),
        ("PATCH", "/{id}", {"notes": "\0"}, "notes"),
        ("POST", "/{id}/rename", {"name": "a/b"}, "name"),
        ("POST", "/{id}/rename", {}, "name"),
        ("POST", "/{id}/move", {"folder": "../a"}, "folder"),
        ("POST", "/{id}/move", {"folder": "a", "root": "/"}, "root"),
        ("POST", "/bulk-delete", {"ids": []}, "ids"),
        ("POST", "/bulk-delete", {"ids": "all"}, "ids"),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    folder: ModelFolder, ask: Caller, *, method: str, path: str, body: dict[str, Any], field: str
) -> None:
    model = folder.take_in(NEON, ".metadata.json")
    before = (folder.files(), folder.models())
    refused = ask(method, API + path.format(id=model.id), json=body)
    assert (refused.status_code, refused.json()["field"]) == (422, field)
    assert (folder.files(), folder.models()) == before


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PATCH", "", {"favorite": True}),
        ("POST", "/rename", {"name": "a"}),
        ("POST", "/move", {"folder": "a"}),
        ("POST", "/exclude", None),
        ("POST", "/include", None),
        ("DELETE", "", None),
        ("GET", "/preview", None),
        ("DELETE", "/preview", None),
    ],
)
def test_a_model_of_another_kind_is_not_there(
    folder: ModelFolder, ask: Caller, *, method: str, path: str, body: dict[str, Any] | None
) -> None:
    model = folder.take_in(NEON)
    other = API.replace("loras", ModelKind.CHECKPOINTS)
    for where in (f"{other}/{model.id}", f"{API}/{'0' * 32}"):
        assert ask(method, where + path, json=body).status_code == 404


def test_one_call_undoes_the_deletions_of_models_and_of_recipes(tmp_path: Path) -> None:
    loras = tmp_path / "models" / "loras"
    with asking(tmp_path) as ask:
        loras.mkdir(parents=True, exist_ok=True)
        (loras / NEON).write_bytes(safetensors(NEON, 400))
        ask("POST", f"{API}/scan")
        [model] = ask("GET", API).json()["items"]
        files = {"image": ("a.png", drawn("red", "circle"), "image/png")}
        recipe = ask("POST", "/api/lm/recipes", files=files, data={"name": "Fog"}).json()
        deletions = {
            model["id"]: ask("DELETE", f"{API}/{model['id']}").json(),
            recipe["id"]: ask("DELETE", f"/api/lm/recipe/{recipe['id']}").json(),
        }
        for id_, deletion in deletions.items():
            assert undo(ask, deletion["batch_id"]).json() == {"restored": [id_]}
        assert ask("GET", API).json()["total"] == ask("GET", "/api/lm/recipes").json()["total"] == 1
        assert undo(ask, "0" * 32).status_code == undo(ask, "../..").status_code == 404
