"""One download, carried from its first attempt to its end."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any, Protocol

from app.clock import Clock
from app.downloads.faults import PassingFault, Stopped, TransferFailed
from app.downloads.sources import Hub, Source
from app.downloads.state import DownloadState
from app.downloads.stop import Stop
from app.downloads.tables import Download
from app.downloads.transfer import Part, Transfer
from app.errors import WrongState
from app.model_files import ModelKind

log = logging.getLogger("app.downloads")

MAX_ATTEMPTS = 5
FIRST_WAIT_SECONDS = 1.0
LONGEST_BACK_OFF_SECONDS = 60.0

OnCompleted = Callable[[Path, ModelKind, str], object]


class Ledger(Protocol):
    """Where a delivery writes down how it goes; the queue's side of it."""

    def move(self, to: DownloadState, **changes: Any) -> object:
        """Change its state, with what else changes. Raises WrongState when somebody else has moved it on."""

    def note(self, **facts: Any) -> None:
        """What has become known of it."""

    def arrived(self, bytes_done: int) -> None:
        """So many bytes of this attempt are on disk."""


class Delivery:
    """Attempts, waits, proof and hand-over of one download; `run` never raises.

    on_completed: told of the kept file before the ledger hears that it is completed.
    """

    def __init__(
        self,
        download: Download,
        *,
        ledger: Ledger,
        stop: Stop,
        clock: Clock,
        hub: Hub,
        transfer: Transfer,
        on_completed: OnCompleted,
    ) -> None:
        self._download = download
        self._ledger = ledger
        self._stop = stop
        self._clock = clock
        self._hub = hub
        self._transfer = transfer
        self._on_completed = on_completed

    def run(self) -> None:
        try:
            self._deliver()
        except (Stopped, WrongState):
            return  # whoever stopped it or moved it on has said so
        except TransferFailed as fault:
            self._fail(fault.code, fault.message)
        except Exception:
            log.exception("download %s ended unexpectedly", self._download.id)
            self._fail("unexpected", "something unexpected happened; the studio's log says what")

    def answered(self, name: str, bytes_total: int | None) -> None:
        self._ledger.note(name=name, bytes_total=bytes_total)

    def arrived(self, bytes_done: int) -> None:
        self._ledger.arrived(bytes_done)

    def _deliver(self) -> None:
        source, part = self._fetch()
        try:
            self._ledger.move(DownloadState.VERIFYING)
            path = self._transfer.keep(part, source)
        finally:
            part.path.unlink(missing_ok=True)
        self._on_completed(path, source.kind, part.sha256)
        size = part.size_bytes
        self._ledger.move(
            DownloadState.COMPLETED, name=path.name, sha256=part.sha256, bytes_done=size, bytes_total=size
        )

    def _fetch(self) -> tuple[Source, Part]:
        """Attempts until one gives a whole body. The count does not begin anew when bytes arrive: each

        attempt starts from the first byte, so that a hub which always cuts would never be given up.
        """
        for attempt in count(1):
            try:
                source = self._source()
                return source, self._transfer.fetch(source, self._download.id, self._stop, self)
            except PassingFault as fault:
                if attempt == MAX_ATTEMPTS:
                    raise TransferFailed(fault.code, f"{fault.message}; given up after {attempt} attempts") from fault
                self._wait(attempt, fault)
        raise AssertionError("attempts are counted without end")

    def _source(self) -> Source:
        """What to fetch; a hub is asked at every attempt, because its addresses expire."""
        download = self._download
        if download.model_version_id is None:
            return Source(download.url, None, download.model_kind or ModelKind.LORAS, download.sha256)
        source = self._hub.file_of(download.model_version_id, self._stop)
        self._ledger.note(name=source.name, kind=source.kind, sha256=source.sha256)
        return source

    def _wait(self, attempt: int, fault: PassingFault) -> None:
        seconds = back_off(attempt) if fault.wait_seconds is None else fault.wait_seconds
        until = self._clock.now() + timedelta(seconds=seconds)
        self._ledger.move(
            DownloadState.WAITING, waiting_until=until, error_code=fault.code, error_message=fault.message
        )
        # Listeners know of the wait by now, and time may have passed since it was agreed.
        left = (until - self._clock.now()).total_seconds()
        if not self._clock.sleep(left, unless=self._stop.event):
            raise Stopped
        self._stop.check()
        self._ledger.move(
            DownloadState.RUNNING, attempt=attempt + 1, waiting_until=None, error_code=None, error_message=None
        )

    def _fail(self, code: str, message: str) -> None:
        try:
            self._ledger.move(DownloadState.FAILED, error_code=code, error_message=message, waiting_until=None)
        except WrongState:
            return  # cancelled in the same moment: that is how it ended
        except Exception:
            log.exception("that download %s failed cannot be written down", self._download.id)


def back_off(attempt: int) -> float:
    """Seconds to wait after this many attempts: doubling, at most a minute, a quarter of it left to chance."""
    seconds = min(FIRST_WAIT_SECONDS * 2.0 ** (attempt - 1), LONGEST_BACK_OFF_SECONDS)
    return seconds * random.uniform(0.75, 1.0)
