"""A bounded number of threads, none before there is work and none idle."""

from __future__ import annotations

import threading
from collections.abc import Callable
from time import monotonic

Work = Callable[[], None]


class Workers:
    """Runs what `take` gives, on up to `limit` threads at the same time.

    take: the next piece of work, or None; called under the workers' lock, so never twice at once.
    A piece of work must not raise.
    """

    def __init__(self, *, limit: int, take: Callable[[], Work | None]) -> None:
        self._limit = limit
        self._take = take
        self._lock = threading.Lock()
        self._busy = 0
        self._closing = False
        self._threads: list[threading.Thread] = []

    def wake(self) -> None:
        """There may be work: start what has a free place."""
        with self._lock:
            self._threads = [thread for thread in self._threads if thread.is_alive()]
            while not self._closing and self._busy < self._limit:
                work = self._take()
                if work is None:
                    return
                # Daemons: a name that resolves slowly must not keep a finished studio alive.
                thread = threading.Thread(target=self._run, args=(work,), name="download", daemon=True)
                self._busy += 1
                self._threads.append(thread)
                thread.start()

    def close(self, *, within_seconds: float) -> None:
        """Take no more work and wait for what runs; the caller has told it to stop."""
        with self._lock:
            self._closing = True
            threads = list(self._threads)
        deadline = monotonic() + within_seconds
        for thread in threads:
            thread.join(max(deadline - monotonic(), 0))

    def _run(self, work: Work | None) -> None:
        while work is not None:
            work()
            with self._lock:
                work = None if self._closing else self._take()
                if work is None:
                    self._busy -= 1
