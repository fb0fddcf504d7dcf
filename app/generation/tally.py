"""What a running studio counts of its generation, for monitors."""

from __future__ import annotations

import threading
from collections import Counter, deque

# Of how many jobs the median is taken that tells how long a place in the queue lasts.
REMEMBERED = 50


class Tally:
    """Counts since the start, from any thread. durations: seconds of painting, of the newest jobs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.pictures = 0
        self.jobs_completed = 0
        self.seconds = 0.0
        self.failures: Counter[str] = Counter()
        self._durations: deque[float] = deque(maxlen=REMEMBERED)

    def painted(self, pictures: int, seconds: float) -> None:
        with self._lock:
            self.pictures += pictures
            self.jobs_completed += 1
            self.seconds += seconds
            self._durations.append(seconds)

    def failed(self, code: str) -> None:
        with self._lock:
            self.failures[code] += 1

    @property
    def durations(self) -> list[float]:
        with self._lock:
            return list(self._durations)
