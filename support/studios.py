"""What a studio is to a scenario, however it is reached: something to ask, to listen to, and to end."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Protocol, TypeVar

import httpx

T = TypeVar("T")
Message = dict[str, Any]


class StudioDidNotStart(Exception):
    """The studio could not be built, or refused to start."""


class StudioCrashed(Exception):
    """The studio raised where it should have answered."""


class ChannelRefused(Exception):
    """The studio did not let a listener in. reason: its words, or its status."""


class EventStream:
    """What one listener of a live channel has heard so far, oldest first."""

    def __init__(self, on_close: Callable[[], None]) -> None:
        self._heard: list[Message] = []
        self._lock = threading.Lock()
        self._on_close = on_close
        # Set unless the listener has stopped reading; whoever brings a message waits for it.
        self.reads = threading.Event()
        self.reads.set()

    def hear(self, message: str | bytes) -> None:
        with self._lock:
            self._heard.append(json.loads(message))

    @property
    def heard(self) -> list[Message]:
        with self._lock:
            return list(self._heard)

    def close(self) -> None:
        self.reads.set()
        self._on_close()


class Studio(Protocol):
    """A studio that can be asked and listened to."""

    address: str

    def transport(self) -> httpx.BaseTransport: ...
    def listen(self, path: str, headers: dict[str, str]) -> EventStream: ...
    def close(self) -> None: ...


class LoopThread:
    """An event loop on a thread of its own, on which one studio lives from start to stop."""

    def __init__(self, live: Callable[[asyncio.Event, Callable[[], None]], Coroutine[Any, Any, None]]) -> None:
        self.loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(live,), name="studio")
        self._thread.start()
        self._ready.wait()
        if self._fault is not None:
            fault, self._fault = self._fault, None
            self.close()
            raise StudioDidNotStart(f"the studio could not start: {fault}") from fault

    def _run(self, live: Callable[[asyncio.Event, Callable[[], None]], Coroutine[Any, Any, None]]) -> None:
        async def main() -> None:
            self._stop = asyncio.Event()
            await live(self._stop, self._ready.set)

        try:
            self.loop.run_until_complete(main())
        except BaseException as error:
            self._fault = error
        finally:
            self._ready.set()

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop, wait for it here."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def close(self) -> None:
        """Stop, wait for the thread, close the loop. Raises what the studio raised while stopping."""
        if self._thread.is_alive() and self._stop is not None:
            with suppress(RuntimeError):  # it ended between our look and the call
                self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        if not self.loop.is_closed():
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.close()
        if self._fault is not None:
            raise self._fault
