"""Which part of a file a request gets, and under which conditions it gets anything.

Source: RFC 9110, sections 8.8 (validators), 13 (conditions) and 14 (ranges). Left out: several ranges in one
request, and ranges of another unit than bytes; both are ignored, as the RFC permits.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime


@dataclass(frozen=True)
class Part:
    """What to answer: 200, 206, 304, 412 or 416, and the bytes from `start` up to and without `stop`."""

    status: int
    start: int = 0
    stop: int = 0


@dataclass(frozen=True)
class Validators:
    """What tells one state of a file from another. etag: with its quotes, and W/ when weak; None: not told.

    modified: to the second, and long enough ago to be a strong validator.
    """

    etag: str | None = None
    modified: datetime | None = None


def part_of(headers: Mapping[str, str], *, size: int, validators: Validators, method: str = "GET") -> Part:
    """What a request with these headers (names in lower case) gets of a file of `size` bytes.

    The conditions are looked at in the order of section 13.2.2. A Range that is malformed is ignored; so is
    one whose If-Range does not match (a weak validator never does), and one that comes with HEAD.
    """
    if _fails(headers, validators):
        return Part(412)
    if _has_already(headers, validators):
        return Part(304)
    whole = Part(200, 0, size)
    if method != "GET" or "range" not in headers or not _is_current(headers.get("if-range"), validators):
        return whole
    return _range_of(headers["range"], size) or whole


def _range_of(text: str, size: int) -> Part | None:
    asked = re.fullmatch(r"(?i:bytes)=[ \t]*([0-9]{0,18})-([0-9]{0,18})[ \t]*", text)
    if asked is None or asked.groups() == ("", ""):
        return None
    first, last = asked.groups()
    if not first:
        length = min(int(last), size)
        return Part(206, size - length, size) if length else Part(416)
    if last and int(last) < int(first):
        return None
    if int(first) >= size:
        return Part(416)
    return Part(206, int(first), min(int(last) + 1, size) if last else size)


def _fails(headers: Mapping[str, str], validators: Validators) -> bool:
    """Whether If-Match (compared strongly) or, in its absence, If-Unmodified-Since forbids an answer."""
    if "if-match" in headers:
        strong = validators.etag is not None and not validators.etag.startswith("W/")
        return headers["if-match"].strip() != "*" and not (strong and validators.etag in _tags(headers["if-match"]))
    moment = _date(headers.get("if-unmodified-since"))
    return moment is not None and validators.modified is not None and validators.modified > moment


def _has_already(headers: Mapping[str, str], validators: Validators) -> bool:
    """Whether If-None-Match (compared weakly) or, in its absence, If-Modified-Since says so."""
    if "if-none-match" in headers:
        if headers["if-none-match"].strip() == "*":
            return True
        known = [tag.removeprefix("W/") for tag in _tags(headers["if-none-match"])]
        return validators.etag is not None and validators.etag.removeprefix("W/") in known
    moment = _date(headers.get("if-modified-since"))
    return moment is not None and validators.modified is not None and validators.modified <= moment


def _is_current(if_range: str | None, validators: Validators) -> bool:
    """Whether the caller's state of the file is this one; True where it does not ask."""
    if if_range is None:
        return True
    if if_range.startswith('"'):
        return if_range == validators.etag
    moment = _date(if_range)  # of a weak tag, None: it is no date, either
    return moment is not None and moment == validators.modified


def _tags(text: str) -> list[str]:
    return re.findall(r'(?:W/)?"[^"]*"', text)


def _date(text: str | None) -> datetime | None:
    """A date as HTTP writes it; None for none or for nonsense, which is to be ignored."""
    if text is None:
        return None
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
