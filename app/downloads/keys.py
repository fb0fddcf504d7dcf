"""Keys of model hubs: each goes to the host that it belongs to, and nowhere else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import httpx

PORTS = {"http": 80, "https": 443}


def headers_for(url: str, keys: Mapping[str, str]) -> dict[str, str]:
    """What a request for `url` carries as its key: Authorization, when a key is for exactly its host and port.

    keys: by `host` or `host:port`. A bare host means https on its own port, so that a redirect to plain http
    does not carry the key through the open; plain http takes a key whose port is written out.
    """
    host = _key_host_of(url, keys)
    return {"Authorization": f"Bearer {keys[host]}"} if host is not None else {}


def has_key_for(url: str, hosts: Iterable[str]) -> bool:
    """Whether one of these hosts' keys would be sent with a request for `url`."""
    return _key_host_of(url, hosts) is not None


def fault_of_key(host: str, key: str) -> str | None:
    """What is wrong with a key or with the host that it is kept for, in words; None when nothing is."""
    port = re.search(r":([0-9]+)$", host)
    is_place = re.fullmatch(r"[^/?#@\s]+", host) and _place_of(f"https://{host}") is not None
    if not is_place or (port is not None and not 0 < int(port[1]) < 65_536):
        return f"{host!r} is no host; write it like hub.example or hub.example:8443"
    if not re.fullmatch(r"[\x21-\x7e]+", key):
        return "a key consists of visible ASCII characters, without spaces"
    return None


def _key_host_of(url: str, hosts: Iterable[str]) -> str | None:
    wanted = _place_of(url)
    if wanted is None:
        return None
    scheme, place = wanted
    for host in hosts:
        kept = _place_of(f"https://{host}")
        is_bare = re.search(r":[0-9]+$", host) is None
        if kept is not None and kept[1] == place and (scheme == "https" or not is_bare):
            return host
    return None


def _place_of(url: str) -> tuple[str, tuple[str, int]] | None:
    """Scheme, host and port of an address; None for one that different readers could read differently."""
    authority = re.split(r"[/?#]", url.partition("://")[2])[0]
    if re.search(r"[\\\s\x00-\x1f]", authority):
        return None
    try:
        address = httpx.URL(url)
    except httpx.InvalidURL:
        return None
    if address.scheme not in PORTS or not address.host:
        return None
    return address.scheme, (address.host.lower(), address.port or PORTS[address.scheme])
