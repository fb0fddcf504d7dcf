"""A studio's generation alone: on a database and a store of its own, by a clock that the test moves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from app.database import Database
from app.events import Channel, Event
from app.generation.dispatcher import Pool
from app.generation.port import ImageBackend
from app.generation.service import Generation
from app.storage.folder import FolderStore
from support.clock import VirtualClock


class Told(Channel):
    """A channel that remembers what was published."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []

    def publish(self, event: Event) -> None:
        self.events.append(event)
        super().publish(event)

    def kinds(self, job_id: str) -> list[str]:
        return [event.kind for event in self.events if event.subject == job_id]


class Desk:
    """One studio's generation, restarted at will."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = VirtualClock()
        self.channel = Told()
        self.store = FolderStore(folder / "store")
        database = Database(f"sqlite:///{folder / 'jobs.db'}")
        database.create_tables()
        database.close()

    @contextmanager
    def generation(self, painter: ImageBackend, **settings: Any) -> Iterator[Generation]:
        database = Database(f"sqlite:///{self.folder / 'jobs.db'}")
        chosen: dict[str, Any] = {
            "queue_limit": 100,
            "time_limit": timedelta(minutes=10),
            "keep": timedelta(days=30),
            "holder": "me",
        }
        generation = Generation(
            database=database,
            clock=self.clock,
            channel=self.channel,
            backend=painter,
            store=self.store,
            dispatcher=Pool(places=painter.places),
            **chosen | settings,
        )
        generation.start()
        try:
            yield generation
        finally:
            generation.close()
            database.close()

    def stored(self) -> list[str]:
        return [stored.key for stored in self.store.list()]
