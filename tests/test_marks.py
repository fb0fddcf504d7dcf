"""How one version of a file is told from another, and what an answer says that it holds of it."""

from __future__ import annotations

from email.message import Message
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.downloads.engine.answers import Changed, RangesUntrusted, check_part, is_page_text
from app.downloads.engine.blocks import Run
from app.downloads.engine.marks import Mark, mark_of
from app.downloads.engine.pace import WINDOW_SECONDS, Pace
from app.downloads.engine.wire import Answer
from app.downloads.faults import TransferFailed

OLD, NOW = "Mon, 02 Mar 2026 12:00:00 GMT", "Mon, 02 Mar 2026 12:00:01 GMT"


class Said:
    """An answer's head."""

    def __init__(self, status: int, length: int | None = None, **headers: str) -> None:
        self.status, self.length, self.host = status, length, "hub.example"
        self.headers = headed(**headers)


def headed(**headers: str) -> Message:
    message = Message()
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    return message


@pytest.mark.parametrize(
    ("headers", "validator"),
    [
        ({"ETag": '"a"'}, '"a"'),
        ({"ETag": '"a"', "Last_Modified": OLD, "Date": NOW}, '"a"'),
        ({"ETag": 'W/"a"'}, None),
        ({"ETag": 'W/"a"', "Last_Modified": OLD, "Date": NOW}, OLD),
        ({"ETag": "a"}, None),
        ({"ETag": '"a\r\n b"'}, None),
        ({"Last_Modified": OLD, "Date": NOW}, OLD),
        ({"Last_Modified": NOW, "Date": NOW}, None),
        ({"Last_Modified": OLD}, None),
        ({"Last_Modified": "yesterday", "Date": NOW}, None),
        ({}, None),
    ],
)
def test_a_range_is_bound_to_a_strong_etag_else_to_a_date_that_is_surely_older(
    headers: dict[str, str], validator: str | None
) -> None:
    assert mark_of(headed(**headers)).validator == validator


@pytest.mark.parametrize(
    ("one", "other", "agree"),
    [
        (Mark('"a"', OLD), Mark('"a"', NOW), True),
        (Mark('"a"', OLD), Mark('"b"', OLD), False),
        (Mark('W/"a"', OLD), Mark('W/"b"', OLD), False),
        (Mark(None, OLD), Mark(None, NOW), False),
        (Mark('"a"', OLD), Mark(None, OLD), False),
    ],
)
def test_two_answers_are_of_one_file_only_if_they_say_so(one: Mark, other: Mark, *, agree: bool) -> None:
    assert one.agrees_with(other) == agree


@pytest.mark.parametrize(
    ("said", "raised"),
    [
        (Said(206, 10, ETag='"a"', Content_Range="bytes 10-19/100"), None),
        (Said(206, None, ETag='"a"', Content_Range="bytes 10-19/100"), None),
        (Said(206, 9, ETag='"a"', Content_Range="bytes 10-19/100"), RangesUntrusted),
        (Said(206, 10, ETag='"a"', Content_Range="bytes 9-18/100"), RangesUntrusted),
        (Said(206, 9, ETag='"a"', Content_Range="bytes 10-18/100"), RangesUntrusted),
        (Said(206, 10, ETag='"a"', Content_Range="bytes 10-19/101"), Changed),
        (Said(206, 10, ETag='"b"', Content_Range="bytes 10-19/100"), Changed),
        (Said(206, 10, Content_Range="bytes 10-19/100"), RangesUntrusted),
        (Said(206, 10, ETag='"a"'), RangesUntrusted),
        (Said(200, 100, ETag='"a"'), RangesUntrusted),
        (Said(200, 101, ETag='"a"'), Changed),
        (Said(200, 100, ETag='"b"'), Changed),
        (Said(416, 0, Content_Range="bytes */100"), RangesUntrusted),
        (Said(416, 0, Content_Range="bytes */5"), Changed),
        (Said(416, 0), RangesUntrusted),
        (Said(200, 100, ETag='"a"', Content_Type="text/html; charset=utf-8"), TransferFailed),
    ],
)
def test_a_part_is_believed_only_when_all_that_it_says_agrees(said: Said, raised: type[Exception] | None) -> None:
    def check() -> Mark:
        return check_part(cast(Answer, said), Run(0, 10, 20), total=100, mark=Mark('"a"'))

    if raised is None:
        assert check() == Mark('"a"')
    else:
        with pytest.raises(raised):
            check()


def test_a_source_that_has_not_been_heard_yet_may_call_its_file_what_it_likes() -> None:
    said = Said(206, 10, ETag='"other"', Content_Range="bytes 10-19/100")
    assert check_part(cast(Answer, said), Run(0, 10, 20), total=100, mark=None) == Mark('"other"')


@pytest.mark.parametrize("head", [b"<html>", b"  \n<!DOCTYPE HTML>", b"\xef\xbb\xbf<Html lang=en>"])
def test_a_page_is_known_by_how_it_begins(head: bytes) -> None:
    assert is_page_text(head)


@given(st.binary(max_size=40).filter(lambda head: b"<" not in head))
def test_what_has_no_tag_is_no_page(head: bytes) -> None:
    assert not is_page_text(head)


def test_connections_are_added_while_each_is_as_fast_as_before() -> None:
    pace, now, done, connections = Pace(), 0.0, 0, 4
    grown = []
    for _ in range(10):
        connections += (more := min(pace.more(now, done, connections=connections, delivering=connections), 12))
        grown.append(more)
        now += WINDOW_SECONDS
        done += connections * 1_000_000
    assert [more for more in grown if more][:2] == [4, 8]


def test_no_connection_is_added_once_each_has_become_slower() -> None:
    pace, now, done, connections = Pace(), 0.0, 0, 4
    for _ in range(10):
        connections += pace.more(now, done, connections=connections, delivering=connections)
        now += WINDOW_SECONDS
        done += 4_000_000  # all of them together, however many
    assert connections == 8 and pace.settled


def test_nobody_is_judged_before_all_deliver() -> None:
    pace = Pace()
    for step in range(10):
        assert pace.more(step * WINDOW_SECONDS, step * 1000, connections=4, delivering=3) == 0


def test_a_window_is_not_judged_before_it_is_over() -> None:
    pace = Pace()
    assert pace.more(0.0, 0, connections=4, delivering=4) == 0
    assert pace.more(WINDOW_SECONDS / 2, 1000, connections=4, delivering=4) == 0
