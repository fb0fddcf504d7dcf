"""Recipes are kept with their picture, changed by who has seen them, deleted and brought back, all or nothing."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.errors import Conflict, InvalidInput, NotFound, PreconditionFailed, StorageUnavailable, Unavailable
from app.recipes.embedding import without
from app.recipes.pictures import check
from app.recipes.reading import read_picture
from app.recipes.recipe import RecipeLora, RecipeSettings
from app.recipes.service import Draft, RecipeChange
from app.recipes.tables import Recipe
from support.waiting import until
from tests.postgresql import database_url, postgresql_server, postgresql_url
from tests.recipe_desk import INK, PICTURE, RecipeDesk, desk_at

__all__ = ["database_url", "postgresql_server", "postgresql_url"]

SETTINGS = RecipeSettings(
    prompt="a girl’s 日本, 50% 😀\nSteps: 7, <lora:ink:0.8>",
    seed=2**64 - 1,
    num_inference_steps=20,
    guidance_scale=3.5,
    width=768,
    height=256,
    denoising_strength=0.0,
    checkpoint="base",
)
ALL_SAID = Draft(
    name="Café – 夜",
    picture=PICTURE,
    tags=["Neon", "50%"],
    settings=SETTINGS,
    loras=[INK, RecipeLora("out", -0.5, None, 42, True)],
    base_model="SDXL 1.0",
    source="https://pictures.example/7",
    folder="a/b",
    favorite=True,
    rating=5,
    mature=True,
)


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[RecipeDesk]:
    with desk_at(tmp_path, url=database_url) as desk:
        yield desk


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[RecipeDesk]:
    with desk_at(tmp_path) as desk:
        yield desk


def test_a_recipe_is_reopened_exactly_also_after_a_restart(desk: RecipeDesk) -> None:
    saved = desk.recipes.save(ALL_SAID)
    for _ in range(2):
        recipe, data = desk.recipes.picture(saved.id)
        assert recipe == saved == desk.recipes.get(saved.id)
        assert (recipe.name, recipe.tags, recipe.folder, recipe.source) == (
            "Café – 夜", ["Neon", "50%"], "a/b", "https://pictures.example/7")  # fmt: skip
        assert (recipe.favorite, recipe.rating, recipe.mature, recipe.base_model) == (True, 5, True, "SDXL 1.0")
        assert (recipe.reading.settings, list(recipe.reading.loras)) == (SETTINGS, ALL_SAID.loras)
        assert (recipe.fingerprint, recipe.lora_count, recipe.version) == (f"{'ab' * 5}:0.8", 2, 1)
        assert (recipe.sha256, recipe.size_bytes) == (hashlib.sha256(data).hexdigest(), len(data))
        assert without(data) == PICTURE
        desk.restart()


def test_what_is_not_said_is_as_the_picture_says(lite: RecipeDesk) -> None:
    first = lite.recipes.save(ALL_SAID)
    _, data = lite.recipes.picture(first.id)
    again = lite.recipes.save(Draft("again", data))
    assert (again.tags, again.source, again.rating, again.mature) == (first.tags, first.source, 5, True)
    assert (again.reading.settings, again.loras, again.favorite) == (SETTINGS, first.loras, True)
    assert again.original_sha256 == first.original_sha256 == hashlib.sha256(PICTURE).hexdigest()
    assert lite.recipes.known_picture(first.original_sha256) == first
    other = lite.recipes.save(
        replace(ALL_SAID, picture=data, favorite=False, rating=0, mature=False, tags=[], loras=[])
    )
    assert (other.favorite, other.rating, other.mature, other.tags, other.loras) == (False, 0, False, [], [])


def test_the_picture_tells_of_the_recipe_after_every_change(desk: RecipeDesk) -> None:
    saved = desk.save("first", "dawn", loras=[INK])
    for number in range(3):
        desk.recipes.change(saved.id, RecipeChange(name=f"name {number}", rating=number))
        recipe, data = desk.recipes.picture(saved.id)
        told = read_picture(check(data))
        assert (told.title, told.rating, told.loras) == (f"name {number}", number, (INK,))
        assert (recipe.version, recipe.embedded_version) == (number + 2, number + 2)
        assert hashlib.sha256(data).hexdigest() == recipe.sha256
        assert without(data) == PICTURE
    assert desk.files() == [recipe.picture], "the pictures of older versions are gone"


@pytest.mark.parametrize("strength", [math.nan, math.inf])
def test_a_strength_that_is_none_is_refused_and_leaves_nothing(lite: RecipeDesk, strength: float) -> None:
    saved = lite.save()
    with pytest.raises(InvalidInput, match="finite"):
        lite.save(loras=[RecipeLora("ink", strength)])
    with pytest.raises(InvalidInput, match="finite"):
        lite.recipes.change(saved.id, RecipeChange(loras=[RecipeLora("ink", strength)]))
    assert lite.recipes.get(saved.id) == saved
    assert lite.files() == [saved.picture]


def test_what_no_database_keeps_is_left_out(desk: RecipeDesk) -> None:
    odd = "a\0b\ud800c"
    saved = desk.save(odd, odd, tags=[odd], source=odd, base_model=odd, folder=odd, loras=[RecipeLora(odd, 1.0)])
    assert desk.recipes.get(saved.id) == saved
    assert (saved.name, saved.tags, saved.settings["prompt"]) == ("ab?c", ["ab?c"], "ab?c")


def test_the_second_of_two_editors_is_told(desk: RecipeDesk) -> None:
    saved = desk.save()
    mine = desk.recipes.change(saved.id, RecipeChange(name="mine"), expected=1)
    assert mine.version == 2
    with pytest.raises(PreconditionFailed, match="version 2 now") as refused:
        desk.recipes.change(saved.id, RecipeChange(name="theirs"), expected=1)
    assert (refused.value.status, refused.value.code) == (412, "changed_meanwhile")
    assert desk.recipes.get(saved.id) == mine


def test_a_change_touches_only_what_it_names_and_none_makes_no_version(desk: RecipeDesk) -> None:
    saved = desk.recipes.save(ALL_SAID)
    desk.clock.advance(timedelta(minutes=1))
    assert desk.recipes.change(saved.id, RecipeChange()) == saved
    assert desk.recipes.change(saved.id, RecipeChange(name=saved.name, rating=5, tags=saved.tags)) == saved
    changed = desk.recipes.change(saved.id, RecipeChange(rating=None, source=None, base_model=None))
    assert (changed.rating, changed.source, changed.base_model) == (None, None, None)
    assert changed.modified_at == saved.modified_at + timedelta(minutes=1)
    same = ("picture", "sha256", "size_bytes", "version", "embedded_version", "modified_at")
    kept = {name: getattr(saved, name) for name in (*same, "rating", "source", "base_model")}
    assert replace(changed, **kept) == saved


def test_another_checkpoint_is_not_the_version_that_the_old_one_was(lite: RecipeDesk) -> None:
    saved = lite.recipes.change(lite.recipes.save(ALL_SAID).id, RecipeChange(checkpoint_version_id=42))
    kept = lite.recipes.change(saved.id, RecipeChange(settings=replace(SETTINGS, seed=1)))
    assert kept.checkpoint_version_id == 42
    other = RecipeChange(settings=replace(SETTINGS, checkpoint="other"))
    assert lite.recipes.change(saved.id, other).checkpoint_version_id is None


def test_opening_makes_no_version(desk: RecipeDesk) -> None:
    saved = desk.save()
    assert saved.opened_at is None
    desk.recipes.opened(saved.id)
    assert desk.recipes.get(saved.id) == replace(saved, opened_at=desk.clock.now())
    desk.recipes.change(saved.id, RecipeChange(name="b"), expected=1)
    assert desk.recipes.get(saved.id).opened_at == desk.clock.now()


@pytest.mark.parametrize(
    "recipe_id", ["", "x", "a" * 31, "A" * 32, "a" * 32, "ü" * 32, "\0" * 32, "a" * 31 + "\n", "\ud800"]
)
def test_what_is_no_recipe_is_not_found(desk: RecipeDesk, recipe_id: str) -> None:
    asking: tuple[Callable[[str], object], ...] = (
        desk.recipes.get,
        desk.recipes.picture,
        desk.recipes.opened,
        lambda one: desk.recipes.delete([one]),
        lambda one: desk.recipes.change(one, RecipeChange(name="b")),
        lambda one: desk.recipes.change_all(lambda _: RecipeChange(name="b"), [one]),
        desk.recipes.undo,
    )
    for ask in asking:
        with pytest.raises(NotFound):
            ask(recipe_id)


def test_a_row_that_cannot_be_written_leaves_no_picture(lite: RecipeDesk) -> None:
    saved = lite.save()
    with lite.database.writing() as rows:
        rows.exec_driver_sql(
            "CREATE TRIGGER full BEFORE INSERT ON recipe_deletions BEGIN SELECT RAISE(FAIL, 'full'); END"
        )
        rows.exec_driver_sql("DROP TABLE recipe_words")
    changing: tuple[Callable[[], object], ...] = (
        lambda: lite.save("b"),
        lambda: lite.recipes.change(saved.id, RecipeChange(name="b")),
    )
    for change in changing:
        with pytest.raises(Unavailable):
            change()
        assert lite.files() == [saved.picture]
        assert lite.recipes.get(saved.id) == saved
    with pytest.raises(Exception, match="full"):
        lite.recipes.delete([saved.id])
    assert lite.recipes.get(saved.id) == saved


def test_a_picture_that_cannot_be_written_leaves_recipe_and_picture_as_they_were(lite: RecipeDesk) -> None:
    saved = lite.save()
    before = lite.recipes.picture(saved.id)
    aside = lite.folder.with_name("aside")
    lite.folder.rename(aside)
    lite.folder.write_text("a file in the way")
    with pytest.raises(StorageUnavailable):
        lite.save("b")
    lite.folder.unlink()
    aside.rename(lite.folder)
    assert lite.recipes.picture(saved.id) == before
    assert lite.found() == ["a"]


def test_a_picture_of_an_older_studio_tells_of_its_recipe_soon_after_the_start(desk: RecipeDesk) -> None:
    saved = desk.save("old")
    (desk.folder / saved.picture).write_bytes(PICTURE)
    with desk.database.writing() as rows:
        rows.exec_driver_sql("UPDATE recipes SET embedded_version = 0")
    desk.restart()
    assert until(lambda: desk.recipes.get(saved.id).embedded_version == 1)
    recipe, data = desk.recipes.picture(saved.id)
    assert read_picture(check(data)).title == "old"
    assert (recipe.version, recipe.sha256) == (1, hashlib.sha256(data).hexdigest())
    assert until(lambda: desk.files() == [recipe.picture])


def test_a_recipe_without_its_picture_can_still_be_changed(lite: RecipeDesk) -> None:
    saved = lite.save()
    (lite.folder / saved.picture).unlink()
    with pytest.raises(NotFound, match="gone from the disk"):
        lite.recipes.picture(saved.id)
    assert lite.recipes.change(saved.id, RecipeChange(name="b")).name == "b"


def test_a_recipe_of_another_studio_is_kept_as_it_was(desk: RecipeDesk, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()
    with desk_at(tmp_path / "there") as there:
        there.clock.advance(timedelta(days=3))
        saved = there.recipes.change(there.recipes.save(ALL_SAID).id, RecipeChange(rating=1))
        there.recipes.opened(saved.id)
        recipe, data = there.recipes.picture(saved.id)
    desk.save("first")
    kept = desk.recipes.restore(recipe, data)
    assert replace(kept, number=recipe.number, picture=recipe.picture) == recipe
    assert desk.found("Café") == [recipe.name]
    with pytest.raises(Conflict) as refused:
        desk.recipes.restore(recipe, data)
    assert refused.value.code == "taken"
    desk.recipes.delete([kept.id])
    with pytest.raises(Conflict):
        desk.recipes.restore(recipe, data)
    assert len(desk.files()) == 2


def test_all_are_changed_that_somebody_decides_on_also_when_others_change_them_meanwhile(desk: RecipeDesk) -> None:
    saved = [desk.save(name) for name in "abc"]
    asked: list[str] = []

    def decide(recipe: Recipe) -> RecipeChange | None:
        asked.append(recipe.name)
        if recipe.name == "b" and asked.count("b") == 1:
            desk.recipes.change(recipe.id, RecipeChange(source="meanwhile"))
        if recipe.name == "c":
            return None
        return RecipeChange(rating=len(asked))

    changed = desk.recipes.change_all(decide)
    assert [(one.name, one.rating, one.source) for one in changed] == [("a", 1, None), ("b", 3, "meanwhile")]
    assert desk.recipes.get(saved[2].id) == saved[2]


def test_nothing_is_changed_by_reading(desk: RecipeDesk) -> None:
    saved = desk.recipes.save(ALL_SAID)

    def everything() -> Any:
        with desk.database.transaction() as rows:
            kept = rows.exec_driver_sql("SELECT * FROM recipes").all()
        return kept, desk.files(), [(desk.folder / name).stat().st_mtime_ns for name in desk.files()]

    before = everything()
    desk.recipes.picture(saved.id)
    desk.recipes.analyse(desk.recipes.picture(saved.id)[1])
    desk.recipes.duplicates(by_prompt=True)
    assert desk.found("neon", order="opened")
    list(desk.recipes.all())
    desk.restart()
    assert everything() == before


def test_starting_without_recipes_makes_neither_thread_nor_folder(lite: RecipeDesk) -> None:
    assert not lite.folder.exists()
    assert sorted(path.name for path in lite.folder.parent.iterdir() if "db" not in path.name) == []
