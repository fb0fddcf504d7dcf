"""A studio killed in the middle of saving, changing, deleting, renaming has done each as a whole, or not at all.

The same test serves `make test`, with a few kills, and `make load`, with LOAD=long, with fifty.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import secrets
import signal
import subprocess
import sys
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.clock import SystemClock
from app.database import Database
from app.recipes.embedding import without
from app.recipes.pictures import check
from app.recipes.reading import read_picture
from app.recipes.service import Draft, Recipes, Wanted
from support.waiting import until
from tests.recipe_desk import PICTURE, RecipeDesk
from tests.recipe_life import Book, after

KILLS = 50 if os.environ.get("LOAD") == "long" else 5


def killed_life(home: Path, chance: random.Random, book: Book) -> tuple[Book, Book]:
    """What must be true after a life that was killed: all that it had done, without or with what it was about to do."""
    command = [sys.executable, "-m", "tests.recipe_life", str(home), str(chance.randrange(10**9)), json.dumps(book)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = [process.stdout.readline() for _ in range(chance.randrange(1, 40))]
        # At some moment of the deed that has begun, or of the one after it: they take a few milliseconds each.
        until(lambda: False, within=timedelta(milliseconds=chance.random() * 20))
        process.send_signal(signal.SIGKILL)
        said += process.stdout.read().splitlines()
    begun: list[Any] | None = None
    for line in filter(str.strip, said):
        what, deed = json.loads(line)
        begun = deed if what == "begin" else None
        book = after(book, deed) if what == "done" else book
    return book, book if begun is None else after(book, begun)


def shown(book: Book) -> dict[str, tuple[str, str]]:
    return {key: (name, lora) for key, (name, lora, deleted) in book.items() if not deleted}


def everything_fits(home: Path) -> dict[str, tuple[str, str]]:
    """What a new life finds, each recipe with a picture that tells of it, and no picture of nobody."""
    with closing(Database(f"sqlite:///{home / 'studio.db'}")) as database:
        database.create_tables()
        with closing(Recipes(database=database, clock=SystemClock(), folder=home / "recipes")) as recipes:
            recipes.start()
            assert until(lambda: all(one.embedded_version == one.version for one in recipes.all()))
            found = list(recipes.all())
            for one in found:
                _, data = recipes.picture(one.id)
                assert hashlib.sha256(data).hexdigest() == one.sha256
                assert without(data) == PICTURE
                told = read_picture(check(data))
                assert (told.title, told.loras) == (one.name, one.reading.loras)
                assert one.id in [other.id for other in recipes.find(Wanted(search=one.name), page_size=100).items]
                assert recipes.find(Wanted(search=one.loras[0]["name"]), page_size=1).total == len(found)
            assert recipes.find(Wanted()).total == len(found)
            with database.transaction() as rows:
                named = sorted(rows.exec_driver_sql("SELECT picture FROM recipes").scalars())
                assert rows.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
                assert len(rows.exec_driver_sql("SELECT rowid FROM recipe_words").all()) == len(found)
            assert sorted(path.name for path in (home / "recipes").glob("*")) == named
    return {str(one.source): (one.name, one.loras[0]["name"]) for one in found}


def test_a_studio_that_is_killed_again_and_again_has_done_each_thing_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    seed = secrets.randbits(32)
    chance = random.Random(seed)
    book: Book = {}
    for kill in range(KILLS):
        without_it, with_it = killed_life(tmp_path, chance, book)
        found = everything_fits(tmp_path)
        assert found in (shown(without_it), shown(with_it)), f"kill {kill} of the row {seed}"
        book = with_it if found == shown(with_it) else without_it
    assert book, f"the row {seed} has saved nothing"


def test_what_a_killed_studio_left_is_swept_and_nothing_else(tmp_path: Path) -> None:
    lite = RecipeDesk(tmp_path)
    kept, deleted = lite.save(), lite.save("b")
    lite.recipes.delete([deleted.id])
    for name in (f"{'0' * 32}.12345678.png", ".half.part"):
        (lite.folder / name).write_bytes(b"half")
    (lite.folder / "link").symlink_to("/etc/hostname")
    lite.restart()
    assert len(lite.files()) == 5, "a studio that was closed left nothing half done"
    journal = lite.folder.with_name("recipes.journal")
    lite.close()
    journal.write_bytes(b"+")  # one that was killed says nothing more
    other = Recipes(database=lite.database, clock=lite.clock, folder=lite.folder)
    other.save(Draft("c", PICTURE))
    lite.open()
    assert len(lite.files()) == 6, "never while somebody else may be in the middle of saving"
    other.close()
    lite.restart()
    assert set(lite.files()) == {"link", *(name for name in lite.files() if name[:32] != "0" * 32 and name[0] != ".")}
    assert {kept.picture, deleted.picture} <= set(lite.files())
    assert len(lite.files()) == 4
    lite.close()
