"""The download queue: what is asked for, in which state it is, and who is told.

Threads carry the transfers; one lock orders everything that listeners can see, so that what the
database says and what the channel says never cross.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from app.clock import Clock
from app.database import Database
from app.downloads.delivery import Delivery, OnCompleted
from app.downloads.names import name_in_url
from app.downloads.sources import Hub, Order
from app.downloads.state import IN_FLIGHT, MOVES, MOVES_AT_START, DownloadState, Moves, check_move
from app.downloads.stop import Stop
from app.downloads.tables import Download
from app.downloads.telling import change_of, progress_of
from app.downloads.transfer import Transfer
from app.downloads.workers import Work, Workers
from app.errors import NotFound, Unavailable
from app.events import Channel

log = logging.getLogger("app.downloads")

PROGRESS_EVERY = timedelta(seconds=0.1)
CLOSE_WITHIN_SECONDS = 1.0

FRESH: dict[str, Any] = {
    "attempt": 0,
    "bytes_done": 0,
    "bytes_total": None,
    "waiting_until": None,
    "error_code": None,
    "error_message": None,
}


class Running:
    """What only a running download has. bytes_done: the most that any attempt has reached, because an
    attempt that starts afresh must not look like progress undone."""

    def __init__(self) -> None:
        self.stop = Stop()
        self.gone = threading.Event()
        self.bytes_done = 0
        self.told_bytes = 0
        self.told_at: datetime | None = None


class DownloadQueue:
    """Downloads in the order in which they were asked for, at most `concurrency` at the same time.

    on_completed: told of every finished file before anybody hears "completed".
    A waiting download keeps its place among those that run.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        channel: Channel,
        hub: Hub,
        transfer: Transfer,
        on_completed: OnCompleted,
        concurrency: int,
    ) -> None:
        self.channel = channel
        self._database = database
        self._clock = clock
        self._hub = hub
        self._transfer = transfer
        self._on_completed = on_completed
        self._lock = threading.RLock()
        self._running: dict[str, Running] = {}
        self._closing = False
        self._workers = Workers(limit=concurrency, take=self._take)

    def start(self) -> None:
        """Go on where the last run ended: what it left in the middle is queued again, from its first byte.

        Its partial files are removed; going on from their bytes is not part of this yet.
        """
        if not self._unfinished():
            return
        left = self.find(DownloadState.QUEUED, *MOVES_AT_START)
        for download in left:
            if download.status in MOVES_AT_START:
                self._transfer.forget(download.id)
                self._move(download.id, DownloadState.QUEUED, moves=MOVES_AT_START, **FRESH)
        self._workers.wake()

    def _unfinished(self) -> bool:
        """Whether the last run left anything; in plain SQL, which a fresh studio has not to compile (1 ms)."""
        states = ", ".join(f"'{state.value}'" for state in (DownloadState.QUEUED, *MOVES_AT_START))
        with self._database.session() as session:
            looked = session.connection().exec_driver_sql(
                f"SELECT 1 FROM {Download.__tablename__} WHERE state IN ({states}) LIMIT 1"
            )
            return looked.first() is not None

    def close(self) -> None:
        """Stop every transfer and wait at once; the next start takes them up again."""
        with self._lock:
            self._closing = True
            for running in self._running.values():
                running.stop.set()
        self._workers.close(within_seconds=CLOSE_WITHIN_SECONDS)

    def enqueue(self, orders: Sequence[Order]) -> list[Download]:
        """One download for each order, in their order; one that is in flight already is shared."""
        with self._lock:
            added, asked = [], []
            with self._database.session() as session:
                for order in orders:
                    download = session.scalar(_shared_by(order))
                    if download is None:
                        download = self._new(order, _next_turn(session))
                        session.add(download)
                        added.append(download)
                    asked.append(download)
            for download in added:
                self._tell(download)
        self._workers.wake()
        return self._up_to_date(asked)

    def find(self, *states: DownloadState) -> list[Download]:
        """The downloads in these states (none given: all), in the order of the queue."""
        query = select(Download).order_by(Download.turn)
        if states:
            query = query.where(Download.state.in_(states))
        with self._database.session() as session:
            found = session.scalars(query).all()
        return self._up_to_date(found)

    def get(self, download_id: str) -> Download:
        with self._database.session() as session:
            download = session.get(Download, download_id)
        if download is None:
            raise NotFound(f"there is no download {download_id!r}; GET /api/lm/downloads lists them")
        return self._up_to_date([download])[0]

    def cancel(self, download_id: str) -> Download:
        """End it now; when this returns its partial file is gone and its place is free."""
        with self._lock:
            download = self._move(download_id, DownloadState.CANCELLED, waiting_until=None)
            running = self._running.get(download_id)
            if running is not None:
                running.stop.set()
        if running is not None:
            running.gone.wait(CLOSE_WITHIN_SECONDS)
        return download

    def retry(self, download_id: str) -> Download:
        """Queue a failed or cancelled one again, at the end."""
        with self._lock:
            with self._database.session() as session:
                turn = _next_turn(session)
            download = self._move(download_id, DownloadState.QUEUED, turn=turn, **FRESH)
        self._workers.wake()
        return download

    def _new(self, order: Order, turn: int) -> Download:
        by_version = order.model_version_id is not None
        return Download(
            id=uuid.uuid4().hex,
            turn=turn,
            url=order.url or self._hub.address_of(order.model_version_id or 0),
            model_version_id=order.model_version_id,
            name=None if by_version else name_in_url(order.url or ""),
            kind=None if by_version else order.kind,
            sha256=order.sha256,
            state=DownloadState.QUEUED,
            created_at=self._clock.now(),
            **FRESH,
        )

    def _up_to_date(self, downloads: Iterable[Download]) -> list[Download]:
        found = list(downloads)
        for download in found:
            running = self._running.get(download.id)
            if running is not None:
                download.bytes_done = max(download.bytes_done, running.bytes_done)
        return found

    def _move(self, download_id: str, to: DownloadState, *, moves: Moves = MOVES, **changes: Any) -> Download:
        """Every change of state: checked against the table, written down, then told. Raises WrongState."""
        with self._lock:
            with self._database.session() as session:
                download = session.get(Download, download_id)
                if download is None:
                    raise NotFound(f"there is no download {download_id!r}; GET /api/lm/downloads lists them")
                check_move(download.label, download.status, to, moves=moves)
                running = self._running.get(download_id)
                if running is not None:
                    download.bytes_done = max(download.bytes_done, running.bytes_done)
                download.state = to
                for name, value in changes.items():
                    setattr(download, name, value)
            self._tell(download)
            return download

    def _note(self, download_id: str, **facts: Any) -> None:
        """Write down what has become known of a download; its state stays."""
        with self._database.session() as session:
            download = session.get_one(Download, download_id)
            for name, value in facts.items():
                setattr(download, name, value)

    def _tell(self, download: Download) -> None:
        self.channel.publish(change_of(download, self._clock.now()))

    def _take(self) -> Work | None:
        """The next download's delivery, its place taken; None when there is nothing to do."""
        query = select(Download).where(Download.state == DownloadState.QUEUED).order_by(Download.turn).limit(1)
        with self._lock:
            if self._closing:
                return None
            try:
                # A cancelled one that is queued again must wait until its first delivery has gone.
                with self._database.session() as session:
                    found = session.scalar(query.where(Download.id.not_in(self._running)))
                if found is None:
                    return None
                download = self._move(found.id, DownloadState.RUNNING, attempt=1)
            except (SQLAlchemyError, Unavailable):
                log.exception("the next download cannot be looked up")
                return None
            running = self._running[download.id] = Running()
        return partial(self._carry, download, running)

    def _carry(self, download: Download, running: Running) -> None:
        delivery = Delivery(
            download,
            ledger=_Entry(self, download.id, running),
            stop=running.stop,
            clock=self._clock,
            hub=self._hub,
            transfer=self._transfer,
            on_completed=self._on_completed,
        )
        delivery.run()
        with self._lock:
            del self._running[download.id]
        running.gone.set()

    def _arrived(self, download_id: str, running: Running, bytes_done: int) -> None:
        """Count what is on disk, and tell listeners when it has grown and the last time is long enough ago."""
        running.bytes_done = max(running.bytes_done, bytes_done)
        now = self._clock.now()
        if running.told_at is not None and now - running.told_at < PROGRESS_EVERY:
            return
        if running.bytes_done <= running.told_bytes:
            return
        with self._lock:
            if running.stop.event.is_set():
                return  # it has ended for everybody who listens
            running.told_at, running.told_bytes = now, running.bytes_done
            self.channel.publish(progress_of(self.get(download_id), now))


class _Entry:
    """One download's page in the queue's book: what its delivery may write."""

    def __init__(self, queue: DownloadQueue, download_id: str, running: Running) -> None:
        self.move = partial(queue._move, download_id)
        self.note = partial(queue._note, download_id)
        self.arrived = partial(queue._arrived, download_id, running)


def _next_turn(session: Session) -> int:
    return (session.scalar(select(func.max(Download.turn))) or 0) + 1


def _shared_by(order: Order) -> Select[Download]:
    """The download in flight of the file that is ordered; one promised another sum, or none, must be proven apart."""
    query = select(Download).where(Download.state.in_(IN_FLIGHT)).order_by(Download.turn).limit(1)
    if order.sha256 is not None:
        query = query.where(Download.sha256 == order.sha256)
    if order.model_version_id is not None:
        return query.where(Download.model_version_id == order.model_version_id)
    return query.where(Download.url == order.url, Download.kind == order.kind)
