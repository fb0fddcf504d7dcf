"""What the Replicate backend makes of failures: what was painted is kept, the rest is told, with whose fault it was."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from app.clock import SystemClock
from app.errors import InvalidInput, NotConfigured, Unavailable
from app.generation.faults import BackendFailed, OutOfMemory
from app.generation.port import Cancelled
from app.generation.replicate.backend import ReplicateBackend
from app.generation.replicate.errors import NoAnswer, NoCredit, NotLetIn, Trouble
from support.clock import VirtualClock
from support.servers.replicate import FLUX_DEV, TOKEN, Replicate
from tests.easel import Eye, must
from tests.studio_of_replicate import Counter, double, orders


@pytest.fixture
def made() -> Iterator[Replicate]:
    with double() as one:
        yield one


# What goes wrong


def test_one_of_three_that_fails_leaves_the_others(made: Replicate) -> None:
    made.fails("fails", times=1, after=1)
    with Counter(made) as counter:
        painting = counter.paint(num_images=3)
    assert [one.seed for one in painting.pictures] == [7, 9]
    assert painting.warnings[0].startswith("picture 2 was not painted: Prediction failed: the model ran into")


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        ("fails", "ran into an error"),
        ("refuses what it sees", "NSFW content detected"),
        ("sends a web page", "no picture"),
        ("gives nothing", "keeps its file no longer"),
        ("cancels", "somebody cancelled it"),
    ],
)
def test_when_all_fail_the_first_reason_is_told(made: Replicate, mode: Any, why: str) -> None:
    made.fails(mode)
    with Counter(made) as counter, pytest.raises(BackendFailed, match=why):
        counter.paint(num_images=2)
    assert orders(made) == 2


def test_out_of_memory_is_told_as_such(made: Replicate) -> None:
    made.fails("out of memory")
    with Counter(made) as counter, pytest.raises(OutOfMemory, match="CUDA out of memory"):
        counter.paint()


def test_without_credit_nothing_more_is_ordered(made: Replicate) -> None:
    made.fails("asks for payment")
    with Counter(made) as counter:
        with pytest.raises(NoCredit, match="insufficient credit"):
            counter.paint(num_images=4)
        assert counter.backend.condition().name == "failed"
    assert orders(made) == 1


def test_a_token_that_is_not_accepted_is_told_by_its_setting(made: Replicate) -> None:
    with Counter(made, token="r8_WrongTokenOfSomebody") as counter:
        with pytest.raises(NotLetIn, match="REPLICATE_API_TOKEN") as refused:
            counter.paint()
        assert "r8_WrongTokenOfSomebody" not in str(refused.value)
        assert "REPLICATE_API_TOKEN" in counter.backend.condition().why
    assert orders(made) == 0


def test_without_a_token_whoever_asks_is_told_which_setting_is_missing(made: Replicate) -> None:
    with Counter(made, token=None) as counter:
        with pytest.raises(NotConfigured, match="REPLICATE_API_TOKEN is not set"):
            counter.paint()
        assert counter.backend.condition().name == "failed"
    assert made.requests == []


def test_a_model_that_there_is_none_of_is_told_by_its_setting(made: Replicate) -> None:
    with Counter(made, model="nobody/nothing") as counter, pytest.raises(BackendFailed, match="REPLICATE_MODEL"):
        counter.paint()


@pytest.mark.parametrize("model", ["", "flux", "a/b/c", "a/b:latest", "../etc", "a b/c"])
def test_what_is_no_model_is_refused_at_the_start(model: str) -> None:
    with pytest.raises(Unavailable, match="REPLICATE_MODEL"):
        backend(model=model)


@pytest.mark.parametrize("url", ["", "api.replicate.com", "ftp://api.replicate.com"])
def test_what_is_no_address_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(Unavailable, match="REPLICATE_URL"):
        backend(url=url)


def backend(**changes: Any) -> ReplicateBackend:
    usual: dict[str, Any] = {"url": "https://api.replicate.com", "model": FLUX_DEV, "webhook_url": None}
    return ReplicateBackend(**{**usual, "token": TOKEN, "webhook_secret": None, "clock": SystemClock(), **changes})


def test_a_checkpoint_of_another_backend_is_refused(made: Replicate) -> None:
    with Counter(made) as counter, pytest.raises(InvalidInput, match="it has black-forest-labs/flux-dev"):
        counter.paint(checkpoint="sdxl.safetensors")


def test_an_answer_that_is_out_of_order_is_a_passing_fault(made: Replicate) -> None:
    made.is_out_of_order(503)
    with Counter(made) as counter:
        with pytest.raises(Trouble):
            counter.paint()
        assert counter.backend.condition().name == "degraded"
        made.works_again()
        counter.paint()
        assert counter.backend.condition().name == "ready"


def test_an_address_where_nobody_listens_is_a_passing_fault() -> None:
    with double() as gone:
        counter = Counter(gone)
    with counter, pytest.raises(NoAnswer) as silence:
        counter.paint()
    assert not silence.value.sent


# Throttled


def test_a_throttled_order_waits_for_its_reset_by_the_clock() -> None:
    clock = VirtualClock()
    with double(clock=clock) as made, Counter(made, clock=clock) as counter:
        made.throttles(30)
        work = counter.at_work(Eye(), num_images=2)
        must(lambda: clock.sleepers)
        assert orders(made) == 1
        for _ in range(29):
            clock.advance(timedelta(seconds=1))
        assert not work.done()
        assert len(made.predictions()) == 0
        clock.advance(timedelta(seconds=1))
        assert len(work.result().pictures) == 2
        assert orders(made) == 3


def test_who_waits_for_a_reset_can_be_cancelled() -> None:
    clock = VirtualClock()
    with double(clock=clock) as made, Counter(made, clock=clock) as counter:
        made.throttles(3000)
        eye = Eye()
        work = counter.at_work(eye)
        must(lambda: clock.sleepers)
        eye.stop(Cancelled)
        with pytest.raises(Cancelled):
            work.result()
        assert made.predictions() == []
