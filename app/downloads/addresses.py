"""Which addresses a download may come from: http and https, and no private network unless permitted."""

from __future__ import annotations

import ipaddress
import socket
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from app.downloads.faults import PassingFault, TransferFailed
from app.downloads.names import as_meant
from app.downloads.stop import Stop

PORTS = {"http": 80, "https": 443}

_TRANSLATED = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "::/96")))

_TRANSLATED_LOCALLY = ipaddress.IPv6Network("64:ff9b:1::/48")  # RFC 8215

Found = list[tuple[Any, ...]]


def fault_of_address(url: str) -> str | None:
    """What is wrong with an address as it was written, in words; None when nothing is."""
    try:
        urlsplit(url)  # its view is shown by this reader, which refuses other things
        parsed = httpx.URL(url)
    except (ValueError, httpx.InvalidURL) as error:
        return f"this is no address: {error}"
    if parsed.scheme not in PORTS:
        return f"only http and https addresses can be downloaded, not {parsed.scheme or 'an address without either'}"
    if not parsed.host:
        return "this address names no host"
    if "%" in parsed.host:
        return "an address cannot name one of the studio's own networks (%)"
    return None


def checked(url: str) -> httpx.URL:
    """The address, read. Raises TransferFailed for one that must not be asked."""
    fault = fault_of_address(url)
    if fault is not None:
        raise TransferFailed("unsafe_address", fault)
    return httpx.URL(url)


def port_of(address: httpx.URL) -> int:
    return address.port or PORTS[address.scheme]


def redirected(address: httpx.URL, location: str) -> str:
    """Where a redirect leads. location: the header as it was read. Raises TransferFailed for nowhere."""
    try:
        return str(address.join(as_meant(location)))
    except httpx.InvalidURL as error:
        raise TransferFailed("unsafe_address", f"{address.host} redirects to no address") from error


def without_secrets(url: str) -> str:
    """The address for others to see: no user, password, query or fragment, where keys and signatures live."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def is_private(address: str) -> bool:
    """Whether an IP address leads anywhere but the public internet; also when wrapped in an IPv6 one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _TRANSLATED_LOCALLY:
            return True
        inner = ip.ipv4_mapped or ip.sixtofour or _translated(ip)
        if inner is not None:
            return is_private(str(inner))
    return not ip.is_global or ip.is_multicast


def _translated(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a translator would reach. Source: RFC 6052, and the old form of RFC 4291, 2.5.5.1."""
    if any(ip in prefix for prefix in _TRANSLATED) and int(ip) > 1:
        return ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    return None


def resolve(host: str, port: int, stop: Stop, *, allow_private: bool) -> Found:
    """Where `host` is found, as getaddrinfo says it.

    Raises TransferFailed when any of it is private and may not be asked, PassingFault for nowhere, Stopped.
    """
    try:
        found = _look_up(host, port, stop)
    except (OSError, UnicodeError) as error:  # a name may be too long to be looked up
        raise PassingFault("unreachable", f"the host {host} cannot be found: {error}") from error
    if not allow_private:
        for *_, address in found:
            refuse_private_peer(host, str(address[0]))
    return found


def refuse_private_peer(host: str, address: str) -> None:
    if is_private(address):
        raise TransferFailed(
            "private_address",
            f"{host} is on a private network ({address}); set ALLOW_PRIVATE_ADDRESSES if it may be downloaded from",
        )


def _look_up(host: str, port: int, stop: Stop) -> Found:
    try:
        # Through the resolver even for plain numbers: it also reads 127.1, 0x7f000001 and their like.
        return socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    except socket.gaierror:
        return _unless(stop, lambda: socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))


def _unless(stop: Stop, ask: Callable[[], Found]) -> Found:
    """What `ask` returns, waited for on a thread of its own: a resolver that is silent cannot be woken."""
    answers: list[Found | Exception] = []
    done = threading.Event()

    def look() -> None:
        try:
            answers.append(ask())
        except Exception as error:  # told where it was asked
            answers.append(error)
        done.set()

    with stop.calling(done.set):
        threading.Thread(target=look, name="download-lookup", daemon=True).start()
        done.wait()
    stop.check()
    answer = answers[0]
    if isinstance(answer, Exception):
        raise answer
    return answer
