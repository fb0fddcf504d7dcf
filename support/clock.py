"""Time that a scenario moves by hand, so that minutes of waiting cost nothing."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


class VirtualClock:
    """Stands still until it is moved; whoever sleeps on it wakes when its moment has come.

    Meets the studio's Clock port. Threads of the studio sleep on it, the scenario moves it.
    """

    def __init__(self, start: datetime = NOON) -> None:
        self._now = start
        self._moved = threading.Condition()
        self._wakings: list[datetime] = []

    def now(self) -> datetime:
        with self._moved:
            return self._now

    def sleep(self, seconds: float, *, unless: threading.Event) -> bool:
        """Wait until the clock has been moved by `seconds`, or `unless` is set. True for the former."""
        with self._moved:
            waking = self._now + timedelta(seconds=max(seconds, 0))
            self._wakings.append(waking)
            try:
                while self._now < waking:
                    if unless.is_set():
                        return False
                    # Nobody tells us of `unless`: it is the studio's own event, so we look now and then.
                    self._moved.wait(0.002)
                return True
            finally:
                self._wakings.remove(waking)

    def advance(self, by: timedelta) -> None:
        """Move the clock; every sleeper whose moment has come wakes."""
        with self._moved:
            self._now += by
            self._moved.notify_all()

    @property
    def sleepers(self) -> int:
        """How many threads wait for the clock; whoever has only not woken yet does not."""
        with self._moved:
            return sum(waking > self._now for waking in self._wakings)
