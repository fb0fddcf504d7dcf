"""A download queue with everything around it, on the real engine or on a scripted one, restarted at will."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from app.database import Database
from app.downloads.download import Download
from app.downloads.orders import Order, SourceKind
from app.downloads.service import DownloadQueue
from app.downloads.shelf import Shelf
from app.downloads.sources import Sources
from app.downloads.state import FINAL
from app.downloads.transfer import Transfer, Tuning
from app.downloads.web import Web
from app.events import Channel, Event
from app.model_files import ModelKind
from support.clock import VirtualClock
from support.servers.hub import Hub, Offered
from support.waiting import until

NOBODY = "http://127.0.0.1:9"


class Heard(Channel):
    """A channel that remembers what was published."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []

    def publish(self, event: Event) -> None:
        self.events.append(event)
        super().publish(event)

    def told(self, download_id: str) -> list[str]:
        """What was told of a download, progress left out."""
        return [event.kind for event in self.events if event.subject == download_id and event.kind != "progress"]


@dataclass
class Desk:
    """One studio's downloads. transfer: the real engine unless one is given."""

    home: Path
    hub: Hub | None = None
    transfer: Transfer | None = None
    concurrency: int = 2
    allow_private: bool = True
    stall_seconds: float = 5
    path_template: str = ""
    safe_mode: bool = False
    keys: dict[str, str] = field(default_factory=dict)
    clock: VirtualClock = field(default_factory=VirtualClock)
    heard: Heard = field(default_factory=Heard)
    completed: list[Path] = field(default_factory=list)
    on_completed: Callable[[Path], object] | None = None

    def open(self) -> DownloadQueue:
        self.database = Database(f"sqlite:///{self.home / 'studio.db'}")
        self.database.create_tables()
        self.web = Web(clock=self.clock, allow_private=self.allow_private, stall_seconds=self.stall_seconds)
        hub_url = self.hub.url if self.hub else NOBODY
        self.queue = DownloadQueue(
            database=self.database,
            clock=self.clock,
            channel=self.heard,
            sources=Sources(web=self.web, civitai_url=hub_url, huggingface_url=hub_url, preferences=lambda: self),
            transfer=self.transfer or Transfer(web=self.web, clock=self.clock, tuning=self._tuning),
            shelf=Shelf(root_of=lambda kind: self.home / kind),
            on_completed=lambda path, kind, sha256, about: (self.on_completed or self.completed.append)(path),
            concurrency=lambda: self.concurrency,
            civitai_url=hub_url,
            huggingface_url=hub_url,
        )
        self.queue.start()
        return self.queue

    def close(self) -> None:
        self.queue.close()
        self.web.close()
        self.database.close()

    def _tuning(self) -> Tuning:
        return Tuning(
            connections=4,
            speed_limit=None,
            stall_seconds=self.stall_seconds,
            keep_free_bytes=0,
            proxy=None,
            keys=self.keys,
        )

    def ask(self, offered: Offered | str, *, sha256: str | None = None) -> Download:
        return self.queue.enqueue([ordered(offered, sha256=sha256)])[0]

    def ask_all(self, names: Sequence[str]) -> list[str]:
        """The ids of one download for each name, nobody's hub."""
        return [self.ask(f"{NOBODY}/{name}.safetensors").id for name in names]

    def state(self, download_id: str) -> str:
        return str(self.queue.get(download_id).state)

    def states(self, ids: Sequence[str]) -> list[str]:
        return [self.state(download_id) for download_id in ids]

    def becomes(self, download_id: str, state: str) -> Download:
        assert until(lambda: self.state(download_id) == state), (
            f"it never came to be {state}: {self.state(download_id)}"
        )
        return self.queue.get(download_id)

    def ended(self, download: Download) -> Download:
        """The download once it has ended; every wait passes at once."""

        def probe() -> bool:
            if self.clock.sleepers:
                self.clock.advance(timedelta(minutes=2))
            return self.state(download.id) in FINAL

        assert until(probe), f"it never ended: {self.state(download.id)}"
        return self.queue.get(download.id)

    def holds(self, *names: str) -> bool:
        """Whether exactly these files lie in the LoRA folder, partial ones counted too."""
        folder = self.home / ModelKind.LORAS
        return sorted(path.name for path in folder.glob("*")) == sorted(names)


def ordered(offered: Offered | str, *, sha256: str | None = None) -> Order:
    url = offered if isinstance(offered, str) else offered.url
    return Order(SourceKind.URL, url=url, kind=ModelKind.LORAS, sha256=sha256)


def by_version(offered: Offered) -> Order:
    return Order(SourceKind.CIVITAI, model_version_id=offered.version_id)
