"""The studio in this process, without a socket: the fastest way to one, and the default."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import httpx
from fastapi import FastAPI

from support.studios import ChannelRefused, EventStream, LoopThread, Message, StudioCrashed

Headers = list[tuple[bytes, bytes]]
END_WITHIN_SECONDS = 1.0


class InProcessStudio:
    """The studio's ASGI application, called without a socket: the fastest way, and the default."""

    address = "http://127.0.0.1"

    def __init__(self, app: FastAPI, on_crash: Callable[[str], None]) -> None:
        self._app = app
        self._on_crash = on_crash
        self._left: set[asyncio.Task[None]] = set()
        self._thread = LoopThread(self._live)

    async def _live(self, stop: asyncio.Event, ready: Callable[[], None]) -> None:
        async with self._app.router.lifespan_context(self._app):
            ready()
            await stop.wait()
            # As a server does: what a client hung up on may come to its end, but not for ever.
            if self._left:
                _, stuck = await asyncio.wait(self._left, timeout=END_WITHIN_SECONDS)
                for task in stuck:
                    task.cancel()

    def transport(self) -> httpx.BaseTransport:
        return _InProcessTransport(self._app, self._thread, self._on_crash, self._left)

    def listen(self, path: str, headers: dict[str, str]) -> EventStream:
        return self._thread.call(_listen_in_process(self._app, path, headers))

    def close(self) -> None:
        self._thread.close()


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

    def __init__(
        self,
        app: FastAPI,
        thread: LoopThread,
        on_crash: Callable[[str], None],
        left: set[asyncio.Task[None]],
    ) -> None:
        self._app = app
        self._thread = thread
        self._on_crash = on_crash
        self._left = left

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The studio's answer. Raises ReadTimeout, the studio having been told, when it takes too long."""
        body = request.read()
        headers = [(key.lower(), value) for key, value in request.headers.raw]
        scope = _scope("http", request.url.raw_path, headers, method=request.method, scheme="http")
        patience = request.extensions.get("timeout", {}).get("read")
        answer = self._thread.call(self._ask(scope, body, patience))
        if answer is None:
            raise httpx.ReadTimeout(f"no answer within {patience} seconds", request=request)
        return answer

    async def _ask(self, scope: dict[str, Any], body: bytes, patience: float | None) -> httpx.Response | None:
        """The answer; None when the client has hung up before it came."""
        sent: list[Message] = []
        asked = False
        over = asyncio.Event()

        async def receive() -> Message:
            nonlocal asked
            if asked:
                await over.wait()
                return {"type": "http.disconnect"}
            asked = True
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body"):
                over.set()

        answering = asyncio.ensure_future(self._answer(scope, receive, send, sent))
        await asyncio.wait([answering], timeout=patience)
        if not answering.done():
            over.set()
            self._left.add(answering)
            answering.add_done_callback(self._left.discard)
            return None
        await answering
        if not sent:
            raise StudioCrashed(f"the studio did not answer {scope['method']} {scope['path']}")
        content = b"" if scope["method"] == "HEAD" else b"".join(m.get("body", b"") for m in sent[1:])
        return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=content)

    async def _answer(self, scope: dict[str, Any], receive: Any, send: Any, sent: list[Message]) -> None:
        try:
            await self._app(scope, receive, send)
        except Exception:
            # The studio answers 500 and raises on, so that a server can log it; here it becomes evidence.
            self._on_crash(traceback.format_exc())
            if not sent:
                raise


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
            while not stream.reads.is_set():
                await asyncio.sleep(0.005)
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
