"""`python -m tests.performance.sender FILE [--rate BYTES] [--latency SECONDS]` serves one file as fast as the machine

can: sendfile, ranges, connections that are kept; on request no faster than `rate` a connection, and `latency` later.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import socket
import threading
import time
from pathlib import Path

# What is sent at once where a rate is kept: so little that the rate is smooth.
PACED_BYTES = 64 * 1024
AT_ONCE_BYTES = 16 * 1024 * 1024

_never = threading.Event()


class Sender:
    """One file on loopback. rate: bytes a second for each connection, None: all there is; latency: before each head."""

    def __init__(self, path: Path, *, rate: float | None, latency: float) -> None:
        self._path = path
        self._size = path.stat().st_size
        self._rate = rate
        self._latency = latency

    def serve(self, listener: socket.socket) -> None:
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with connection, self._path.open("rb") as file, contextlib.suppress(OSError):
            while head := _head_of(connection):
                _never.wait(self._latency)
                start, stop, status = self._asked(head)
                headers = [
                    f"HTTP/1.1 {status}",
                    'ETag: "one"',
                    "Accept-Ranges: bytes",
                    "Content-Type: application/octet-stream",
                    f"Content-Length: {stop - start}",
                ]
                if status.startswith("206"):
                    headers.append(f"Content-Range: bytes {start}-{stop - 1}/{self._size}")
                connection.sendall("\r\n".join([*headers, "", ""]).encode())
                if not head.startswith(b"HEAD"):
                    self._send(connection, file.fileno(), start, stop)

    def _asked(self, head: bytes) -> tuple[int, int, str]:
        found = re.search(rb"\r\nrange: *bytes=(\d+)-(\d*)", head, re.IGNORECASE)
        if not found:
            return 0, self._size, "200 OK"
        last = int(found[2]) if found[2] else self._size - 1
        return int(found[1]), min(last + 1, self._size), "206 Partial Content"

    def _send(self, connection: socket.socket, file: int, start: int, stop: int) -> None:
        began, first = time.monotonic(), start
        while start < stop:
            most = AT_ONCE_BYTES if self._rate is None else PACED_BYTES
            start += os.sendfile(connection.fileno(), file, start, min(most, stop - start))
            if self._rate is not None:
                ahead = (start - first) / self._rate - (time.monotonic() - began)
                if ahead > 0:
                    _never.wait(ahead)


def _head_of(connection: socket.socket) -> bytes:
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        some = connection.recv(65536)
        if not some:
            return b""
        head += some
    return head


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("path", type=Path)
    parser.add_argument("--rate", type=float)
    parser.add_argument("--latency", type=float, default=0.0)
    asked = parser.parse_args()
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        print(f"listening on http://127.0.0.1:{listener.getsockname()[1]}/model.safetensors", flush=True)
        Sender(asked.path, rate=asked.rate, latency=asked.latency).serve(listener)


if __name__ == "__main__":
    main()
