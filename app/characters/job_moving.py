"""Many objects at a time, and what went through a stream."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any, BinaryIO, TypeVar

# Small objects wait for answers more than for anything else.
THREADS = 12

T = TypeVar("T")


class Summed(io.RawIOBase):
    """A stream that sums up what is read from it."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._stream = stream
        self._size_bytes = 0
        self._sha = hashlib.sha256()

    @property
    def found(self) -> tuple[int, str]:
        return self._size_bytes, self._sha.hexdigest()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        self._size_bytes += len(piece)
        self._sha.update(piece)
        return len(piece)


def at_once(work: Callable[[T], object], of: Iterable[T], *, between: Callable[[], object] = lambda: None) -> None:
    """Do the work for each, several at a time; the first error ends it, once those under way are over."""
    todo = list(of)
    if len(todo) < 2:
        for one in todo:
            work(one)
        return
    failed = threading.Event()

    def unless_failed(one: T) -> None:
        if not failed.is_set():
            try:
                work(one)
            except BaseException:
                # Here, because this thread would begin the next before anybody hears of it, and wait as long again.
                failed.set()
                raise

    with ThreadPoolExecutor(min(THREADS, len(todo)), "job-assets") as threads:
        begun = [threads.submit(unless_failed, one) for one in todo]
        try:
            for done in as_completed(begun):
                done.result()
                between()
        except BaseException:
            threads.shutdown(wait=False, cancel_futures=True)
            raise
