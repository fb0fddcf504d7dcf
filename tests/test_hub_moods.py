"""The hub's double misbehaves exactly as it says, at the byte that it says, and no longer than it says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from support.servers.hub import Hub, Offered
from support.waiting import until

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
SIZE = 100_000


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub(now=lambda: NOON) as hub:
        yield hub


@pytest.fixture
def lora(hub: Hub) -> Offered:
    return hub.offers("neon-city", content=bytes(n % 251 for n in range(SIZE)))


@pytest.fixture
def web() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, verify=False) as client:
        yield client


def arrived(web: httpx.Client, url: str, asked: str | None = None) -> bytes:
    """What comes before the connection ends, however it ends. asked: the bytes, as `0-99`."""
    got = bytearray()
    headers = {"Range": f"bytes={asked}"} if asked else {}
    with suppress(httpx.RemoteProtocolError), web.stream("GET", url, headers=headers) as answer:
        for chunk in answer.iter_raw():
            got += chunk
    return bytes(got)


@pytest.mark.parametrize(
    ("asked", "sent"),
    [
        (None, (0, 70_000)),
        ("0-", (0, 70_000)),
        ("50000-", (50_000, 70_000)),
        ("50000-70000", (50_000, 70_000)),
        ("70000-", (70_000, 70_000)),
        ("-50000", (50_000, 70_000)),
    ],
)
def test_a_connection_drops_at_the_byte_of_the_file_whatever_part_was_asked_for(
    web: httpx.Client, hub: Hub, lora: Offered, asked: str | None, sent: tuple[int, int]
) -> None:
    start, stop = sent
    hub.drops_the_connection_at("neon-city", 70_000)
    assert arrived(web, lora.url, asked) == lora.content[start:stop]
    assert hub.ranges_for("neon-city") == ([(start, stop)] if stop > start else [])
    assert web.get(lora.url).content == lora.content


@pytest.mark.parametrize("asked", ["0-69999", "70001-"])
def test_a_part_without_the_byte_does_not_drop(web: httpx.Client, hub: Hub, lora: Offered, asked: str) -> None:
    hub.drops_the_connection_at("neon-city", 70_000)
    assert web.get(lora.url, headers={"Range": f"bytes={asked}"}).status_code == 206
    assert arrived(web, lora.url) == lora.content[:70_000]


def test_a_connection_drops_as_often_as_it_says_and_at_several_bytes(
    web: httpx.Client, hub: Hub, lora: Offered
) -> None:
    hub.drops_the_connection_at("neon-city", 70_000, times=2)
    hub.drops_the_connection_at("neon-city", 20_000)
    sizes = [len(arrived(web, lora.url)) for _ in range(4)]
    assert sizes == [20_000, 70_000, 70_000, SIZE]


def test_only_a_byte_of_the_file_can_be_dropped_at(hub: Hub, lora: Offered) -> None:
    with pytest.raises(ValueError, match="'neon-city' has 100,000 bytes; there is no byte 100,000"):
        hub.drops_the_connection_at("neon-city", SIZE)


@pytest.mark.parametrize(("asked", "stop"), [(None, 50_000), ("30000-", 50_000), ("50000-", 50_000)])
def test_a_cut_body_ends_in_the_middle_of_the_file(
    web: httpx.Client, hub: Hub, lora: Offered, asked: str | None, stop: int
) -> None:
    hub.cuts_the_body("neon-city")
    start = int(asked[:-1]) if asked else 0
    assert [arrived(web, lora.url, asked) for _ in range(2)] == [lora.content[start:stop]] * 2


def test_a_connection_falls_silent_and_stays_open_until_the_client_leaves(
    web: httpx.Client, hub: Hub, lora: Offered
) -> None:
    hub.falls_silent_at("neon-city", 70_000)
    with web.stream("GET", lora.url, headers={"Range": "bytes=60000-"}) as answer:
        chunks = answer.iter_raw()  # kept: the connection ends with it
        got = b""
        while len(got) < 10_000:
            got += next(chunks)
        assert got == lora.content[60_000:70_000]
        assert until(lambda: hub.is_silent("neon-city"))
        assert hub.is_sending("neon-city")
    assert until(lambda: not hub.is_silent("neon-city"))
    assert not hub.is_sending("neon-city")
    assert web.get(lora.url).content == lora.content


def test_a_reset_connection_gives_no_answer(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    hub.resets_the_connection("neon-city")
    with pytest.raises(httpx.ReadError):
        web.get(lora.url)
    assert web.get(lora.url).content == lora.content


@pytest.mark.parametrize("asked", ["0-99", "59999-59999"])
def test_what_lies_before_a_hold_is_sent_at_once(web: httpx.Client, hub: Hub, lora: Offered, asked: str) -> None:
    hub.holds_back_at("neon-city", 60_000)
    assert web.get(lora.url, headers={"Range": f"bytes={asked}"}).status_code == 206


@pytest.mark.parametrize(("asked", "free"), [("0-", 60_000), ("50000-79999", 10_000), ("60000-", 0), ("80000-", 0)])
def test_no_byte_from_a_hold_on_is_sent_before_it_is_let_go(
    web: httpx.Client, hub: Hub, lora: Offered, asked: str, free: int
) -> None:
    hub.holds_back_at("neon-city", 60_000)
    first, _, last = asked.partition("-")
    wanted = lora.content[int(first) : int(last) + 1 if last else None]
    with web.stream("GET", lora.url, headers={"Range": f"bytes={asked}"}) as answer:
        assert until(lambda: hub.is_holding("neon-city"))
        assert hub.has_sent("neon-city") == free
        hub.lets_go("neon-city")
        assert answer.read() == wanted
    assert web.get(lora.url).content == lora.content


def test_who_does_not_wait_for_a_hold_is_not_held(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    hub.holds_back("neon-city")
    with web.stream("GET", lora.url):
        assert until(lambda: hub.is_holding("neon-city"))
    assert until(lambda: not hub.is_holding("neon-city"))


def test_a_replaced_file_is_another_one_to_whoever_asks_from_then_on(
    web: httpx.Client, hub: Hub, lora: Offered
) -> None:
    hub.holds_back("neon-city")
    etag = web.head(lora.url).headers["ETag"]
    with web.stream("GET", lora.url) as answer:
        assert until(lambda: hub.is_holding("neon-city"))
        new = hub.replaces("neon-city", size_bytes=80_000)
        hub.lets_go("neon-city")
        assert answer.read() == lora.content
    later = web.get(lora.url, headers={"Range": "bytes=50000-", "If-Range": etag})
    assert (later.status_code, later.content) == (200, new.content)
    assert later.headers["ETag"] != etag
    assert (new.sha256, new.url) == (new.body.sha256, lora.url)


def test_a_file_may_be_replaced_behind_the_published_checksum(hub: Hub, lora: Offered) -> None:
    first = hub.replaces("neon-city", published=False)
    assert (first.sha256, first.content != lora.content) == (lora.sha256, True)
    second = hub.replaces("neon-city", content=b"new")
    assert (second.content, second.sha256) == (b"new", second.body.sha256)


@pytest.mark.parametrize("status", [401, 403, 404, 410, 418, 451, 502])
def test_a_hub_refuses_with_any_status_as_often_as_it_says(
    web: httpx.Client, hub: Hub, lora: Offered, status: int
) -> None:
    hub.refuses("neon-city", status, times=2)
    assert [web.get(lora.url).status_code for _ in range(3)] == [status, status, 200]


def test_a_refusal_holds_for_ever_unless_it_says_how_often(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    hub.refuses("neon-city", 403)
    assert {web.get(lora.url).status_code for _ in range(5)} == {403}


def test_other_bytes_have_the_same_length_and_a_validator_of_their_own(
    web: httpx.Client, hub: Hub, lora: Offered
) -> None:
    etag = web.head(lora.url).headers["ETag"]
    hub.sends_other_bytes("neon-city")
    answer = web.get(lora.url)
    assert (answer.content[:-1], len(answer.content)) == (lora.content[:-1], SIZE)
    assert (answer.content != lora.content, answer.headers["ETag"] != etag) == (True, True)


def test_a_pickle_is_a_pickle_under_the_name_of_a_safetensors_file(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    hub.sends_a_pickle("neon-city")
    answer = web.get(lora.url)
    assert answer.content.startswith(b"\x80\x02") and answer.content.endswith(b".")
    assert ".safetensors" in answer.headers["Content-Disposition"]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({}, 401),
        ({"headers": {"Authorization": "Bearer wrong"}}, 401),
        ({"headers": {"Authorization": "Basic secret"}}, 401),
        ({"headers": {"Authorization": "Bearer secret"}}, 200),
        ({"headers": {"Authorization": "bearer secret"}}, 200),
        ({"params": {"token": "secret"}}, 200),
        ({"params": {"token": "wrong"}}, 401),
    ],
)
def test_a_file_that_needs_a_key_is_given_to_whoever_brings_it(
    web: httpx.Client, hub: Hub, lora: Offered, asked: dict[str, Any], status: int
) -> None:
    hub.needs_a_key("neon-city", "secret")
    answer = web.get(lora.url, **asked)
    assert answer.status_code == status
    assert (answer.headers.get("WWW-Authenticate") == "Bearer") == (status == 401)


def test_a_file_of_untold_length_ends_with_its_connection(hub: Hub, lora: Offered, web: httpx.Client) -> None:
    hub.does_not_tell_the_length("neon-city")
    answer = web.get(lora.url, headers={"Range": "bytes=10-19"})
    assert (answer.status_code, answer.content) == (200, lora.content)
    assert not {"content-length", "content-range", "transfer-encoding"} & set(answer.headers)
    assert answer.headers["Connection"] == "close"
