"""How many connections a file is worth: one more, and twice as many, while the rate of each stays flat."""

from __future__ import annotations

FIRST_CONNECTIONS = 4
# Several times as long as what has arrived may wait to be counted.
WINDOW_SECONDS = 0.1
FLAT = 0.75


class Pace:
    """Looks at what arrives over short windows. Not for several threads at once."""

    def __init__(self) -> None:
        self.settled = False
        self._delivering = 0
        self._since = 0.0
        self._bytes_then = 0
        self._rate_of_each: float | None = None

    def more(self, now: float, bytes_done: int, *, connections: int, delivering: int) -> int:
        """How many connections to add now; 0 once adding some has made each of them slower.

        now: seconds of any clock. delivering: how many of the connections have brought a byte already.
        """
        if self.settled:
            return 0
        if delivering != self._delivering or delivering < connections:
            self._delivering, self._since, self._bytes_then = delivering, now, bytes_done
            return 0
        if now - self._since < WINDOW_SECONDS:
            return 0
        each = (bytes_done - self._bytes_then) / (now - self._since) / delivering
        self._since, self._bytes_then = now, bytes_done
        if self._rate_of_each is not None and each < FLAT * self._rate_of_each:
            self.settled = True
            return 0
        self._rate_of_each = each
        return connections
