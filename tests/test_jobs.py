"""Generation jobs round a backend that does as it is told: order, attempts, ends, restarts."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from app.errors import NotFound, StudioError, WrongState
from app.generation.faults import BackendDown, BackendFailed, OutOfMemory, TooLong
from app.generation.ledger import Ended
from app.generation.port import Attempt, GenerationRequest, Watch
from app.generation.service import Generation, Gone, Order, QueueFull, succeeded
from app.generation.state import FINAL, JobState
from support.waiting import until
from tests.desk import Desk, Told
from tests.painters import Painter, failing, until_stopped

ASKED = GenerationRequest(prompt="a red circle", width=32, height=32, num_inference_steps=2, seed=7)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def order(prompt: str = "a red circle", *, urgent: bool = False, **more: Any) -> Order:
    return Order(request=GenerationRequest(**vars(ASKED) | {"prompt": prompt} | more), seeded=True, urgent=urgent)


def ended(generation: Generation, job_id: str) -> JobState:
    """How the job ended, once everybody has been told."""
    assert isinstance(generation.channel, Told)
    kinds = generation.channel.kinds
    until(lambda: kinds(job_id)[-1] == generation.get(job_id).state and generation.get(job_id).status in FINAL)
    return generation.get(job_id).status


def test_a_job_is_told_as_queued_started_and_completed(desk: Desk) -> None:
    with desk.generation(Painter()) as generation:
        job, position = generation.create(order())
        assert position == 1
        assert ended(generation, job.id) is JobState.COMPLETED
        assert desk.channel.kinds(job.id) == ["queued", "started", "completed"]
        assert len(desk.stored()) == 1


def test_progress_rises_strictly_over_all_attempts(desk: Desk) -> None:
    faults = failing(BackendDown("gone", wait_seconds=0))

    def plan(request: GenerationRequest, attempt: Attempt, watch: Watch) -> None:
        for step in (1, 2):
            watch.progress(step, 3)
        faults(request, attempt, watch)
        watch.progress(3, 3)

    with desk.generation(Painter(plan)) as generation:
        job, _ = generation.create(order())
        assert ended(generation, job.id) is JobState.COMPLETED
    assert [event.data["step"] for event in desk.channel.events if event.kind == "progress"] == [1, 2, 3]


def test_the_urgent_overtake_those_that_wait_and_nobody_at_work(desk: Desk) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def plan(request: GenerationRequest, attempt: Attempt, watch: Watch) -> None:
        begun.set()
        go_on.wait(5)

    painter = Painter(plan)
    with desk.generation(painter) as generation:
        generation.create(order("first"))
        begun.wait(5)
        waiting = [generation.create(order("second")), generation.create(order("third"))]
        urgent = generation.create(order("urgent", urgent=True))
        assert [position for _, position in (*waiting, urgent)] == [1, 2, 1]
        assert generation.positions([waiting[1][0]])[waiting[1][0].id] == 3
        go_on.set()
        ended(generation, waiting[1][0].id)
    assert painter.prompts == ["first", "urgent", "second", "third"]


def test_one_more_than_may_wait_is_refused_and_leaves_nothing(desk: Desk) -> None:
    begun = threading.Event()
    with desk.generation(Painter(until_stopped(begun)), queue_limit=1) as generation:
        generation.create(order())
        begun.wait(5)
        generation.create(order())
        with pytest.raises(QueueFull) as refused:
            generation.create(order(references=(b"a picture",)))
        assert int(refused.value.headers["Retry-After"]) >= 1
        assert generation.page(page=1, page_size=10, state=None, kind=None)[1] == 2
        assert desk.stored() == []


def test_a_passing_fault_is_tried_three_times_in_all_and_told_once(desk: Desk) -> None:
    painter = Painter(failing(*[BackendDown("nobody answers")] * 5))
    with desk.generation(painter) as generation:
        job, _ = generation.create(order())
        for seconds in (2, 8):
            until(lambda: desk.clock.sleepers)
            desk.clock.advance(timedelta(seconds=seconds))
        assert ended(generation, job.id) is JobState.FAILED
        assert [attempt.number for attempt in painter.attempts] == [1, 2, 3]
        assert len({attempt.id for attempt in painter.attempts}) == 1
        assert desk.channel.kinds(job.id) == ["queued", "started", "waiting", "waiting", "failed"]
        assert (generation.get(job.id).error or {})["code"] == "backend_down"
        assert generation.get(job.id).waiting_until is None


@pytest.mark.parametrize("fault", [OutOfMemory("too large"), BackendFailed("broken", node="KSampler (3)")])
def test_every_other_fault_ends_the_job_at_once(desk: Desk, fault: StudioError) -> None:
    painter = Painter(failing(fault))
    with desk.generation(painter) as generation:
        waiter: Future[Ended] = Future()
        generation.create(order(), waiter)
        with pytest.raises(StudioError) as raised:
            succeeded(waiter.result(5))
        assert (raised.value.status, raised.value.code, raised.value.message) == (
            fault.status, fault.code, fault.message,
        )  # fmt: skip
    assert len(painter.attempts) == 1


def test_a_fault_of_our_own_ends_the_job_and_names_no_cause(desk: Desk) -> None:
    def plan(request: GenerationRequest, attempt: Attempt, watch: Watch) -> None:
        raise ZeroDivisionError("/home/secret")

    with desk.generation(Painter(plan)) as generation:
        job, _ = generation.create(order())
        assert ended(generation, job.id) is JobState.FAILED
        assert "secret" not in (generation.get(job.id).error or {})["message"]


def test_cancelling_stops_the_attempt_and_a_late_picture_changes_nothing(desk: Desk) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def plan(request: GenerationRequest, attempt: Attempt, watch: Watch) -> None:
        begun.set()
        go_on.wait(5)  # deaf to its watch: it gives its picture nevertheless

    with desk.generation(Painter(plan)) as generation:
        job, _ = generation.create(order())
        begun.wait(5)
        assert generation.cancel(job.id).status is JobState.CANCELLED
        go_on.set()
        until(lambda: not generation.get(job.id).attempt_open)
        assert not generation.get(job.id).attempt_open
        assert generation.get(job.id).status is JobState.CANCELLED
        assert desk.stored() == []
        assert desk.channel.kinds(job.id) == ["queued", "started", "cancelled"]


def test_a_waiting_job_that_is_cancelled_is_never_painted(desk: Desk) -> None:
    begun = threading.Event()
    painter = Painter(until_stopped(begun))
    with desk.generation(painter) as generation:
        first, _ = generation.create(order("first"))
        begun.wait(5)
        second, _ = generation.create(order("second"))
        generation.cancel(second.id)
        generation.cancel(first.id)
        until(lambda: not generation.get(first.id).attempt_open)
        third, _ = generation.create(order("third"))
        generation.cancel(third.id)
    assert "second" not in painter.prompts


def test_a_job_that_waits_for_another_attempt_is_cancelled_at_once(desk: Desk) -> None:
    painter = Painter(failing(BackendDown("nobody answers")))
    with desk.generation(painter) as generation:
        job, _ = generation.create(order())
        until(lambda: desk.clock.sleepers)
        generation.cancel(job.id)
        until(lambda: painter.abandoned)
        assert [attempt.id for attempt in painter.abandoned] == [painter.attempts[0].id]
    assert len(painter.attempts) == 1


def test_an_attempt_that_takes_too_long_is_stopped_and_said_to_be(desk: Desk) -> None:
    begun = threading.Event()

    def plan(request: GenerationRequest, attempt: Attempt, watch: Watch) -> None:
        begun.set()
        while True:
            watch.check()

    with desk.generation(Painter(plan)) as generation:
        job, _ = generation.create(order())
        begun.wait(5)
        desk.clock.advance(timedelta(minutes=10))
        assert ended(generation, job.id) is JobState.FAILED
        assert (generation.get(job.id).error or {})["code"] == TooLong.code


def test_a_restart_hands_the_same_attempt_back_with_its_place(desk: Desk) -> None:
    begun = threading.Event()
    first = Painter(until_stopped(begun))
    with desk.generation(first) as generation:
        job, _ = generation.create(order(references=(b"a picture",)))
        begun.wait(5)
        waiting, _ = generation.create(order("waiting", urgent=True))
    assert desk.channel.kinds(job.id) == ["queued", "started"]
    seen: list[tuple[bytes, ...]] = []
    second = Painter(lambda request, attempt, watch: seen.append(request.references))
    with desk.generation(second) as generation:
        assert ended(generation, job.id) is JobState.COMPLETED
        assert ended(generation, waiting.id) is JobState.COMPLETED
    assert (second.attempts[0].id, second.attempts[0].place) == (first.attempts[0].id, "the easel")
    assert seen == [(b"a picture",), ()]
    assert desk.channel.kinds(job.id) == ["queued", "started", "completed"]


def test_what_another_studio_works_on_is_left_to_it_until_its_lease_ends(desk: Desk) -> None:
    begun = threading.Event()
    with desk.generation(Painter(until_stopped(begun)), holder="other") as generation:
        job, _ = generation.create(order())
        begun.wait(5)
    early = Painter()
    with desk.generation(early) as generation:
        assert generation.get(job.id).status is JobState.RUNNING
    assert early.attempts == []
    desk.clock.advance(timedelta(minutes=2))
    with desk.generation(Painter()) as generation:
        assert ended(generation, job.id) is JobState.COMPLETED


def test_a_cancelled_attempt_of_an_earlier_life_is_ended_at_its_place(desk: Desk) -> None:
    begun = threading.Event()
    with desk.generation(Painter(until_stopped(begun))) as generation:
        job, _ = generation.create(order())
        begun.wait(5)
        generation._rows.move(job.id, JobState.CANCELLED)  # the process dies before its attempt hears of it
    painter = Painter()
    with desk.generation(painter) as generation:
        until(lambda: not generation.get(job.id).attempt_open)
        assert [attempt.place for attempt in painter.abandoned] == ["the easel"]
        assert not generation.get(job.id).attempt_open
    assert painter.attempts == []


def test_a_failed_job_is_retried_at_the_end_of_the_queue_with_its_seed(desk: Desk) -> None:
    with desk.generation(Painter(failing(OutOfMemory("too large")))) as generation:
        job, _ = generation.create(Order(request=ASKED, seeded=False))
        assert ended(generation, job.id) is JobState.FAILED
        seed = generation.get(job.id).request["seed"]
        generation.retry(job.id)
        assert ended(generation, job.id) is JobState.COMPLETED
        assert generation.get(job.id).pictures[0]["seed"] == seed
        assert generation.get(job.id).error is None
        with pytest.raises(WrongState, match="it is final"):
            generation.retry(job.id)


def test_deleting_takes_the_pictures_and_is_refused_while_it_is_at_work(desk: Desk) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def plan(request: GenerationRequest, attempt: Attempt, watch: Watch) -> None:
        begun.set()
        go_on.wait(5)

    with desk.generation(Painter(plan)) as generation:
        job, _ = generation.create(order(references=(b"a picture",)))
        begun.wait(5)
        with pytest.raises(WrongState, match="cancel it"):
            generation.delete(job.id)
        go_on.set()
        ended(generation, job.id)
        generation.delete(job.id)
        assert desk.stored() == []
        with pytest.raises(NotFound):
            generation.get(job.id)


def test_pictures_are_kept_as_long_as_promised_and_the_record_longer(desk: Desk) -> None:
    with desk.generation(Painter(), keep=timedelta(days=1)) as generation:
        job, _ = generation.create(order())
        ended(generation, job.id)
        desk.clock.advance(timedelta(hours=23))
        assert generation.picture(job.id, 1)["number"] == 1
        desk.clock.advance(timedelta(hours=2))
        with pytest.raises(Gone):
            generation.picture(job.id, 1)
        other, _ = generation.create(order())
        ended(generation, other.id)
        until(lambda: len(desk.stored()) == 1)
        assert [key for key in desk.stored() if job.id in key] == []
        assert generation.get(job.id).status is JobState.COMPLETED


def test_a_heartbeat_renews_the_lease(desk: Desk) -> None:
    begun, checked, go_on = threading.Event(), threading.Event(), threading.Event()

    def plan(request: GenerationRequest, attempt: Attempt, watch: Watch) -> None:
        begun.set()
        go_on.wait(5)
        watch.check()
        checked.set()
        watch.stopping.wait(5)
        watch.check()

    with desk.generation(Painter(plan)) as generation:
        job, _ = generation.create(order())
        begun.wait(5)
        before = generation.get(job.id).lease_until
        desk.clock.advance(timedelta(seconds=45))
        go_on.set()
        checked.wait(5)
        assert before is not None
        assert generation.get(job.id).lease_until == before + timedelta(seconds=45)


def test_a_ticket_that_is_handed_out_twice_is_worked_off_once(desk: Desk) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def plan(request: GenerationRequest, attempt: Attempt, watch: Watch) -> None:
        begun.set()
        go_on.wait(5)

    painter = Painter(plan)
    with desk.generation(painter) as generation:
        job, _ = generation.create(order())
        begun.wait(5)
        generation._workshop.work(job.id)  # as a queue on several machines does when it is in doubt
        go_on.set()
        assert ended(generation, job.id) is JobState.COMPLETED
        assert len(desk.stored()) == 1
    assert len(painter.attempts) == 1
