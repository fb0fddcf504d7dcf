"""What the double was asked: every request, every prompt that it accepted, and what became of each."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any, Literal

Outcome = Literal["queued", "running", "success", "error", "interrupted", "deleted", "lost"]
KEPT = 20_000


@dataclass
class Seen:
    """One request in the order of arrival. body: as far as it was read. status: 0 while it is not answered."""

    method: str
    path: str
    query: str
    body: bytes = field(default=b"", repr=False)
    status: int = 0

    def __str__(self) -> str:
        asked = f"?{self.query}" if self.query else ""
        return f"{self.method} {self.path}{asked}: {self.status or 'not answered'}"


@dataclass
class SeenPrompt:
    """An accepted prompt. outcome: "deleted" out of the queue, or "lost" with the server that held it."""

    prompt_id: str
    client_id: str | None
    graph: dict[str, Any] = field(repr=False)
    number: float = 0
    outcome: Outcome = "queued"

    def __str__(self) -> str:
        return f"prompt {self.prompt_id} of {self.client_id or 'nobody'}: {self.outcome}"


class Memory:
    """Survives every restart of the server that it remembers. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: deque[Seen] = deque(maxlen=KEPT)
        self._prompts: deque[SeenPrompt] = deque(maxlen=KEPT)

    def request(self, method: str, path: str, query: str) -> Seen:
        seen = Seen(method, path, query)
        with self._lock:
            self._requests.append(seen)
        return seen

    def prompt(self, seen: SeenPrompt) -> SeenPrompt:
        with self._lock:
            self._prompts.append(seen)
        return seen

    @property
    def requests(self) -> list[Seen]:
        with self._lock:
            return list(self._requests)

    @property
    def prompts(self) -> list[SeenPrompt]:
        with self._lock:
            return [replace(seen) for seen in self._prompts]
