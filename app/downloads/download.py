"""One download as the studio knows it: what was asked for, and how far it has come."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from app.downloads.orders import Order
from app.downloads.state import DownloadState
from app.model_files import ModelKind

# What a download is that nothing has been done for yet.
FRESH: dict[str, Any] = {
    "attempt": 0,
    "bytes_done": 0,
    "bytes_total": None,
    "waiting_until": None,
    "error_code": None,
    "error_message": None,
    "ended_at": None,
    "files": None,
    "partial": None,
    "proof": None,
}


@dataclass
class Download:
    """One row of the table, column by column.

    turn: its place in the queue, smallest first. asked: the order, as JSON text; identity: the order's.
    name, kind: unknown (None) until the source has said them. url: for others to see, where it comes from.
    sha256: the promised one, in lower case; once completed, the one that was found.
    attempt: which one runs or was last to run, counted anew when bytes have arrived. bytes_done: the most that any
    attempt has reached. waiting_until: a moment while it waits, None else. ended_at: None while it has not ended.
    error_code, error_message: why it failed, or what it waits for to pass.
    files: the stored files below the root of its kind, as a JSON list; partial: where its bytes are gathered.
    proof: what was found of the whole file before it got its name, as JSON; None before and after.
    """

    id: str
    turn: int
    source: str
    asked: str
    identity: str
    url: str
    model_id: int | None
    model_version_id: int | None
    name: str | None
    kind: str | None
    relative_path: str | None
    sha256: str | None
    state: str
    attempt: int
    bytes_done: int
    bytes_total: int | None
    waiting_until: datetime | None
    error_code: str | None
    error_message: str | None
    created_at: datetime
    ended_at: datetime | None
    files: str | None
    partial: str | None
    proof: str | None

    @classmethod
    def of(cls, order: Order, *, download_id: str, turn: int, url: str, now: datetime) -> Download:
        """A new one, queued."""
        return cls(
            id=download_id,
            turn=turn,
            source=order.source,
            asked=json.dumps(order.as_json()),
            identity=order.identity,
            url=url,
            model_id=order.model_id,
            model_version_id=order.model_version_id,
            name=None if order.kind is None else order.label,
            kind=order.kind,
            relative_path=order.relative_path,
            sha256=order.sha256,
            state=DownloadState.QUEUED,
            created_at=now,
            **FRESH,
        )

    @property
    def status(self) -> DownloadState:
        return DownloadState(self.state)

    @property
    def order(self) -> Order:
        return Order.from_json(json.loads(self.asked))

    @property
    def label(self) -> str:
        """What to call it in a sentence, also before its name is known."""
        return self.name or self.order.label

    @property
    def model_kind(self) -> ModelKind | None:
        return ModelKind(self.kind) if self.kind else None

    @property
    def stored(self) -> list[str]:
        """Its files below the root of its kind; empty until it is completed."""
        return list(json.loads(self.files)) if self.files else []

    def is_same_order(self, order: Order) -> bool:
        return bool(json.loads(self.asked) == order.as_json())
