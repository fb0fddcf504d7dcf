"""Time as the studio sees it: a port, so that waits of minutes can be proven without waiting."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """What the studio asks of time."""

    def now(self) -> datetime:
        """The present moment, timezone-aware, in UTC."""

    def sleep(self, seconds: float, *, unless: threading.Event) -> bool:
        """Wait `seconds`, or until `unless` is set. True when the whole time has passed."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float, *, unless: threading.Event) -> bool:
        return not unless.wait(max(seconds, 0))
