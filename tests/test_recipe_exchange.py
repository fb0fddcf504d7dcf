"""The recipe book as one archive: all of it back exactly; what is no honest archive refused before anything is kept."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.recipes.exchange import Exchange
from app.recipes.service import Draft
from support.waiting import until
from tests.recipe_archives import exported, members, packed, received
from tests.recipe_studio import RecipeStudio, parameters, picture, serving

INK = ("ink", 0.8, "1a2b3c4d5e")


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[RecipeStudio]:
    with serving(tmp_path / "first") as made:
        yield made


@pytest.fixture
def other(tmp_path: Path) -> Iterator[RecipeStudio]:
    with serving(tmp_path / "second") as made:
        yield made


def filled(studio: RecipeStudio) -> None:
    """Recipes with every fact that one can have."""
    known = {
        "settings": {"prompt": "mine, 日本 'quoted'\n50%", "seed": 2**64 - 1, "denoising_strength": 0.1},
        "loras": [{"name": "neon", "strength": -0.123456789, "model_version_id": 7, "excluded": True}],
        "base_model": "Flux.1 D", "source": "https://example.org/7", "favorite": True, "rating": 0, "mature": True,
        "folder": "portraits/2026",
    }  # fmt: skip
    data = picture(parameters(loras=[INK], Model="dreamy"))
    first = studio.save(data, "all that is known", known, tags='["a, b", "c"]')
    studio.clock.advance(timedelta(days=3))
    studio.save(data, "the same picture")
    edited = studio.save(picture(kind="JPEG"), "says nothing")
    studio.clock.advance(timedelta(microseconds=1))
    studio.update(edited["id"], title="says nothing, renamed", settings={"prompt": "x"})
    studio.ask("POST", f"/recipe/{first['id']}/opened", 204)
    studio.save(picture(parameters(), kind="PNG", colour="blue"), "plain")


def test_all_of_it_comes_back_exactly(studio: RecipeStudio, other: RecipeStudio) -> None:
    filled(studio)
    archive = exported(studio)
    assert received(other, archive) == {"added": 4, "skipped": 0, "failed": []}
    there, here = (one.ask("GET", "/recipes?sort=name")["items"] for one in (other, studio))
    assert there == here
    for recipe in here:
        pictures = [one.client.get(recipe["image_url"]).content for one in (studio, other)]
        assert pictures[0] == pictures[1]
    assert other.names(search="日本 50%") == ["all that is known"]
    assert members(exported(other)).keys() == members(archive).keys()


def test_what_is_there_already_is_skipped_whatever_was_changed_since(studio: RecipeStudio) -> None:
    filled(studio)
    archive = exported(studio)
    recipe = studio.ask("GET", "/recipes")["items"][0]
    changed = studio.update(recipe["id"], title="changed since")
    assert received(studio, archive) == {"added": 0, "skipped": 4, "failed": []}
    assert studio.get(recipe["id"]) == changed


def test_what_was_deleted_comes_back_under_its_id_once_that_is_free(studio: RecipeStudio) -> None:
    saved = studio.save(picture(parameters()))
    archive = exported(studio)
    batch = studio.ask("DELETE", f"/recipe/{saved['id']}")["batch_id"]
    assert received(studio, archive)["added"] == 1
    again = studio.ask("GET", "/recipes")["items"]
    assert [recipe["name"] for recipe in again] == ["one"]
    assert again[0]["id"] != saved["id"], "the deletion can still be undone"
    studio.ask("POST", "/undo-delete", json={"batch_id": batch})
    assert studio.get(saved["id"]) == saved
    studio.ask("POST", "/recipes/bulk-delete", json={"ids": [saved["id"], again[0]["id"]]})
    studio.clock.advance(timedelta(seconds=30))
    assert until(lambda: not any((studio.home / "recipes").iterdir())), "what was deleted is still there"
    assert received(studio, archive)["added"] == 1
    assert studio.get(saved["id"]) == saved


def test_an_id_that_another_recipe_has_is_left_to_it(studio: RecipeStudio, other: RecipeStudio) -> None:
    saved = studio.save(picture(parameters("mine")), "mine")
    theirs = members(exported(studio))
    other.save(picture(parameters("another")), "another")
    stranger = members(exported(other))
    record = json.loads(next(data for name, data in stranger.items() if name.startswith("recipes/")))
    image = next(data for name, data in stranger.items() if name.startswith("pictures/"))
    archive = packed(
        {
            "manifest.json": theirs["manifest.json"],
            f"recipes/{saved['id']}.json": json.dumps(record | {"id": saved["id"]}).encode(),
            f"pictures/{saved['id']}.png": image,
        }
    )
    assert received(studio, archive) == {"added": 1, "skipped": 0, "failed": []}
    assert studio.get(saved["id"]) == saved
    assert studio.names() == ["another", "mine"]
    assert received(studio, archive) == {"added": 0, "skipped": 1, "failed": []}


def test_the_same_recipe_twice_is_twice_in_the_archive_and_comes_back_twice(
    studio: RecipeStudio, other: RecipeStudio
) -> None:
    for _ in range(2):
        studio.save(picture(parameters()))
    archive = exported(studio)
    assert received(other, archive) == {"added": 2, "skipped": 0, "failed": []}
    assert received(other, archive) == {"added": 0, "skipped": 2, "failed": []}


def test_another_recipe_of_a_picture_that_is_there_is_added_and_the_same_one_is_not(
    studio: RecipeStudio, other: RecipeStudio
) -> None:
    data = picture(parameters())
    studio.save(data, "theirs")
    other.save(data, "ours")
    assert received(other, exported(studio)) == {"added": 1, "skipped": 0, "failed": []}
    assert other.names() == ["ours", "theirs"]
    studio.ask("DELETE", f"/recipe/{studio.ask('GET', '/recipes')['items'][0]['id']}")
    studio.save(data, "ours")
    assert received(other, exported(studio)) == {"added": 0, "skipped": 1, "failed": []}


def test_safe_mode_hides_nothing_from_an_export(studio: RecipeStudio, other: RecipeStudio) -> None:
    studio.save(picture(), "mature", {"mature": True})
    studio.safe_mode(True)
    assert received(other, exported(studio))["added"] == 1


def test_an_empty_book_is_an_archive_too(studio: RecipeStudio, other: RecipeStudio) -> None:
    assert received(other, exported(studio)) == {"added": 0, "skipped": 0, "failed": []}


def test_the_archive_is_streamed_with_flat_memory(studio: RecipeStudio) -> None:
    noise = b"".join(bytes([number * 7919 % 251]) for number in range(1000)) * 3000
    for number in range(8):
        data = picture(str(number))
        # Behind the picture's end nothing is looked at, so that it may be as large as a picture is.
        studio.services.recipes.save(Draft(f"recipe {number}", data + noise))
    exchange: Exchange = studio.services.recipe_exchange
    tracemalloc.start()
    try:
        sizes = [len(piece) for piece in exchange.archive()]
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sum(sizes) > 8 * len(noise)
    assert len(sizes) == 9
    assert peak < 6 * len(noise), "not all pictures at once"


def test_damaged_members_are_told_and_the_rest_is_kept(studio: RecipeStudio, other: RecipeStudio) -> None:
    recipes = {
        name: studio.save(picture(parameters(name)), name)["id"] for name in ("a", "b", "c", "d", "e", "f", "ok")
    }
    content = members(exported(studio))
    record = json.loads(content[f"recipes/{recipes['b']}.json"])
    content[f"recipes/{recipes['a']}.json"] = b"{"
    content[f"recipes/{recipes['b']}.json"] = json.dumps(record | {"folder": "../x"}).encode()
    del content[f"pictures/{recipes['c']}.png"]
    content[f"pictures/{recipes['d']}.png"] = b"not a picture"
    content[f"recipes/{recipes['e']}.json"] = content[f"recipes/{recipes['f']}.json"]
    del content[f"recipes/{recipes['f']}.json"]
    content["notes.txt"] = b"hello"
    told = received(other, packed(content))
    assert (told["added"], told["skipped"], other.names()) == (1, 0, ["ok"])
    failed = {failed["name"]: failed["why"] for failed in told["failed"]}
    assert set(failed) == {
        *(f"recipes/{recipes[name]}.json" for name in "abcde"), f"pictures/{recipes['f']}.png", "notes.txt",
    }  # fmt: skip
    assert "folder" in failed[f"recipes/{recipes['b']}.json"]
    assert "not in the archive" in failed[f"recipes/{recipes['c']}.json"]


def test_a_member_whose_bytes_were_changed_is_told(studio: RecipeStudio, other: RecipeStudio) -> None:
    saved = studio.save(picture(parameters()))
    studio.save(picture(parameters("whole")), "whole")
    archive = bytearray(exported(studio))
    with zipfile.ZipFile(io.BytesIO(bytes(archive))) as whole:
        place = whole.getinfo(f"pictures/{saved['id']}.png").header_offset
    archive[place + 200] ^= 1
    told = received(other, bytes(archive))
    assert (told["added"], other.names()) == (1, ["whole"])
    assert "damaged" in told["failed"][0]["why"]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("id", "../x"), ("id", "A" * 32), ("name", 1), ("name", None), ("tags", "a"), ("settings", {"seed": "1"}),
        ("settings", {"unknown": 1}), ("loras", [{"name": "x"}]), ("rating", 6), ("rating", -1), ("folder", "/x"),
        ("created_at", "yesterday"), ("created_at", "2026-01-01T00:00:00"), ("version", 0), ("version", 2**31),
        ("confidence", "high"), ("checkpoint_version_id", 2**63), ("sha256", "0" * 64), ("more", 1),
    ],
)  # fmt: skip
def test_a_record_that_is_not_understood_is_told_and_not_kept(
    studio: RecipeStudio, other: RecipeStudio, field: str, value: Any
) -> None:
    saved = studio.save(picture(parameters(loras=[INK])))
    content = members(exported(studio))
    name = f"recipes/{saved['id']}.json"
    content[name] = json.dumps(json.loads(content[name]) | {field: value}).encode()
    told = received(other, packed(content))
    assert (told["added"], [failed["name"] for failed in told["failed"]], other.names()) == (0, [name], [])


def test_a_number_that_is_none_is_not_kept(studio: RecipeStudio, other: RecipeStudio) -> None:
    saved = studio.save(picture(parameters(loras=[INK])))
    content = members(exported(studio))
    name = f"recipes/{saved['id']}.json"
    content[name] = content[name].replace(b'"strength": 0.8', b'"strength": NaN')
    assert received(other, packed(content))["added"] == 0
