"""Recipes as others see them, with what is true only now: which models are there, whether a picture may be seen."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from pydantic import BaseModel

from app.conditional import quoted
from app.errors import NotAllowed
from app.recipes.fingerprint import fingerprint
from app.recipes.linking import Links, Rematched
from app.recipes.port import Sent
from app.recipes.recipe import Reading, RecipeLora, lora_view
from app.recipes.repairing import Repaired
from app.recipes.tables import Recipe

NO_SETTINGS = "this picture carries no settings that the studio can read; a screenshot or a messenger drops them"


class LoraView(BaseModel):
    """available: whether the library has it now; model_id, file_name: of that file."""

    name: str
    strength: float
    hash: str | None = None
    model_version_id: int | None = None
    excluded: bool = False
    available: bool = False
    model_id: str | None = None
    file_name: str | None = None


class CheckpointView(BaseModel):
    name: str | None
    hash: str | None
    model_version_id: int | None
    available: bool
    model_id: str | None


class AnalysisView(BaseModel):
    """What a picture says. format: null when nothing was recognised, and message says so.

    known_recipe_ids: recipes with the same LoRAs at the same strengths.
    """

    format: str | None
    confidence: float
    settings: dict[str, Any]
    loras: list[LoraView]
    base_model: str | None
    fingerprint: str
    known_recipe_ids: list[str]
    message: str | None = None


class RecipeView(BaseModel):
    """A recipe as others see it. width, height: of the picture, in pixels; settings: as the picture says.

    hidden: its picture is mature and safe mode is on; image_url is null then.
    """

    id: str
    name: str
    tags: list[str]
    settings: dict[str, Any]
    loras: list[LoraView]
    checkpoint: CheckpointView | None
    base_model: str | None
    favorite: bool
    rating: int | None
    source: str | None
    folder: str
    fingerprint: str
    format: str | None
    confidence: float
    mature: bool
    hidden: bool
    image_url: str | None
    content_type: str
    width: int
    height: int
    size_bytes: int
    created_at: datetime
    modified_at: datetime
    opened_at: datetime | None
    version: int


class RecipePage(BaseModel):
    """next_cursor: asks for the page after this one, also while others save; null on the last."""

    items: list[RecipeView]
    total: int
    page: int
    page_size: int
    next_cursor: str | None


class SameLorasView(BaseModel):
    fingerprint: str
    recipes: list[RecipeView]


class SameSourceView(BaseModel):
    source: str
    recipes: list[RecipeView]


class DuplicatesView(BaseModel):
    """groups: the same LoRAs at the same strengths; by_source: made from the same source."""

    groups: list[SameLorasView]
    by_source: list[SameSourceView]


class DeletionView(BaseModel):
    """batch_id: what POST /api/lm/undo-delete takes, until undo_until."""

    batch_id: str
    undo_until: datetime
    deleted: int


class MovedView(BaseModel):
    moved: int


class UnmatchedView(BaseModel):
    recipe_id: str
    lora: str


class RematchView(BaseModel):
    """changed: recipes whose LoRAs were tied to files; unmatched: LoRAs that the library does not have."""

    changed: list[str]
    unmatched: list[UnmatchedView]

    @classmethod
    def of(cls, told: Rematched) -> RematchView:
        unmatched = [UnmatchedView(recipe_id=one.recipe_id, lora=one.lora) for one in told.unmatched]
        return cls(changed=told.changed, unmatched=unmatched)


class FailedRepairView(BaseModel):
    id: str
    why: str


class RepairView(BaseModel):
    """repaired: recipes that were completed; unchanged: how many lacked nothing that their pictures say."""

    repaired: list[str]
    unchanged: int
    failed: list[FailedRepairView]

    @classmethod
    def of(cls, told: Repaired) -> RepairView:
        failed = [FailedRepairView(id=one.id, why=one.why) for one in told.failed]
        return cls(repaired=told.repaired, unchanged=told.unchanged, failed=failed)


class SyntaxView(BaseModel):
    syntax: str


class ShareView(BaseModel):
    url: str
    expires_at: datetime


class AdaptedView(BaseModel):
    name: str
    why: str


class SentView(BaseModel):
    """adapted: settings that could not be taken as the recipe has them, and what is done instead."""

    job_id: str
    url: str
    adapted: list[AdaptedView]

    @classmethod
    def of(cls, sent: Sent) -> SentView:
        adapted = [AdaptedView(name=one.name, why=one.why) for one in sent.adapted]
        return cls(job_id=sent.job_id, url=sent.url, adapted=adapted)


class Showing:
    """Shows recipes as they are now. safe_mode: whether mature pictures stay hidden."""

    def __init__(self, *, links: Links, safe_mode: Callable[[], bool]) -> None:
        self._links = links
        self._safe_mode = safe_mode

    def hides(self, recipe: Recipe) -> bool:
        return recipe.mature and self._safe_mode()

    def refuse_hidden(self, recipe: Recipe) -> None:
        """Raises NotAllowed when its picture may not be seen now."""
        if self.hides(recipe):
            raise NotAllowed(
                f"the picture of {recipe.name!r} is mature, and safe mode hides those; turn safe mode off to see it",
                code="hidden",
            )

    def recipes(self, recipes: Iterable[Recipe]) -> list[RecipeView]:
        return [self.recipe(recipe) for recipe in recipes]

    def recipe(self, recipe: Recipe) -> RecipeView:
        hidden = self.hides(recipe)
        return RecipeView(
            id=recipe.id,
            name=recipe.name,
            tags=recipe.tags,
            settings=recipe.reading.settings.said(),
            loras=[self.lora(lora) for lora in recipe.reading.loras],
            checkpoint=self._checkpoint(recipe),
            base_model=recipe.base_model,
            favorite=recipe.favorite,
            rating=recipe.rating,
            source=recipe.source,
            folder=recipe.folder,
            fingerprint=recipe.fingerprint,
            format=recipe.format,
            confidence=recipe.confidence,
            mature=recipe.mature,
            hidden=hidden,
            image_url=None if hidden else f"/api/lm/recipe/{recipe.id}/image",
            content_type=recipe.content_type,
            width=recipe.width,
            height=recipe.height,
            size_bytes=recipe.size_bytes,
            created_at=recipe.created_at,
            modified_at=recipe.modified_at,
            opened_at=recipe.opened_at,
            version=recipe.version,
        )

    def lora(self, lora: RecipeLora) -> LoraView:
        model = self._links.lora(lora)
        if model is None:
            return LoraView(**lora_view(lora))
        return LoraView(**lora_view(lora), available=True, model_id=model.id, file_name=model.file_name)

    def analysis(self, reading: Reading, known: Iterable[Recipe]) -> AnalysisView:
        return AnalysisView(
            format=reading.format,
            confidence=reading.confidence,
            settings=reading.settings.said(),
            loras=[self.lora(lora) for lora in reading.loras],
            base_model=reading.base_model,
            fingerprint=fingerprint([lora_view(lora) for lora in reading.loras]),
            known_recipe_ids=[recipe.id for recipe in known],
            message=NO_SETTINGS if reading.format is None else None,
        )

    def etag(self, recipe: Recipe) -> str:
        """Names the recipe's version, and beside it what may change without the recipe: its models, safe mode."""
        models = [self._links.lora(lora) for lora in recipe.reading.loras]
        seen = [self._links.checkpoint(recipe), *models]
        now = repr([self.hides(recipe), *(model and (model.id, model.file_name) for model in seen)])
        return quoted(f"{version_tag(recipe)}-{hashlib.sha256(now.encode()).hexdigest()[:8]}")

    def _checkpoint(self, recipe: Recipe) -> CheckpointView | None:
        name, hash_ = recipe.settings.get("checkpoint"), recipe.settings.get("checkpoint_hash")
        version = recipe.checkpoint_version_id
        if name is None and hash_ is None and version is None:
            return None
        model = self._links.checkpoint(recipe)
        return CheckpointView(
            name=name,
            hash=hash_,
            model_version_id=version,
            available=model is not None,
            model_id=None if model is None else model.id,
        )


def version_tag(recipe: Recipe) -> str:
    """What an ETag of the recipe begins with; a change of the recipe is a change of this."""
    return f"{recipe.id}-{recipe.version}"
