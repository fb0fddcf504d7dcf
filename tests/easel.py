"""An easel for the ComfyUI backend: a watch that remembers, attempts on threads of their own, a server that waits."""

from __future__ import annotations

import io
import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

from PIL import Image

from app.clock import Clock, SystemClock
from app.generation.comfyui.backend import ComfyUIBackend
from app.generation.comfyui.wire import Address, Wire
from app.generation.port import Attempt, GenerationRequest, Leaving, Painting, Stopped
from support.clock import VirtualClock
from support.servers.comfyui import ComfyUI
from support.waiting import until

ASKED = GenerationRequest(prompt="a red circle", width=64, height=64, num_inference_steps=4, seed=7)
STEP = timedelta(seconds=10)


class Eye:
    """A Watch that remembers what it saw, and says stop when a test does."""

    def __init__(self, *, previews: bool = False) -> None:
        self.stopping = threading.Event()
        self.wants_previews = previews
        self.steps: list[tuple[int, int]] = []
        self.previews: list[bytes] = []
        self.places: list[str] = []
        self._reason: type[Stopped] | None = None

    def stop(self, reason: type[Stopped]) -> None:
        self._reason = reason
        self.stopping.set()

    def check(self) -> None:
        if self._reason is not None:
            raise self._reason

    def placed(self, where: str) -> None:
        self.places.append(where)

    def progress(self, step: int, of: int, preview: bytes | None = None) -> None:
        self.check()
        self.steps.append((step, of))
        if preview is not None:
            self.previews.append(preview)


class Easel:
    """One backend on some servers, and what is painted with it. Use in a `with`: at its end nothing may be left."""

    def __init__(self, *servers: ComfyUI, clock: Clock | None = None, urls: Sequence[str] = (), **more: Any) -> None:
        setup: dict[str, Any] = {"workflow": "checkpoint", "checkpoint": None, "clip": (), "vae": None, "denoise": 0.75}
        addresses = [*urls, *(server.url for server in servers)]
        self.backend = ComfyUIBackend(urls=addresses, clock=clock or SystemClock(), **{**setup, **more})
        self._threads = ThreadPoolExecutor(max_workers=4)
        self._eyes: list[Eye] = []

    def __enter__(self) -> Easel:
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


def new_attempt(**changes: Any) -> Attempt:
    return Attempt(str(uuid.uuid4()), **changes)


def pixels(painting: Painting, number: int = 0) -> bytes:
    return painting.pictures[number].image.tobytes()


def png(painting: Painting, number: int = 0) -> bytes:
    file = io.BytesIO()
    painting.pictures[number].image.save(file, "PNG")
    return file.getvalue()


def photo(colour: str, size: tuple[int, int] = (64, 64), kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, kind)
    return file.getvalue()


@contextmanager
def slow_server(profile: Any = "0.8") -> Iterator[tuple[ComfyUI, VirtualClock]]:
    """A server whose inference steps wait for a clock that the test moves."""
    clock = VirtualClock()
    server = ComfyUI(clock=clock, step_seconds=STEP.total_seconds(), profile=profile)
    try:
        yield server, clock
    finally:
        server.close()


@contextmanager
def somebody_else(server: ComfyUI) -> Iterator[Wire]:
    """Another client of the same server."""
    wire = Wire(Address(server.url))
    try:
        yield wire
    finally:
        wire.close()


def until_steps(clock: VirtualClock, eye: Eye, count: int) -> None:
    """Move the clock a step at a time until the watch has seen so many."""
    while len(eye.steps) < count:
        seen = len(eye.steps)
        must(lambda: clock.sleepers)
        clock.advance(STEP)
        must(lambda seen=seen: len(eye.steps) > seen)  # type: ignore[misc]  # a default binds the count of now


def move_on(*clocks: VirtualClock) -> None:
    """One step on wherever somebody waits for it."""
    for clock in clocks:
        if clock.sleepers:
            clock.advance(STEP)


def to_the_end(clock: VirtualClock, future: Future[Any]) -> Any:
    """Move the clock until the work has ended; its result, or what it raises."""

    def ended() -> bool:
        move_on(clock)
        return future.done()

    must(ended)
    return future.result()


def must(probe: Callable[[], object], within: timedelta = timedelta(seconds=8)) -> None:
    assert until(probe, within=within), "it never became true"


def outcomes(server: ComfyUI) -> list[str]:
    return [prompt.outcome for prompt in server.prompts()]


def asked(server: ComfyUI, path: str) -> int:
    return sum(seen.path == path for seen in server.requests)
