"""A studio behind a socket: one of our own, served by uvicorn, or one that somebody else started."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress

import httpx
import uvicorn
import websockets.sync.client
from fastapi import FastAPI
from websockets.exceptions import ConnectionClosed, InvalidStatus

from support.studios import ChannelRefused, EventStream, LoopThread, StudioDidNotStart


class ServedStudio:
    """The studio behind uvicorn on a free loopback port: every byte crosses a real socket."""

    def __init__(self, app: FastAPI) -> None:
        # Said to be TCP, because asyncio turns Nagle's delay (40 ms an answer) off only where it knows.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        config = uvicorn.Config(app, log_level="error", lifespan="on", timeout_graceful_shutdown=1)
        self._server = uvicorn.Server(config)
        try:
            self._thread = LoopThread(self._live)
        finally:
            if not self._server.started:
                self._socket.close()

    async def _live(self, stop: asyncio.Event, ready: Callable[[], None]) -> None:
        serving = asyncio.create_task(self._server.serve(sockets=[self._socket]))
        while not self._server.started:
            if serving.done():
                await serving
                raise StudioDidNotStart("its own start-up failed")
            await asyncio.sleep(0)
        ready()
        await stop.wait()
        self._server.should_exit = True
        await serving

    def transport(self) -> httpx.BaseTransport:
        return httpx.HTTPTransport()

    def listen(self, path: str, headers: dict[str, str]) -> EventStream:
        return listen_on_socket(self.address, path, headers)

    def close(self) -> None:
        self._thread.close()
        self._socket.close()


class RunningStudio:
    """A studio that somebody else started; we ask it, and leave it as it is."""

    def __init__(self, address: str) -> None:
        self.address = address.rstrip("/")

    def transport(self) -> httpx.BaseTransport:
        return httpx.HTTPTransport()

    def listen(self, path: str, headers: dict[str, str]) -> EventStream:
        return listen_on_socket(self.address, path, headers)

    def close(self) -> None:
        """Nothing is ours to end."""


def listen_on_socket(address: str, path: str, headers: dict[str, str]) -> EventStream:
    """Open a live channel of the studio at `address`. Raises ChannelRefused."""
    url = "ws" + address.removeprefix("http") + path
    opened = ExitStack()
    try:
        connection = opened.enter_context(websockets.sync.client.connect(url, additional_headers=headers, proxy=None))
    except InvalidStatus as error:
        raise ChannelRefused(str(error)) from error

    def read() -> None:
        with suppress(ConnectionClosed):
            for message in connection:
                stream.reads.wait()
                stream.hear(message)

    reader = threading.Thread(target=read, name="listener")

    def close() -> None:
        opened.close()
        reader.join()

    stream = EventStream(close)
    reader.start()
    return stream
