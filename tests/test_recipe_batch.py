"""Imports of many pictures: a few at a time, each once, told as it happens, cancelled without loss."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from app.database import Database
from app.errors import InvalidInput, NotFound, Unavailable
from app.recipes.batch import Batches, BatchOrder, BatchState
from app.recipes.service import Draft, Recipes, Wanted
from support.clock import VirtualClock
from support.waiting import until
from tests.desk import Told
from tests.recipe_studio import parameters, picture


class Gate:
    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open = 0
        self.waiting = 0
        self.most = 0

    def pass_through(self) -> None:
        with self._changed:
            self.waiting += 1
            self.most = max(self.most, self.waiting)
            self._changed.wait_for(lambda: self._open > 0, timeout=30)
            self._open -= 1
            self.waiting -= 1

    def let(self, number: int) -> None:
        with self._changed:
            self._open += number
            self._changed.notify_all()


@dataclass(frozen=True)
class Given:
    """A picture that is there when it is asked for."""

    name: str
    data: bytes
    source: str | None = None

    @property
    def title(self) -> str:
        return self.name

    def read(self) -> bytes:
        return self.data


@dataclass(frozen=True)
class Slow(Given):
    """A picture that comes when it may. gate: tells who reads, and lets them go on."""

    gate: Gate = field(default_factory=Gate)

    def read(self) -> bytes:
        self.gate.pass_through()
        return self.data


@dataclass(frozen=True)
class Broken(Given):
    """A picture whose reading goes wrong."""

    error: Exception = field(default_factory=lambda: InvalidInput("it is damaged"))

    def read(self) -> bytes:
        raise self.error


class Bench:
    """Imports into a recipe book of its own."""

    def __init__(self, folder: Path) -> None:
        self.database = Database(f"sqlite:///{folder / 'studio.db'}")
        self.database.create_tables()
        self.recipes = Recipes(database=self.database, clock=VirtualClock(), folder=folder / "recipes")
        self.recipes.start()
        self.channel = Told()
        self.batches = Batches(recipes=self.recipes, channel=self.channel)

    def close(self) -> None:
        self.batches.close()
        self.recipes.close()
        self.database.close()

    def names(self) -> list[str]:
        return [recipe.name for recipe in self.recipes.find(Wanted(), order="name", page_size=100).items]

    def ended(self, batch_id: str) -> bool:
        return until(lambda: self.batches.get(batch_id).state is not BatchState.RUNNING)


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    made = Bench(tmp_path)
    try:
        yield made
    finally:
        made.close()


def many(count: int, make: Callable[[str, bytes], Given] = Given) -> list[Given]:
    return [make(f"{number:03}", picture(parameters(f"picture {number}"))) for number in range(count)]


def test_all_are_kept_damaged_ones_told_and_nothing_is_added_twice(bench: Bench) -> None:
    items = [*many(4), Given("torn", picture()[:60]), Broken("gone", b""), Given("none", b"text")]
    first = bench.batches.begin(BatchOrder(items, tags=("holiday",), folder="a/b"))
    assert bench.ended(first.id)
    assert (first.state, first.added, first.skipped, first.done, first.total) == (BatchState.COMPLETED, 4, 0, 7, 7)
    assert sorted(failed.name for failed in first.failed) == ["gone", "none", "torn"]
    assert all(failed.why for failed in first.failed)
    found = bench.recipes.find(Wanted(folder="a/b", tag_include=("holiday",))).total
    assert (found, bench.names()) == (4, ["000", "001", "002", "003"])
    again = bench.batches.begin(BatchOrder(items))
    assert bench.ended(again.id)
    assert (again.added, again.skipped, len(again.failed)) == (0, 4, 3)
    assert len(bench.names()) == 4


def test_what_the_studio_itself_has_written_into_a_picture_makes_it_no_other(bench: Bench) -> None:
    saved = bench.recipes.save(Draft("saved", picture(parameters())))
    _, kept = bench.recipes.picture(saved.id)
    assert kept != picture(parameters())
    batch = bench.batches.begin(BatchOrder([Given("kept", kept), Given("as it came", picture(parameters()))]))
    assert bench.ended(batch.id)
    assert (batch.added, batch.skipped) == (0, 2)


def test_the_same_picture_twice_at_the_same_time_is_added_once(bench: Bench) -> None:
    same = picture(parameters())
    batch = bench.batches.begin(BatchOrder([Given(str(number), same) for number in range(20)], at_a_time=10))
    assert bench.ended(batch.id)
    assert (batch.added, batch.skipped, len(bench.names())) == (1, 19, 1)


@pytest.mark.parametrize("at_a_time", [1, 3, 10])
def test_no_more_are_read_at_a_time_than_was_said(bench: Bench, at_a_time: int) -> None:
    gate = Gate()
    items = many(12, lambda name, data: Slow(name, data, gate=gate))
    batch = bench.batches.begin(BatchOrder(items, at_a_time=at_a_time))
    assert until(lambda: gate.waiting == at_a_time)
    gate.let(12)
    assert bench.ended(batch.id)
    assert (gate.most, batch.added) == (at_a_time, 12)


def test_events_tell_what_changed_and_one_end(bench: Bench) -> None:
    batch = bench.batches.begin(BatchOrder([*many(3), Broken("gone", b"")], at_a_time=1))
    assert bench.ended(batch.id)
    events = [event for event in bench.channel.events if event.subject == batch.id]
    assert [event.kind for event in events] == ["imported", "imported", "imported", "failed", "completed"]
    assert [event.data["done"] for event in events] == [1, 2, 3, 4, 4]
    assert events[0].data["name"] == "000"
    assert bench.recipes.get(events[0].data["recipe_id"]).name == "000"
    assert events[3].data == {"name": "gone", "why": "it is damaged", "done": 4, "total": 4}
    assert events[4].data == {"done": 4, "total": 4, "added": 3, "skipped": 0, "failed": 1}
    assert all(len(str(event.data)) < 200 for event in events), "never everything again"


def test_a_cancelled_import_keeps_what_is_done_and_takes_no_more(bench: Bench) -> None:
    gate = Gate()
    dismissed: list[int] = []
    items = many(9, lambda name, data: Slow(name, data, gate=gate))
    batch = bench.batches.begin(BatchOrder(items, dismiss=lambda: dismissed.append(1)))
    gate.let(4)
    assert until(lambda: batch.done == 4)
    cancelled = bench.batches.cancel(batch.id)
    assert (cancelled.state, cancelled.added, cancelled.done) == (BatchState.CANCELLED, 4, 4)
    gate.let(9)
    assert until(lambda: dismissed == [1])
    assert (len(bench.names()), batch.added, gate.waiting) == (4, 4, 0)
    assert bench.channel.kinds(batch.id) == ["imported"] * 4 + ["cancelled"]
    assert bench.batches.cancel(batch.id).state is BatchState.CANCELLED
    assert bench.channel.kinds(batch.id).count("cancelled") == 1


def test_an_import_that_has_ended_cannot_be_cancelled_any_more(bench: Bench) -> None:
    batch = bench.batches.begin(BatchOrder(many(1)))
    assert bench.ended(batch.id)
    assert bench.batches.cancel(batch.id).state is BatchState.COMPLETED
    assert bench.channel.kinds(batch.id) == ["imported", "completed"]


def test_something_unexpected_at_one_picture_is_not_the_others_fault(bench: Bench) -> None:
    items = [Broken("odd", b"", error=RuntimeError("secret")), *many(1)]
    batch = bench.batches.begin(BatchOrder(items))
    assert bench.ended(batch.id)
    assert (batch.added, [failed.name for failed in batch.failed]) == (1, ["odd"])
    assert "secret" not in batch.failed[0].why


def test_a_deleted_recipe_s_picture_can_be_imported_again(bench: Bench) -> None:
    first = bench.batches.begin(BatchOrder(many(1)))
    assert bench.ended(first.id)
    bench.recipes.delete([recipe.id for recipe in bench.recipes.all()])
    again = bench.batches.begin(BatchOrder(many(1)))
    assert bench.ended(again.id)
    assert again.added == 1


def test_an_unknown_import_says_what_a_restart_does(bench: Bench) -> None:
    with pytest.raises(NotFound, match="restart"):
        bench.batches.get("0" * 32)


def test_only_the_newest_hundred_that_ended_are_remembered(bench: Bench) -> None:
    batches = []
    for _ in range(102):
        batches.append(bench.batches.begin(BatchOrder([Broken("x", b"")])))
        assert bench.ended(batches[-1].id)
    with pytest.raises(NotFound):
        bench.batches.get(batches[0].id)
    assert bench.batches.get(batches[-1].id) is batches[-1]


def test_a_closed_studio_begins_nothing_and_leaves_no_thread(bench: Bench) -> None:
    gate = Gate()
    batch = bench.batches.begin(BatchOrder(many(3, lambda name, data: Slow(name, data, gate=gate))))
    assert until(lambda: gate.waiting == 3)
    gate.let(3)
    bench.batches.close()
    assert batch.state is not BatchState.RUNNING
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("recipe-import")]
    with pytest.raises(Unavailable):
        bench.batches.begin(BatchOrder(many(1)))
