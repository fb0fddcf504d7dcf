"""HTTP towards hubs for what is small: every redirect looked at, every refusal told apart, every read stoppable."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any

import httpx

from app.clock import Clock
from app.downloads.addresses import checked, port_of, redirected, refuse_private_peer, resolve
from app.downloads.faults import PassingFault, TransferFailed
from app.downloads.keys import headers_for
from app.downloads.refusals import refuse_status
from app.downloads.stop import Stop

MAX_REDIRECTS = 5
CONNECT_SECONDS = 10.0
MAX_DESCRIPTION_BYTES = 4_000_000

AGENT = "proofsheet"


@cache
def trusted() -> ssl.SSLContext:
    # Reading the certificates takes longer than a whole small transfer: once a process.
    return httpx.create_ssl_context(trust_env=False)


class Web:
    """One HTTP client for descriptions and pictures, made when the first one is asked for.

    stall_seconds: how long a connection may be silent. allow_private: whether loopback and private networks may be
    asked. keys: by host, sent with descriptions alone. proxy: the address of one; None: none. Both are asked anew
    for each request. certificates: what a host must show.
    """

    def __init__(
        self,
        *,
        clock: Clock,
        allow_private: bool,
        stall_seconds: float,
        keys: Callable[[], Mapping[str, str]] = dict,
        proxy: Callable[[], str | None] = lambda: None,
        certificates: Callable[[], ssl.SSLContext] = trusted,
    ) -> None:
        self.allow_private = allow_private
        self.certificates = certificates
        self._clock = clock
        self._timeout = httpx.Timeout(stall_seconds, connect=CONNECT_SECONDS)
        self._keys = keys
        self._proxy = proxy
        self._lock = threading.Lock()
        self._made: dict[str | None, httpx.Client] = {}

    def close(self) -> None:
        with self._lock:
            for client in self._made.values():
                client.close()
            self._made.clear()

    def describe(self, url: str, stop: Stop) -> Any:
        """The JSON at `url`. Raises TransferFailed when the answer is something else, or absurdly long."""
        with self._get(url, stop, keys=self._keys()) as response:
            text = _whole(response.iter_bytes(), MAX_DESCRIPTION_BYTES)
            if text is None:
                raise TransferFailed("not_understood", f"{response.url.host} described the file at absurd length")
            try:
                return json.loads(text)
            except (ValueError, RecursionError) as error:
                raise TransferFailed("not_understood", f"{response.url.host} did not describe the file") from error

    def look(self, url: str, stop: Stop) -> tuple[int, Mapping[str, str]]:
        """Status and headers (names in any case) of the first answer to HEAD, wherever that redirects to.

        Raises PassingFault for what may change, TransferFailed for an address that must not be asked, Stopped.
        """
        with _told(checked(url).host, stop):
            response = self._send("HEAD", url, stop, keys=self._keys())
            response.close()
        status = response.status_code
        if status in (408, 429) or status >= 500:
            self._check(response)
        return status, response.headers

    def read(self, url: str, stop: Stop, *, limit_bytes: int) -> bytes:
        """All that is at `url`, held in memory; no key goes with it.

        Raises TransferFailed for whatever answer is not 200, and beyond `limit_bytes`; PassingFault, Stopped.
        """
        with self._get(url, stop, keys={}) as response:
            # As it comes: what is packed although we asked for none is not unpacked, to whatever size.
            data = _whole(response.iter_raw(), limit_bytes)
            if data is None:
                raise TransferFailed("too_large", f"{response.url.host} sends more than {limit_bytes:,} bytes")
            return data

    @contextmanager
    def _get(self, url: str, stop: Stop, *, keys: Mapping[str, str]) -> Iterator[httpx.Response]:
        """The final answer to GET, 200, its body unread. Raises TransferFailed, PassingFault, Stopped.

        Faults of the connection while the caller reads the body are told in the same words.
        """
        host = checked(url).host
        with _told(host, stop):
            response = self._follow(url, stop, keys=keys)
            try:
                yield response
            except httpx.RemoteProtocolError as error:
                stop.check()
                raise PassingFault("cut_short", f"{host} ended the answer before it was complete") from error
            finally:
                response.close()

    def _follow(self, url: str, stop: Stop, *, keys: Mapping[str, str]) -> httpx.Response:
        for _ in range(MAX_REDIRECTS + 1):
            stop.check()
            response = self._send("GET", url, stop, keys=keys)
            try:
                if not response.has_redirect_location:
                    self._check(response)
                    return response
                url = redirected(response.url, response.headers["Location"])
            except BaseException:
                response.close()
                raise
            response.close()
        raise TransferFailed("too_many_redirects", f"{httpx.URL(url).host} redirects in circles")

    def _send(self, method: str, url: str, stop: Stop, *, keys: Mapping[str, str]) -> httpx.Response:
        address = checked(url)
        proxy = self._proxy()
        refuse_unless_public(address, stop, allow_private=self.allow_private, proxy=proxy)
        client = self._client(proxy)
        request = client.build_request(
            method,
            address,
            # A packed body could be neither measured against its length nor continued.
            headers={"Accept-Encoding": "identity", **headers_for(url, keys)},
            extensions={"trace": self._watcher(address.host, stop, check_peer=proxy is None)},
        )
        return client.send(request, stream=True)

    def _watcher(self, host: str, stop: Stop, *, check_peer: bool) -> Callable[[str, dict[str, Any]], None]:
        """Sees each connection as it is made: who is at the other end, and how to end it."""

        def watch(event: str, info: dict[str, Any]) -> None:
            if not event.endswith((".connect_tcp.complete", ".start_tls.complete")):
                return
            stream = info["return_value"]
            if check_peer and not self.allow_private and event.endswith(".connect_tcp.complete"):
                # A name may resolve differently the second time: what counts is who answered.
                try:
                    refuse_private_peer(host, str(stream.get_extra_info("server_addr")[0]))
                except TransferFailed:
                    stream.close()
                    raise
            stop.watch(stream.get_extra_info("socket"))

        return watch

    def _check(self, response: httpx.Response) -> None:
        retry_after = response.headers.get("Retry-After")
        refuse_status(response.status_code, response.url.host, retry_after, now=self._clock.now())

    def _client(self, proxy: str | None) -> httpx.Client:
        with self._lock:
            if proxy not in self._made:
                self._made[proxy] = httpx.Client(
                    verify=self.certificates(),
                    timeout=self._timeout,
                    # Every request on its own connection: only a new one is looked at, and can be stopped.
                    limits=httpx.Limits(max_keepalive_connections=0),
                    trust_env=False,
                    headers={"User-Agent": AGENT},
                    proxy=proxy,
                )
            return self._made[proxy]


def refuse_unless_public(address: httpx.URL, stop: Stop, *, allow_private: bool, proxy: str | None) -> None:
    """Raise TransferFailed for a host on a private network, PassingFault for one that is not found.

    Behind a proxy a name that only the proxy can resolve is the proxy's to judge.
    """
    if allow_private:
        return
    try:
        resolve(address.host, port_of(address), stop, allow_private=False)
    except PassingFault:
        if proxy is None:
            raise


@contextmanager
def _told(host: str, stop: Stop) -> Iterator[None]:
    """Tell the connection's faults in words; those that we caused ourselves as Stopped."""
    try:
        yield
    except httpx.TimeoutException as error:
        stop.check()
        raise PassingFault("unreachable", f"{host} has been silent for too long") from error
    except (httpx.RequestError, UnicodeError) as error:  # a host's name may be too long to be looked up
        stop.check()
        raise PassingFault("unreachable", f"the connection to {host} failed: {error}") from error


def _whole(chunks: Iterable[bytes], limit_bytes: int) -> bytes | None:
    """The chunks together; None, and no more of them read, when they are more than the limit."""
    whole = bytearray()
    for chunk in chunks:
        whole += chunk
        if len(whole) > limit_bytes:
            return None
    return bytes(whole)
