"""The port that the double listens on, kept as its own while nobody listens there."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Coroutine
from typing import Any, TypeVar

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

T = TypeVar("T")
Address = tuple[str, int]

ENDS_WITHIN_SECONDS = 2.0
# As aiohttp, which serves the real one, has them.
KEEP_ALIVE_SECONDS = 75
LARGEST_MESSAGE_BYTES = 4 * 1024 * 1024
SERVER = "Python/3.11 aiohttp/3.11.18"


class Listener:
    """uvicorn on a loop of its own thread; opened and shut as often as one likes, always on one port.

    uvicorn's own loop of serving looks only every 100 ms whether it shall end; this one ends at once.
    """

    def __init__(self, app: Any, *, port: int = 0) -> None:
        """Raises OSError when the port is taken."""
        # Bound for as long as the double lives, and never listening: while it is down, callers are refused, and
        # nobody else is given the port.
        if port:
            # Fails for a port of another double too, with which a port could be shared.
            _bound(port, socket.SO_REUSEADDR).close()
        self._holder = _bound(port, socket.SO_REUSEPORT)
        self.port = int(self._holder.getsockname()[1])
        self._app = app
        self._server: uvicorn.Server | None = None
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, name="comfyui listener", daemon=True)
        self._thread.start()

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop, wait for it here, on another thread."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    @property
    def is_open(self) -> bool:
        return self._server is not None

    async def open(self) -> None:
        config = uvicorn.Config(
            self._app,
            log_config=None,
            access_log=False,
            lifespan="off",
            interface="asgi3",
            http=H11Protocol,
            ws=WebSocketsSansIOProtocol,
            ws_max_size=LARGEST_MESSAGE_BYTES,
            ws_ping_interval=None,
            ws_per_message_deflate=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            server_header=False,
            date_header=False,
            headers=[("server", SERVER)],
        )
        config.load()
        server = uvicorn.Server(config)
        server.lifespan = config.lifespan_class(config)
        await server.startup(sockets=[_bound(self.port, socket.SO_REUSEADDR, socket.SO_REUSEPORT)])
        await server.on_tick(0)
        self._server = server

    async def shut(self) -> None:
        """Listen no more, and cut every connection, whatever it is in the middle of."""
        server, self._server = self._server, None
        if server is None:
            return
        for listening in server.servers:
            listening.close()
        for connection in list(server.server_state.connections):
            connection.transport.abort()
        tasks = set(server.server_state.tasks)
        if tasks:
            _, unfinished = await asyncio.wait(tasks, timeout=ENDS_WITHIN_SECONDS)
            for task in unfinished:
                task.cancel()
            await asyncio.gather(*unfinished, return_exceptions=True)

    def cut(self, address: Address) -> None:
        """Cut the connection of that client. On the loop alone."""
        connections = [] if self._server is None else list(self._server.server_state.connections)
        for connection in connections:
            if connection.transport.get_extra_info("peername") == address:
                connection.transport.abort()

    def close(self) -> None:
        self.call(self.shut())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join()
        self.loop.close()
        self._holder.close()


def _bound(port: int, *options: int) -> socket.socket:
    # Said to be TCP, because asyncio turns Nagle's delay (40 ms an answer) off only where it knows.
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        for option in options:
            bound.setsockopt(socket.SOL_SOCKET, option, 1)
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.close()
        raise
    return bound
