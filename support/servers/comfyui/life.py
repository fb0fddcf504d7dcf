"""One life of the server process: its queue, history, cache and sockets, and the thread that runs prompts.

A restart ends one life and begins the next; nothing of this crosses over.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping

from support.servers.comfyui.cache import Cache
from support.servers.comfyui.execution import Bench, Execution
from support.servers.comfyui.files import Folders
from support.servers.comfyui.history import History
from support.servers.comfyui.interruption import Gone, Interruption
from support.servers.comfyui.nodes.registry import NodeClass
from support.servers.comfyui.queue import Item, PromptQueue
from support.servers.comfyui.socket import Address, Sockets
from support.servers.comfyui.temper import Temper


class Life:
    """crash: called from the prompt's thread when a failure ends the server in mid-prompt. cut: ends a connection."""

    def __init__(
        self,
        *,
        nodes: Mapping[str, NodeClass],
        folders: Folders,
        temper: Temper,
        loop: asyncio.AbstractEventLoop,
        crash: Callable[[], None],
        cut: Callable[[Address], None],
    ) -> None:
        self.sockets = Sockets(loop, lambda: temper.version.features, cut)
        self.queue = PromptQueue(self._tell_remaining)
        self.history = History()
        self.interruption = Interruption()
        self._next_number = 0
        self._cache = Cache(nodes, folders)
        self._bench = Bench(
            nodes=nodes,
            folders=folders,
            cache=self._cache,
            sockets=self.sockets,
            interruption=self.interruption,
            temper=temper,
            crash=crash,
            cut=self.sockets.cut_all,
        )
        self._execution: Execution | None = None
        self.thread = threading.Thread(target=self._work, name="comfyui prompts", daemon=True)
        self.thread.start()

    def take_number(self) -> int:
        """The next of the counter. Called on the loop alone."""
        number = self._next_number
        self._next_number += 1
        return number

    def node_of(self, client_id: str) -> str | None:
        """The node that runs now, if that client's prompt does."""
        execution = self._execution
        return execution.node if execution is not None and execution.client_id == client_id else None

    def end(self) -> None:
        """The process dies: what runs ends at once, without a word. Its thread ends soon after."""
        self.queue.close()
        self.interruption.end()

    def _work(self) -> None:
        while not self.queue.closed:
            item = self.queue.take()
            if item is not None:
                try:
                    self._run(item)
                except Gone:
                    return
            flags = self.queue.lower_flags()
            if "free_memory" in flags:
                self._cache.forget()

    def _run(self, item: Item) -> None:
        execution = self._execution = Execution(item, self._bench)
        execution.perform()
        self.queue.finish(item, execution.outcome, lambda: self.history.add(item.prompt_id, execution.entry))
        if execution.client_id is not None:
            end = {"node": None, "prompt_id": item.prompt_id}
            self.sockets.send("executing", end, execution.client_id)

    def _tell_remaining(self, remaining: int) -> None:
        self.sockets.send("status", {"status": {"exec_info": {"queue_remaining": remaining}}})
