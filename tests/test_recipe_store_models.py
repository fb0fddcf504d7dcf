"""Recipes and the models that they use: duplicates by them, and their new names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from app.model_files import ModelKind
from app.recipes.pictures import check
from app.recipes.reading import read_picture
from app.recipes.recipe import RecipeLora, RecipeSettings
from app.recipes.tables import Recipe
from support.waiting import until
from tests.postgresql import database_url, postgresql_server, postgresql_url
from tests.recipe_desk import INK, RecipeDesk, desk_at

__all__ = ["database_url", "postgresql_server", "postgresql_url"]


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[RecipeDesk]:
    with desk_at(tmp_path, url=database_url) as desk:
        yield desk


def test_duplicates_are_of_the_same_models_prompts_or_source(desk: RecipeDesk) -> None:
    other = [RecipeLora("another name", 0.8, "AB" * 5)]
    for name, prompt, loras, source in (
        ("a", "Dawn", [INK], "x"), ("b", "dusk", other, "y"), ("c", "dawn ", [INK], "x"), ("d", "dawn", [], None),
        ("e", "DAWN", [], ""), ("f", None, [], None), ("g", "dawn", [replace(INK, strength=0.9)], "z"),
    ):  # fmt: skip
        desk.save(name, prompt, loras=loras, source=source)

    def names(groups: list[list[Recipe]]) -> list[str]:
        return ["".join(recipe.name for recipe in group) for group in groups]

    assert [names(groups) for groups in desk.recipes.duplicates()] == [["abc"], ["ac"]]
    assert names(desk.recipes.duplicates(by_prompt=True)[0]) == ["ac", "de"]
    assert [recipe.name for recipe in desk.recipes.alike(f"{INK.hash}:0.8")] == ["a", "b", "c"]
    assert desk.recipes.alike("") == []


@dataclass(frozen=True)
class File:
    """A model as the library tells of it."""

    name: str
    sha256: str = "ab" * 32
    folder: str = ""
    autov3: str | None = None
    model_version_id: int | None = None

    @property
    def file_name(self) -> str:
        return f"{self.name}.safetensors"


@dataclass(frozen=True)
class Renaming:
    before: File
    after: File
    kind: ModelKind = ModelKind.LORAS


@pytest.mark.parametrize(
    ("lora", "name"),
    [
        (RecipeLora("ink", 0.8, "ab" * 5), "blue"),
        (RecipeLora("INK.safetensors", 0.8, "AB" * 32), "blue.safetensors"),
        (RecipeLora("otherwise called", 1.0, "cd" * 6), "blue"),
        (RecipeLora("Ink", 1.0), "blue"),
        (RecipeLora("styles/ink", 1.0), "new/blue"),
        (RecipeLora("styles\\ink.safetensors", 1.0), "new/blue.safetensors"),
        (RecipeLora("somehow", 1.0, None, 42), "blue"),
        (RecipeLora("ink", 1.0, "ee" * 5), "ink"),
        (RecipeLora("ink", 1.0, None, 43), "ink"),
        (RecipeLora("inks", 1.0), "inks"),
        (RecipeLora("ink", 1.0, "abab"), "ink"),
    ],
)
def test_every_recipe_of_a_renamed_model_names_the_new_file(desk: RecipeDesk, lora: RecipeLora, name: str) -> None:
    before, after = File("ink", "ab" * 32, "styles", "cd" * 6, 42), File("blue", "ab" * 32, "new", "cd" * 6, 42)
    first, other = RecipeLora("first", 0.1, "ee" * 5), RecipeLora("last", 1.0)
    saved = desk.save("mine", "dawn", loras=[first, lora, other])
    bystander = desk.save("bystander", "dawn", loras=[first, other])
    with desk.database.session() as session:
        desk.recipes.model_renamed(session, Renaming(before, after))
    for _ in range(2):
        assert until(lambda: desk.recipes.get(saved.id).embedded_version == desk.recipes.get(saved.id).version)
        recipe, data = desk.recipes.picture(saved.id)
        mine = replace(lora, name=name, hash=lora.hash and lora.hash.lower())
        assert recipe.reading.loras == (first, mine, other) == read_picture(check(data)).loras
        assert desk.found("dawn") == ["mine", "bystander"]
        assert desk.found("blue") == (["mine"] if "blue" in name else [])
        assert (recipe.version, recipe.fingerprint) == (2 if "blue" in name else 1, saved.fingerprint)
        assert desk.recipes.get(bystander.id) == bystander
        desk.restart()


def test_a_checkpoint_is_renamed_too_and_a_deleted_recipe_comes_back_with_its_new_name(desk: RecipeDesk) -> None:
    renaming = Renaming(File("base"), File("better"), ModelKind.CHECKPOINTS)
    by_name = desk.save("n", settings=RecipeSettings(checkpoint="base"))
    by_hash = desk.save("h", settings=RecipeSettings(checkpoint="b", checkpoint_hash="ab" * 5))
    lora = desk.save("l", loras=[RecipeLora("base", 1.0)])
    deletion = desk.recipes.delete([by_hash.id])
    with desk.database.session() as session:
        desk.recipes.model_renamed(session, renaming)
    assert desk.recipes.undo(deletion.batch_id) == [by_hash.id]
    assert [one.settings.get("checkpoint") for one in desk.recipes.all()] == ["better", "better", None]
    assert desk.found("better") == ["n", "h"]
    assert desk.recipes.get(lora.id) == lora
    assert by_name.version == 1


def test_a_renaming_that_fails_changes_no_recipe(desk: RecipeDesk) -> None:
    saved = desk.save(loras=[INK])
    with pytest.raises(ZeroDivisionError), desk.database.session() as session:
        desk.recipes.model_renamed(session, Renaming(File("ink"), File("blue")))
        raise ZeroDivisionError
    assert desk.recipes.get(saved.id) == saved
    assert (desk.found("ink"), desk.found("blue")) == (["a"], [])
