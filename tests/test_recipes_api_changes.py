"""Changes of recipes at the edge: of the version that was seen, of what is named and no more, to be undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.recipe_studio import RecipeStudio, parameters, picture, serving

INK = ("ink", 0.8, "1a2b3c4d5e")


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[RecipeStudio]:
    with serving(tmp_path) as made:
        yield made


def unchanged(shown: dict[str, Any], *names: str) -> dict[str, Any]:
    """Without what every change changes, and what this one named."""
    moving = {"version", "modified_at", "size_bytes", *names}
    return {name: value for name, value in shown.items() if name not in moving}


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ({"title": "two"}, {"name": "two"}),
        ({"tags": ["b", "a", "b"]}, {"tags": ["b", "a"]}),
        ({"tags": []}, {"tags": []}),
        ({"source": "https://example.org"}, {"source": "https://example.org"}),
        ({"rating": 5}, {"rating": 5}),
        ({"rating": 0}, {"rating": 0}),
        ({"favorite": True}, {"favorite": True}),
        ({"base_model": "Pony"}, {"base_model": "Pony"}),
    ],
)
def test_only_what_is_named_is_changed(studio: RecipeStudio, change: dict[str, Any], shown: dict[str, Any]) -> None:
    saved = studio.save(picture(parameters(loras=[INK])), tags="x", metadata={"folder": "a"})
    studio.clock.advance(timedelta(seconds=5))
    changed = studio.update(saved["id"], **change)
    assert {name: changed[name] for name in shown} == shown
    assert unchanged(changed, *shown) == unchanged(saved, *shown)
    assert (changed["version"], studio.get(saved["id"])) == (2, changed)


def test_a_setting_is_changed_alone_and_taken_away_by_null(studio: RecipeStudio) -> None:
    saved = studio.save(picture(parameters()))
    changed = studio.update(saved["id"], settings={"seed": 7, "sampler": None, "clip_skip": 2})
    expected = {**saved["settings"], "seed": 7, "clip_skip": 2}
    del expected["sampler"]
    assert changed["settings"] == expected
    assert studio.update(saved["id"], source="x", rating=3)["settings"] == expected
    cleared = studio.update(saved["id"], source=None, rating=None)
    assert (cleared["source"], cleared["rating"]) == (None, None)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"loras": []}, "loras"), ({"folder": "a"}, "folder"), ({"mature": True}, "mature"), ({"id": "x"}, "id"),
        ({"picture": "/etc/passwd"}, "picture"), ({"file_path": "x"}, "file_path"), ({"version": 9}, "version"),
        ({"title": ""}, "title"), ({"title": None}, "title"), ({"title": "x" * 201}, "title"),
        ({"title": "a\x00b"}, "title"), ({"tags": "a"}, "tags"), ({"tags": [" "]}, "tags.0"),
        ({"tags": ["x"] * 101}, "tags"), ({"rating": 6}, "rating"), ({"rating": -1}, "rating"),
        ({"rating": "5"}, "rating"), ({"rating": 2.5}, "rating"), ({"favorite": 1}, "favorite"),
        ({"settings": None}, "settings"), ({"settings": {"steps": 3}}, "settings.steps"),
        ({"settings": {"seed": "1"}}, "settings.seed"), ({"source": "x" * 2001}, "source"),
    ],
)  # fmt: skip
def test_what_may_not_be_changed_is_refused_by_name(studio: RecipeStudio, change: dict[str, Any], field: str) -> None:
    saved = studio.save(picture(parameters()))
    headers = {"If-Match": studio.etag(saved["id"])}
    refused = studio.refused("PUT", f"/recipe/{saved['id']}/update", json=change, headers=headers)
    assert refused == (422, "invalid_input", field)
    assert studio.get(saved["id"]) == saved


def test_the_second_of_two_editors_is_told(studio: RecipeStudio) -> None:
    saved = studio.save(picture())
    path, seen = f"/recipe/{saved['id']}/update", studio.etag(saved["id"])
    studio.ask("PUT", path, json={"title": "first"}, headers={"If-Match": seen})
    late = studio.refused("PUT", path, json={"title": "second"}, headers={"If-Match": seen})
    assert late[:2] == (412, "changed_meanwhile")
    assert studio.get(saved["id"])["name"] == "first"
    again = studio.ask("PUT", path, json={"title": "second"}, headers={"If-Match": studio.etag(saved["id"])})
    assert again["name"] == "second"


@pytest.mark.parametrize("tag", ["W/{etag}", '"{id}-2"', '"{id}-11"', '"x"', "", "nothing", "{bare}"])
def test_another_version_than_the_recipe_s_is_refused(studio: RecipeStudio, tag: str) -> None:
    saved = studio.save(picture())
    etag = studio.etag(saved["id"])
    sent = tag.format(etag=etag, id=saved["id"], bare=etag.strip('"'))
    refused = studio.refused("PUT", f"/recipe/{saved['id']}/update", json={"title": "x"}, headers={"If-Match": sent})
    assert refused[:2] == (412, "changed_meanwhile")


@pytest.mark.parametrize("tag", ["{etag}", '"old", {etag}', "*", '"{id}-1"'])
def test_the_version_that_was_seen_is_accepted(studio: RecipeStudio, tag: str) -> None:
    saved = studio.save(picture())
    sent = tag.format(etag=studio.etag(saved["id"]), id=saved["id"])
    answer = studio.ask("PUT", f"/recipe/{saved['id']}/update", json={"title": "x"}, headers={"If-Match": sent})
    assert answer["name"] == "x"


def test_a_change_without_a_version_is_refused_and_an_unknown_recipe_before_that(studio: RecipeStudio) -> None:
    saved = studio.save(picture())
    refused = studio.refused("PUT", f"/recipe/{saved['id']}/update", json={"title": "x"})
    assert refused[:2] == (428, "version_needed")
    assert studio.refused("PUT", "/recipe/unknown/update", json={"title": "x"})[0] == 404


def test_a_change_of_nothing_makes_no_version(studio: RecipeStudio) -> None:
    saved = studio.save(picture())
    assert studio.update(saved["id"]) == saved
    assert studio.update(saved["id"], title=saved["name"], tags=[]) == saved


def test_a_deletion_can_be_undone_for_twenty_seconds(studio: RecipeStudio) -> None:
    one, two, three = (studio.save(picture(), name) for name in ("one", "two", "three"))
    told = studio.ask("DELETE", f"/recipe/{one['id']}")
    assert (told["deleted"], studio.names()) == (1, ["three", "two"])
    assert studio.refused("GET", f"/recipe/{one['id']}")[0] == 404
    studio.ask("POST", "/undo-delete", json={"batch_id": told["batch_id"]})
    assert studio.get(one["id"]) == one
    both = studio.ask("POST", "/recipes/bulk-delete", json={"ids": [one["id"], two["id"], two["id"]]})
    assert (both["deleted"], studio.names()) == (2, ["three"])
    studio.clock.advance(timedelta(seconds=21))
    refused = studio.refused("POST", "/undo-delete", json={"batch_id": both["batch_id"]})
    assert refused[:2] == (409, "expired")
    assert studio.names() == [three["name"]]


@pytest.mark.parametrize("ids", [[], ["unknown"], "all", [1], ["x" * 65], ["x"] * 1001])
def test_several_are_deleted_or_none(studio: RecipeStudio, ids: Any) -> None:
    saved = studio.save(picture())
    known = [saved["id"], *ids] if ids == ["unknown"] else ids
    status = studio.refused("POST", "/recipes/bulk-delete", json={"ids": known})[0]
    assert status == (404 if ids == ["unknown"] else 422)
    assert studio.names() == ["one"]


def test_recipes_are_moved_together_and_found_below(studio: RecipeStudio) -> None:
    one, two, three = (studio.save(picture(), name) for name in ("one", "two", "three"))
    moved = studio.ask("POST", "/recipe/move", json={"id": one["id"], "folder": "a/b"})
    assert (moved["folder"], unchanged(moved, "folder")) == ("a/b", unchanged(one, "folder"))
    assert studio.ask("POST", "/recipes/move-bulk", json={"ids": [one["id"], two["id"]], "folder": "a"}) == {"moved": 2}
    assert studio.ask("POST", "/recipes/move-bulk", json={"ids": [one["id"]], "folder": "a"}) == {"moved": 0}
    studio.ask("POST", "/recipe/move", json={"id": three["id"], "folder": "a/b"})
    assert studio.names(folder="a") == ["one", "three", "two"]
    assert studio.names(folder="a", recursive="false") == ["one", "two"]
    assert studio.names(folder="", recursive="false") == []
    studio.ask("POST", "/recipe/move", json={"id": one["id"], "folder": ""})
    assert studio.names(folder="", recursive="false") == ["one"]


@pytest.mark.parametrize("folder", ["..", "../a", "/etc", "a/../../b", "a\\b", "C:\\a", "a\x00b", "a//b", None, 1])
def test_a_move_out_of_the_book_is_refused(studio: RecipeStudio, folder: Any) -> None:
    saved = studio.save(picture())
    one = studio.refused("POST", "/recipe/move", json={"id": saved["id"], "folder": folder})
    many = studio.refused("POST", "/recipes/move-bulk", json={"ids": [saved["id"]], "folder": folder})
    assert (one, many) == ((422, "invalid_input", "folder"),) * 2
    assert studio.get(saved["id"]) == saved


def test_when_one_is_not_there_none_is_moved(studio: RecipeStudio) -> None:
    saved = studio.save(picture())
    ids = [saved["id"], "unknown"]
    assert studio.refused("POST", "/recipes/move-bulk", json={"ids": ids, "folder": "a"})[0] == 404
    assert studio.get(saved["id"]) == saved


def groups(studio: RecipeStudio, part: str = "groups", **query: Any) -> list[list[str]]:
    found = studio.ask("GET", "/recipes/find-duplicates", params=query)[part]
    return sorted(sorted(recipe["name"] for recipe in group["recipes"]) for group in found)


def test_duplicates_are_judged_by_models_and_strengths_and_the_prompt_when_asked(studio: RecipeStudio) -> None:
    soft = ("soft", 0.5, "ffeeddccbb")
    for name, prompt, loras in (
        ("first", "a cat", [INK, soft]), ("turned", "a dog", [soft, INK]), ("same", "a cat", [INK, soft]),
        ("weaker", "a cat", [("ink", 0.7, INK[2]), soft]), ("alone", "a cat", [INK]),
        ("bare", "a hat", []), ("bare too", "a hat", []), ("bare other", "a coat", []),
    ):  # fmt: skip
        studio.save(picture(parameters(prompt, loras)), name)
    assert groups(studio) == [["first", "same", "turned"]]
    assert groups(studio, prompt=True) == [["bare", "bare too"], ["first", "same"]]


def test_duplicates_of_one_source_are_told_apart_from_those_of_the_same_models(studio: RecipeStudio) -> None:
    for name, source in (("one", "https://example.org/1"), ("two", "https://example.org/1"), ("three", None)):
        studio.save(picture(parameters()), name, {"source": source})
    assert (groups(studio), groups(studio, "by_source")) == ([], [["one", "two"]])
