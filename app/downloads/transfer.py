"""Transfers: a source's bytes into a partial file, by whichever of its addresses gives them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from app.clock import Clock
from app.downloads.addresses import without_secrets
from app.downloads.disk_faults import CODES as DISK_CODES
from app.downloads.disk_faults import disk_faults_told
from app.downloads.engine import sidecar
from app.downloads.engine.answers import Changed, RangesUntrusted
from app.downloads.engine.dialling import Dialler
from app.downloads.engine.fetching import Fetching
from app.downloads.engine.haul import Part, Tools, Tuning, Watcher
from app.downloads.engine.limiter import Limiter
from app.downloads.engine.partial_file import remove
from app.downloads.engine.sidecar import sidecar_of
from app.downloads.faults import PassingFault, TransferFailed
from app.downloads.sources import Source
from app.downloads.stop import Stop
from app.downloads.web import Web

__all__ = ["Part", "Transfer", "Tuning", "Watcher"]

# How often one attempt begins anew because the source's file has changed, or cannot be had in parts.
FRESH_STARTS = 2


class Transfer:
    """Fetches files. tuning: asked anew whenever it matters, so that changes apply to what runs."""

    def __init__(self, *, web: Web, clock: Clock, tuning: Callable[[], Tuning]) -> None:
        self._tools = Tools(
            clock=clock,
            dialler=Dialler(
                allow_private=web.allow_private, certificates=web.certificates, proxy=lambda: tuning().proxy
            ),
            limiter=Limiter(clock=clock, rate=lambda: tuning().speed_limit),
            tuning=tuning,
        )

    def fetch(self, source: Source, partial: Path, stop: Stop, watcher: Watcher) -> Part:
        """The source's whole file at `partial`, on the disk, hashed; its sum is not judged here.

        Raises Stopped and PassingFault, after which a later call, also of another process, goes on from the bytes
        that are there; TransferFailed for good, after which nothing is left.
        """
        try:
            return self._by_any_address(source, partial, stop, watcher)
        except PassingFault:
            raise
        except TransferFailed:
            self.forget(partial)
            raise

    def forget(self, partial: Path) -> None:
        """Remove what there is of a transfer, and the folder for partial files once it is empty."""
        with disk_faults_told():
            sidecar.remove(sidecar_of(partial))
        remove(partial)

    def _by_any_address(self, source: Source, partial: Path, stop: Stop, watcher: Watcher) -> Part:
        faults: list[TransferFailed] = []
        for number, address in enumerate(source.addresses, start=1):
            try:
                part = self._from(address, source, partial, stop, watcher)
                if source.sha256 in (None, part.sha256) or number == len(source.addresses):
                    return part
                faults.append(_other_bytes(address, part, source))
                self._begin_anew(partial)
            except TransferFailed as fault:
                faults.append(fault)
                if fault.code in DISK_CODES:
                    break  # another address would end the same way
        passing = [fault for fault in faults if isinstance(fault, PassingFault)]
        if not passing:
            raise faults[-1]
        passing[-1].arrived = any(fault.arrived for fault in passing)
        raise passing[-1]

    def _from(self, address: str, source: Source, partial: Path, stop: Stop, watcher: Watcher) -> Part:
        fetching = Fetching(self._tools, source, address, partial, watcher)
        in_one_piece = False
        for _ in range(1 + FRESH_STARTS):
            try:
                return fetching.run(stop, in_one_piece=in_one_piece)
            except Changed:
                self._begin_anew(partial)
            except RangesUntrusted:
                in_one_piece = True
        raise PassingFault("changed", "the file at its source changes again and again while it is fetched")

    def _begin_anew(self, partial: Path) -> None:
        with disk_faults_told():
            sidecar.remove(sidecar_of(partial))


def _other_bytes(address: str, part: Part, source: Source) -> TransferFailed:
    return TransferFailed(
        "checksum_mismatch",
        f"{without_secrets(address)} sent other bytes: SHA-256 {source.sha256} was promised, {part.sha256} arrived",
    )
