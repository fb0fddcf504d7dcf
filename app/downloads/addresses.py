"""Which addresses a download may come from: http and https, and no private network unless permitted."""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit, urlunsplit

import httpx

from app.downloads.faults import PassingFault, TransferFailed

SCHEMES = ("http", "https")


def fault_of_address(url: str) -> str | None:
    """What is wrong with an address as it was written, in words; None when nothing is."""
    try:
        urlsplit(url)  # its view is shown by this reader, which refuses other things
        parsed = httpx.URL(url)
    except (ValueError, httpx.InvalidURL) as error:
        return f"this is no address: {error}"
    if parsed.scheme not in SCHEMES:
        return f"only http and https addresses can be downloaded, not {parsed.scheme or 'an address without either'}"
    if not parsed.host:
        return "this address names no host"
    return None


def without_secrets(url: str) -> str:
    """The address for others to see: no user, password, query or fragment, where keys and signatures live."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, "", ""))


def is_private(address: str) -> bool:
    """Whether an IP address leads anywhere but the public internet; also when wrapped in an IPv6 one."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is not None:
            return is_private(str(inner))
    return not ip.is_global or ip.is_multicast


def refuse_private(host: str, port: int) -> None:
    """Raise TransferFailed when any address that `host` resolves to is private, PassingFault for none."""
    try:
        # Through the resolver even for plain numbers: it also reads 127.1, 0x7f000001 and their like.
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise PassingFault("unreachable", f"the host {host} cannot be found: {error}") from error
    for *_, address in found:
        refuse_private_peer(host, str(address[0]))


def refuse_private_peer(host: str, address: str) -> None:
    if is_private(address):
        raise TransferFailed(
            "private_address",
            f"{host} is on a private network ({address}); set ALLOW_PRIVATE_ADDRESSES if it may be downloaded from",
        )
