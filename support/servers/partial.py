"""Which part of a file a GET asks for. Source: RFC 9110, sections 13 (conditions) and 14 (ranges)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """What to answer: 200, 206, 304 or 416, and the bytes from `start` up to and without `stop`."""

    status: int
    start: int = 0
    stop: int = 0


def part_of(headers: Mapping[str, str], *, size: int, etag: str) -> Part:
    """What a request with these headers (names in lower case) gets of a file of `size` bytes.

    A Range that is malformed, of another unit, or of several parts is ignored, as the RFC permits; so
    is one whose If-Range does not match (a weak validator never does).
    """
    if _matches(headers.get("if-none-match"), etag):
        return Part(304)
    whole = Part(200, 0, size)
    asked = re.fullmatch(r"bytes=(\d*)-(\d*)", headers.get("range", "").replace(" ", ""))
    if asked is None or asked.groups() == ("", "") or headers.get("if-range", etag) != etag:
        return whole
    first, last = asked.groups()
    if not first:
        length = min(int(last), size)
        return Part(206, size - length, size) if length else Part(416)
    if last and int(last) < int(first):
        return whole
    if int(first) >= size:
        return Part(416)
    return Part(206, int(first), min(int(last) + 1, size) if last else size)


def _matches(if_none_match: str | None, etag: str) -> bool:
    if if_none_match is None:
        return False
    return "*" in if_none_match or etag in [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
