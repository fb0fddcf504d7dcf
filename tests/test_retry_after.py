"""Retry-After: seconds, dates in all three forms, and nonsense."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.downloads.retry_after import LONGEST_WAIT_SECONDS, seconds_until

NOW = datetime(1994, 11, 6, 8, 49, 7, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("0", 0),
        ("120", 120),
        (" 120 ", 120),
        ("0000000120", 120),
        ("86401", 86_400),
        ("9" * 5000, 86_400),
        ("Sun, 06 Nov 1994 08:49:37 GMT", 30),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 30),
        ("Sun Nov  6 08:49:37 1994", 30),
        ("Sun, 06 Nov 1994 09:49:37 +0100", 30),
        ("Sun, 06 Nov 1994 08:49:07 GMT", 0),
        ("Sun, 06 Nov 1994 08:00:00 GMT", 0),
        ("Wed, 06 Nov 2094 08:49:37 GMT", 86_400),
        (None, None),
        ("", None),
        ("-1", None),
        ("1.5", None),
        ("1e3", None),
        ("²", None),
        ("soon", None),
        ("Sun, 99 Nov 1994 08:49:37 GMT", None),
        ("Sun, 06 Nov 99999 08:49:37 GMT", None),
        ("Sun, 06 Nov 1994 08:49:37 +99999999999", None),
        ("Sun, 06 Nov 1994 08:49:37 +" + "9" * 20, None),
    ],
)
def test_a_wait_is_read_as_the_rfc_says(told: str | None, seconds: float | None) -> None:
    assert seconds_until(told, now=NOW) == seconds


@given(st.integers(0, 86_400))
def test_seconds_and_the_date_that_they_lead_to_are_the_same_wait(seconds: int) -> None:
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    assert seconds_until(str(seconds), now=NOW) == seconds_until(date, now=NOW) == seconds


@given(st.text(max_size=60) | st.text("SunMonNov 0123456789:,-+GMT", max_size=40) | st.integers().map(str))
def test_whatever_is_told_the_wait_is_bounded(told: str) -> None:
    seconds = seconds_until(told, now=NOW)
    assert seconds is None or 0 <= seconds <= LONGEST_WAIT_SECONDS
