"""Stopping a transfer from another thread, at once: its waits, and the reads that it is blocked in."""

from __future__ import annotations

import contextlib
import socket
import threading
import weakref
from collections.abc import Callable, Iterator

from app.downloads.faults import Stopped


class Stop:
    """One transfer's stop. `event` is what a clock may wait for."""

    def __init__(self) -> None:
        self.event = threading.Event()
        self._lock = threading.Lock()
        # Weakly: a connection that has been closed and dropped is nobody's to end.
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        self._callbacks: list[Callable[[], None]] = []

    def set(self) -> None:
        with self._lock:
            self.event.set()
            for connection in self._sockets:
                _shut(connection)
            callbacks = list(self._callbacks)
        for callback in callbacks:
            callback()

    def check(self) -> None:
        """Raise Stopped once `set` has been called."""
        if self.event.is_set():
            raise Stopped

    def watch(self, connection: socket.socket) -> None:
        """Remember a connection, so that `set` can end it; at once when that has been called already."""
        with self._lock:
            self._sockets.add(connection)
            if self.event.is_set():
                _shut(connection)

    @contextlib.contextmanager
    def calling(self, callback: Callable[[], None]) -> Iterator[None]:
        """Inside, `set` calls `callback` too; at once when it has been called already."""
        with self._lock:
            self._callbacks.append(callback)
        if self.event.is_set():
            callback()
        try:
            yield
        finally:
            with self._lock:
                self._callbacks.remove(callback)

    @contextlib.contextmanager
    def within(self) -> Iterator[Stop]:
        """A stop for a part of the transfer: set with this one, and by itself without it."""
        inner = Stop()
        with self.calling(inner.set):
            yield inner


def _shut(connection: socket.socket) -> None:
    # Closing a socket does not wake the thread that reads from it; shutting it down does. The plain
    # socket's method, because TLS's own would wait for the other side's goodbye.
    with contextlib.suppress(OSError):
        socket.socket.shutdown(connection, socket.SHUT_RDWR)
