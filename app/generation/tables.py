"""The generation jobs as the database keeps them, and every question that is asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    ColumnElement,
    Executable,
    Index,
    Select,
    String,
    Text,
    and_,
    bindparam,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.orm import Mapped, Session, mapped_column

from app.database import Base, Database, UtcDateTime
from app.errors import NotFound
from app.generation.port import GenerationRequest, Lora, Ticket
from app.generation.state import UNFINISHED, JobState, check_move

URGENT, NORMAL = 0, 1


class GenerationJob(Base):
    """One job. Its row is the truth: whoever wants to change it compares first.

    turn: its place in the queue, smallest first; a retried one goes to the end. urgency: 0 overtakes 1.
    request: the fields of its GenerationRequest but the references, whose object keys are `reference_keys`.
    asked: the fields of the call, for those who look at the job. painted: the picture, once there is one:
    pictures (number, key, seed, width, height, content_type, size_bytes, sha256), checkpoint, warnings, applied,
    not_applied. error: code, message, status, and node or field where there is one.
    attempt_id, place: of the newest attempt, and where it was put; attempt_open: it may still run there.
    holder, lease_until: which studio works on it, and until when it may be believed to.
    """

    __tablename__ = "generation_jobs"
    __table_args__ = (Index("ix_generation_jobs_queue", "state", "urgency", "turn"),)

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    turn: Mapped[int] = mapped_column(index=True)
    urgency: Mapped[int]
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16))
    request: Mapped[dict[str, Any]] = mapped_column(JSON)
    reference_keys: Mapped[list[str]] = mapped_column(JSON)
    asked: Mapped[dict[str, Any]] = mapped_column(JSON)
    output: Mapped[dict[str, Any]] = mapped_column(JSON)
    previews: Mapped[bool]
    backend: Mapped[str] = mapped_column(String(16))
    attempts: Mapped[int]
    attempt_id: Mapped[str | None] = mapped_column(String(36))
    attempt_open: Mapped[bool]
    place: Mapped[str | None] = mapped_column(Text)
    holder: Mapped[str | None] = mapped_column(String(36))
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    waiting_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    painted: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    kept: Mapped[bool]
    error: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime, index=True)
    seconds: Mapped[float | None]

    @property
    def status(self) -> JobState:
        return JobState(self.state)

    @property
    def ticket(self) -> Ticket:
        return Ticket(self.urgency, self.turn, self.id)

    @property
    def pictures(self) -> list[dict[str, Any]]:
        pictures: list[dict[str, Any]] = (self.painted or {}).get("pictures", [])
        return pictures

    def wanted(self, references: tuple[bytes, ...]) -> GenerationRequest:
        """The request as it was, `references` being the pictures of that name."""
        fields = self.request | {"loras": tuple(Lora(**lora) for lora in self.request["loras"])}
        return GenerationRequest(**fields, references=references)


def kept_fields(request: GenerationRequest) -> dict[str, Any]:
    """A request as its row keeps it."""
    fields = {name: value for name, value in vars(request).items() if name != "references"}
    return fields | {"loras": [asdict(lora) for lora in request.loras]}


class Jobs:
    """The jobs' rows. Each method is one transaction; a change names what it expects to find."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def any_unsettled(self) -> bool:
        """Whether an earlier life left anything; in plain SQL, which a fresh studio has not to compile (1 ms)."""
        states = ", ".join(f"'{state.value}'" for state in UNFINISHED)
        with self._database.session() as session:
            looked = session.connection().exec_driver_sql(
                f"SELECT 1 FROM {GenerationJob.__tablename__} WHERE state IN ({states}) OR attempt_open LIMIT 1"
            )
            return looked.first() is not None

    def unsettled(self, holder: str, now: datetime) -> list[GenerationJob]:
        """What this studio shall see to: those that wait, and of those in the middle its own and the abandoned."""
        ours = or_(GenerationJob.holder == holder, GenerationJob.lease_until.is_(None), GenerationJob.lease_until < now)
        open_ = or_(GenerationJob.state == JobState.RUNNING, GenerationJob.attempt_open)
        with self._database.session() as session:
            found = select(GenerationJob).where(or_(GenerationJob.state == JobState.PENDING, and_(open_, ours)))
            return list(session.scalars(found.order_by(GenerationJob.turn)))

    def add(self, job: GenerationJob, *, limit: int) -> int | None:
        """Put it at the end of the queue; its position there, or None when `limit` wait already."""
        with self._database.session() as session:
            waiting, last_turn = session.connection().execute(_ENDS).one()
            if waiting >= limit:
                return None
            job.turn = (last_turn or 0) + 1
            session.connection().execute(_ADDING, {column.name: getattr(job, column.name) for column in _TABLE.c})
            return int(waiting) + 1 if job.urgency == NORMAL else _position(session, job)

    def get(self, job_id: str) -> GenerationJob:
        """Raises NotFound."""
        with self._database.session() as session:
            return _get(session, job_id)

    def position(self, job: GenerationJob) -> int | None:
        """Its place among those that wait, 1 for the next; None when it does not wait."""
        return self.positions([job]).get(job.id)

    def positions(self, jobs: Sequence[GenerationJob]) -> dict[str, int]:
        """The positions of those that wait."""
        if all(job.status is not JobState.PENDING for job in jobs):
            return {}
        queue = select(GenerationJob.id).where(GenerationJob.state == JobState.PENDING)
        with self._database.session() as session:
            ids = session.scalars(queue.order_by(GenerationJob.urgency, GenerationJob.turn))
            return {job_id: position for position, job_id in enumerate(ids, 1)}

    def page(
        self, *, page: int, page_size: int, state: JobState | None, kind: str | None
    ) -> tuple[list[GenerationJob], int]:
        """The newest first; pages count from 1. Also how many there are in all."""
        found: Select[GenerationJob] = select(GenerationJob)
        if state is not None:
            found = found.where(GenerationJob.state == state)
        if kind is not None:
            found = found.where(GenerationJob.kind == kind)
        with self._database.session() as session:
            total = session.scalar(found.with_only_columns(func.count(GenerationJob.id))) or 0
            newest = found.order_by(GenerationJob.turn.desc())
            return list(session.scalars(newest.offset((page - 1) * page_size).limit(page_size))), total

    def unfinished(self) -> list[GenerationJob]:
        with self._database.session() as session:
            found = select(GenerationJob).where(GenerationJob.state.in_(UNFINISHED))
            return list(session.scalars(found.order_by(GenerationJob.urgency, GenerationJob.turn)))

    def move(self, job_id: str, to: JobState, **changes: Any) -> GenerationJob:
        """A change of state that somebody asks for. Raises NotFound, WrongState."""
        with self._database.session() as session:
            job = _get(session, job_id)
            check_move(job_id, job.status, to)
            job.state = to
            for name, value in changes.items():
                setattr(job, name, value)
            return job

    def retry(self, job_id: str, **changes: Any) -> GenerationJob:
        """Queue it again, at the end. Raises NotFound, WrongState."""
        with self._database.session() as session:
            turn = (session.scalar(select(func.max(GenerationJob.turn))) or 0) + 1
        return self.move(job_id, JobState.PENDING, turn=turn, **changes)

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
        with self._database.session() as session:
            claimed = _changed(session, _CLAIMING, mine | new)
            return claimed or _changed(session, _TAKING_OVER, mine | {"the_holder": holder, "the_time": now})

    def change(self, job_id: str, attempt_id: str, **changes: Any) -> GenerationJob | None:
        """What an attempt writes of its job; None, nothing written, when the job is not this attempt's any more."""
        with self._database.session() as session:
            return _changed(session, _WRITING, {"the_id": job_id, "the_attempt": attempt_id, **changes})

    def settle(self, job_id: str, attempt_id: str) -> None:
        """The attempt runs nowhere any more, whatever has become of the job."""
        with self._database.session() as session:
            session.execute(
                update(GenerationJob)
                .where(GenerationJob.id == job_id, GenerationJob.attempt_id == attempt_id)
                .values(attempt_open=False)
            )

    def delete(self, job_id: str) -> GenerationJob:
        """Raises NotFound."""
        with self._database.session() as session:
            job = _get(session, job_id)
            session.delete(job)
            return job

    def counts(self) -> dict[str, int]:
        """How many jobs are in each state."""
        with self._database.session() as session:
            rows = session.execute(select(GenerationJob.state, func.count()).group_by(GenerationJob.state))
            found = {row[0]: int(row[1]) for row in rows}
        return {state.value: found.get(state, 0) for state in JobState}

    def newest_seconds(self, count: int) -> list[float]:
        """How long the jobs took that were completed last."""
        done = select(GenerationJob.seconds).where(GenerationJob.state == JobState.COMPLETED)
        with self._database.session() as session:
            found = session.scalars(done.order_by(GenerationJob.ended_at.desc()).limit(count))
            return [seconds for seconds in found if seconds is not None]

    def forget_pictures(self, ended_before: datetime) -> list[GenerationJob]:
        """Those whose pictures are to go now, marked as kept no longer."""
        with self._database.session() as session:
            old = select(GenerationJob).where(GenerationJob.kept, GenerationJob.ended_at < ended_before)
            found = list(session.scalars(old))
            for job in found:
                job.kept = False
            return found


# Statements are made once: making one takes longer than SQLite needs to run it. What they change they give
# back, so that a change and a look are one step.
_TABLE = GenerationJob.metadata.tables[GenerationJob.__tablename__]
_ADDING = insert(_TABLE)
_ENDS = select(
    select(func.count()).where(_TABLE.c.state == JobState.PENDING).scalar_subquery(),
    select(func.max(_TABLE.c.turn)).scalar_subquery(),
)
_CHANGING = update(_TABLE).where(_TABLE.c.id == bindparam("the_id")).returning(*_TABLE.c)
_CLAIMING = _CHANGING.where(_TABLE.c.state == JobState.PENDING)
_TAKING_OVER = _CHANGING.where(
    _TABLE.c.state == JobState.RUNNING,
    or_(_TABLE.c.holder == bindparam("the_holder"), _TABLE.c.lease_until < bindparam("the_time")),
)
_WRITING = _CHANGING.where(_TABLE.c.state == JobState.RUNNING, _TABLE.c.attempt_id == bindparam("the_attempt"))


def _changed(session: Session, change: Executable, facts: dict[str, Any]) -> GenerationJob | None:
    """The job after the change; None when there was none to change. facts: new values and the change's own."""
    row = session.connection().execute(change, facts).first()
    return None if row is None else GenerationJob(**row._mapping)


def _get(session: Session, job_id: str) -> GenerationJob:
    job = session.get(GenerationJob, job_id)
    if job is None:
        raise NotFound(f"there is no generation job {job_id[:64]!r}; GET /api/v1/generation-jobs lists them")
    return job


def _count(session: Session, condition: ColumnElement[bool]) -> int:
    return session.scalar(select(func.count(GenerationJob.id)).where(condition)) or 0


def _position(session: Session, job: GenerationJob) -> int:
    before = and_(
        GenerationJob.state == JobState.PENDING,
        or_(
            GenerationJob.urgency < job.urgency,
            and_(GenerationJob.urgency == job.urgency, GenerationJob.turn <= job.turn),
        ),
    )
    return _count(session, before)
