"""Models of several libraries, with all that is known of them; recipes that can be changed, filed and brought back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy import JSON, BigInteger, Boolean, Column, DateTime, Float, Index, Integer, String, Table, Text

revision = "4"
down_revision = "3"

_MOMENT = DateTime(timezone=True)
_TABLES = sa.MetaData()

# The same columns as before, as wide as a new studio makes them.
_DOWNLOADS = Table(
    "downloads",
    _TABLES,
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
    Column("waiting_until", _MOMENT),
    Column("error_code", String(32)),
    Column("error_message", Text),
    Column("created_at", _MOMENT, nullable=False),
    Column("ended_at", _MOMENT),
    Column("files", Text),
    Column("partial", Text),
    Column("proof", Text),
    Index("ix_downloads_turn", "turn"),
    Index("ix_downloads_queue", "state", "turn"),
    Index("ix_downloads_identity", "identity", "ended_at"),
    Index("ix_downloads_ended_at", "ended_at", "turn"),
    Index("ix_downloads_waiting_until", "waiting_until"),
)
_MODEL_FILES = Table(
    "model_files",
    _TABLES,
    Column("id", String(32), primary_key=True),
    Column("library", String(64), nullable=False, server_default="default"),
    Column("kind", String(16), nullable=False),
    Column("root", String, nullable=False, server_default=""),
    Column("folder", String, nullable=False),
    Column("file_name", String, nullable=False),
    Column("name", String, nullable=False),
    Column("sought", String, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("autov2", String(10), nullable=False),
    Column("autov3", String(12)),
    Column("base_model", String, nullable=False, server_default="Unknown"),
    Column("tags", JSON, nullable=False, server_default="[]"),
    Column("trained_words", JSON, nullable=False, server_default="[]"),
    Column("favorite", Boolean, nullable=False, server_default=sa.false()),
    Column("notes", String, nullable=False, server_default=""),
    Column("model_id", BigInteger),
    Column("model_version_id", BigInteger),
    Column("mature", Boolean, nullable=False, server_default=sa.false()),
    Column("excluded", Boolean, nullable=False, server_default=sa.false()),
    Column("preview", String),
    Column("sidecar_stamp", String, nullable=False, server_default=""),
    Column("sidecar_fault", String),
    Column("added_at", _MOMENT, nullable=False),
    Column("modified_at", _MOMENT),
    sa.UniqueConstraint("library", "kind", "root", "folder", "file_name"),
    Index("ix_model_files_sha256", "sha256"),
    Index("ix_model_files_autov2", "autov2"),
    Index("ix_model_files_autov3", "autov3"),
)
_RECIPES = Table(
    "recipes",
    _TABLES,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("folded_name", Text().with_variant(Text(collation="C"), "postgresql"), nullable=False),
    Column("tags", JSON, nullable=False),
    Column("settings", JSON, nullable=False),
    Column("loras", JSON, nullable=False),
    Column("lora_count", Integer, nullable=False),
    Column("fingerprint", Text, nullable=False),
    Column("format", String(32)),
    Column("confidence", Float, nullable=False),
    Column("base_model", Text),
    Column("checkpoint_version_id", BigInteger),
    Column("source", Text),
    Column("folder", Text, nullable=False),
    Column("favorite", Boolean, nullable=False),
    Column("rating", Integer),
    Column("mature", Boolean, nullable=False),
    Column("picture", String(96), nullable=False),
    Column("content_type", String(32), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("original_sha256", String(64), nullable=False),
    Column("embedded_version", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("created_at", _MOMENT, nullable=False),
    Column("modified_at", _MOMENT, nullable=False),
    Column("opened_at", BigInteger, nullable=False),
    Column("deleted_at", _MOMENT),
    Column("batch", String(32)),
    sqlite_autoincrement=True,
)
Table(
    "recipe_deletions",
    _TABLES,
    Column("id", String(32), primary_key=True),
    Column("undo_until", _MOMENT, nullable=False),
    Column("undone", Boolean, nullable=False, server_default=sa.false()),
    Index("ix_recipe_deletions_undo_until", "undo_until"),
)
_LIVE, _DELETED = "deleted_at IS NULL", "deleted_at IS NOT NULL"
_RECIPE_INDEXES = {
    "number": (["number"], _LIVE),
    "name": (["folded_name", "number"], _LIVE),
    "lora_count": (["lora_count", "number"], _LIVE),
    "opened_at": (["opened_at", "number"], _LIVE),
    "fingerprint": (["fingerprint", "number"], _LIVE),
    "source": (["source", "number"], _LIVE),
    "original_sha256": (["original_sha256"], _LIVE),
    "batch": (["batch"], _DELETED),
    "behind": (["number"], "embedded_version < version"),
}
for _name, (_columns, _where) in _RECIPE_INDEXES.items():
    _condition = sa.text(_where)
    Index(
        f"ix_recipes_{_name}",
        *(_RECIPES.c[column] for column in _columns),
        sqlite_where=_condition,
        postgresql_where=_condition,
    )

# In the order of saving, which is that of their moments; no picture tells of its recipe yet.
_RECIPES_FILLED = {
    "lora_count": "json_array_length(loras)",
    "folder": "''",
    "favorite": "false",
    "mature": "false",
    "original_sha256": "sha256",
    "embedded_version": "0",
    "modified_at": "created_at",
    "opened_at": "0",
}


def upgrade() -> None:
    tables = (_DOWNLOADS, _MODEL_FILES, _RECIPES)
    kept = [_put_aside(table.name) for table in tables]
    _TABLES.create_all(op.get_bind(), checkfirst=False)
    for table, columns in zip(tables, kept, strict=True):
        _take_back(table, columns)


def _put_aside(name: str) -> set[str]:
    """Copy a table's rows elsewhere and drop it; the names of its columns.

    Not renamed: the names of its indexes and constraints would still be taken.
    """
    columns = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(name)}
    op.execute(f"CREATE TABLE kept_{name} AS SELECT * FROM {name}")
    op.drop_table(name)
    return columns


def _take_back(table: Table, columns: set[str]) -> None:
    filled = _RECIPES_FILLED if table is _RECIPES else {}
    names = {column.name: column.name for column in table.columns if column.name in columns} | filled
    order = "ORDER BY created_at, id" if table is _RECIPES else ""
    into, what = ", ".join(f'"{name}"' for name in names), ", ".join(names.values())
    op.execute(f"INSERT INTO {table.name} ({into}) SELECT {what} FROM kept_{table.name} {order}")
    op.drop_table(f"kept_{table.name}")
