"""Recipes: read from pictures, kept with their picture, found again."""

from __future__ import annotations

import hashlib
import os
import tempfile
import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from sqlalchemy import Select, func, select

from app.clock import Clock
from app.database import Database
from app.errors import NotFound, StorageUnavailable
from app.recipes.fingerprint import fingerprint
from app.recipes.pictures import Picture, check
from app.recipes.reading import read_picture
from app.recipes.recipe import Reading, RecipeLora, RecipeSettings
from app.recipes.search import fold, search_text, words
from app.recipes.tables import Recipe

Order = Literal["date", "date:asc", "date:desc", "name", "name:asc", "name:desc"]


@dataclass(frozen=True)
class Draft:
    """A recipe to be saved. settings, loras: None reads them from the picture."""

    name: str
    picture: bytes
    tags: Sequence[str] = ()
    settings: RecipeSettings | None = None
    loras: Sequence[RecipeLora] | None = None


@dataclass(frozen=True)
class Page:
    """Some of the recipes that were found, and how many there are in all."""

    items: list[Recipe]
    total: int


class Recipes:
    """The recipe book. folder: where the pictures lie, each under its recipe's id; made when first used."""

    def __init__(self, *, database: Database, clock: Clock, folder: Path) -> None:
        self._database = database
        self._clock = clock
        self._folder = folder

    def analyse(self, data: bytes) -> Reading:
        """What a picture says about how it was made. Raises InvalidInput and TooLarge as `pictures.check`."""
        return read_picture(check(data))

    def save(self, draft: Draft) -> Recipe:
        """Keep recipe and picture, both or neither.

        Raises InvalidInput and TooLarge for the picture, StorageUnavailable when it cannot be written.
        """
        picture = check(draft.picture)
        recipe = self._recipe(draft, picture)
        path = self._write(recipe.picture, picture.data)
        try:
            with self._database.session() as session:
                session.add(recipe)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return recipe

    def find(self, *, search: str, order: Order, page: int, page_size: int) -> Page:
        """The recipes that hold every word of `search` in name, prompt, tags or LoRAs; pages count from 1."""
        wanted = select(Recipe)
        for word in words(search):
            wanted = wanted.where(Recipe.search_text.contains(word, autoescape=True))
        with self._database.session() as session:
            total = session.scalar(select(func.count()).select_from(wanted.subquery())) or 0
            rows = session.scalars(_ordered(wanted, order).offset((page - 1) * page_size).limit(page_size))
            return Page(items=list(rows), total=total)

    def get(self, recipe_id: str) -> Recipe:
        """Raises NotFound."""
        with self._database.session() as session:
            recipe = session.get(Recipe, recipe_id) if recipe_id.isalnum() else None
        if recipe is None:
            raise _no_recipe(recipe_id)
        return recipe

    def picture(self, recipe_id: str) -> tuple[Recipe, bytes]:
        """The recipe, and its picture byte for byte. Raises NotFound, StorageUnavailable."""
        recipe = self.get(recipe_id)
        try:
            return recipe, (self._folder / recipe.picture).read_bytes()
        except FileNotFoundError as error:
            raise NotFound(f"the picture of the recipe {recipe.name!r} is gone from the disk") from error
        except OSError as error:
            raise StorageUnavailable(f"the picture of {recipe.name!r} cannot be read: {error.strerror}") from error

    def delete(self, recipe_id: str) -> None:
        """Forget the recipe and remove its picture. Raises NotFound."""
        with self._database.session() as session:
            recipe = session.get(Recipe, recipe_id) if recipe_id.isalnum() else None
            if recipe is None:
                raise _no_recipe(recipe_id)
            session.delete(recipe)
        # Only now: a picture without a recipe is waste, a recipe without its picture is damage.
        (self._folder / recipe.picture).unlink(missing_ok=True)

    def _recipe(self, draft: Draft, picture: Picture) -> Recipe:
        read = read_picture(picture)
        settings = read.settings if draft.settings is None else draft.settings
        loras = list(read.loras if draft.loras is None else draft.loras)
        recipe_id = uuid.uuid4().hex
        searched = [draft.name, settings.prompt, *draft.tags, *(lora.name for lora in loras)]
        return Recipe(
            id=recipe_id,
            name=draft.name,
            folded_name=fold(draft.name),
            search_text=search_text(searched),
            tags=list(draft.tags),
            settings=settings.said(),
            loras=[asdict(lora) for lora in loras],
            fingerprint=fingerprint([asdict(lora) for lora in loras]),
            format=read.format,
            confidence=read.confidence,
            picture=f"{recipe_id}.{picture.extension}",
            content_type=picture.content_type,
            width=picture.width,
            height=picture.height,
            size_bytes=len(picture.data),
            sha256=hashlib.sha256(picture.data).hexdigest(),
            version=1,
            created_at=self._clock.now(),
        )

    def _write(self, name: str, data: bytes) -> Path:
        """The picture under its final name, whole; nothing is left when that fails."""
        path = self._folder / name
        temporary: Path | None = None
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            descriptor, part = tempfile.mkstemp(prefix=".", suffix=".part", dir=self._folder)
            temporary = Path(part)
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(data)
                stream.flush()
                os.fsync(stream.fileno())
            return temporary.replace(path)
        except OSError as error:
            if temporary is not None:
                temporary.unlink(missing_ok=True)
            raise StorageUnavailable(f"the picture cannot be kept: {error.strerror}") from error


def _ordered(wanted: Select[Recipe], order: Order) -> Select[Recipe]:
    """Newest first and A to Z unless said otherwise; the id decides between equals, so that pages never overlap."""
    what, _, way = order.partition(":")
    column = Recipe.folded_name if what == "name" else Recipe.created_at
    upwards = way == "asc" or (not way and what == "name")
    if upwards:
        return wanted.order_by(column.asc(), Recipe.id.asc())
    return wanted.order_by(column.desc(), Recipe.id.desc())


def _no_recipe(recipe_id: str) -> NotFound:
    return NotFound(f"there is no recipe {recipe_id[:64]!r}")
