"""How the scans under way go, told to everybody who listens."""

from __future__ import annotations

import threading
from typing import Any

from app.events import Channel, Event
from app.model_files import ModelKind


class Progress:
    """The scans under way, at most one a kind."""

    def __init__(self) -> None:
        self.channel = Channel()
        self._lock = threading.Lock()
        self._scans: dict[ModelKind, dict[str, Any]] = {}

    def tell(self, kind: ModelKind, what: str, data: dict[str, Any]) -> None:
        """what: started, progress, completed or failed."""
        with self._lock:
            if what in ("started", "progress"):
                self._scans[kind] = {"kind": kind, "done": 0, "of": None, **data}
            else:
                self._scans.pop(kind, None)
        self.channel.publish(Event(kind, what, {"kind": kind, **data}, droppable=what == "progress"))

    def snapshot(self) -> dict[str, Any]:
        """The scans under way. of: None until the folders have been gone through."""
        with self._lock:
            return {"event": "snapshot", "scans": [dict(scan) for scan in self._scans.values()]}
