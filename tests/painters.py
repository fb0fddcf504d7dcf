"""Image backends that do as a test tells them: small programs that meet the port, for the jobs round them."""

from __future__ import annotations

import threading
from collections.abc import Callable

from PIL import Image

from app.errors import StudioError
from app.generation.port import Attempt, Condition, GenerationRequest, NotApplied, Painting, Picture, Watch

Plan = Callable[[GenerationRequest, Attempt, Watch], None]


class Painter:
    """An ImageBackend that first does what `plan` says, then gives grey pictures.

    attempts: every one that it was given, in order; abandoned: those that it was told to end.
    """

    name = "painter"
    offers = frozenset({"seeds", "sizes", "batches", "references"})
    smallest_side = 16
    applied: tuple[str, ...] = ()
    not_applied: tuple[NotApplied, ...] = ()

    def __init__(self, plan: Plan = lambda request, attempt, watch: None, *, places: int = 1) -> None:
        self.plan = plan
        self.attempts: list[Attempt] = []
        self.prompts: list[str] = []
        self.abandoned: list[Attempt] = []
        self._places = places
        self._lock = threading.Lock()

    @property
    def places(self) -> int:
        return self._places

    def generate(self, request: GenerationRequest, attempt: Attempt, watch: Watch) -> Painting:
        with self._lock:
            self.attempts.append(attempt)
            self.prompts.append(request.prompt)
        self.plan(request, attempt, watch)
        image = Image.new("RGB", (request.width, request.height), "grey")
        pictures = tuple(Picture(image, request.seed_of(number)) for number in range(request.num_images))
        return Painting(pictures, checkpoint="grey")

    def abandon(self, attempt: Attempt) -> None:
        self.abandoned.append(attempt)

    def condition(self) -> Condition:
        return Condition("ready")

    def details(self) -> dict[str, object]:
        return {}

    def leave(self) -> None:
        """Nobody waits in here but for the watch."""

    def close(self) -> None:
        """Nothing is held."""


def failing(*faults: StudioError) -> Plan:
    """A plan that raises each fault in turn, then works."""
    left = list(faults)

    def plan(request: GenerationRequest, attempt: Attempt, watch: Watch) -> None:
        if left:
            raise left.pop(0)

    return plan


def until_stopped(begun: threading.Event) -> Plan:
    """A plan that says that it has begun, then works until it is told to stop."""

    def plan(request: GenerationRequest, attempt: Attempt, watch: Watch) -> None:
        watch.placed("the easel")
        begun.set()
        watch.stopping.wait(5)
        watch.check()

    return plan
