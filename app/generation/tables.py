"""The generation jobs as the database keeps them, and every question that is asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Executable,
    Float,
    Index,
    Integer,
    String,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    insert,
    or_,
    select,
    true,
    update,
)

from app.database import Base, Database, UtcDateTime
from app.errors import NotFound
from app.generation.job import NORMAL, GenerationJob
from app.generation.state import UNFINISHED, JobState, check_move

# Not a mapped class: making and following one costs more than SQLite needs for all that is asked of it here.
_TABLE = Table(
    "generation_jobs",
    Base.metadata,
    Column("id", String(36), primary_key=True),
    Column("turn", Integer, nullable=False),
    Column("urgency", Integer, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("request", JSON, nullable=False),
    Column("reference_keys", JSON, nullable=False),
    Column("asked", JSON, nullable=False),
    Column("output", JSON, nullable=False),
    Column("previews", Boolean, nullable=False),
    Column("backend", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("attempt_id", String(36)),
    Column("attempt_open", Boolean, nullable=False),
    Column("place", Text),
    Column("holder", String(36)),
    Column("lease_until", UtcDateTime),
    Column("waiting_until", UtcDateTime),
    Column("painted", JSON(none_as_null=True)),
    Column("kept", Boolean, nullable=False),
    Column("error", JSON(none_as_null=True)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("seconds", Float),
)
_C = _TABLE.c
# Every list is a walk along one of these, whatever it is filtered by: nothing is sorted, and only the rows of
# the page are read.
Index("ix_generation_jobs_newest", _C.turn, _C.kind)
Index("ix_generation_jobs_state", _C.state, _C.turn, _C.kind)
Index("ix_generation_jobs_kept", _C.ended_at, sqlite_where=_C.kept == true(), postgresql_where=_C.kept)


# A job that is completed or failed has no attempt left; saying so spares a start the look at all of them.
_MAY_BE_OPEN = (*UNFINISHED, JobState.CANCELLED)


class Jobs:
    """The jobs' rows. Each method is one transaction; a change names what it expects to find."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def any_unsettled(self) -> bool:
        """Whether an earlier life left anything."""
        states = ", ".join(f"'{state.value}'" for state in _MAY_BE_OPEN)
        cancelled = JobState.CANCELLED.value
        return self._database.holds(_TABLE.name, f"state IN ({states}) AND (state <> '{cancelled}' OR attempt_open)")

    def unsettled(self, holder: str, now: datetime) -> list[GenerationJob]:
        """What this studio shall see to: those that wait, and of those in the middle its own and the abandoned."""
        ours = or_(_C.holder == holder, _C.lease_until.is_(None), _C.lease_until < now)
        open_ = or_(_C.state == JobState.RUNNING, _C.attempt_open)
        found = _LOOKING.where(_C.state.in_(_MAY_BE_OPEN), or_(_WAITING, and_(open_, ours)))
        with self._database.transaction() as rows:
            return [_job(row) for row in rows.execute(found.order_by(_C.turn))]

    def add(self, job: GenerationJob, *, limit: int) -> int | None:
        """Put it at the end of the queue; its position there, or None when `limit` wait already."""
        with self._database.transaction() as rows:
            waiting, last_turn = rows.execute(_ENDS).one()
            if waiting >= limit:
                return None
            job.turn = (last_turn or 0) + 1
            rows.execute(_ADDING, vars(job))
            return int(waiting) + 1 if job.urgency == NORMAL else _position(rows, job)

    def get(self, job_id: str) -> GenerationJob:
        """Raises NotFound."""
        with self._database.transaction() as rows:
            return _get(rows, job_id)

    def positions(self, jobs: Sequence[GenerationJob]) -> dict[str, int]:
        """The place in the queue of those that wait, 1 for the next."""
        waiting = [job for job in jobs if job.status is JobState.PENDING]
        if not waiting:
            return {}
        with self._database.transaction() as rows:
            if len(waiting) == 1:
                return {waiting[0].id: _position(rows, waiting[0])}
            return {job_id: position for position, job_id in enumerate(rows.scalars(_QUEUE), 1)}

    def page(
        self, *, page: int, page_size: int, state: JobState | None, kind: str | None
    ) -> tuple[list[GenerationJob], int]:
        """The newest first; pages count from 1. Also how many there are in all."""
        wanted = {"state": state, "kind": kind}
        conditions = [_C[name] == value for name, value in wanted.items() if value is not None]
        counting = select(func.count()).select_from(_TABLE).where(*conditions)
        before = (page - 1) * page_size
        newest = _LOOKING.where(*conditions).order_by(_C.turn.desc()).offset(before).limit(page_size)
        with self._database.transaction() as rows:
            total = rows.scalar(counting) or 0
            return [_job(row) for row in rows.execute(newest)] if before < total else [], total

    def unfinished(self) -> list[GenerationJob]:
        """The next first, those at work before those that wait."""
        found = _LOOKING.where(_C.state.in_(UNFINISHED)).order_by(_C.urgency, _C.turn)
        with self._database.transaction() as rows:
            return [_job(row) for row in rows.execute(found)]

    def move(self, job_id: str, to: JobState, **changes: Any) -> GenerationJob:
        """A change of state that somebody asks for. Raises NotFound, WrongState."""
        while True:
            with self._database.transaction() as rows:
                job = _get(rows, job_id)
                check_move(job_id, job.status, to)
                moving = update(_TABLE).where(_C.id == job_id, _C.state == job.state).values(state=to, **changes)
                moved = rows.execute(moving.returning(*_COLUMNS)).first()
            if moved is not None:  # else somebody else has moved it between our look and the change: look again
                return _job(moved)

    def retry(self, job_id: str, **changes: Any) -> GenerationJob:
        """Queue it again, at the end. Raises NotFound, WrongState."""
        return self.move(job_id, JobState.PENDING, turn=_NEXT_TURN, **changes)

    def claim(
        self, job_id: str, *, attempt_id: str, holder: str, now: datetime, lease_until: datetime
    ) -> GenerationJob | None:
        """Take a waiting job up as a new attempt, or go on with one whose holder is this one or is gone.

        None when somebody else has it, or nobody wants it any more.
        """
        mine = {"the_id": job_id, "holder": holder, "lease_until": lease_until}
        new = {
            "state": JobState.RUNNING,
            "attempts": 1,
            "attempt_id": attempt_id,
            "attempt_open": True,
            "started_at": now,
        }
        with self._database.transaction() as rows:
            claimed = _changed(rows, _CLAIMING, mine | new)
            return claimed or _changed(rows, _TAKING_OVER, mine | {"the_holder": holder, "the_time": now})

    def change(self, job: GenerationJob, attempt_id: str, **changes: Any) -> GenerationJob | None:
        """What an attempt writes of its job; None, nothing written, when the job is not this attempt's any more.

        job: as this attempt knows it, which nobody else changes as long as it is this attempt's.
        """
        with self._database.transaction() as rows:
            facts = {"the_id": job.id, "the_attempt": attempt_id, **changes}
            written = rows.execute(_WRITING, facts).rowcount
        return replace(job, **changes) if written else None

    def settle(self, job_id: str, attempt_id: str) -> None:
        """The attempt runs nowhere any more, whatever has become of the job."""
        with self._database.transaction() as rows:
            rows.execute(update(_TABLE).where(_C.id == job_id, _C.attempt_id == attempt_id).values(attempt_open=False))

    def delete(self, job_id: str) -> None:
        """One that is gone already stays so."""
        with self._database.transaction() as rows:
            rows.execute(delete(_TABLE).where(_C.id == job_id))

    def counts(self) -> dict[str, int]:
        """How many jobs are in each state."""
        with self._database.transaction() as rows:
            found = {row[0]: int(row[1]) for row in rows.execute(_COUNTING)}
        return {state.value: found.get(state, 0) for state in JobState}

    def newest_seconds(self, count: int) -> list[float]:
        """How long the newest of the completed jobs took."""
        with self._database.transaction() as rows:
            found = rows.scalars(_SECONDS.limit(count))
            return [seconds for seconds in found if seconds is not None]

    def forget_pictures(self, ended_before: datetime) -> list[GenerationJob]:
        """Those whose pictures are to go now, marked as kept no longer."""
        old = update(_TABLE).where(_C.kept, _C.ended_at < ended_before).values(kept=False)
        with self._database.transaction() as rows:
            return [_job(row) for row in rows.execute(old.returning(*_COLUMNS))]


# Statements are made once: making one takes longer than SQLite needs to run it.
_COLUMNS = [_C[field.name] for field in fields(GenerationJob)]
_LOOKING = select(*_COLUMNS)
_GETTING = _LOOKING.where(_C.id == bindparam("the_id"))
_ADDING = insert(_TABLE)
_WAITING = _C.state == JobState.PENDING
_ENDS = select(
    select(func.count()).where(_WAITING).scalar_subquery(),
    select(func.max(_C.turn)).scalar_subquery(),
)
_NEXT_TURN = select(func.max(_C.turn) + 1).scalar_subquery()
_QUEUE = select(_C.id).where(_WAITING).order_by(_C.urgency, _C.turn)
_BEFORE = select(func.count()).where(
    _WAITING,
    or_(
        _C.urgency < bindparam("the_urgency"),
        and_(_C.urgency == bindparam("the_urgency"), _C.turn <= bindparam("the_turn")),
    ),
)
_COUNTING = select(_C.state, func.count()).group_by(_C.state)
_SECONDS = select(_C.seconds).where(_C.state == JobState.COMPLETED).order_by(_C.turn.desc())
_CHANGING = update(_TABLE).where(_C.id == bindparam("the_id"))
_CLAIMING = _CHANGING.where(_WAITING).returning(*_COLUMNS)
_TAKING_OVER = _CHANGING.where(
    _C.state == JobState.RUNNING,
    or_(_C.holder == bindparam("the_holder"), _C.lease_until < bindparam("the_time")),
).returning(*_COLUMNS)
_WRITING = _CHANGING.where(_C.state == JobState.RUNNING, _C.attempt_id == bindparam("the_attempt"))


def _job(row: Sequence[Any]) -> GenerationJob:
    return GenerationJob(*row)


def _changed(rows: Connection, change: Executable, facts: dict[str, Any]) -> GenerationJob | None:
    """The job after the change; None when there was none to change. facts: new values and the change's own."""
    row = rows.execute(change, facts).first()
    return None if row is None else _job(row)


def _get(rows: Connection, job_id: str) -> GenerationJob:
    row = rows.execute(_GETTING, {"the_id": job_id}).first()
    if row is None:
        raise NotFound(f"there is no generation job {job_id[:64]!r}; GET /api/v1/generation-jobs lists them")
    return _job(row)


def _position(rows: Connection, job: GenerationJob) -> int:
    return rows.scalar(_BEFORE, {"the_urgency": job.urgency, "the_turn": job.turn}) or 0
