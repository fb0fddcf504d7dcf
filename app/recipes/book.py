"""The recipes' rows and their entries in the index, written together; each method is one transaction."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, bindparam, delete, false, func, insert, select, text, true, update
from sqlalchemy.exc import IntegrityError

from app.database import Database
from app.errors import Conflict, NotFound
from app.recipes import index, paging
from app.recipes.asking import Deletion, Wanted
from app.recipes.ordering import Ordering, Place
from app.recipes.paging import Cut
from app.recipes.renaming import Renamed, renamed
from app.recipes.search import fold_spaces
from app.recipes.tables import COLUMNS, DELETIONS, RECIPES, Recipe, recipe_of, row_of

_C = RECIPES.c
_LIVE = _C.deleted_at.is_(None)
_LOOKING = select(*COLUMNS).where(_LIVE)
_ENTRIES = select(*index.INDEXED).where(_LIVE)
_NUMBERED = _LOOKING.where(_C.number.in_(bindparam("numbers", expanding=True)))
_GETTING = _LOOKING.where(_C.id == bindparam("the_id"))
_ADDING = insert(RECIPES).returning(_C.number)
_SEEN = update(RECIPES).where(_C.id == bindparam("the_id"), _LIVE, _C.version == bindparam("the_version"))
_D = DELETIONS.c
_REMEMBERED = timedelta(days=1)
_ID = re.compile("[0-9a-f]{32}")
_CHUNK = 500


class Book:
    """The recipes' rows; the deleted ones are there until they are purged, and found by nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._dialect = database.dialect

    def add(self, recipe: Recipe) -> Recipe:
        """Write it down; its number is given here. Raises Conflict when its id is taken."""
        try:
            with self._database.writing() as rows:
                added = replace(recipe, number=rows.execute(_ADDING, row_of(recipe)).scalar_one())
                index.put(rows, [added])
        except IntegrityError as error:
            raise Conflict(f"there is a recipe {recipe.id} already", code="taken") from error
        return added

    def change(self, recipe: Recipe, *, seen: int) -> bool:
        """Write it down as it is now; False, and nothing written, when it is not of the version `seen` any more."""
        facts = row_of(recipe)
        del facts["opened_at"]  # may have been noted meanwhile, and makes no version
        with self._database.writing() as rows:
            changing = _SEEN.values({name: bindparam(name) for name in facts})
            if rows.execute(changing, facts | {"the_id": recipe.id, "the_version": seen}).rowcount != 1:
                return False
            index.put(rows, [recipe])
        return True

    def note_picture(self, recipe: Recipe) -> bool:
        """Note the picture that tells of this version; False when the recipe has changed since, or is purged."""
        facts = {name: getattr(recipe, name) for name in ("picture", "size_bytes", "sha256", "embedded_version")}
        noting = update(RECIPES).where(_C.id == recipe.id, _C.version == recipe.version).values(**facts)
        with self._database.writing() as rows:
            return rows.execute(noting).rowcount == 1

    def note_opened(self, recipe_id: str, moment: datetime) -> bool:
        """False when there is no such recipe."""
        noting = update(RECIPES).where(_C.id == recipe_id, _LIVE).values(opened_at=moment)
        with self._database.writing() as rows:
            return rows.execute(noting).rowcount == 1

    def get(self, recipe_id: str) -> Recipe | None:
        with self._database.transaction() as rows:
            row = rows.execute(_GETTING, {"the_id": recipe_id}).first()
        return None if row is None else recipe_of(row)

    def first_with(self, column: str, value: str) -> Recipe | None:
        with self._database.transaction() as rows:
            row = rows.execute(_LOOKING.where(_C[column] == value).order_by(_C.number).limit(1)).first()
        return None if row is None else recipe_of(row)

    def all_with(self, column: str, value: str) -> list[Recipe]:
        with self._database.transaction() as rows:
            return [recipe_of(row) for row in rows.execute(_LOOKING.where(_C[column] == value).order_by(_C.number))]

    def all(self) -> Iterator[Recipe]:
        """By number, as they are when their chunk is reached."""
        last = 0
        while True:
            with self._database.transaction() as rows:
                query = _LOOKING.where(_C.number > last).order_by(_C.number).limit(_CHUNK)
                chunk = [recipe_of(row) for row in rows.execute(query)]
            yield from chunk
            if len(chunk) < _CHUNK:
                return
            last = chunk[-1].number

    def of_one_source(self) -> list[list[Recipe]]:
        """Groups of recipes of the same source; the oldest first."""
        repeated = select(_C.source).where(_LIVE, _C.source != "").group_by(_C.source).having(func.count() > 1)
        return self._groups(_C.source.in_(repeated), lambda recipe: recipe.source)

    def alike(self, *, by_prompt: bool) -> list[list[Recipe]]:
        """Groups of recipes of the same models at the same strengths and, where that counts, the same prompt.

        Without any model a prompt that is there must be the same.
        """
        repeated = select(_C.fingerprint).where(_LIVE).group_by(_C.fingerprint).having(func.count() > 1)
        if not by_prompt:
            return self._groups(_C.fingerprint.in_(repeated.where(_C.fingerprint != "")), lambda one: one.fingerprint)

        def both(recipe: Recipe) -> tuple[str, str] | None:
            prompt = fold_spaces(recipe.settings.get("prompt") or "")
            return (recipe.fingerprint, prompt) if recipe.fingerprint or prompt else None

        return self._groups(_C.fingerprint.in_(repeated), both)

    def _groups(self, found: ColumnElement[bool], what: Callable[[Recipe], object]) -> list[list[Recipe]]:
        groups: dict[object, list[Recipe]] = {}
        with self._database.transaction() as rows:
            for row in rows.execute(_LOOKING.where(found).order_by(_C.number)):
                recipe = recipe_of(row)
                groups.setdefault(what(recipe), []).append(recipe)
        return [group for key, group in groups.items() if key is not None and len(group) > 1]

    # Looking for

    def page(
        self, wanted: Wanted, ordering: Ordering, *, size: int, skip: int = 0, after: Place | None = None
    ) -> tuple[list[tuple[Recipe, Place]], int]:
        """So many of those that are wanted, each with its place in the order, and how many there are in all."""
        with self._database.transaction() as rows:
            places, total = paging.places(rows, wanted, ordering, Cut(size, skip, after))
            if not places:
                return [], total
            found = rows.execute(_NUMBERED, {"numbers": [place.number for place in places]}).all()
        recipes = {recipe.number: recipe for recipe in map(recipe_of, found)}
        return [(recipes[place.number], place) for place in places if place.number in recipes], total

    # Deleting

    def holds_deleted(self) -> bool:
        return self._database.holds(RECIPES.name, "deleted_at IS NOT NULL")

    def mark_deleted(self, ids: Collection[str], deletion: Deletion, now: datetime) -> None:
        """Take all of them out of everything. Raises NotFound, nothing changed, when one is not there."""
        with self._database.writing() as rows:
            marking = update(RECIPES).where(_C.id.in_(ids), _LIVE).values(deleted_at=now, batch=deletion.batch_id)
            gone = {row.id: row.number for row in rows.execute(marking.returning(_C.id, _C.number))}
            for recipe_id in ids:
                if recipe_id not in gone:
                    raise no_recipe(recipe_id)
            rows.execute(insert(DELETIONS).values(id=deletion.batch_id, undo_until=deletion.undo_until))
            index.drop(rows, gone.values())

    def undelete(self, batch_id: str, now: datetime) -> list[str]:
        """Bring back what was deleted together; their ids. Raises NotFound, and Conflict once its time is over."""
        with self._database.writing() as rows:
            undoing = update(DELETIONS).where(_D.id == batch_id, ~_D.undone).values(undone=true())
            undo_until = rows.scalar(undoing.returning(_D.undo_until))
            if undo_until is None:
                raise no_deletion(batch_id)
            if undo_until <= now:
                raise Conflict(f"the deletion could be undone until {undo_until:%H:%M:%S} UTC", code="expired")
            restoring = update(RECIPES).where(_C.batch == batch_id).values(deleted_at=None, batch=None)
            restored = [recipe_of(row) for row in rows.execute(restoring.returning(*COLUMNS))]
            index.put(rows, restored)
        return [recipe.id for recipe in restored]

    def next_purge(self) -> datetime | None:
        """When the time of the first deletion that waits will be over."""
        with self._database.transaction() as rows:
            waiting = _D.id.in_(select(_C.batch).where(~_LIVE))
            first: datetime | None = rows.scalar(select(func.min(_D.undo_until)).where(waiting))
            return first

    def purge(self, now: datetime) -> list[str]:
        """Forget what can be brought back no longer; the names of the pictures that are to go now."""
        over = select(_D.id).where(_D.undo_until <= now)
        with self._database.writing() as rows:
            gone = list(rows.scalars(delete(RECIPES).where(_C.batch.in_(over)).returning(_C.picture)))
            rows.execute(delete(DELETIONS).where(_D.undo_until <= now - _REMEMBERED))
        return gone

    # Pictures

    def pictures(self) -> set[str]:
        """The names of all pictures that belong to a recipe, or to one that may come back."""
        with self._database.transaction() as rows:
            return set(rows.scalars(select(_C.picture)))

    def any_behind(self) -> bool:
        """Whether there is a picture that does not tell of its recipe's present version."""
        return self._database.holds(RECIPES.name, "embedded_version < version")

    def behind(self) -> Iterator[Recipe]:
        last = 0
        query = select(*COLUMNS).where(_C.embedded_version < _C.version).order_by(_C.number).limit(1)
        while True:
            with self._database.transaction() as rows:
                row = rows.execute(query.where(_C.number > last)).first()
            if row is None:
                return
            last = recipe_of(row).number
            yield recipe_of(row)

    # Models

    def rename_model(self, rows: Connection, model: Renamed, now: datetime) -> int:
        """Have every recipe that uses that model name its new file, the deleted ones too; how many there are."""
        before = model.before
        hashes = [before.sha256, *filter(None, [before.autov3])]
        # Whoever writes first in a transaction has it to himself on SQLite; what is read now stays so.
        rows.execute(update(RECIPES).where(false()).values(name=""))
        using = index.using(before.file_name, hashes, before.model_version_id, self._dialect)
        found = text(f"number IN ({index.MATCHING[self._dialect]}) OR deleted_at IS NOT NULL").bindparams(match=using)
        query = select(*COLUMNS, _LIVE).where(found).with_for_update()
        changed = []
        for row in rows.execute(query).all():
            recipe = renamed(recipe_of(row[:-1]), model, now)
            if recipe is not None:
                changed.append(recipe)
                facts = row_of(recipe)
                del facts["opened_at"]
                rows.execute(update(RECIPES).where(_C.id == recipe.id).values(**facts))
                if row[-1]:
                    index.put(rows, [recipe])
        return len(changed)

    def rebuild_index(self) -> int:
        """Write every entry anew, some at a time, so that no search misses one and no writer waits long."""
        last, count = 0, 0
        while True:
            with self._database.writing() as rows:
                chunk = rows.execute(_ENTRIES.where(_C.number > last).order_by(_C.number).limit(_CHUNK)).all()
                index.put(rows, chunk)
            count += len(chunk)
            if len(chunk) < _CHUNK:
                return count
            last = chunk[-1].number


def no_recipe(recipe_id: str) -> NotFound:
    return NotFound(f"there is no recipe {recipe_id[:64]!r}")


def no_deletion(batch_id: str) -> NotFound:
    return NotFound(f"there is no deletion {batch_id[:64]!r} that could be undone")


def is_id(text: str) -> bool:
    """Whether it could be the id of anything here: 32 hexadecimal digits."""
    return _ID.fullmatch(text) is not None
