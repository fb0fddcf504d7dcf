"""The database: who reads in order to write is not overtaken, and nobody is told that it is locked."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.database import Database
from app.errors import Unavailable


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'studio.db'}")
    with database.writing() as rows:
        rows.exec_driver_sql("CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL)")
        rows.exec_driver_sql("INSERT INTO counters VALUES ('a', 0)")
    yield database
    database.close()


def value_of(database: Database) -> int:
    with database.transaction() as rows:
        return int(rows.exec_driver_sql("SELECT value FROM counters").scalar_one())


def test_what_was_read_in_a_writing_transaction_is_still_so_when_it_writes(database: Database) -> None:
    def count_on(_: int) -> None:
        # Another connection to the file each time, as another process has it.
        own = Database(str(database.url))
        for _ in range(10):
            with own.writing() as rows:
                value = rows.exec_driver_sql("SELECT value FROM counters").scalar_one()
                rows.exec_driver_sql("UPDATE counters SET value = ?", (value + 1,))
        own.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(count_on, range(8)))
    assert value_of(database) == 80


def test_readers_do_not_wait_for_a_writer_and_see_nothing_half_done(database: Database) -> None:
    with database.writing() as rows:
        rows.exec_driver_sql("UPDATE counters SET value = 7")
        assert value_of(database) == 0
    assert value_of(database) == 7


def test_a_writer_waits_for_the_one_before_it(database: Database) -> None:
    begun, waiting = threading.Event(), threading.Event()

    def second() -> int:
        assert begun.wait(10)
        waiting.set()
        with database.writing() as rows:
            return int(rows.exec_driver_sql("SELECT value FROM counters").scalar_one())

    with ThreadPoolExecutor(1) as pool:
        later = pool.submit(second)
        with database.writing() as rows:
            begun.set()
            assert waiting.wait(10)
            rows.exec_driver_sql("UPDATE counters SET value = 3")
        assert later.result() == 3


def test_an_error_in_the_middle_leaves_nothing(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.writing() as rows:
        rows.exec_driver_sql("UPDATE counters SET value = 3")
        raise ZeroDivisionError
    with pytest.raises(Unavailable), database.writing() as rows:
        rows.exec_driver_sql("UPDATE counters SET value = 4")
        rows.exec_driver_sql("SELECT nothing FROM nowhere")
    assert value_of(database) == 0
    with database.writing() as rows:
        rows.exec_driver_sql("UPDATE counters SET value = 1")
    assert value_of(database) == 1
