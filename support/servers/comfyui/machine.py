"""The machine that ComfyUI runs on: a folder, a port, and one life of the server after another."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from pathlib import Path
from time import monotonic

from starlette.routing import Route
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket

from support.servers.comfyui.edge import Edge
from support.servers.comfyui.files import Folders
from support.servers.comfyui.life import Life
from support.servers.comfyui.listener import ENDS_WITHIN_SECONDS, Listener
from support.servers.comfyui.nodes.registry import NodeClass
from support.servers.comfyui.seen import Memory
from support.servers.comfyui.temper import Temper


class Machine:
    """Up once it is built. routes: made for this machine. folder: None for one of its own, gone when it closes.

    Raises OSError when the port is taken.
    """

    def __init__(
        self,
        *,
        nodes: Mapping[str, NodeClass],
        temper: Temper,
        routes: Callable[[Machine], list[Route]],
        port: int = 0,
        folder: Path | None = None,
    ) -> None:
        self.nodes = nodes
        self.temper = temper
        self.memory = Memory()
        self.refuses_with = 400
        self._closed = False
        self._crashes: list[Future[None]] = []
        self._moving = asyncio.Lock()
        root = Path(tempfile.mkdtemp(prefix="comfyui-")) if folder is None else folder
        self._own_folder = root if folder is None else None
        self.folders = Folders(root)
        try:
            self._listener = Listener(Edge(routes(self), self._serve_socket, self.memory), port=port)
        except OSError:
            self._remove_own_folder()
            raise
        self.port = self._listener.port
        self.life = self._begin()
        self._listener.call(self._listener.open())

    def refusal(self) -> int | None:
        """The status that POST /prompt answers now, whatever it is asked; None when it looks at it."""
        return self.refuses_with if self.temper.failures.spend("refuses") else None

    def restart(self) -> None:
        """One life ends, the next begins; on the same port, callers are refused for a moment."""
        self._listener.call(self._restart())

    def go_down(self) -> None:
        self._listener.call(self._go_down())

    def come_back(self) -> None:
        self._listener.call(self._come_back())

    def cut_sockets(self) -> None:
        """Cut every WebSocket; on return nobody is connected."""
        self._listener.call(self.life.sockets.cut_all_now())

    def close(self) -> None:
        """Nothing of it is left. Harmless when called again."""
        if self._closed:
            return
        self._listener.call(self._close())
        for crash in self._crashes:
            crash.result()
        self._listener.close()
        self._remove_own_folder()

    def _begin(self) -> Life:
        return Life(
            nodes=self.nodes,
            folders=self.folders,
            temper=self.temper,
            loop=self._listener.loop,
            crash=self._crash,
            cut=self._listener.cut,
        )

    def _crash(self) -> None:
        # From the prompt's own thread, which cannot wait for its own end.
        self._crashes.append(asyncio.run_coroutine_threadsafe(self._restart(), self._listener.loop))

    async def _restart(self) -> None:
        async with self._moving:
            if self._closed:
                return
            await self._end()
            self.life = self._begin()
            await self._listener.open()

    async def _go_down(self) -> None:
        async with self._moving:
            await self._end()

    async def _come_back(self) -> None:
        async with self._moving:
            if not self._listener.is_open:
                self.life = self._begin()
                await self._listener.open()

    async def _close(self) -> None:
        async with self._moving:
            self._closed = True
            await self._end()

    async def _end(self) -> None:
        """The process is gone: port, sockets and the running prompt; its temporary pictures go when it starts again."""
        await self._listener.shut()
        self.life.end()
        deadline = monotonic() + ENDS_WITHIN_SECONDS
        while self.life.thread.is_alive() and monotonic() < deadline:
            await asyncio.sleep(0.0005)
        for left in self.folders.temp.iterdir():
            with contextlib.suppress(OSError):
                shutil.rmtree(left) if left.is_dir() else left.unlink()

    async def _serve_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        life = self.life
        await life.sockets.serve(WebSocket(scope, receive, send), lambda: life.queue.remaining, life.node_of)

    def _remove_own_folder(self) -> None:
        if self._own_folder is not None:
            shutil.rmtree(self._own_folder)
