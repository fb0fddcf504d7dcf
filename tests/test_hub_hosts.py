"""What lies elsewhere: the hub's double redirects to a second host, to links that expire, and names mirrors."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import httpx
import pytest

from support.leaks import Traces
from support.servers.hub import Hub, Offered
from support.waiting import until

SIZE = 100_000


@pytest.fixture
def lora(hub: Hub) -> Offered:
    return hub.offers("neon-city", size_bytes=SIZE)


@pytest.fixture
def web() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, verify=False) as client:
        yield client


def arrived(web: httpx.Client, url: str) -> int:
    """How many bytes come before the connection ends, however it ends."""
    size = 0
    with suppress(httpx.RemoteProtocolError), web.stream("GET", url) as answer:
        for chunk in answer.iter_raw():
            size += len(chunk)
    return size


def test_redirects_in_circles_never_end(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    hub.redirects_in_circles("neon-city")
    with pytest.raises(httpx.TooManyRedirects):
        web.get(lora.url, follow_redirects=True)
    assert len(hub.requests_for("neon-city")) == 21


def test_a_moved_file_is_served_by_the_second_host(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    hub.moves_to_the_second_host("neon-city")
    answer = web.get(lora.url, follow_redirects=True, headers={"Range": "bytes=10-19", "X-Mine": "yes"})
    assert (answer.status_code, answer.content, answer.url.host) == (206, lora.content[10:20], "127.0.0.2")
    assert [seen.headers["x-mine"] for seen in hub.second_host.requests] == ["yes"]
    assert [seen.status for seen in hub.requests_for("neon-city")] == [302, 206]


def test_the_second_host_has_what_lies_there_and_nothing_of_the_hub(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    asked = [f"{hub.second_host.url}/{path}" for path in ("api/v1/models/1", "a/b/resolve/main/c", "favicon.ico")]
    assert [web.get(url).status_code for url in asked] == [404, 404, 404]
    assert [seen.host for seen in hub.unexpected] == [hub.second_host.host] * 3
    assert hub.log().splitlines()[0] == ("GET /api/v1/models/1: answered 404, 22 bytes (second host) (unexpected)")


@pytest.mark.parametrize("after", [1, 3])
def test_a_link_serves_so_often_and_then_no_more(web: httpx.Client, hub: Hub, lora: Offered, after: int) -> None:
    hub.lets_links_expire("neon-city", after=after)
    link = web.get(lora.url).headers["Location"]
    assert link.startswith(f"{hub.second_host.url}/signed/")
    assert [web.get(link).status_code for _ in range(after + 1)] == [200] * after + [403]
    assert "Request has expired" in web.get(link).text
    assert web.get(lora.url, follow_redirects=True).content == lora.content


def test_a_look_at_a_link_does_not_use_it_up(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    hub.lets_links_expire("neon-city")
    link = web.head(lora.url).headers["Location"]
    assert [web.head(link).status_code, web.get(link).status_code, web.head(link).status_code] == [200, 200, 403]


def test_a_link_without_its_signature_or_with_a_key_besides_is_refused(
    web: httpx.Client, hub: Hub, lora: Offered
) -> None:
    hub.lets_links_expire("neon-city")
    link = web.get(lora.url).headers["Location"]
    assert web.get(link.partition("?")[0]).status_code == 403
    assert web.get(link[:-1] + ("0" if link[-1] != "0" else "1")).status_code == 403
    both = web.get(link, headers={"Authorization": "Bearer secret"})
    assert (both.status_code, "Only one auth mechanism" in both.text) == (400, True)
    assert web.get(link).status_code == 200


def test_mirrors_serve_the_same_file_and_one_may_fail(web: httpx.Client, hub: Hub) -> None:
    ink = hub.offers("ink-wash", mirrors=2)
    hub.mirror_fails("ink-wash", 1)
    hub.fails("ink-wash", times=None)
    answers = [web.get(url) for url in (ink.url, *ink.mirrors)]
    assert [answer.status_code for answer in answers] == [500, 503, 200]
    assert (answers[2].content, answers[2].url.host) == (ink.content, "127.0.0.2")
    with pytest.raises(LookupError, match=r"'ink-wash' has 2 mirror\(s\), numbered from 1; there is no 3"):
        hub.mirror_fails("ink-wash", 3)


def test_what_goes_wrong_with_a_body_goes_wrong_at_every_address(web: httpx.Client, hub: Hub) -> None:
    ink = hub.offers("ink-wash", size_bytes=SIZE, mirrors=1)
    hub.drops_the_connection_at("ink-wash", 1000, times=None)
    assert [arrived(web, url) for url in (ink.url, *ink.mirrors)] == [1000, 1000]


def test_nothing_is_left_of_two_hosts_with_held_and_silent_connections() -> None:
    before = Traces.now()
    hub = Hub()
    held = hub.offers("held", size_bytes=SIZE, mirrors=1)
    silent = hub.offers("silent", size_bytes=SIZE)
    hub.holds_back("held")
    hub.moves_to_the_second_host("silent")
    hub.falls_silent_at("silent", 10)

    def ask(url: str) -> int:
        with httpx.Client(trust_env=False, verify=False, follow_redirects=True) as client:
            return arrived(client, url)

    with ThreadPoolExecutor(3) as pool:
        asked = [pool.submit(ask, url) for url in (held.url, held.mirrors[0], silent.url)]
        assert until(lambda: hub.is_holding("held") and hub.is_silent("silent") and hub.peak_connections == 3)
        hub.close()
        assert asked[2].result() == 10
    assert Traces.now().since(before) == []
    hub.close()
