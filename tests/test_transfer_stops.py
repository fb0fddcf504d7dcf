"""Stopping: at once, in whatever a transfer is doing, and nothing of it runs on."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from app.downloads.faults import Stopped
from app.downloads.stop import Stop
from support.servers.hub import Hub
from support.waiting import until
from tests.transfers import BLOCK, Bench, Under, content, threads


@pytest.fixture
def bench(tmp_path: Path, hub: Hub) -> Iterator[Bench]:
    # So patient that a test whose stop does not work fails for that, and for nothing else.
    bench = Bench(tmp_path, hub)
    bench.tune(stall_seconds=600)
    yield bench
    assert until(lambda: not threads()), threads()


def ended_by_its_stop(under: Under) -> bool:
    under.stop()
    return under.was_stopped


def test_while_the_hub_has_not_answered(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with bench.fetching([f"http://127.0.0.1:{silent.getsockname()[1]}/a.ckpt"]) as under:
            connection, _ = silent.accept()
            assert ended_by_its_stop(under)
        connection.close()


def test_while_the_connection_is_being_made(bench: Bench) -> None:
    with ExitStack() as open_ones:
        full = open_ones.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):  # nobody accepts: what comes after these waits
            waiting = open_ones.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        with bench.fetching([f"http://127.0.0.1:{full.getsockname()[1]}/a.ckpt"]) as under:
            assert not until(lambda: under.ended, within=timedelta(milliseconds=30))
            assert ended_by_its_stop(under)


def test_while_tls_is_being_agreed(bench: Bench) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with bench.fetching([f"https://127.0.0.1:{silent.getsockname()[1]}/a.ckpt"]) as under:
            connection, _ = silent.accept()
            assert connection.recv(1)
            assert ended_by_its_stop(under)
        connection.close()


def test_while_bytes_are_awaited_on_every_connection(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(5 * BLOCK))
    hub.holds_back_at("neon", 100)
    with bench.fetching(lora) as under:
        assert until(lambda: bench.watched.bytes_done == 100 and hub.peak_connections == 4)
        assert ended_by_its_stop(under)
    assert bench.note is not None and bench.note.trusted == ((0, 100),)


def test_while_the_limit_makes_it_wait(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(3 * BLOCK))
    bench.tune(speed_limit=1000)
    with bench.fetching(lora) as under:
        assert until(lambda: bench.clock.sleepers)
        assert ended_by_its_stop(under)


def test_while_a_body_of_unknown_length_is_read(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(10_000))
    hub.does_not_tell_the_length("neon")
    hub.holds_back_at("neon", 5000)
    with bench.fetching(lora) as under:
        assert until(lambda: bench.watched.bytes_done == 5000)
        assert ended_by_its_stop(under)


def test_before_it_begins(bench: Bench, hub: Hub) -> None:
    stop = Stop()
    stop.set()
    with pytest.raises(Stopped):
        bench.fetch(hub.offers("neon"), stop=stop)
    assert hub.requests == []


def test_forgetting_removes_all_of_it_and_the_folder_that_is_empty_then(bench: Bench, hub: Hub) -> None:
    lora = hub.offers("neon", content=content(3 * BLOCK))
    hub.holds_back_at("neon", BLOCK)
    with bench.fetching(lora) as under:
        assert until(lambda: bench.watched.bytes_done == BLOCK)
        assert ended_by_its_stop(under)
    assert bench.left == [".partial", "one.part", "one.part.json"]
    bench.transfer.forget(bench.partial)
    assert bench.left == []
    bench.transfer.forget(bench.partial)


def test_forgetting_leaves_what_is_another_downloads(bench: Bench, hub: Hub) -> None:
    bench.fetch(hub.offers("neon"))
    other = bench.partial.with_name("two.part")
    other.write_bytes(b"x")
    bench.transfer.forget(bench.partial)
    assert bench.left == [".partial", "two.part"]
