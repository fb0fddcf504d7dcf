"""The places in which downloads run: who takes a free one, who comes back after a wait, and how one is given up."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any, TypeVar

from app.alarm import Alarm
from app.clock import Clock
from app.downloads.book import Book
from app.downloads.delivery import Delivery, OnCompleted, forget
from app.downloads.download import Download
from app.downloads.faults import Stopped
from app.downloads.flight import Flight
from app.downloads.shelf import Shelf
from app.downloads.sources import Sources
from app.downloads.state import FAIL, START, WAIT, Move
from app.downloads.transfer import Transfer
from app.downloads.workers import Workers
from app.errors import NotFound, Unavailable, WrongState
from app.model_files import ModelKind

log = logging.getLogger("app.downloads")

T = TypeVar("T")

# A stopped transfer is given so long to take its leave before its place is given away without it.
LEAVE_WITHIN_SECONDS = 0.03
CLOSE_WITHIN_SECONDS = 1.0
TRY_AGAIN_AFTER = timedelta(seconds=1)


class Places:
    """At most `limit` downloads at the same time, whatever the number becomes. A waiting one has no place.

    on_completed: told of every finished file before anybody hears "completed".
    """

    def __init__(
        self,
        book: Book,
        *,
        clock: Clock,
        sources: Sources,
        transfer: Transfer,
        shelf: Shelf,
        on_completed: OnCompleted,
        limit: Callable[[], int],
    ) -> None:
        self._book = book
        self._clock = clock
        self._sources = sources
        self._transfer = transfer
        self._shelf = shelf
        self._on_completed = on_completed
        self._closed = Event()
        self._faulted_until: datetime | None = None
        self._workers = Workers(limit=limit, take=self._take)
        self._alarm = Alarm(clock=clock, ring=self._rung, name="download-alarm")

    def wake(self) -> None:
        """Something may run that did not before: fill the free places. Not to be called under the book's lock."""
        self._workers.wake()

    def give_up(self, flight: Flight | None) -> None:
        """A flight has been stopped, or a wait ended: its place is free, and the next one in it, on return."""
        if flight is not None:
            flight.gone.wait(LEAVE_WITHIN_SECONDS)
            self._workers.vacate(flight)
        self.set_alarm()
        self.wake()

    def discard(self, download: Download) -> None:
        """Under the book's lock: remove what it has gathered, now or as soon as its transfer has stopped."""
        flight = self._book.flights.get(download.id)
        if flight is not None:
            flight.discard = True
            flight.stop.set()
        elif download.partial is not None:
            forget(self._transfer, Path(download.partial))

    def close(self) -> None:
        """Stop everything and wait for it; the next start goes on from the bytes on disk."""
        with self._book.lock:
            self._closed.set()
            for flight in self._book.flights.values():
                flight.stop.set()
        self._alarm.close(within_seconds=CLOSE_WITHIN_SECONDS)
        self._workers.close(within_seconds=CLOSE_WITHIN_SECONDS)

    def set_alarm(self) -> None:
        """Have the next wait end at its moment."""
        with self._book.lock:  # the moment that is found last must be the one that is set last
            now = self._clock.now()
            try:
                moment = self._book.rows.next_waking(now)
            except Unavailable:
                log.exception("the next wait cannot be looked up")
                moment = now + TRY_AGAIN_AFTER
            moments = [one for one in (moment, self._faulted_until) if one is not None]
            self._alarm.set(min(moments, default=None))

    def _rung(self, moment: datetime) -> None:
        self._faulted_until = None
        now = self._clock.now()
        if now < moment:  # the clock was set back meanwhile; the wait was slept through all the same
            try:
                self._book.rows.end_waits(moment, now)
            except Unavailable:
                log.exception("a wait that is over cannot be ended; another look follows")
        self.wake()
        self.set_alarm()

    def _take(self) -> Flight | None:
        """The next download, its place taken; None when there is nothing to do."""
        with self._book.lock:
            if self._closed.is_set():
                return None
            try:
                # A stopped one that is queued again must wait until its first flight has gone.
                found = self._book.rows.next(self._clock.now(), besides=self._book.flights)
                if found is None:
                    return None
                download = self._book.move(
                    found.id,
                    START,
                    attempt=found.attempt + 1,
                    waiting_until=None,
                    error_code=None,
                    error_message=None,
                )
            except Exception:
                log.exception("the next download cannot be looked up; another look follows")
                self._faulted_until = self._clock.now() + TRY_AGAIN_AFTER
                self._alarm.set(self._faulted_until)
                return None
            flight = self._book.flights[download.id] = Flight(download, carry=self._carry)
        return flight

    def _carry(self, flight: Flight) -> None:
        delivery = Delivery(
            flight.download,
            ledger=_Page(self, flight),
            stop=flight.stop,
            clock=self._clock,
            sources=self._sources,
            transfer=self._transfer,
            shelf=self._shelf,
        )
        try:
            delivery.run()
        except Exception:
            log.exception("how download %s ended cannot be written down", flight.download.id)
            self._fail(flight)
        with self._book.lock:
            del self._book.flights[flight.download.id]
            if flight.discard and flight.partial is not None:
                forget(self._transfer, Path(flight.partial))
        flight.gone.set()

    def _fail(self, flight: Flight) -> None:
        """The last resort: in words that can be written down whatever has happened."""
        flight.discard = True
        with suppress(Stopped, WrongState, NotFound):
            said = "something unexpected happened; the studio's log says what"
            write = partial(self._book.move, flight.download.id, FAIL, error_code="unexpected", error_message=said)
            self._insist(write)

    def _insist(self, write: Callable[[], T]) -> T:
        """What a delivery has to say is written down, however long the database needs to come back."""
        while True:
            try:
                return write()
            except Unavailable:
                log.exception("the database does not take what a download has to say; another try follows")
                if not self._clock.sleep(TRY_AGAIN_AFTER.total_seconds(), unless=self._closed):
                    raise Stopped from None


class _Page:
    """One flight's page in the book: what its delivery may write."""

    def __init__(self, places: Places, flight: Flight) -> None:
        self._places = places
        self._flight = flight
        self._book = places._book

    def move(self, move: Move, **changes: Any) -> object:
        moved = self._places._insist(partial(self._book.move, self._flight.download.id, move, **changes))
        if move is WAIT:
            self._places.set_alarm()
        return moved

    def note(self, **facts: Any) -> None:
        self._places._insist(partial(self._book.note, self._flight, **facts))

    def arrived(self, bytes_done: int) -> None:
        self._book.arrived(self._flight, bytes_done)

    def completed(self, path: Path, kind: ModelKind, sha256: str, about: Mapping[str, Any]) -> None:
        self._places._insist(partial(self._places._on_completed, path, kind, sha256, about))
