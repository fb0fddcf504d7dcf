"""HTTP towards hubs: every redirect looked at, every refusal told apart, every read stoppable."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

import httpx

from app.clock import Clock
from app.downloads.addresses import fault_of_address, refuse_private, refuse_private_peer
from app.downloads.faults import PassingFault, TransferFailed
from app.downloads.stop import Stop

MAX_REDIRECTS = 5
LONGEST_WAIT_SECONDS = 86_400.0
CONNECT_SECONDS = 10.0
MAX_DESCRIPTION_BYTES = 4_000_000

# code and sentence for each answer that another attempt would not change
REFUSALS = {
    401: ("sign_in_needed", "{host} gives this file only to those who sign in"),
    403: ("access_denied", "{host} does not permit this download: early access, or a licence to accept first"),
    404: ("not_there", "{host} has no such file; check the address"),
    410: ("gone", "{host} has this file no longer"),
}


class Web:
    """One HTTP client for all transfers, made when the first one starts.

    stall_seconds: how long a connection may be silent. allow_private: whether loopback and private
    networks may be asked.
    """

    def __init__(self, *, clock: Clock, allow_private: bool, stall_seconds: float) -> None:
        self._clock = clock
        self._allow_private = allow_private
        self._timeout = httpx.Timeout(stall_seconds, connect=CONNECT_SECONDS)
        self._lock = threading.Lock()
        self._made: httpx.Client | None = None

    def close(self) -> None:
        with self._lock:
            if self._made is not None:
                self._made.close()

    @contextmanager
    def get(self, url: str, stop: Stop) -> Iterator[httpx.Response]:
        """The final answer to GET, 200, its body unread. Raises TransferFailed, PassingFault, Stopped.

        Faults of the connection while the caller reads the body are told in the same words.
        """
        host = httpx.URL(url).host
        with _told(host, stop):
            response = self._follow(url, stop)
            try:
                yield response
            except httpx.RemoteProtocolError as error:
                stop.check()
                raise PassingFault("cut_short", f"{host} ended the answer before it was complete") from error
            finally:
                stop.watch(None)
                response.close()

    def describe(self, url: str, stop: Stop) -> Any:
        """The JSON at `url`. Raises TransferFailed when the answer is something else, or absurdly long."""
        with self.get(url, stop) as response:
            text = _whole(response.iter_bytes(), MAX_DESCRIPTION_BYTES)
            if text is None:
                raise TransferFailed("not_understood", f"{response.url.host} described the file at absurd length")
            try:
                return json.loads(text)
            except (ValueError, RecursionError) as error:
                raise TransferFailed("not_understood", f"{response.url.host} did not describe the file") from error

    def read(self, url: str, stop: Stop, *, limit_bytes: int) -> bytes:
        """All that is at `url`, held in memory. Raises TransferFailed as `get` does, and beyond `limit_bytes`."""
        with self.get(url, stop) as response:
            # As it comes: what is packed although we asked for none is not unpacked, to whatever size.
            data = _whole(response.iter_raw(), limit_bytes)
            if data is None:
                raise TransferFailed("too_large", f"{response.url.host} sends more than {limit_bytes:,} bytes")
            return data

    def _follow(self, url: str, stop: Stop) -> httpx.Response:
        for _ in range(MAX_REDIRECTS + 1):
            stop.check()
            response = self._send(url, stop)
            try:
                if not response.has_redirect_location:
                    self._check(response)
                    return response
                url = _redirected(response)
            except BaseException:
                response.close()
                raise
            response.close()
        raise TransferFailed("too_many_redirects", f"{httpx.URL(url).host} redirects in circles")

    def _send(self, url: str, stop: Stop) -> httpx.Response:
        fault = fault_of_address(url)
        if fault is not None:
            raise TransferFailed("unsafe_address", fault)
        client = self._client()
        address = httpx.URL(url)
        if not self._allow_private:
            refuse_private(address.host, address.port or (443 if address.scheme == "https" else 80))
        request = client.build_request(
            "GET",
            address,
            # A packed body could be neither measured against its length nor continued.
            headers={"Accept-Encoding": "identity"},
            extensions={"trace": self._watcher(address.host, stop)},
        )
        return client.send(request, stream=True)

    def _watcher(self, host: str, stop: Stop) -> Callable[[str, dict[str, Any]], None]:
        """Sees each connection as it is made: who is at the other end, and how to end it."""

        def watch(event: str, info: dict[str, Any]) -> None:
            if event not in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
                return
            stream = info["return_value"]
            if not self._allow_private and event == "connection.connect_tcp.complete":
                # A name may resolve differently the second time: what counts is who answered.
                try:
                    refuse_private_peer(host, str(stream.get_extra_info("server_addr")[0]))
                except TransferFailed:
                    stream.close()
                    raise
            stop.watch(stream.get_extra_info("socket"))

        return watch

    def _check(self, response: httpx.Response) -> None:
        status, host = response.status_code, response.url.host
        if status == 200:
            return
        if status in (429, 503):
            wait = seconds_until(response.headers.get("Retry-After"), now=self._clock.now())
            raise PassingFault("hub_busy", f"{host} is busy ({status})", wait_seconds=wait)
        if status >= 500 or status == 408:
            raise PassingFault("hub_failed", f"{host} failed ({status})")
        code, sentence = REFUSALS.get(status, ("refused", "{host} refused the download"))
        raise TransferFailed(code, f"{sentence.format(host=host)} ({status})")

    def _client(self) -> httpx.Client:
        with self._lock:
            if self._made is None:
                self._made = httpx.Client(
                    verify=_trusted(),
                    timeout=self._timeout,
                    # Every request on its own connection: only a new one is looked at, and can be stopped.
                    limits=httpx.Limits(max_keepalive_connections=0),
                    trust_env=False,
                    headers={"User-Agent": "proofsheet"},
                )
            return self._made


@cache
def _trusted() -> ssl.SSLContext:
    # Reading the certificates takes longer than a whole small transfer: once a process.
    return httpx.create_ssl_context(trust_env=False)


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


def _redirected(response: httpx.Response) -> str:
    try:
        return str(response.url.join(response.headers["Location"]))
    except httpx.InvalidURL as error:
        raise TransferFailed("unsafe_address", f"{response.url.host} redirects to no address") from error


def seconds_until(retry_after: str | None, *, now: datetime) -> float | None:
    """The wait that a Retry-After asks for, in seconds, at most a day; None for none or nonsense.

    Source: RFC 9110, section 10.2.3: a number of seconds, or a date.
    """
    if retry_after is None:
        return None
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        # More digits than a day has are a day: int() refuses thousands of them.
        return LONGEST_WAIT_SECONDS if len(text) > 9 else min(float(text), LONGEST_WAIT_SECONDS)
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max((moment - now).total_seconds(), 0.0), LONGEST_WAIT_SECONDS)
