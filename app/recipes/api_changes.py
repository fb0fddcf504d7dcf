"""Changes of recipes over HTTP: an edit of the version that was seen, deletion, moves, duplicates, LoRAs."""

from __future__ import annotations

import re
from typing import Annotated

from fastapi import APIRouter, Header, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from app.bodies import LimitedRoute
from app.errors import InvalidInput, PreconditionFailed, PreconditionRequired
from app.recipes.api_services import NONE, Book, LinkingOf, RepairOf, Shown, problems
from app.recipes.inputs import Folder, UpdateInput
from app.recipes.service import Deletion, RecipeChange
from app.recipes.tables import Recipe
from app.recipes.views import (
    DeletionView,
    DuplicatesView,
    MovedView,
    RecipeView,
    RematchView,
    RepairView,
    SameLorasView,
    SameSourceView,
    version_tag,
)

router = APIRouter(prefix="/api/lm", tags=["recipes"], route_class=LimitedRoute)

MOST_AT_ONCE = 1000
_TAG = re.compile(r'(W/)?"([^"]*)"')
RecipeId = Annotated[str, Field(max_length=64)]
Ids = Annotated[list[RecipeId], Field(min_length=1, max_length=MOST_AT_ONCE)]


class _Input(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class IdsInput(_Input):
    ids: Ids


class MoveInput(_Input):
    id: RecipeId
    folder: Folder


class MoveAllInput(_Input):
    ids: Ids
    folder: Folder


class ReconnectInput(_Input):
    """lora_index: counted from 0. target_name: as the library names it, with its folder where that is needed."""

    recipe_id: RecipeId
    lora_index: int
    target_name: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    target_id: Annotated[str, Field(min_length=1, max_length=64)] | None = None


@router.put(
    "/recipe/{recipe_id}/update",
    responses=NONE
    | problems(_412="it has been changed since that version", _428="If-Match must name the version that was seen"),
)
def update(
    recipe_id: str,
    asked: UpdateInput,
    recipes: Book,
    showing: Shown,
    response: Response,
    *,
    if_match: Annotated[str | None, Header(description="the ETag of the recipe that was edited")] = None,
) -> RecipeView:
    """Change what is named, if nobody has changed the recipe meanwhile."""
    recipe = recipes.get(recipe_id)
    _check_version(recipe, if_match)
    changes = asked.changes()
    if "settings" in asked.model_fields_set:
        changes["settings"] = asked.settings.over(recipe.reading.settings)
    if changes:
        recipe = recipes.change(recipe_id, RecipeChange(**changes), expected=recipe.version)
    response.headers["ETag"] = showing.etag(recipe)
    return showing.recipe(recipe)


@router.delete("/recipe/{recipe_id}", responses=NONE)
def delete(recipe_id: str, recipes: Book) -> DeletionView:
    """Delete it; POST /api/lm/undo-delete brings it back for a while."""
    return _view(recipes.delete([recipe_id]))


@router.post("/recipes/bulk-delete", responses=NONE)
def delete_all(asked: IdsInput, recipes: Book) -> DeletionView:
    """Delete all of these or, when one of them is not there, none."""
    return _view(recipes.delete(list(dict.fromkeys(asked.ids))))


@router.post("/recipe/move", responses=NONE)
def move(asked: MoveInput, recipes: Book, showing: Shown, response: Response) -> RecipeView:
    """Put it into a folder of the recipe book; folders are names, none of them is on a disk."""
    _move(recipes, [asked.id], asked.folder)
    recipe = recipes.get(asked.id)
    response.headers["ETag"] = showing.etag(recipe)
    return showing.recipe(recipe)


@router.post("/recipes/move-bulk", responses=NONE)
def move_all(asked: MoveAllInput, recipes: Book) -> MovedView:
    """Put all of these into a folder or, when one of them is not there, none. moved: those that lay elsewhere."""
    return MovedView(moved=_move(recipes, list(dict.fromkeys(asked.ids)), asked.folder))


@router.get("/recipes/find-duplicates")
def duplicates(
    recipes: Book,
    showing: Shown,
    prompt: Annotated[bool, Query(description="whether the prompt must be the same, too")] = False,
) -> DuplicatesView:
    """Recipes that are alike: the same LoRAs at the same strengths, or the same source."""
    groups, by_source = recipes.duplicates(by_prompt=prompt)
    return DuplicatesView(
        groups=[SameLorasView(fingerprint=group[0].fingerprint, recipes=showing.recipes(group)) for group in groups],
        by_source=[SameSourceView(source=group[0].source or "", recipes=showing.recipes(group)) for group in by_source],
    )


@router.post("/recipe/lora/reconnect", responses=NONE | problems(_409="the name may mean several files"))
def reconnect(asked: ReconnectInput, linking: LinkingOf, showing: Shown, response: Response) -> RecipeView:
    """Put a file of the library in the place of exactly this LoRA."""
    if (asked.target_name is None) == (asked.target_id is None):
        raise InvalidInput("send target_name or target_id, one of them", field="target_name")
    recipe = linking.reconnect(asked.recipe_id, asked.lora_index, name=asked.target_name, model_id=asked.target_id)
    response.headers["ETag"] = showing.etag(recipe)
    return showing.recipe(recipe)


@router.post("/recipes/rematch")
def rematch(linking: LinkingOf) -> RematchView:
    """Tie LoRAs without a hash, or with one that nobody knows, to the library's files of that version or name."""
    return RematchView.of(linking.rematch())


@router.post("/recipes/repair")
def repair(repair: RepairOf) -> RepairView:
    """Read the pictures again and fill in what is missing; what is there stays."""
    return RepairView.of(repair.all())


def _check_version(recipe: Recipe, if_match: str | None) -> None:
    if if_match is None:
        raise PreconditionRequired("send If-Match with the ETag of the recipe that you have seen; GET tells it")
    if if_match.strip() == "*":
        return
    mine = version_tag(recipe)
    # Compared strongly (RFC 9110, section 13.1.1); what follows the version says nothing of the recipe itself.
    seen = [tag for weak, tag in _TAG.findall(if_match) if not weak]
    if not any(tag == mine or tag.startswith(f"{mine}-") for tag in seen):
        raise PreconditionFailed(
            f"{recipe.name!r} has been changed since you opened it, it is of version {recipe.version} now; "
            "read it again, then change that"
        )


def _move(recipes: Book, ids: list[str], folder: str) -> int:
    for recipe_id in ids:
        recipes.get(recipe_id)
    moving = RecipeChange(folder=folder)
    return len(recipes.change_all(lambda recipe: None if recipe.folder == folder else moving, ids))


def _view(deletion: Deletion) -> DeletionView:
    return DeletionView(batch_id=deletion.batch_id, undo_until=deletion.undo_until, deleted=deletion.count)
