"""Which bytes of a file are there, which are on their way, and which are to be fetched next.

A file is fetched in blocks, each from its first byte to its last by one connection at a time, so that what is there
of a block is always its beginning.
"""

from __future__ import annotations

import heapq
import threading
from collections.abc import Iterable
from dataclasses import dataclass

BLOCK_BYTES = 8 * 1024 * 1024

Ranges = tuple[tuple[int, int], ...]


@dataclass(eq=False)
class Run:
    """What one connection has taken: from byte `at` up to `stop` (None: to wherever the body ends)."""

    block: int
    at: int
    stop: int | None

    @property
    def left(self) -> int | None:
        return None if self.stop is None else self.stop - self.at


class Blocks:
    """The blocks of one file. total: bytes; None while only the end of the body will tell, then there is one block.

    done: ranges that are there already, each (first byte, byte after the last), in any order.
    Everybody may call it from any thread; `changed` is notified of every byte.
    """

    def __init__(
        self, total: int | None, *, block_bytes: int = BLOCK_BYTES, done: Iterable[tuple[int, int]] = ()
    ) -> None:
        self.changed = threading.Condition()
        self._total = total
        self._block_bytes = block_bytes
        count = 1 if total is None else -(-total // block_bytes)
        self._filled = [0] * count
        for start, stop in done:
            self._fill(start, stop)
        self._waiting = [block for block in range(count) if not self._is_full(block)]
        self._bytes_done = sum(self._filled)
        self._front = 0
        self._advance()

    @property
    def total(self) -> int | None:
        return self._total

    @property
    def bytes_done(self) -> int:
        return self._bytes_done

    @property
    def frontier(self) -> int:
        """How many bytes are there from the first one on without a gap."""
        with self.changed:
            if self._front == len(self._filled):
                return self._total or 0
            return self._front * self._block_bytes + self._filled[self._front]

    @property
    def complete(self) -> bool:
        return self._total is not None and self._bytes_done == self._total

    @property
    def waiting(self) -> int:
        """How many blocks nobody has taken."""
        return len(self._waiting)

    def take(self) -> Run | None:
        """The first block that nobody has taken, from its first missing byte; None when there is none."""
        with self.changed:
            if not self._waiting:
                return None
            block = heapq.heappop(self._waiting)
            start = block * self._block_bytes
            stop = None if self._total is None else min(start + self._block_bytes, self._total)
            return Run(block, start + self._filled[block], stop)

    def wrote(self, run: Run, size_bytes: int) -> None:
        """So many more bytes of a run are there."""
        with self.changed:
            run.at += size_bytes
            self._filled[run.block] += size_bytes
            self._bytes_done += size_bytes
            self._advance()
            self.changed.notify_all()

    def drop(self, run: Run) -> None:
        """Whoever took the run leaves it; what is missing of it is for another."""
        with self.changed:
            if run.left != 0:
                heapq.heappush(self._waiting, run.block)
            self.changed.notify_all()

    def end(self, run: Run) -> None:
        """The body has ended where the run is now: that is how long the file is."""
        with self.changed:
            self._total = run.stop = run.at
            self._advance()
            self.changed.notify_all()

    def ranges(self) -> Ranges:
        """What is there, in order, without overlap, each range as long as it can be."""
        with self.changed:
            found: list[tuple[int, int]] = []
            for block, filled in enumerate(self._filled):
                start = block * self._block_bytes
                if filled and found and found[-1][1] == start:
                    found[-1] = (found[-1][0], start + filled)
                elif filled:
                    found.append((start, start + filled))
            return tuple(found)

    def _fill(self, start: int, stop: int) -> None:
        """Count a range that is there; of a block, only what begins at its first byte counts."""
        assert self._total is not None
        for block in range(start // self._block_bytes, -(-min(stop, self._total) // self._block_bytes)):
            first = block * self._block_bytes
            if start <= first + self._filled[block]:
                last = min(stop, first + self._block_bytes, self._total)
                self._filled[block] = max(self._filled[block], last - first)

    def _length(self, block: int) -> int | None:
        return None if self._total is None else min(self._block_bytes, self._total - block * self._block_bytes)

    def _is_full(self, block: int) -> bool:
        return self._filled[block] == self._length(block)

    def _advance(self) -> None:
        while self._front < len(self._filled) and self._is_full(self._front):
            self._front += 1
