"""The hub's double remembers what really happened: each byte, each request, each connection, each key."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.servers.hub import Hub, Offered
from support.servers.hub_files import Delivery
from support.servers.hub_memory import Traffic, covered
from support.servers.hub_offers import Body, Mood
from support.servers.serving import Exchange
from support.waiting import until


@pytest.fixture
def lora(hub: Hub) -> Offered:
    return hub.offers("neon-city", size_bytes=1_000_000, mirrors=1)


@pytest.fixture
def web() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, verify=False) as client:
        yield client


def get(web: httpx.Client, url: str, asked: str) -> None:
    web.get(url, headers={"Range": f"bytes={asked}"}).read()


def test_parts_are_remembered_where_they_lie_in_the_file(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    size = len(lora.content)
    get(web, lora.url, "500000-")
    get(web, lora.mirrors[0], "0-99999")
    assert not hub.sent_each_byte_once("neon-city")
    get(web, lora.url, "100000-499999")
    assert hub.ranges_for("neon-city") == [(500_000, size), (0, 100_000), (100_000, 500_000)]
    assert (hub.sent_each_byte_once("neon-city"), hub.sent_twice("neon-city")) == (True, 0)
    assert hub.has_sent("neon-city") == size


def test_bytes_sent_again_are_counted(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    web.get(lora.url)
    get(web, lora.url, "0-9")
    get(web, lora.url, "5-14")
    assert (hub.sent_twice("neon-city"), hub.sent_each_byte_once("neon-city")) == (20, False)


def test_what_is_no_part_of_the_file_is_not_counted_as_sent(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    hub.fails("neon-city")
    hub.sends_its_sign_in_page("neon-city")
    web.head(lora.url)
    web.get(lora.url)
    get(web, lora.mirrors[0], "99999999-")
    assert [seen.status for seen in hub.requests_for("neon-city")] == [500, 200, 416]
    assert (hub.has_sent("neon-city"), hub.ranges_for("neon-city")) == (0, [])


def test_only_what_left_is_counted_when_the_client_leaves(web: httpx.Client, hub: Hub) -> None:
    hub.offers("huge", content=bytes(64_000_000))
    with web.stream("GET", hub.offers("huge", content=bytes(64_000_000)).url) as answer:
        next(answer.iter_raw())
    assert until(lambda: not hub.is_sending("huge"))
    (start, stop), size = hub.ranges_for("huge")[0], 64_000_000
    assert (start, 0 < stop < size, hub.sent_each_byte_once("huge")) == (0, True, False)


def test_connections_that_carry_bytes_at_the_same_time_are_counted(hub: Hub, lora: Offered) -> None:
    hub.holds_back("neon-city")
    assert hub.peak_connections == 0
    with ExitStack() as open_ones:
        for number in range(1, 4):
            client = open_ones.enter_context(httpx.Client(trust_env=False, verify=False))
            open_ones.enter_context(client.stream("GET", lora.url))
            assert (hub.peak_connections, hub.is_sending("neon-city")) == (number, True)
    with httpx.Client(trust_env=False, verify=False) as client, client.stream("GET", lora.url):
        assert hub.peak_connections == 3


def test_who_has_hung_up_is_not_counted_with_those_who_come_after(hub: Hub, lora: Offered) -> None:
    for _ in range(20):
        with httpx.Client(trust_env=False, verify=False) as client, client.stream("GET", lora.url) as answer:
            next(answer.iter_raw())
    assert hub.peak_connections == 1


def test_who_has_the_last_byte_is_not_counted_with_those_who_come_after(hub: Hub, lora: Offered) -> None:
    with ExitStack() as open_ones:
        for _ in range(20):
            client = open_ones.enter_context(httpx.Client(trust_env=False, verify=False))
            assert client.get(lora.url).content == lora.content  # its connection stays open
    assert hub.peak_connections == 1


def test_requests_for_other_things_are_not_requests_for_bytes(web: httpx.Client, hub: Hub) -> None:
    film = hub.offers("old-film", repo_id="artist/films")
    web.get(f"{hub.url}/api/v1/models/{film.model_id}")
    web.get(f"{hub.url}/api/download/models/{film.version_id}")
    web.get(str(film.huggingface_url))
    assert (hub.requests_for("old-film"), hub.peak_connections, len(hub.requests)) == ([], 0, 3)


@pytest.mark.parametrize("question", ["requests_for", "has_sent", "ranges_for", "is_holding", "sent_each_byte_once"])
def test_a_file_that_nobody_offers_cannot_be_asked_about(hub: Hub, lora: Offered, question: str) -> None:
    with pytest.raises(LookupError, match="offers no 'unknown'; it offers neon-city"):
        getattr(hub, question)("unknown")


def test_keys_are_remembered_by_host_and_never_logged(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    web.get(lora.url, headers={"Authorization": "Bearer of-the-hub"})
    web.get(f"{lora.url}?token=in-the-address")
    assert hub.keys_seen() == {hub.host: {"of-the-hub", "in-the-address"}, hub.second_host.host: set()}
    web.get(lora.mirrors[0], headers={"Authorization": "Basic leaked"})
    assert hub.keys_seen()[hub.second_host.host] == {"Basic leaked"}
    assert all(word not in hub.log() for word in ("of-the-hub", "in-the-address", "leaked"))


@pytest.mark.parametrize("form", ["{address}", "{address}:{port}", "http://{address}:{port}"])
def test_headers_are_remembered_by_host(web: httpx.Client, hub: Hub, lora: Offered, form: str) -> None:
    web.get(lora.url, headers={"X-Where": "first"})
    web.get(lora.mirrors[0], headers={"X-Where": "second"})
    for host, told in ((hub.host, "first"), (hub.second_host.host, "second")):
        address, _, port = host.partition(":")
        seen = hub.headers_seen(form.format(address=address, port=port))
        assert [headers["x-where"] for headers in seen] == [told]


def test_who_has_hung_up_carries_nothing_before_the_server_knows() -> None:
    traffic = Traffic()
    (ours, theirs), (other, its) = socket.socketpair(), socket.socketpair()
    with ours, theirs, other, its:
        traffic.begins(ours, "neon-city")
        theirs.close()
        traffic.begins(other, "neon-city")
        assert (traffic.peak, traffic.of("neon-city")) == (1, 1)


class Line:
    """A connection that remembers what had been counted whenever bytes left; takes 5,000 bytes at a time."""

    def __init__(self, traffic: Traffic) -> None:
        self.exchange: Exchange | None = None
        self.counted: list[tuple[int, int]] = []
        self._traffic = traffic

    def getsockname(self) -> tuple[str, int]:
        return ("127.0.0.1", 80)

    def recv(self, size: int, flags: int) -> bytes:
        raise BlockingIOError

    def send(self, chunk: memoryview) -> int:
        assert self.exchange is not None
        self.counted.append((self.exchange.seen.sent_bytes, self._traffic.of("neon-city")))
        return min(len(chunk), 5_000)


def test_bytes_are_counted_before_they_leave_and_the_connection_until_its_last_byte() -> None:
    traffic = Traffic()
    line: Any = Line(traffic)
    handler: Any = SimpleNamespace(path="/x", headers={}, command="GET", connection=line, close_connection=False)
    line.exchange = Exchange(handler)
    line.exchange.begin = lambda status, headers: None
    offered: Any = SimpleNamespace(name="neon-city", file_name="x", body=Body.of(bytes(8_001), datetime.now(UTC)))
    Delivery(line.exchange, offered, Mood(), lock=threading.RLock(), traffic=traffic).send()
    assert line.counted == [(8_000, 1), (8_000, 1), (8_001, 0)]


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(1, 30))))
def testcovered_is_what_a_set_of_bytes_would_hold(parts: list[tuple[int, int]]) -> None:
    ranges = [(start, start + size) for start, size in parts]
    assert covered(ranges) == len({byte for start, stop in ranges for byte in range(start, stop)})
