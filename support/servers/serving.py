"""Real HTTP on loopback for the doubles: up in a millisecond, and nothing left of it when it closes."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

CLOSE_WITHIN_SECONDS = 2.0
CHUNK_BYTES = 64 * 1024


@dataclass
class Seen:
    """One request as it arrived, and what became of it. sent_bytes: of the body."""

    method: str
    path: str
    headers: dict[str, str]
    status: int = 0
    sent_bytes: int = 0

    def __str__(self) -> str:
        asked = f" ({self.headers['range']})" if "range" in self.headers else ""
        return f"{self.method} {self.path}{asked}: answered {self.status}, {self.sent_bytes:,} bytes"


class Exchange:
    """One request, and the ways to answer it.

    path: without query, decoded; query: the last value of each name; headers: names in lower case.
    """

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        self._handler = handler
        parts = urlsplit(handler.path)
        self.path = unquote(parts.path)
        self.query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.method = handler.command
        self.seen = Seen(self.method, self.path, self.headers)

    def body(self) -> bytes:
        return self._handler.rfile.read(int(self.headers.get("content-length", "0")))

    def answer(self, status: int, headers: Mapping[str, str] | None = None, body: bytes = b"") -> None:
        """A whole answer with its length; to HEAD the same without the body."""
        self.begin(status, {**(headers or {}), "Content-Length": str(len(body))})
        self.send(body)

    def begin(self, status: int, headers: Mapping[str, str]) -> None:
        self.seen.status = status
        self._handler.send_response(status)
        for name, value in headers.items():
            self._handler.send_header(name, value)
        self._handler.end_headers()

    def send(self, body: bytes) -> None:
        """Some of the body. Raises OSError when the other side has gone."""
        if self.method == "HEAD":
            return
        for start in range(0, len(body), CHUNK_BYTES):
            chunk = body[start : start + CHUNK_BYTES]
            self._handler.wfile.write(chunk)
            self.seen.sent_bytes += len(chunk)

    def hang_up(self) -> None:
        """End the connection after this answer, complete or not."""
        self._handler.close_connection = True


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def __getattr__(self, name: str) -> Any:
        # Every method arrives at one place: which are permitted is for the double to say.
        if name.startswith("do_"):
            return self._serve
        raise AttributeError(name)

    def _serve(self) -> None:
        server = cast("_Listener", self.server)
        try:
            server.serve(Exchange(self))
        except OSError:
            self.close_connection = True  # the client has gone: that is its right

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing is printed: the double remembers."""


class _Listener(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, port: int, serve: Callable[[Exchange], None]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.serve = serve
        self.closing = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._serving: list[threading.Thread] = []

    def verify_request(self, request: Any, client_address: Any) -> bool:
        return not self.closing.is_set()

    def process_request(self, request: Any, client_address: Any) -> None:
        thread = threading.Thread(
            target=self.process_request_thread, args=(request, client_address), name="double", daemon=True
        )
        with self._lock:
            self._open.add(request)
            self._serving = [known for known in self._serving if known.is_alive()] + [thread]
            thread.start()

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        with self._lock:
            self._open.discard(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client may go at any moment, and at the end we cut them off ourselves: neither is a fault.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def hang_up_all(self) -> list[threading.Thread]:
        """End every open connection; the threads to wait for."""
        with self._lock:
            for connection in self._open:
                with contextlib.suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
            return self._serving


class Server:
    """A listening double. serve: answers one exchange; called from one thread a connection.

    port: 0 picks a free one. Raises OSError when the port is taken.
    """

    def __init__(self, serve: Callable[[Exchange], None], *, port: int = 0) -> None:
        self._listener = _Listener(port, serve)
        self.port = int(self._listener.server_address[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._thread = threading.Thread(target=self._accept, name="double", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the listening, every connection and every thread. Harmless when called again."""
        if self._listener.closing.is_set():
            return
        self._listener.closing.set()
        # Wakes the accepting thread at once, where a poll would cost its interval at the end of every scenario.
        with contextlib.suppress(OSError):
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        self._thread.join(CLOSE_WITHIN_SECONDS)
        for thread in self._listener.hang_up_all():
            thread.join(CLOSE_WITHIN_SECONDS)
        self._listener.server_close()

    def _accept(self) -> None:
        while not self._listener.closing.is_set():
            self._listener.handle_request()
