"""The recipes as the database keeps them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Dialect,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    TypeDecorator,
    false,
)

from app.database import Base, UtcDateTime
from app.recipes.recipe import Reading, RecipeLora, RecipeSettings

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Moment(TypeDecorator[datetime]):
    """A moment or none, kept as microseconds since 1970 or 0: none has a place in an order, too."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int:
        return 0 if value is None else (value - _EPOCH) // _MICROSECOND

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        return _EPOCH + value * _MICROSECOND if value else None


# The same order on every database: by code points, not by what a locale thinks.
_SORTED_TEXT = Text().with_variant(Text(collation="C"), "postgresql")

# Not a mapped class: making and following one costs more than SQLite needs for all that is asked of it here.
RECIPES = Table(
    "recipes",
    Base.metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("folded_name", _SORTED_TEXT, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("loras", JSON, nullable=False),
    Column("lora_count", Integer, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("format", String(32)),
    Column("confidence", Float, nullable=False),
    Column("base_model", Text),
    Column("checkpoint_version_id", BigInteger),
    Column("source", Text),
    Column("folder", Text, nullable=False),
    Column("favorite", Boolean, nullable=False),
    Column("rating", Integer),
    Column("mature", Boolean, nullable=False),
    Column("picture", String(96), nullable=False),
    Column("content_type", String(32), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("original_sha256", String(64), nullable=False),
    Column("embedded_version", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("modified_at", UtcDateTime, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("deleted_at", UtcDateTime),
    Column("batch", String(32)),
    # A number is never given twice, so that a cursor past a deleted recipe stays where it was.
    sqlite_autoincrement=True,
)
_C = RECIPES.c
_LIVE: dict[str, Any] = {"sqlite_where": _C.deleted_at.is_(None), "postgresql_where": _C.deleted_at.is_(None)}
_GONE: dict[str, Any] = {"sqlite_where": _C.deleted_at.is_not(None), "postgresql_where": _C.deleted_at.is_not(None)}
_BEHIND: dict[str, Any] = {
    "sqlite_where": _C.embedded_version < _C.version,
    "postgresql_where": _C.embedded_version < _C.version,
}
# Every list is a walk along one of these: nothing is sorted, and only the rows of the page are read.
Index("ix_recipes_number", _C.number, **_LIVE)
Index("ix_recipes_name", _C.folded_name, _C.number, **_LIVE)
Index("ix_recipes_lora_count", _C.lora_count, _C.number, **_LIVE)
Index("ix_recipes_opened_at", _C.opened_at, _C.number, **_LIVE)
Index("ix_recipes_fingerprint", _C.fingerprint, _C.number, **_LIVE)
Index("ix_recipes_source", _C.source, _C.number, **_LIVE)
Index("ix_recipes_original_sha256", _C.original_sha256, **_LIVE)
Index("ix_recipes_batch", _C.batch, **_GONE)
Index("ix_recipes_behind", _C.number, **_BEHIND)

DELETIONS = Table(
    "recipe_deletions",
    Base.metadata,
    Column("id", String(32), primary_key=True),
    Column("undo_until", UtcDateTime, nullable=False, index=True),
    Column("undone", Boolean, nullable=False, server_default=false()),
)


@dataclass(frozen=True)
class Recipe:
    """One recipe.

    number: rises in the order of saving. folded_name: as `search.fold` writes it. settings, loras: JSON-ready,
    as RecipeSettings and RecipeLora name them. format, confidence: how the settings were recognised in the
    picture. folder: '' or 'a/b', in the book alone. picture: its file in the recipes' folder; width, height,
    size_bytes, sha256 are that file's; original_sha256: of the picture as it came, without what the studio
    writes into it. version counts the changes, embedded_version: which of them the picture tells of.
    """

    number: int
    id: str
    name: str
    folded_name: str
    tags: list[str]
    settings: dict[str, Any]
    loras: list[dict[str, Any]]
    lora_count: int
    fingerprint: str
    format: str | None
    confidence: float
    base_model: str | None
    checkpoint_version_id: int | None
    source: str | None
    folder: str
    favorite: bool
    rating: int | None
    mature: bool
    picture: str
    content_type: str
    width: int
    height: int
    size_bytes: int
    sha256: str
    original_sha256: str
    embedded_version: int
    version: int
    created_at: datetime
    modified_at: datetime
    opened_at: datetime | None

    @property
    def reading(self) -> Reading:
        """The recipe as a picture would say it."""
        return Reading(
            format=self.format,
            confidence=self.confidence,
            settings=RecipeSettings(**self.settings),
            loras=tuple(RecipeLora(**lora) for lora in self.loras),
            base_model=self.base_model,
            checkpoint_version_id=self.checkpoint_version_id,
            title=self.name,
            tags=tuple(self.tags),
            source=self.source,
            favorite=self.favorite,
            rating=self.rating,
            mature=self.mature,
        )


FIELDS = tuple(f.name for f in fields(Recipe))
COLUMNS = [_C[name] for name in FIELDS]


def recipe_of(row: Sequence[Any]) -> Recipe:
    """The recipe of a row that holds COLUMNS."""
    return Recipe(*row)


def row_of(recipe: Recipe) -> dict[str, Any]:
    """What a row holds of a recipe, without the number, which the database gives."""
    return {name: getattr(recipe, name) for name in FIELDS if name != "number"}
