"""The queue's own promises on a scripted engine: places, waits, turns and names."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path
from time import monotonic

import pytest

from app.downloads.delivery import LONGEST_BACK_OFF_SECONDS, MAX_ATTEMPTS, back_off
from app.errors import Conflict, InvalidInput, NotFound
from support.waiting import until
from tests.download_desk import NOBODY, Desk, ordered
from tests.scripted_transfer import ScriptedTransfer


def test_a_place_is_free_at_once_even_when_a_transfer_does_not_notice_that_it_was_stopped(
    desk: Desk, engine: ScriptedTransfer
) -> None:
    engine.deaf = True
    deaf, next_one = desk.ask_all(("neon-city", "old-film"))
    assert until(lambda: engine.busy == [deaf])
    begun = monotonic()
    desk.queue.cancel(deaf)
    assert monotonic() - begun < 1
    assert desk.states([deaf, next_one]) == ["cancelled", "running"]
    assert until(lambda: next_one in engine.busy)
    partial = Path(desk.queue.get(next_one).partial or "").with_name(f"{deaf}.part")
    desk.queue.retry(deaf)
    engine.complete(deaf)
    assert until(lambda: not partial.exists()), "what it had gathered stayed"
    engine.complete(next_one)
    assert until(lambda: engine.busy == [deaf]), "it began again before its first transfer had gone"
    engine.complete(deaf)
    desk.becomes(deaf, "completed")


def test_a_paused_one_that_is_slow_to_stop_goes_on_once_it_has(desk: Desk, engine: ScriptedTransfer) -> None:
    engine.deaf = True
    desk.concurrency = 2
    (slow,) = desk.ask_all(["neon-city"])
    assert until(lambda: engine.busy == [slow])
    desk.queue.pause(slow)
    assert desk.queue.resume(slow).state == "queued"
    engine.complete(slow)
    assert until(lambda: engine.begun == [slow, slow])
    engine.complete(slow)
    desk.becomes(slow, "completed")


def test_resumed_and_started_are_told_before_the_call_returns_when_a_place_is_free(desk: Desk) -> None:
    (paused,) = desk.ask_all(["neon-city"])
    desk.becomes(paused, "running")
    desk.queue.pause(paused)
    assert desk.queue.resume(paused).state == "running"
    assert desk.heard.told(paused) == ["queued", "started", "paused", "resumed", "started"]


def test_a_waiting_one_has_no_place_and_no_thread(desk: Desk, engine: ScriptedTransfer) -> None:
    waiting = desk.ask_all([f"lora-{number}" for number in range(5)])
    for download_id in waiting:
        engine.make_wait(download_id, 60)
        desk.becomes(download_id, "waiting")
    assert until(lambda: _threads() == ["download-alarm"])
    (next_one,) = desk.ask_all(["neon-city"])
    engine.complete(next_one)
    desk.becomes(next_one, "completed")
    assert until(lambda: desk.clock.sleepers == 1)
    desk.clock.advance(timedelta(seconds=60))
    assert until(lambda: engine.busy == waiting[:1])
    for download_id in waiting:
        engine.complete(download_id)
    assert until(lambda: desk.states(waiting) == ["completed"] * 5)
    assert until(lambda: not _threads())


@pytest.mark.parametrize("seconds", [0.0, None])
def test_a_word_of_the_hub_that_is_over_already_is_no_wait(
    desk: Desk, engine: ScriptedTransfer, seconds: float | None
) -> None:
    (waiting,) = desk.ask_all(["neon-city"])
    engine.make_wait(waiting, seconds)
    until_then = desk.becomes(waiting, "waiting").waiting_until
    assert until_then is not None
    assert until_then - desk.clock.now() >= timedelta(seconds=0.75)


def test_a_wait_is_not_longer_when_the_clock_is_set_back(desk: Desk, engine: ScriptedTransfer) -> None:
    (waiting,) = desk.ask_all(["neon-city"])
    engine.make_wait(waiting, 3)
    desk.becomes(waiting, "waiting")
    assert until(lambda: desk.clock.sleepers == 1)
    with desk.database.transaction() as rows:  # an hour later than was agreed, as it looks to a clock set back
        rows.exec_driver_sql("UPDATE downloads SET waiting_until = datetime(waiting_until, '+1 hour')")
    desk.queue._places._rung(desk.clock.now() + timedelta(hours=1, seconds=3))
    desk.becomes(waiting, "running")


def test_a_cancelled_wait_leaves_no_alarm(desk: Desk, engine: ScriptedTransfer) -> None:
    (waiting,) = desk.ask_all(["neon-city"])
    engine.make_wait(waiting, 3600)
    desk.becomes(waiting, "waiting")
    desk.queue.cancel(waiting)
    assert until(lambda: not _threads())
    assert not list(desk.home.rglob("*.part"))


def test_a_wait_that_is_over_goes_before_the_queue(desk: Desk, engine: ScriptedTransfer) -> None:
    waiting, running, queued = desk.ask_all(("neon-city", "old-film", "ink-wash"))
    engine.make_wait(waiting, 60)
    assert until(lambda: engine.busy == [running] and desk.clock.sleepers == 1)
    desk.clock.advance(timedelta(seconds=60))
    engine.complete(running)
    assert until(lambda: engine.busy == [waiting])
    assert desk.state(queued) == "queued"


def test_what_failed_is_not_retried_twice_when_it_was_asked_for_again(desk: Desk, engine: ScriptedTransfer) -> None:
    failed, other = desk.ask_all(("neon-city", "old-film"))
    for download_id in (failed, other):
        engine.fail(download_id)
        desk.becomes(download_id, "failed")
    (again,) = desk.ask_all(["neon-city"])
    assert [download.id for download in desk.queue.retry_failed()] == [other]
    with pytest.raises(Conflict, match=f"{again} is running"):
        desk.queue.retry(failed)
    assert desk.states([failed, again, other]) == ["failed", "running", "queued"]


def test_the_count_of_attempts_begins_anew_when_bytes_have_arrived(desk: Desk, engine: ScriptedTransfer) -> None:
    (download_id,) = desk.ask_all(["neon-city"])
    for _ in range(2 * MAX_ATTEMPTS):
        engine.make_wait(download_id, None, arrived=True)
        assert desk.becomes(download_id, "waiting").attempt == 1
        _pass_the_wait(desk)
    for attempt in range(2, MAX_ATTEMPTS):
        engine.make_wait(download_id, None, arrived=False)
        assert desk.becomes(download_id, "waiting").attempt == attempt
        _pass_the_wait(desk)
    engine.make_wait(download_id, None, arrived=False)
    failed = desk.becomes(download_id, "failed")
    assert failed.error_message == "the hub is busy; given up after 5 attempts"
    assert not list(desk.home.rglob("*.part"))


def test_waits_double_up_to_a_minute() -> None:
    for attempt, most in enumerate((1, 2, 4, 8, 16, 32, 60, 60), start=1):
        assert 0.75 * most <= back_off(attempt) <= most <= LONGEST_BACK_OFF_SECONDS


def test_a_callers_own_name_is_asked_for_twice_and_is_one(desk: Desk, engine: ScriptedTransfer) -> None:
    order = ordered(f"{NOBODY}/neon-city.safetensors")
    asked = [desk.queue.enqueue([order], download_id="monday")[0].id for _ in range(2)]
    engine.complete("monday")
    desk.becomes("monday", "completed")
    asked.append(desk.queue.enqueue([order], download_id="monday")[0].id)
    assert (asked, engine.begun) == (["monday"] * 3, ["monday"])
    with pytest.raises(Conflict, match="'monday' stands for 'neon-city"):
        desk.queue.enqueue([ordered(f"{NOBODY}/old-film.safetensors")], download_id="monday")


def test_who_shares_in_a_hurry_hurries_all(desk: Desk) -> None:
    _, second, third = desk.ask_all(("neon-city", "old-film", "ink-wash"))
    desk.queue.enqueue([ordered(f"{NOBODY}/ink-wash.safetensors")], hurried=True)
    assert desk.queue.places([desk.queue.get(one) for one in (second, third)]) == {third: 1, second: 2}


def test_several_in_a_hurry_keep_their_order(desk: Desk) -> None:
    desk.ask_all(("neon-city", "old-film"))
    hurried = desk.queue.enqueue([ordered(f"{NOBODY}/{name}.safetensors") for name in "abc"], hurried=True)
    assert list(desk.queue.places(hurried).values()) == [1, 2, 3]


def test_places_are_told_of_any_choice(desk: Desk) -> None:
    _, *queued = [desk.queue.get(one) for one in desk.ask_all([f"lora-{number}" for number in range(6)])]
    assert desk.queue.places(queued[1::2]) == {queued[1].id: 2, queued[3].id: 4}
    assert desk.queue.places(queued[:0]) == {}


def test_a_page_goes_on_where_the_last_one_ended(desk: Desk) -> None:
    ids = desk.ask_all([f"lora-{number}" for number in range(5)])
    first = desk.queue.find(limit=2)
    rest = desk.queue.find(limit=10, after=first[-1].turn)
    assert [download.id for download in (*first, *rest)] == ids


def test_a_download_that_runs_tells_how_fast(desk: Desk, engine: ScriptedTransfer) -> None:
    (download_id,) = desk.ask_all(["neon-city"])
    assert until(lambda: desk.queue.get(download_id).bytes_done)
    assert desk.queue.bytes_per_second(download_id) == 0
    desk.queue.pause(download_id)
    assert desk.queue.bytes_per_second(download_id) is None
    assert desk.queue.stats().bytes_per_second == 0


def test_an_unknown_one_cannot_be_moved(desk: Desk) -> None:
    for call in (desk.queue.pause, desk.queue.resume, desk.queue.cancel, desk.queue.skip, desk.queue.retry):
        with pytest.raises(NotFound, match="there is no download 'unknown'"):
            call("unknown")


def test_orders_are_read_by_the_hubs_addresses(desk: Desk) -> None:
    with pytest.raises(InvalidInput):
        desk.queue.orders_of(_Nothing())


class _Nothing:
    urls = source = model_id = model_version_id = file = repo_id = revision = filename = None
    kind = relative_path = sha256 = None


def _pass_the_wait(desk: Desk) -> None:
    assert until(lambda: desk.clock.sleepers == 1)
    desk.clock.advance(timedelta(minutes=2))


def _threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("download")]
