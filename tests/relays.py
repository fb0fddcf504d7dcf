"""What stands between a client and a hub: TLS, or a proxy. On loopback, with threads that end with it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

# Of nobody but these tests: for 127.0.0.1 and localhost, signed by itself, until 2126.
CERTIFICATE = """\
-----BEGIN CERTIFICATE-----
MIIBsTCCAVegAwIBAgIUXY2Cx0lZKoApR486ClKu8uEXWBUwCgYIKoZIzj0EAwIw
HzEdMBsGA1UEAwwUYSBtb2RlbCBodWIncyBkb3VibGUwIBcNMjYxMTIxMTU1OTM4
WhgPMjEyNjEwMjgxNTU5MzhaMB8xHTAbBgNVBAMMFGEgbW9kZWwgaHViJ3MgZG91
YmxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAE+/nFTP85S/50TjGikSKZawIn
H7Ea+6LvbP6tasG9DoxXcz2xHSWc0IIG3e8Yk9XarGDA4LY4LDpfpird2RMV1KNv
MG0wHQYDVR0OBBYEFPbXnuo2aG2ddh77D3bnxNcsBhWUMB8GA1UdIwQYMBaAFPbX
nuo2aG2ddh77D3bnxNcsBhWUMBoGA1UdEQQTMBGHBH8AAAGCCWxvY2FsaG9zdDAP
BgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQD5k5k0FA7Dzm8MAheT
GFHsQ4kQ+QAm4E5ectK3AmEEjwIgWMOlWiKcyDKmeWHGNA+KuDPiiiqus3Hg3UQj
CFxiFsw=
-----END CERTIFICATE-----
"""
KEY = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQghVR3yprCThOZo65t
hIXYgYpVtrVyRMR2kLPOhLBE1dWhRANCAAT7+cVM/zlL/nROMaKRIplrAicfsRr7
ou9s/q1qwb0OjFdzPbEdJZzQggbd7xiT1dqsYMDgtjgsOl+mKt3ZExXU
-----END PRIVATE KEY-----
"""


def trusting() -> ssl.SSLContext:
    """What a client needs to believe the relay."""
    context = ssl.create_default_context(cadata=CERTIFICATE)
    # The certificate is its own authority and nothing else, which the strict reading of 3.13 refuses.
    context.verify_flags &= ~getattr(ssl, "VERIFY_X509_STRICT", 0)
    return context


class Relay:
    """Passes on to `to` (host, port) whatever comes. tls: speaks TLS to its clients.

    proxy: takes `CONNECT host:port` first and connects to where it is told, `to` notwithstanding; what was asked is
    in `asked`.
    """

    def __init__(self, to: tuple[str, int] | None, *, tls: bool = False, proxy: bool = False) -> None:
        self._to = to
        self._proxy = proxy
        self._tls = _serving() if tls else None
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.asked: list[str] = []
        self.port = int(self._listener.getsockname()[1])
        self._begin(self._accept)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            ends = [self._listener, *self._open]
        for end in ends:
            with contextlib.suppress(OSError):
                socket.socket.shutdown(end, socket.SHUT_RDWR)
        for thread in list(self._threads):
            thread.join(5)
        for end in ends:
            end.close()

    def _begin(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments, name="relay", daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._begin(self._carry, client)

    def _carry(self, client: socket.socket) -> None:
        try:
            if self._tls is not None:
                client = self._tls.wrap_socket(client, server_side=True)
            to = self._told(client) if self._proxy else self._to
            assert to is not None
            server = socket.create_connection(to, timeout=5)
            server.settimeout(None)
        except OSError:
            client.close()
            return
        with self._lock:
            self._open += [client, server]
        self._begin(_pump, server, client)
        _pump(client, server)

    def _told(self, client: socket.socket) -> tuple[str, int]:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += client.recv(1) or b"\r\n\r\n"
        self.asked.append(head.decode())
        host, _, port = head.split()[1].decode().rpartition(":")
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        return host, int(port)


def _pump(one: socket.socket, other: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while some := one.recv(65536):
            other.sendall(some)
    with contextlib.suppress(OSError):
        socket.socket.shutdown(other, socket.SHUT_WR)


def _serving() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with _on_disk(CERTIFICATE + KEY) as path:
        context.load_cert_chain(path)
    return context


@contextmanager
def _on_disk(text: str) -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "relay.pem")
        path.write_text(text, "ascii")
        yield path
