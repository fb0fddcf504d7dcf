"""Many who read and write the same recipes at once, in threads and processes: nothing is lost, nobody locked out."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.errors import PreconditionFailed
from app.recipes.service import Field, RecipeChange, Recipes, Wanted
from tests.postgresql import database_url, postgresql_server, postgresql_url
from tests.recipe_desk import RecipeDesk, desk_at

__all__ = ["database_url", "postgresql_server", "postgresql_url"]

TURNS = 6
TITLE: frozenset[Field] = frozenset(["title"])
PROCESS = """
import sys
from pathlib import Path
from tests.recipe_desk import desk_at
from tests.test_recipe_concurrency import take_turns

with desk_at(Path(sys.argv[1]), url=sys.argv[2]) as desk:
    print("ready", flush=True)
    sys.stdin.readline()
    take_turns(desk, sys.argv[3], sys.argv[4])
"""


def take_turns(desk: RecipeDesk, who: str, shared: str) -> None:
    """Save, change what all change, delete and bring back, all while the others do."""
    for turn in range(TURNS):
        mine = desk.save(f"{who}turn{turn}", f"fog by {who}")
        assert desk.found(f"{who}turn{turn}", fields=TITLE) == [f"{who}turn{turn}"]
        while True:
            seen = desk.recipes.get(shared)
            try:
                desk.recipes.change(shared, RecipeChange(tags=[*seen.tags, f"{who}turn{turn}"]), expected=seen.version)
                break
            except PreconditionFailed:
                continue
        desk.recipes.change_all(lambda seen: RecipeChange(rating=(seen.rating or 0) + 1), [shared])
        desk.recipes.opened(shared)
        deletion = desk.recipes.delete([mine.id])
        assert desk.found(f"{who}turn{turn}", fields=TITLE) == []
        assert desk.recipes.undo(deletion.batch_id) == [mine.id]


def whole(desk: RecipeDesk, shared: str, writers: list[str]) -> None:
    """Everything that was written is there, once, and fits together."""
    turns = [f"{who}turn{turn}" for who in writers for turn in range(TURNS)]
    recipe = desk.recipes.get(shared)
    assert Counter(recipe.tags) == Counter(turns), "an update was lost"
    assert (recipe.rating, recipe.version) == (len(turns), 1 + 2 * len(turns))
    assert sorted(desk.found("fog")) == sorted(turns)
    recipes = list(desk.recipes.all())
    assert len({one.number for one in recipes}) == len(recipes) == len(turns) + 1
    for one in recipes:
        assert one.embedded_version == one.version
        assert hashlib.sha256((desk.folder / one.picture).read_bytes()).hexdigest() == one.sha256
    assert desk.files() == sorted(one.picture for one in recipes)
    if desk.database.dialect == "sqlite":
        with desk.database.writing() as rows:
            assert rows.exec_driver_sql("PRAGMA integrity_check").scalars().all() == ["ok"]
            rows.exec_driver_sql("INSERT INTO recipe_words (recipe_words) VALUES ('integrity-check')")


@pytest.fixture
def desk(tmp_path: Path, database_url: str) -> Iterator[RecipeDesk]:
    with desk_at(tmp_path, url=database_url) as desk:
        yield desk


def reading(recipes: Recipes, until: threading.Event) -> Callable[[], int]:
    """Pages through everything again and again; how often."""

    def read() -> int:
        times = 0
        while not until.is_set():
            seen, cursor = [], None
            while True:
                page = recipes.find(Wanted(), order="name", page_size=5, cursor=cursor)
                seen += [recipe.id for recipe in page.items]
                cursor = page.next_cursor
                if cursor is None:
                    break
            assert len(seen) == len(set(seen))
            for recipe in recipes.find(Wanted(search="fog")).items[:3]:
                recipes.find(Wanted(search=recipe.name))
            times += 1
        return times

    return read


def test_threads_lose_nothing_of_each_other(desk: RecipeDesk) -> None:
    shared, over = desk.save("shared").id, threading.Event()
    writers = [f"thread{number}" for number in range(6)]
    with ThreadPoolExecutor(8) as pool:
        reads = [pool.submit(reading(desk.recipes, over)) for _ in range(2)]
        try:
            list(pool.map(lambda who: take_turns(desk, who, shared), writers))
        finally:
            over.set()
        assert all(read.result() for read in reads)
    whole(desk, shared, writers)


def test_processes_lose_nothing_of_each_other(desk: RecipeDesk, tmp_path: Path) -> None:
    shared = desk.save("shared").id
    writers = [f"process{number}" for number in range(3)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    at_work = [
        subprocess.Popen([sys.executable, "-c", PROCESS, str(tmp_path), desk.url, who, shared], **pipes)  # type: ignore[call-overload]
        for who in writers
    ]
    for process in at_work:
        assert process.stdout.readline() == "ready\n", process.stderr.read()
    for process in at_work:
        process.stdin.write("go\n")
        process.stdin.flush()
    take_turns(desk, "here", shared)
    for process in at_work:
        assert (process.communicate()[1], process.returncode) == ("", 0)
    whole(desk, shared, [*writers, "here"])


def test_one_of_several_editors_who_saw_the_same_is_first_and_all_others_are_told(desk: RecipeDesk) -> None:
    saved, together = desk.save(), threading.Barrier(5)

    def edit(number: int) -> int | None:
        together.wait()
        try:
            return desk.recipes.change(saved.id, RecipeChange(name=f"by {number}"), expected=1).version
        except PreconditionFailed:
            return None

    with ThreadPoolExecutor(5) as pool:
        told = list(pool.map(edit, range(5)))
    assert sorted(told, key=str) == [2, None, None, None, None]
    assert desk.recipes.get(saved.id).name == f"by {told.index(2)}"
    assert len(desk.files()) == 1


def test_while_the_index_is_rebuilt_every_search_finds_everything(desk: RecipeDesk) -> None:
    for number in range(40):
        desk.save(f"harbour {number}", "fog over the water")
    done = threading.Event()

    def rebuild() -> None:
        try:
            for _ in range(5):
                assert desk.recipes.rebuild_index() >= 40
        finally:
            done.set()

    rebuilding = threading.Thread(target=rebuild)
    rebuilding.start()
    found, count = set(), 40
    while not done.is_set():
        found.add(desk.recipes.find(Wanted(search="harb fog")).total - count)
        desk.save("another harbour", "fog")
        count += 1
        found.add(desk.recipes.find(Wanted(search="fog", fields=frozenset(["prompt"]))).total - count)
    rebuilding.join()
    assert found == {0}
