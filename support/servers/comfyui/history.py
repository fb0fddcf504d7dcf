"""The history: what became of each prompt that ran, in the order of completion."""

from __future__ import annotations

import threading
from typing import Any

MOST = 10_000

Entry = dict[str, Any]


class History:
    """Entries by prompt id. A prompt that ran under a known id replaces that entry and keeps its place. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}

    def add(self, prompt_id: str, entry: Entry) -> None:
        with self._lock:
            if len(self._entries) > MOST:
                del self._entries[next(iter(self._entries))]
            self._entries[prompt_id] = entry

    def page(self, max_items: int | None = None, offset: int = -1) -> dict[str, Entry]:
        """The newest `max_items`; with an offset of 0 or more, that many from the oldest on, at least one."""
        with self._lock:
            start = offset
            if offset < 0 and max_items is not None:
                start = len(self._entries) - max_items
            found: dict[str, Entry] = {}
            for place, (prompt_id, entry) in enumerate(self._entries.items()):
                if place < start:
                    continue
                found[prompt_id] = entry
                if max_items is not None and len(found) >= max_items:
                    break
            return found

    def of(self, prompt_id: str) -> dict[str, Entry]:
        """{id: entry}, or {} for a prompt that is unknown or has not ended."""
        with self._lock:
            return {prompt_id: self._entries[prompt_id]} if prompt_id in self._entries else {}

    def delete(self, prompt_id: str) -> None:
        with self._lock:
            self._entries.pop(prompt_id, None)

    def clear(self) -> None:
        with self._lock:
            self._entries.clear()
