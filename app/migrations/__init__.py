"""An older studio's database brought up to date: one revision for each schema, run by Alembic."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def upgrade(connection: Connection, found: int) -> None:
    """Take the database from the schema `found` to the newest one, in the transaction that `connection` is in.

    found: 0 for a database without any table of the studio's.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["connection"] = connection
    # What no Alembic has made yet says so itself.
    if found and not connection.dialect.has_table(connection, "alembic_version"):
        command.stamp(config, str(found))
    command.upgrade(config, "head")
