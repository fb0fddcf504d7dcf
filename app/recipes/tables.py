"""The recipes as the database keeps them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime
from app.recipes.recipe import Reading, RecipeLora, RecipeSettings


class Recipe(Base):
    """One recipe.

    folded_name, search_text: as `search.fold` writes them. version: counts the changes. format,
    confidence: how the settings were recognised in the picture. picture: its file in the recipes' folder.
    """

    __tablename__ = "recipes"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    folded_name: Mapped[str] = mapped_column(Text, index=True)
    search_text: Mapped[str] = mapped_column(Text)
    tags: Mapped[list[str]] = mapped_column(JSON)
    settings: Mapped[dict[str, Any]] = mapped_column(JSON)
    loras: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    fingerprint: Mapped[str] = mapped_column(Text)
    format: Mapped[str | None] = mapped_column(String(32))
    confidence: Mapped[float]
    picture: Mapped[str] = mapped_column(String(64))
    content_type: Mapped[str] = mapped_column(String(32))
    width: Mapped[int]
    height: Mapped[int]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    @property
    def reading(self) -> Reading:
        return Reading(
            format=self.format,
            confidence=self.confidence,
            settings=RecipeSettings(**self.settings),
            loras=tuple(RecipeLora(**lora) for lora in self.loras),
        )
