"""From a recipe to a generation job: what the recipe asks for, in words that every backend knows."""

from __future__ import annotations

from app.recipes.linking import Links
from app.recipes.port import Painter, Sent, Wish, WishedLora
from app.recipes.recipe import RecipeLora
from app.recipes.service import Recipes
from app.recipes.syntax import stem_of
from app.recipes.tables import Recipe


class Sending:
    """Has recipes painted. links: the files that their models are; painter: whoever makes the pictures."""

    def __init__(self, *, recipes: Recipes, links: Links, painter: Painter) -> None:
        self._recipes = recipes
        self._links = links
        self._painter = painter

    def send(self, recipe_id: str) -> Sent:
        """Queue a job with the recipe's settings; what had to be adapted is told, never hidden.

        Raises NotFound, InvalidInput for a recipe that nobody can paint, and what the painter raises.
        """
        recipe = self._recipes.get(recipe_id)
        loras = tuple(self._lora(lora) for lora in recipe.reading.loras if not lora.excluded)
        return self._painter.paint(Wish(recipe.reading.settings, loras, self._checkpoints(recipe)))

    def _lora(self, lora: RecipeLora) -> WishedLora:
        model = self._links.lora(lora)
        name = stem_of(lora.name) if model is None else model.name
        return WishedLora(name, lora.strength, owned=model is not None)

    def _checkpoints(self, recipe: Recipe) -> tuple[str, ...]:
        owned, said = self._links.checkpoint(recipe), recipe.reading.settings.checkpoint
        names = [owned.name] if owned is not None else []
        return tuple(dict.fromkeys([*names, *([stem_of(said)] if said else [])]))
