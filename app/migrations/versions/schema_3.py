"""Downloads from several sources: what was asked for, what makes two of them the same, when they ended."""

from __future__ import annotations

import json
from urllib.parse import quote

import sqlalchemy as sa
from alembic import op

revision = "3"
down_revision = "2"

_MOMENT = sa.DateTime(timezone=True)
_FINAL = ("completed", "failed", "cancelled", "skipped")
_C = sa.table(
    "downloads",
    *(sa.column(name, sa.String) for name in ("id", "url", "kind", "sha256", "state", "source", "asked", "identity")),
    *(sa.column(name, sa.Integer) for name in ("model_version_id",)),
    *(sa.column(name, _MOMENT) for name in ("created_at", "ended_at", "waiting_until")),
)


def upgrade() -> None:
    for name in ("source", "asked", "identity", "relative_path", "files", "partial", "proof"):
        op.add_column("downloads", sa.Column(name, sa.String(16) if name == "source" else sa.Text))
    op.add_column("downloads", sa.Column("model_id", sa.BigInteger))
    op.add_column("downloads", sa.Column("ended_at", _MOMENT))
    op.drop_index("ix_downloads_state", "downloads")
    op.create_index("ix_downloads_queue", "downloads", ["state", "turn"])
    op.create_index("ix_downloads_identity", "downloads", ["identity", "ended_at"])
    op.create_index("ix_downloads_ended_at", "downloads", ["ended_at", "turn"])
    op.create_index("ix_downloads_waiting_until", "downloads", ["waiting_until"])
    _say_what_was_asked(op.get_bind())


def _say_what_was_asked(rows: sa.Connection) -> None:
    """Until now addresses and the hub's versions were all that could be asked for."""
    for row in rows.execute(sa.select(_C)).mappings().all():
        version, kind = row["model_version_id"], row["kind"] or "loras"
        if version is not None:
            asked, identity = {"source": "civitai", "model_version_id": version}, f"civitai:{version}:::"
        else:
            asked = {"source": "url", "url": row["url"], "kind": kind, "sha256": row["sha256"]}
            identity = f"url:{quote(row['url'], safe='/', errors='surrogatepass')}:{kind}:"
        facts = {
            "source": asked["source"],
            "asked": json.dumps({name: value for name, value in asked.items() if value is not None}),
            "identity": identity,
            "ended_at": row["created_at"] if row["state"] in _FINAL else None,
            "waiting_until": row["waiting_until"] if row["state"] == "waiting" else None,
        }
        rows.execute(sa.update(_C).where(_C.c.id == row["id"]).values(**facts))
