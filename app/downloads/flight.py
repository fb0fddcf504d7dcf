"""A download while it runs: how to stop it, how far it is, how fast, and when its listeners shall hear of it."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from app.downloads.download import Download
from app.downloads.stop import Stop

PROGRESS_EVERY = timedelta(seconds=0.1)
PACE_OVER = timedelta(seconds=3)


class Flight:
    """One download's stay in its place.

    download: as it was written down last, until it was stopped. partial: where its bytes are gathered, once known;
    discard: whether that is to go once it has stopped. gone: set once nothing of it runs any more.
    """

    def __init__(self, download: Download, *, carry: Callable[[Flight], None]) -> None:
        self.download = download
        self.pace = Pace(download.bytes_done)
        self.stop = Stop()
        self.gone = threading.Event()
        self.partial = download.partial
        self.discard = False
        self._carry = carry

    def run(self) -> None:
        self._carry(self)


class Pace:
    """Counts bytes from any thread. bytes_done: the most there ever were, because an attempt that starts afresh
    must not look like progress undone."""

    def __init__(self, bytes_done: int) -> None:
        self.bytes_done = bytes_done
        self._told = bytes_done
        self._told_at: datetime | None = None
        self._lock = threading.Lock()
        self._now = 0
        self._samples: deque[tuple[datetime, int]] = deque()

    def arrived(self, bytes_done: int, now: datetime) -> bool:
        """So many are on disk; whether it is time to tell, which it is ten times a second at most."""
        with self._lock:
            if bytes_done < self._now:
                self._samples.clear()  # begun afresh
            self._now = bytes_done
            self.bytes_done = max(self.bytes_done, bytes_done)
            if not self._samples or not timedelta() <= now - self._samples[-1][0] < PROGRESS_EVERY:
                self._samples.append((now, bytes_done))
                self._forget(now)
            return self._tell(now)

    def bytes_per_second(self, now: datetime) -> float:
        """Over the last seconds; 0 when nothing arrives, or too little time has passed to say."""
        with self._lock:
            self._forget(now)
            if not self._samples:
                return 0.0
            since, before = self._samples[0]
            seconds = (now - since).total_seconds()
            return max(self._now - before, 0) / seconds if seconds > 0 else 0.0

    def _tell(self, now: datetime) -> bool:
        if self.bytes_done <= self._told:
            return False
        if self._told_at is not None and timedelta() <= now - self._told_at < PROGRESS_EVERY:
            return False
        self._told, self._told_at = self.bytes_done, now
        return True

    def _forget(self, now: datetime) -> None:
        while len(self._samples) > 1 and self._samples[1][0] <= now - PACE_OVER:
            self._samples.popleft()
