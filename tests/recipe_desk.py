"""A recipe book at hand: with a clock that stands still, closed and opened again as a studio does."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from app.database import Database
from app.recipes.recipe import RecipeLora, RecipeSettings
from app.recipes.service import Draft, Recipes, Wanted
from app.recipes.tables import Recipe
from support import pictures
from support.clock import VirtualClock

PICTURE = pictures.png_with_text(None)
INK = RecipeLora("ink", 0.8, "ab" * 5)


class RecipeDesk:
    """One studio's recipes, on SQLite in `folder` unless a URL says otherwise."""

    def __init__(self, folder: Path, *, url: str | None = None, clock: VirtualClock | None = None) -> None:
        self.folder = folder / "recipes"
        self.url = url or f"sqlite:///{folder / 'studio.db'}"
        self.clock = clock or VirtualClock()
        self.open()

    def open(self) -> None:
        self.database = Database(self.url)
        self.database.create_tables()
        self.recipes = Recipes(database=self.database, clock=self.clock, folder=self.folder)
        self.recipes.start()

    def close(self) -> None:
        self.recipes.close()
        self.database.close()

    def restart(self) -> None:
        self.close()
        self.open()

    def save(
        self, name: str = "a", prompt: str | None = None, *, loras: Sequence[RecipeLora] = (), **more: Any
    ) -> Recipe:
        settings = more.pop("settings", RecipeSettings(prompt=prompt))
        picture = more.pop("picture", PICTURE)
        return self.recipes.save(Draft(name=name, picture=picture, settings=settings, loras=loras, **more))

    def found(self, search: str = "", *, order: str = "date:asc", **wanted: Any) -> list[str]:
        """The names of all that are found, looked through by cursor."""
        return [recipe.name for recipe in self.all_found(Wanted(search=search, **wanted), order)]

    def all_found(self, wanted: Wanted, order: str, page_size: int = 7) -> list[Recipe]:
        found, cursor = [], None
        while True:
            page = self.recipes.find(wanted, order=order, page_size=page_size, cursor=cursor)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                return found

    def files(self) -> list[str]:
        """The names of all files in the recipes' folder."""
        return sorted(path.name for path in self.folder.iterdir()) if self.folder.exists() else []


@contextmanager
def desk_at(folder: Path, **more: Any) -> Iterator[RecipeDesk]:
    desk = RecipeDesk(folder, **more)
    try:
        yield desk
    finally:
        desk.close()
