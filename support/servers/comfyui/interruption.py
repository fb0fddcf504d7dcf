"""How a running prompt is stopped: one flag for the whole server, as in the real one."""

from __future__ import annotations

import threading

from support.servers.comfyui.nodes.registry import Interrupted


class Gone(Exception):
    """The server has ended while the prompt ran; there is nobody left to tell."""


class Interruption:
    """A flag that any client may raise and that each prompt lowers when it begins.

    So an interrupt between "running" and that moment is lost, and one that comes too late is lost too.
    wakes: set as long as there is something to look at. ended: set once the server is gone.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._raised = False
        self.wakes = threading.Event()
        self.ended = threading.Event()

    def ask(self) -> None:
        with self._lock:
            self._raised = True
            self.wakes.set()

    def forget(self) -> None:
        """A prompt begins: whatever was asked before is not about it."""
        with self._lock:
            self._raised = False
            if not self.ended.is_set():
                self.wakes.clear()

    def end(self) -> None:
        with self._lock:
            self.ended.set()
            self.wakes.set()

    def check(self) -> None:
        """Raises Gone when the server has ended, Interrupted (once) when somebody asked for it."""
        if self.ended.is_set():
            raise Gone
        with self._lock:
            raised, self._raised = self._raised, False
            if raised and not self.ended.is_set():
                self.wakes.clear()
        if raised:
            raise Interrupted

    def check_ended(self) -> None:
        """Raises Gone when the server has ended."""
        if self.ended.is_set():
            raise Gone
