"""A backend on Replicate's double, and what is painted with it; a small program that tests use."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from app.clock import Clock, SystemClock
from app.generation.port import Attempt, GenerationRequest, Leaving, Painting
from app.generation.replicate.backend import ReplicateBackend
from support import leaks
from support.clock import VirtualClock
from support.servers.replicate import FLUX_DEV, TOKEN, Replicate
from tests.easel import Eye, new_attempt

ASKED = GenerationRequest(prompt="a red circle", width=256, height=256, num_inference_steps=4, seed=7)
STEP_SECONDS = 10.0


class Counter:
    """One backend at the double's counter. Use in a `with`: at its end nothing may be left."""

    def __init__(self, double: Replicate, *, clock: Clock | None = None, **more: Any) -> None:
        setup: dict[str, Any] = {"token": TOKEN, "model": FLUX_DEV, "webhook_url": None, "webhook_secret": None}
        chosen = {"url": double.url, "clock": clock or SystemClock(), **setup, **more}
        self.backend = ReplicateBackend(**chosen)
        self._threads = ThreadPoolExecutor(max_workers=4)
        self._eyes: list[Eye] = []

    def __enter__(self) -> Counter:
        return self

    def __exit__(self, *_: object) -> None:
        for eye in self._eyes:
            eye.stop(Leaving)  # a test that failed may have left it at work
        self._threads.shutdown()
        self.backend.close()

    def paint(self, eye: Eye | None = None, *, attempt: Attempt | None = None, **changes: Any) -> Painting:
        return self.backend.generate(replace(ASKED, **changes), attempt or new_attempt(), eye or Eye())

    def at_work(self, eye: Eye, attempt: Attempt | None = None, **changes: Any) -> Future[Painting]:
        self._eyes.append(eye)
        return self._threads.submit(self.paint, eye, attempt=attempt, **changes)


@contextmanager
def double(**more: Any) -> Iterator[Replicate]:
    """The double, of which nothing may be left."""
    before = leaks.Traces.now()
    with Replicate(holds_seconds=0.02, **more) as made:
        yield made
    leaks.check(before)


@contextmanager
def slow_double() -> Iterator[tuple[Replicate, VirtualClock]]:
    """A double whose inference steps wait for a clock that the test moves."""
    clock = VirtualClock()
    with double(clock=clock, step_seconds=STEP_SECONDS) as made:
        yield made, clock


def orders(double: Replicate) -> int:
    """How many orders were sent, whatever became of them."""
    return sum(seen.method == "POST" and seen.path == "/v1/predictions" for seen in double.requests)
