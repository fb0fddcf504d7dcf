"""A bounded number of threads, none before there is work and none idle."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic
from typing import Protocol


class Work(Protocol):
    """One piece of work; it takes one place."""

    def run(self) -> None:
        """Do it; must not raise."""


class Workers:
    """Runs what `take` gives, on up to `limit` threads at the same time.

    limit: asked whenever a place is given away; when it has become smaller, what runs may finish.
    take: the next piece of work, or None; called under the workers' lock, so never twice at once.
    """

    def __init__(self, *, limit: Callable[[], int], take: Callable[[], Work | None]) -> None:
        self._limit = limit
        self._take = take
        self._lock = threading.Lock()
        self._busy: list[Work] = []
        self._closing = False
        self._threads: list[threading.Thread] = []

    def wake(self) -> None:
        """There may be work, or more places: start what has a free place."""
        with self._lock:
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            while (work := self._next()) is not None:
                # Daemons: a name that resolves slowly must not keep a finished studio alive.
                thread = threading.Thread(target=self._run, args=(work,), name="download", daemon=True)
                self._threads.append(thread)
                thread.start()

    def vacate(self, work: Work) -> None:
        """Its place is free from now on, even if its thread takes a while to notice that it was stopped."""
        with self._lock:
            self._leave(work)

    def close(self, *, within_seconds: float) -> None:
        """Take no more work and wait for what runs; the caller has told it to stop."""
        with self._lock:
            self._closing = True
            threads = list(self._threads)
        deadline = monotonic() + within_seconds
        for thread in threads:
            thread.join(max(deadline - monotonic(), 0))

    def _run(self, work: Work | None) -> None:
        had_its_place = True
        while work is not None:
            work.run()
            with self._lock:
                had_its_place = self._leave(work)
                work = self._next() if had_its_place else None
        if not had_its_place:
            # Its place was given away before; but what could not run beside it may run now.
            self.wake()

    def _next(self) -> Work | None:
        if self._closing or len(self._busy) >= self._limit():
            return None
        work = self._take()
        if work is not None:
            self._busy.append(work)
        return work

    def _leave(self, work: Work) -> bool:
        """Whether it still had its place."""
        for place, busy in enumerate(self._busy):
            if busy is work:
                del self._busy[place]
                return True
        return False
