"""Three ways to reach a studio: in this process, on a socket of its own, or wherever one is running."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
import traceback
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import ExitStack, suppress
from typing import Any, Protocol, TypeVar

import httpx
import uvicorn
import websockets.sync.client
from fastapi import FastAPI
from websockets.exceptions import ConnectionClosed, InvalidStatus

T = TypeVar("T")
Message = dict[str, Any]
Headers = list[tuple[bytes, bytes]]


class StudioDidNotStart(Exception):
    """The studio could not be built, or refused to start."""


class StudioCrashed(Exception):
    """The studio raised where it should have answered."""


class ChannelRefused(Exception):
    """The studio did not let a listener in. reason: its words, or its status."""


class EventStream:
    """What one listener of a live channel has heard so far, oldest first."""

    def __init__(self, on_close: Callable[[], None]) -> None:
        self._heard: list[Message] = []
        self._lock = threading.Lock()
        self._on_close = on_close

    def hear(self, message: str | bytes) -> None:
        with self._lock:
            self._heard.append(json.loads(message))

    @property
    def heard(self) -> list[Message]:
        with self._lock:
            return list(self._heard)

    def close(self) -> None:
        self._on_close()


class Studio(Protocol):
    """A studio that can be asked and listened to."""

    address: str

    def transport(self) -> httpx.BaseTransport: ...
    def listen(self, path: str, headers: dict[str, str]) -> EventStream: ...
    def close(self) -> None: ...


class LoopThread:
    """An event loop on a thread of its own, on which one studio lives from start to stop."""

    def __init__(self, live: Callable[[asyncio.Event, Callable[[], None]], Coroutine[Any, Any, None]]) -> None:
        self.loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._stop: asyncio.Event | None = None
        self._fault: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(live,), name="studio")
        self._thread.start()
        self._ready.wait()
        if self._fault is not None:
            self.close()
            raise StudioDidNotStart(f"the studio could not start: {self._fault}") from self._fault

    def _run(self, live: Callable[[asyncio.Event, Callable[[], None]], Coroutine[Any, Any, None]]) -> None:
        async def main() -> None:
            self._stop = asyncio.Event()
            await live(self._stop, self._ready.set)

        try:
            self.loop.run_until_complete(main())
        except BaseException as error:
            self._fault = error
        finally:
            self._ready.set()

    def call(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine on the loop, wait for it here."""
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result()

    def close(self) -> None:
        """Stop, wait for the thread, close the loop. Raises what the studio raised while stopping."""
        if self._thread.is_alive() and self._stop is not None:
            with suppress(RuntimeError):  # it ended between our look and the call
                self.loop.call_soon_threadsafe(self._stop.set)
        self._thread.join()
        if not self.loop.is_closed():
            self.loop.run_until_complete(self.loop.shutdown_asyncgens())
            self.loop.close()


class InProcessStudio:
    """The studio's ASGI application, called without a socket: the fastest way, and the default."""

    address = "http://127.0.0.1"

    def __init__(self, app: FastAPI, on_crash: Callable[[str], None]) -> None:
        self._app = app
        self._on_crash = on_crash
        self._streams: set[EventStream] = set()
        self._thread = LoopThread(self._live)

    async def _live(self, stop: asyncio.Event, ready: Callable[[], None]) -> None:
        async with self._app.router.lifespan_context(self._app):
            ready()
            await stop.wait()

    def transport(self) -> httpx.BaseTransport:
        return _InProcessTransport(self._app, self._thread, self._on_crash)

    def listen(self, path: str, headers: dict[str, str]) -> EventStream:
        return self._thread.call(_listen_in_process(self._app, path, headers))

    def close(self) -> None:
        self._thread.close()


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
        return _listen_on_socket(self.address, path, headers)

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
        return _listen_on_socket(self.address, path, headers)

    def close(self) -> None:
        """Nothing is ours to end."""


def _scope(kind: str, path: bytes, headers: Headers, **more: Any) -> dict[str, Any]:
    route, _, query = path.partition(b"?")
    return {
        "type": kind,
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "path": httpx.URL(route.decode("ascii")).path,
        "raw_path": route,
        "root_path": "",
        "query_string": query,
        "headers": headers,
        "client": ("127.0.0.1", 50000),
        "server": ("127.0.0.1", 80),
        **more,
    }


class _InProcessTransport(httpx.BaseTransport):
    """httpx over an ASGI application on its own loop; half the cost of httpx's async one (measured)."""

    def __init__(self, app: FastAPI, thread: LoopThread, on_crash: Callable[[str], None]) -> None:
        self._app = app
        self._thread = thread
        self._on_crash = on_crash

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = request.read()
        headers = [(key.lower(), value) for key, value in request.headers.raw]
        scope = _scope("http", request.url.raw_path, headers, method=request.method, scheme="http")
        return self._thread.call(self._ask(scope, body))

    async def _ask(self, scope: dict[str, Any], body: bytes) -> httpx.Response:
        sent: list[Message] = []
        asked = False
        answered = asyncio.Event()

        async def receive() -> Message:
            nonlocal asked
            if asked:
                await answered.wait()
                return {"type": "http.disconnect"}
            asked = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                answered.set()

        try:
            await self._app(scope, receive, send)
        except Exception:
            # The studio answers 500 and raises on, so that a server can log it; here it becomes evidence.
            self._on_crash(traceback.format_exc())
            if not sent:
                raise
        if not sent:
            raise StudioCrashed(f"the studio did not answer {scope['method']} {scope['path']}")
        content = b"" if scope["method"] == "HEAD" else b"".join(m.get("body", b"") for m in sent[1:])
        return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=content)


async def _listen_in_process(app: FastAPI, path: str, headers: dict[str, str]) -> EventStream:
    to_studio: asyncio.Queue[Message] = asyncio.Queue()
    opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    loop = asyncio.get_running_loop()

    def close() -> None:
        async def leave() -> None:
            to_studio.put_nowait({"type": "websocket.disconnect", "code": 1000})
            with suppress(asyncio.CancelledError):
                await task

        asyncio.run_coroutine_threadsafe(leave(), loop).result()

    stream = EventStream(close)

    async def send(message: Any) -> None:
        if message["type"] == "websocket.send":
            stream.hear(message.get("text") or message["bytes"])
        elif message["type"] == "websocket.accept":
            opened.set_result(None)
        elif not opened.done():
            opened.set_exception(ChannelRefused(str(message.get("reason") or message.get("status") or message)))

    raw = [(key.lower().encode(), value.encode()) for key, value in {"host": "127.0.0.1", **headers}.items()]
    scope = _scope("websocket", path.encode(), raw, scheme="ws", subprotocols=[])
    to_studio.put_nowait({"type": "websocket.connect"})
    channel: Awaitable[None] = app(scope, to_studio.get, send)
    task = asyncio.ensure_future(channel)
    await asyncio.wait([task, opened], return_when=asyncio.FIRST_COMPLETED)
    if not opened.done():
        await task
        opened.set_exception(ChannelRefused("the studio closed the channel without a word"))
    await opened
    return stream


def _listen_on_socket(address: str, path: str, headers: dict[str, str]) -> EventStream:
    url = "ws" + address.removeprefix("http") + path
    opened = ExitStack()
    try:
        connection = opened.enter_context(websockets.sync.client.connect(url, additional_headers=headers, proxy=None))
    except InvalidStatus as error:
        raise ChannelRefused(str(error)) from error

    def read() -> None:
        with suppress(ConnectionClosed):
            for message in connection:
                stream.hear(message)

    reader = threading.Thread(target=read, name="listener")

    def close() -> None:
        opened.close()
        reader.join()

    stream = EventStream(close)
    reader.start()
    return stream
