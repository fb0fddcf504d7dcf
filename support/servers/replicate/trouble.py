"""What goes wrong at the double, and for how long."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Literal

FailureMode = Literal[
    "fails",  # the prediction fails in the middle
    "refuses what it sees",  # … because of what a filter finds
    "out of memory",
    "hangs",  # it never ends, unless it is cancelled
    "sends a web page",  # an HTML page in the picture's place
    "gives nothing",  # it succeeds without an output
    "loses the answer",  # the order is taken, and its answer is lost
    "drops the order",  # the connection ends before anything was taken
    "fails at the gate",  # 502, an HTML page of somebody in between; nothing was taken
    "asks for payment",  # 402
    "cancels",  # somebody else cancels it
]
FAILURES: tuple[FailureMode, ...] = (
    "fails", "refuses what it sees", "out of memory", "hangs", "sends a web page", "gives nothing", "loses the answer",
    "drops the order", "fails at the gate", "asks for payment", "cancels",
)  # fmt: skip
ERRORS: dict[str, str] = {
    "fails": "Prediction failed: the model ran into an error",
    "refuses what it sees": "NSFW content detected. Try running it again, or try a different prompt.",
    "out of memory": "CUDA out of memory. Tried to allocate 2.25 GiB (GPU 0; 79.15 GiB total capacity)",
}


@dataclass
class Troubles:
    """Failure modes that are on. Each order spends one of what is left of every mode; None: until it is ended."""

    _left: dict[FailureMode, int | None] = field(default_factory=dict)
    _after: dict[FailureMode, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, mode: FailureMode, times: int | None, after: int) -> None:
        if mode not in FAILURES:
            raise ValueError(f"{mode!r} is no failure mode; there are {', '.join(FAILURES)}")
        with self._lock:
            self._left[mode] = times
            self._after[mode] = after

    def end(self) -> None:
        with self._lock:
            self._left.clear()

    def spend(self, *modes: FailureMode) -> FailureMode | None:
        """The one of these that strikes the order of now."""
        with self._lock:
            struck: FailureMode | None = None
            for mode in modes:
                if mode not in self._left:
                    continue
                if self._after[mode]:
                    self._after[mode] -= 1
                    continue
                struck = struck or mode
                left = self._left[mode]
                if left is not None:
                    if left <= 1:
                        del self._left[mode]
                    else:
                        self._left[mode] = left - 1
            return struck
