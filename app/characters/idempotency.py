"""Calls that are sent with an Idempotency-Key: made once, however often and from however many sides they come."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from app.characters.book import Book
from app.characters.faults import KeyReused
from app.characters.tables import CharacterRequest
from app.clock import Clock
from app.errors import Unavailable

KEPT = timedelta(days=30)
# A studio that has not answered after this has been lost; each picture may take its ten minutes, and wait in line.
LOST_AFTER = timedelta(hours=2)
_LOOK_AGAIN_SECONDS = 0.5


@dataclass(frozen=True)
class Call:
    """One call by its key and what it asks for. key: "" for a call without one."""

    key: str
    body_sha256: str


@dataclass(frozen=True)
class _Running:
    body_sha256: str
    ended: threading.Event = field(default_factory=threading.Event)


class Calls:
    """The calls with keys. holder: the name of this studio, the same after a restart."""

    def __init__(self, *, book: Book, clock: Clock, holder: str) -> None:
        self._book = book
        self._clock = clock
        self._holder = holder
        self._lock = threading.Lock()
        self._running: dict[str, _Running] = {}
        self._closed = threading.Event()

    def begin(self, call: Call) -> dict[str, Any] | None:
        """The answer that this call had before; None: it is to be made, then `end` must be called.

        Waits while the same call is made elsewhere. Raises KeyReused when the key belongs to another call, and
        Unavailable when this studio is stopped meanwhile.
        """
        self._enter(call)
        try:
            answer = self._earlier(call)
        except BaseException:
            self._leave(call)
            raise
        if answer is not None:
            self._leave(call)
        return answer

    def end(self, call: Call, *, answered: bool) -> None:
        """Let those go on who wait for it; a call that failed frees its key."""
        try:
            if not answered:
                self._book.forget(call.key)
        finally:
            self._leave(call)

    def close(self) -> None:
        self._closed.set()

    def _enter(self, call: Call) -> None:
        """Take the key's place in this process, once nobody else has it."""
        while True:
            with self._lock:
                running = self._running.get(call.key)
                if running is None:
                    self._running[call.key] = _Running(call.body_sha256)
                    return
            if running.body_sha256 != call.body_sha256:
                raise _reused(call)
            running.ended.wait()

    def _leave(self, call: Call) -> None:
        with self._lock:
            running = self._running.pop(call.key)
        running.ended.set()

    def _earlier(self, call: Call) -> dict[str, Any] | None:
        while True:
            now = self._clock.now()
            begun = CharacterRequest(
                key=call.key, body_sha256=call.body_sha256, holder=self._holder, answer=None, created_at=now
            )
            earlier = self._book.claim(begun, forget_before=now - KEPT)
            if earlier is None:
                return None
            if earlier.body_sha256 != call.body_sha256:
                raise _reused(call)
            if earlier.answer is not None:
                return earlier.answer
            # Nobody in this process makes it: this studio was killed over it, or another one is at it.
            if earlier.holder == self._holder or earlier.created_at < now - LOST_AFTER:
                self._book.give_up(earlier)
            elif not self._clock.sleep(_LOOK_AGAIN_SECONDS, unless=self._closed):
                raise Unavailable("this studio is being stopped, and another one makes this call; send it again later")


def _reused(call: Call) -> KeyReused:
    return KeyReused(
        f"Idempotency-Key {call.key[:40]!r} was sent with another request before; send each request with its own",
        field="Idempotency-Key",
    )
