"""Downloads without a studio: the same sources, engine and shelf, one file after the other into one folder."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol

from filelock import FileLock, Timeout

from app.clock import Clock
from app.downloads.delivery import back_off
from app.downloads.disk_faults import disk_faults_told
from app.downloads.faults import PassingFault, Stopped
from app.downloads.orders import Order
from app.downloads.shelf import Kept, Shelf
from app.downloads.sources import Sources
from app.downloads.stop import Stop
from app.downloads.transfer import Transfer, Tuning, Watcher
from app.downloads.web import Web
from app.model_files import ModelKind
from app.settings import Settings

# Not a studio's own: it would take what lies there for what a killed run of its own has left.
PARTIAL = ".downloading"


class Onlooker(Watcher, Protocol):
    """Who wants to know how a download goes, and what it waits for."""

    def waits(self, until: str, why: str) -> None:
        """Nothing happens before `until`, a time of day."""


@dataclass(frozen=True)
class Wishes:
    """What sources read of preferences, where there are none: everything goes where it was told."""

    keys: Mapping[str, str] = field(default_factory=dict)
    path_template: str = ""
    safe_mode: bool = False


class Alone:
    """What a downloader is made of, for files that go into `folder`. keys: by the host that each belongs to."""

    def __init__(self, settings: Settings, *, folder: Path, keys: Mapping[str, str], clock: Clock) -> None:
        proxy = settings.proxy.get_secret_value() if settings.proxy else None
        tuning = Tuning(
            connections=settings.download_connections,
            speed_limit=settings.download_speed_limit,
            stall_seconds=settings.download_stall_seconds,
            keep_free_bytes=settings.download_keep_free_bytes,
            proxy=proxy,
            keys=keys,
        )
        self._clock = clock
        self._web = Web(
            clock=clock,
            allow_private=settings.allow_private_addresses,
            stall_seconds=settings.download_stall_seconds,
            keys=lambda: keys,
            proxy=lambda: proxy,
        )
        wishes = Wishes(keys)
        self._sources = Sources(
            web=self._web,
            civitai_url=settings.hub_url,
            huggingface_url=settings.huggingface_url,
            preferences=lambda: wishes,
        )
        self._transfer = Transfer(web=self._web, clock=clock, tuning=lambda: tuning)
        self._shelf = Shelf(
            root_of=lambda kind: folder,
            keep_free_bytes=lambda: tuning.keep_free_bytes,
            partial=PARTIAL,
        )

    def close(self) -> None:
        self._web.close()

    def download(self, order: Order, stop: Stop, onlooker: Onlooker, *, attempts: int) -> list[Kept]:
        """The files that an order brings, each under its final name.

        attempts: how many in a row may bring nothing. Raises TransferFailed for good, after which nothing is left;
        PassingFault and Stopped, after which the same order goes on from the bytes that are there, also in
        another process.
        """
        partial = self._shelf.partial_for(ModelKind.LORAS, _id_of(order))
        with _alone_with(partial):
            attempt = 1
            while True:
                try:
                    return self._attempt(order, partial, stop, onlooker)
                except PassingFault as fault:
                    attempt = 1 if fault.arrived else attempt
                    if attempt >= attempts:
                        raise
                    self._wait(fault, attempt, stop, onlooker)
                    attempt += 1

    def _attempt(self, order: Order, partial: Path, stop: Stop, onlooker: Onlooker) -> list[Kept]:
        source = self._sources.resolve(order, stop)
        part = self._transfer.fetch(source, partial, stop, onlooker)
        try:
            return self._shelf.keep(part, source)
        finally:
            self._transfer.forget(partial)

    def _wait(self, fault: PassingFault, attempt: int, stop: Stop, onlooker: Onlooker) -> None:
        seconds = back_off(attempt) if fault.wait_seconds is None else fault.wait_seconds
        until = self._clock.now() + timedelta(seconds=seconds)
        onlooker.waits(f"{until.astimezone():%H:%M:%S}", fault.message)
        if not self._clock.sleep(seconds, unless=stop.event):
            raise Stopped


def _id_of(order: Order) -> str:
    """The same for the same order, whoever asks and when: what makes going on possible."""
    return hashlib.sha256(order.identity.encode("utf-8", "surrogatepass")).hexdigest()[:16]


@contextmanager
def _alone_with(partial: Path) -> Iterator[None]:
    """Keep other processes away from a partial file. Raises PassingFault when one is at it already."""
    with disk_faults_told():
        partial.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(partial.with_suffix(".lock"), timeout=0)
        try:
            lock.acquire()
        except Timeout:
            raise PassingFault("in_progress", "another process is downloading this at the moment") from None
    try:
        yield
    finally:
        with suppress(OSError):
            # While it is still held: whoever comes next makes a new one.
            Path(lock.lock_file).unlink(missing_ok=True)
        lock.release()
        with suppress(OSError):
            partial.parent.rmdir()
