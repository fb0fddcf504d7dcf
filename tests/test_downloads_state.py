"""The table of moves, pace, alarm and workers: what the queue is made of, each by itself."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.alarm import Alarm
from app.downloads.flight import PACE_OVER, PROGRESS_EVERY, Pace
from app.downloads.state import FINAL, IN_FLIGHT, START, TABLE, TAKE_UP, DownloadState, Move, check_move
from app.downloads.workers import Workers
from app.errors import WrongState
from support.clock import VirtualClock
from support.waiting import until

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
S = DownloadState
# As it was agreed, written down once more by hand.
LEGAL = {
    "started": ({S.QUEUED, S.WAITING}, S.RUNNING),
    "paused": ({S.RUNNING}, S.PAUSED),
    "resumed": ({S.PAUSED}, S.QUEUED),
    "waiting": ({S.RUNNING}, S.WAITING),
    "verifying": ({S.RUNNING}, S.VERIFYING),
    "completed": ({S.VERIFYING}, S.COMPLETED),
    "failed": ({S.RUNNING, S.VERIFYING}, S.FAILED),
    "cancelled": ({S.QUEUED, S.RUNNING, S.WAITING, S.PAUSED}, S.CANCELLED),
    "skipped": ({S.QUEUED, S.RUNNING, S.WAITING, S.PAUSED}, S.SKIPPED),
    "retried": ({S.FAILED, S.CANCELLED}, S.QUEUED),
    "taken up": ({S.RUNNING, S.WAITING, S.VERIFYING}, S.QUEUED),
}


def test_the_table_is_as_agreed() -> None:
    assert {move.done: (set(move.origins), move.to) for move in TABLE} == LEGAL


@pytest.mark.parametrize("current", list(DownloadState))
@pytest.mark.parametrize("move", TABLE, ids=lambda move: move.done)
def test_a_move_outside_the_table_is_refused_naming_both_states(move: Move, current: DownloadState) -> None:
    if current in LEGAL[move.done][0]:
        check_move("neon-city", current, move)
        return
    with pytest.raises(WrongState, match=f"'neon-city' cannot go from {current} to {move.to}; only what is .* can be"):
        check_move("neon-city", current, move)


@pytest.mark.parametrize("state", list(DownloadState))
def test_what_is_in_flight_can_end_and_what_has_ended_only_start_again(state: DownloadState) -> None:
    reached = {move.to for move in TABLE if state in move.origins}
    if state in IN_FLIGHT:
        assert reached & set(FINAL)
    else:
        assert reached <= {S.QUEUED}


def test_every_way_into_a_place_is_the_one_that_counts_places() -> None:
    assert [move for move in TABLE if move.to is S.RUNNING] == [START]
    assert S.PAUSED not in TAKE_UP.origins


steps = st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 400)), max_size=60)


@given(steps)
def test_progress_only_grows_and_is_told_ten_times_a_second_at_most(made: list[tuple[int, int]]) -> None:
    pace, now = Pace(0), NOON
    told: list[tuple[datetime, int]] = []
    for bytes_done, milliseconds in made:
        now += timedelta(milliseconds=milliseconds)
        if pace.arrived(bytes_done, now):
            told.append((now, pace.bytes_done))
        assert pace.bytes_per_second(now) >= 0
    assert pace.bytes_done == max((bytes_done for bytes_done, _ in made), default=0)
    for (before, fewer), (after, more) in pairwise(told):
        assert after - before >= PROGRESS_EVERY
        assert more > fewer


def test_the_first_bytes_are_told_at_once() -> None:
    assert Pace(0).arrived(1, NOON)
    assert not Pace(500).arrived(500, NOON), "what lay there already is no progress"


@given(st.integers(1, 10**9), st.integers(1, 100))
def test_a_steady_pace_is_told_as_it_is(bytes_per_second: int, tenths: int) -> None:
    pace = Pace(0)
    for tenth in range(tenths + 1):
        pace.arrived(10**6 + tenth * bytes_per_second // 10, NOON + tenth * PROGRESS_EVERY)
    told = pace.bytes_per_second(NOON + tenths * PROGRESS_EVERY)
    assert told == pytest.approx(bytes_per_second, rel=0.01, abs=11)


def test_a_pace_is_forgotten_when_nothing_arrives_any_more() -> None:
    pace = Pace(0)
    for second in range(4):
        pace.arrived(1000 * second, NOON + timedelta(seconds=second))
    assert pace.bytes_per_second(NOON + timedelta(seconds=3)) == 1000
    assert pace.bytes_per_second(NOON + timedelta(seconds=3) + PACE_OVER) == 0


def test_a_clock_that_is_set_back_silences_nobody() -> None:
    pace = Pace(0)
    assert pace.arrived(1, NOON)
    assert pace.arrived(2, NOON - timedelta(hours=1))


def test_an_alarm_rings_at_the_moment_that_was_set_last_and_leaves_no_thread() -> None:
    clock, rung = VirtualClock(), list[datetime]()
    alarm = Alarm(clock=clock, ring=rung.append, name="download-alarm")
    start = clock.now()
    alarm.set(start + timedelta(seconds=10))
    alarm.set(start + timedelta(seconds=5))
    assert until(lambda: clock.sleepers == 1)
    alarm.set(start + timedelta(seconds=20))
    for _ in range(2):
        assert until(lambda: clock.sleepers == 1)
        clock.advance(timedelta(seconds=10))
    assert until(lambda: rung == [start + timedelta(seconds=20)])
    assert until(lambda: not _threads("download-alarm"))
    alarm.set(clock.now() + timedelta(seconds=1))
    assert until(lambda: clock.sleepers == 1)
    alarm.set(None)
    assert until(lambda: not _threads("download-alarm"))
    assert len(rung) == 1


def test_an_alarm_for_a_moment_that_has_passed_rings_at_once() -> None:
    rung = threading.Event()
    alarm = Alarm(clock=VirtualClock(), ring=lambda _: rung.set(), name="download-alarm")
    alarm.set(NOON - timedelta(seconds=1))
    assert rung.wait(5)
    alarm.close(within_seconds=1)


class _Held:
    """Work that lasts until it is let go."""

    def __init__(self, begun: Callable[[], None]) -> None:
        self._begun = begun
        self.go = threading.Event()

    def run(self) -> None:
        self._begun()
        self.go.wait(5)


class _Bench:
    """Workers, and the work that they have."""

    def __init__(self, count: int, limit: int) -> None:
        self.limit = limit
        self.running = 0
        self.works = [_Held(self._begin) for _ in range(count)]
        self._left = list(self.works)
        self.workers = Workers(limit=lambda: self.limit, take=lambda: self._left.pop(0) if self._left else None)

    def _begin(self) -> None:
        self.running += 1


@pytest.fixture
def bench() -> _Bench:
    return _Bench(count=6, limit=2)


def test_more_places_are_filled_at_once_and_fewer_let_what_runs_finish(bench: _Bench) -> None:
    bench.workers.wake()
    assert until(lambda: bench.running == 2)
    bench.limit = 4
    bench.workers.wake()
    assert until(lambda: bench.running == 4)
    bench.limit = 1
    for work in bench.works[:3]:
        work.go.set()
    assert not until(lambda: bench.running > 4, within=timedelta(milliseconds=30))
    bench.works[3].go.set()
    assert until(lambda: bench.running == 5)
    _end(bench)


def test_a_vacated_place_is_given_away_once(bench: _Bench) -> None:
    bench.limit = 1
    bench.workers.wake()
    assert until(lambda: bench.running == 1)
    bench.workers.vacate(bench.works[0])
    bench.workers.vacate(bench.works[0])
    bench.workers.wake()
    assert until(lambda: bench.running == 2)
    bench.works[0].go.set()
    assert not until(lambda: bench.running > 2, within=timedelta(milliseconds=30))
    _end(bench)


def _end(bench: _Bench) -> None:
    for work in bench.works:
        work.go.set()
    bench.workers.close(within_seconds=5)
    assert not _threads("download")


def _threads(name: str) -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == name]
