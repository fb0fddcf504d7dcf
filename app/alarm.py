"""Waking somebody at a moment, for any number of waits with one thread, and with none while nothing waits."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from app.clock import Clock


class Alarm:
    """Rings at the moment that was set last. ring: called with that moment, on the alarm's thread; must not raise."""

    def __init__(self, *, clock: Clock, ring: Callable[[datetime], None], name: str = "alarm") -> None:
        self._clock = clock
        self._ring = ring
        self._name = name
        self._lock = threading.Lock()
        self._moment: datetime | None = None
        self._changed = threading.Event()
        self._thread: threading.Thread | None = None
        self._closing = False

    def set(self, moment: datetime | None) -> None:
        """Ring at `moment` and not before, whatever was set; None: not at all."""
        with self._lock:
            if self._closing or moment == self._moment:
                return
            self._moment = moment
            self._changed.set()
            if moment is not None and self._thread is None:
                self._thread = threading.Thread(target=self._wait, name=self._name, daemon=True)
                self._thread.start()

    def close(self, *, within_seconds: float) -> None:
        with self._lock:
            self._closing = True
            self._changed.set()
            thread = self._thread
        if thread is not None:
            thread.join(within_seconds)

    def _wait(self) -> None:
        while True:
            with self._lock:
                moment = self._moment
                if moment is None or self._closing:
                    self._thread = None
                    return
                self._changed.clear()
            # Whoever set it has told of it by now, and time may have passed since.
            left = (moment - self._clock.now()).total_seconds()
            if not self._clock.sleep(left, unless=self._changed):
                continue
            with self._lock:
                if self._moment != moment:
                    continue
                self._moment = None
            self._ring(moment)
