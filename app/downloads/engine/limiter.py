"""One speed limit over everything that is fetched at the same time."""

from __future__ import annotations

import threading
from collections.abc import Callable

from app.clock import Clock
from app.downloads.faults import Stopped
from app.downloads.stop import Stop

# What may be made up for after a pause: so little that no second shows it. Who has slept for longer than agreed,
# because the machine or its clock is slow, may make up for more.
BURST_SECONDS = 0.05
LONGEST_SLOWNESS_SECONDS = 2.0
READS_A_SECOND = 40
SMALLEST_READ_BYTES = 1024


class Limiter:
    """Bytes are paid for once they have arrived, and each payment waits for its turn.

    rate: bytes a second; None: as fast as it goes; asked anew for each payment.
    """

    def __init__(self, *, clock: Clock, rate: Callable[[], int | None]) -> None:
        self._clock = clock
        self._rate = rate
        self._lock = threading.Lock()
        self._paid_until = self._woke_at = self._seen = clock.now().timestamp()

    def portion(self, size_bytes: int) -> int:
        """How much of `size_bytes` to read at once."""
        rate = self._rate()
        return size_bytes if rate is None else min(size_bytes, max(rate // READS_A_SECOND, SMALLEST_READ_BYTES))

    def pay(self, size_bytes: int, stop: Stop) -> bool:
        """Wait until `size_bytes` more were permitted; whether that took a wait. Raises Stopped."""
        rate = self._rate()
        if rate is None:
            return False
        with self._lock:
            now = self._now()
            idle = now - max(self._paid_until, self._woke_at)
            self._paid_until += max(idle - BURST_SECONDS, 0)
            self._paid_until = max(self._paid_until, now - LONGEST_SLOWNESS_SECONDS) + size_bytes / rate
            left = self._paid_until - now
        if left <= 0:
            return False
        if not self._clock.sleep(left, unless=stop.event):
            raise Stopped
        with self._lock:
            self._woke_at = self._now()
        return True

    def _now(self) -> float:
        """Seconds; when the clock has been set back, so is everything that was reckoned by it."""
        now = self._clock.now().timestamp()
        back = min(now - self._seen, 0)
        self._paid_until += back
        self._woke_at += back
        self._seen = now
        return now
