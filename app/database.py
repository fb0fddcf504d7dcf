"""The studio's database: one engine, sessions that commit whole or not at all."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    TypeDecorator,
    create_engine,
    event,
    inspect,
    make_url,
    text,
)
from sqlalchemy.exc import (
    DatabaseError,
    DataError,
    IntegrityError,
    ProgrammingError,
    SQLAlchemyError,
)
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry

from app.errors import Unavailable

# Raised by hand with every change of a table; SQLite keeps it as user_version, so that a start needs
# one look instead of one a table.
SCHEMA_VERSION = 3

Upgrade = Callable[[Connection], None]
_UPGRADES: list[tuple[int, Upgrade]] = []


class Base(DeclarativeBase):
    """The tables' common base; each noun declares its own in `tables.py`."""


def when_older_than(version: int) -> Callable[[Upgrade], Upgrade]:
    """Have a database of an older schema changed by this function, once its new columns are there."""

    def remember(upgrade: Upgrade) -> Upgrade:
        _UPGRADES.append((version, upgrade))
        return upgrade

    return remember


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, kept in UTC and given back with its zone, which SQLite alone would lose."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


class Database:
    """Sessions on one database.

    url: a SQLAlchemy URL; SQLite files are opened in WAL mode, so that readers never wait for a writer.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.engine: Engine = create_engine(self.url)
        if self.url.get_backend_name() == "sqlite":
            event.listen(self.engine, "connect", _prepare_sqlite)

    def create_tables(self) -> None:
        """Create what is missing, in an older studio's database too; what it holds stays.

        Raises Unavailable for a database of a newer studio, or none at all.
        """
        try:
            with self.engine.begin() as connection:
                if self.url.get_backend_name() != "sqlite":
                    Base.metadata.create_all(connection)
                    return
                found = connection.execute(text("PRAGMA user_version")).scalar_one()
                if found > SCHEMA_VERSION:
                    raise Unavailable(
                        f"the database is of schema {found}, this studio knows {SCHEMA_VERSION}: start the newer studio"
                    )
                if found < SCHEMA_VERSION:
                    Base.metadata.create_all(connection)
                    if found:
                        _bring_up_to_date(connection, found)
                    connection.execute(text(f"PRAGMA user_version = {SCHEMA_VERSION}"))
        except SQLAlchemyError as error:
            where = self.url.render_as_string(hide_password=True)
            raise Unavailable(f"the database {where} cannot be used: {error}") from error

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction: committed at the end, rolled back by any exception. Raises as `transaction` does."""
        with _database_errors(), Session(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """The same for statements alone, at a third of a session's cost.

        Raises Unavailable when the database itself is at fault: locked, full, damaged, out of reach.
        """
        with _database_errors(), self.engine.begin() as connection:
            yield connection

    def ping(self) -> None:
        """Raise Unavailable unless the database is there, answers, and holds the studio's tables."""
        if self.url.get_backend_name() == "sqlite" and self.url.database and not Path(self.url.database).exists():
            # An open connection would go on answering from a file that nobody can find any more.
            raise Unavailable("the database's file is gone")
        try:
            with self.engine.connect() as connection:
                for table in Base.metadata.sorted_tables:
                    connection.execute(table.select().limit(1))
        except SQLAlchemyError as error:
            raise Unavailable("the database does not answer") from error

    def holds(self, table: str, condition: str) -> bool:
        """Whether `table` has a row of which `condition` is true; both in SQL, and never from outside.

        In plain SQL, because a fresh studio would have to compile anything else first (1 ms).
        """
        with self.transaction() as connection:
            return connection.exec_driver_sql(f"SELECT 1 FROM {table} WHERE {condition} LIMIT 1").first() is not None

    def close(self) -> None:
        self.engine.dispose()


def _bring_up_to_date(connection: Connection, found: int) -> None:
    """Give older tables the columns and indexes that they lack; every new column may be empty."""
    looked = inspect(connection)
    for table in Base.metadata.sorted_tables:
        known = {column["name"] for column in looked.get_columns(table.name)}
        for column in table.columns:
            if column.name not in known:
                kind = column.type.compile(connection.dialect)
                connection.execute(text(f'ALTER TABLE {table.name} ADD COLUMN "{column.name}" {kind}'))
        for index in table.indexes:
            index.create(connection, checkfirst=True)
    for version, upgrade in _UPGRADES:
        if found < version:
            upgrade(connection)


@contextmanager
def _database_errors() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        if isinstance(error, IntegrityError | DataError | ProgrammingError):
            raise  # what was asked of it is at fault, not the database
        raise Unavailable("the database cannot be used now; its state is told at /health") from error


def _prepare_sqlite(connection: Any, record: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=10000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
