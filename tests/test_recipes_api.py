"""Recipes at the edge: analysed, saved, found, shown as they are now; refused with a reason."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.errors import InvalidInput
from app.recipes.inputs import folder_of
from tests.recipe_studio import RecipeStudio, parameters, picture, serving

INK = ("ink", 0.8, "1a2b3c4d5e")


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[RecipeStudio]:
    with serving(tmp_path) as made:
        yield made


def test_a_data_url_is_kept_byte_for_byte_like_a_file(studio: RecipeStudio) -> None:
    data = picture(parameters("a lighthouse, 日本"))
    url = f"data:image/png;base64,{base64.b64encode(data).decode()}"
    pasted = studio.ask("POST", "/recipes/save", 201, files={"image": (None, url), "name": (None, "pasted")})
    uploaded = studio.save(data, "uploaded")
    assert pasted["settings"] == uploaded["settings"]
    assert pasted["settings"]["prompt"] == "a lighthouse, 日本"


@pytest.mark.parametrize(
    "image",
    [
        "/etc/passwd", "file:///etc/passwd", "https://example.org/a.png", "data:image/png;base64,***",
        "data:text/html;base64,PGI+", "",
    ],
)  # fmt: skip
def test_a_text_that_is_no_picture_is_refused_by_name(studio: RecipeStudio, image: str) -> None:
    status, _, field = studio.refused("POST", "/recipes", files={"image": (None, image), "name": (None, "x")})
    assert (status, field) == (422, "image")
    assert studio.names() == []


NAME = (None, "x")
IMAGE = ("a.png", picture())


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ({"name": NAME}, "image"),
        ({"image": IMAGE}, "name"),
        ({"image": IMAGE, "name": (None, " ")}, "name"),
        ({"image": IMAGE, "name": (None, "x" * 201)}, "name"),
        ({"image": IMAGE, "name": NAME, "extra": (None, "y")}, "extra"),
        ({"image": IMAGE, "name": ("n.txt", b"x")}, "name"),
        ({"image": IMAGE, "name": NAME, "metadata": (None, '{"rating": 6}')}, "metadata.rating"),
        ({"image": IMAGE, "name": NAME, "metadata": (None, '{"size": 6}')}, "metadata.size"),
        ({"image": IMAGE, "name": NAME, "metadata": (None, '{"folder": ".."}')}, "metadata.folder"),
        ({"image": IMAGE, "name": NAME, "metadata": (None, "{")}, "metadata"),
        ({"image": IMAGE, "name": NAME, "tags": (None, '["a", 1]')}, "tags.1"),
    ],
)
def test_a_form_is_refused_by_the_field_at_fault(studio: RecipeStudio, parts: dict[str, Any], field: str) -> None:
    status, _, named = studio.refused("POST", "/recipes", files=parts)
    assert (status, named) == (422, field)
    assert studio.names() == []


def test_what_is_known_better_than_the_picture_says_is_kept(studio: RecipeStudio) -> None:
    known = {
        "settings": {"prompt": "mine", "seed": 2**63},
        "loras": [{"name": "neon", "strength": -0.5, "model_version_id": 7, "excluded": True}],
        "base_model": "Flux.1 D",
        "source": "https://example.org/7",
        "favorite": True,
        "rating": 0,
        "mature": True,
        "folder": "portraits/2026",
    }
    saved = studio.save(picture(parameters(loras=[INK])), metadata=known, tags="a, b,a")
    shown = studio.get(saved["id"])
    lora = {"hash": None, "available": False, "model_id": None, "file_name": None}
    assert shown == saved
    assert shown["tags"] == ["a", "b"]
    assert shown["settings"] == known["settings"]
    assert shown["loras"] == [{"name": "neon", "strength": -0.5, "model_version_id": 7, "excluded": True, **lora}]
    assert {name: shown[name] for name in known if name not in ("settings", "loras")} == {
        name: value for name, value in known.items() if name not in ("settings", "loras")
    }


@pytest.mark.parametrize(
    "url",
    ["file:///etc/passwd", "/etc/passwd", "etc/passwd", "C:\\pictures\\a.png", "ftp://example.org/a.png", "http:///a"],
)
def test_a_path_is_never_read_in_place_of_an_address(studio: RecipeStudio, url: str) -> None:
    told = studio.client.post("/api/lm/recipes/analyze-image", json={"url": url})
    assert (told.status_code, told.json()["field"]) == (422, "url")
    assert "http" in told.json()["detail"]


def test_an_address_on_this_machine_is_refused_under_the_name_url(studio: RecipeStudio) -> None:
    refused = studio.refused("POST", "/recipes/analyze-image", json={"url": "http://127.0.0.1:9/a.png"})
    assert refused == (422, "invalid_input", "url")


def test_an_analysis_names_the_recipes_of_the_same_models(studio: RecipeStudio) -> None:
    data = picture(parameters(loras=[INK]))
    known = studio.save(data)
    studio.save(picture(parameters(loras=[("ink", 0.7, "1a2b3c4d5e")])), "weaker")
    studio.save(picture(parameters()), "none")
    told = studio.ask("POST", "/recipes/analyze-image", files={"image": ("a.png", data)})
    assert told["known_recipe_ids"] == [known["id"]]
    plain = studio.ask("POST", "/recipes/analyze-image", files={"image": ("a.png", picture(parameters()))})
    assert plain["known_recipe_ids"] == []


def test_a_lora_that_arrives_later_shows_as_available_in_a_recipe_that_nobody_wrote(studio: RecipeStudio) -> None:
    saved = studio.save(picture(parameters(loras=[("ink", 0.8, "")])))
    before = studio.client.get(f"/api/lm/recipe/{saved['id']}")
    assert before.json()["loras"][0]["available"] is False
    model = studio.model("styles/Ink")
    after = studio.client.get(f"/api/lm/recipe/{saved['id']}", headers={"If-None-Match": before.headers["ETag"]})
    assert after.status_code == 200, "whoever holds the recipe as it was must see the difference"
    lora = after.json()["loras"][0]
    assert (lora["available"], lora["model_id"], lora["file_name"]) == (True, model["id"], "Ink.safetensors")
    assert (after.json()["version"], after.json()["modified_at"]) == (saved["version"], saved["modified_at"])
    changed = studio.client.put(
        f"/api/lm/recipe/{saved['id']}/update", json={"title": "x"}, headers={"If-Match": before.headers["ETag"]}
    )
    assert changed.status_code == 200, "an arrival is no change of the recipe"


def test_a_hash_decides_over_a_name(studio: RecipeStudio) -> None:
    model = studio.model("ink")
    by_hash = studio.save(picture(parameters(loras=[("renamed", 1.0, model["autov2"])])), "by hash")
    another = studio.save(picture(parameters(loras=[("ink", 1.0, "0" * 10)])), "another content")
    assert by_hash["loras"][0]["model_id"] == model["id"]
    assert another["loras"][0]["available"] is False


def test_an_excluded_model_is_not_available(studio: RecipeStudio) -> None:
    model = studio.model("ink")
    saved = studio.save(picture(parameters(loras=[("ink", 1.0, "")])))
    studio.ask("POST", f"/loras/{model['id']}/exclude")
    assert studio.get(saved["id"])["loras"][0]["available"] is False
    studio.ask("POST", f"/loras/{model['id']}/include")
    assert studio.get(saved["id"])["loras"][0]["available"] is True


def test_a_checkpoint_is_shown_with_its_file(studio: RecipeStudio) -> None:
    model = studio.model("dreamy", kind="checkpoints")
    saved = studio.save(picture(parameters(Model="dreamy")))
    shown = {"name": "dreamy", "hash": None, "model_version_id": None, "available": True, "model_id": model["id"]}
    assert saved["checkpoint"] == shown
    assert studio.save(picture(parameters()), "none")["checkpoint"] is None


def test_reading_changes_nothing_and_opening_only_the_moment(studio: RecipeStudio) -> None:
    saved = studio.save(picture(parameters()))
    etag = studio.etag(saved["id"])
    path = f"/recipe/{saved['id']}"
    for address in (path, f"{path}/image", f"{path}/image?size=16", f"{path}/syntax", f"{path}/share", "/recipes"):
        studio.ask("GET", address)
    assert studio.get(saved["id"]) == saved
    studio.ask("POST", f"{path}/opened", 204)
    assert studio.get(saved["id"]) == saved | {"opened_at": studio.clock.now().isoformat().replace("+00:00", "Z")}
    assert studio.etag(saved["id"]) == etag
    assert studio.refused("POST", "/recipe/unknown/opened")[0] == 404


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("sort=size", "sort"), ("sort=date:up", "sort"), ("sort=random:", "sort"), ("sort=random:a b", "sort"),
        ("search_fields=title,seed", "search_fields"), ("folder=../a", "folder"), ("page=0", "page"),
        ("page_size=101", "page_size"), ("favorite=perhaps", "favorite"), ("cursor=nothing", "cursor"),
    ],
)  # fmt: skip
def test_a_list_is_refused_by_the_parameter_at_fault(studio: RecipeStudio, query: str, field: str) -> None:
    assert studio.refused("GET", f"/recipes?{query}") == (422, "invalid_input", field)


def test_lists_are_taken_apart_at_commas_and_repeated(studio: RecipeStudio) -> None:
    for name, tags, base in (("one", "a,b", "Pony"), ("two", "a", "SDXL 1.0"), ("three", "b", "Flux.1 D")):
        studio.save(picture(parameters(name)), name, {"base_model": base}, tags=tags)
    assert studio.names(base_models="Pony,SDXL 1.0") == ["one", "two"]
    assert studio.names(base_models=["Pony", "Flux.1 D"]) == ["one", "three"]
    assert studio.names(tag_include="a,b") == ["one"]
    assert studio.names(tag_include="a", tag_exclude="b") == ["two"]
    assert studio.names(search="two", search_fields="title") == ["two"]
    assert studio.names(search="two", search_fields="loras,tags") == []


def test_a_cursor_leads_through_all_pages(studio: RecipeStudio) -> None:
    for number in range(5):
        studio.save(picture(), f"recipe {number}")
    seen: list[str] = []
    query: dict[str, Any] = {"page_size": 2, "sort": "name"}
    while True:
        page = studio.ask("GET", "/recipes", params=query)
        seen += [item["name"] for item in page["items"]]
        if page["next_cursor"] is None:
            break
        query["cursor"] = page["next_cursor"]
    assert seen == [f"recipe {number}" for number in range(5)]


def test_a_body_over_the_limit_is_refused_as_it_comes(studio: RecipeStudio) -> None:
    large = b"x" * (15 * 1024 * 1024 + 1)
    assert studio.refused("POST", "/recipes", files={"image": ("a.png", large), "name": (None, "x")})[0] == 413
    assert studio.refused("POST", "/recipes/analyze-image", json={"url": large.decode()})[0] == 413


@pytest.mark.parametrize(
    ("content_type", "field"), [("text/plain", "Content-Type"), ("multipart/form-data", "body"), ("", "Content-Type")]
)
def test_what_is_no_form_is_refused(studio: RecipeStudio, content_type: str, field: str) -> None:
    headers = {"Content-Type": content_type}
    assert studio.refused("POST", "/recipes", content=b"x", headers=headers) == (422, "invalid_input", field)


@pytest.mark.parametrize(
    ("text", "folder"),
    [("", ""), ("a", "a"), ("a/b", "a/b"), (" a / b ", "a/b"), ("日本/50%", "日本/50%"), ("e\u0301", "é"), ("…", "…")],
)
def test_a_folder_is_a_name_in_the_book(text: str, folder: str) -> None:
    assert folder_of(text) == folder


@pytest.mark.parametrize(
    "text",
    [
        "..", "a/..", "../a", "a/../b", "a/ .. /b", ".", "a/./b", "/a", "//a", "a//b", "a/", " ", "a/ /b", "\\a",
        "a\\..\\b", "C:", "c:/a", "a\0b", "a\nb", "a\u2028b", "\ud800", "x" * 201,
    ],
)  # fmt: skip
def test_a_folder_elsewhere_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"^folder ") as refused:
        folder_of(text)
    assert refused.value.field == "folder"
    assert json.dumps(refused.value.message), "it can be told"
