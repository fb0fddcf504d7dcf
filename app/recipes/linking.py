"""Which models of the library a recipe means: looked up at every reading, mended on request, told by index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from app.errors import Conflict, InvalidInput, NotFound
from app.model_files import ModelKind
from app.recipes.port import Model, Models
from app.recipes.recipe import RecipeLora
from app.recipes.service import RecipeChange, Recipes
from app.recipes.tables import Recipe

LORAS, CHECKPOINTS = ModelKind.LORAS, ModelKind.CHECKPOINTS


class Links:
    """Finds the models that a recipe names among those that are there now."""

    def __init__(self, models: Models) -> None:
        self._models = models

    def lora(self, lora: RecipeLora) -> Model | None:
        """The file that this LoRA is: by its hash or its version at the hub, by its name when it has neither."""
        return self._found(LORAS, lora.hash, lora.model_version_id, lora.name)

    def checkpoint(self, recipe: Recipe) -> Model | None:
        settings = recipe.settings
        name, hash_ = settings.get("checkpoint"), settings.get("checkpoint_hash")
        return self._found(CHECKPOINTS, hash_, recipe.checkpoint_version_id, name)

    def namesake(self, lora: RecipeLora) -> Model | None:
        """The file that a LoRA without a known hash must be: its version at the hub, else its name, decide."""
        return self._by_version(LORAS, lora.model_version_id) or self._by_name(LORAS, lora.name)

    def chosen(self, *, name: str | None, model_id: str | None) -> Model:
        """The LoRA that somebody names. Raises NotFound, and Conflict when the name may mean several."""
        if model_id is not None:
            return self._models.get(LORAS, model_id)
        found = self._models.named(name or "", LORAS)
        if not found:
            raise NotFound(f"the library has no LoRA {name!r}", field="target_name")
        if len({model.sha256 for model in found}) > 1:
            listed = ", ".join("/".join(filter(None, (model.folder, model.file_name))) for model in found)
            raise Conflict(
                f"{name!r} may mean {listed}; name the folder too, or send target_id",
                field="target_name",
                code="ambiguous",
            )
        return found[0]

    def _found(self, kind: ModelKind, hash_: str | None, version: int | None, name: str | None) -> Model | None:
        if hash_:
            known = self._models.known_as(hash_, kind)
            if known:
                return known[0]
        by_version = self._by_version(kind, version)
        if by_version is not None or hash_ or version is not None:
            return by_version
        return self._by_name(kind, name)

    def _by_version(self, kind: ModelKind, version: int | None) -> Model | None:
        model = None if version is None else self._models.by_version(version)
        return model if model is not None and model.kind == kind else None

    def _by_name(self, kind: ModelKind, name: str | None) -> Model | None:
        found = self._models.named(name, kind) if name else ()
        return found[0] if len({model.sha256 for model in found}) == 1 else None


@dataclass(frozen=True)
class Unmatched:
    """A LoRA that no file of the library can be told to be."""

    recipe_id: str
    lora: str


@dataclass
class Rematched:
    changed: list[str] = field(default_factory=list)
    unmatched: list[Unmatched] = field(default_factory=list)


class Linking:
    """Ties the LoRAs of recipes to files of the library."""

    def __init__(self, *, recipes: Recipes, links: Links) -> None:
        self._recipes = recipes
        self._links = links

    def reconnect(self, recipe_id: str, index: int, *, name: str | None = None, model_id: str | None = None) -> Recipe:
        """Put the chosen file in the place of the LoRA at `index`, counted from 0; its strength stays.

        Raises NotFound for recipe and file, InvalidInput for an index that is none, Conflict for a name that
        may mean several files.
        """
        loras = self._recipes.get(recipe_id).reading.loras
        if not 0 <= index < len(loras):
            there = f"it has {len(loras)}, counted from 0" if loras else "it has none"
            raise InvalidInput(f"lora_index {index} is no LoRA of this recipe; {there}", field="lora_index")
        model = self._links.chosen(name=name, model_id=model_id)

        def decide(recipe: Recipe) -> RecipeChange | None:
            now = recipe.reading.loras
            if now != loras:
                raise Conflict("the recipe's LoRAs have changed meanwhile; look again", code="changed_meanwhile")
            return _changed(now, [*now[:index], tied(now[index], model), *now[index + 1 :]])

        self._recipes.change_all(decide, [recipe_id])
        return self._recipes.get(recipe_id)

    def rematch(self) -> Rematched:
        """Give every LoRA without a hash, or with one that the library does not know, the file that it must be."""
        told = Rematched()

        def decide(recipe: Recipe) -> RecipeChange | None:
            loras = recipe.reading.loras
            return _changed(loras, [self._matched(lora) for lora in loras])

        told.changed = [recipe.id for recipe in self._recipes.change_all(decide)]
        for recipe in self._recipes.all():
            missing = [lora for lora in recipe.reading.loras if self._links.lora(lora) is None]
            told.unmatched += [Unmatched(recipe.id, lora.name) for lora in missing]
        return told

    def _matched(self, lora: RecipeLora) -> RecipeLora:
        known = self._links.lora(lora) if lora.hash else None
        model = known or self._links.namesake(lora)
        return lora if known is not None or model is None else tied(lora, model)


def tied(lora: RecipeLora, model: Model) -> RecipeLora:
    """The LoRA as that file, at the strength that it has."""
    return replace(lora, name=model.name, hash=model.sha256, model_version_id=model.model_version_id)


def _changed(before: Sequence[RecipeLora], after: Sequence[RecipeLora]) -> RecipeChange | None:
    return None if tuple(before) == tuple(after) else RecipeChange(loras=tuple(after))
