"""The queue's book: every change of a download goes through it, so that what is written and what is told agree."""

from __future__ import annotations

import threading
from dataclasses import replace
from enum import Enum
from typing import Any

from app.clock import Clock
from app.downloads.download import Download
from app.downloads.flight import Flight
from app.downloads.state import FINAL, Move
from app.downloads.tables import Downloads
from app.downloads.telling import change_of, progress_of
from app.events import Channel


class Book:
    """Rows, and who is told of them.

    lock: orders everything that listeners can see; whoever holds it may not wait for a transfer.
    flights: those that run now, or have been stopped and are not gone yet.
    """

    def __init__(self, rows: Downloads, *, channel: Channel, clock: Clock) -> None:
        self.rows = rows
        self.lock = threading.RLock()
        self.flights: dict[str, Flight] = {}
        self._channel = channel
        self._clock = clock

    def added(self, download: Download) -> None:
        """It is new, and in the queue."""
        self._tell(download, "queued")

    def move(self, download_id: str, move: Move, *, to_the_end: bool = False, **changes: Any) -> Download:
        """Every change of state: checked against the table, written down, then told. Raises NotFound, WrongState."""
        changes = _writable(changes)
        if move.to in FINAL:
            changes = {"ended_at": self._clock.now(), "waiting_until": None, **changes}
        with self.lock:
            flight = self._running(download_id)
            if flight is not None:
                changes = {"bytes_done": flight.pace.bytes_done, **changes}
            download = self.rows.move(download_id, move, to_the_end=to_the_end, **changes)
            if flight is not None:
                flight.download = download
            self._tell(download, move.told)
            return download

    def note(self, flight: Flight, **facts: Any) -> None:
        """What has become known of a download that runs; its state stays."""
        facts = _writable(facts)
        with self.lock:
            flight.partial = facts.get("partial", flight.partial)
            flight.download = replace(flight.download, **facts)
            self.rows.note(flight.download.id, **facts)

    def arrived(self, flight: Flight, bytes_done: int) -> None:
        """Count what is on disk; listeners hear of it ten times a second at most."""
        now = self._clock.now()
        if not flight.pace.arrived(bytes_done, now):
            return
        with self.lock:
            if flight.stop.event.is_set():
                return  # it has ended for everybody who listens
            pace = flight.pace
            self._channel.publish(progress_of(flight.download, pace.bytes_done, pace.bytes_per_second(now), now))

    def _running(self, download_id: str) -> Flight | None:
        """Its flight, unless that has been stopped already: what becomes of the download then is not the flight's."""
        flight = self.flights.get(download_id)
        return None if flight is None or flight.stop.event.is_set() else flight

    def _tell(self, download: Download, told: str) -> None:
        self._channel.publish(change_of(download, told, self._clock.now()))


def _writable(facts: dict[str, Any]) -> dict[str, Any]:
    """The facts without half characters, which a hub may send and neither the database nor a listener can take."""
    return {
        name: fact.encode("utf-8", "replace").decode() if isinstance(fact, str) and not isinstance(fact, Enum) else fact
        for name, fact in facts.items()
    }
