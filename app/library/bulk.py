"""Making very many things at once that all stay."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_lock = threading.Lock()
_under_way = 0


@contextmanager
def nothing_to_collect() -> Iterator[None]:
    """No garbage collection meanwhile: going through 100,000 new entries again and again takes half of the time."""
    global _under_way  # noqa: PLW0603 - the collector is one for the whole process, too
    with _lock:
        was_on = gc.isenabled() or _under_way > 0
        _under_way += 1
        gc.disable()
    try:
        yield
    finally:
        with _lock:
            _under_way -= 1
            if was_on and not _under_way:
                gc.enable()
