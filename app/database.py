"""The studio's database: one engine, sessions that commit whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    Index,
    Table,
    TypeDecorator,
    create_engine,
    event,
    make_url,
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
from sqlalchemy.schema import CreateIndex, CreateTable

from app.errors import Unavailable

SCHEMA_VERSION = 5
"""The newest revision in `app.migrations`. SQLite keeps it as user_version, so that a start needs one look."""

Statements = Callable[[str], Sequence[str]]
Refill = Callable[[Connection], None]
_MORE: dict[str, Statements] = {}
_REFILLS: list[Refill] = []
_CREATING: dict[tuple[str, int], list[str]] = {}
_READING = json.JSONDecoder()
# What one studio tells another by while it makes or changes the tables.
_LOCK = 0x50726F6F


class Base(DeclarativeBase):
    """The tables' common base; each noun declares its own in `tables.py`."""


def created_with(table: Table) -> Callable[[Statements], Statements]:
    """Have these statements, each in the words of a dialect, make what belongs to `table` and SQLAlchemy cannot say."""

    def remember(statements: Statements) -> Statements:
        _MORE[table.name] = statements
        return statements

    return remember


def after_upgrade(refill: Refill) -> Refill:
    """Have what follows from other tables made anew by this function, once an older database has today's."""
    _REFILLS.append(refill)
    return refill


class UtcDateTime(TypeDecorator[datetime]):
    """A moment, kept in UTC and given back with its zone, which SQLite alone would lose."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        return value.replace(tzinfo=UTC) if value is not None and value.tzinfo is None else value


def _from_json(text: str | bytes) -> Any:
    """What was written as JSON here: nothing stands before or behind it, which json.loads would look for."""
    return _READING.raw_decode(text)[0] if isinstance(text, str) else json.loads(text)


class Database:
    """Sessions on one database.

    url: a SQLAlchemy URL; SQLite files are opened in WAL mode, so that readers never wait for a writer.
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.engine: Engine = create_engine(self.url, json_deserializer=_from_json)
        if self.url.get_backend_name() == "sqlite":
            event.listen(self.engine, "connect", _prepare_sqlite)

    def create_tables(self) -> None:
        """Create what a new database lacks, and bring an older studio's up to date; what it holds stays.

        Raises Unavailable for a database of a newer studio, or none at all.
        """
        try:
            with self.engine.connect() as connection:
                if self._found(connection) == SCHEMA_VERSION:
                    return
            with self.engine.begin() as connection:
                self._lock(connection)
                found = self._found(connection)
                if found is None:
                    _create(connection)
                elif found < SCHEMA_VERSION:
                    # Rarely needed, and slower to import than all the rest: 150 ms.
                    from app.migrations import upgrade  # noqa: PLC0415

                    upgrade(connection, found)
                    for refill in _REFILLS:
                        refill(connection)
                if self.dialect == "sqlite":
                    connection.exec_driver_sql(f"PRAGMA user_version = {SCHEMA_VERSION}")
        except SQLAlchemyError as error:
            where = self.url.render_as_string(hide_password=True)
            raise Unavailable(f"the database {where} cannot be used: {error}") from error

    def _found(self, connection: Connection) -> int | None:
        """The schema that the database is of; None for a new one. Raises Unavailable for a newer studio's."""
        if self.dialect == "sqlite":
            found = connection.exec_driver_sql("PRAGMA user_version").scalar_one() or None
        else:
            found = _marked(connection)
        if found is not None and found > SCHEMA_VERSION:
            raise Unavailable(
                f"the database is of schema {found}, this studio knows {SCHEMA_VERSION}: start the newer studio"
            )
        return found

    def _lock(self, connection: Connection) -> None:
        """Wait until no other studio makes tables here, and keep others from it until the end of the transaction."""
        if self.dialect == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")

    @property
    def dialect(self) -> str:
        """The kind of the database: `sqlite` or `postgresql`."""
        return self.engine.dialect.name

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that nobody else writes in the middle of; on SQLite the others wait for their turn.

        What is read in it is what is changed: on PostgreSQL that takes a condition on the change. Raises as
        `transaction` does.
        """
        with self.transaction() as connection:
            if self.dialect == "sqlite":
                # A transaction that begins by reading cannot go on to write once somebody else has written.
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            yield connection

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


def _marked(connection: Connection) -> int | None:
    """The schema of a PostgreSQL database by its mark or, before there was one, by what it has."""
    looked = connection.exec_driver_sql(
        "SELECT to_regclass('alembic_version'), to_regclass('recipes'), to_regclass('generation_jobs'), EXISTS ("
        "SELECT FROM pg_attribute WHERE attrelid = to_regclass('downloads') AND attname = 'identity')"
    ).one()
    marked, recipes, jobs, identity = looked
    if marked is not None:
        return int(connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar_one())
    if recipes is None:
        return None
    return 3 if identity else 2 if jobs is not None else 1


def _create(connection: Connection) -> None:
    # Kept, because putting them into words takes longer than following them; anew when a noun has come since.
    known = connection.dialect.name, len(Base.metadata.tables)
    if known not in _CREATING:
        _CREATING[known] = _statements(connection.dialect)
    for statement in _CREATING[known]:
        connection.exec_driver_sql(statement)


def _statements(dialect: Dialect) -> list[str]:
    """All that makes a new database, the mark of its schema too."""
    made = []
    for table in Base.metadata.sorted_tables:
        made.append(str(CreateTable(table).compile(dialect=dialect)))
        made += [str(CreateIndex(index).compile(dialect=dialect)) for index in _by_name(table.indexes)]
        made += _MORE[table.name](dialect.name) if table.name in _MORE else []
    # Where Alembic looks for the revision, in its own words.
    made.append(
        "CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL, "
        "CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num))"
    )
    made.append(f"INSERT INTO alembic_version VALUES ('{SCHEMA_VERSION}')")
    return made


def _by_name(indexes: Iterable[Index]) -> list[Index]:
    return sorted(indexes, key=lambda index: str(index.name))


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
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON", "busy_timeout=30000"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()
