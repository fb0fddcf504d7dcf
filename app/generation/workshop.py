"""Where a ticket's work is done: the job is claimed, painted or given up, and let go."""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta

from app.errors import StudioError
from app.generation.attempt import LEASE, JobWatch, Run, abandon
from app.generation.job import GenerationJob
from app.generation.ledger import Book, Page
from app.generation.port import Attempt, Cancelled, ImageBackend, Leaving
from app.generation.state import JobState
from app.generation.telling import change_of

log = logging.getLogger("app.generation")


class Workshop:
    """Works off tickets, each on a thread of the dispatcher's, for one holder of leases."""

    def __init__(self, *, book: Book, backend: ImageBackend, holder: str, time_limit: timedelta) -> None:
        self._book = book
        self._backend = backend
        self._holder = holder
        self._time_limit = time_limit
        self._at_work: dict[str, tuple[Page, JobWatch]] = {}
        self._leaving = False

    def work(self, job_id: str) -> None:
        """What a ticket is for: the job from its claim to its end. Raises nothing."""
        try:
            self._work(job_id)
        except Exception:
            log.exception("job %s could not be seen to; the next start takes it up again", job_id)

    def stop(self, job_id: str) -> bool:
        """Have the job's attempt end, because nobody wants it any more; False when there is none here."""
        with self._book.lock:
            found = self._at_work.get(job_id)
            if found is not None:
                found[1].stop(Cancelled)
            return found is not None

    def leave(self) -> None:
        """Have every attempt let go of its job, and begin no other."""
        with self._book.lock:
            self._leaving = True
            for _, watch in self._at_work.values():
                watch.stop(Leaving)

    def progress(self, job_id: str) -> tuple[int, int]:
        """Inference steps done, and of how many; (0, 0) for a job that is not at work here."""
        with self._book.lock:
            found = self._at_work.get(job_id)
            return (found[0].step, found[0].of) if found else (0, 0)

    def _work(self, job_id: str) -> None:
        now = self._book.clock.now()
        with self._book.lock:
            if self._leaving or job_id in self._at_work:  # a ticket that was handed out twice
                return
            new = str(uuid.uuid4())
            job = self._book.rows.claim(job_id, attempt_id=new, holder=self._holder, now=now, lease_until=now + LEASE)
            if job is not None:
                page, watch = self._prepared(job)
                if job.attempt_id == new:
                    self._book.channel.publish(change_of(job, now))
        if job is None:
            self._give_up(self._book.rows.get(job_id))
            return
        try:
            request = job.wanted(tuple(map(self._book.album.read, job.reference_keys)))
            Run(self._backend, request, watch, page, self._book.clock).go(_attempt_of(job))
        except StudioError as fault:  # a reference image that the store has no longer
            page.failed(_attempt_of(job), fault)
        finally:
            with self._book.lock:
                del self._at_work[job_id]

    def _prepared(self, job: GenerationJob) -> tuple[Page, JobWatch]:
        page = Page(self._book, job)
        watch = JobWatch(clock=self._book.clock, ledger=page, time_limit=self._time_limit, wants_previews=job.previews)
        self._at_work[job.id] = page, watch
        return page, watch

    def _give_up(self, job: GenerationJob) -> None:
        """Nobody wants it any more; what an earlier life left of it at the backend is ended there."""
        if job.status is JobState.CANCELLED and job.attempt_open:
            attempt = _attempt_of(job)
            abandon(self._backend, attempt, lambda ended: self._book.rows.settle(job.id, ended.id))


def _attempt_of(job: GenerationJob) -> Attempt:
    return Attempt(id=job.attempt_id or "", number=max(job.attempts, 1), place=job.place)
