"""The first studio: downloads, model files, recipes, characters."""

from __future__ import annotations

from alembic import op
from sqlalchemy import JSON, BigInteger, Column, DateTime, Float, Index, Integer, MetaData, String, Table, Text
from sqlalchemy import UniqueConstraint as Unique

revision = "1"
down_revision = None

_MOMENT = DateTime(timezone=True)
_TABLES = MetaData()

Table(
    "character_references",
    _TABLES,
    Column("id", String(36), primary_key=True),
    Column("key", String(255), nullable=False),
    Column("content_type", String(32), nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("character_description", Text, nullable=False),
    Column("model_used", String(64), nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("place", Integer, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Index("ix_character_references_created_at", "created_at"),
)
Table(
    "downloads",
    _TABLES,
    Column("id", String(32), primary_key=True),
    Column("turn", Integer, nullable=False),
    Column("url", String, nullable=False),
    Column("model_version_id", Integer),
    Column("name", String),
    Column("kind", String(16)),
    Column("sha256", String(64)),
    Column("state", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("bytes_done", BigInteger, nullable=False),
    Column("bytes_total", BigInteger),
    Column("waiting_until", _MOMENT),
    Column("error_code", String(32)),
    Column("error_message", String),
    Column("created_at", _MOMENT, nullable=False),
    Index("ix_downloads_state", "state"),
    Index("ix_downloads_turn", "turn"),
)
Table(
    "model_files",
    _TABLES,
    Column("id", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("folder", String, nullable=False),
    Column("file_name", String, nullable=False),
    Column("name", String, nullable=False),
    Column("sought", String, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("autov2", String(10), nullable=False),
    Column("autov3", String(12)),
    Column("added_at", _MOMENT, nullable=False),
    Unique("kind", "folder", "file_name"),
    Index("ix_model_files_sha256", "sha256"),
    Index("ix_model_files_autov2", "autov2"),
    Index("ix_model_files_autov3", "autov3"),
)
Table(
    "recipes",
    _TABLES,
    Column("id", String(32), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("folded_name", Text, nullable=False),
    Column("search_text", Text, nullable=False),
    Column("tags", JSON, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("loras", JSON, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("format", String(32)),
    Column("confidence", Float, nullable=False),
    Column("picture", String(64), nullable=False),
    Column("content_type", String(32), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("version", Integer, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Index("ix_recipes_created_at", "created_at"),
    Index("ix_recipes_folded_name", "folded_name"),
)


def upgrade() -> None:
    _TABLES.create_all(op.get_bind(), checkfirst=False)
