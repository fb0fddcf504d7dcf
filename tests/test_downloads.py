"""The download queue on the real engine against the hub's double: what a person never sees, and what must hold."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import pytest

from app.downloads.state import DownloadState
from app.errors import WrongState
from app.model_files import ModelKind
from support.servers.hub import Hub
from support.waiting import until
from tests.download_desk import Desk, by_version, ordered


@pytest.fixture
def desk(tmp_path: Path, hub: Hub) -> Iterator[Desk]:
    desk = Desk(tmp_path, hub)
    desk.open()
    yield desk
    desk.close()


def test_no_thread_runs_before_the_first_download_and_none_after_the_last(desk: Desk, hub: Hub) -> None:
    assert not _threads()
    desk.ended(desk.ask(hub.offers("neon-city")))
    assert until(lambda: not _threads())


def test_closing_ends_a_transfer_in_its_middle_at_once_and_keeps_what_has_come(desk: Desk, hub: Hub) -> None:
    lora = hub.offers("neon-city", size_bytes=1_000_000)
    hub.holds_back("neon-city")
    download = desk.ask(lora)
    assert until(lambda: desk.queue.get(download.id).bytes_done >= len(lora.content) // 2)
    begun = monotonic()
    desk.queue.close()
    assert monotonic() - begun < 0.5
    assert not _threads()
    assert desk.holds(".partial")


def test_closing_ends_a_silent_answer_and_a_wait_at_once(desk: Desk, hub: Hub) -> None:
    lora = hub.offers("old-film")
    hub.is_busy_for("old-film", 3600)
    desk.ask(lora)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        desk.ask(f"http://127.0.0.1:{silent.getsockname()[1]}/a.safetensors")
        assert until(lambda: desk.clock.sleepers == 1)
        connection, _ = silent.accept()
        with connection:
            begun = monotonic()
            desk.queue.close()
            assert monotonic() - begun < 0.5
    assert not _threads()


def test_what_the_last_run_left_in_the_middle_goes_on_from_its_bytes_at_the_next_start(desk: Desk, hub: Hub) -> None:
    lora = hub.offers("neon-city", size_bytes=1_000_000)
    others = [hub.offers("old-film"), hub.offers("ink-wash"), hub.offers("fog-bank")]
    hub.holds_back("neon-city")
    hub.is_busy_for("old-film", 3600)
    hub.holds_back("ink-wash")
    asked = [desk.ask(offered) for offered in (lora, *others)]
    assert until(lambda: desk.states([one.id for one in asked]) == ["running", "waiting", "running", "queued"])
    assert until(lambda: hub.is_holding("neon-city") and hub.is_holding("ink-wash"))
    assert until(lambda: desk.queue.get(asked[0].id).bytes_done >= len(lora.content) // 2)
    desk.close()
    stray = desk.home / ModelKind.LORAS / ".partial" / "0123.part"
    stray.write_bytes(b"of a download that nobody knows")
    os.utime(stray, (0, 0))  # for long
    hub.lets_go("neon-city")
    hub.lets_go("ink-wash")
    desk.open()
    assert [desk.ended(download).state for download in asked] == ["completed"] * 4
    assert desk.holds(*(f"{name}.safetensors" for name in ("neon-city", "old-film", "ink-wash", "fog-bank")))
    assert hub.sent_each_byte_once("neon-city")


def test_never_more_run_than_agreed_and_the_first_asked_comes_first(desk: Desk, hub: Hub) -> None:
    names = [f"lora-{n}" for n in range(5)]
    for name in names:
        hub.offers(name)
        hub.holds_back(name)
    asked = [desk.ask(hub.offers(name)) for name in names]
    assert until(lambda: hub.is_holding(names[0]) and hub.is_holding(names[1]))
    assert [desk.queue.get(download.id).state for download in asked] == ["running"] * 2 + ["queued"] * 3
    for name in names:
        hub.lets_go(name)
    for download in asked:
        desk.ended(download)
    assert [event.data["name"] for event in desk.heard.events if event.kind == "started"][2:] == [
        f"{name}.safetensors" for name in names[2:]
    ]


def test_a_cancelled_one_frees_its_place_and_may_be_asked_for_again(desk: Desk, hub: Hub) -> None:
    hub.offers("neon-city", size_bytes=1_000_000)
    hub.holds_back("neon-city")
    download = desk.ask(hub.offers("neon-city", size_bytes=1_000_000))
    assert until(lambda: hub.is_holding("neon-city"))
    assert desk.queue.cancel(download.id).state == "cancelled"
    assert desk.holds()
    with pytest.raises(WrongState, match="from cancelled to cancelled"):
        desk.queue.cancel(download.id)
    hub.lets_go("neon-city")
    desk.queue.retry(download.id)
    assert desk.ended(download).state == "completed"
    assert desk.heard.told(download.id) == [
        *("queued", "started", "cancelled"),
        *("queued", "started", "verifying", "completed"),
    ]


def test_a_file_is_handed_over_before_anybody_hears_completed(desk: Desk, hub: Hub) -> None:
    seen: list[list[str]] = []
    desk.on_completed = lambda path: seen.append([*(event.kind for event in desk.heard.events), path.name])
    desk.ended(desk.ask(hub.offers("neon-city")))
    assert len(seen) == 1
    assert "completed" not in seen[0]
    assert seen[0][-1] == "neon-city.safetensors"


@pytest.mark.parametrize(
    ("trouble", "code", "attempts"),
    [
        ("500", "hub_failed", 5),
        ("503", "hub_busy", 5),
        ("429", "hub_busy", 5),
        ("408", "hub_failed", 5),
        ("401", "sign_in_needed", 1),
        ("403", "access_denied", 1),
        ("404", "not_there", 1),
        ("410", "gone", 1),
        ("418", "refused", 1),
    ],
)
def test_each_refusal_is_told_apart_and_only_passing_ones_are_tried_again(
    desk: Desk, hub: Hub, trouble: str, code: str, attempts: int
) -> None:
    lora = hub.offers("neon-city")
    hub.fails("neon-city", status=int(trouble), times=None)
    ended = desk.ended(desk.ask(lora))
    assert (ended.state, ended.error_code, ended.attempt) == ("failed", code, attempts)
    assert len(hub.requests_for("neon-city")) == attempts
    assert trouble in (ended.error_message or "")
    assert desk.holds()


def test_a_hub_that_recovers_is_not_given_up(desk: Desk, hub: Hub) -> None:
    lora = hub.offers("neon-city", size_bytes=300_000)
    hub.fails("neon-city", times=4)
    download = desk.ask(lora, sha256=lora.sha256)
    ended = desk.ended(download)
    assert (ended.state, ended.attempt, ended.error_code) == ("completed", 5, None)
    assert desk.heard.told(download.id) == [
        "queued",
        *(["started", "waiting"] * 4),
        "started",
        "verifying",
        "completed",
    ]


def test_a_connection_that_falls_silent_is_noticed(tmp_path: Path, hub: Hub) -> None:
    desk = Desk(tmp_path, hub, stall_seconds=0.05)
    desk.open()
    lora = hub.offers("neon-city")
    hub.holds_back("neon-city")
    ended = desk.ended(desk.ask(lora))
    desk.close()
    assert ended.state == "failed"
    assert "silent" in (ended.error_message or "")


def test_a_port_where_nobody_listens_is_unreachable(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    ended = desk.ended(desk.ask(f"http://127.0.0.1:{port}/a.safetensors"))
    assert (ended.state, ended.error_code) == ("failed", "unreachable")


def test_redirects_are_followed_and_a_circle_is_left(desk: Desk, hub: Hub) -> None:
    lora = hub.offers("neon-city")
    hub.offers("old")
    hub.redirects("old", "/files/neon-city.safetensors")
    ended = desk.ended(desk.ask(hub.offers("old", file_name="old.safetensors")))
    assert (ended.state, ended.sha256) == ("completed", lora.sha256)
    hub.redirects("old", "old.safetensors")
    assert desk.ended(desk.ask(hub.offers("old"))).error_code == "too_many_redirects"


def test_a_redirect_off_the_web_is_refused(desk: Desk, hub: Hub) -> None:
    lora = hub.offers("neon-city")
    hub.redirects("neon-city", "file:///etc/passwd")
    assert desk.ended(desk.ask(lora)).error_code == "unsafe_address"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "[::ffff:127.0.0.1]"])
def test_a_private_address_is_refused_however_it_is_written(tmp_path: Path, hub: Hub, host: str) -> None:
    desk = Desk(tmp_path, hub, allow_private=False)
    desk.open()
    port = hub.url.rpartition(":")[2]
    ended = desk.ended(desk.ask(f"http://{host}:{port}/files/neon-city.safetensors"))
    desk.close()
    assert (ended.state, ended.error_code) == ("failed", "private_address")
    assert hub.requests == []


@pytest.mark.parametrize("told", [True, False])
def test_two_files_of_one_name_both_stay(desk: Desk, hub: Hub, told: bool) -> None:
    one = hub.offers("one", file_name="neon-city.safetensors")
    two = hub.offers("two", file_name="neon-city.safetensors")
    orders = [by_version(offered) if told else ordered(offered) for offered in (one, two)]
    ended = [desk.ended(download) for download in desk.queue.enqueue(orders)]
    ended.append(desk.ended(desk.queue.enqueue(orders[:1])[0]))
    by_sha = {download.sha256: download.name for download in ended}
    assert set(by_sha) == {one.sha256, two.sha256}
    assert desk.holds(*(str(name) for name in by_sha.values()))
    second = next(download for download in ended if download.name != "neon-city.safetensors")
    assert second.name == f"neon-city-{(second.sha256 or '')[:4]}.safetensors"


def test_a_name_from_the_hub_stays_inside_the_folder(desk: Desk, hub: Hub) -> None:
    lora = hub.offers("neon-city", file_name="../../../evil.safetensors")
    ended = desk.ended(desk.queue.enqueue([by_version(lora)])[0])
    assert (ended.state, ended.name) == ("completed", "evil.safetensors")
    assert desk.holds("evil.safetensors")


def test_a_file_that_is_not_called_a_model_is_refused(desk: Desk, hub: Hub) -> None:
    ended = desk.ended(desk.ask(hub.offers("setup.exe", content=b"MZ")))
    assert ended.error_code == "not_a_model"
    assert desk.holds()


def test_a_page_is_known_by_its_words_when_its_type_lies(desk: Desk, hub: Hub) -> None:
    ended = desk.ended(desk.ask(hub.offers("neon-city.ckpt", content=b"\n<!DOCTYPE html><p>Sign in")))
    assert ended.error_code == "not_a_model"
    assert desk.holds()


def test_a_wrong_checksum_names_both_sums(desk: Desk, hub: Hub) -> None:
    lora = hub.offers("neon-city")
    wrong = hub.publishes_a_wrong_checksum("neon-city")
    ended = desk.ended(desk.queue.enqueue([by_version(lora)])[0])
    assert ended.error_code == "checksum_mismatch"
    assert wrong.sha256 in (ended.error_message or "")
    assert hashlib.sha256(lora.content).hexdigest() in (ended.error_message or "")
    assert desk.holds() and desk.completed == []


def test_one_promised_another_sum_is_not_shared(desk: Desk, hub: Hub) -> None:
    lora = hub.offers("neon-city")
    hub.holds_back("neon-city")
    asked = [desk.ask(lora), desk.ask(lora), desk.ask(lora, sha256="0" * 64), desk.ask(lora, sha256=lora.sha256)]
    assert len({download.id for download in asked}) == 3
    assert asked[0].id == asked[1].id
    hub.lets_go("neon-city")
    assert [desk.ended(download).state for download in asked] == ["completed", "completed", "failed", "completed"]


def test_a_hand_over_that_fails_fails_the_download(desk: Desk, hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    def refuse(_: Path) -> None:
        raise RuntimeError("the index is broken")

    desk.on_completed = refuse
    ended = desk.ended(desk.ask(hub.offers("neon-city")))
    assert (ended.state, ended.error_code) == (DownloadState.FAILED, "unexpected")
    assert "the index is broken" in caplog.text
    assert desk.holds()


def _threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("download")]
