"""How long a Retry-After asks to wait. Source: RFC 9110, section 10.2.3: a number of seconds, or a date."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_WAIT_SECONDS = 86_400.0


def seconds_until(retry_after: str | None, *, now: datetime) -> float | None:
    """The wait that a Retry-After asks for, in seconds, at most a day; None for none or nonsense.

    now: with its zone. A date that has passed asks for no wait: 0.
    """
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        # More digits than a day has are a day: int() refuses thousands of them.
        digits = text.lstrip("0") or "0"
        return LONGEST_WAIT_SECONDS if len(digits) > 5 else min(float(digits), LONGEST_WAIT_SECONDS)
    try:
        moment = parsedate_to_datetime(text)
        # A zone of years overflows only when it is reckoned with.
        seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    except (ValueError, OverflowError):
        return None
    return min(max(seconds.total_seconds(), 0.0), LONGEST_WAIT_SECONDS)
