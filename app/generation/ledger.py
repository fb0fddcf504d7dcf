"""One job's page in the studio's book: what its attempts may write, and who hears of it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from app.clock import Clock
from app.errors import StudioError
from app.events import Channel
from app.generation.album import Album, Output, with_settings
from app.generation.effects import effects_of
from app.generation.faults import BackendFailed
from app.generation.job import GenerationJob
from app.generation.port import Attempt, GenerationRequest, Painting
from app.generation.state import JobState
from app.generation.tables import Jobs
from app.generation.tally import Tally
from app.generation.telling import change_of, progress_of, wait_of


@dataclass(frozen=True)
class Ended:
    """A job that has ended, with its pictures as files when it was completed."""

    job: GenerationJob
    files: tuple[bytes, ...] = field(default=(), repr=False)


@dataclass(frozen=True)
class Book:
    """What all pages share. lock: orders what the rows and the channel say; on_end: told after everybody else."""

    rows: Jobs
    album: Album
    channel: Channel
    clock: Clock
    lock: threading.RLock
    tally: Tally
    on_end: Callable[[Ended], None]


class Page:
    """A Ledger on one job. step, of: how far it has come."""

    def __init__(self, book: Book, job: GenerationJob) -> None:
        self.step = self.of = 0
        self._book = book
        self._job = job

    def begins(self, attempt: Attempt, lease_until: datetime) -> bool:
        return self._change(attempt, attempts=attempt.number, waiting_until=None, lease_until=lease_until)

    def placed(self, attempt: Attempt, where: str) -> bool:
        return self._change(attempt, place=where)

    def lives(self, attempt: Attempt, lease_until: datetime) -> bool:
        return self._change(attempt, lease_until=lease_until)

    def progressed(self, step: int, of: int, preview: bytes | None) -> None:
        self.step, self.of = step, of
        self._book.channel.publish(progress_of(self._job.id, step, of, preview, self._book.clock.now()))

    def waits(self, attempt: Attempt, until: datetime, fault: StudioError) -> bool:
        with self._book.lock:
            waits = self._change(attempt, waiting_until=until)
            if waits:
                self._book.channel.publish(
                    wait_of(self._job.id, attempt.number, until, fault.message, self._book.clock.now())
                )
            return waits

    def completed(self, attempt: Attempt, request: GenerationRequest, painting: Painting, seconds: float) -> bool:
        """The pictures are stored before the row says that there are any. Raises StorageUnavailable, BackendFailed."""
        if len(painting.pictures) == 0:
            raise BackendFailed("the backend gave no picture")
        output = Output(**self._job.output)
        ids = self._job.character_references
        files = tuple(with_settings(request, painting, picture, output, ids) for picture in painting.pictures)
        kept = self._book.album.keep(self._job.id, files, painting.pictures, output)
        applied, not_applied = effects_of(request, output, painting)
        painted = {
            "pictures": kept,
            "checkpoint": painting.checkpoint,
            "warnings": list(painting.warnings),
            "applied": applied,
            "not_applied": not_applied,
        }
        done = self._end(attempt, JobState.COMPLETED, files, painted=painted, kept=True, seconds=seconds)
        if done:
            self._book.tally.painted(len(files), seconds)
        else:
            # It was cancelled while it was being stored, and another attempt has not begun: retrying waits for us.
            self._book.album.remove([picture["key"] for picture in kept])
        return done

    def failed(self, attempt: Attempt, fault: StudioError) -> bool:
        error = {"code": fault.code, "message": fault.message, "status": fault.status, "title": fault.title}
        error |= {name: value for name in ("node", "field") if (value := getattr(fault, name, None)) is not None}
        failed = self._end(attempt, JobState.FAILED, (), error=error)
        if failed:
            self._book.tally.failed(fault.code)
        return failed

    def settled(self, attempt: Attempt) -> None:
        self._book.rows.settle(self._job.id, attempt.id)

    def _end(self, attempt: Attempt, state: JobState, files: tuple[bytes, ...], **facts: object) -> bool:
        now = self._book.clock.now()
        with self._book.lock:
            closing = {"ended_at": now, "waiting_until": None, "lease_until": None, "attempt_open": False}
            job = self._book.rows.change(self._job, attempt.id, state=state, **closing, **facts)
            if job is not None:
                self._book.channel.publish(change_of(job, now))
                self._book.on_end(Ended(job, files))
            return job is not None

    def _change(self, attempt: Attempt, **facts: object) -> bool:
        job = self._book.rows.change(self._job, attempt.id, **facts)
        if job is None:
            return False
        self._job = job
        return True
