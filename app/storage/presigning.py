"""Links into a bucket, signed here: AWS Signature Version 4 in the query, as S3 wants it for GET.

Source: Amazon S3 API Reference, "Authenticating Requests: Using Query Parameters (AWS Signature Version 4)". The same
address as boto3 makes for the same second, at a hundredth of the time, and without the 260 ms that boto3 takes to
import. Expiry goes by the machine's clock, because that of the server does.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import quote, urlsplit

from app.storage.port import Link

LONGEST_EXPIRY_SECONDS = 604_800
# A browser keeps a picture by its address: within this time the same picture has the same one.
LONGEST_WINDOW_SECONDS = 900

_SAFE = "-._~"
_ALGORITHM = "AWS4-HMAC-SHA256"


@dataclass(frozen=True)
class Keys:
    """What requests are signed with. token: None unless the keys are temporary ones."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class _Window:
    """All that the links of one window have in common. canonical: the query in the order that is signed.

    prefix: of the string to sign, down to the request's hash.
    """

    keys: Keys
    signed_at: int
    lives_seconds: int
    query: str = field(repr=False)
    canonical: str = field(repr=False)
    prefix: str = field(repr=False)
    mac: _Mac = field(repr=False)


class _Mac:
    """HMAC-SHA256 under one key of at most 64 bytes, a third of the time of hmac.digest, which begins anew each time.

    Source: RFC 2104.
    """

    def __init__(self, key: bytes) -> None:
        padded = key.ljust(64, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in padded))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in padded))

    def of(self, message: bytes) -> str:
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(message)
        outer.update(inner.digest())
        return outer.hexdigest()


class Presigner:
    """Signs links to the objects of one bucket.

    endpoint: address of the server, its bucket found by path; None: Amazon's own. expiry_seconds: how long a link can
    be opened at least, 1 to 604,800. keys: asked for each time, since temporary ones change. Raises whatever it does.
    """

    def __init__(
        self,
        *,
        bucket: str,
        region: str,
        endpoint: str | None,
        expiry_seconds: int,
        keys: Callable[[], Keys],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._base, self._path = place_of(bucket, region, endpoint)
        self._host = host_of(self._base)
        self._region = region
        self._expiry = expiry_seconds
        # Signatures count whole seconds: without a window, too, the second under way is given on top.
        self._window_seconds = max(min(LONGEST_WINDOW_SECONDS, expiry_seconds // 4), 1)
        self._keys = keys
        self._now = now
        self._current: _Window | None = None

    def link(self, key: str, *, filename: str | None = None) -> Link:
        """The object's address, the same for the whole of a window. filename: what a browser shall save it as."""
        now = self._now()
        window = self._window(now)
        lives = min(self._expiry, int(window.signed_at + window.lives_seconds - now))
        return Link(self._signed(window, key, filename), expires_in_seconds=lives)

    def url_at(self, key: str, *, signed_at: int, lives_seconds: int, filename: str | None = None) -> str:
        """The address as signed at that moment, seconds since 1970, to be opened for so long from then on."""
        return self._signed(self._opened(signed_at, lives_seconds, self._keys()), key, filename)

    def _signed(self, window: _Window, key: str, filename: str | None) -> str:
        path = self._path + quote(key, safe="/" + _SAFE)
        asked = "" if filename is None else f"response-content-disposition={_disposition(filename)}"
        # In the order of the parameters' names: X-Amz-… before response-…, for capitals come first.
        query = f"{window.canonical}&{asked}" if asked else window.canonical
        request = f"GET\n{path}\n{query}\nhost:{self._host}\n\nhost\nUNSIGNED-PAYLOAD"
        to_sign = window.prefix + hashlib.sha256(request.encode("ascii")).hexdigest()
        signature = window.mac.of(to_sign.encode("ascii"))
        shown = f"{asked}&{window.query}" if asked else window.query
        return f"{self._base}{path}?{shown}&X-Amz-Signature={signature}"

    def _window(self, now: float) -> _Window:
        keys = self._keys()
        signed_at = int(now // self._window_seconds) * self._window_seconds
        current = self._current
        same = current is not None and (current.keys is keys or current.keys == keys)
        if current is None or current.signed_at != signed_at or not same:
            # Two threads may both make it; they make the same.
            lives_seconds = min(self._expiry + self._window_seconds, LONGEST_EXPIRY_SECONDS)
            current = self._current = self._opened(signed_at, lives_seconds, keys)
        return current

    def _opened(self, signed_at: int, lives_seconds: int, keys: Keys) -> _Window:
        stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(signed_at))
        scope = f"{stamp[:8]}/{self._region}/s3/aws4_request"
        parameters = {
            "X-Amz-Algorithm": _ALGORITHM,
            "X-Amz-Credential": f"{keys.access_key}/{scope}",
            "X-Amz-Date": stamp,
            "X-Amz-Expires": str(lives_seconds),
            "X-Amz-SignedHeaders": "host",
        }
        if keys.token is not None:
            parameters["X-Amz-Security-Token"] = keys.token
        pairs = [f"{name}={quote(value, safe=_SAFE)}" for name, value in parameters.items()]
        return _Window(
            keys=keys,
            signed_at=signed_at,
            lives_seconds=lives_seconds,
            query="&".join(pairs),
            canonical="&".join(sorted(pairs)),
            prefix=f"{_ALGORITHM}\n{stamp}\n{scope}\n",
            mac=_Mac(_signing_key(keys.secret_key, stamp[:8], self._region)),
        )


def place_of(bucket: str, region: str, endpoint: str | None) -> tuple[str, str]:
    """Where a bucket is: scheme and host, and the path that its keys come below.

    Source: Amazon S3 User Guide, "Virtual hosting of general purpose buckets"; names with dots fit no certificate.
    """
    if endpoint is not None:
        parts = urlsplit(endpoint)
        return f"{parts.scheme}://{parts.netloc}", f"{parts.path.rstrip('/')}/{bucket}/"
    host = "s3.amazonaws.com" if region == "us-east-1" else f"s3.{region}.amazonaws.com"
    if region.startswith("cn-"):
        host += ".cn"
    return (f"https://{host}", f"/{bucket}/") if is_by_path(bucket, endpoint) else (f"https://{bucket}.{host}", "/")


def is_by_path(bucket: str, endpoint: str | None) -> bool:
    """Whether a bucket is named in the path, and not in the host."""
    return endpoint is not None or "." in bucket


def host_of(base: str) -> str:
    """What a client sends as Host: in small letters, without the port that the scheme has anyway."""
    parts = urlsplit(base)
    host = parts.hostname or ""
    if ":" in host:
        host = f"[{host}]"
    usual = {"http": 80, "https": 443}.get(parts.scheme)
    return host if parts.port in (None, usual) else f"{host}:{parts.port}"


def _signing_key(secret_key: str, day: str, region: str) -> bytes:
    key = f"AWS4{secret_key}".encode()
    for part in (day, region, "s3", "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _disposition(filename: str) -> str:
    """Content-Disposition for a download under that name, quoted for a query. Source: RFC 6266, RFC 8187."""
    return quote(f"attachment; filename*=UTF-8''{quote(filename, safe=_SAFE)}", safe=_SAFE)
