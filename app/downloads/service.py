"""The download queue: what is asked for, in which state it is, and who is told.

Threads carry the transfers; one lock orders everything that listeners can see, so that what the
database says and what the channel says never cross.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from app.clock import Clock
from app.database import Database
from app.downloads.book import Book
from app.downloads.delivery import OnCompleted
from app.downloads.download import FRESH, Download
from app.downloads.orders import Asked, Order, orders_of
from app.downloads.places import Places
from app.downloads.shelf import Shelf
from app.downloads.sources import Sources
from app.downloads.state import (
    AT_WORK,
    CANCEL,
    FINAL,
    HAS_A_TURN,
    PAUSE,
    RESUME,
    RETRY,
    SKIP,
    DownloadState,
    Move,
    one_of,
)
from app.downloads.tables import Downloads
from app.downloads.transfer import Transfer
from app.errors import Conflict, WrongState
from app.events import Channel


@dataclass(frozen=True)
class Stats:
    """counts: downloads by state; bytes_per_second: of all that run, together."""

    counts: dict[str, int]
    bytes_per_second: float


class DownloadQueue:
    """Downloads in the order in which they were asked for, the hurried first, a few at the same time.

    concurrency: how many; asked anew whenever a place is given away, `wake` tells that it has changed.
    on_completed: told of every finished file before anybody hears "completed".
    civitai_url, huggingface_url: the hubs, whose pages' addresses are orders as well.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        channel: Channel,
        sources: Sources,
        transfer: Transfer,
        shelf: Shelf,
        on_completed: OnCompleted,
        concurrency: Callable[[], int],
        civitai_url: str,
        huggingface_url: str,
    ) -> None:
        self.channel = channel
        self._orders_of = partial(orders_of, civitai_url=civitai_url, huggingface_url=huggingface_url)
        self._clock = clock
        self._sources = sources
        self._shelf = shelf
        self._rows = Downloads(database)
        self._book = Book(self._rows, channel=channel, clock=clock)
        self._places = Places(
            self._book,
            clock=clock,
            sources=sources,
            transfer=transfer,
            shelf=shelf,
            on_completed=on_completed,
            limit=concurrency,
        )

    def start(self) -> None:
        """Go on where the last run ended: what it left in the middle is queued again, and goes on from its bytes."""
        unfinished = self._rows.any_unfinished()
        if unfinished:
            self._rows.take_up()
        self._shelf.sweep(self._rows.unfinished_ids())
        if unfinished:
            self._places.wake()

    def close(self) -> None:
        """Stop every transfer at once; the next start takes them up again."""
        self._places.close()

    def wake(self) -> None:
        """More may run at the same time than before, or fewer."""
        self._places.wake()

    def orders_of(self, asked: Asked) -> list[Order]:
        """What a request asks for, a file each. Raises InvalidInput naming the field that cannot be meant."""
        return self._orders_of(asked)

    def enqueue(
        self, orders: Sequence[Order], *, download_id: str | None = None, hurried: bool = False
    ) -> list[Download]:
        """One download for each order, in their order; one that is in flight already is shared.

        download_id: what the caller calls the only one; asked for again with the same order, it is the same
        download, whatever has become of it. hurried: before all others. Raises Conflict for an id that
        stands for something else.
        """
        with self._book.lock:
            if download_id is not None:
                known = self._rows.known(download_id)
                if known is not None:
                    return [self._again(known, orders)]
            wanted = [(order, self._new(order, download_id or uuid.uuid4().hex)) for order in orders]
            asked = self._rows.add(wanted)
            for download, is_new in asked:
                if is_new:
                    self._book.added(download)
            if hurried:
                # The first of them is to come first, and each goes before all others.
                for download, _ in reversed(asked):
                    if self._rows.get(download.id).status in HAS_A_TURN:
                        self._rows.hurry(download.id, hurried=True)
        self._places.wake()
        return [self.get(download.id) for download, _ in asked]

    def find(self, *states: DownloadState, limit: int, after: int | None = None) -> list[Download]:
        """The downloads in these states (none given: all), in the order of the queue, those after a turn."""
        return self._up_to_date(self._rows.page(states, limit=limit, after=after))

    def in_flight(self) -> list[Download]:
        return self._up_to_date(self._rows.in_flight())

    def get(self, download_id: str) -> Download:
        """Raises NotFound."""
        return self._up_to_date([self._rows.get(download_id)])[0]

    def called(self, download_id: str) -> list[Download]:
        """The download of that id, or none."""
        known = self._rows.known(download_id)
        return [] if known is None else self._up_to_date([known])

    def history(self, limit: int) -> list[Download]:
        """What has ended, newest first, each model once."""
        return self._rows.history(limit)

    def stats(self) -> Stats:
        now = self._clock.now()
        with self._book.lock:
            paces = [flight.pace for flight in self._book.flights.values() if not flight.stop.event.is_set()]
            counts = self._rows.counts()
        return Stats(counts, sum(pace.bytes_per_second(now) for pace in paces))

    def places(self, downloads: Iterable[Download]) -> dict[str, int]:
        """The place in the queue of those that are queued, 1 for the next."""
        queued = sorted((d for d in downloads if d.status is DownloadState.QUEUED), key=lambda d: d.turn)
        if not queued:
            return {}
        first = self._rows.place(queued[0])
        if len(queued) == 1:
            return {queued[0].id: first}
        if self._rows.place(queued[-1]) - first == len(queued) - 1:  # none between them is missing
            return {download.id: place for place, download in enumerate(queued, first)}
        return {download.id: self._rows.place(download) for download in queued}

    def bytes_per_second(self, download_id: str) -> float | None:
        """None for one that does not run."""
        flight = self._book.flights.get(download_id)
        if flight is None or flight.stop.event.is_set():
            return None
        return flight.pace.bytes_per_second(self._clock.now())

    def pause(self, download_id: str) -> Download:
        """Stop its traffic and give its place away; what has arrived stays for `resume`."""
        return self._stop(download_id, PAUSE)

    def cancel(self, download_id: str) -> Download:
        """End it now; when this returns its partial file is gone and its place is free."""
        return self._stop(download_id, CANCEL)

    def skip(self, download_id: str) -> Download:
        """As `cancel`, for one that is not wanted: it cannot be retried."""
        return self._stop(download_id, SKIP)

    def resume(self, download_id: str) -> Download:
        """Queue a paused one again, in its old turn; it goes on where it stopped."""
        self._book.move(download_id, RESUME, attempt=0)
        self._places.wake()
        return self.get(download_id)

    def retry(self, download_id: str) -> Download:
        """Queue a failed or cancelled one again, at the end. Raises Conflict when the same is in flight already."""
        with self._book.lock:
            download = self._rows.get(download_id)
            if download.status in RETRY.origins:
                shared = self._rows.shared(download)
                if shared is not None:
                    raise Conflict(
                        f"download {download.label!r} was asked for again meanwhile: {shared.id} is {shared.state}"
                    )
            self._book.move(download_id, RETRY, to_the_end=True, **FRESH)
        self._places.wake()
        return self.get(download_id)

    def retry_failed(self) -> list[Download]:
        """Queue every failed one again, in their order; those that are in flight again already are left alone."""
        with self._book.lock:
            retried = []
            for download_id in self._rows.failed_ids():
                if self._rows.shared(self._rows.get(download_id)) is None:
                    retried.append(self._book.move(download_id, RETRY, to_the_end=True, **FRESH))
        self._places.wake()
        return [self.get(download.id) for download in retried]

    def prioritise(self, download_id: str, *, hurried: bool) -> Download:
        """Put it before all others, or to the end. Raises WrongState for one that waits for no turn."""
        with self._book.lock:
            download = self._rows.get(download_id)
            if download.status not in HAS_A_TURN:
                raise WrongState(
                    f"download {download.label!r} is {download.state}; only what is {one_of(HAS_A_TURN)} has a priority"
                )
            self._rows.hurry(download_id, hurried=hurried)
        return self.get(download_id)

    def remove(self, states: Sequence[DownloadState]) -> int:
        """Forget those that ended so; how many. Their files stay. Raises WrongState for a state that is no end."""
        for state in states:
            if state not in FINAL:
                raise WrongState(f"what is {state} has not ended; only what is {one_of(FINAL)} can be removed")
        with self._book.lock:
            return self._rows.remove(states)

    def _stop(self, download_id: str, move: Move) -> Download:
        with self._book.lock:
            download = self._book.move(download_id, move)
            flight = self._book.flights.get(download_id)
            if move is PAUSE:
                if flight is not None:
                    flight.stop.set()
            else:
                self._places.discard(download)
        self._places.give_up(flight)
        return self._up_to_date([download])[0]

    def _new(self, order: Order, download_id: str) -> Download:
        address = self._sources.address_of(order)
        return Download.of(order, download_id=download_id, turn=0, url=address, now=self._clock.now())

    def _again(self, known: Download, orders: Sequence[Order]) -> Download:
        if not known.is_same_order(orders[0]):
            raise Conflict(
                f"download_id: {known.id!r} stands for {known.label!r} already; choose another", field="download_id"
            )
        return self._up_to_date([known])[0]

    def _up_to_date(self, downloads: Iterable[Download]) -> list[Download]:
        """With the bytes that have arrived since the last time they were written down."""
        return [self._with_progress(download) for download in downloads]

    def _with_progress(self, download: Download) -> Download:
        flight = self._book.flights.get(download.id)
        if flight is None or download.status not in AT_WORK:
            return download
        return replace(download, bytes_done=max(download.bytes_done, flight.pace.bytes_done))
