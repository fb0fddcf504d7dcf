"""Waiting for what must become true, without sleeping for a guessed time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

T = TypeVar("T")

PATIENCE = timedelta(seconds=5)
_never = threading.Event()


def until(probe: Callable[[], T], *, within: timedelta = PATIENCE) -> T:
    """The probe's first truthy value, or its last value when `within` has passed.

    The caller judges what it got: a Then builds its message from it. The wait between two looks grows from
    one to twenty milliseconds, so that a fast studio costs a fast look.
    """
    deadline = time.monotonic() + within.total_seconds()
    pause = 0.001
    while True:
        value = probe()
        if value or time.monotonic() >= deadline:
            return value
        _never.wait(pause)
        pause = min(pause * 1.5, 0.02)
