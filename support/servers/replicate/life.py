"""One prediction from its order to its end, by the double's clock."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from app.clock import Clock
from support.servers.replicate.models import Offered
from support.servers.replicate.painting import paint
from support.servers.replicate.trouble import ERRORS, FailureMode

Status = Literal["starting", "processing", "succeeded", "failed", "canceled"]
KEPT_FOR = timedelta(hours=1)
# Of a model that tells no inference steps.
USUAL_STEPS = 4
PAGE = b"<!doctype html><title>Sign in</title><p>Please sign in to see this file."
# As a progress bar shows it, which is all that a model tells of its inference steps.
BAR = 10


@dataclass
class Pace:
    """start_seconds: from the order to the first inference step; step_seconds: of each, both by the clock."""

    start_seconds: float = 0.0
    step_seconds: float = 0.0


@dataclass
class Ordered:
    """A prediction: what was ordered, what became of it. input: as it came; file: what it gave."""

    id: str
    model: Offered
    input: dict[str, Any]
    webhook: str | None
    events: tuple[str, ...]
    created_at: datetime
    trouble: FailureMode | None = None
    status: Status = "starting"
    started_at: datetime | None = None
    completed_at: datetime | None = None
    error: str | None = None
    logs: str = ""
    file: bytes | None = None
    kind: str = "png"
    ended: threading.Event = field(default_factory=threading.Event)
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def prompt(self) -> str:
        return str(self.input.get("prompt", ""))

    def __str__(self) -> str:
        return f"prediction {self.id} of {self.prompt!r}: {self.status}{f' ({self.error})' if self.error else ''}"

    def is_removed(self, now: datetime) -> bool:
        """Whether its input, output and files are gone. Source: "Webhooks", persisting prediction data."""
        return self.completed_at is not None and now - self.completed_at >= KEPT_FOR


class Life:
    """Runs one prediction on a thread of its own. references: the files of its input images."""

    def __init__(
        self,
        ordered: Ordered,
        *,
        clock: Clock,
        pace: Pace,
        references: Callable[[], list[bytes]],
        tell: Callable[[Ordered, str], None],
        lock: threading.RLock,
    ) -> None:
        self._ordered = ordered
        self._clock = clock
        self._pace = pace
        self._references = references
        self._tell = tell
        self._lock = lock
        self.thread = threading.Thread(target=self._run, name="replicate prediction", daemon=True)

    def cancel(self) -> None:
        """By its creator; one that has ended stays as it is."""
        if self._end("canceled"):
            self._tell(self._ordered, "completed")

    def stop(self) -> None:
        """The double closes."""
        self._ordered.stopped.set()

    def _run(self) -> None:
        ordered = self._ordered
        if not self._passes(self._pace.start_seconds) or not self._begin():
            return
        self._tell(ordered, "start")
        steps = int(ordered.input.get("num_inference_steps", USUAL_STEPS))
        tells = "num_inference_steps" in ordered.model.inputs
        for step in range(1, steps + 1):
            if not self._passes(self._pace.step_seconds):
                return
            if step == max(steps // 2, 1) and not self._survives():
                return
            if tells:
                self._log(step, steps)
        self._finish()

    def _begin(self) -> bool:
        with self._lock:
            if self._ordered.stopped.is_set():
                return False
            self._ordered.status, self._ordered.started_at = "processing", self._clock.now()
            return True

    def _passes(self, seconds: float) -> bool:
        """Let time go by; False once it is cancelled."""
        if seconds:
            self._clock.sleep(seconds, unless=self._ordered.stopped)
        return not self._ordered.stopped.is_set()

    def _survives(self) -> bool:
        """Half-way: whether no trouble ends it."""
        trouble = self._ordered.trouble
        if trouble == "hangs":
            self._ordered.stopped.wait()
            return False
        if trouble == "cancels":
            self.cancel()
            return False
        if trouble in ERRORS:
            if self._end("failed", error=ERRORS[str(trouble)]):
                self._tell(self._ordered, "completed")
            return False
        return True

    def _log(self, step: int, of: int) -> None:
        done = BAR * step // of
        bar = "█" * done + " " * (BAR - done)
        with self._lock:
            self._ordered.logs += f"{100 * step // of:3d}%|{bar}| {step}/{of} [00:01<00:01,  9.99it/s]\n"

    def _finish(self) -> None:
        ordered, file = self._ordered, None
        if ordered.trouble == "sends a web page":
            file = PAGE
        elif ordered.trouble != "gives nothing":
            defaults = {name: told["default"] for name, told in ordered.model.inputs.items() if "default" in told}
            file = paint(defaults | ordered.input, self._references(), kind=ordered.kind)
        if self._end("succeeded", file=file):
            self._tell(ordered, "completed")

    def _end(self, status: Status, *, error: str | None = None, file: bytes | None = None) -> bool:
        """False when it has ended already."""
        ordered = self._ordered
        with self._lock:
            if ordered.ended.is_set():
                return False
            ordered.status, ordered.error, ordered.file = status, error, file
            ordered.completed_at = self._clock.now()
            ordered.stopped.set()
            ordered.ended.set()
            return True
