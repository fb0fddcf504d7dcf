"""Who may change a job now: one call of this studio at a time, and one studio."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from app.characters.job_folder import FolderUnavailable
from app.characters.job_writing import JobWriter
from app.clock import Clock
from app.errors import Conflict, StorageUnavailable, StudioError
from app.storage.port import ObjectStore


class Turns:
    """Gives turns; whoever comes meanwhile is told, and waits for nothing.

    holder: the studio's name, asked for when it is needed. limit: versions that are kept.
    """

    def __init__(self, store: ObjectStore, *, holder: Callable[[], str], clock: Clock, limit: int) -> None:
        self._store = store
        self._holder = holder
        self._clock = clock
        self._limit = limit
        self._now: dict[str, str] = {}
        self._lock = threading.Lock()

    @contextmanager
    def of(self, job_id: str, doing: str) -> Iterator[None]:
        """Nobody else in this studio changes the job or its folder inside. Raises Conflict. doing: for the others."""
        with self._lock:
            other = self._now.get(job_id)
            if other is not None:
                raise Conflict(
                    f"job {job_id!r} is just being {other}; try again when that is over",
                    field="job_id",
                    code="job_busy",
                )
            self._now[job_id] = doing
        try:
            yield
        finally:
            with self._lock:
                del self._now[job_id]

    @contextmanager
    def writing(self, job_id: str) -> Iterator[JobWriter]:
        """No other studio changes the job in the store inside, either. Raises Conflict, StorageUnavailable."""
        writer = JobWriter(self._store, job_id, holder=self._holder(), clock=self._clock, limit=self._limit)
        writer.begin()
        try:
            yield writer
        except Exception as error:
            # A store in trouble is not asked for more: the next turn clears up.
            if isinstance(error, FolderUnavailable) or not isinstance(error, StorageUnavailable):
                with suppress(StudioError):
                    writer.give_up()
            raise
        with suppress(StorageUnavailable):  # what was to be done is done; the next turn takes the lock over
            writer.end()
