"""The hub's double answers conditions and ranges as RFC 9110 says, over the wire and in every form of a validator."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.servers.hub import Hub, Offered
from support.servers.hub_offers import WrongRange
from support.servers.partial import Part, Validators, part_of

ETAG = '"abc"'
MODIFIED = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
SUNDAY_NOON = "Sun, 01 Mar 2026 12:00:00 GMT"
A_SECOND_EARLIER = "Sun, 01 Mar 2026 11:59:59 GMT"
A_SECOND_LATER = "Sun, 01 Mar 2026 12:00:01 GMT"
BOTH = Validators(ETAG, MODIFIED)
WEAK = Validators(f"W/{ETAG}", MODIFIED)
DATE = Validators(None, MODIFIED)
NOTHING = Validators()


@pytest.fixture
def hub() -> Iterator[Hub]:
    with Hub(now=lambda: datetime(2026, 3, 2, 12, 0, tzinfo=UTC)) as hub:
        yield hub


@pytest.fixture
def lora(hub: Hub) -> Offered:
    return hub.offers("neon-city", size_bytes=10_000)


@pytest.fixture
def web() -> Iterator[httpx.Client]:
    with httpx.Client(trust_env=False, verify=False) as client:
        yield client


@pytest.mark.parametrize(
    ("validators", "if_range", "status"),
    [
        (BOTH, ETAG, 206),
        (BOTH, '"another"', 200),
        (BOTH, f"W/{ETAG}", 200),
        (BOTH, SUNDAY_NOON, 206),
        (BOTH, A_SECOND_EARLIER, 200),
        (BOTH, A_SECOND_LATER, 200),
        (BOTH, "yesterday", 200),
        (BOTH, "", 200),
        (WEAK, f"W/{ETAG}", 200),
        (WEAK, ETAG, 200),
        (WEAK, SUNDAY_NOON, 206),
        (DATE, SUNDAY_NOON, 206),
        (DATE, ETAG, 200),
        (NOTHING, ETAG, 200),
        (NOTHING, SUNDAY_NOON, 200),
    ],
)
def test_a_range_is_bound_to_a_strong_validator_that_matches_exactly(
    validators: Validators, if_range: str, status: int
) -> None:
    asked = {"range": "bytes=10-19", "if-range": if_range}
    assert part_of(asked, size=100, validators=validators) == (
        Part(206, 10, 20) if status == 206 else Part(200, 0, 100)
    )


def test_a_range_past_the_end_of_a_file_that_has_changed_is_answered_whole() -> None:
    asked = {"range": "bytes=100-", "if-range": '"another"'}
    assert part_of(asked, size=100, validators=BOTH) == Part(200, 0, 100)
    assert part_of({**asked, "if-range": ETAG}, size=100, validators=BOTH) == Part(416)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"if-none-match": ETAG}, 304),
        ({"if-none-match": f"W/{ETAG}"}, 304),
        ({"if-none-match": '"x"'}, 200),
        ({"if-none-match": '"a*b"'}, 200),
        ({"if-modified-since": SUNDAY_NOON}, 304),
        ({"if-modified-since": A_SECOND_LATER}, 304),
        ({"if-modified-since": A_SECOND_EARLIER}, 200),
        ({"if-modified-since": SUNDAY_NOON, "if-none-match": '"x"'}, 200),
        ({"if-modified-since": "nonsense"}, 200),
        ({"if-match": ETAG}, 200),
        ({"if-match": "*"}, 200),
        ({"if-match": f"W/{ETAG}"}, 412),
        ({"if-match": '"x"'}, 412),
        ({"if-unmodified-since": SUNDAY_NOON}, 200),
        ({"if-unmodified-since": A_SECOND_EARLIER}, 412),
        ({"if-unmodified-since": A_SECOND_EARLIER, "if-match": ETAG}, 200),
        ({"if-match": '"x"', "if-none-match": ETAG}, 412),
    ],
    ids=str,
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_conditions_are_looked_at_in_the_order_of_the_rfc(headers: dict[str, str], status: int, method: str) -> None:
    assert part_of(headers, size=100, validators=BOTH, method=method).status == status


def test_a_weak_etag_never_satisfies_if_match() -> None:
    assert part_of({"if-match": f"W/{ETAG}"}, size=100, validators=WEAK) == Part(412)


@pytest.mark.parametrize("asked", ["bytes=0-9", "Bytes=0-9", "bytes= 0-9"])
def test_the_unit_may_be_written_in_capital_letters(asked: str) -> None:
    assert part_of({"range": asked}, size=100, validators=BOTH) == Part(206, 0, 10)


@pytest.mark.parametrize("asked", ["bytes=0-9" + "9" * 5000, "bytes=٣-٤", "bytes=0-9;", "bytes 0-9", ""])
def test_numbers_that_no_file_has_are_ignored(asked: str) -> None:
    assert part_of({"range": asked}, size=100, validators=BOTH) == Part(200, 0, 100)


@pytest.mark.parametrize("asked", ["bytes=0-", "bytes=0-0", "bytes=-1"])
def test_an_empty_file_has_no_part(asked: str) -> None:
    assert part_of({"range": asked}, size=0, validators=BOTH) == Part(416)


@given(size=st.integers(0, 300), first=st.integers(0, 400), last=st.none() | st.integers(0, 400))
def test_a_part_is_what_a_slice_would_be(size: int, first: int, last: int | None) -> None:
    content = bytes(n % 256 for n in range(size))
    part = part_of({"range": f"bytes={first}-{'' if last is None else last}"}, size=size, validators=BOTH)
    if last is not None and last < first:
        assert part == Part(200, 0, size)
    elif first >= size:
        assert part == Part(416)
    else:
        stop = None if last is None else last + 1
        assert (part.status, content[part.start : part.stop]) == (206, content[first:stop])


def test_head_ignores_a_range(web: httpx.Client, lora: Offered) -> None:
    head = web.head(lora.url, headers={"Range": "bytes=0-9"})
    assert (head.status_code, head.headers["Content-Length"]) == (200, str(len(lora.content)))


def test_a_file_tells_when_it_was_modified_by_the_clock_that_dates_the_answer(web: httpx.Client, lora: Offered) -> None:
    headers = web.head(lora.url).headers
    assert headers["Last-Modified"] == SUNDAY_NOON
    assert headers["Date"] == "Mon, 02 Mar 2026 12:00:00 GMT"


def test_a_range_may_be_bound_to_the_date(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    asked = {"Range": "bytes=5-9", "If-Range": web.head(lora.url).headers["Last-Modified"]}
    assert web.get(lora.url, headers=asked).content == lora.content[5:10]
    new = hub.replaces("neon-city")
    answer = web.get(lora.url, headers=asked)
    assert (answer.status_code, answer.content) == (200, new.content)


def test_a_failed_condition_is_answered_412_without_the_file(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    answer = web.get(lora.url, headers={"If-Match": '"another"'})
    assert (answer.status_code, answer.content, hub.has_sent("neon-city")) == (412, b"", 0)


@pytest.mark.parametrize(
    ("telling", "told"),
    [
        ("has_no_validator", {"Accept-Ranges"}),
        ("weakens_its_validator", {"Accept-Ranges", "ETag"}),
        ("validates_by_date_alone", {"Accept-Ranges", "Last-Modified"}),
        ("ignores_ranges", {"ETag", "Last-Modified"}),
    ],
)
def test_a_file_tells_no_more_than_it_is_meant_to(
    web: httpx.Client, hub: Hub, lora: Offered, telling: str, told: set[str]
) -> None:
    getattr(hub, telling)("neon-city")
    headers = web.head(lora.url).headers
    assert {name for name in ("Accept-Ranges", "ETag", "Last-Modified") if name in headers} == told


def test_a_weak_validator_binds_no_range(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    hub.weakens_its_validator("neon-city")
    weak = web.head(lora.url).headers["ETag"]
    assert weak.startswith('W/"')
    bound = web.get(lora.url, headers={"Range": "bytes=0-9", "If-Range": weak})
    free = web.get(lora.url, headers={"Range": "bytes=0-9"})
    assert [bound.status_code, free.status_code] == [200, 206]


def test_a_hub_may_ignore_ranges(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    hub.ignores_ranges("neon-city")
    answer = web.get(lora.url, headers={"Range": "bytes=100-199"})
    assert (answer.status_code, answer.content) == (200, lora.content)


@pytest.mark.parametrize(
    ("how", "told", "start"),
    [("other bytes", "bytes 99-198/1000", 99), ("other total", "bytes 100-199/1001", 100)],
)
def test_a_range_may_be_answered_wrongly(web: httpx.Client, hub: Hub, how: WrongRange, told: str, start: int) -> None:
    lora = hub.offers("neon-city", content=bytes(n % 251 for n in range(1000)))
    hub.answers_ranges_wrongly("neon-city", how)
    answer = web.get(lora.url, headers={"Range": "bytes=100-199"})
    assert (answer.status_code, answer.content) == (206, lora.content[start : start + 100])
    assert answer.headers["Content-Range"] == told
    first = web.get(lora.url, headers={"Range": "bytes=0-99"})
    assert (first.content, first.headers["Content-Range"]) == (lora.content[:100], "bytes 0-99/1000")


def test_a_range_may_be_refused_although_there_is_such_a_part(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    hub.answers_ranges_wrongly("neon-city", "416")
    answer = web.get(lora.url, headers={"Range": "bytes=100-199"})
    assert (answer.status_code, answer.text) == (416, "there is no such part")
    assert hub.ranges_for("neon-city") == []


def test_only_known_ways_of_being_wrong_can_be_asked_for(hub: Hub, lora: Offered) -> None:
    with pytest.raises(ValueError, match="'418' is none of other bytes, other total, 416"):
        hub.answers_ranges_wrongly("neon-city", "418")  # type: ignore[arg-type]


@pytest.mark.parametrize("asked", [{}, {"Range": "bytes=9000-"}])
def test_a_length_claimed_too_long_ends_in_a_cut(
    web: httpx.Client, hub: Hub, lora: Offered, asked: dict[str, str]
) -> None:
    hub.claims_a_wrong_length("neon-city", by=1)
    with pytest.raises(httpx.RemoteProtocolError), web.stream("GET", lora.url, headers=asked) as answer:
        told = answer.headers.get("Content-Range", f"/{answer.headers['Content-Length']}")
        assert told.rpartition("/")[2] == str(len(lora.content) + 1)
        answer.read()


def test_a_length_claimed_too_short_loses_the_last_byte(web: httpx.Client, hub: Hub, lora: Offered) -> None:
    hub.claims_a_wrong_length("neon-city", by=-1)
    assert web.get(lora.url).content == lora.content[:-1]
    part = web.get(lora.url, headers={"Range": "bytes=10-"})
    assert part.content == lora.content[10:-1]
    assert part.headers["Content-Range"].endswith(f"/{len(lora.content) - 1}")
