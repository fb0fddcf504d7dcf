"""What must be told of one download: on the channel, in the list, in the history."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from support.download_words import FINAL
from support.expect.downloads import ExpectDownload
from support.parameter_types import in_words
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

# A wait is up to a quarter shorter than the full one, by chance.
TWICE_AT_LEAST, TWICE_AT_MOST = 1.4, 2.8


class ExpectTold(ExpectDownload):
    """Checks on what others hear of one download."""

    def told(self, wanted: list[str]) -> None:
        """The changes of state that listeners heard, progress left out."""
        self._heard_to_the_end()
        told = [e["event"] for e in self._heard() if e["event"] != "progress"]
        self._hold(told == wanted, f"is told as {', '.join(wanted)}", f"listeners heard {', '.join(told) or 'nothing'}")
        self._world.evidence.text("what the listeners heard", "\n".join(map(str, self._heard())))

    def told_one_end(self, wanted: str) -> None:
        ends = [e["event"] for e in self._heard_to_the_end() if e["event"] in FINAL]
        self._hold(ends == [wanted], f"has one end, {wanted}", f"listeners heard {', '.join(ends) or 'no end'}")
        last = self._heard()[-1]["event"]
        self._hold(last == wanted, "is told nothing of after its end", f"listeners heard {last} after it")

    def told_alone(self, other: str) -> None:
        self.told_one_end("completed")
        stream, stranger = self._world.downloads.stream, self._world.downloads.id(other)
        heard = [e for e in (stream.heard if stream else []) if stranger in str(e)]
        self._hold(not heard, f"is told without a word of “{other}”", f"listeners heard {heard}")

    def told_at_once(self, done: int, of: int) -> None:
        """The listener's first words: how far it is. of: about so many, as the hub offers them."""
        stream = self._world.downloads.stream
        first = (stream.heard if stream else [{}])[0]
        found = [d for d in first.get("downloads", ()) if d["id"] == self._world.downloads.id(self._name)]
        told = [(d["bytes_done"], d["bytes_total"]) for d in found]
        size = len(self._world.downloads.offer_of(self._name).content)
        self._hold(told == [(done, size)], f"is told at once as {done:,} of about {of:,} bytes", f"told was {told}")

    def progress_grew(self, *, at_least: int) -> None:
        """Each event of progress tells more bytes than the one before, and none more than there are."""
        done = [e["bytes_done"] for e in self._heard() if e["event"] == "progress"]
        size = len(self._world.downloads.offer_of(self._name).content)
        self._hold(len(done) >= at_least, f"tells its progress {at_least} times", f"it was told {len(done)}: {done}")
        self._hold(
            done == sorted(set(done)) and done[-1] <= size, "only ever progresses", f"it was told as {done} of {size}"
        )
        every = [e["bytes_done"] for e in self._heard()]
        self._hold(every == sorted(every), "never goes back, whatever is told", f"it was told as {every}")

    def progress_took_its_time(self, least: timedelta) -> None:
        told = [datetime.fromisoformat(e["at"]) for e in self._heard() if e["event"] == "progress"]
        self._hold(len(told) > 1, "tells its progress more than once", f"it was told {len(told)} times")
        closest = min(later - earlier for earlier, later in pairwise(told))
        self._hold(closest >= least, f"tells its progress every {in_words(least)} at most", f"told after {closest}")

    def was_in_the_library_when_told(self) -> None:
        ends = [e for e in self._heard() if e["event"] == "completed"]
        self._hold(len(ends) == 1, "is told complete once", f"it was told {len(ends)} times")
        self._hold(len(self._in_library()) == 1, "is in the library once told complete", "the library does not list it")

    def told_of_a_wait(self, duration: timedelta, why: str) -> None:
        waits = self._waits()
        self._hold(len(waits) == 1, "is told to wait once", f"it was told {len(waits)} times")
        length, told = waits[0]
        self._hold(length == duration, f"is told to wait {in_words(duration)}", f"told was {in_words(length)}")
        self._hold(why.lower() in told.lower(), f"is told to wait because of {why!r}", f"the reason told is: {told}")

    def told_of_growing_waits(self, count: int) -> None:
        lengths = [length for length, _ in self._waits()]
        told = ", ".join(in_words(length) for length in lengths)
        self._hold(len(lengths) == count, f"waits {count} times", f"it waited {len(lengths)} times: {told}")
        ratios = [later / earlier for earlier, later in pairwise(lengths)]
        grew = all(TWICE_AT_LEAST <= ratio <= TWICE_AT_MOST for ratio in ratios)
        self._hold(grew, "waits about twice as long each time", f"it waited {told}")

    def listed_as(self, state: str | None) -> None:
        if state in FINAL:
            self._world.downloads.ended(self._name)
        downloads = self._world.client.downloads.list(limit=100).must().body["downloads"]
        listed = {d["id"]: d["state"] for d in downloads}.get(self._world.downloads.id(self._name))
        self._hold(listed == state, f"is listed as {state or 'nothing'}", f"the list says {listed or 'nothing of it'}")

    def in_history_once(self, end: str) -> None:
        self._world.downloads.ended(self._name)
        ids = self._world.downloads.ids[self._name]
        history = self._world.client.downloads.history().must().body["downloads"]
        told = [entry["state"] for entry in history if entry["id"] in ids]
        self._hold(told == [end], f"is told once in the history, as {end}", f"it is told as {told or 'nothing'}")

    def _heard(self) -> list[dict[str, Any]]:
        stream = self._world.downloads.stream
        download_id = self._world.downloads.id(self._name)
        return [e for e in (stream.heard if stream else []) if e.get("id") == download_id]

    def _heard_to_the_end(self) -> list[dict[str, Any]]:
        until(lambda: [e for e in self._heard() if e["event"] in FINAL])
        return self._heard()

    def _waits(self) -> list[tuple[timedelta, str]]:
        """How long each wait was told to be, and why."""
        told = [e for e in self._heard_to_the_end() if e["event"] == "waiting"]
        moments = [(datetime.fromisoformat(e["until"]), datetime.fromisoformat(e["at"]), str(e["why"])) for e in told]
        return [(until_moment - at, why) for until_moment, at, why in moments]


def told(world: World, name: str | None = None) -> ExpectTold:
    """Checks on what is told of `name`; without one, of the first download of the scenario."""
    return ExpectTold(world, name or next(iter(world.downloads.ids)))
