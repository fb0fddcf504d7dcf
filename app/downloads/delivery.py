"""One attempt at a download: from its source to the library, or to the words that say why not."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from app.clock import Clock
from app.downloads.disk_faults import disk_faults_told
from app.downloads.download import Download
from app.downloads.faults import PassingFault, Stopped, TransferFailed
from app.downloads.recovery import kept_before, proof_of
from app.downloads.shelf import Kept, Shelf
from app.downloads.sources import Source, Sources
from app.downloads.state import COMPLETE, FAIL, VERIFY, WAIT, Move
from app.downloads.stop import Stop
from app.downloads.transfer import Transfer
from app.errors import NotFound, WrongState
from app.model_files import ModelKind

log = logging.getLogger("app.downloads")

MAX_ATTEMPTS = 5
FIRST_WAIT_SECONDS = 1.0
LONGEST_BACK_OFF_SECONDS = 60.0

OnCompleted = Callable[[Path, ModelKind, str, Mapping[str, Any]], object]


class Ledger(Protocol):
    """Where a delivery writes down how it goes; the queue's side of it."""

    def move(self, move: Move, **changes: Any) -> object:
        """Change its state, with what else changes. Raises WrongState when somebody else has moved it on."""

    def note(self, **facts: Any) -> None:
        """What has become known of it."""

    def arrived(self, bytes_done: int) -> None:
        """So many bytes of it are on disk."""

    def completed(self, path: Path, kind: ModelKind, sha256: str, about: Mapping[str, Any]) -> None:
        """Hand a kept file over, and what its hub says of it, before anybody hears that it is completed."""


class Delivery:
    """One attempt; `run` never raises. What it may not finish stays on disk for the next attempt."""

    def __init__(
        self,
        download: Download,
        *,
        ledger: Ledger,
        stop: Stop,
        clock: Clock,
        sources: Sources,
        transfer: Transfer,
        shelf: Shelf,
    ) -> None:
        self._download = download
        self._ledger = ledger
        self._stop = stop
        self._clock = clock
        self._sources = sources
        self._transfer = transfer
        self._shelf = shelf
        self._partial = Path(download.partial) if download.partial else None

    def run(self) -> None:
        # Whoever stopped it, moved it on or removed it has said so.
        with suppress(Stopped, WrongState, NotFound):
            try:
                self._deliver()
            except PassingFault as fault:
                self._wait(fault)
            except TransferFailed as fault:
                self._fail(fault.code, fault.message)
            except (Stopped, WrongState, NotFound):
                raise
            except Exception:
                log.exception("download %s ended unexpectedly", self._download.id)
                self._fail("unexpected", "something unexpected happened; the studio's log says what")

    def answered(self, name: str, bytes_total: int | None) -> None:
        self._ledger.note(name=name, bytes_total=bytes_total)

    def arrived(self, bytes_done: int) -> None:
        self._ledger.arrived(bytes_done)

    def _deliver(self) -> None:
        download = self._download
        source = self._sources.resolve(download.order, self._stop)
        partial = self._gather_in(self._shelf.partial_for(source.kind, download.id))
        self._ledger.note(
            kind=source.kind,
            name=source.name or download.name,
            sha256=source.sha256,
            bytes_total=source.size_bytes or download.bytes_total,
            partial=str(partial),
        )
        if download.proof is None or not self._complete_what_was_kept(download.proof, source, partial):
            part = self._transfer.fetch(source, partial, self._stop, self)
            size = part.size_bytes
            self._ledger.move(VERIFY, bytes_done=size, bytes_total=size, proof=proof_of(part))
            self._complete(self._shelf.keep(part, source), part.sha256, source)

    def _complete_what_was_kept(self, proof: str, source: Source, partial: Path) -> bool:
        """Whether an earlier run, which ended in between, had got so far that only the last word was missing."""
        with disk_faults_told():
            found = None if partial.exists() else kept_before(proof, source, partial.parent.parent)
        if found is None:
            return False
        kept, size = found
        self._ledger.move(VERIFY, bytes_done=size, bytes_total=size)
        self._complete([kept], kept.sha256, source)
        return True

    def _complete(self, kept: list[Kept], sha256: str, source: Source) -> None:
        self._hand_over(kept, source)
        assert self._partial is not None
        root = self._partial.parent.parent
        self._forget()
        files = json.dumps([_below(one.path, root) for one in kept])
        self._ledger.move(COMPLETE, name=kept[0].path.name, sha256=sha256, files=files, partial=None, proof=None)

    def _gather_in(self, partial: Path) -> Path:
        """Give up what an earlier attempt gathered elsewhere, below another root or as another kind."""
        if self._partial not in (None, partial):
            self._forget()
        self._partial = partial
        return partial

    def _hand_over(self, kept: list[Kept], source: Source) -> None:
        """Have the library take the files in; when it cannot, none of them stays that was not there before."""
        try:
            for one in kept:
                self._ledger.completed(one.path, source.kind, one.sha256, source.about)
        except Stopped:
            raise  # the studio closes before the database came back: the next start finds them
        except BaseException:
            for one in kept:
                if one.is_new:
                    one.path.unlink(missing_ok=True)
            raise

    def _forget(self) -> None:
        if self._partial is not None:
            forget(self._transfer, self._partial)

    def _wait(self, fault: PassingFault) -> None:
        """Leave the place to others until the fault may have passed. An attempt that brought bytes is the first again,
        because what is on disk is kept: a hub that cuts every answer is got through in the end."""
        attempt = 1 if fault.arrived else self._download.attempt
        if attempt >= MAX_ATTEMPTS:
            self._fail(fault.code, f"{fault.message}; given up after {attempt} attempts")
            return
        # A hub's word that is over already is none: five attempts would be spent on it at once.
        seconds = fault.wait_seconds or back_off(attempt)
        until = self._clock.now() + timedelta(seconds=seconds)
        facts = {"error_code": fault.code, "error_message": fault.message}
        self._ledger.move(WAIT, attempt=attempt, waiting_until=until, **facts)

    def _fail(self, code: str, message: str) -> None:
        self._forget()
        self._ledger.move(FAIL, error_code=code, error_message=message, partial=None, proof=None)


def forget(transfer: Transfer, partial: Path) -> None:
    """Remove what a download has gathered; when that cannot be removed, the next start tries again."""
    try:
        transfer.forget(partial)
    except TransferFailed as fault:
        log.warning("%s cannot be removed: %s", partial, fault.message)


def back_off(attempt: int) -> float:
    """Seconds to wait after this many attempts: doubling, at most a minute, a quarter of it left to chance."""
    seconds = min(FIRST_WAIT_SECONDS * 2.0 ** (attempt - 1), LONGEST_BACK_OFF_SECONDS)
    return seconds * random.uniform(0.75, 1.0)


def _below(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
