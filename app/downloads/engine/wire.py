"""HTTP/1.1 on one connection that is kept: requests for bytes, redirects followed, bodies read without a copy."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import Message

import httpx

from app.downloads.addresses import checked, redirected
from app.downloads.engine.dialling import Dialler, basic
from app.downloads.engine.incoming import Incoming, Silent, silent
from app.downloads.faults import PassingFault, TransferFailed
from app.downloads.keys import headers_for
from app.downloads.refusals import REDIRECTS
from app.downloads.stop import Stop
from app.downloads.web import AGENT, MAX_REDIRECTS

SMALL_BODY_BYTES = 64 * 1024
SWITCHING_PROTOCOLS = 101


class Answer:
    """One answer and its body. left: bytes of the body still to come; None: only its end will tell."""

    def __init__(self, line: Line, address: httpx.URL, response: http.client.HTTPResponse, incoming: Incoming) -> None:
        self._line = line
        self._response = response
        self._incoming = incoming
        self.address = address
        self.host = address.host
        self.status = response.status
        self.headers: Message = response.headers
        self.left = None if response.chunked else response.length
        self.ended = self.left == 0

    @property
    def length(self) -> int | None:
        """Of the whole body, as the head says it."""
        return None if self._response.chunked else self._response.length

    def read_into(self, view: memoryview) -> int:
        """Some of the body, 0 when nothing has arrived for a moment, or when it has `ended`.

        Raises PassingFault when the connection breaks, falls silent, or ends too early; Stopped.
        """
        with self._line.told(self.host):
            if self.left is not None:
                return self._read_measured(view[: self.left])
            if self._response.chunked:
                return self._read_chunk(view)
            try:
                return self._incoming.fill(view)
            except EOFError:
                self._line.stop.check()
                self.ended = True
                return 0

    def resumed(self) -> None:
        """The reader comes back from elsewhere: that was no silence of the other side."""
        self._incoming.awaited()

    def close(self) -> None:
        """Have done with it; the connection is kept when the body has ended."""
        if not self.ended or self._response.will_close:
            self._line.close()

    def drain(self) -> None:
        """Have done with an answer that brings no file, its small body read so that the connection can be kept."""
        scrap = memoryview(bytearray(SMALL_BODY_BYTES))
        while self.left is not None and 0 < self.left <= len(scrap):
            self.read_into(scrap)
        self.close()

    def _read_measured(self, view: memoryview) -> int:
        assert self.left is not None
        arrived = self._incoming.fill(view) if len(view) else 0
        self.left -= arrived
        self.ended = self.left == 0
        return arrived

    def _read_chunk(self, view: memoryview) -> int:
        some = self._response.read1(len(view))
        self.ended = self._response.isclosed()
        if not some and not self.ended:
            raise EOFError
        view[: len(some)] = some
        return len(some)


class Line:
    """One kept connection, to one host at a time. keys, stall_seconds: asked anew for each request."""

    def __init__(
        self,
        *,
        dialler: Dialler,
        stop: Stop,
        keys: Callable[[], Mapping[str, str]],
        stall_seconds: Callable[[], float],
    ) -> None:
        self.stop = stop
        self._dialler = dialler
        self._keys = keys
        self._stall_seconds = stall_seconds
        self._to: tuple[str, str, int | None, str | None] | None = None
        self._connection: socket.socket | None = None
        self._incoming: Incoming | None = None

    def follow(self, url: str, headers: Mapping[str, str]) -> Answer:
        """The answer to GET `url`, wherever that redirects to; each host is looked at, and gets its own key alone.

        Raises TransferFailed for an address that must not be asked, PassingFault, Stopped.
        """
        for _ in range(MAX_REDIRECTS + 1):
            answer = self._ask(checked(url), headers)
            location = answer.headers.get("Location")
            if answer.status not in REDIRECTS or location is None:
                return answer
            url = redirected(answer.address, location)
            answer.drain()
        raise TransferFailed("too_many_redirects", f"{checked(url).host} redirects in circles")

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = self._incoming = self._to = None

    @contextmanager
    def told(self, host: str) -> Iterator[None]:
        """Tell the connection's faults in words; those that we caused ourselves as Stopped."""
        try:
            yield
        except (Silent, TimeoutError) as error:
            self.stop.check()
            raise silent(host, self._stall_seconds()) from error
        except (EOFError, http.client.IncompleteRead) as error:
            self.stop.check()
            raise PassingFault("cut_short", f"{host} ended the answer before it was complete") from error
        except (OSError, http.client.HTTPException, UnicodeError) as error:
            self.stop.check()
            raise PassingFault("unreachable", f"the connection to {host} failed: {error}") from error

    def _ask(self, address: httpx.URL, headers: Mapping[str, str]) -> Answer:
        with self.told(address.host):
            self.stop.check()
            proxy = self._dialler.proxy()
            to = (address.scheme, address.host, address.port, proxy)
            if self._to == to:
                try:
                    return self._exchange(address, headers, proxy)
                except Silent:
                    raise
                except (OSError, http.client.HTTPException):
                    self.stop.check()  # a kept connection may have been ended in the meantime: that is no fault
            self.close()
            self._connection = self._dialler.dial(address, self.stop)
            self._incoming = Incoming(self._connection, stall_seconds=self._stall_seconds)
            self._to = to
            return self._exchange(address, headers, proxy)

    def _exchange(self, address: httpx.URL, headers: Mapping[str, str], proxy: str | None) -> Answer:
        assert self._connection is not None and self._incoming is not None
        self._connection.sendall(self._request(address, headers, proxy))
        self._incoming.awaited()
        response = self._heard(self._incoming)
        # Early hints and their like come before the answer (RFC 9110, 15.2), as many as a head's time permits.
        while 100 <= response.status < 200 and response.status != SWITCHING_PROTOCOLS:
            response = self._heard(self._incoming)
        return Answer(self, address, response, self._incoming)

    def _heard(self, incoming: Incoming) -> http.client.HTTPResponse:
        response = http.client.HTTPResponse(incoming, method="GET")  # type: ignore[arg-type]
        response.begin()
        return response

    def _request(self, address: httpx.URL, headers: Mapping[str, str], proxy: str | None) -> bytes:
        target = address.raw_path.decode("ascii")
        told = {
            "Host": address.netloc.decode("ascii"),
            "User-Agent": AGENT,
            "Accept": "*/*",
            # A packed body could be neither measured against its length nor continued.
            "Accept-Encoding": "identity",
            **headers,
            **basic("Authorization", address),
            **headers_for(str(address), self._keys()),
        }
        if proxy is not None and address.scheme == "http":
            target = f"http://{told['Host']}{target}"
            told |= basic("Proxy-Authorization", httpx.URL(proxy))
        lines = [f"GET {target} HTTP/1.1", *(f"{name}: {value}" for name, value in told.items())]
        if any("\r" in line or "\n" in line for line in lines):
            raise TransferFailed("unsafe_address", f"{address.host}: a request's line cannot hold a line's end")
        return "\r\n".join([*lines, "", ""]).encode("latin-1")
