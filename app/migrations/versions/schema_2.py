"""Generation jobs."""

from __future__ import annotations

from alembic import op
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    true,
)

revision = "2"
down_revision = "1"

_MOMENT = DateTime(timezone=True)
_JOBS = Table(
    "generation_jobs",
    MetaData(),
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
    Column("lease_until", _MOMENT),
    Column("waiting_until", _MOMENT),
    Column("painted", JSON),
    Column("kept", Boolean, nullable=False),
    Column("error", JSON),
    Column("created_at", _MOMENT, nullable=False),
    Column("started_at", _MOMENT),
    Column("ended_at", _MOMENT),
    Column("seconds", Float),
)
_C = _JOBS.c
Index("ix_generation_jobs_newest", _C.turn, _C.kind)
Index("ix_generation_jobs_state", _C.state, _C.turn, _C.kind)
Index("ix_generation_jobs_kept", _C.ended_at, sqlite_where=_C.kept == true(), postgresql_where=_C.kept)


def upgrade() -> None:
    _JOBS.create(op.get_bind())
