"""The downloads as the database keeps them, and every question that is asked of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, cast

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Index,
    Integer,
    String,
    Table,
    Text,
    bindparam,
    delete,
    exists,
    func,
    insert,
    select,
    tuple_,
    update,
)

from app.database import Base, Database, UtcDateTime
from app.downloads.download import Download
from app.downloads.orders import Order
from app.downloads.state import AT_WORK, IN_FLIGHT, TAKE_UP, DownloadState, Move, check_move
from app.errors import NotFound

# Not a mapped class: making and following one costs more than SQLite needs for all that is asked of it here.
_TABLE = Table(
    "downloads",
    Base.metadata,
    Column("id", String(64), primary_key=True),
    Column("turn", Integer, nullable=False),
    Column("source", String(16)),
    Column("asked", Text),
    Column("identity", Text),
    Column("url", Text, nullable=False),
    Column("model_id", BigInteger),
    Column("model_version_id", BigInteger),
    Column("name", Text),
    Column("kind", String(16)),
    Column("relative_path", Text),
    Column("sha256", String(64)),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("bytes_done", BigInteger, nullable=False),
    Column("bytes_total", BigInteger),
    Column("waiting_until", UtcDateTime),
    Column("error_code", String(32)),
    Column("error_message", Text),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ended_at", UtcDateTime),
    Column("files", Text),
    Column("partial", Text),
    Column("proof", Text),
)
_C = _TABLE.c
# Every question is a walk along one of these: nothing is sorted, and only the rows of the answer are read.
Index("ix_downloads_turn", _C.turn)
Index("ix_downloads_queue", _C.state, _C.turn)
Index("ix_downloads_identity", _C.identity, _C.ended_at)
Index("ix_downloads_ended_at", _C.ended_at, _C.turn)
Index("ix_downloads_waiting_until", _C.waiting_until)


class Downloads:
    """The downloads' rows. Each method is one transaction; who writes holds the queue's lock."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # Kept, because counting them takes longer the more there are; None until somebody asks.
        self._counts: Counter[str] | None = None

    def any_unfinished(self) -> bool:
        """Whether an earlier life left anything that is not paused."""
        states = ", ".join(f"'{state.value}'" for state in (DownloadState.QUEUED, *TAKE_UP.origins))
        return self._database.holds(_TABLE.name, f"state IN ({states})")

    def take_up(self) -> None:
        """Queue again what the last life left in the middle, with its bytes: first what was at work."""
        queued = {"state": TAKE_UP.to, "attempt": 0, "waiting_until": None, "error_code": None, "error_message": None}
        with self._database.transaction() as rows:
            first = rows.scalar(_FIRST_TURN) or 0
            # Not in their old turns: a hurried one that came later would take the place that they had.
            at_work = list(rows.scalars(select(_C.id).where(_C.state.in_(AT_WORK)).order_by(_C.turn)))
            for place, download_id in enumerate(reversed(at_work), 1):
                rows.execute(update(_TABLE).where(_C.id == download_id).values(turn=first - place))
            rows.execute(update(_TABLE).where(_C.state.in_(TAKE_UP.origins)).values(**queued))
        self._counts = None

    def unfinished_ids(self) -> set[str]:
        with self._database.transaction() as rows:
            return set(rows.scalars(select(_C.id).where(_C.ended_at.is_(None))))

    def add(self, wanted: Sequence[tuple[Order, Download]]) -> list[tuple[Download, bool]]:
        """For each order the download of it that is in flight, or the given one, put at the end of the queue.

        With each, whether it is a new one. Its turn is given here.
        """
        found = []
        with self._database.transaction() as rows:
            for order, download in wanted:
                known = _sharing(rows, order.identity, order.sha256)
                if known is None:
                    download.turn = (rows.scalar(_LAST_TURN) or 0) + 1
                    rows.execute(_ADDING, vars(download))
                found.append((known or download, known is None))
        self._recount(came={DownloadState.QUEUED: sum(is_new for _, is_new in found)})
        return found

    def known(self, download_id: str) -> Download | None:
        with self._database.transaction() as rows:
            return _look(rows, download_id)

    def get(self, download_id: str) -> Download:
        """Raises NotFound."""
        with self._database.transaction() as rows:
            return _get(rows, download_id)

    def shared(self, download: Download) -> Download | None:
        """Another download of the same, in flight; None when there is none."""
        with self._database.transaction() as rows:
            return _sharing(rows, download.identity, download.order.sha256)

    def page(self, states: Collection[DownloadState], *, limit: int, after: int | None = None) -> list[Download]:
        """In the order of the queue, those after the turn `after`; no states: all."""
        query = _LOOKING.order_by(_C.turn).limit(limit)
        if states:
            query = query.where(_C.state.in_(states))
        if after is not None:
            query = query.where(_C.turn > after)
        with self._database.transaction() as rows:
            return [_download(row) for row in rows.execute(query)]

    def in_flight(self) -> list[Download]:
        """Everything that has not ended, in the order of the queue."""
        with self._database.transaction() as rows:
            return [_download(row) for row in rows.execute(_UNFINISHED)]

    def failed_ids(self) -> list[str]:
        with self._database.transaction() as rows:
            return list(rows.scalars(select(_C.id).where(_C.state == DownloadState.FAILED).order_by(_C.turn)))

    def history(self, limit: int) -> list[Download]:
        """What has ended, newest first; of several downloads of the same, the one that ended last."""
        with self._database.transaction() as rows:
            return [_download(row) for row in rows.execute(_HISTORY, {"few": limit})]

    def counts(self) -> dict[str, int]:
        """How many are in each state; to be asked under the queue's lock."""
        if self._counts is None:
            with self._database.transaction() as rows:
                self._counts = Counter({row[0]: int(row[1]) for row in rows.execute(_COUNTING)})
        return {state.value: self._counts[state] for state in DownloadState}

    def place(self, download: Download) -> int:
        """How many are before it in the queue, itself included."""
        with self._database.transaction() as rows:
            return rows.scalar(_BEFORE, {"the_turn": download.turn}) or 0

    def next(self, now: datetime, *, besides: Collection[str]) -> Download | None:
        """Whose turn it is: those whose wait is over, then the queue; `besides` those that are still stopping."""
        few = len(besides) + 1
        with self._database.transaction() as rows:
            for query in (_DUE, _QUEUE):
                found = map(_download, rows.execute(query, {"the_time": now, "few": few}))
                free = next((download for download in found if download.id not in besides), None)
                if free is not None:
                    return free
        return None

    def next_waking(self, now: datetime) -> datetime | None:
        """When the next wait is over; None when none is under way."""
        with self._database.transaction() as rows:
            return cast("datetime | None", rows.scalar(_WAKING, {"the_time": now}))

    def end_waits(self, until: datetime, now: datetime) -> None:
        """Whoever was to wait until then has waited long enough."""
        with self._database.transaction() as rows:
            rows.execute(update(_TABLE).where(_C.waiting_until <= until).values(waiting_until=now))

    def move(self, download_id: str, move: Move, *, to_the_end: bool = False, **changes: Any) -> Download:
        """Raises NotFound, WrongState; else the download as it is after the move."""
        with self._database.transaction() as rows:
            download = _get(rows, download_id)
            check_move(download.label, download.status, move)
            turn = {"turn": (rows.scalar(_LAST_TURN) or 0) + 1} if to_the_end else {}
            moved = _changed(rows, download, {"state": move.to, **turn, **changes})
        self._recount(came={move.to: 1}, went={download.state: 1})
        return moved

    def hurry(self, download_id: str, *, hurried: bool) -> Download:
        """Before all others, or to the end."""
        with self._database.transaction() as rows:
            turn = (rows.scalar(_FIRST_TURN) or 0) - 1 if hurried else (rows.scalar(_LAST_TURN) or 0) + 1
            return _changed(rows, _get(rows, download_id), {"turn": turn})

    def note(self, download_id: str, **facts: Any) -> None:
        """Write down what has become known; nothing for one that is gone."""
        with self._database.transaction() as rows:
            rows.execute(update(_TABLE).where(_C.id == download_id).values(**facts))

    def remove(self, states: Collection[DownloadState]) -> int:
        """How many of those that ended so are forgotten now."""
        with self._database.transaction() as rows:
            removed = rows.execute(delete(_TABLE).where(_C.state.in_(states))).rowcount
        self._counts = None
        return removed

    def _recount(self, *, came: dict[str, int], went: dict[str, int] | None = None) -> None:
        """After a change has been written."""
        if self._counts is not None:
            self._counts.update(came)
            self._counts.subtract(went or {})


# Statements are made once: making one takes longer than SQLite needs to run it.
_COLUMNS = [_C[field.name] for field in fields(Download)]
_LOOKING = select(*_COLUMNS)
_GETTING = _LOOKING.where(_C.id == bindparam("the_id"))
_SHARING = _LOOKING.where(_C.identity == bindparam("the_identity"), _C.ended_at.is_(None)).order_by(_C.turn)
_ADDING = insert(_TABLE)
_LAST_TURN = select(func.max(_C.turn))
_FIRST_TURN = select(func.min(_C.turn))
_UNFINISHED = _LOOKING.where(_C.state.in_(IN_FLIGHT)).order_by(_C.turn)
_FEW = bindparam("few", type_=Integer)
_QUEUE = _LOOKING.where(_C.state == DownloadState.QUEUED).order_by(_C.turn).limit(_FEW)
_DUE = _LOOKING.where(_C.waiting_until <= bindparam("the_time")).order_by(_C.waiting_until).limit(_FEW)
_WAKING = select(func.min(_C.waiting_until)).where(_C.waiting_until > bindparam("the_time"))
_BEFORE = select(func.count()).where(_C.state == DownloadState.QUEUED, _C.turn <= bindparam("the_turn"))
_COUNTING = select(_C.state, func.count()).group_by(_C.state)
_later = _TABLE.alias()
_HISTORY = (
    _LOOKING.where(
        _C.ended_at.is_not(None),
        ~exists().where(
            _later.c.identity == _C.identity,
            tuple_(_later.c.ended_at, _later.c.turn) > tuple_(_C.ended_at, _C.turn),
        ),
    )
    .order_by(_C.ended_at.desc(), _C.turn.desc())
    .limit(_FEW)
)


def _download(row: Sequence[Any]) -> Download:
    return Download(*row)


def _look(rows: Connection, download_id: str) -> Download | None:
    row = rows.execute(_GETTING, {"the_id": download_id}).first()
    return None if row is None else _download(row)


def _get(rows: Connection, download_id: str) -> Download:
    download = _look(rows, download_id)
    if download is None:
        raise NotFound(f"there is no download {download_id[:64]!r}; GET /api/lm/downloads lists them")
    return download


def _changed(rows: Connection, download: Download, changes: dict[str, Any]) -> Download:
    changing = update(_TABLE).where(_C.id == download.id).values(**changes).returning(*_COLUMNS)
    return _download(rows.execute(changing).one())


def _sharing(rows: Connection, identity: str, sha256: str | None) -> Download | None:
    """The download in flight that serves; one promised another sum, or none, must be proven apart."""
    found = map(_download, rows.execute(_SHARING, {"the_identity": identity}))
    return next((download for download in found if sha256 in (None, download.sha256)), None)
