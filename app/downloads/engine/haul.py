"""One file's bytes on their way: fetched by a crew, hashed behind it, and on the disk at the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from app.clock import Clock
from app.downloads.engine.answers import Changed
from app.downloads.engine.blocks import Blocks
from app.downloads.engine.crew import Crew, Work
from app.downloads.engine.dialling import Dialler
from app.downloads.engine.follower import Follower
from app.downloads.engine.keeper import Keeper
from app.downloads.engine.limiter import Limiter
from app.downloads.engine.opening import Opened
from app.downloads.engine.partial_file import PartialFile
from app.downloads.engine.route import Route
from app.downloads.engine.sidecar import Note, sidecar_of
from app.downloads.engine.wire import Line
from app.downloads.faults import PassingFault, Stopped, TransferFailed
from app.downloads.stop import Stop


@dataclass(frozen=True)
class Part:
    """A whole body on disk that has no final name yet. sha256: in lower case."""

    path: Path
    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True)
class Tuning:
    """What may change while transfers run.

    connections: for one file at the most. speed_limit: bytes a second of all files together; None: none.
    stall_seconds: how long a connection may be silent. keep_free_bytes: that a file must leave on the disk.
    proxy: its address; None: none. keys: by the host that each belongs to.
    """

    connections: int
    speed_limit: int | None
    stall_seconds: float
    keep_free_bytes: int
    proxy: str | None
    keys: Mapping[str, str]


class Watcher(Protocol):
    """Who wants to know how an attempt goes; told by the thread that fetches."""

    def answered(self, name: str, bytes_total: int | None) -> None:
        """The hub has answered; the length is None when it does not say."""

    def arrived(self, bytes_done: int) -> None:
        """So many bytes of the file are on disk, those of earlier attempts included."""


@dataclass(frozen=True)
class Tools:
    """What every transfer fetches with."""

    clock: Clock
    dialler: Dialler
    limiter: Limiter
    tuning: Callable[[], Tuning]


class Haul:
    """A file from what is there of it to its last byte. note: what is known of it, and stays beside it.

    promised: the SHA-256 that the file should have, judged here only where two addresses' bytes make it up.
    """

    def __init__(
        self, tools: Tools, *, file: PartialFile, blocks: Blocks, note: Note, watcher: Watcher, promised: str | None
    ) -> None:
        self._tools = tools
        self._file = file
        self._blocks = blocks
        self._note = note
        self._watcher = watcher
        self._promised = promised
        self._keeper = Keeper(sidecar_of(file.path), file, blocks, note)
        self._follower = Follower(file)

    def fetch(self, opened: Opened, *, route: Route, line: Callable[[], Line], first: Line, stop: Stop) -> Part:
        """All of it, from the first answer on. first: the line that brought that; line: makes another.

        stop: ends it; set here when it is over in any way. Raises Changed, RangesUntrusted, TransferFailed,
        PassingFault, Stopped; what there is of the file is noted in any case.
        """
        work = Work(
            route=route,
            mark=opened.mark,
            blocks=self._blocks,
            file=self._file,
            keeper=self._keeper,
            limiter=self._tools.limiter,
            line=line,
            most=lambda: max(self._tools.tuning().connections, 1),
            keep_free_bytes=lambda: self._tools.tuning().keep_free_bytes,
        )
        crew = Crew(work, stop=stop, behind=lambda: self._blocks.frontier - self._follower.position)
        try:
            crew.begin(first, opened.run, opened.answer)
            self._follow(crew, stop)
            self._refuse_incomplete(crew, stop)
            return self.proven(stop)
        except PassingFault as fault:
            fault.arrived = self._blocks.bytes_done > self._note.furthest
            raise
        finally:
            stop.set()
            crew.join()
            self._keeper.keep()

    def _follow(self, crew: Crew, stop: Stop) -> None:
        """Hash what arrives, and tell of it, until the crew has ended."""
        blocks, told = self._blocks, -1

        def news() -> bool:
            return crew.idle or stop.event.is_set() or blocks.bytes_done != told

        def wake() -> None:
            with blocks.changed:
                blocks.changed.notify_all()

        with stop.calling(wake):
            while not crew.idle:
                if not self._follower.follow(blocks.frontier):
                    with blocks.changed:
                        blocks.changed.wait_for(news)
                if stop.event.is_set():
                    raise crew.fatal or Stopped
                if blocks.bytes_done != told:
                    told = blocks.bytes_done
                    self._watcher.arrived(told)

    def _refuse_incomplete(self, crew: Crew, stop: Stop) -> None:
        if crew.fatal is not None:
            raise crew.fatal
        if not self._blocks.complete:
            stop.check()  # every connection may have ended by it before anybody looked
            raise crew.fault or PassingFault("cut_short", "the file has not arrived in full")
        if self._blocks.total == 0:
            raise TransferFailed("empty_file", f"{self._note.address} is an empty file")

    def proven(self, stop: Stop) -> Part:
        """The whole file, once it is hashed and on the disk. Raises Changed when two addresses' bytes make no file."""
        total = self._blocks.total or 0
        while self._follower.follow(total):
            stop.check()
        self._watcher.arrived(total)
        sha256 = self._follower.hexdigest()
        if self._note.mixed and sha256 != self._promised:
            raise Changed
        self._keeper.finish(stop)
        return Part(self._file.path, self._note.name, total, sha256)
