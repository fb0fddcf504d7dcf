"""What must be true of a download: in the answer, on the channel, on the disk, at the hub."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from support.acts.downloads import FINAL
from support.expect.expectation import Expectation
from support.parameter_types import in_words
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World


class ExpectDownload(Expectation):
    """Checks on one download, named as the hub names the file."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world)
        self._name = name

    def _hold(self, holds: bool, promise: str, finding: str) -> None:
        __tracebackhide__ = True
        super()._hold(holds, f"“{self._name}” {promise}", finding)

    def _finding(self) -> str:
        """The download as its view tells it, in one sentence."""
        view: Any = self._world.downloads.view(self._name)
        error = view.get("error")
        why = f": {error['message']}" if error else ""
        total = view.get("bytes_total")
        size = f"{view['bytes_done']:,} of {total:,} bytes" if total else f"{view['bytes_done']:,} bytes"
        return f"“{self._name}” is {view['state']}{why} ({size})"

    def _ends(self, wanted: str, promise: str) -> None:
        __tracebackhide__ = True
        self._hold(self._world.downloads.ended(self._name) == wanted, promise, self._finding())

    def completed(self) -> None:
        self._ends("completed", "is complete")
        self._hold(
            len(self._in_library()) == 1,
            "is in the library once it is complete",
            f"the library lists it {len(self._in_library())} times"
            if self._in_library()
            else "the library does not list it",
        )

    def cancelled(self) -> None:
        self._ends("cancelled", "is cancelled")

    def waiting(self) -> None:
        # Nothing may happen: give the studio the chance to go on wrongly before looking.
        until(lambda: self._world.downloads.state(self._name) != "waiting", within=timedelta(milliseconds=50))
        self._hold(self._world.downloads.state(self._name) == "waiting", "still waits", self._finding())

    def failed(self, because: str = "") -> None:
        self._ends("failed", f"fails because of {because!r}" if because else "fails")
        message = str((self._world.downloads.view(self._name)["error"] or {})["message"])  # type: ignore[index]
        self._hold(
            because.lower() in message.lower(), f"fails because of {because!r}", f"the reason told is: {message}"
        )

    def waits_for(self, duration: timedelta) -> None:
        until(lambda: self._world.downloads.state(self._name) in ("waiting", *FINAL))
        view: Any = self._world.downloads.view(self._name)
        self._hold(view["state"] == "waiting", f"waits for {in_words(duration)}", self._finding())
        left = datetime.fromisoformat(view["waiting_until"]) - self._world.clock.now()
        self._hold(left == duration, f"waits for {in_words(duration)}", f"it waits for {in_words(left)}")

    def left_nothing(self) -> None:
        """No model, no partial file, no row in the library: only the download's own record may tell of it."""
        self._hold(not self._in_library(), "left nothing in the library", "the library lists it")
        if self._world.environment.studio_url is None:
            stem = self._name.rpartition(".")[0]
            left = sorted(p.name for p in self._world.home.rglob(f"*{stem}*"))
            self._hold(not left, "left nothing on the disk", f"there lies {', '.join(left)}")

    def asked_of_the_hub(self, times: int) -> None:
        own = self._world.own(self._name)
        asked = self._world.hub.requests_for(own)
        self._hold(len(asked) == times, f"was asked for {times} time(s)", f"the hub was asked {len(asked)} time(s)")

    def shared(self) -> None:
        self._ends("completed", "is complete")
        ids = self._world.downloads.ids[self._name]
        self._hold(len(set(ids)) == 1, "is one download for all who ask", f"{len(set(ids))} downloads were made")

    def sent_each_byte_once(self) -> None:
        own = self._world.own(self._name)
        sent, size = self._world.hub.has_sent(own), len(self._world.downloads.offered[self._name].content)
        self._hold(sent == size, "crossed the wire once", f"the hub has sent {sent:,} bytes for {size:,}")

    def told(self, wanted: list[str]) -> None:
        """The changes of state that listeners heard, progress left out."""
        until(lambda: [e for e in self._heard() if e["event"] in FINAL])
        told = [e["event"] for e in self._heard() if e["event"] != "progress"]
        self._hold(told == wanted, f"is told as {', '.join(wanted)}", f"listeners heard {', '.join(told) or 'nothing'}")
        self._world.evidence.text("what the listeners heard", "\n".join(map(str, self._heard())))

    def told_one_end(self, wanted: str) -> None:
        until(lambda: [e for e in self._heard() if e["event"] in FINAL])
        ends = [e["event"] for e in self._heard() if e["event"] in FINAL]
        self._hold(ends == [wanted], f"has one end, {wanted}", f"listeners heard {', '.join(ends) or 'no end'}")

    def listed_as(self, state: str) -> None:
        downloads = self._world.client.downloads.list().must().body["downloads"]
        listed = {d["id"]: d["state"] for d in downloads}.get(self._world.downloads.id(self._name))
        self._hold(listed == state, f"is listed as {state}", f"the list says {listed or 'nothing of it'}")

    def progress_grew(self) -> None:
        done = [e["bytes_done"] for e in self._heard() if e["event"] == "progress"]
        size = len(self._world.downloads.offered[self._name].content)
        self._hold(len(done) > 1, "tells its progress more than once", f"it was told {len(done)} times: {done}")
        self._hold(
            done == sorted(set(done)) and done[-1] <= size, "only ever progresses", f"it was told as {done} of {size}"
        )

    def was_in_the_library_when_told(self) -> None:
        ends = [e for e in self._heard() if e["event"] == "completed"]
        self._hold(len(ends) == 1, "is told complete once", f"it was told {len(ends)} times")
        self._hold(len(self._in_library()) == 1, "is in the library once told complete", "the library does not list it")

    def _heard(self) -> list[dict[str, Any]]:
        stream = self._world.downloads.stream
        download_id = self._world.downloads.id(self._name)
        return [e for e in (stream.heard if stream else []) if e.get("id") == download_id]

    def _in_library(self) -> list[dict[str, Any]]:
        own = self._world.own(self._name)
        return [item for item in self._world.library.listed() if item["file_name"] == own]


def download(world: World, name: str | None = None) -> ExpectDownload:
    """Checks on the download of `name`; without one, on the only download of the scenario."""
    return ExpectDownload(world, name or next(iter(world.downloads.ids)))
