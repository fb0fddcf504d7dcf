"""Real HTTP/1.1 on loopback for the doubles: up in a millisecond, and nothing left of it when it closes.

The real thing: any HTTP/1.1 server (RFC 9112) that keeps connections open and takes one thread a connection.
Left out: TLS, HTTP/2, chunked bodies of requests, timeouts of its own.
"""

from __future__ import annotations

import contextlib
import socket
import socketserver
import struct
import sys
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from typing import Any, cast
from urllib.parse import parse_qs, unquote, urlsplit

CLOSE_WITHIN_SECONDS = 2.0
CHUNK_BYTES = 64 * 1024


@dataclass
class Seen:
    """One request as it arrived, and what became of it.

    host: `address:port` that it came in at; start: where in a file the body begins, None when it is no part
    of one; sent_bytes: of the body, counted before they leave, so that whoever has read them finds them counted.
    """

    method: str
    path: str
    headers: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)
    host: str = ""
    status: int = 0
    start: int | None = None
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
        host, port = handler.connection.getsockname()[:2]
        self.seen = Seen(self.method, self.path, self.headers, self.query, f"{host}:{port}")

    @property
    def connection(self) -> socket.socket:
        return cast("socket.socket", self._handler.connection)

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

    def send(self, body: bytes | memoryview) -> None:
        """Some of the body. Raises OSError when the other side has gone."""
        if self.method == "HEAD":
            return
        left = memoryview(body)
        while left:
            left = left[self._send_some(left[:CHUNK_BYTES]) :]

    def _send_some(self, chunk: memoryview) -> int:
        self.seen.sent_bytes += len(chunk)
        sent = 0
        try:
            sent = self.connection.send(chunk)
        finally:
            self.seen.sent_bytes -= len(chunk) - sent
        return sent

    def hang_up(self) -> None:
        """End the connection after this answer, complete or not."""
        self._handler.close_connection = True

    def reset(self) -> None:
        """Tear the connection down: the other side is told by RST, not by a decent end."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._handler.rfile.close()  # it shares the socket, which would stay open without a word
        self.connection.close()
        self.hang_up()


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

    def date_time_string(self, timestamp: float | None = None) -> str:
        """What the clock of the double shows: whoever compares Date and Last-Modified compares one clock."""
        return format_datetime(cast("_Listener", self.server).now().astimezone(UTC), usegmt=True)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Nothing is printed: the double remembers."""


class _Listener(socketserver.ThreadingMixIn, socketserver.TCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 128

    def __init__(
        self, address: tuple[str, int], serve: Callable[[Exchange], None], now: Callable[[], datetime]
    ) -> None:
        super().__init__(address, _Handler)
        self.serve = serve
        self.now = now
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

    port: 0 picks a free one; address: one of this machine's own; now: what its clock shows. Raises OSError
    when the port is taken, or the machine has no such address.
    """

    def __init__(
        self,
        serve: Callable[[Exchange], None],
        *,
        port: int = 0,
        address: str = "127.0.0.1",
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._listener = _Listener((address, port), serve, now)
        self._address = address
        self.port = int(self._listener.server_address[1])
        self.host = f"{address}:{self.port}"
        self.url = f"http://{self.host}"
        self._thread = threading.Thread(target=self._accept, name="double", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the listening, every connection and every thread. Harmless when called again."""
        if self._listener.closing.is_set():
            return
        self._listener.closing.set()
        # Wakes the accepting thread at once, where a poll would cost its interval at the end of every scenario.
        with contextlib.suppress(OSError):
            socket.create_connection((self._address, self.port), timeout=1).close()
        self._thread.join(CLOSE_WITHIN_SECONDS)
        for thread in self._listener.hang_up_all():
            thread.join(CLOSE_WITHIN_SECONDS)
        self._listener.server_close()

    def _accept(self) -> None:
        while not self._listener.closing.is_set():
            self._listener.handle_request()
