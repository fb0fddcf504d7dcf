"""What the model hub must have seen of a download: how often it was asked, what it sent, over what."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from support.expect.expectation import Expectation
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

MOMENT = timedelta(milliseconds=50)


class ExpectHub(Expectation):
    """Checks on what the hub remembers of one model."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world)
        self._name = name
        self._own = world.own(name)

    def _hold(self, holds: bool, promise: str, finding: str) -> None:
        __tracebackhide__ = True
        super()._hold(holds, f"“{self._name}” {promise}", finding)

    def was_asked(self, times: int) -> None:
        asked = self._world.hub.requests_for(self._own)
        self._hold(len(asked) == times, f"was asked for {times} time(s)", f"the hub was asked {len(asked)} time(s)")

    def sends_no_more(self) -> None:
        """Neither when it is free to send the rest, nor to anybody who asks for it."""
        hub = self._world.hub
        before = (hub.has_sent(self._own), len(hub.requests_for(self._own)))
        hub.lets_go(self._own)
        until(lambda: (hub.has_sent(self._own), len(hub.requests_for(self._own))) != before, within=MOMENT)
        sent = hub.has_sent(self._own) - before[0]
        self._hold(sent == 0, "is sent no more", f"the hub has sent {sent:,} bytes more")
        asked = len(hub.requests_for(self._own)) - before[1]
        self._hold(asked == 0, "is asked for no more", f"the hub was asked {asked} more time(s)")

    def sent_each_byte_once(self) -> None:
        sent, size = self._world.hub.has_sent(self._own), len(self._world.downloads.offer_of(self._name).content)
        once = self._world.hub.sent_each_byte_once(self._own)
        twice = self._world.hub.sent_twice(self._own)
        self._hold(
            once, "crossed the wire once", f"the hub has sent {sent:,} bytes for {size:,}, of which {twice:,} again"
        )

    def sent_twice_at_most(self, size: int) -> None:
        twice = self._world.hub.sent_twice(self._own)
        self._hold(twice <= size, f"crossed the wire again in at most {size:,} bytes", f"{twice:,} bytes did")

    def sent_the_first_byte(self, times: int) -> None:
        begun = [start for start, _ in self._world.hub.ranges_for(self._own) if start == 0]
        self._hold(
            len(begun) == times, f"was sent from its first byte {times} time(s)", f"it was so {len(begun)} times"
        )

    def was_told_the_edition(self) -> None:
        """Whoever asked for a piece from the middle said of which edition it must be, so that none is mixed in."""
        asked = [seen.headers for seen in self._world.hub.requests_for(self._own)]
        pieces = [headers for headers in asked if not headers.get("range", "bytes=0-").startswith("bytes=0-")]
        self._hold(bool(pieces), "is asked for in pieces", f"the hub was asked {len(asked)} time(s), for no piece")
        blind = [headers["range"] for headers in pieces if "if-range" not in headers]
        self._hold(not blind, "is asked for by its edition", f"{', '.join(blind)} of any edition was asked for")

    def used_several_connections(self) -> None:
        peak = self._world.hub.peak_connections
        self._hold(peak > 1, "came over several connections at once", f"it came over {peak}")

    def used_at_most(self, count: int) -> None:
        peak = self._world.hub.peak_connections
        self._hold(peak <= count, f"came over at most {count} connections at once", f"it came over {peak}")

    def alone_was_shown(self, key: str) -> None:
        """The key came to the hub's own host, and to no other one."""
        seen = {host: keys for host, keys in self._world.hub.keys_seen().items() if keys}
        self._hold(seen == {self._world.hub.host: {key}}, "is fetched with the key for its hub alone", f"seen: {seen}")


def hub(world: World, name: str | None = None) -> ExpectHub:
    """Checks on what the hub saw of `name`; without one, of the first model that it offers."""
    return ExpectHub(world, name or next(iter(world.downloads.offered)))
