"""The WebSocket towards one ComfyUI server: a line that may be had, may break, and may be opened again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import websockets.sync.client
from websockets.exceptions import ConnectionClosed, WebSocketException

from app.generation.comfyui.wire import Wire

OPEN_WITHIN_SECONDS = 2.0
CLOSE_WITHIN_SECONDS = 0.5
LARGEST_MESSAGE_BYTES = 16 * 1024 * 1024
# Binary messages begin with the kind of event, then the kind of picture, both big-endian.
PREVIEW = (1).to_bytes(4, "big")


class Broken(Exception):
    """The line is cut, or never was."""


@dataclass(frozen=True)
class Event:
    """What the server tells. preview: a small JPEG or PNG, of an event without a name."""

    name: str
    data: Mapping[str, Any]
    preview: bytes | None = None


class Line:
    """One client's socket on one server; to be used in a `with`.

    Without pings: a server that loads a checkpoint answers none for a while, and whoever follows a prompt
    asks for it now and then anyway.
    """

    def __init__(self, wire: Wire, client_id: str) -> None:
        self._wire = wire
        self._url = f"{wire.address.websocket}?clientId={quote(client_id)}"
        self._held = ExitStack()
        self._connection: websockets.sync.client.ClientConnection | None = None

    def __enter__(self) -> Self:
        self.open()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def is_open(self) -> bool:
        return self._connection is not None

    def open(self) -> bool:
        """Try to have it; whether it is there now.

        It is there once the server has greeted: from then on no event of this client is lost.
        """
        self.close()
        try:
            connection = self._held.enter_context(
                websockets.sync.client.connect(
                    self._url,
                    ssl=self._wire.address.tls,
                    additional_headers=self._wire.address.headers,
                    proxy=None,
                    compression=None,
                    open_timeout=OPEN_WITHIN_SECONDS,
                    close_timeout=CLOSE_WITHIN_SECONDS,
                    ping_interval=None,
                    max_size=LARGEST_MESSAGE_BYTES,
                )
            )
            connection.recv(OPEN_WITHIN_SECONDS)
        except (OSError, WebSocketException):
            self.close()
            return False
        self._connection = connection
        return True

    def close(self) -> None:
        self._connection = None
        self._held.close()

    def receive(self, seconds: float) -> Event | None:
        """The next event; None when nothing came, or nothing that is understood. Raises Broken."""
        if self._connection is None:
            raise Broken
        try:
            message = self._connection.recv(seconds)
        except TimeoutError:
            return None
        except ConnectionClosed as error:
            self.close()
            raise Broken from error
        self._wire.heard()
        return event_of(message)


def event_of(message: str | bytes) -> Event | None:
    """A message as an event; None for one that is broken, or of a kind that is not known."""
    if isinstance(message, bytes):
        return Event("", {}, preview=message[8:]) if message[:4] == PREVIEW and len(message) > 8 else None
    try:
        told = json.loads(message)
    except (ValueError, RecursionError):
        return None
    if not isinstance(told, dict) or not isinstance(told.get("data"), dict):
        return None
    return Event(str(told.get("type")), told["data"])
