"""When the next request is taken: whoever was told to wait has everybody wait."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from app.clock import Clock
from app.generation.port import Watch

LONGEST_NAP = timedelta(seconds=1)


class Gate:
    """Open unless Replicate has throttled this studio's token, which all attempts share."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._opens_at: datetime | None = None

    def close_for(self, seconds: float) -> None:
        with self._lock:
            until = self._clock.now() + timedelta(seconds=seconds)
            self._opens_at = until if self._opens_at is None else max(self._opens_at, until)

    @property
    def is_closed(self) -> bool:
        return self._left() > timedelta()

    def wait(self, watch: Watch) -> None:
        """Until it is open. Raises as the watch does, which knows how long an attempt may take."""
        watch.check()
        while (left := self._left()) > timedelta():
            self._clock.sleep(min(left, LONGEST_NAP).total_seconds(), unless=watch.stopping)
            watch.check()

    def _left(self) -> timedelta:
        with self._lock:
            return timedelta() if self._opens_at is None else self._opens_at - self._clock.now()
