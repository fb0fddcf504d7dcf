"""Transfers from the hub's double, over real sockets: whole, in parts, resumed, changed, refused."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.servers.hub import Hub
from support.waiting import until
from tests.transfers import BLOCK, Bench, content, threads


@pytest.fixture
def bench(tmp_path: Path, hub: Hub) -> Iterator[Bench]:
    yield Bench(tmp_path, hub)
    assert until(lambda: not threads()), threads()


@pytest.mark.parametrize("size", [1, 511, 4096, BLOCK - 1, BLOCK, BLOCK + 1, 3 * BLOCK, 5 * BLOCK + 7])
def test_a_file_of_any_size_arrives_as_it_is_each_byte_once(bench: Bench, hub: Hub, size: int) -> None:
    lora = hub.offers("neon", content=content(size))
    part = bench.fetch(lora)
    assert bench.holds(part, lora)
    assert (part.sha256, part.name) == (lora.sha256, "neon.safetensors")
    assert hub.sent_each_byte_once("neon")
    assert bench.watched.answers == [("neon.safetensors", size)]
    assert bench.watched.steps == sorted(bench.watched.steps)
    assert bench.watched.bytes_done == size


def test_a_small_file_costs_one_request(bench: Bench, hub: Hub) -> None:
    bench.fetch(hub.offers("neon"))
    assert len(hub.requests_for("neon")) == 1


def test_never_more_connections_than_are_permitted_and_several_where_they_are(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(6 * BLOCK))
    bench.tune(connections=3)
    bench.fetch(lora)
    assert 2 <= hub.peak_connections <= 3
    bench.transfer.forget(bench.partial)
    bench.tune(connections=1)
    with Hub() as other:
        bench.fetch(other.offers("neon", content=content(3 * BLOCK)))
        assert other.peak_connections == 1


def test_every_range_but_the_first_is_bound_to_the_file_that_was_begun(bench: Bench, hub: Hub) -> None:
    bench.fetch(hub.offers("neon", content=content(4 * BLOCK)))
    first, *others = hub.requests_for("neon")
    assert first.headers["range"] == f"bytes=0-{BLOCK - 1}"
    assert "if-range" not in first.headers
    assert len(others) == 3
    assert all(seen.headers["if-range"].startswith('"') for seen in others)


@pytest.mark.parametrize("at", [1, 5000, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK + 100])
def test_a_stopped_transfer_goes_on_with_the_missing_bytes_alone(bench: Bench, hub: Hub, at: int) -> None:
    lora = hub.offers("neon", content=content(3 * BLOCK))
    bench.tune(connections=1)
    bench.stopped_at(lora, at)
    assert bench.note is not None and bench.note.trusted == ((0, at),)
    part = bench.fetch(lora)
    assert bench.holds(part, lora) and part.sha256 == lora.sha256
    assert hub.sent_each_byte_once("neon"), hub.log()
    assert bench.watched.steps[0] >= at


def test_a_stopped_transfer_of_many_connections_goes_on_with_the_missing_bytes_alone(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(5 * BLOCK))
    hub.holds_back_at("neon", 2 * BLOCK + 17)
    with bench.fetching(lora) as under:
        assert until(lambda: bench.watched.bytes_done == 2 * BLOCK + 17)
    assert under.was_stopped
    hub.lets_go("neon")
    assert bench.holds(bench.fetch(lora), lora)
    assert hub.sent_each_byte_once("neon"), hub.log()


def test_a_complete_one_is_only_hashed_again(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(2 * BLOCK))
    first = bench.fetch(lora)
    asked = len(hub.requests)
    assert bench.fetch(lora) == first
    assert len(hub.requests) == asked
    assert bench.watched.answers == [("neon.safetensors", 2 * BLOCK)]


def test_a_dropped_connection_leaves_its_bytes_and_the_others_make_good(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(6 * BLOCK))
    hub.drops_the_connection_at("neon", 2 * BLOCK + 1000)
    part = bench.fetch(lora)
    assert bench.holds(part, lora)
    assert hub.sent_each_byte_once("neon"), hub.log()


def test_a_drop_of_the_only_connection_is_told_and_the_next_attempt_goes_on(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", size_bytes=300_000)
    hub.drops_the_connection_at("neon", 1000)
    fault = bench.passing(lora)
    assert (fault.code, fault.arrived) == ("cut_short", True)
    assert bench.holds(bench.fetch(lora), lora)
    assert hub.sent_each_byte_once("neon")


def test_an_attempt_that_came_no_further_says_so(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", size_bytes=300_000)
    hub.drops_the_connection_at("neon", 1000, times=None)
    assert [bench.passing(lora).arrived for _ in range(3)] == [True, False, False]
    hub.has_no_validator("neon")
    bench.transfer.forget(bench.partial)
    assert [bench.passing(lora).arrived for _ in range(3)] == [True, False, False]
    hub.fails("neon", times=None)
    assert not bench.passing(lora).arrived


def test_a_silent_connection_is_noticed(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", size_bytes=300_000)
    hub.falls_silent_at("neon", 1000)
    bench.tune(stall_seconds=0.05)
    fault = bench.passing(lora)
    assert (fault.code, fault.arrived) == ("stalled", True)
    bench.tune(stall_seconds=5)
    assert bench.holds(bench.fetch(lora), lora)
    assert hub.sent_each_byte_once("neon")


@pytest.mark.parametrize("how", ["other bytes", "other total", "416"])
def test_ranges_that_are_answered_wrongly_are_not_believed(bench: Bench, hub: Hub, how: str) -> None:
    lora = hub.offers("neon", content=content(2 * BLOCK))
    hub.answers_ranges_wrongly("neon", how)  # type: ignore[arg-type]
    if how == "other total":
        assert bench.passing(lora).code == "changed"
    else:
        assert bench.holds(bench.fetch(lora), lora)


def test_a_hub_without_ranges_is_read_in_one_piece(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(2 * BLOCK))
    hub.ignores_ranges("neon")
    assert bench.holds(bench.fetch(lora), lora)
    assert len(hub.requests_for("neon")) == 1


def test_a_hub_that_has_lost_its_ranges_sends_all_once_more(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(BLOCK // 2))
    bench.stopped_at(lora, 1000)
    hub.ignores_ranges("neon")
    assert bench.holds(bench.fetch(lora), lora)
    assert len(hub.requests_for("neon")) == 2


@pytest.mark.parametrize("verb", ["has_no_validator", "weakens_its_validator"])
def test_what_cannot_be_told_from_another_file_is_never_resumed(bench: Bench, hub: Hub, verb: str) -> None:
    lora = hub.offers("neon", content=content(3 * BLOCK))
    getattr(hub, verb)("neon")
    bench.stopped_at(lora, 2 * BLOCK)
    assert bench.note is not None and bench.note.trusted == ()
    assert bench.holds(bench.fetch(lora), lora)
    assert hub.peak_connections == 1


def test_a_date_is_enough_to_go_on(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(3 * BLOCK))
    hub.validates_by_date_alone("neon")
    bench.stopped_at(lora, 2 * BLOCK)
    assert bench.holds(bench.fetch(lora), lora)
    assert "GMT" in hub.requests_for("neon")[-1].headers["if-range"]


def test_of_a_hundred_files_that_change_between_two_attempts_none_is_mixed(bench: Bench, hub: Hub) -> None:
    for number in range(100):
        size = 2000 + 10 * number
        old = hub.offers(f"neon-{number}", content=content(size, number))
        bench.stopped_at(old, 1 + number * 19)
        hub.replaces(old.name, content=content(size, number + 1000))
        part = bench.fetch(old)
        assert part.sha256 == hashlib.sha256(content(size, number + 1000)).hexdigest()
        bench.transfer.forget(bench.partial)


def test_a_file_that_changes_while_it_is_fetched_is_begun_afresh(bench: Bench, hub: Hub) -> None:
    old = hub.offers("neon", content=content(5 * BLOCK))
    bench.tune(connections=2)
    hub.holds_back_at("neon", BLOCK + 5)
    with bench.fetching(old) as under:
        assert until(lambda: bench.watched.bytes_done == BLOCK + 5)
        new = hub.replaces("neon", content=content(4 * BLOCK, 2))
        hub.lets_go("neon")
        part = under.join()
    assert not isinstance(part, BaseException), part
    assert part.sha256 == new.sha256 != old.sha256
    assert bench.holds(part, new)


def test_what_is_complete_but_another_length_was_promised_is_no_file(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(5000))
    hub.claims_a_wrong_length("neon", +1)
    assert bench.passing(lora).code == "cut_short"
