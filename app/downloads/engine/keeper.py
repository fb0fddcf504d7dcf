"""Keeps the note beside a partial file true while the file grows."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import replace
from pathlib import Path
from time import monotonic

from app.downloads.disk_faults import disk_faults_told
from app.downloads.engine import sidecar
from app.downloads.engine.blocks import BLOCK_BYTES, Blocks, Ranges
from app.downloads.engine.partial_file import Flush, PartialFile
from app.downloads.engine.sidecar import Note
from app.downloads.stop import Stop

NOTED_EVERY_BYTES = BLOCK_BYTES
NOTED_EVERY_SECONDS = 1.0
FLUSHED_EVERY_BYTES = 8 * BLOCK_BYTES


class Keeper:
    """Notes what is there, and has it flushed now and then, so that little is left to flush at the end.

    note: of the file as it was found. A note that cannot be written is no fault: the last one stays true.
    """

    def __init__(self, path: Path, file: PartialFile, blocks: Blocks, note: Note) -> None:
        self._path = path
        self._file = file
        self._blocks = blocks
        self._note = replace(note, boot=sidecar.this_boot())
        self._lock = threading.Lock()
        self._flush: tuple[Flush, Ranges] | None = None
        self._noted_bytes = self._flushed_bytes = blocks.bytes_done
        self._noted_at = monotonic()

    def arrived(self) -> None:
        """Something has been written: note it, unless that was done a moment and a few bytes ago."""
        if self._is_due() and self._lock.acquire(blocking=False):
            try:
                self._keep()
            finally:
                self._lock.release()

    def keep(self) -> None:
        """Note what is there now."""
        with self._lock:
            self._keep()

    def finish(self, stop: Stop) -> None:
        """Return once the whole file is on the disk, and noted. Raises TransferFailed for the disk's fault, Stopped."""
        self.keep()
        self._file.flush().wait(stop)
        with self._lock, disk_faults_told():
            self._note = replace(self._note, flushed=self._blocks.ranges())
            self._write(lasting=True)

    def _is_due(self) -> bool:
        fresh = self._blocks.bytes_done - self._noted_bytes
        return fresh >= NOTED_EVERY_BYTES or (fresh > 0 and monotonic() - self._noted_at >= NOTED_EVERY_SECONDS)

    def _keep(self) -> None:
        self._noted_bytes, self._noted_at = self._blocks.bytes_done, monotonic()
        with contextlib.suppress(OSError):
            self._look_after_the_flush()
            self._write()

    def _write(self, *, lasting: bool = False) -> None:
        # What cannot be asked for again in parts is worth nothing before it is whole.
        resumable = self._note.mark.validator is not None or self._blocks.complete
        self._note = replace(
            self._note,
            total=self._blocks.total,
            written=self._blocks.ranges() if resumable else (),
            furthest=max(self._note.furthest, self._blocks.bytes_done),
        )
        sidecar.write(self._path, self._note, lasting=lasting)

    def _look_after_the_flush(self) -> None:
        if self._flush is not None and self._flush[0].done.is_set():
            flush, ranges = self._flush
            self._flush = None
            if flush.fault is None:
                self._note = replace(self._note, flushed=ranges)
        if self._flush is None and self._blocks.bytes_done - self._flushed_bytes >= FLUSHED_EVERY_BYTES:
            self._flushed_bytes = self._blocks.bytes_done
            ranges = self._blocks.ranges()
            self._flush = self._file.flush(), ranges
