"""The queue of prompts: those that wait, in the order of their numbers, and the one that runs."""

from __future__ import annotations

import heapq
import threading
from collections.abc import Callable
from typing import Any, NamedTuple

from support.servers.comfyui.seen import Outcome, SeenPrompt

# Keys of extra_data that hold a client's API keys.
SECRETS = ("auth_token_comfy_org", "api_key_comfy_org")


class Item(NamedTuple):
    """One queued prompt.

    A tuple, as in the real server, which compares two of them member by member: with equal numbers the
    prompt ids decide, and with equal ids too the comparison of two graphs fails (answered 500).
    secrets: API keys that are held apart; the old server leaves them in extra_data.
    """

    number: float
    prompt_id: str
    graph: dict[str, Any]
    extra_data: dict[str, Any]
    outputs: list[str]
    secrets: dict[str, Any]
    seen: SeenPrompt

    @property
    def shown(self) -> list[Any]:
        """The five members that everybody sees while it waits and runs."""
        return [self.number, self.prompt_id, self.graph, self.extra_data, self.outputs]

    @property
    def public(self) -> list[Any]:
        """The same, as the history keeps it: no version shows an API key there."""
        extra_data = {name: value for name, value in self.extra_data.items() if name not in SECRETS}
        return [self.number, self.prompt_id, self.graph, extra_data, self.outputs]


class PromptQueue:
    """Thread-safe. on_change: told how many prompts remain, waiting and running, at each change and in its order."""

    def __init__(self, on_change: Callable[[int], None]) -> None:
        self._on_change = on_change
        self._lock = threading.RLock()
        self._something = threading.Condition(self._lock)
        self._waiting: list[Item] = []
        self._running: Item | None = None
        self._flags: dict[str, bool] = {}
        self._closed = False

    def put(self, item: Item) -> None:
        """Raises TypeError when number and id are those of a waiting prompt; it is queued all the same."""
        with self._lock:
            heapq.heappush(self._waiting, item)
            self._changed()
            self._something.notify()

    def take(self) -> Item | None:
        """The next prompt, which runs from now on. None: there is a flag to look at, or the queue is closed."""
        with self._lock:
            while not self._waiting and not self._flags and not self._closed:
                self._something.wait()
            if self._closed or not self._waiting:
                return None
            item = self._running = heapq.heappop(self._waiting)
            item.seen.outcome = "running"
            self._changed()
            return item

    def finish(self, item: Item, outcome: Outcome, write_down: Callable[[], None]) -> None:
        """The running prompt is done, and in the history at the same moment."""
        with self._lock:
            if self._closed:
                return
            self._running = None
            item.seen.outcome = outcome
            write_down()
            self._changed()

    def clear(self) -> None:
        with self._lock:
            for item in self._waiting:
                item.seen.outcome = "deleted"
            self._waiting.clear()
            self._changed()

    def delete(self, prompt_id: object) -> bool:
        """Take the first waiting prompt of that id out. The last one of all is told twice, as a clearing too."""
        with self._lock:
            found = next((item for item in self._waiting if item.prompt_id == prompt_id), None)
            if found is None:
                return False
            if len(self._waiting) == 1:
                self.clear()
            else:
                found.seen.outcome = "deleted"
                self._waiting = [item for item in self._waiting if item is not found]
                heapq.heapify(self._waiting)
            self._changed()
            return True

    def if_running(self, prompt_id: object, act: Callable[[], None]) -> bool:
        """Do `act` if that prompt runs now, which it still does meanwhile."""
        with self._lock:
            running = self._running is not None and self._running.prompt_id == prompt_id
            if running:
                act()
            return running

    def snapshot(self) -> tuple[list[Item], list[Item]]:
        """What runs, and what waits, in the order of the heap: the first one is next, the others are not sorted."""
        with self._lock:
            return ([] if self._running is None else [self._running]), list(self._waiting)

    @property
    def remaining(self) -> int:
        with self._lock:
            return len(self._waiting) + (self._running is not None)

    def raise_flag(self, name: str) -> None:
        """Ask the one who takes prompts for something, to be done when it has nothing else to do."""
        with self._lock:
            self._flags[name] = True
            self._something.notify()

    def lower_flags(self) -> dict[str, bool]:
        with self._lock:
            flags, self._flags = self._flags, {}
            return flags

    @property
    def closed(self) -> bool:
        with self._lock:
            return self._closed

    def close(self) -> None:
        """The server ends: what waits and runs is lost."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            for item in [*self._waiting, *([self._running] if self._running else [])]:
                item.seen.outcome = "lost"
            self._waiting.clear()
            self._running = None
            self._something.notify_all()

    def _changed(self) -> None:
        self._on_change(self.remaining)
