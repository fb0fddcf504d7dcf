"""LoRAs of recipes and files of the library: reconnected one by one, matched again, read again, written as syntax."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from app.recipes.recipe import RecipeLora
from app.recipes.syntax import stem_of
from tests.recipe_studio import RecipeStudio, parameters, picture, serving

THREE = [("ink", 0.8, "aaaaaaaaaa"), ("soft", 0.5, "bbbbbbbbbb"), ("grain", -0.25, "")]


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[RecipeStudio]:
    with serving(tmp_path) as made:
        yield made


def reconnect(studio: RecipeStudio, recipe: dict[str, Any], index: int, **target: str) -> dict[str, Any]:
    body = {"recipe_id": recipe["id"], "lora_index": index, **target}
    answer: dict[str, Any] = studio.ask("POST", "/recipe/lora/reconnect", json=body)
    return answer


@pytest.mark.parametrize("index", [0, 1, 2])
@pytest.mark.parametrize("by", ["target_name", "target_id"])
def test_exactly_the_chosen_lora_is_reconnected(studio: RecipeStudio, index: int, by: str) -> None:
    model = studio.model("styles/Neon v1.5")
    saved = studio.save(picture(parameters(loras=THREE)))
    target = {"target_name": "neon V1.5", "target_id": model["id"]}[by]
    changed = reconnect(studio, saved, index, **{by: target})
    loras = changed["loras"]
    assert loras[index] == {
        **saved["loras"][index], "name": "Neon v1.5", "hash": model["sha256"], "available": True,
        "model_id": model["id"], "file_name": "Neon v1.5.safetensors",
    }  # fmt: skip
    assert [lora for number, lora in enumerate(loras) if number != index] == [
        lora for number, lora in enumerate(saved["loras"]) if number != index
    ]
    assert changed["fingerprint"] != saved["fingerprint"]
    assert changed["version"] == 2


@pytest.mark.parametrize(
    ("body", "refusal"),
    [
        ({"lora_index": 3}, (422, "invalid_input", "lora_index")),
        ({"lora_index": -1}, (422, "invalid_input", "lora_index")),
        ({"lora_index": "0"}, (422, "invalid_input", "lora_index")),
        ({"lora_index": True}, (422, "invalid_input", "lora_index")),
        ({"target_name": "absent"}, (404, "not_found", "target_name")),
        ({"target_name": "elsewhere/neon"}, (404, "not_found", "target_name")),
        ({"target_name": "dreamy"}, (404, "not_found", "target_name")),
        ({"target_name": None}, (422, "invalid_input", "target_name")),
        ({"target_id": "0" * 32}, (422, "invalid_input", "target_name")),
        ({"target_name": None, "target_id": "0" * 32}, (404, "not_found", None)),
        ({"recipe_id": "0" * 32}, (404, "not_found", None)),
        ({"hash": "0"}, (422, "invalid_input", "hash")),
    ],
)
def test_what_is_no_lora_or_no_file_is_refused(
    studio: RecipeStudio, body: dict[str, Any], refusal: tuple[int, str, str | None]
) -> None:
    studio.model("neon")
    studio.model("dreamy", kind="checkpoints")
    saved = studio.save(picture(parameters(loras=THREE)))
    sent = {"recipe_id": saved["id"], "lora_index": 0, "target_name": "neon"} | body
    assert studio.refused("POST", "/recipe/lora/reconnect", json=sent) == refusal
    assert studio.get(saved["id"])["loras"] == saved["loras"]


def test_a_recipe_without_loras_has_none_to_reconnect(studio: RecipeStudio) -> None:
    studio.model("neon")
    saved = studio.save(picture(parameters()))
    body = {"recipe_id": saved["id"], "lora_index": 0, "target_name": "neon"}
    assert studio.refused("POST", "/recipe/lora/reconnect", json=body) == (422, "invalid_input", "lora_index")


def test_a_name_of_two_files_is_ambiguous_unless_its_folder_or_its_copy_decides(
    studio: RecipeStudio,
) -> None:
    first, second = studio.model("a/neon", "one"), studio.model("b/neon", "two")
    saved = studio.save(picture(parameters(loras=THREE)))
    body = {"recipe_id": saved["id"], "lora_index": 1, "target_name": "neon"}
    answer = studio.client.post("/api/lm/recipe/lora/reconnect", json=body)
    assert (answer.status_code, answer.json()["code"]) == (409, "ambiguous")
    assert "a/neon.safetensors" in answer.json()["detail"]
    assert "b/neon.safetensors" in answer.json()["detail"]
    assert reconnect(studio, saved, 1, target_name="b/neon")["loras"][1]["hash"] == second["sha256"]
    assert reconnect(studio, saved, 1, target_id=first["id"])["loras"][1]["hash"] == first["sha256"]
    studio.model("c/grey", "same")
    copy = studio.model("d/grey", "same")
    assert reconnect(studio, saved, 0, target_name="grey")["loras"][0]["hash"] == copy["sha256"]


def test_an_excluded_file_is_no_target(studio: RecipeStudio) -> None:
    model = studio.model("neon")
    studio.ask("POST", f"/loras/{model['id']}/exclude")
    saved = studio.save(picture(parameters(loras=THREE)))
    for target in ({"target_name": "neon"}, {"target_id": model["id"]}):
        body = {"recipe_id": saved["id"], "lora_index": 0, **target}
        assert studio.refused("POST", "/recipe/lora/reconnect", json=body)[0] == 404


def test_loras_without_a_known_hash_are_matched_again_and_the_others_left(studio: RecipeStudio) -> None:
    ink, soft = studio.model("ink"), studio.model("Soft")
    known = studio.save(picture(parameters(loras=[("other name", 1.0, ink["autov2"])])), "known")
    mixed = studio.save(picture(parameters(loras=THREE)), "mixed")
    told = studio.ask("POST", "/recipes/rematch")
    assert told == {"changed": [mixed["id"]], "unmatched": [{"recipe_id": mixed["id"], "lora": "grain"}]}
    matched = studio.get(mixed["id"])["loras"]
    assert [(lora["name"], lora["strength"], lora["hash"], lora["available"]) for lora in matched] == [
        ("ink", 0.8, ink["sha256"], True), ("Soft", 0.5, soft["sha256"], True), ("grain", -0.25, None, False),
    ]  # fmt: skip
    assert studio.get(known["id"]) == known
    assert studio.ask("POST", "/recipes/rematch")["changed"] == []


def test_a_name_that_two_files_have_is_not_matched(studio: RecipeStudio) -> None:
    studio.model("a/ink", "one")
    studio.model("b/ink", "two")
    saved = studio.save(picture(parameters(loras=[("ink", 1.0, "")])))
    told = studio.ask("POST", "/recipes/rematch")
    assert told == {"changed": [], "unmatched": [{"recipe_id": saved["id"], "lora": "ink"}]}
    assert studio.get(saved["id"]) == saved


def test_what_is_missing_is_read_from_the_picture_again_and_what_is_there_stays(studio: RecipeStudio) -> None:
    data = picture(parameters("a lighthouse", loras=THREE))
    empty = studio.save(data, "empty", {"settings": {}, "loras": []}, tags="mine")
    edited = studio.save(
        data, "edited", {"settings": {"prompt": "my own"}, "loras": [{"name": "ink", "strength": 2.0}]}
    )
    whole = studio.save(data, "whole")
    plain = studio.save(picture(), "plain")
    told = studio.ask("POST", "/recipes/repair")
    assert told == {"repaired": [empty["id"], edited["id"]], "unchanged": 2, "failed": []}
    repaired = studio.get(empty["id"])
    assert (repaired["settings"], repaired["loras"]) == (whole["settings"], whole["loras"])
    assert (repaired["name"], repaired["tags"], repaired["version"]) == ("empty", ["mine"], 2)
    mended = studio.get(edited["id"])
    assert mended["settings"] == {**whole["settings"], "prompt": "my own"}
    assert [(lora["name"], lora["strength"], lora["hash"]) for lora in mended["loras"]] == [("ink", 2.0, THREE[0][2])]
    assert (studio.get(whole["id"]), studio.get(plain["id"])) == (whole, plain)
    assert studio.ask("POST", "/recipes/repair") == {"repaired": [], "unchanged": 4, "failed": []}


def test_a_setting_that_somebody_took_away_does_not_come_back(studio: RecipeStudio) -> None:
    saved = studio.save(picture(parameters()))
    taken = studio.update(saved["id"], settings={"seed": None})
    assert studio.ask("POST", "/recipes/repair") == {"repaired": [], "unchanged": 1, "failed": []}
    assert studio.get(saved["id"]) == taken
    assert "seed" not in taken["settings"]


def test_a_recipe_whose_picture_is_gone_is_told_and_the_others_are_repaired(studio: RecipeStudio) -> None:
    data = picture(parameters())
    lost, kept = (studio.save(data, name, {"settings": {}}) for name in ("lost", "kept"))
    for file in (studio.home / "recipes").glob(f"{lost['id']}.*"):
        file.unlink()
    told = studio.ask("POST", "/recipes/repair")
    assert (told["repaired"], told["unchanged"]) == ([kept["id"]], 0)
    assert [failed["id"] for failed in told["failed"]] == [lost["id"]]
    assert "'lost'" in told["failed"][0]["why"]


def test_the_syntax_names_the_files_that_are_used(studio: RecipeStudio) -> None:
    model = studio.model("styles/neon-city")
    loras = [
        {"name": "old name", "strength": 0.8, "hash": model["autov2"]},
        {"name": "folder\\soft light.safetensors", "strength": 1.0},
        {"name": "skip", "excluded": True},
        {"name": "v1.5", "strength": -0.125},
    ]
    saved = studio.save(picture(), metadata={"loras": loras})
    told = studio.ask("GET", f"/recipe/{saved['id']}/syntax")
    assert told == {"syntax": "<lora:neon-city:0.8> <lora:soft light:1> <lora:v1.5:-0.125>"}
    assert studio.ask("GET", f"/recipe/{studio.save(picture())['id']}/syntax") == {"syntax": ""}
    assert studio.refused("GET", "/recipe/unknown/syntax")[0] == 404


@pytest.mark.parametrize(
    ("name", "stem"),
    [("a", "a"), ("a.safetensors", "a"), ("b/a.PT", "a"), ("b\\a", "a"), ("v1.5", "v1.5"), ("a.b.ckpt", "a.b")],
)
def test_a_stem_is_a_file_s_name_without_folder_and_ending(name: str, stem: str) -> None:
    assert stem_of(name) == stem
    assert RecipeLora(name).strength == 1.0
