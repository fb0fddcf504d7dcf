"""Where a transfer's bytes come from: refusals, mirrors, links, keys; and what it may take of speed and room."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from app.downloads.faults import PassingFault, TransferFailed
from app.downloads.sources import Source
from app.downloads.stop import Stop
from app.model_files import ModelKind
from support.servers.hub import Hub
from support.waiting import until
from tests.transfers import BLOCK, Bench, content, threads


@pytest.fixture
def bench(tmp_path: Path, hub: Hub) -> Iterator[Bench]:
    yield Bench(tmp_path, hub)
    assert until(lambda: not threads()), threads()


@pytest.mark.parametrize(
    ("verb", "code"),
    [
        ("sends_its_sign_in_page", "not_a_model"),
        ("sends_an_empty_file", "empty_file"),
        ("has_no_longer", "gone"),
        ("redirects_in_circles", "too_many_redirects"),
    ],
)
def test_what_is_no_file_is_refused_and_nothing_is_left(bench: Bench, hub: Hub, verb: str, code: str) -> None:
    lora = hub.offers("neon")
    getattr(hub, verb)("neon")
    fault = bench.fault(lora)
    assert (fault.code, isinstance(fault, PassingFault)) == (code, False)
    assert bench.left == []


@pytest.mark.parametrize("body", [b"<!doctype html>no", b"\xef\xbb\xbf\n <HTML>no", b"\n<!DOCTYPE html><p>Sign in"])
def test_a_page_is_known_by_its_words_when_its_type_lies(bench: Bench, hub: Hub, body: bytes) -> None:
    assert bench.fault(hub.offers("neon.ckpt", content=body)).code == "not_a_model"
    assert bench.left == []


def test_what_is_not_called_a_model_is_not_fetched(bench: Bench, hub: Hub) -> None:
    fault = bench.fault(hub.offers("setup.exe", content=b"MZ" * 4096))
    assert fault.code == "not_a_model" and "setup.exe" in fault.message
    assert bench.left == []


def test_a_busy_hub_says_how_long_it_will_be(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon")
    hub.is_busy_for("neon", 30)
    fault = bench.passing(lora)
    assert (fault.code, fault.wait_seconds, fault.arrived) == ("hub_busy", 30, False)


def test_the_next_mirror_supplies_what_the_first_does_not(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(2 * BLOCK), mirrors=2)
    hub.mirror_fails("neon", 1, 503)
    assert bench.holds(bench.fetch(lora.mirrors), lora)


@pytest.mark.parametrize(("one", "two", "code", "passing"), [(404, 503, "hub_busy", True), (404, 410, "gone", False)])
def test_if_no_mirror_supplies_hope_is_left_while_one_may(
    bench: Bench, hub: Hub, *, one: int, two: int, code: str, passing: bool
) -> None:
    lora = hub.offers("neon", mirrors=2)
    hub.mirror_fails("neon", 1, one)
    hub.mirror_fails("neon", 2, two)
    fault = bench.fault(lora.mirrors)
    assert (fault.code, isinstance(fault, PassingFault)) == (code, passing)


def test_a_mirror_with_other_bytes_is_passed_over(bench: Bench, hub: Hub) -> None:
    lora, other = hub.offers("neon", content=content(5000)), hub.offers("other", content=content(5000, 2))
    part = bench.fetch([other.url, lora.url], sha256=lora.sha256)
    assert bench.holds(part, lora)
    assert bench.fetch([other.url], sha256=lora.sha256).sha256 == lora.sha256, "what is complete is not asked for"


def test_if_the_other_mirror_has_nothing_the_wrong_sums_are_told(bench: Bench, hub: Hub) -> None:
    lora, other = hub.offers("neon"), hub.offers("other")
    hub.has_no_longer("neon")
    fault = bench.fault([lora.url, other.url, lora.url], sha256=lora.sha256)
    assert fault.code == "gone"
    part = bench.fetch([lora.url, other.url], sha256=lora.sha256)
    assert part.sha256 == other.sha256, "whoever keeps it judges the last one"


def test_another_mirror_goes_on_where_the_first_broke_off_if_a_sum_will_prove_it(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(BLOCK), mirrors=1)
    hub.drops_the_connection_at("neon", 1_000_000, times=1)
    part = bench.fetch([lora.url, lora.mirrors[0]], sha256=lora.sha256)
    assert bench.holds(part, lora)
    assert hub.sent_each_byte_once("neon"), hub.log()


def test_another_mirrors_bytes_are_not_mixed_in_without_a_sum(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(BLOCK), mirrors=1)
    hub.drops_the_connection_at("neon", 1_000_000, times=1)
    assert bench.holds(bench.fetch([lora.url, lora.mirrors[0]]), lora)
    assert hub.sent_twice("neon") == 1_000_000


def test_two_mirrors_bytes_that_make_no_file_are_fetched_afresh(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(BLOCK))
    other = hub.offers("other", content=content(BLOCK, 2))
    hub.drops_the_connection_at("neon", 1_000_000, times=1)
    part = bench.fetch([lora.url, other.url], sha256=other.sha256)
    assert (part.sha256, part.path.read_bytes()) == (other.sha256, other.content)


def test_a_link_that_runs_out_is_renewed_at_its_source(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(6 * BLOCK))
    hub.lets_links_expire("neon", after=2)
    part = bench.fetch(lora)
    assert bench.holds(part, lora)
    assert hub.sent_each_byte_once("neon"), hub.log()


def test_a_link_that_never_worked_is_not_renewed_without_end(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon")
    hub.lets_links_expire("neon", after=0)
    assert bench.fault(lora).code == "access_denied"


def test_a_key_goes_to_its_host_alone(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(3 * BLOCK))
    hub.needs_a_key("neon", "secret")
    hub.moves_to_the_second_host("neon")
    bench.tune(keys={hub.host: "secret"})
    assert bench.holds(bench.fetch(lora), lora)
    assert hub.keys_seen() == {hub.host: {"secret"}, hub.second_host.host: set()}


def test_without_its_key_a_file_asks_to_sign_in(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon")
    hub.needs_a_key("neon", "secret")
    assert bench.fault(lora).code == "sign_in_needed"


def test_a_limit_is_kept_within_a_tenth(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(BLOCK + 1000))
    # One connection: of two, one may still be on its way to the clock when it moves, and would wait a tenth too long.
    bench.tune(speed_limit=1_000_000, connections=1)
    with bench.fetching(lora):
        for tenth in range(1, 31):
            assert until(lambda: bench.clock.sleepers), "nobody waits for the clock"
            bench.clock.advance(timedelta(seconds=0.1))
            assert until(lambda tenth=tenth: bench.watched.bytes_done >= 90_000 * tenth)  # type: ignore[misc]
            assert bench.watched.bytes_done <= 110_000 * tenth + 50_000


def test_a_limit_that_is_lifted_holds_no_more(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(BLOCK))
    bench.tune(speed_limit=10_000)
    with bench.fetching(lora) as under:
        assert until(lambda: bench.clock.sleepers)
        bench.tune(speed_limit=None)
        bench.clock.advance(timedelta(seconds=1))
        assert not isinstance(under.join(), BaseException)


def test_fewer_connections_are_had_as_soon_as_they_are_asked_for(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(8 * BLOCK))
    hub.holds_back_at("neon", 1000)
    with bench.fetching(lora) as under:
        assert until(lambda: bench.watched.bytes_done >= 1000)
        bench.tune(connections=1)
        hub.lets_go("neon")
        part = under.join()
    assert not isinstance(part, BaseException), part
    assert bench.holds(part, lora)


def test_a_file_that_does_not_fit_is_refused_before_it_begins(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(2 * BLOCK))
    bench.tune(keep_free_bytes=1 << 60)
    fault = bench.fault(lora)
    assert (fault.code, isinstance(fault, PassingFault)) == ("no_space", False)
    assert bench.left == []


def test_a_file_that_does_not_say_how_long_it_is_leaves_what_is_to_stay_free(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(3 * BLOCK))
    hub.does_not_tell_the_length("neon")
    bench.tune(keep_free_bytes=1 << 60)
    assert bench.fault(lora).code == "no_space"
    assert bench.left == [] and hub.has_sent("neon") < 3 * BLOCK


def test_a_file_whose_length_is_known_is_refused_before_anybody_is_asked(bench: Bench, hub: Hub) -> None:
    source = Source((hub.offers("neon").url,), None, ModelKind.LORAS, size_bytes=1 << 60)
    with pytest.raises(TransferFailed, match="takes 1,152,921,504,606,846,976 bytes"):
        bench.transfer.fetch(source, bench.partial, Stop(), bench.watched)
    assert hub.requests == [] and bench.left == []


def test_a_folder_that_may_not_be_written_is_a_matter_of_permission(bench: Bench, hub: Hub) -> None:
    bench.folder.joinpath(".partial").write_bytes(b"a file where the folder should be")
    assert bench.fault(hub.offers("neon")).code == "disk_failed"
