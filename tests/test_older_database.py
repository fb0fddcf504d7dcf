"""A database of an older studio: it opens, and what it holds is there and goes on."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from app.database import SCHEMA_VERSION, Database
from app.downloads.orders import SourceKind
from app.downloads.tables import Downloads
from app.errors import Unavailable
from support.waiting import until
from tests.download_desk import NOBODY, Desk, ordered
from tests.older_schemas import OLDER_SCHEMAS
from tests.scripted_transfer import ScriptedTransfer

ROWS = f"""
INSERT INTO downloads VALUES
('one', 1, '{NOBODY}/a.safetensors', NULL, 'a.safetensors', 'loras', '{"ab" * 32}', 'completed', 1, 9, 9,
 NULL, NULL, NULL, '2026-03-02 11:00:00.000000'),
('two', 2, '{NOBODY}/api/v1/model-versions/7', 7, NULL, NULL, NULL, 'failed', 5, 0, NULL,
 NULL, 'hub_busy', 'the hub is busy', '2026-03-02 11:30:00.000000'),
('three', 3, '{NOBODY}/b.safetensors', NULL, 'b.safetensors', 'loras', NULL, 'waiting', 2, 5, 9,
 '2026-03-02 13:00:00.000000', 'hub_busy', 'the hub is busy', '2026-03-02 11:40:00.000000'),
('four', 4, '{NOBODY}/c.safetensors', NULL, 'c.safetensors', 'checkpoints', NULL, 'queued', 0, 0, NULL,
 NULL, NULL, NULL, '2026-03-02 11:50:00.000000');
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    connection = sqlite3.connect(tmp_path / "studio.db")
    connection.executescript(OLDER_SCHEMAS[2] + ROWS)
    connection.close()
    return tmp_path


def test_everything_is_still_there_in_todays_words(home: Path) -> None:
    database = Database(f"sqlite:///{home / 'studio.db'}")
    for _ in range(2):  # the second time there is nothing to do
        database.create_tables()
        rows = Downloads(database)
        one, two, three, four = rows.page((), limit=10)
        assert [row.state for row in (one, two, three, four)] == ["completed", "failed", "waiting", "queued"]
        assert [row.source for row in (one, two, three)] == [SourceKind.URL, SourceKind.CIVITAI, SourceKind.URL]
        assert one.identity == ordered(f"{NOBODY}/a.safetensors").identity
        assert (two.order.model_version_id, two.order.kind, two.error_code) == (7, None, "hub_busy")
        assert (three.bytes_done, three.ended_at, four.ended_at) == (5, None, None)
        assert [row.id for row in rows.history(10)] == ["two", "one"]
    with database.transaction() as connection:
        assert connection.exec_driver_sql("PRAGMA user_version").scalar_one() == SCHEMA_VERSION
        made = {row[0] for row in connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'index'")}
    assert {f"ix_downloads_{name}" for name in ("turn", "queue", "identity", "ended_at", "waiting_until")} <= made
    database.close()


def test_what_was_left_unfinished_goes_on(home: Path) -> None:
    engine = ScriptedTransfer()
    desk = Desk(home, transfer=engine)
    desk.open()
    assert until(lambda: sorted(engine.busy) == ["four", "three"])
    assert desk.queue.enqueue([ordered(f"{NOBODY}/b.safetensors")])[0].id == "three", "it was asked for anew"
    for download_id in ("three", "four"):
        engine.complete(download_id)
        desk.becomes(download_id, "completed")
    desk.queue.retry("two")
    desk.becomes("two", "running")  # its place may be free only a moment after the other's end was told
    desk.close()


def test_a_newer_database_is_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "studio.db")
    connection.executescript(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    connection.close()
    database = Database(f"sqlite:///{tmp_path / 'studio.db'}")
    with pytest.raises(Unavailable, match="start the newer studio"):
        database.create_tables()
    database.close()
