"""One job's work: attempts until the picture is there, nobody wants it, or nothing more would help."""

from __future__ import annotations

import logging
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from app.clock import Clock
from app.errors import StudioError
from app.generation.faults import BackendDown, BackendFailed, TooLong
from app.generation.port import Attempt, Cancelled, GenerationRequest, ImageBackend, Leaving, Painting, Stopped

log = logging.getLogger("app.generation")

# Before the second attempt and before the third: a lost job is submitted again within half a minute.
BACK_OFF_SECONDS = (2.0, 8.0)
LEASE = timedelta(seconds=60)


class Ledger(Protocol):
    """What an attempt may write of its job; False: the job is not this attempt's any more."""

    def begins(self, attempt: Attempt, lease_until: datetime) -> bool: ...
    def placed(self, attempt: Attempt, where: str) -> bool: ...
    def lives(self, attempt: Attempt, lease_until: datetime) -> bool: ...
    def progressed(self, step: int, of: int, preview: bytes | None) -> None: ...
    def waits(self, attempt: Attempt, until: datetime, fault: StudioError) -> bool: ...
    def completed(self, attempt: Attempt, request: GenerationRequest, painting: Painting, seconds: float) -> bool: ...
    def failed(self, attempt: Attempt, fault: StudioError) -> bool: ...
    def settled(self, attempt: Attempt) -> None: ...


class JobWatch:
    """The studio's eye on one job, over all of its attempts; a Watch.

    The time limit counts from `begin`; the heartbeat goes with the checks, so that a thread that hangs
    loses its lease. place: where the newest attempt was put.
    """

    def __init__(self, *, clock: Clock, ledger: Ledger, time_limit: timedelta, wants_previews: bool) -> None:
        self.stopping = threading.Event()
        self.wants_previews = wants_previews
        self.time_limit = time_limit
        self.too_long = False
        self.place: str | None = None
        self._clock = clock
        self._ledger = ledger
        self._reason: type[Stopped] | None = None
        self._attempt = Attempt(id="")
        self._deadline = self._lease_until = clock.now()
        self._step = 0

    def begin(self, attempt: Attempt) -> None:
        """The time of this attempt starts now."""
        now = self._clock.now()
        self._attempt, self.place = attempt, attempt.place
        self._deadline, self._lease_until = now + self.time_limit, now + LEASE

    def stop(self, reason: type[Stopped]) -> None:
        """Have the next check raise `reason`; the first reason stays. From any thread."""
        self._reason = self._reason or reason
        self.stopping.set()

    def check(self) -> None:
        now = self._clock.now()
        if self._reason is None and now >= self._deadline:
            self.too_long = True
            self.stop(Cancelled)
        if self._reason is not None:
            raise self._reason
        if self._lease_until - now < LEASE / 2:
            self._lease_until = now + LEASE
            self._insist(self._ledger.lives(self._attempt, self._lease_until))

    def placed(self, where: str) -> None:
        self._insist(self._ledger.placed(self._attempt, where))
        self.place = where

    def progress(self, step: int, of: int, preview: bytes | None = None) -> None:
        self.check()
        # A second attempt counts from one again; listeners are told only what is new.
        if step > self._step:
            self._step = step
            self._ledger.progressed(step, of, preview)

    def _insist(self, still_ours: bool) -> None:
        if not still_ours:
            self.stop(Cancelled)
            raise Cancelled


@dataclass
class Run:
    """The attempts at one job."""

    backend: ImageBackend
    request: GenerationRequest
    watch: JobWatch
    ledger: Ledger
    clock: Clock

    def go(self, first: Attempt) -> None:
        """To the end, whatever it is; raises nothing. first: a new one, or one of an earlier life."""
        self.watch.begin(first)
        attempt: Attempt | None = first
        while attempt is not None:
            attempt = self._attempt(attempt)

    def _attempt(self, attempt: Attempt) -> Attempt | None:
        """Try once; the next attempt, begun, when another one may help."""
        began = time.perf_counter()
        try:
            painting = self.backend.generate(self.request, attempt, self.watch)
            ended = self.ledger.completed(attempt, self.request, painting, time.perf_counter() - began)
        except Leaving:
            return None
        except Cancelled:
            seconds = self.watch.time_limit.total_seconds()
            too_long = TooLong(f"it took longer than {seconds:g} seconds and was stopped")
            ended = self.watch.too_long and self.ledger.failed(attempt, too_long)
        except BackendDown as fault:
            return self._again(attempt, fault)
        except StudioError as fault:
            ended = self.ledger.failed(attempt, fault)
        except Exception as cause:  # a fault of ours: the job must end nevertheless
            ended = self.ledger.failed(attempt, _unexpected(attempt, cause))
        if not ended:
            self.ledger.settled(attempt)
        return None

    def _again(self, attempt: Attempt, fault: BackendDown) -> Attempt | None:
        """Wait until another attempt may help; None when there is none, or nobody wants one any more."""
        left = BACK_OFF_SECONDS[attempt.number - 1 :]
        if not left:
            self.ledger.failed(attempt, fault)
            return None
        seconds = left[0] if fault.wait_seconds is None else fault.wait_seconds
        # Under its own name again: if the backend comes back with it, nothing is painted twice.
        again = Attempt(id=attempt.id, number=attempt.number + 1, place=self.watch.place)
        try:
            if self.ledger.waits(attempt, self.clock.now() + timedelta(seconds=seconds), fault):
                self.clock.sleep(seconds, unless=self.watch.stopping)
                self.watch.begin(again)
                self.watch.check()
                if self.ledger.begins(again, self.clock.now() + LEASE):
                    return again
        except Leaving:
            return None
        except Cancelled:
            pass
        abandon(self.backend, again, self.ledger.settled)
        return None


def abandon(backend: ImageBackend, attempt: Attempt, settled: Callable[[Attempt], None]) -> None:
    """End what nobody wants any more; when the backend cannot be reached, the next start tries again."""
    try:
        backend.abandon(attempt)
    except Exception as fault:
        log.warning("attempt %s could not be ended: %s", attempt.id, fault)
    else:
        settled(attempt)


def _unexpected(attempt: Attempt, cause: Exception) -> BackendFailed:
    reference = uuid.uuid4().hex[:12]
    log.error("unexpected error %s in attempt %s", reference, attempt.id, exc_info=cause)
    return BackendFailed(f"something unexpected happened; the studio's log holds the cause under {reference}")


def fault_of(error: Mapping[str, object]) -> StudioError:
    """A fault as a job's row keeps it, as the exception that it was."""
    fault = StudioError(str(error["message"]), code=str(error["code"]))
    fault.status, fault.title = int(str(error["status"])), str(error["title"])
    fault.field = None if error.get("field") is None else str(error["field"])
    return fault
