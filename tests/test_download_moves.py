"""The queue against a model of itself: whatever is called in whatever order, the table decides, and all agree."""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.downloads.download import Download
from app.downloads.state import CANCEL, FINAL, HAS_A_TURN, PAUSE, RESUME, RETRY, SKIP, DownloadState
from app.errors import Conflict, WrongState
from support.waiting import until
from tests.download_desk import NOBODY, Desk, ordered
from tests.scripted_transfer import ScriptedTransfer

S = DownloadState
NAMES = ("neon-city", "old-film", "ink-wash", "fog-bank")
TICK = timedelta(seconds=1)
WAIT_SECONDS = 3.5
MOVES = {"pause": PAUSE, "resume": RESUME, "cancel": CANCEL, "skip": SKIP, "retry": RETRY}

Call = tuple[Any, ...]
one = st.integers(0, 5)
calls = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), st.sampled_from(NAMES), st.booleans()),
        st.tuples(st.just("ask"), st.sampled_from(NAMES), st.booleans()),
        st.tuples(st.just("move"), one, st.sampled_from(list(MOVES))),
        st.tuples(st.just("end"), one, st.sampled_from(("complete", "fail", "make_wait"))),
        st.tuples(st.just("prioritise"), one, st.booleans()),
        st.tuples(st.just("allow"), st.integers(1, 3)),
        st.tuples(st.just("remove"), st.sampled_from(list(DownloadState))),
        st.tuples(st.sampled_from(("retry_failed", "restart", "let_time_pass"))),
    ),
    max_size=20,
)


@dataclass
class Row:
    id: str
    name: str
    turn: int
    state: DownloadState = S.QUEUED
    until: datetime | None = None


@dataclass
class Model:
    """What the queue must be like. Nothing runs here: a call changes it, `settle` gives free places away."""

    now: datetime
    places: int = 2
    rows: list[Row] = field(default_factory=list)

    def settle(self) -> None:
        while sum(row.state is S.RUNNING for row in self.rows) < self.places:
            row = self._next()
            if row is None:
                return
            row.state, row.until = S.RUNNING, None

    def _next(self) -> Row | None:
        due = [(row.until, row.turn, row) for row in self.rows if row.until is not None and row.until <= self.now]
        queued = [(row.turn, row) for row in self.rows if row.state is S.QUEUED]
        return min(due)[-1] if due else min(queued)[-1] if queued else None

    def in_flight(self, name: str) -> Row | None:
        return next((row for row in self.rows if row.name == name and row.state not in FINAL), None)

    def put_last(self, row: Row) -> None:
        row.turn = max((known.turn for known in self.rows), default=0) + 1

    def put_first(self, row: Row) -> None:
        row.turn = min((known.turn for known in self.rows), default=0) - 1


class Play:
    """One run of calls on both; after each they must agree."""

    def __init__(self, folder: Path) -> None:
        self.engine = ScriptedTransfer()
        self.desk = Desk(folder, transfer=self.engine)
        self.desk.open()
        self.model = Model(self.desk.clock.now())

    def call(self, name: str, *arguments: Any) -> None:
        self.let_time_pass(TICK)
        self.agree()
        if name in ("move", "end", "prioritise"):
            if not self.model.rows:
                return
            arguments = (self.model.rows[arguments[0] % len(self.model.rows)], *arguments[1:])
        getattr(self, name)(*arguments)
        self.agree()

    def agree(self) -> None:
        self.model.settle()
        wanted = {row.id: (row.state.value, row.turn) for row in self.model.rows}
        running = sorted(row.id for row in self.model.rows if row.state is S.RUNNING)

        def found() -> dict[str, tuple[str, int]]:
            return {row.id: (row.state, row.turn) for row in self.desk.queue.find(limit=1000)}

        agreed = until(lambda: found() == wanted and sorted(self.engine.busy) == running)
        assert agreed, f"{wanted} was agreed, {found()} is told, {self.engine.busy} are fetched"
        counted = Counter(row.state.value for row in self.model.rows)
        assert self.desk.queue.stats().counts == {state.value: counted[state] for state in DownloadState}

    def ask(self, name: str, hurried: bool) -> None:
        found = self.desk.queue.enqueue([ordered(f"{NOBODY}/{name}.safetensors")], hurried=hurried)[0]
        row = self.model.in_flight(name)
        if row is None:
            row = Row(found.id, name, turn=0)
            self.model.put_last(row)
            self.model.rows.append(row)
        assert found.id == row.id
        if hurried and row.state in HAS_A_TURN:
            self.model.put_first(row)

    def move(self, row: Row, name: str) -> None:
        move, twin = MOVES[name], self.model.in_flight(row.name)
        if row.state not in move.origins:
            self._refused(WrongState, lambda: getattr(self.desk.queue, name)(row.id), f"from {row.state} to {move.to}")
        elif name == "retry" and twin is not None:
            self._refused(Conflict, lambda: self.desk.queue.retry(row.id), f"{twin.id} is {twin.state}")
        else:
            getattr(self.desk.queue, name)(row.id)
            row.state, row.until = move.to, None
            if name == "retry":
                self.model.put_last(row)

    def end(self, row: Row, how: str) -> None:
        if row.state is not S.RUNNING:
            return
        if how == "make_wait":
            self.engine.make_wait(row.id, WAIT_SECONDS)
            row.state, row.until = S.WAITING, self.model.now + timedelta(seconds=WAIT_SECONDS)
        else:
            getattr(self.engine, how)(row.id)
            row.state = S.COMPLETED if how == "complete" else S.FAILED

    def prioritise(self, row: Row, hurried: bool) -> None:
        if row.state not in HAS_A_TURN:
            self._refused(WrongState, lambda: self.desk.queue.prioritise(row.id, hurried=hurried), f"is {row.state}")
            return
        self.desk.queue.prioritise(row.id, hurried=hurried)
        (self.model.put_first if hurried else self.model.put_last)(row)

    def allow(self, places: int) -> None:
        self.desk.concurrency = self.model.places = places
        self.desk.queue.wake()

    def remove(self, state: DownloadState) -> None:
        if state not in FINAL:
            self._refused(WrongState, lambda: self.desk.queue.remove([state]), f"what is {state} has not ended")
            return
        gone = [row for row in self.model.rows if row.state is state]
        assert self.desk.queue.remove([state]) == len(gone)
        self.model.rows = [row for row in self.model.rows if row.state is not state]

    def retry_failed(self) -> None:
        retried = self.desk.queue.retry_failed()
        wanted = []
        for row in sorted(self.model.rows, key=lambda row: row.turn):
            if row.state is S.FAILED and self.model.in_flight(row.name) is None:
                row.state = S.QUEUED
                self.model.put_last(row)
                wanted.append(row.id)
        assert [download.id for download in retried] == wanted

    def restart(self) -> None:
        self.desk.close()
        assert self.engine.busy == []
        for row in sorted(self.model.rows, key=lambda row: -row.turn):
            if row.state is S.RUNNING:
                self.model.put_first(row)
            if row.state in (S.RUNNING, S.WAITING):
                row.state, row.until = S.QUEUED, None
        self.desk.open()

    def let_time_pass(self, time: timedelta = TICK) -> None:
        # Whoever shall wait has to know from when on.
        waits = any(row.until is not None and row.until > self.model.now for row in self.model.rows)
        assert until(lambda: self.desk.clock.sleepers == waits)
        self.model.now += time
        self.desk.clock.advance(time)

    def _refused(self, fault: type[Exception], ask: Callable[[], object], why: str) -> None:
        with pytest.raises(fault, match=why):
            ask()


@contextmanager
def play() -> Iterator[Play]:
    with tempfile.TemporaryDirectory(prefix="queue-") as folder:
        played = Play(Path(folder))
        try:
            yield played
        finally:
            played.desk.close()


def walk_of(told: Sequence[str]) -> bool:
    """Whether what was told of one download can follow one another, an end only before it is queued again."""
    after = {
        "queued": {"started", "cancelled", "skipped", "queued"},
        "started": {"paused", "waiting", "verifying", "failed", "cancelled", "skipped", "started"},
        "waiting": {"started", "cancelled", "skipped"},
        "paused": {"resumed", "cancelled", "skipped"},
        "resumed": {"started", "cancelled", "skipped"},
        "verifying": {"completed", "failed"},
        "failed": {"queued"},
        "cancelled": {"queued"},
        "completed": set(),
        "skipped": set(),
    }
    return told[0] == "queued" and all(b in after[a] for a, b in pairwise(told))


@settings(max_examples=60, deadline=None)
@given(calls)
def test_whatever_is_called_the_queue_is_as_the_table_says(made: list[Call]) -> None:
    with play() as played:
        for call in made:
            played.call(*call)
        ids = {event.subject for event in played.desk.heard.events}
        for download_id in ids:
            assert walk_of(played.desk.heard.told(download_id)), played.desk.heard.told(download_id)
        _list_history_and_counts_agree(played)


def _list_history_and_counts_agree(played: Play) -> None:
    rows, queue = played.model.rows, played.desk.queue
    ended = [played.desk.queue.get(row.id) for row in rows if row.state in FINAL]
    history = queue.history(1000)
    assert {download.identity for download in history} == {download.identity for download in ended}
    assert len({download.identity for download in history}) == len(history)
    assert [when(download) for download in history] == sorted(map(when, history), reverse=True)
    queued = queue.find(S.QUEUED, limit=1000)
    assert queue.places(queued) == {download.id: place for place, download in enumerate(queued, 1)}


def when(download: Download) -> datetime:
    assert download.ended_at is not None
    return download.ended_at
