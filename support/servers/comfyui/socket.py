"""The WebSocket: who is connected under which id, and what is sent to whom, in order.

Not as in the real server: each socket has its own outbox, so that a client that does not read holds up nobody
else; it is cut off when too much waits for it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect

WAITING_BYTES = 16 * 1024 * 1024

Address = tuple[str, int]
Payload = str | bytes


def encoded(event: str, data: dict[str, Any]) -> str:
    return json.dumps({"type": event, "data": data})


class _Outbox:
    """What waits to be sent to one socket, oldest first."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket
        self._waiting: deque[Payload] = deque()
        self._bytes = 0
        self._some = asyncio.Event()
        self.flags: dict[str, Any] = {}
        client = websocket.client
        self.address: Address = (client.host, client.port) if client else ("", 0)

    def put(self, payload: Payload) -> bool:
        """False when more waits than anybody should be waited for."""
        self._waiting.append(payload)
        self._bytes += len(payload)
        self._some.set()
        return self._bytes <= WAITING_BYTES

    def empty(self) -> None:
        self._waiting.clear()
        self._bytes = 0

    async def send(self) -> None:
        """Send, until the socket is closed."""
        with contextlib.suppress(WebSocketDisconnect, RuntimeError):  # starlette's, for a socket that has closed
            while True:
                await self._some.wait()
                while self._waiting:
                    payload = self._waiting.popleft()
                    self._bytes -= len(payload)
                    if isinstance(payload, str):
                        await self._websocket.send_text(payload)
                    else:
                        await self._websocket.send_bytes(payload)
                self._some.clear()


class Sockets:
    """The sockets of one server's life, by client id. `send` may be called from any thread; the rest on the loop."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        features: Callable[[], dict[str, Any]],
        cut: Callable[[Address], None],
    ) -> None:
        """features: what the server answers to feature_flags. cut: ends the connection of an address."""
        self._loop = loop
        self._features = features
        self._cut = cut
        self._lock = threading.Lock()
        self._posted: deque[tuple[Payload, object]] = deque()
        self._called = False
        self._open: dict[str, _Outbox] = {}
        self._connected: list[_Outbox] = []

    def send(self, event: str, data: dict[str, Any], to: object = None) -> None:
        """An event to one client, or to everybody. Nobody hears it when that client is not connected."""
        self.post(encoded(event, data), to)

    def post(self, payload: Payload, to: object = None) -> None:
        with self._lock:
            self._posted.append((payload, to))
            if self._called:
                return
            self._called = True
        with contextlib.suppress(RuntimeError):  # the loop has ended: so has every socket
            self._loop.call_soon_threadsafe(self._deliver)

    def cut_all(self) -> None:
        """Cut every socket, without a word to its client, and see it gone. From any thread but the loop's."""
        asyncio.run_coroutine_threadsafe(self.cut_all_now(), self._loop).result()

    async def cut_all_now(self) -> None:
        connected = list(self._connected)
        for outbox in connected:
            self._cut(outbox.address)
        while any(outbox in self._connected for outbox in connected):
            await asyncio.sleep(0)

    def supports(self, client_id: object, feature: str) -> bool:
        outbox = self._open.get(client_id) if isinstance(client_id, str) else None
        return outbox is not None and outbox.flags.get(feature) is True

    async def serve(
        self, websocket: WebSocket, remaining: Callable[[], int], executing: Callable[[str], str | None]
    ) -> None:
        """One socket from its handshake to its end.

        executing: the node that runs now in a prompt of that client, which is told to whoever comes back.
        """
        await websocket.accept()
        sid = websocket.query_params.get("clientId", "") or uuid.uuid4().hex
        outbox = self._open[sid] = _Outbox(websocket)
        self._connected.append(outbox)
        outbox.put(encoded("status", {"status": {"exec_info": {"queue_remaining": remaining()}}, "sid": sid}))
        node = executing(sid)
        if node is not None:
            outbox.put(encoded("executing", {"node": node}))
        sending = asyncio.create_task(outbox.send())
        try:
            await self._listen(websocket, outbox)
        finally:
            # As the real server does, whoever is connected under this id now: when a client has come back before
            # its old socket is closed, closing the old one leaves the new one deaf.
            self._open.pop(sid, None)
            self._connected.remove(outbox)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _listen(self, websocket: WebSocket, outbox: _Outbox) -> None:
        is_first = True
        while True:
            message = await websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            try:
                said = json.loads(message.get("text") or "")
            except ValueError:
                continue
            if not isinstance(said, dict):
                continue
            if is_first and said.get("type") == "feature_flags":
                flags = said.get("data", {})
                outbox.flags = flags if isinstance(flags, dict) else {}
                outbox.put(encoded("feature_flags", self._features()))
            is_first = False

    def _deliver(self) -> None:
        with self._lock:
            posted, self._called = list(self._posted), False
            self._posted.clear()
        for payload, to in posted:
            if to is None:
                outboxes = list(self._open.values())
            else:
                found = self._open.get(to) if isinstance(to, str) else None
                outboxes = [] if found is None else [found]
            for outbox in outboxes:
                if not outbox.put(payload):
                    outbox.empty()
                    self._cut(outbox.address)
