"""What is asked of the recipe book, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from enum import Enum
from typing import Any, Final, Literal

from app.recipes.recipe import RecipeLora, RecipeSettings
from app.recipes.tables import Recipe

Field = Literal["title", "tags", "loras", "prompt"]
FIELDS: tuple[Field, ...] = ("title", "tags", "loras", "prompt")


class Keep(Enum):
    """Stands for a part of a recipe that a change leaves as it is; None is a value of many of them."""

    KEEP = "keep"


KEEP: Final = Keep.KEEP


@dataclass(frozen=True)
class Draft:
    """A recipe to be saved; what is None is as the picture says.

    folder: '' or 'a/b', which exists in the book alone. rating: 0 to 5.
    """

    name: str
    picture: bytes
    tags: Sequence[str] | None = None
    settings: RecipeSettings | None = None
    loras: Sequence[RecipeLora] | None = None
    base_model: str | None = None
    source: str | None = None
    folder: str = ""
    favorite: bool | None = None
    rating: int | None = None
    mature: bool | None = None


@dataclass(frozen=True)
class RecipeChange:
    """What shall be otherwise; settings and LoRAs are replaced as a whole.

    checkpoint_version_id: forgotten with another checkpoint in the settings, unless it is given.
    """

    name: str | Keep = KEEP
    tags: Sequence[str] | Keep = KEEP
    source: str | Keep | None = KEEP
    rating: int | Keep | None = KEEP
    favorite: bool | Keep = KEEP
    settings: RecipeSettings | Keep = KEEP
    base_model: str | Keep | None = KEEP
    loras: Sequence[RecipeLora] | Keep = KEEP
    folder: str | Keep = KEEP
    mature: bool | Keep = KEEP
    format: str | Keep | None = KEEP
    confidence: float | Keep = KEEP
    checkpoint_version_id: int | Keep | None = KEEP

    def said(self) -> Mapping[str, Any]:
        """Only what is to change."""
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name)) is not KEEP}


@dataclass(frozen=True)
class Wanted:
    """Which recipes are looked for; all that is said must hold.

    search: every word of it begins a word, or a part of one, in `fields` (none: in any). base_models: one
    of them. tag_include: all of them; tag_exclude: none. folder: None for everywhere; recursive: what lies
    in folders below it, too. lora_hash, checkpoint_hash: in any length that models are known by.
    """

    search: str = ""
    fields: frozenset[str] = frozenset()
    base_models: Sequence[str] = ()
    favorite: bool | None = None
    tag_include: Sequence[str] = ()
    tag_exclude: Sequence[str] = ()
    folder: str | None = None
    recursive: bool = True
    lora_hash: str | None = None
    checkpoint_hash: str | None = None


@dataclass(frozen=True)
class Page:
    """Some of the recipes that were found, how many there are in all, and what asks for the page after this one."""

    items: list[Recipe]
    total: int
    next_cursor: str | None = None


@dataclass(frozen=True)
class Deletion:
    """Recipes that were deleted together, and until when that can be undone."""

    batch_id: str
    undo_until: datetime
    count: int
