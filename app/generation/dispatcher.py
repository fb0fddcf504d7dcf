"""Jobs on this process's own threads: a Dispatcher for one machine."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from time import monotonic

from app.generation.port import Ticket


class Pool:
    """A bounded number of threads, none before there is work and none idle.

    places: how many at most. What `work` raises ends its thread and nothing else; it is not to raise.
    """

    def __init__(self, *, places: int) -> None:
        self._places = places
        self._lock = threading.Lock()
        self._waiting: list[Ticket] = []
        self._threads: set[threading.Thread] = set()
        self._work: Callable[[str], None] | None = None
        self._closing = False

    def start(self, work: Callable[[str], None]) -> None:
        with self._lock:
            self._work = work
            self._fill()

    def submit(self, ticket: Ticket) -> None:
        with self._lock:
            heapq.heappush(self._waiting, ticket)
            self._fill()

    def withdraw(self, ticket: Ticket) -> bool:
        with self._lock:
            kept = [known for known in self._waiting if known.job_id != ticket.job_id]
            found = len(kept) < len(self._waiting)
            if found:
                heapq.heapify(kept)
                self._waiting = kept
            return found

    def close(self, *, within_seconds: float) -> None:
        with self._lock:
            self._closing = True
            self._waiting.clear()
            threads = list(self._threads)
        deadline = monotonic() + within_seconds
        for thread in threads:
            thread.join(max(deadline - monotonic(), 0))

    def _fill(self) -> None:
        """Under the lock: a thread for each ticket while there are places."""
        if self._work is None or self._closing:
            return
        while len(self._threads) < min(self._places, len(self._threads) + len(self._waiting)):
            # Daemons: a backend that never answers must not keep a finished studio alive.
            thread = threading.Thread(
                target=self._run, args=(heapq.heappop(self._waiting), self._work), name="generation", daemon=True
            )
            self._threads.add(thread)
            thread.start()

    def _run(self, ticket: Ticket, work: Callable[[str], None]) -> None:
        next_one: Ticket | None = ticket
        try:
            while next_one is not None:
                work(next_one.job_id)
                with self._lock:
                    next_one = heapq.heappop(self._waiting) if self._waiting and not self._closing else None
                    if next_one is None:
                        self._threads.discard(threading.current_thread())
        finally:
            with self._lock:
                self._threads.discard(threading.current_thread())
