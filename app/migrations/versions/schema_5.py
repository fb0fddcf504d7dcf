"""Reference pictures that come from elsewhere, that a bucket has, that jobs use; calls that are answered once."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import JSON, BigInteger, Boolean, Column, DateTime, Index, Integer, String, Table, Text

revision = "5"
down_revision = "4"

_MOMENT = DateTime(timezone=True)
_TABLES = sa.MetaData()
_REFERENCES = Table(
    "character_references",
    _TABLES,
    Column("id", String(36), primary_key=True),
    Column("key", String(255), nullable=False),
    Column("extension", String(8), nullable=False),
    Column("content_type", String(32), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("width", Integer),
    Column("height", Integer),
    Column("origin", String(16), nullable=False),
    Column("in_cloud", Boolean, nullable=False),
    Column("label", Text),
    Column("filename", Text),
    Column("character_description", Text),
    Column("model_used", Text),
    Column("seed", BigInteger),
    Column("place", Integer, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Index("ix_character_references_created_at", "created_at"),
)
Table(
    "character_requests",
    _TABLES,
    Column("key", String(255), primary_key=True),
    Column("body_sha256", String(64), nullable=False),
    Column("holder", String(64), nullable=False),
    Column("answer", JSON),
    Column("created_at", _MOMENT, nullable=False),
    Index("ix_character_requests_created_at", "created_at"),
)
Table(
    "job_references",
    _TABLES,
    Column("job_id", String(64), primary_key=True),
    Column("image_id", String(36), primary_key=True),
    Column("created_at", _MOMENT, nullable=False),
    Index("ix_job_references_image_id", "image_id"),
)
# Until now every picture was generated here, its key ended in its extension, and no bucket had it.
_FILLED = {
    "extension": "CASE WHEN key LIKE '%.webp' THEN 'webp' WHEN key LIKE '%.jpg' THEN 'jpg' ELSE 'png' END",
    "origin": "'generated'",
    "in_cloud": "false",
}


def upgrade() -> None:
    old = [column["name"] for column in sa.inspect(op.get_bind()).get_columns("character_references")]
    # Not renamed: the names of its indexes and constraints would still be taken.
    op.execute("CREATE TABLE kept_character_references AS SELECT * FROM character_references")
    op.drop_table("character_references")
    _TABLES.create_all(op.get_bind(), checkfirst=False)
    values = {f'"{name}"': f'"{name}"' for name in old} | _FILLED
    op.execute(
        f"INSERT INTO character_references ({', '.join(values)}) "
        f"SELECT {', '.join(values.values())} FROM kept_character_references"
    )
    op.drop_table("kept_character_references")
