"""Stopping a transfer from another thread, at once: its waits, and the read that it is blocked in."""

from __future__ import annotations

import contextlib
import socket
import threading

from app.downloads.faults import Stopped


class Stop:
    """One transfer's stop. `event` is what a clock may wait for."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None

    def set(self) -> None:
        with self._lock:
            self.event.set()
            self._shut()

    def check(self) -> None:
        """Raise Stopped once `set` has been called."""
        if self.event.is_set():
            raise Stopped

    def watch(self, connection: socket.socket | None) -> None:
        """Remember the connection in use (None: none any more), so that `set` can end it."""
        with self._lock:
            self._socket = connection
            if self.event.is_set():
                self._shut()

    def _shut(self) -> None:
        if self._socket is None:
            return
        # Closing a socket does not wake the thread that reads from it; shutting it down does. The plain
        # socket's method, because TLS's own would wait for the other side's goodbye.
        with contextlib.suppress(OSError):
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)
