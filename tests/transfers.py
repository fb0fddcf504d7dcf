"""Transfers without a queue: one at a time from the hub's double, with everything that their tests look at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from app.downloads.engine import sidecar
from app.downloads.engine.sidecar import Note, sidecar_of
from app.downloads.faults import PassingFault, Stopped, TransferFailed
from app.downloads.sources import Source
from app.downloads.stop import Stop
from app.downloads.transfer import Part, Transfer, Tuning
from app.downloads.web import Web
from app.model_files import ModelKind
from support.clock import VirtualClock
from support.servers.hub import Hub, Offered
from support.waiting import until

BLOCK = 8 * 1024 * 1024
TUNING = Tuning(connections=4, speed_limit=None, stall_seconds=5, keep_free_bytes=0, proxy=None, keys={})


class Watched:
    """Remembers what it was told."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, int | None]] = []
        self.steps: list[int] = []

    def answered(self, name: str, bytes_total: int | None) -> None:
        self.answers.append((name, bytes_total))

    def arrived(self, bytes_done: int) -> None:
        self.steps.append(bytes_done)

    @property
    def bytes_done(self) -> int:
        return self.steps[-1] if self.steps else 0


@dataclass
class Bench:
    """Fetches from a hub into a folder. tuning may be changed while something is being fetched."""

    folder: Path
    hub: Hub
    allow_private: bool = True
    tuning: Tuning = TUNING
    clock: VirtualClock = field(default_factory=VirtualClock)

    def __post_init__(self) -> None:
        self.web = Web(clock=self.clock, allow_private=self.allow_private, stall_seconds=5)
        self.transfer = Transfer(web=self.web, clock=self.clock, tuning=lambda: self.tuning)
        self.watched = Watched()

    @property
    def partial(self) -> Path:
        return self.folder / ".partial" / "one.part"

    @property
    def note(self) -> Note | None:
        return sidecar.read(sidecar_of(self.partial))

    @property
    def left(self) -> list[str]:
        """The names of what there is on disk."""
        return sorted(path.name for path in self.folder.rglob("*"))

    def tune(self, **changes: object) -> None:
        self.tuning = replace(self.tuning, **changes)  # type: ignore[arg-type]

    def fetch(self, offered: Offered | Sequence[str], *, sha256: str | None = None, stop: Stop | None = None) -> Part:
        """A fetch of its own watcher, which is then `watched`. sha256: as the source promises it."""
        self.watched = Watched()
        addresses = (offered.url,) if isinstance(offered, Offered) else tuple(offered)
        source = Source(addresses, None, ModelKind.LORAS, sha256=sha256)
        return self.transfer.fetch(source, self.partial, stop or Stop(), self.watched)

    def fault(self, offered: Offered | Sequence[str], *, sha256: str | None = None) -> TransferFailed:
        """What a fetch fails with."""
        try:
            part = self.fetch(offered, sha256=sha256)
        except TransferFailed as fault:
            return fault
        raise AssertionError(f"it arrived in full: {part}")

    def passing(self, offered: Offered | Sequence[str]) -> PassingFault:
        fault = self.fault(offered)
        assert isinstance(fault, PassingFault), f"{fault.code} is for good"
        return fault

    @contextmanager
    def fetching(self, offered: Offered | Sequence[str], **more: str) -> Iterator[Under]:
        """A fetch on a thread of its own, stopped at the end."""
        under = Under(self, lambda stop: self.fetch(offered, stop=stop, **more))
        try:
            yield under
        finally:
            under.stop()

    def stopped_at(self, offered: Offered, at: int) -> None:
        """Fetch up to a byte, where the hub holds back, and stop; then the hub lets go."""
        self.hub.holds_back_at(offered.name, at)
        with self.fetching(offered):
            assert until(lambda: self.watched.bytes_done >= at), f"only {self.watched.bytes_done} of {at}"
        assert until(lambda: not self.hub.is_sending(offered.name))
        self.hub.lets_go(offered.name)

    def holds(self, part: Part, offered: Offered) -> bool:
        """Whether what lies there is what the hub offers, to the last byte."""
        return part.path.read_bytes() == offered.content and part.size_bytes == len(offered.content)


class Under:
    """A fetch under way. ended: how, once it has: its part or what it raised."""

    def __init__(self, bench: Bench, fetch: Callable[[Stop], Part]) -> None:
        self.ended: list[Part | BaseException] = []
        self._stop = Stop()
        self._fetch = fetch
        self._thread = threading.Thread(target=self._run, name="fetch under test")
        self._thread.start()

    def stop(self) -> None:
        """Returns once it has ended, which must be well before anything could time out."""
        self._stop.set()
        self.join()

    def join(self) -> Part | BaseException:
        self._thread.join(5)
        assert not self._thread.is_alive(), "it goes on"
        return self.ended[0]

    @property
    def was_stopped(self) -> bool:
        return isinstance(self.ended[0], Stopped)

    def _run(self) -> None:
        try:
            self.ended.append(self._fetch(self._stop))
        except BaseException as error:  # judged by whoever looks at `ended`
            self.ended.append(error)


def content(size_bytes: int, seed: int = 1) -> bytes:
    """Bytes that are nowhere alike, so that a wrong place is seen."""
    return Random(seed).randbytes(size_bytes)


def threads() -> list[str]:
    """What runs of transfers."""
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("download")]
