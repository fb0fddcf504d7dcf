"""The speed limit: no more than was agreed over any second, and hardly less, whoever fetches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.downloads.engine.limiter import BURST_SECONDS, Limiter
from app.downloads.faults import Stopped
from app.downloads.stop import Stop
from support.clock import VirtualClock
from support.waiting import until


class SkippingClock(VirtualClock):
    """Time passes for whoever sleeps, at once; for one thread."""

    def sleep(self, seconds: float, *, unless: threading.Event) -> bool:
        self.advance(timedelta(seconds=max(seconds, 0)))
        return not unless.is_set()


@given(rate=st.integers(1_000, 10**8), wanted=st.lists(st.integers(1, 10**6), min_size=1, max_size=60))
def test_what_is_paid_for_takes_the_time_that_it_takes(rate: int, wanted: list[int]) -> None:
    clock = SkippingClock()
    limiter, stop, began = Limiter(clock=clock, rate=lambda: rate), Stop(), clock.now()
    paid = 0
    for size in map(limiter.portion, wanted):
        paid += size
        limiter.pay(size, stop)
        seconds = (clock.now() - began).total_seconds()
        # A millionth of a second more or less: that is how finely the clock counts.
        assert paid / rate - BURST_SECONDS - 1e-4 <= seconds <= paid / rate + 1e-4


def test_several_share_one_limit() -> None:
    clock = VirtualClock()
    limiter = Limiter(clock=clock, rate=lambda: 1_000_000)
    with paying(limiter, threads=4) as paid:
        for _ in range(40):
            assert until(lambda: clock.sleepers == 4)
            clock.advance(timedelta(seconds=0.05))
        assert until(lambda: clock.sleepers == 4)
        assert 1.8e6 <= paid() <= 2.2e6


def test_a_changed_limit_holds_from_the_next_portion_on() -> None:
    clock = SkippingClock()
    rates = [1_000_000]
    limiter, stop = Limiter(clock=clock, rate=lambda: rates[0]), Stop()
    limiter.pay(500_000, stop)
    rates[0] = 100_000
    began = clock.now()
    for _ in range(100):
        limiter.pay(1_000, stop)
    assert 0.95 <= (clock.now() - began).total_seconds() <= 1.05
    rates[0] = 10**9
    assert limiter.portion(10**6) == 10**6


def test_without_a_limit_nobody_waits_and_everything_is_read_at_once() -> None:
    limiter = Limiter(clock=VirtualClock(), rate=lambda: None)
    assert limiter.portion(10**6) == 10**6
    assert not limiter.pay(10**9, Stop())


def test_what_was_not_used_in_a_pause_is_not_made_up_for() -> None:
    clock = SkippingClock()
    limiter, stop = Limiter(clock=clock, rate=lambda: 1000), Stop()
    clock.advance(timedelta(hours=1))
    began = clock.now()
    limiter.pay(1000, stop)
    assert (clock.now() - began).total_seconds() >= 0.9


def test_a_clock_that_is_set_back_stops_nobody() -> None:
    clock = SkippingClock()
    limiter, stop = Limiter(clock=clock, rate=lambda: 1000), Stop()
    limiter.pay(1000, stop)
    clock.advance(timedelta(hours=-2))
    began = clock.now()
    limiter.pay(1000, stop)
    assert 0.9 <= (clock.now() - began).total_seconds() <= 1.1


def test_a_machine_that_has_slept_is_not_made_up_for() -> None:
    clock = VirtualClock()
    limiter, stop = Limiter(clock=clock, rate=lambda: 1000), Stop()
    sleeper = threading.Thread(target=limiter.pay, args=(1000, stop))
    sleeper.start()
    assert until(lambda: clock.sleepers)
    clock.advance(timedelta(hours=8))
    sleeper.join(5)
    assert not limiter.pay(1900, stop)
    payer = threading.Thread(target=limiter.pay, args=(1000, stop))
    payer.start()
    assert until(lambda: clock.sleepers)
    clock.advance(timedelta(seconds=1))
    payer.join(5)
    assert not payer.is_alive()


def test_a_stop_ends_the_wait() -> None:
    clock = VirtualClock()
    limiter, stop = Limiter(clock=clock, rate=lambda: 1), Stop()
    ended: list[BaseException] = []

    def pay() -> None:
        try:
            limiter.pay(1000, stop)
        except Stopped as error:
            ended.append(error)

    thread = threading.Thread(target=pay)
    thread.start()
    assert until(lambda: clock.sleepers)
    stop.set()
    thread.join(5)
    assert len(ended) == 1


@contextmanager
def paying(limiter: Limiter, *, threads: int) -> Iterator[Callable[[], int]]:
    """Threads that read and pay without end; how much they have paid for so far."""
    stop, lock, paid = Stop(), threading.Lock(), [0]

    def pay() -> None:
        while True:
            size = limiter.portion(10**6)
            try:
                limiter.pay(size, stop)
            except Stopped:
                return
            with lock:
                paid[0] += size

    workers = [threading.Thread(target=pay) for _ in range(threads)]
    for worker in workers:
        worker.start()
    yield lambda: paid[0]
    stop.set()
    for worker in workers:
        worker.join(5)
        assert not worker.is_alive()


@pytest.mark.parametrize(("rate", "least"), [(1, 1024), (10**6, 25_000), (10**9, 10**6)])
def test_a_portion_is_small_enough_to_be_smooth_and_never_nothing(rate: int, least: int) -> None:
    assert Limiter(clock=VirtualClock(), rate=lambda: rate).portion(10**6) == least
