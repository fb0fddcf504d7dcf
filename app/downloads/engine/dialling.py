"""Making a connection: to one of the addresses that were looked at, through a proxy where one is set, with TLS."""

from __future__ import annotations

import errno
import os
import select
import socket
import ssl
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Any

import httpx

from app.downloads.addresses import port_of, refuse_private_peer, resolve
from app.downloads.faults import PassingFault
from app.downloads.stop import Stop
from app.downloads.web import AGENT, CONNECT_SECONDS, refuse_unless_public

# How often a connection that is being made looks whether it is still wanted, besides being woken.
LOOK_MILLISECONDS = 20
MAX_PROXY_HEAD_BYTES = 16 * 1024


@dataclass(frozen=True)
class Dialler:
    """How connections are made. allow_private: whether loopback and private networks may be asked.

    certificates: what a host must show. proxy: asked anew for each connection; None: none.
    """

    allow_private: bool
    certificates: Callable[[], ssl.SSLContext]
    proxy: Callable[[], str | None] = lambda: None

    def dial(self, address: httpx.URL, stop: Stop) -> socket.socket:
        """A connection to the address's host, TLS included, that `stop` can end.

        Raises TransferFailed for a private host, PassingFault and OSError for one that is not reached, Stopped.
        """
        proxy = self.proxy()
        host = address.raw_host.decode("ascii")
        if proxy is None:
            connection = _reach(host, port_of(address), stop, allow_private=self.allow_private)
        else:
            refuse_unless_public(address, stop, allow_private=self.allow_private, proxy=proxy)
            through = httpx.URL(proxy)
            # Whoever set the proxy knows where it is: it may well be on a private network.
            connection = _reach(through.host, through.port or 80, stop, allow_private=True)
        try:
            if address.scheme == "https":
                if proxy is not None:
                    _tunnel(connection, httpx.URL(proxy), address)
                connection = self._wrap(connection, host, stop)
            stop.check()
        except BaseException:
            connection.close()
            raise
        return connection

    def _wrap(self, connection: socket.socket, host: str, stop: Stop) -> socket.socket:
        # A body that ends without TLS's goodbye may have been cut by anybody.
        wrapped = self.certificates().wrap_socket(
            connection, server_hostname=host, suppress_ragged_eofs=False, do_handshake_on_connect=False
        )
        try:
            stop.watch(wrapped)
            wrapped.do_handshake()
        except BaseException:
            wrapped.close()
            raise
        return wrapped


def basic(name: str, address: httpx.URL) -> dict[str, str]:
    """The user and password written in an address, as the header `name`. Source: RFC 7617."""
    if not address.username:
        return {}
    secret = b64encode(f"{address.username}:{address.password}".encode()).decode()
    return {name: f"Basic {secret}"}


def _reach(host: str, port: int, stop: Stop, *, allow_private: bool) -> socket.socket:
    """The first of the host's addresses that answers."""
    last: OSError | None = None
    for family, kind, protocol, _, place in resolve(host, port, stop, allow_private=allow_private):
        connection = socket.socket(family, kind, protocol)
        try:
            stop.watch(connection)
            _connect(connection, place, stop)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if not allow_private:
                refuse_private_peer(host, str(connection.getpeername()[0]))
            return connection
        except OSError as error:
            connection.close()
            stop.check()
            last = error
        except BaseException:
            connection.close()
            raise
    raise last or OSError(f"{host} has no address")


def _connect(connection: socket.socket, place: Any, stop: Stop) -> None:
    """Connect within CONNECT_SECONDS; the connection is given back as one that blocks."""
    connection.setblocking(False)
    begun = connection.connect_ex(place)
    if begun not in (0, errno.EINPROGRESS):
        raise OSError(begun, os.strerror(begun))
    poll = select.poll()
    poll.register(connection, select.POLLOUT)
    deadline = monotonic() + CONNECT_SECONDS
    while not poll.poll(LOOK_MILLISECONDS):
        stop.check()
        if monotonic() >= deadline:
            raise TimeoutError(f"no answer within {CONNECT_SECONDS:g} seconds")
    fault = connection.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if fault:
        raise OSError(fault, os.strerror(fault))
    connection.settimeout(CONNECT_SECONDS)


def _tunnel(connection: socket.socket, proxy: httpx.URL, address: httpx.URL) -> None:
    """Have the proxy connect us through. Source: RFC 9110, section 9.3.6."""
    host = address.raw_host.decode("ascii")
    place = f"[{host}]:{port_of(address)}" if ":" in host else f"{host}:{port_of(address)}"
    headers = {"Host": place, "User-Agent": AGENT, **basic("Proxy-Authorization", proxy)}
    lines = [f"CONNECT {place} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    connection.sendall("\r\n".join([*lines, "", ""]).encode("ascii"))
    head = bytearray()
    while not head.endswith(b"\r\n\r\n"):
        byte = connection.recv(1)  # not one more: what follows belongs to TLS
        if not byte or len(head) > MAX_PROXY_HEAD_BYTES:
            raise OSError("the proxy ended the connection")
        head += byte
    status = head.split(b" ", 2)[1:2]
    if status != [b"200"]:
        said = head.partition(b"\r\n")[0].decode("latin-1")
        raise PassingFault("unreachable", f"the proxy does not connect to {address.host}: {said}")
