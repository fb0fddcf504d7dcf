"""An engine that does what a test says, one download at a time: for the queue's own tests."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from app.downloads.faults import PassingFault, Stopped, TransferFailed
from app.downloads.sources import Source
from app.downloads.stop import Stop
from app.downloads.transfer import Part, Transfer, Watcher
from support.builders import safetensors
from support.waiting import until

BYTES = 1000


class ScriptedTransfer(Transfer):
    """Holds each fetch, half of its bytes on disk, until it is told how to end.

    busy: the downloads that are being fetched, in the order in which they began; most: at the same time, ever.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._ends: dict[str, Callable[[], None]] = {}
        self.busy: list[str] = []
        self.begun: list[str] = []
        self.most = 0
        self.deaf = False

    def fetch(self, source: Source, partial: Path, stop: Stop, watcher: Watcher) -> Part:
        download_id, content = partial.stem, safetensors(partial.stem, BYTES)
        with self._changed:
            self.busy.append(download_id)
            self.begun.append(download_id)
            self.most = max(self.most, len(self.busy))
        try:
            name = source.name or "neon-city.safetensors"
            watcher.answered(name, len(content))
            partial.parent.mkdir(parents=True, exist_ok=True)
            partial.write_bytes(content)
            watcher.arrived(len(content) // 2)
            self._held(download_id, stop)
        finally:
            with self._changed:
                self.busy.remove(download_id)
        return Part(partial, name, len(content), hashlib.sha256(content).hexdigest())

    def forget(self, partial: Path) -> None:
        partial.unlink(missing_ok=True)
        with suppress(OSError):
            partial.parent.rmdir()

    # What a test says

    def complete(self, download_id: str) -> None:
        self._end(download_id, lambda: None)

    def fail(self, download_id: str, code: str = "gone", message: str = "the hub has this file no longer") -> None:
        self._end(download_id, lambda: _raise(TransferFailed(code, message)))

    def make_wait(self, download_id: str, seconds: float | None, *, arrived: bool = True) -> None:
        fault = PassingFault("hub_busy", "the hub is busy", wait_seconds=seconds)
        fault.arrived = arrived
        self._end(download_id, lambda: _raise(fault))

    def crash(self, download_id: str) -> None:
        self._end(download_id, lambda: _raise(RuntimeError("a fault of ours")))

    def _end(self, download_id: str, end: Callable[[], None]) -> None:
        assert until(lambda: download_id in self.busy), f"{download_id} is not fetched; {self.busy} are"
        with self._changed:
            self._ends[download_id] = end
            self._changed.notify_all()

    def _held(self, download_id: str, stop: Stop) -> None:
        with self._changed:
            while download_id not in self._ends:
                if stop.event.is_set() and not self.deaf:
                    raise Stopped
                self._changed.wait(0.001)
            end = self._ends.pop(download_id)
        stop.check()
        end()


def _raise(fault: Exception) -> None:
    raise fault
