"""What may go wrong around a download, on a scripted engine: it fails alone, and the queue goes on."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from app.downloads.recovery import proof_of
from app.downloads.state import VERIFY
from app.downloads.transfer import Part
from app.errors import Unavailable
from app.model_files import ModelKind
from support.builders import safetensors
from support.waiting import until
from tests.download_desk import NOBODY, Desk, ordered
from tests.scripted_transfer import ScriptedTransfer


def test_a_fault_of_ours_fails_that_download_alone(
    desk: Desk, engine: ScriptedTransfer, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = desk.ask_all(("neon-city", "old-film"))
    engine.crash(bad)
    assert desk.becomes(bad, "failed").error_code == "unexpected"
    assert "a fault of ours" in caplog.text
    engine.complete(good)
    desk.becomes(good, "completed")


@pytest.mark.parametrize("half", ["\ud800", "a\udfff"])
def test_half_a_character_in_what_a_hub_says_is_told_without_it(
    desk: Desk, engine: ScriptedTransfer, half: str
) -> None:
    (download_id,) = desk.ask_all(["neon-city"])
    engine.fail(download_id, message=f"version 8 is a {half}")
    failed = desk.becomes(download_id, "failed")
    assert (failed.error_code, failed.error_message) == ("gone", f"version 8 is a {half.replace(half[-1], '?')}")


def test_an_end_that_cannot_be_written_down_is_an_end_all_the_same(
    desk: Desk, engine: ScriptedTransfer, caplog: pytest.LogCaptureFixture
) -> None:
    bad, good = desk.ask_all(("neon-city", "old-film"))
    engine.fail(bad, code=["no", "text"])  # type: ignore[arg-type]
    assert desk.becomes(bad, "failed").error_code == "unexpected"
    assert desk.heard.told(bad) == ["queued", "started", "failed"]
    engine.complete(good)
    desk.becomes(good, "completed")
    assert "cannot be written down" in caplog.text


def test_a_row_that_makes_no_sense_does_not_stop_the_queue(
    desk: Desk, engine: ScriptedTransfer, caplog: pytest.LogCaptureFixture
) -> None:
    first, bad, good = desk.ask_all(("neon-city", "old-film", "ink-wash"))
    with desk.database.transaction() as rows:
        rows.exec_driver_sql("UPDATE downloads SET asked = '{' WHERE id = ?", (bad,))
    engine.complete(first)
    assert desk.becomes(bad, "failed").error_code == "unexpected"
    engine.complete(good)
    desk.becomes(good, "completed")
    assert "ended unexpectedly" in caplog.text


def test_a_database_that_is_away_for_a_while_costs_time_and_nothing_else(
    desk: Desk, engine: ScriptedTransfer, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = desk.ask_all(("neon-city", "old-film"))
    assert until(lambda: engine.busy == [first])
    with _table_away(desk):
        engine.complete(first)
        assert until(lambda: desk.clock.sleepers == 1), "nobody waits for the database to come back"
    desk.clock.advance(timedelta(seconds=1))
    desk.becomes(first, "completed")
    engine.complete(second)
    desk.becomes(second, "completed")
    assert "does not take what a download has to say" in caplog.text


def test_a_queue_that_cannot_look_up_the_next_one_looks_again(
    desk: Desk, engine: ScriptedTransfer, caplog: pytest.LogCaptureFixture
) -> None:
    desk.concurrency = 0
    (download_id,) = desk.ask_all(["neon-city"])
    desk.concurrency = 1
    with _table_away(desk):
        desk.queue.wake()
        assert until(lambda: desk.clock.sleepers == 1)
        desk.clock.advance(timedelta(seconds=1))
        assert until(lambda: caplog.text.count("another look follows") == 2)
    assert until(lambda: desk.clock.sleepers == 1)
    desk.clock.advance(timedelta(seconds=1))
    engine.complete(download_id)
    desk.becomes(download_id, "completed")


def test_a_hand_over_that_the_database_cannot_take_now_is_made_later(desk: Desk, engine: ScriptedTransfer) -> None:
    taken: list[str] = []

    def take(path: Path) -> None:
        taken.append(path.name)
        if len(taken) == 1:
            raise Unavailable("the database cannot be used now")

    desk.on_completed = take
    (download_id,) = desk.ask_all(["neon-city"])
    engine.complete(download_id)
    assert until(lambda: desk.clock.sleepers == 1)
    desk.clock.advance(timedelta(seconds=1))
    desk.becomes(download_id, "completed")
    assert taken == ["neon-city.safetensors"] * 2
    assert desk.holds("neon-city.safetensors")


def test_a_hand_over_that_fails_takes_back_its_file_and_no_other(desk: Desk, engine: ScriptedTransfer) -> None:
    def refuse(path: Path) -> None:
        raise RuntimeError("the index is broken")

    content = safetensors("monday", 1000)
    there = desk.home / ModelKind.LORAS / "neon-city.safetensors"
    there.parent.mkdir()
    there.write_bytes(content)
    desk.on_completed = refuse
    desk.queue.enqueue([ordered(f"{NOBODY}/neon-city.safetensors")], download_id="monday")
    engine.complete("monday")
    desk.becomes("monday", "failed")
    (other,) = desk.ask_all(["old-film"])
    engine.complete(other)
    desk.becomes(other, "failed")
    assert desk.holds("neon-city.safetensors")
    assert there.read_bytes() == content


def test_what_was_kept_before_a_kill_is_not_fetched_again(desk: Desk, engine: ScriptedTransfer) -> None:
    (download_id,) = desk.ask_all(["neon-city"])
    assert until(lambda: engine.busy == [download_id])
    desk.close()
    content = safetensors(download_id, 1000)
    kept = desk.home / ModelKind.LORAS / "neon-city.safetensors"
    kept.write_bytes(content)
    next(desk.home.rglob("*.part")).unlink()
    part = Part(kept, kept.name, len(content), _sha256(content))
    with desk.database.transaction() as rows:  # as a kill between the file's name and the last word leaves it
        rows.exec_driver_sql(
            "UPDATE downloads SET state = ?, proof = ? WHERE id = ?", (VERIFY.to.value, proof_of(part), download_id)
        )
    desk.open()
    assert desk.becomes(download_id, "completed").sha256 == part.sha256
    assert (engine.begun, desk.completed) == ([download_id], [kept])


@contextmanager
def _table_away(desk: Desk) -> Iterator[None]:
    """As long as this lasts the database cannot answer about downloads."""
    with desk.database.transaction() as rows:
        rows.exec_driver_sql("ALTER TABLE downloads RENAME TO downloads_away")
    try:
        yield
    finally:
        with desk.database.transaction() as rows:
            rows.exec_driver_sql("ALTER TABLE downloads_away RENAME TO downloads")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
