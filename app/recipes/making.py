"""What becomes of a recipe: made of a draft and its picture, changed, written into its picture."""

from __future__ import annotations

import hashlib
import math
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, TypeVar, cast

from app.recipes.asking import Draft, RecipeChange
from app.recipes.embedding import embed, without
from app.recipes.fingerprint import fingerprint
from app.recipes.formats import ours
from app.recipes.pictures import Picture
from app.recipes.recipe import Reading, RecipeLora
from app.recipes.search import fold
from app.recipes.tables import Recipe

T = TypeVar("T")
_LARGEST = 2**63 - 1


def made(draft: Draft, picture: Picture, read: Reading, now: datetime) -> Recipe:
    """A new recipe; what the draft leaves open is as the picture says. Raises InvalidInput for a strength of none."""
    recipe_id = uuid.uuid4().hex
    name = plain(draft.name)
    settings = read.settings if draft.settings is None else draft.settings
    loras = _loras(read.loras if draft.loras is None else draft.loras)
    return Recipe(
        number=0,
        id=recipe_id,
        name=name,
        folded_name=fold(name),
        tags=plain(list(read.tags if draft.tags is None else draft.tags)),
        settings=plain(settings.said()),
        loras=loras,
        lora_count=len(loras),
        fingerprint=fingerprint(loras),
        format=read.format,
        confidence=read.confidence,
        base_model=plain(_said(draft.base_model, read.base_model)),
        checkpoint_version_id=_kept(read.checkpoint_version_id) if draft.settings in (None, read.settings) else None,
        source=plain(_said(draft.source, read.source)),
        folder=plain(draft.folder),
        favorite=bool(_said(draft.favorite, read.favorite)),
        rating=_said(draft.rating, read.rating),
        mature=bool(_said(draft.mature, read.mature)),
        **_facts(recipe_id, picture),
        version=1,
        created_at=now,
        modified_at=now,
        opened_at=None,
    )


def remade(recipe: Recipe, picture: Picture) -> Recipe:
    """The same recipe with this picture, and with all that follows from what it says. Raises as `made`."""
    loras = _loras(recipe.reading.loras)
    return replace(
        recipe,
        number=0,
        name=plain(recipe.name),
        folded_name=fold(plain(recipe.name)),
        tags=plain(recipe.tags),
        settings=plain(recipe.settings),
        loras=loras,
        lora_count=len(loras),
        fingerprint=fingerprint(loras),
        base_model=plain(recipe.base_model),
        checkpoint_version_id=_kept(recipe.checkpoint_version_id),
        source=plain(recipe.source),
        folder=plain(recipe.folder),
        **_facts(recipe.id, picture),
    )


def changed(recipe: Recipe, change: RecipeChange, now: datetime) -> Recipe:
    """The recipe's next version; the recipe itself when nothing of it is otherwise. Raises as `made`."""
    facts = {name: plain(value) for name, value in change.said().items()}
    # A change that says both means both.
    settings_alone = "checkpoint_version_id" not in facts
    if "name" in facts:
        facts["folded_name"] = fold(facts["name"])
    if "tags" in facts:
        facts["tags"] = list(facts["tags"])
    if "settings" in facts:
        said = facts["settings"].said()
        # A setting that was taken away is remembered as such, so that a repair does not bring it back.
        taken_away = {name: None for name in recipe.settings if name not in said}
        facts["settings"] = plain(said | taken_away)
        if settings_alone and _checkpoint(facts["settings"]) != _checkpoint(recipe.settings):
            facts["checkpoint_version_id"] = None
    if "loras" in facts:
        facts["loras"] = _loras(facts["loras"])
        facts["lora_count"] = len(facts["loras"])
        facts["fingerprint"] = fingerprint(facts["loras"])
    if replace(recipe, **facts) == recipe:
        return recipe
    return next_version(recipe, facts, now)


def next_version(recipe: Recipe, facts: Mapping[str, Any], now: datetime) -> Recipe:
    return replace(recipe, **facts, version=recipe.version + 1, modified_at=now)


def embedded(recipe: Recipe, data: bytes) -> tuple[Recipe, bytes]:
    """The recipe, and its picture `data` telling of this version of it."""
    told = embed(data, ours.written(recipe.reading))
    sha256 = hashlib.sha256(told).hexdigest()
    return replace(recipe, size_bytes=len(told), sha256=sha256, embedded_version=recipe.version), told


def plain(value: T) -> T:
    """The same without what no database keeps: NUL, halves of characters, numbers that are none."""
    if isinstance(value, str):
        return cast(T, value.replace("\0", "").encode("utf-8", "replace").decode())
    if isinstance(value, float) and not math.isfinite(value):
        return cast(T, None)
    if isinstance(value, list):
        return cast(T, [plain(part) for part in value])
    if isinstance(value, dict):
        return cast(T, {name: plain(part) for name, part in value.items()})
    return value


def picture_name(recipe_id: str, suffix: str) -> str:
    """A name that no other picture has, not even one of the same recipe."""
    return f"{recipe_id}.{uuid.uuid4().hex[:8]}{suffix}"


def _facts(recipe_id: str, picture: Picture) -> dict[str, Any]:
    """What a recipe says of its picture."""
    return {
        "picture": picture_name(recipe_id, f".{picture.extension}"),
        "content_type": picture.content_type,
        "width": picture.width,
        "height": picture.height,
        "size_bytes": len(picture.data),
        "sha256": "",
        "original_sha256": hashlib.sha256(without(picture.data)).hexdigest(),
        "embedded_version": 0,
    }


def _loras(loras: Iterable[RecipeLora]) -> list[dict[str, Any]]:
    """As they are kept. Raises InvalidInput for a strength that is none."""
    kept = [asdict(lora) | {"hash": lora.hash.lower() if lora.hash else None} for lora in loras]
    fingerprint(kept)
    return plain(kept)


def _said(first: T | None, second: T | None) -> T | None:
    return second if first is None else first


def _kept(number: int | None) -> int | None:
    """None for one that is too large for a database."""
    return number if number is not None and abs(number) <= _LARGEST else None


def _checkpoint(settings: Mapping[str, Any]) -> tuple[Any, Any]:
    return settings.get("checkpoint"), settings.get("checkpoint_hash")
