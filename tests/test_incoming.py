"""Reading from a connection: what has come is kept whatever comes next, and silence is noticed."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterator

import pytest

from app.downloads.engine.incoming import HEAD_SILENCES, Incoming, Silent

Pair = tuple[socket.socket, Incoming]


@pytest.fixture
def pair() -> Iterator[Pair]:
    one, other = socket.socketpair()
    with one, other:
        yield one, Incoming(other, stall_seconds=lambda: 0.02)


def test_a_buffer_is_filled_from_many_packets(pair: Pair) -> None:
    sender, incoming = pair
    view = memoryview(bytearray(50_000))

    def write() -> None:
        for _ in range(10):
            sender.sendall(b"x" * 5000)

    writer = threading.Thread(target=write)
    writer.start()
    filled = 0
    while filled < len(view):
        filled += incoming.fill(view[filled:])
    writer.join(5)
    assert bytes(view) == b"x" * 50_000


def test_what_has_come_is_handed_on_although_more_is_awaited(pair: Pair) -> None:
    sender, incoming = pair
    sender.sendall(b"hello")
    assert incoming.fill(memoryview(bytearray(100))) == 5


def test_what_came_with_the_head_is_handed_on_although_the_connection_broke_then(pair: Pair) -> None:
    sender, incoming = pair
    sender.sendall(b"HTTP/1.1 200 OK\r\nhello")
    assert incoming.readline(100) == b"HTTP/1.1 200 OK\r\n"
    sender.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sender.close()
    view = memoryview(bytearray(100))
    assert incoming.fill(view) == 5 and bytes(view[:5]) == b"hello"
    with pytest.raises((EOFError, OSError)):
        incoming.fill(view)


def test_silence_in_a_body_is_noticed(pair: Pair) -> None:
    _, incoming = pair
    with pytest.raises(Silent):
        while True:
            assert incoming.fill(memoryview(bytearray(10))) == 0


def test_silence_in_a_head_is_noticed(pair: Pair) -> None:
    sender, incoming = pair
    sender.sendall(b"HTTP/1.1 200")
    with pytest.raises(Silent):
        incoming.readline(100)


def test_a_head_that_never_ends_is_noticed_although_it_is_never_silent(pair: Pair) -> None:
    sender, incoming = pair
    over = threading.Event()

    def drip() -> None:
        while not over.wait(0.001):
            sender.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    writer = threading.Thread(target=drip)
    writer.start()
    with pytest.raises(Silent):
        while True:
            incoming.readline(100)
    over.set()
    writer.join(5)
    assert HEAD_SILENCES > 1


def test_lines_are_as_long_as_is_asked_for(pair: Pair) -> None:
    sender, incoming = pair
    sender.sendall(b"abcdef\nrest")
    assert [incoming.readline(3), incoming.readline(10), incoming.read1(2), incoming.read(2)] == [
        b"abc",
        b"def\n",
        b"re",
        b"st",
    ]
    sender.close()
    assert incoming.readline(10) == incoming.read(10) == b""
