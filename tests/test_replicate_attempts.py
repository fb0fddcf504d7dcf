"""An order on Replicate is paid for: sent once, found again, taken up and ended, whatever happens to its answer."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from app.generation.faults import BackendDown, BackendFailed
from app.generation.port import Attempt, Cancelled, Leaving
from app.generation.replicate import ordering
from app.generation.replicate.place import ASKED, FAILED, LOST, OPEN, Place
from support.clock import VirtualClock
from support.servers.replicate import FLUX_DEV, KONTEXT_PRO, TOKEN, Replicate
from tests.easel import Eye, must, new_attempt, pixels
from tests.studio_of_replicate import Counter, double, orders, slow_double

STEP = timedelta(seconds=10)
NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def place_of(slots: list[str], seed: int = 7, model: str = FLUX_DEV) -> str:
    return str(Place(model, NOW, seed, slots))


def left_in_the_middle(made: Replicate, clock: VirtualClock, **changes: Any) -> Attempt:
    """A first life of the studio that closes while its attempt is at work."""
    attempt, eye = new_attempt(), Eye()
    with Counter(made, clock=clock) as counter:
        work = counter.at_work(eye, attempt, **changes)
        must(lambda: clock.sleepers)
        must(lambda: eye.places and OPEN not in eye.places[-1].split(" ")[-1].split(","))
        eye.stop(Leaving)
        with pytest.raises(Leaving):
            work.result()
    return replace(attempt, place=eye.places[-1])


def pass_steps(clock: VirtualClock, count: int = 4) -> None:
    for _ in range(count):
        must(lambda: clock.sleepers)
        clock.advance(STEP)


# Where an attempt is


@pytest.mark.parametrize("slots", [[OPEN], [ASKED, LOST], ["abc123", FAILED, OPEN, "xyz"]])
def test_a_place_is_read_as_it_was_written(slots: list[str]) -> None:
    place = Place(KONTEXT_PRO, NOW, 7, slots)
    assert Place.read(str(place)) == place


@pytest.mark.parametrize(
    "text", [None, "", "http://127.0.0.1:8188", "replicate a/b", "replicate a/b never 7 -", "replicate a/b 2026 x -"]
)
def test_another_backends_place_is_none(text: str | None) -> None:
    assert Place.read(text) is None


def test_the_place_is_written_before_each_order_and_after_its_answer() -> None:
    with double() as made, Counter(made) as counter:
        eye = Eye()
        counter.paint(eye, num_images=2)
        first, second = (one.id for one in made.predictions())
        slots = [place.split(" ")[-1] for place in eye.places]
        assert slots == [f"{ASKED},{OPEN}", f"{first},{OPEN}", f"{first},{ASKED}", f"{first},{second}"]


# Taken up again


def test_what_runs_is_waited_for_and_not_ordered_again() -> None:
    with slow_double() as (made, clock):
        attempt = left_in_the_middle(made, clock, num_images=2)
        with Counter(made, clock=clock) as counter:
            work = counter.at_work(Eye(), attempt, num_images=2)
            pass_steps(clock)
            assert len(work.result().pictures) == 2
        assert orders(made) == 2


def test_a_studio_that_leaves_lets_it_run() -> None:
    with slow_double() as (made, clock):
        left_in_the_middle(made, clock)
        assert [one.status for one in made.predictions()] == ["processing"]


def test_what_ended_meanwhile_is_fetched() -> None:
    with slow_double() as (made, clock):
        attempt = left_in_the_middle(made, clock)
        pass_steps(clock)
        must(lambda: not made.running())
        with Counter(made, clock=clock) as counter:
            assert counter.paint(attempt=attempt).pictures
        assert orders(made) == 1


def test_what_ended_too_long_ago_is_told_as_gone() -> None:
    with slow_double() as (made, clock):
        attempt = left_in_the_middle(made, clock)
        pass_steps(clock)
        must(lambda: not made.running())
        clock.advance(timedelta(hours=2))
        with Counter(made, clock=clock) as counter, pytest.raises(BackendFailed, match="keeps its file no longer"):
            counter.paint(attempt=attempt)
        assert orders(made) == 1


def test_an_order_that_an_earlier_life_sent_unheard_is_found_by_its_inputs() -> None:
    clock = VirtualClock(NOW)
    with double(clock=clock) as made, Counter(made, clock=clock) as counter:
        usual = counter.paint()
        attempt = new_attempt(place=place_of([ASKED]))
        assert pixels(counter.paint(attempt=attempt)) == pixels(usual)
        assert orders(made) == 1


def test_an_order_that_an_earlier_life_never_sent_is_sent() -> None:
    clock = VirtualClock(NOW)
    with double(clock=clock) as made, Counter(made, clock=clock) as counter:
        counter.paint(seed=8)  # somebody else's, of another seed
        assert counter.paint(attempt=new_attempt(place=place_of([ASKED]))).pictures
        assert orders(made) == 2


def test_a_place_at_another_model_is_left() -> None:
    with double() as made, Counter(made) as counter:
        attempt = new_attempt(place=place_of(["abc"], model=KONTEXT_PRO))
        assert counter.paint(attempt=attempt).pictures


def test_a_prediction_that_replicate_knows_no_longer_is_told_as_lost() -> None:
    with double() as made, Counter(made) as counter, pytest.raises(BackendFailed, match="picture 1 is lost"):
        counter.paint(attempt=new_attempt(place=place_of(["nosuchprediction"])))


# Lost answers


def test_an_order_whose_answer_is_lost_is_found_and_not_sent_again() -> None:
    with double() as made, Counter(made) as counter:
        made.fails("loses the answer", times=1)
        painting = counter.paint(num_images=2)
        assert [one.seed for one in painting.pictures] == [7, 8]
        assert orders(made) == 2
        assert len(made.predictions()) == 2


def test_an_order_that_is_nowhere_to_be_found_is_not_sent_again() -> None:
    with double() as made, Counter(made) as counter:
        made.fails("drops the order", times=1)
        eye = Eye()
        with pytest.raises(BackendFailed, match="paid twice"):
            counter.paint(eye)
        assert [place.split(" ")[-1] for place in eye.places] == [ASKED, LOST, FAILED]
        assert orders(made) == 1
        assert made.predictions() == []


def test_one_order_that_is_nowhere_to_be_found_leaves_the_others() -> None:
    with double() as made, Counter(made) as counter:
        made.fails("drops the order", times=1)
        painting = counter.paint(num_images=2)
        assert [one.seed for one in painting.pictures] == [8]
        assert "paid twice" in painting.warnings[0]


def test_a_gateways_error_with_nothing_ordered_is_a_passing_fault_with_its_place_open() -> None:
    with double() as made, Counter(made) as counter:
        made.fails("fails at the gate", times=1)
        eye = Eye()
        with pytest.raises(BackendDown):
            counter.paint(eye)
        assert eye.places[-1].endswith(f" {OPEN}")
        assert counter.paint(attempt=new_attempt(number=2, place=eye.places[-1])).pictures
        assert len(made.predictions()) == 1


def test_two_attempts_never_take_up_the_same_prediction() -> None:
    clock = VirtualClock(NOW)
    with double(clock=clock) as made, Counter(made, clock=clock) as counter:
        counter.paint()
        found = [ordering.Taken(), ordering.Taken()]
        assert [taken.add("abc") for taken in (found[0], found[0], found[1])] == [True, False, True]
        found[0].give_back(["abc"])
        assert found[0].add("abc")


# Ended


def test_what_nobody_wants_any_more_is_cancelled_at_the_next_start() -> None:
    with slow_double() as (made, clock):
        attempt = left_in_the_middle(made, clock, num_images=2)
        with Counter(made, clock=clock) as counter:
            counter.backend.abandon(attempt)
        assert [one.status for one in made.predictions()] == ["canceled", "canceled"]


def test_what_was_ordered_unheard_is_cancelled_too() -> None:
    clock = VirtualClock(NOW)
    with double(clock=clock, step_seconds=10) as made, Counter(made, clock=clock) as counter:
        answer = httpx.post(
            f"{made.url}/v1/predictions",
            json={"version": FLUX_DEV, "input": {"prompt": "a red circle", "seed": 7}},
            headers={"Authorization": f"Bearer {TOKEN}"},
            trust_env=False,
        )
        assert answer.status_code == 201
        counter.backend.abandon(new_attempt(place=place_of([LOST])))
        assert [one.status for one in made.predictions()] == ["canceled"]


def test_abandoning_what_is_unknown_or_nowhere_is_harmless() -> None:
    with double() as made, Counter(made) as counter:
        for place in (None, "http://127.0.0.1:8188", place_of(["nosuchprediction"]), place_of([ASKED])):
            counter.backend.abandon(new_attempt(place=place))
        assert made.predictions() == []


def test_abandoning_while_replicate_is_silent_is_tried_again_by_the_next_start() -> None:
    with double() as made, Counter(made) as counter:
        made.is_out_of_order(503)
        counter.backend.leave()
        with pytest.raises(Leaving):
            counter.backend.abandon(new_attempt(place=place_of(["abc"])))


def test_a_cancel_in_the_middle_of_a_lost_answer_finds_and_ends_it() -> None:
    clock = VirtualClock(NOW)
    with double(clock=clock, step_seconds=10) as made, Counter(made, clock=clock) as counter:
        made.fails("loses the answer", times=1)
        eye = Eye()
        work = counter.at_work(eye)
        must(made.predictions)
        eye.stop(Cancelled)
        with pytest.raises(Cancelled):
            work.result()
        assert [one.status for one in made.predictions()] == ["canceled"]
