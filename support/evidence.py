"""Evidence: what a scenario saw, kept until the runner's bridge files it with the sentence that made it."""

from __future__ import annotations

import json
import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from support import pictures

# Longer bodies are cut in evidence: a report is read by people.
SHOWN = 2000


@dataclass(frozen=True)
class Piece:
    """One attachment to be. body: the bytes as they will lie in the report."""

    name: str
    media_type: str
    body: bytes


@dataclass(frozen=True)
class Exchange:
    """One request and its answer. sent, received: the bodies with their content types, made readable when read."""

    method: str
    address: str
    sent: tuple[bytes, str]
    status: int
    received: tuple[bytes, str]

    def line(self) -> str:
        return f"{self.method} {self.address} → {self.status}"

    def text(self) -> str:
        parts = [f"{self.method} {self.address}", readable(*self.sent), f"→ {self.status}", readable(*self.received)]
        return "\n".join(part for part in parts if part)


@dataclass
class Evidence:
    """What happened in one scenario, newest last; `take` hands over what the current sentence produced."""

    _pieces: list[Piece] = field(default_factory=list)
    _exchanges: list[Exchange] = field(default_factory=list)
    _recent: deque[Exchange] = field(default_factory=lambda: deque(maxlen=5))
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def exchange(self, exchange: Exchange) -> None:
        with self._lock:
            self._exchanges.append(exchange)
            self._recent.append(exchange)

    def picture(self, name: str, data: bytes) -> None:
        """Keep a picture, as WebP of at most 50 KB; data that is no picture is kept as what it is."""
        try:
            piece = Piece(name, "image/webp", pictures.as_evidence(data))
        except pictures.NoPicture:
            piece = Piece(f"{name} (no picture)", "text/plain", data[:SHOWN])
        with self._lock:
            self._pieces.append(piece)

    def text(self, name: str, text: str) -> None:
        with self._lock:
            self._pieces.append(Piece(name, "text/plain", text.encode()))

    def nearest(self) -> str:
        """The last exchange, for a message that names what was found."""
        with self._lock:
            return self._recent[-1].text() if self._recent else "the studio was never asked"

    def drop(self) -> None:
        """Forget what has come together since the last take; the last exchanges stay for `nearest`."""
        with self._lock:
            self._pieces.clear()
            self._exchanges.clear()

    def take(self) -> list[Piece]:
        """What has come together since the last take: pictures, texts, and the exchanges in one piece."""
        with self._lock:
            pieces, self._pieces = self._pieces, []
            exchanges, self._exchanges = self._exchanges, []
        if exchanges:
            text = "\n\n".join(e.text() for e in exchanges)
            name = exchanges[0].line() if len(exchanges) == 1 else f"{len(exchanges)} exchanges with the studio"
            pieces.append(Piece(name, "text/plain", text.encode()))
        return pieces


def readable(content: bytes, content_type: str) -> str:
    """A body for people: JSON indented, long strings cut, pictures by their size."""
    if not content:
        return ""
    if "json" in content_type:
        try:
            return json.dumps(_cut(json.loads(content)), ensure_ascii=False, indent=2)[:SHOWN]
        except ValueError:
            pass
    if content_type.startswith("text/"):
        return content.decode("utf-8", "replace")[:SHOWN]
    return f"({len(content):,} bytes of {content_type or 'unnamed type'})"


def _cut(value: Any) -> Any:
    match value:
        case str() if len(value) > 120:
            return f"{value[:60]}… ({len(value):,} characters)"
        case dict():
            return {key: _cut(item) for key, item in value.items()}
        case list():
            return [_cut(item) for item in value[:20]] + (["…"] if len(value) > 20 else [])
    return value
