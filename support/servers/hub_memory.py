"""What the hub's double remembers: every request, the bytes that really left, and who asked with which key.

The real thing: a hub's access log. Left out: what is still in the sockets' buffers; a byte counts as sent
once the system has taken it.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterable
from urllib.parse import urlsplit

from support.servers.hub_offers import has_gone
from support.servers.hub_stock import Stock
from support.servers.serving import Seen


class Traffic:
    """Which connections carry a file's bytes at this moment, and how many did at most."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._under_way: dict[socket.socket, str] = {}
        self.peak = 0

    def begins(self, connection: socket.socket, name: str) -> None:
        with self._lock:
            self._under_way[connection] = name
            self.peak = max(self.peak, len(self._alive()))

    def ends(self, connection: socket.socket) -> None:
        with self._lock:
            self._under_way.pop(connection, None)

    def of(self, name: str) -> int:
        """How many connections carry this file's bytes to somebody who is still there."""
        with self._lock:
            return self._alive().count(name)

    def _alive(self) -> list[str]:
        # Who has hung up counts no more, although the thread that serves him may not know yet.
        return [name for connection, name in self._under_way.items() if not has_gone(connection)]


class Memory(Stock):
    """What a scenario may ask afterwards. Requests at signed links, mirrors and the second host count, too."""

    _traffic: Traffic

    def requests_for(self, name: str) -> list[Seen]:
        """The requests for this file's bytes, in their order; those that were refused or redirected as well.

        Requests to the hub's API and to a repository's addresses are not for bytes.
        """
        with self._lock:
            self._offered(name)
            return [seen for seen in self.requests if self._is_for(seen, name)]

    def has_sent(self, name: str) -> int:
        """Bytes of this file that have left, in all answers together; pages and refusals are no bytes of it."""
        return sum(stop - start for start, stop in self.ranges_for(name))

    def ranges_for(self, name: str) -> list[tuple[int, int]]:
        """The parts of the file that really left, each from its first byte up to and without its last."""
        sent = [(seen.start, seen.sent_bytes) for seen in self.requests_for(name) if seen.start is not None]
        return [(start, start + size) for start, size in sent if size]

    def sent_twice(self, name: str) -> int:
        """Bytes that left more often than once: a byte that left three times counts as two."""
        ranges = self.ranges_for(name)
        return sum(stop - start for start, stop in ranges) - covered(ranges)

    def sent_each_byte_once(self, name: str) -> bool:
        """Whether all of what the hub sends as this file has left, and nothing of it twice."""
        with self._lock:
            body = self._moods[self._offered(name).name].instead or self._offers[name].body
        return covered(self.ranges_for(name)) == len(body.content) and self.sent_twice(name) == 0

    @property
    def peak_connections(self) -> int:
        """How many connections have carried files' bytes at the same time, at most, of all files together."""
        return self._traffic.peak

    def is_sending(self, name: str) -> bool:
        """Whether somebody is being sent this file, held back or not."""
        return self._traffic.of(name) > 0

    def is_holding(self, name: str) -> bool:
        """Whether somebody has the bytes before the hold, and waits for the rest."""
        with self._lock:
            return self._moods[self._offered(name).name].holding > 0

    def is_silent(self, name: str) -> bool:
        """Whether somebody listens to a connection that has fallen silent."""
        with self._lock:
            return self._moods[self._offered(name).name].silent > 0

    def headers_seen(self, host: str) -> list[dict[str, str]]:
        """The headers of each request to a host, names in lower case. host: with or without port, or a URL."""
        wanted = urlsplit(host).netloc if "://" in host else host
        with self._lock:
            return [seen.headers for seen in self.requests if wanted in (seen.host, seen.host.partition(":")[0])]

    def keys_seen(self) -> dict[str, set[str]]:
        """The keys that came to each host, `address:port`, in a header or in an address."""
        with self._lock:
            hosts = [self.host, *([self._second.host] if self._second else [])]
            return {
                host: {key for seen in self.requests if seen.host == host for key in keys_of(seen)} for host in hosts
            }

    def log(self) -> str:
        """What it saw, a line a request; keys and cookies are not in it."""
        with self._lock:
            lines = [f"{seen}{self._remark(seen)}" for seen in self.requests]
        return "\n".join(lines) or "no request"

    def _remark(self, seen: Seen) -> str:
        remark = "" if seen.host == self.host else " (second host)"
        return f"{remark} (unexpected)" if any(seen is known for known in self.unexpected) else remark

    def _is_for(self, seen: Seen, name: str) -> bool:
        place = self._places.get(seen.path)
        return place is not None and place.name == name


def keys_of(seen: Seen) -> Iterable[str]:
    """The keys that a request brings: of its header and of its address."""
    if authorization := seen.headers.get("authorization"):
        scheme, _, key = authorization.partition(" ")
        yield key.strip() if scheme.lower() == "bearer" else authorization
    if token := seen.query.get("token"):
        yield token


def covered(ranges: list[tuple[int, int]]) -> int:
    """How many bytes lie in at least one of the ranges."""
    count = reached = 0
    for start, stop in sorted(ranges):
        count += max(stop - max(start, reached), 0)
        reached = max(reached, stop)
    return count
