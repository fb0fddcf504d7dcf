"""Recipes made whole again: what is missing is read from their pictures once more; what is there stays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.errors import StudioError
from app.recipes.embedding import without
from app.recipes.recipe import Reading, RecipeLora
from app.recipes.service import RecipeChange, Recipes
from app.recipes.tables import Recipe


@dataclass(frozen=True)
class Failed:
    id: str
    why: str


@dataclass
class Repaired:
    """repaired: recipes that were completed; unchanged: how many lacked nothing that their pictures say."""

    repaired: list[str] = field(default_factory=list)
    unchanged: int = 0
    failed: list[Failed] = field(default_factory=list)


class Repair:
    """Completes recipes, such as those that were saved before the studio could read their pictures' format.

    What recipes are found by is written anew, too; they are found all the while.
    """

    def __init__(self, *, recipes: Recipes) -> None:
        self._recipes = recipes

    def all(self) -> Repaired:
        # By id: whoever is changed meanwhile is looked at again.
        seen: set[str] = set()
        failed: dict[str, Failed] = {}

        def decide(recipe: Recipe) -> RecipeChange | None:
            seen.add(recipe.id)
            try:
                _, data = self._recipes.picture(recipe.id)
                # Without what we have written into it ourselves: that says what the recipe says.
                return completed(recipe, self._recipes.analyse(without(data)))
            except StudioError as error:
                failed[recipe.id] = Failed(recipe.id, error.message)
                return None

        repaired = [recipe.id for recipe in self._recipes.change_all(decide)]
        self._recipes.rebuild_index()
        unchanged = len(seen) - len(repaired) - len(failed)
        return Repaired(repaired, unchanged, list(failed.values()))


def completed(recipe: Recipe, read: Reading) -> RecipeChange | None:
    """What the picture says and the recipe does not; None when that is nothing."""
    changes: dict[str, Any] = {}
    before = recipe.reading
    # One that somebody took away is there as null: it is not missing.
    missing = {name: value for name, value in read.settings.said().items() if name not in recipe.settings}
    if missing:
        changes["settings"] = replace(before.settings, **missing)
    loras = _completed_loras(before.loras, read.loras)
    if loras != before.loras:
        changes["loras"] = loras
    # Whoever has changed a recipe may have taken this away.
    if recipe.base_model is None and read.base_model is not None and (recipe.version == 1 or recipe.format is None):
        changes["base_model"] = read.base_model
    version = read.checkpoint_version_id if recipe.checkpoint_version_id is None else recipe.checkpoint_version_id
    if version != recipe.checkpoint_version_id or "settings" in changes:
        changes["checkpoint_version_id"] = version
    if recipe.format is None and read.format is not None:
        changes |= {"format": read.format, "confidence": read.confidence}
    return RecipeChange(**changes) if changes else None


def _completed_loras(loras: Sequence[RecipeLora], read: Sequence[RecipeLora]) -> tuple[RecipeLora, ...]:
    """All that were read when there is none; else those that are there, with hash and version filled in."""
    if not loras:
        return tuple(read)
    by_name = {lora.name.casefold(): lora for lora in read}
    return tuple(_completed_lora(lora, by_name.get(lora.name.casefold())) for lora in loras)


def _completed_lora(lora: RecipeLora, read: RecipeLora | None) -> RecipeLora:
    if read is None or (lora.hash is not None and lora.hash != read.hash):
        return lora  # tied to another file by now
    version = read.model_version_id if lora.model_version_id is None else lora.model_version_id
    return replace(lora, hash=lora.hash or read.hash, model_version_id=version)
