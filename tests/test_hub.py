"""The hub's double is honest: it answers as RFC 9110 says, remembers what it sent, and leaves nothing behind."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from support.leaks import Traces
from support.servers.hub import Hub, Offered
from support.waiting import until

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
ROOT = Path(__file__).parent.parent


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub(now=lambda: NOON) as hub:
        yield hub


@pytest.fixture
def lora(hub: Hub) -> Offered:
    return hub.offers("neon-city", size_bytes=100_000)


@pytest.fixture
def web() -> Iterator[httpx.Client]:
    # Nothing here is encrypted, and reading the certificates would cost more than all the rest.
    with httpx.Client(trust_env=False, verify=False) as client:
        yield client


def test_a_file_is_sent_whole_with_its_length_name_and_validator(web: httpx.Client, lora: Offered) -> None:
    answer = web.get(lora.url)
    assert (answer.status_code, answer.content) == (200, lora.content)
    assert answer.headers["Content-Length"] == str(len(lora.content))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="neon-city.safetensors"'
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["ETag"].startswith('"')


def test_head_is_answered_like_get_without_the_body(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    head, get = web.head(lora.url), web.get(lora.url)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Length", "Content-Type", "ETag", "Content-Disposition"):
        assert head.headers[name] == get.headers[name]
    assert hub.requests_for("neon-city")[0].sent_bytes == 0


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("0-99", 0, 100), ("100-", 100, None), ("-50", -50, None), ("500-99999999", 500, None), ("7-7", 7, 8)],
)
def test_a_range_is_answered_206_with_exactly_those_bytes(
    web: httpx.Client, lora: Offered, asked: str, start: int, stop: int | None
) -> None:
    answer = web.get(lora.url, headers={"Range": f"bytes={asked}"})
    wanted = lora.content[start:stop]
    first = start % len(lora.content)
    assert (answer.status_code, answer.content) == (206, wanted)
    told = f"bytes {first}-{first + len(wanted) - 1}/{len(lora.content)}"
    assert answer.headers["Content-Range"] == told


@pytest.mark.parametrize("asked", ["99999999-", "-0"])
def test_a_range_past_the_end_is_answered_416_with_the_length(web: httpx.Client, lora: Offered, asked: str) -> None:
    answer = web.get(lora.url, headers={"Range": f"bytes={asked}"})
    assert (answer.status_code, answer.content) == (416, b"")
    assert answer.headers["Content-Range"] == f"bytes */{len(lora.content)}"


@pytest.mark.parametrize("asked", ["bytes=9-3", "bytes=a-b", "bytes=-", "lines=1-2", "bytes=0-1,5-6"])
def test_a_range_that_cannot_be_meant_is_ignored(web: httpx.Client, lora: Offered, asked: str) -> None:
    answer = web.get(lora.url, headers={"Range": asked})
    assert (answer.status_code, answer.content) == (200, lora.content)


def test_a_range_of_a_file_that_has_changed_is_answered_whole(web: httpx.Client, lora: Offered) -> None:
    etag = web.head(lora.url).headers["ETag"]
    same = web.get(lora.url, headers={"Range": "bytes=0-9", "If-Range": etag})
    changed = web.get(lora.url, headers={"Range": "bytes=0-9", "If-Range": '"another"'})
    weak = web.get(lora.url, headers={"Range": "bytes=0-9", "If-Range": f"W/{etag}"})
    assert [answer.status_code for answer in (same, changed, weak)] == [206, 200, 200]


@pytest.mark.parametrize("sent", ["{etag}", "W/{etag}", '"x", {etag}', "*"])
def test_what_the_caller_has_already_is_answered_304_without_a_body(
    web: httpx.Client, lora: Offered, sent: str
) -> None:
    etag = web.head(lora.url).headers["ETag"]
    answer = web.get(lora.url, headers={"If-None-Match": sent.format(etag=etag)})
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", etag)


def test_what_it_has_sent_is_counted_to_the_byte(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    web.get(lora.url, headers={"Range": "bytes=0-999"})
    web.get(lora.url)
    web.get(f"{hub.url}/api/v1/model-versions/{lora.version_id}")
    assert until(lambda: hub.has_sent("neon-city") == 1000 + len(lora.content))
    assert [seen.status for seen in hub.requests_for("neon-city")] == [206, 200]
    assert hub.requests_for("neon-city")[0].headers["range"] == "bytes=0-999"
    assert hub.log().splitlines()[0] == "GET /files/neon-city.safetensors (bytes=0-999): answered 206, 1,000 bytes"


def test_a_busy_hub_says_for_how_long_and_then_is_not(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    hub.is_busy_for("neon-city", 90)
    answers = [web.get(lora.url), web.get(lora.url)]
    assert [answer.status_code for answer in answers] == [429, 200]
    assert answers[0].headers["Retry-After"] == "90"


def test_a_busy_hub_may_name_the_moment(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    hub.is_busy_for("neon-city", 90, status=503, as_date=True, times=None)
    answers = [web.get(lora.url), web.get(lora.url)]
    assert [answer.status_code for answer in answers] == [503, 503]
    assert answers[0].headers["Retry-After"] == "Mon, 02 Mar 2026 12:01:30 GMT"


def test_a_version_is_described_with_its_published_sum_and_leads_to_its_bytes(web: httpx.Client, hub: Hub) -> None:
    hub.offers("old-film", kind="checkpoints")
    lora = hub.publishes_a_wrong_checksum("old-film")
    version = web.get(f"{hub.url}/api/v1/model-versions/{lora.version_id}").json()
    file = version["files"][0]
    assert (version["model"]["type"], file["primary"], file["name"]) == ("Checkpoint", True, "old-film.safetensors")
    assert file["hashes"]["SHA256"] == lora.sha256.upper() != hashlib.sha256(lora.content).hexdigest().upper()
    assert web.get(file["downloadUrl"], follow_redirects=True).content == lora.content
    model = web.get(f"{hub.url}/api/v1/models/{version['modelId']}").json()
    assert model["modelVersions"][0]["files"] == version["files"]


def test_a_version_that_is_not_offered_is_not_found(web: httpx.Client, hub: Hub) -> None:
    assert web.get(f"{hub.url}/api/v1/model-versions/999").status_code == 404
    assert hub.unexpected == []


def test_an_address_that_the_hub_does_not_have_is_remembered_as_unexpected(web: httpx.Client, hub: Hub) -> None:
    assert web.get(f"{hub.url}/favicon.ico").status_code == 404
    assert [seen.path for seen in hub.unexpected] == ["/favicon.ico"]
    # The answer is here before the hub has counted its bytes.
    until(lambda: "22 bytes" in hub.log())
    assert hub.log() == "GET /favicon.ico: answered 404, 22 bytes (unexpected)"


def test_a_file_can_only_be_read(web: httpx.Client, lora: Offered) -> None:
    answer = web.post(lora.url, content=b"mine now")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_a_cut_body_ends_at_half_of_what_was_promised(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    hub.cuts_the_body("neon-city", times=1)
    with pytest.raises(httpx.RemoteProtocolError):
        web.get(lora.url)
    assert hub.has_sent("neon-city") == len(lora.content) // 2
    assert web.get(lora.url).content == lora.content


def test_a_file_held_back_stops_at_half_until_it_is_let_go(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    hub.holds_back("neon-city")
    with web.stream("GET", lora.url) as answer:
        assert until(lambda: hub.is_holding("neon-city"))
        assert hub.has_sent("neon-city") == len(lora.content) // 2
        hub.lets_go("neon-city")
        assert answer.read() == lora.content


def test_other_misbehaviour_is_as_it_says(web: httpx.Client, hub: Hub) -> None:
    a, b, c, d, e, f = (hub.offers(name) for name in "abcdef")
    hub.has_no_longer("a")
    hub.sends_its_sign_in_page("b")
    hub.sends_an_empty_file("c")
    hub.sends_a_damaged_model("d")
    hub.redirects("e", f.url)
    hub.fails("f", status=502)
    assert web.get(a.url).status_code == 410
    assert web.get(b.url).headers["Content-Type"].startswith("text/html")
    assert web.get(c.url).content == b""
    assert web.get(d.url).content[8:] == d.content[8:]
    assert web.get(e.url).headers["Location"] == f.url
    assert [web.get(f.url).status_code for _ in range(2)] == [502, 200]


def test_two_offers_of_one_file_name_have_addresses_of_their_own(web: httpx.Client, hub: Hub) -> None:
    one = hub.offers("one", file_name="flux köln.safetensors")
    two = hub.offers("two", file_name="flux köln.safetensors")
    assert (web.get(one.url).content, web.get(two.url).content) == (one.content, two.content)
    told = web.get(one.url).headers["Content-Disposition"]
    assert told.endswith("filename*=UTF-8''flux%20k%C3%B6ln.safetensors")


def test_a_file_that_nobody_offers_cannot_be_talked_about(hub: Hub, lora: Offered) -> None:
    with pytest.raises(LookupError, match="offers no 'unknown'; it offers neon-city"):
        hub.holds_back("unknown")


def test_closing_leaves_no_thread_and_no_socket_even_when_somebody_hangs_on() -> None:
    before = Traces.now()
    hub = Hub()
    lora = hub.offers("neon-city", size_bytes=100_000)
    hub.holds_back("neon-city")
    with httpx.Client(trust_env=False, verify=False) as idle, httpx.Client(trust_env=False, verify=False) as held:
        idle.get(f"{hub.url}/api/v1/model-versions/{lora.version_id}")  # its connection stays open
        with held.stream("GET", lora.url):
            assert until(lambda: hub.is_holding("neon-city"))
            hub.close()
    assert Traces.now().since(before) == []
    hub.close()


def test_it_serves_alone() -> None:
    command = [sys.executable, "-m", "support.servers.hub", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        # A process that prints nothing must not hold up the run.
        alarm = threading.Timer(20, process.kill)
        alarm.start()
        try:
            ready, address = process.stdout.readline().strip().rsplit(" ", 1)
            found = httpx.get(f"{address}/api/v1/model-versions/1001", trust_env=False).json()
        finally:
            alarm.cancel()
            process.terminate()
    assert ready == "listening on"
    assert found["files"][0]["name"] == "flux-kontext.safetensors"
