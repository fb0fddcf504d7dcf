"""Generation jobs: taken up, queued, painted, told of, kept; one table says what may become of each.

Threads carry the attempts; one lock orders everything that listeners can see, so that what the database says
and what the channel says never cross.
"""

from __future__ import annotations

import math
import secrets
import statistics
import threading
import uuid
from collections.abc import Sequence
from concurrent.futures import Future, InvalidStateError
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from app.clock import Clock
from app.database import Database
from app.errors import Conflict, InvalidInput, NotFound, StudioError, Unavailable, WrongState
from app.events import Channel
from app.generation.album import Album, Output, thumbnail
from app.generation.attempt import fault_of
from app.generation.job import NORMAL, URGENT, GenerationJob, kept_fields
from app.generation.ledger import Book, Ended
from app.generation.port import LARGEST_SIDE, SEEDS, SIDE_STEP, Dispatcher, GenerationRequest, ImageBackend
from app.generation.state import FINAL, JobState
from app.generation.tables import Jobs
from app.generation.tally import Tally
from app.generation.telling import change_of
from app.generation.workshop import Workshop
from app.storage.port import ObjectStore

CLOSE_WITHIN_SECONDS = 2.0
SWEEP_EVERY = timedelta(minutes=1)
FRESH: dict[str, Any] = {
    "attempts": 0,
    "attempt_id": None,
    "attempt_open": False,
    "place": None,
    "holder": None,
    "lease_until": None,
    "waiting_until": None,
    "painted": None,
    "kept": False,
    "error": None,
    "started_at": None,
    "ended_at": None,
    "seconds": None,
}


class QueueFull(StudioError):
    """429: as many jobs wait as the studio takes."""

    status, code, title = 429, "queue_full", "The queue is full"

    def __init__(self, limit: int, seconds: int) -> None:
        super().__init__(f"{limit} jobs wait already; try again in {seconds} seconds")
        self.headers = MappingProxyType({"Retry-After": str(seconds)})


class Gone(StudioError):
    """410: it was there, and is kept no longer."""

    status, code, title = 410, "gone", "No longer kept"


@dataclass(frozen=True)
class Order:
    """What is asked for. request.seed counts only when `seeded`; asked: the call's fields, shown with the job."""

    request: GenerationRequest
    seeded: bool
    output: Output = field(default_factory=Output)
    urgent: bool = False
    previews: bool = False
    asked: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stats:
    """counts: jobs by state; median_seconds: of painting, None before the first; places: at the same time."""

    counts: dict[str, int]
    median_seconds: float | None
    queue_limit: int
    places: int


class Generation:
    """The jobs of one studio.

    holder: this studio's name on a lease; a start takes up what a holder of that name left in the middle.
    keep: how long the pictures of a finished job are kept.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        channel: Channel,
        backend: ImageBackend,
        store: ObjectStore,
        dispatcher: Dispatcher,
        holder: str,
        queue_limit: int,
        time_limit: timedelta,
        keep: timedelta,
    ) -> None:
        self.backend = backend
        self.channel = channel
        self.tally = Tally()
        self._clock = clock
        self._rows = Jobs(database)
        self._album = Album(store)
        self._dispatcher = dispatcher
        self._holder = holder
        self._queue_limit = queue_limit
        self._keep = keep
        self._lock = threading.RLock()
        self._waiters: dict[str, Future[Ended]] = {}
        self._closing = False
        self._swept_at: datetime | None = None
        book = Book(self._rows, self._album, channel, clock, self._lock, self.tally, self._ended)
        self._workshop = Workshop(book=book, backend=backend, holder=holder, time_limit=time_limit)

    def start(self) -> None:
        """Go on where the last life ended: the waiting ones wait, those in the middle are taken up again."""
        if self._rows.any_unsettled():
            for job in self._rows.unsettled(self._holder, self._clock.now()):
                # What was at work goes first: the backend may have finished it meanwhile.
                urgency = job.urgency if job.status is JobState.PENDING else -1
                self._dispatcher.submit(replace(job.ticket, urgency=urgency))
        self._sweep()
        self._dispatcher.start(self._workshop.work)

    def close(self) -> None:
        """Let go of everything at once; the next start takes it up again."""
        with self._lock:
            self._closing = True
            waiters = list(self._waiters.values())
            self._waiters.clear()
        self._workshop.leave()
        self.backend.leave()
        for waiter in waiters:
            with suppress(InvalidStateError):  # whoever waited has gone
                waiter.set_exception(Unavailable("the studio closes; the job goes on when it starts again"))
        self._dispatcher.close(within_seconds=CLOSE_WITHIN_SECONDS)
        self.backend.close()

    def create(self, order: Order, waiter: Future[Ended] | None = None) -> tuple[GenerationJob, int]:
        """Queue a job; the job, and its position. waiter: gets the job's end.

        Raises InvalidInput for what this backend cannot paint, QueueFull.
        """
        self._check(order.request)
        job = self._new(order)
        try:
            job.reference_keys = self._album.keep_references(job.id, order.request.references)
            with self._lock:
                if self._closing:
                    raise Unavailable("the studio closes")
                position = self._rows.add(job, limit=self._queue_limit)
                if position is None:
                    raise QueueFull(self._queue_limit, self._seconds_until_room())
                if waiter is not None:
                    self._waiters[job.id] = waiter
                self.channel.publish(change_of(job, self._clock.now(), position=position))
        except BaseException:
            self._album.remove(job.reference_keys or [])
            raise
        self._dispatcher.submit(job.ticket)
        return job, position

    def make(self, order: Order) -> Ended:
        """Queue a job and wait for its end. Raises what `create` raises, and why it failed."""
        waiter: Future[Ended] = Future()
        self.create(order, waiter)
        return succeeded(waiter.result())

    def get(self, job_id: str) -> GenerationJob:
        """Raises NotFound."""
        return self._rows.get(job_id)

    def page(
        self, *, page: int, page_size: int, state: JobState | None, kind: str | None
    ) -> tuple[list[GenerationJob], int]:
        """The newest jobs first, and how many there are in all; pages count from 1."""
        return self._rows.page(page=page, page_size=page_size, state=state, kind=kind)

    def unfinished(self) -> list[GenerationJob]:
        return self._rows.unfinished()

    def jobs_using(self, image_id: str) -> list[str]:
        """The jobs that wait or are painted with that character reference, by id."""
        return [job.id for job in self._rows.unfinished() if image_id in job.character_references]

    def positions(self, jobs: Sequence[GenerationJob]) -> dict[str, int]:
        """The place in the queue of each that waits, 1 for the next."""
        return self._rows.positions(jobs)

    def progress(self, job_id: str) -> tuple[int, int]:
        """Inference steps done, and of how many; (0, 0) for a job that is not at work here."""
        return self._workshop.progress(job_id)

    def cancel(self, job_id: str) -> GenerationJob:
        """End it now for everybody who looks; what its backend still does is ended as soon as it can be."""
        now = self._clock.now()
        with self._lock:
            changes = {"ended_at": now, "waiting_until": None, "lease_until": None}
            job = self._rows.move(job_id, JobState.CANCELLED, **changes)
            at_work = self._workshop.stop(job_id)
            self.channel.publish(change_of(job, now))
            self._ended(Ended(job))
        if not at_work:
            self._dispatcher.withdraw(job.ticket)
        return job

    def retry(self, job_id: str) -> tuple[GenerationJob, int | None]:
        """Queue a failed or cancelled one again, at the end, with the same seed."""
        with self._lock:
            _refuse_while_stopping(self._rows.get(job_id))
            job = self._rows.retry(job_id, **FRESH)
            position = self._rows.positions([job]).get(job_id)
            self.channel.publish(change_of(job, self._clock.now(), position=position))
        self._dispatcher.submit(job.ticket)
        return job, position

    def delete(self, job_id: str) -> None:
        """Forget a job that has ended, and its pictures. Raises NotFound, WrongState."""
        with self._lock:
            job = self._rows.get(job_id)
            if job.status not in FINAL:
                raise WrongState(f"job {job_id} is {job.state}; cancel it before it is deleted")
            _refuse_while_stopping(job)
            self._rows.delete(job_id)
        self._album.remove_all_of(job)

    def picture(self, job_id: str, number: int) -> dict[str, Any]:
        """One picture's facts; `read` gives its bytes. Raises NotFound, WrongState, Gone."""
        job = self._rows.get(job_id)
        if job.status is not JobState.COMPLETED:
            raise NotFound(f"job {job_id} is {job.state}; it has a picture once it is completed")
        if not job.kept or self._expired(job):
            raise Gone(f"the pictures of job {job_id} are no longer kept; retrying is not possible, asking again is")
        found = next((picture for picture in job.pictures if picture["number"] == number), None)
        if found is None:
            raise NotFound(f"job {job_id} has {len(job.pictures)} pictures, none with number {number}", field="number")
        return found

    def read(self, picture: dict[str, Any], size: int | None) -> tuple[bytes, str]:
        """A picture's bytes and content type; size: the longer side of a thumbnail, in pixels."""
        data = self._album.read(picture["key"])
        return (data, str(picture["content_type"])) if size is None else (thumbnail(data, size), "image/webp")

    def stats(self) -> Stats:
        taken = self._rows.newest_seconds(100)
        return Stats(
            counts=self._rows.counts(),
            median_seconds=statistics.median(taken) if taken else None,
            queue_limit=self._queue_limit,
            places=self.backend.places,
        )

    def _check(self, request: GenerationRequest) -> None:
        for name, side in (("width", request.width), ("height", request.height)):
            if side < self.backend.smallest_side:
                raise InvalidInput(f"{name} must be at least {self.backend.smallest_side}, {side} is not", field=name)
            if side > LARGEST_SIDE:
                raise InvalidInput(f"{name} must be at most {LARGEST_SIDE}, {side} is not", field=name)
            if side % SIDE_STEP:
                raise InvalidInput(f"{name} must be a multiple of {SIDE_STEP}, {side} is not", field=name)
        if request.references and "references" not in self.backend.offers:
            raise InvalidInput(f"image: the {self.backend.name} backend takes no reference image", field="image")
        if len(request.references) > 1 and "several-references" not in self.backend.offers:
            told = f"takes one reference image, {len(request.references)} are given"
            raise InvalidInput(f"the {self.backend.name} backend {told}", field="character_references")

    def _new(self, order: Order) -> GenerationJob:
        request = order.request if order.seeded else replace(order.request, seed=secrets.randbelow(SEEDS))
        return GenerationJob(
            id=str(uuid.uuid4()),
            turn=0,  # given when it is queued
            urgency=URGENT if order.urgent else NORMAL,
            kind="edit" if request.references else "text-to-image",
            state=JobState.PENDING,
            request=kept_fields(request),
            reference_keys=[],
            asked=order.asked,
            output=vars(order.output),
            previews=order.previews,
            backend=self.backend.name,
            created_at=self._clock.now(),
            **FRESH,
        )

    def _seconds_until_room(self) -> int:
        """After how many seconds a place in the queue should be free: when the next job has been painted."""
        taken = self.tally.durations
        return max(1, math.ceil(statistics.median(taken) / self.backend.places)) if taken else 1

    def _ended(self, ended: Ended) -> None:
        """Under the lock: tell whoever waits for this very job; tidy up now and then."""
        waiter = self._waiters.pop(ended.job.id, None)
        if waiter is not None:
            with suppress(InvalidStateError):  # whoever waited has gone
                waiter.set_result(ended)
        self._sweep()

    def _expired(self, job: GenerationJob) -> bool:
        return job.ended_at is not None and job.ended_at + self._keep < self._clock.now()

    def _sweep(self) -> None:
        """Remove the pictures that are kept no longer; looked at once a minute at most."""
        now = self._clock.now()
        if self._swept_at is not None and now - self._swept_at < SWEEP_EVERY:
            return
        self._swept_at = now
        for job in self._rows.forget_pictures(now - self._keep):
            self._album.remove_all_of(job)


def _refuse_while_stopping(job: GenerationJob) -> None:
    if job.attempt_open:
        raise WrongState(f"job {job.id} is still being stopped; try again in a moment")


def succeeded(ended: Ended) -> Ended:
    """The end of a job that was completed. Raises what it failed of, or Conflict when it was cancelled."""
    if ended.job.status is JobState.COMPLETED:
        return ended
    if ended.job.error is not None:
        raise fault_of(ended.job.error)
    raise Conflict(f"job {ended.job.id} was cancelled", code="cancelled")
