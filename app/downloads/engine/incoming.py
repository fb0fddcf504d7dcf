"""Reading from a connection: heads by the line, bodies straight into the caller's buffer, silence noticed."""

from __future__ import annotations

import socket
import ssl
import struct
import sys
from collections.abc import Callable
from time import monotonic

from app.downloads.faults import PassingFault

# How long what has arrived may wait for more before it is handed on, to the disk and to whoever watches.
TICK_SECONDS = 0.02
HEAD_BYTES = 16 * 1024

# A head that comes letter by letter is no silence; for how many times as long as a silence it may take all the same.
HEAD_SILENCES = 3


class Silent(OSError):
    """Nothing has arrived for as long as a connection may be silent."""


class Incoming:
    """What one connection brings. stall_seconds: asked anew, how long it may be silent.

    Also the file that http.client reads heads and chunks from: `makefile`, `readline`, `read`, `read1`.
    """

    def __init__(self, connection: socket.socket, *, stall_seconds: Callable[[], float]) -> None:
        self._connection = connection
        self._stall_seconds = stall_seconds
        self._heard = monotonic()
        self._held = memoryview(b"")
        self._lines_since: float | None = None
        self._tick = min(TICK_SECONDS, stall_seconds())
        # The kernel fills a whole buffer in one call, where Python would wake for every packet.
        self._at_once = sys.platform == "linux" and not isinstance(connection, ssl.SSLSocket)
        if self._at_once:
            connection.settimeout(None)
            interval = struct.pack("@ll", int(self._tick), int(self._tick % 1 * 1_000_000))
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, interval)
        else:
            connection.settimeout(self._tick)

    def awaited(self) -> None:
        """Count the silence from now on: something has been asked for, or the reader has been elsewhere."""
        self._heard = monotonic()
        self._lines_since = None

    def fill(self, view: memoryview) -> int:
        """Put into `view` what arrives until it is full or a tick has passed; how much, 0 for nothing.

        Raises EOFError when the other side has ended, Silent.
        """
        self._lines_since = None
        if held := self._take(view):
            return held  # what comes after it may be the connection's end, and must not take it along
        arrived = self._receive(view)
        if arrived is None:
            raise EOFError
        if arrived:
            self._heard = monotonic()
        elif monotonic() - self._heard >= self._stall_seconds():
            raise Silent
        return arrived

    def makefile(self, mode: str) -> Incoming:
        """Meets what http.client wants of a socket."""
        assert mode == "rb"
        return self

    def readline(self, limit: int) -> bytes:
        line = bytearray()
        self._lines_since = self._lines_since or monotonic()
        while len(line) < limit:
            if monotonic() - self._lines_since > HEAD_SILENCES * self._stall_seconds():
                raise Silent
            if not self._held and not self._hold():
                break
            text = bytes(self._held[: limit - len(line)])
            end = text.find(b"\n") + 1
            taken = end or len(text)
            line += text[:taken]
            self._held = self._held[taken:]
            if end:
                break
        return bytes(line)

    def read(self, size: int) -> bytes:
        """Exactly so many bytes, fewer only at the end."""
        whole = bytearray()
        while len(whole) < size and (some := self.read1(size - len(whole))):
            whole += some
        return bytes(whole)

    def read1(self, size: int) -> bytes:
        """What there is, at most so many bytes; none at the end."""
        self._lines_since = None
        if not self._held and not self._hold():
            return b""
        some = bytes(self._held[:size])
        self._held = self._held[size:]
        return some

    def flush(self) -> None:
        """Meets what http.client wants of a file."""

    def close(self) -> None:
        """The connection outlives each answer that is read from it."""

    def _take(self, view: memoryview) -> int:
        taken = min(len(view), len(self._held))
        view[:taken] = self._held[:taken]
        self._held = self._held[taken:]
        return taken

    def _hold(self) -> bool:
        """Wait for something; whether there was anything before the end."""
        room = memoryview(bytearray(HEAD_BYTES))
        while True:
            try:
                arrived = self._connection.recv_into(room)
            except (BlockingIOError, TimeoutError) as error:
                if monotonic() - self._heard >= self._stall_seconds():
                    raise Silent from error
                continue
            self._heard = monotonic()
            self._held = room[:arrived]
            return arrived > 0

    def _receive(self, view: memoryview) -> int | None:
        """How much arrived within a tick; None: the other side has ended."""
        if self._at_once:
            try:
                return self._connection.recv_into(view, 0, socket.MSG_WAITALL) or None
            except BlockingIOError:
                return 0
        return self._receive_bit_by_bit(view)

    def _receive_bit_by_bit(self, view: memoryview) -> int | None:
        deadline = monotonic() + self._tick
        arrived = 0
        while arrived < len(view) and monotonic() < deadline:
            try:
                some = self._connection.recv_into(view[arrived:])
            except TimeoutError:
                break
            except OSError:
                if arrived:
                    break  # what has come before the connection broke is kept; the next read tells of it
                raise
            if not some:
                return arrived or None
            arrived += some
        return arrived


def silent(host: str, seconds: float) -> PassingFault:
    return PassingFault("stalled", f"{host} has been silent for {seconds:g} seconds")
