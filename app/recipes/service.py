"""Recipes: read from pictures, kept with their picture, found again, changed, deleted, brought back."""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import event
from sqlalchemy.orm import Session

from app.alarm import Alarm
from app.clock import Clock
from app.database import Database
from app.errors import NotFound, PreconditionFailed, StudioError
from app.recipes.asking import KEEP, Deletion, Draft, Field, Keep, Page, RecipeChange, Wanted
from app.recipes.book import Book, is_id, no_deletion, no_recipe
from app.recipes.files import Pictures
from app.recipes.making import changed, embedded, made, picture_name, remade
from app.recipes.ordering import ordering
from app.recipes.pictures import RECIPE_PICTURES, check
from app.recipes.reading import read_picture
from app.recipes.recipe import Reading
from app.recipes.renaming import Renamed
from app.recipes.tables import Recipe

__all__ = ["KEEP", "Deletion", "Draft", "Field", "Keep", "Page", "RecipeChange", "Recipes", "Wanted"]

GRACE = timedelta(seconds=20)
"""How long a deletion can be undone."""
_CLOSING_SECONDS = 5.0

log = logging.getLogger("app.recipes")


class Recipes:
    """The recipe book. folder: where the pictures lie, each under its recipe's id; made when first used."""

    def __init__(self, *, database: Database, clock: Clock, folder: Path) -> None:
        self._book = Book(database)
        self._clock = clock
        self._pictures = Pictures(folder)
        self._alarm = Alarm(clock=clock, ring=self._ring, name="recipes")
        self._setting = threading.Lock()
        self._closing = threading.Event()

    def start(self) -> None:
        """Take up what an earlier life left: deletions whose time is over, pictures that nothing names."""
        if self._book.holds_deleted():
            self._purge()
        self._pictures.sweep(self._book.pictures)
        self._wake()

    def close(self) -> None:
        """What is not done yet is done after the next start."""
        self._closing.set()
        self._alarm.close(within_seconds=_CLOSING_SECONDS)
        self._pictures.close()

    def analyse(self, data: bytes) -> Reading:
        """What a picture says about how it was made. Raises InvalidInput and TooLarge as `pictures.check`."""
        return read_picture(check(data, formats=RECIPE_PICTURES))

    def save(self, draft: Draft) -> Recipe:
        """Keep recipe and picture, both or neither.

        Raises InvalidInput and TooLarge for the picture, StorageUnavailable when it cannot be written.
        """
        picture = check(draft.picture, formats=RECIPE_PICTURES)
        return self._add(made(draft, picture, read_picture(picture), self._clock.now()), picture.data)

    def restore(self, recipe: Recipe, picture: bytes) -> Recipe:
        """Keep a recipe as it was elsewhere, its id and moments too; what the book itself says of it is made anew.

        Raises as `save`, and Conflict with code `taken` when there is a recipe of its id.
        """
        checked = check(picture, formats=RECIPE_PICTURES)
        return self._add(remade(recipe, checked), checked.data)

    # Finding

    def get(self, recipe_id: str) -> Recipe:
        """Raises NotFound."""
        recipe = self._book.get(recipe_id) if is_id(recipe_id) else None
        if recipe is None:
            raise no_recipe(recipe_id)
        return recipe

    def picture(self, recipe_id: str) -> tuple[Recipe, bytes]:
        """The recipe, and its picture as it is kept. Raises NotFound, StorageUnavailable."""
        recipe = self.get(recipe_id)
        while True:
            try:
                return recipe, self._pictures.read(recipe.picture)
            except FileNotFoundError as error:
                seen, recipe = recipe, self.get(recipe_id)
                if seen.picture == recipe.picture:
                    raise NotFound(f"the picture of the recipe {recipe.name!r} is gone from the disk") from error
                # It has been changed in between, and its new picture has another name.

    def find(
        self, wanted: Wanted, *, order: str = "date", page: int = 1, page_size: int = 20, cursor: str | None = None
    ) -> Page:
        """The wanted ones in that order: the page of that number, or the one that a cursor goes on to.

        Raises InvalidInput for an unknown order, and a cursor of another.
        """
        shown = ordering(order)
        after = shown.place(cursor) if cursor else None
        skip = 0 if after else (page - 1) * page_size
        found, total = self._book.page(wanted, shown, size=page_size + 1, skip=skip, after=after)
        more = len(found) > page_size
        items = found[:page_size]
        return Page([recipe for recipe, _ in items], total, shown.cursor(items[-1][1]) if more else None)

    def all(self) -> Iterator[Recipe]:
        """Every recipe, in the order of saving."""
        return self._book.all()

    def known_picture(self, original_sha256: str) -> Recipe | None:
        """The recipe that was made of this picture; its SHA-256 is that of `embedding.without`."""
        return self._book.first_with("original_sha256", original_sha256)

    def alike(self, fingerprint: str) -> list[Recipe]:
        """The recipes of the same models at the same strengths; of none when there are none."""
        return self._book.all_with("fingerprint", fingerprint) if fingerprint else []

    def duplicates(self, *, by_prompt: bool = False) -> tuple[list[list[Recipe]], list[list[Recipe]]]:
        """Groups of the same models at the same strengths (and prompt), and groups of the same source."""
        return self._book.alike(by_prompt=by_prompt), self._book.of_one_source()

    # Changing

    def change(self, recipe_id: str, change: RecipeChange, *, expected: int | None = None) -> Recipe:
        """The recipe after the change; one that changes nothing makes no version.

        Raises NotFound, and PreconditionFailed when the recipe is not of the version `expected` any more.
        """

        def decide(recipe: Recipe) -> RecipeChange:
            if expected is not None and recipe.version != expected:
                raise PreconditionFailed(
                    f"{recipe.name!r} has been changed since version {expected}, "
                    f"it is of version {recipe.version} now; read it again, then change that"
                )
            return change

        return self._change(recipe_id, decide)[0]

    def change_all(
        self, decide: Callable[[Recipe], RecipeChange | None], ids: Collection[str] | None = None
    ) -> list[Recipe]:
        """Those that were changed. decide: asked again when somebody changes a recipe meanwhile; None for no change.

        ids: of the recipes to look at; all of them when None. One that is deleted meanwhile is passed over when
        none was named. Raises NotFound.
        """
        changed = []
        for recipe_id in ids if ids is not None else [recipe.id for recipe in self.all()]:
            try:
                recipe, is_new = self._change(recipe_id, decide)
            except NotFound:
                if ids is not None:
                    raise
                continue
            if is_new:
                changed.append(recipe)
        return changed

    def opened(self, recipe_id: str) -> None:
        """Note the moment; the recipe itself stays as it is. Raises NotFound."""
        if not is_id(recipe_id) or not self._book.note_opened(recipe_id, self._clock.now()):
            raise no_recipe(recipe_id)

    def delete(self, ids: Sequence[str]) -> Deletion:
        """Take all of these out of everything or, when one is not there, none. Raises NotFound."""
        for recipe_id in ids:
            if not is_id(recipe_id):
                raise no_recipe(recipe_id)
        now = self._clock.now()
        deletion = Deletion(batch_id=uuid.uuid4().hex, undo_until=now + GRACE, count=len(set(ids)))
        self._book.mark_deleted(set(ids), deletion, now)
        self._wake()
        return deletion

    def undo(self, batch_id: str) -> list[str]:
        """Bring back what was deleted together; their ids. Raises NotFound, and Conflict once the time is over."""
        if not is_id(batch_id):
            raise no_deletion(batch_id)
        restored = self._book.undelete(batch_id, self._clock.now())
        self._wake()
        return restored

    def model_renamed(self, session: Session, renamed: Renamed) -> None:
        """Have every recipe of that model name its new file; in the transaction of `session`, or not at all."""
        if self._book.rename_model(session.connection(), renamed, self._clock.now()):
            # Their pictures tell the old name until then; after a crash the next start sees to them.
            event.listen(session, "after_commit", lambda _: self._wake(), once=True)

    def rebuild_index(self) -> int:
        """Write every entry of the index anew; searches find everything all the while. How many there are."""
        return self._book.rebuild_index()

    # How it is done

    def _add(self, recipe: Recipe, data: bytes) -> Recipe:
        told, telling = embedded(recipe, data)
        with self._pictures.keeping(told.picture, telling):
            return self._book.add(told)

    def _change(self, recipe_id: str, decide: Callable[[Recipe], RecipeChange | None]) -> tuple[Recipe, bool]:
        """The recipe, and whether it was changed."""
        while True:
            recipe = self.get(recipe_id)
            change = decide(recipe)
            after = recipe if change is None else changed(recipe, change, self._clock.now())
            if after is recipe:
                return recipe, False
            if self._written(recipe, after, partial(self._book.change, seen=recipe.version)):
                return self.get(recipe_id), True

    def _written(self, before: Recipe, after: Recipe, write: Callable[[Recipe], bool]) -> bool:
        """Whether `write` took the recipe, with a picture that tells of it; its old picture is gone then."""
        try:
            data = self._pictures.read(before.picture)
        except FileNotFoundError:
            return write(replace(after, embedded_version=after.version))
        name = picture_name(after.id, Path(before.picture).suffix)
        told, telling = embedded(replace(after, picture=name), data)
        if telling == data:
            return write(replace(after, embedded_version=after.version))
        with self._pictures.replacing(before.picture, name, telling) as done:
            if write(told):
                done()
                return True
        return False

    def _embed_again(self) -> None:
        for recipe in self._book.behind():
            if self._closing.is_set():
                return
            self._written(recipe, recipe, self._book.note_picture)

    def _purge(self) -> None:
        for name in self._book.purge(self._clock.now()):
            # Only now: a picture without a recipe is waste, a recipe without its picture is damage.
            self._pictures.remove(name)

    def _ring(self, moment: datetime) -> None:
        try:
            self._purge()
            self._embed_again()
            self._wake()
        except StudioError as error:
            log.warning("recipes are seen to again at the next change or start: %s", error)

    def _wake(self) -> None:
        """Set the alarm for what is next to be done."""
        with self._setting:
            self._alarm.set(self._clock.now() if self._book.any_behind() else self._book.next_purge())
