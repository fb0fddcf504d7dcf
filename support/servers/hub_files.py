"""How the hub's double sends a file: as a CDN does, or as badly as its mood says.

The real thing: a CDN or S3-like store in front of static files, with ETag, Last-Modified, Range, If-Range,
HEAD and Content-Disposition (RFC 9110, RFC 6266). Every offset is the file's own, also where a part was asked
for. Left out: compression, several ranges in one answer, caching headers.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import replace
from email.utils import format_datetime
from functools import partial
from urllib.parse import quote

from support.servers.hub_memory import Traffic
from support.servers.hub_moods import TEXT
from support.servers.hub_offers import Body, Gate, Mood, Offered
from support.servers.partial import Part, part_of
from support.servers.serving import Exchange

Stop = Callable[[], None]


class Delivery:
    """One answer with a file's bytes. lock: guards the mood; traffic: learns when bytes are under way."""

    def __init__(
        self, exchange: Exchange, offered: Offered, mood: Mood, *, lock: threading.RLock, traffic: Traffic
    ) -> None:
        self._exchange = exchange
        self._offered = offered
        self._lock = lock
        self._traffic = traffic
        self._mood = mood
        with lock:  # what changes later is for later answers
            self._now = replace(mood)
            self._body: Body = mood.instead or offered.body
        self._size = len(self._body.content) + self._now.wrong_length

    def send(self) -> None:
        """Raises OSError when the client has gone, or what it asked for breaks off."""
        validators = self._body.validators(self._now.telling)
        headers = {"ETag": validators.etag} if validators.etag else {}
        if validators.modified is not None:
            headers["Last-Modified"] = format_datetime(validators.modified, usegmt=True)
        asked = dict(self._exchange.headers)
        if self._now.ranges:
            headers["Accept-Ranges"] = "bytes"
        else:
            asked.pop("range", None)
        part = part_of(asked, size=self._size, validators=validators, method=self._exchange.method)
        if part.status in (304, 412):
            self._exchange.begin(part.status, {**headers, "Content-Length": "0"} if part.status == 412 else headers)
            return
        wrong = self._now.wrong_ranges if part.status == 206 and part.start > 0 else None
        if part.status == 416 or wrong == "416":
            told = {**headers, **TEXT, "Content-Range": f"bytes */{self._size}"}
            self._exchange.answer(416, told, b"there is no such part" if wrong else b"")
            return
        if wrong == "other bytes":
            part = Part(206, part.start - 1, part.stop - 1)
        self._begin(part, headers, total=self._size + (wrong == "other total"))
        if self._exchange.method == "GET":
            self._send_body(part)

    def _begin(self, part: Part, headers: dict[str, str], *, total: int) -> None:
        headers |= {
            "Content-Type": "application/octet-stream",
            "Content-Disposition": _disposition(self._offered.file_name),
        }
        if self._now.tells_length:
            headers["Content-Length"] = str(part.stop - part.start)
        else:
            headers["Connection"] = "close"
            self._exchange.hang_up()
        if part.status == 206:
            headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{total}"
        self._exchange.seen.start = part.start
        if self._exchange.method == "GET":
            self._traffic.begins(self._exchange.connection, self._offered.name)
        self._exchange.begin(part.status, headers)

    def _send_body(self, part: Part) -> None:
        content = memoryview(self._body.content)
        position, end = part.start, min(part.stop, len(content))
        try:
            for at, stop in self._stops(part):
                self._exchange.send(content[position:at])
                position = at
                stop()
            # Ended before the last byte is out: who has read it may ask anew, and would be counted twice.
            self._exchange.send(content[position : end - 1])
            self._traffic.ends(self._exchange.connection)
            self._exchange.send(content[max(position, end - 1) : end])
        finally:
            self._traffic.ends(self._exchange.connection)
        if end < part.stop:
            self._exchange.hang_up()

    def _stops(self, part: Part) -> list[tuple[int, Stop]]:
        """Where this body does not simply go on, in order, with what happens there."""
        middle = len(self._body.content) // 2
        stops: list[tuple[int, Stop]] = []
        gate = self._now.gate
        held_at = middle if self._now.held_at is None else self._now.held_at
        if gate is not None and held_at < part.stop:
            stops.append((max(held_at, part.start), partial(self._wait, "holding", gate)))
        with self._lock:
            breaks = sorted(self._now.breaks.values(), key=lambda known: middle if known.at is None else known.at)
            for known in breaks:
                at = middle if known.at is None else known.at
                if part.start <= at < part.stop and known.times.spend():
                    stops.append((at, partial(self._break_off, known.gate)))
                    break
        return sorted(stops, key=lambda stop: stop[0])

    def _break_off(self, gate: Gate | None) -> None:
        if gate is not None:
            self._wait("silent", gate)
        raise ConnectionAbortedError("as the scenario wishes")

    def _wait(self, how: str, gate: Gate) -> None:
        with self._lock:
            setattr(self._mood, how, getattr(self._mood, how) + 1)
        try:
            gate.wait(self._exchange.connection)
        finally:
            with self._lock:
                setattr(self._mood, how, getattr(self._mood, how) - 1)


def _disposition(file_name: str) -> str:
    plain = re.sub(r"[\x00-\x1f\x7f]", "_", file_name.encode("ascii", "replace").decode()).replace('"', "'")
    if plain == file_name:
        return f'attachment; filename="{plain}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
