"""A live channel over one WebSocket: a snapshot, then every event, until either side goes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from fastapi import WebSocket, WebSocketDisconnect
from starlette.concurrency import run_in_threadpool

from app.errors import StudioError
from app.events import Channel, Listener, TooSlow

# Close codes from 4000 on are for applications; a reason has room for 123 bytes (RFC 6455, section 5.5).
REFUSED = 4000
REASON_BYTES = 123
# "Try again later" (registered with IANA, after RFC 6455).
TOO_SLOW = 1013


async def tell(
    socket: WebSocket, channel: Channel, subject: str | None, snapshot: Callable[[], dict[str, Any]]
) -> None:
    """Serve the socket to its end. subject: None for the events of all.

    snapshot: how things are now, taken once the listening has begun, so that nothing is missed. When it is
    refused, the socket is closed with 4000 + the status and the reason.
    """
    await socket.accept()
    with channel.listening(subject) as listener:
        try:
            first = await run_in_threadpool(snapshot)
        except StudioError as error:
            await socket.close(REFUSED + error.status, error.message.encode()[:REASON_BYTES].decode(errors="ignore"))
            return
        # Nothing is expected from the other side: reading is how a closed socket is noticed.
        tasks = {asyncio.create_task(_tell(socket, first, listener)), asyncio.create_task(_until_closed(socket))}
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        with contextlib.suppress(WebSocketDisconnect):
            try:
                for task in done:
                    task.result()
            except TooSlow:
                await socket.close(TOO_SLOW, "too much has happened unread; come back for a snapshot")


async def _until_closed(socket: WebSocket) -> None:
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass


async def _tell(socket: WebSocket, first: dict[str, Any], listener: Listener) -> None:
    await socket.send_json(first)
    async for event in listener.events():
        await socket.send_json(event.message())
