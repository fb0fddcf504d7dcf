"""The live channel: what happens in the studio, told to every listener, in order.

Services publish from any thread; listeners are WebSockets on the event loop. A listener that is too
slow loses progress events, oldest first, and never a change of state: one who falls so far behind that
those alone would fill the memory is told to leave, and to come back for a snapshot.
"""

from __future__ import annotations

import asyncio
import threading
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Event:
    """One thing that happened to one subject (a download, a job).

    kind: 'progress', 'completed', …; data: JSON-ready members; droppable: true for progress alone.
    """

    subject: str
    kind: str
    data: dict[str, Any] = field(default_factory=dict)
    droppable: bool = False

    def message(self) -> dict[str, Any]:
        return {"event": self.kind, "id": self.subject, **self.data}


class TooSlow(Exception):
    """More has happened than is kept for a listener who does not read."""


class Listener:
    """One listener's bounded queue; lives on the event loop that created it.

    limit: from so many events on, progress is left out; most: so many are kept at all.
    """

    def __init__(self, subject: str | None, *, limit: int, most: int) -> None:
        self.subject = subject
        self._limit = limit
        self._most = most
        self._left_behind = False
        self._loop = asyncio.get_running_loop()
        self._queue: deque[Event] = deque()
        self._arrived = asyncio.Event()

    def wants(self, event: Event) -> bool:
        return self.subject is None or self.subject == event.subject

    def offer(self, event: Event) -> None:
        """Hand over an event; from any thread. A listener whose loop has ended hears no more."""
        try:
            self._loop.call_soon_threadsafe(self._take, event)
        except RuntimeError:  # the loop closed between our look and the call: nobody is left to tell
            return

    def _take(self, event: Event) -> None:
        if self._left_behind:
            return
        if len(self._queue) >= self._most:
            self._left_behind = True
            self._queue.clear()
            self._arrived.set()
            return
        if len(self._queue) >= self._limit:
            oldest = next((e for e in self._queue if e.droppable), None)
            if oldest is not None:
                self._queue.remove(oldest)
            elif event.droppable:
                return
        self._queue.append(event)
        self._arrived.set()

    async def events(self) -> AsyncIterator[Event]:
        """What has happened, in order. Raises TooSlow when something had to be left out that must not be."""
        while True:
            while self._queue:
                yield self._queue.popleft()
            if self._left_behind:
                raise TooSlow
            self._arrived.clear()
            await self._arrived.wait()


class Channel:
    """Publish to all who listen. One a noun."""

    def __init__(self, *, queue_limit: int = 256, most: int = 10_000) -> None:
        self._queue_limit = queue_limit
        self._most = most
        self._lock = threading.Lock()
        self._listeners: set[Listener] = set()

    def publish(self, event: Event) -> None:
        with self._lock:
            for listener in self._listeners:
                if listener.wants(event):
                    listener.offer(event)

    @contextmanager
    def listening(self, subject: str | None) -> Iterator[Listener]:
        """Listen from now on; None to all. A snapshot that is taken inside misses nothing."""
        listener = Listener(subject, limit=self._queue_limit, most=self._most)
        with self._lock:
            self._listeners.add(listener)
        try:
            yield listener
        finally:
            with self._lock:
                self._listeners.discard(listener)

    @property
    def listeners(self) -> int:
        with self._lock:
            return len(self._listeners)
