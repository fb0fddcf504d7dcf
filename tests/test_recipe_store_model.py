"""The recipe book beside a simple model of it: whatever is done in whatever order, both say the same."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from app.errors import Conflict, NotFound, PreconditionFailed
from app.recipes.recipe import RecipeLora
from app.recipes.search import fold_spaces
from app.recipes.service import GRACE, RecipeChange, Wanted
from tests.postgresql import Server, postgresql_server
from tests.recipe_desk import RecipeDesk

__all__ = ["postgresql_server"]

WORDS = ("neon", "Néon", "fog", "50%", "girl's", "日本", "v1.5", "foggy")
names = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(" ".join)
tags = st.lists(st.sampled_from(("red", "Blue")), unique=True)
which = st.integers(0, 10**6)
ORDERS = ("date", "date:asc", "name", "name:desc", "loras_count", "loras_count:asc", "opened", "opened:asc", "random:5")


@dataclass(frozen=True)
class Kept:
    """What the model knows of a recipe. place: in the order of saving."""

    place: int
    name: str
    tags: tuple[str, ...]
    loras: int
    version: int = 1
    opened: datetime | None = None


class BookMachine(RuleBasedStateMachine):
    """Does to the real book and to the model what Hypothesis thinks of."""

    def __init__(self, database: Callable[[], AbstractContextManager[str | None]]) -> None:
        super().__init__()
        self._ends = ExitStack()
        self.folder = Path(tempfile.mkdtemp(prefix="book-"))
        self._ends.callback(shutil.rmtree, self.folder)
        self.desk = RecipeDesk(self.folder, url=self._ends.enter_context(database()))
        self.live: dict[str, Kept] = {}
        self.deleted: dict[str, tuple[dict[str, Kept], datetime]] = {}
        self.undone: list[str] = []
        self.saved = 0

    def teardown(self) -> None:
        self.desk.close()
        self._ends.close()

    def one(self, number: int) -> str:
        return sorted(self.live, key=lambda key: self.live[key].place)[number % len(self.live)]

    @initialize()
    def begin(self) -> None:
        self.save("neon fog", [], 1)

    @rule(name=names, tags=tags, loras=st.integers(0, 2))
    def save(self, name: str, tags: list[str], loras: int) -> None:
        recipe = self.desk.save(name, tags=tags, loras=[RecipeLora("ink", 1.0, "ab" * 5)] * loras)
        self.saved += 1
        self.live[recipe.id] = Kept(self.saved, name, tuple(tags), loras)

    @precondition(lambda self: self.live)
    @rule(number=which, name=names, tags=tags, behind=st.integers(0, 1))
    def change(self, number: int, name: str, tags: list[str], behind: int) -> None:
        key = self.one(number)
        kept = self.live[key]
        change = RecipeChange(name=name, tags=tags)
        if behind:
            with pytest.raises(PreconditionFailed):
                self.desk.recipes.change(key, change, expected=kept.version - behind)
            return
        after = replace(kept, name=name, tags=tuple(tags))
        self.live[key] = after if after == kept else replace(after, version=kept.version + 1)
        assert self.desk.recipes.change(key, change, expected=kept.version).version == self.live[key].version

    @precondition(lambda self: self.live)
    @rule(number=which)
    def opened(self, number: int) -> None:
        key = self.one(number)
        self.desk.recipes.opened(key)
        self.live[key] = replace(self.live[key], opened=self.desk.clock.now())

    @precondition(lambda self: self.live)
    @rule(numbers=st.lists(which, min_size=1, max_size=3))
    def delete(self, numbers: list[int]) -> None:
        keys = {self.one(number) for number in numbers}
        deletion = self.desk.recipes.delete(sorted(keys))
        self.deleted[deletion.batch_id] = ({key: self.live.pop(key) for key in keys}, self.desk.clock.now() + GRACE)

    @precondition(lambda self: self.deleted)
    @rule(number=which)
    def undo(self, number: int) -> None:
        batch = sorted(self.deleted)[number % len(self.deleted)]
        gone, undo_until = self.deleted[batch]
        if self.desk.clock.now() >= undo_until:
            with pytest.raises(Conflict):
                self.desk.recipes.undo(batch)
            return
        assert sorted(self.desk.recipes.undo(batch)) == sorted(gone)
        self.live |= gone
        del self.deleted[batch]
        self.undone.append(batch)

    @precondition(lambda self: self.undone)
    @rule()
    def undo_again(self) -> None:
        with pytest.raises(NotFound):
            self.desk.recipes.undo(self.undone[-1])

    @rule(seconds=st.sampled_from((1, 7, 20, 100)))
    def time_passes(self, seconds: int) -> None:
        self.desk.clock.advance(timedelta(seconds=seconds))

    @rule()
    def restart(self) -> None:
        self.desk.restart()

    @rule()
    def rebuild(self) -> None:
        self.desk.recipes.rebuild_index()

    @rule(word=st.sampled_from(WORDS), length=st.integers(1, 8))
    def search(self, word: str, length: int) -> None:
        sought = fold_spaces(word[:length])
        wanted = Wanted(search=word[:length], fields=frozenset(["title", "tags"]))
        found = {
            key
            for key, kept in self.live.items()
            if any(part.startswith(sought) for text in (kept.name, *kept.tags) for part in self._parts(text))
        }
        assert {recipe.id for recipe in self.desk.all_found(wanted, "date")} == found

    @staticmethod
    def _parts(text: str) -> list[str]:
        """Where the few words of this test may be found: at their beginnings, and at every sign of some."""
        every = {
            "50%": ("50%", "%"),
            "girl's": ("girl's", "'s", "s"),
            "日本": ("日本", "本"),
            "v1.5": ("v1.5", "1.5", ".5", "5"),
        }
        return [part for word in text.split() for part in every.get(word, (fold_spaces(word),))]

    @rule(order=st.sampled_from(ORDERS), size=st.integers(1, 4), tag=st.sampled_from((None, "red", "BLUE")))
    def look_through(self, order: str, size: int, tag: str | None) -> None:
        wanted = Wanted(tag_include=[tag] if tag else [])
        chosen = {
            key: kept
            for key, kept in self.live.items()
            if tag is None or tag.lower() in [one.lower() for one in kept.tags]
        }
        seen = [recipe.id for recipe in self.desk.all_found(wanted, order, page_size=size)]
        assert sorted(seen) == sorted(chosen)
        keys: dict[str, Callable[[Kept], tuple[object, int]]] = {
            "date": lambda kept: (0, kept.place),
            "name": lambda kept: (fold_spaces(kept.name), kept.place),
            "loras_count": lambda kept: (kept.loras, kept.place),
            "opened": lambda kept: ((kept.opened - datetime.min.replace(tzinfo=kept.opened.tzinfo)).total_seconds()
                                    if kept.opened else -1.0, kept.place),
        }  # fmt: skip
        what = order.partition(":")[0]
        if what in keys:
            upwards = order.endswith(":asc") or order == "name"
            expected = sorted(chosen, key=lambda key: keys[what](chosen[key]), reverse=not upwards)
            assert seen == expected

    @invariant()
    def both_say_the_same(self) -> None:
        found = {
            one.id: Kept(self.live[one.id].place, one.name, tuple(one.tags), one.lora_count, one.version, one.opened_at)
            for one in self.desk.recipes.all()
            if one.id in self.live
        }
        assert found == self.live
        assert self.desk.recipes.find(Wanted(), page_size=1).total == len(self.live)
        for gone, _ in self.deleted.values():
            for key in gone:
                with pytest.raises(NotFound):
                    self.desk.recipes.get(key)


def run(database: Callable[[], AbstractContextManager[str | None]], examples: int) -> None:
    steps = settings(
        max_examples=examples,
        stateful_step_count=25,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    )
    run_state_machine_as_test(partial(BookMachine, database), settings=steps)  # type: ignore[arg-type] # any factory


def test_the_book_is_what_the_model_says() -> None:
    run(lambda: nullcontext(None), examples=20)


def test_on_postgresql_the_book_is_what_the_model_says(postgresql_server: Server) -> None:
    run(postgresql_server.database, examples=6)
