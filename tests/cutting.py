"""A line to a server that loses answers and breaks, on purpose; on loopback, with threads that end with it."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Self
from urllib.parse import urlsplit

PIECE_BYTES = 64 * 1024


class Cutting:
    """Passes on everything between its clients and the server at `url`, until it is told to do something else.

    lost: answers that were kept back; cut: connections that were broken in the middle of an answer.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._server = (parts.hostname or "", parts.port or 80)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self._losing: tuple[bytes, bytes] | None = None
        self._cut_after: int | None = None
        self.lost = self.cut = 0
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, name="line")]
        self._threads[0].start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def loses_the_answer_to(self, method: bytes, *, with_: bytes) -> None:
        """Of the next request of that method with that in its first line, the server's answer is not passed on."""
        self._losing = (method, with_)

    def cuts_after(self, size_bytes: int) -> None:
        """The next connection over which that much comes from the server is broken there."""
        self._cut_after = size_bytes

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._threads[0].join()
        self._listener.close()
        with self._lock:
            for each in self._open:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)
        for thread in self._threads[1:]:
            thread.join()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(self._server)
                with self._lock:
                    self._open += [client, server]
                pair = _Pair(self, client, server)
                for work in (pair.ask, pair.answer):
                    thread = threading.Thread(target=work, name="line")
                    self._threads.append(thread)
                    thread.start()

    def is_to_be_lost(self, request: bytes) -> bool:
        line = request.partition(b"\r\n")[0]
        losing = self._losing
        if losing is None or not line.startswith(losing[0]) or losing[1] not in line:
            return False
        self._losing = None
        return True

    def is_to_be_cut(self, size_bytes: int) -> bool:
        if self._cut_after is None or size_bytes < self._cut_after:
            return False
        self._cut_after = None
        self.cut += 1
        return True


class _Pair:
    """One client's connection and the one to the server that belongs to it."""

    def __init__(self, line: Cutting, client: socket.socket, server: socket.socket) -> None:
        self._line, self._client, self._server = line, client, server
        self._loses = False

    def ask(self) -> None:
        with contextlib.suppress(OSError):
            while piece := self._client.recv(PIECE_BYTES):
                self._loses = self._loses or self._line.is_to_be_lost(piece)
                self._server.sendall(piece)
        with contextlib.suppress(OSError):
            self._server.shutdown(socket.SHUT_RDWR)

    def answer(self) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while piece := self._server.recv(PIECE_BYTES):
                if self._loses:
                    self._line.lost += 1
                    break
                self._client.sendall(piece)
                passed += len(piece)
                if self._line.is_to_be_cut(passed):
                    break
        for each in (self._client, self._server):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
