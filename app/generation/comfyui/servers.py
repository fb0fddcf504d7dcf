"""Several ComfyUI servers: which are sound, which is least busy, and one attempt a server at a time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import TypeVar

from app.clock import Clock
from app.generation.comfyui.catalogue import Catalogue
from app.generation.comfyui.wire import Address, Wire
from app.generation.faults import BackendDown, BackendFailed
from app.generation.port import Condition, Watch

LEFT_OUT = timedelta(seconds=30)
CHECK_EVERY_SECONDS = 0.05
ASK_WITHIN_SECONDS = 1.0
# A condition is asked for by whoever likes, and often.
CONDITION_WITHIN_SECONDS = 0.18
CONDITION_HOLDS_SECONDS = 0.5
# A server that loads a checkpoint keeps everybody waiting, and is not down for it.
SLOW_SECONDS = 10.0

T = TypeVar("T")


class Server:
    """One server: its line, what it has, how many attempts of ours are there, and when it failed."""

    def __init__(self, address: Address) -> None:
        self.wire = Wire(address)
        self.url = address.url
        self.catalogue = Catalogue(self.wire.node)
        self.ours = 0
        self.failed_at: datetime | None = None

    @property
    def answered_lately(self) -> bool:
        answered_at = self.wire.answered_at
        return answered_at is not None and time.monotonic() - answered_at < SLOW_SECONDS


class Servers:
    """All addresses of one backend. Nothing is connected before somebody asks."""

    def __init__(self, urls: Sequence[str], clock: Clock) -> None:
        addresses = {address.url: address for address in map(Address, urls)}
        self.all = [Server(address) for address in addresses.values()]
        self._clock = clock
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None
        self._condition: tuple[float, Condition] | None = None

    def close(self) -> None:
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(cancel_futures=True)
        for server in self.all:
            server.wire.close()

    def at(self, place: str | None) -> Server | None:
        return next((server for server in self.all if server.url == place), None)

    @contextmanager
    def attempt_at(self, server: Server) -> Iterator[Server]:
        """An attempt of ours is there; when it ends by BackendDown, the server is left out for a while."""
        with self._lock:
            server.ours += 1
        with self._held(server):
            yield server

    @contextmanager
    def chosen(self, watch: Watch) -> Iterator[Server]:
        """A server for a new attempt: sound if there is one, free of ours, and the least busy.

        Waits while all sound ones have an attempt of ours. Raises Stopped; BackendDown when none answers.
        """
        server = self._choose(watch)
        with self._held(server):
            yield server

    @contextmanager
    def _held(self, server: Server) -> Iterator[None]:
        try:
            yield
            server.failed_at = None
        except BackendDown as fault:
            # Told at once, and with what may have changed while it was away.
            server.catalogue.forget()
            if fault.wait_seconds is None:
                self._fails(server)
            raise
        finally:
            with self._lock:
                server.ours -= 1

    def is_left_out(self, server: Server) -> bool:
        return server.failed_at is not None and self._clock.now() - server.failed_at < LEFT_OUT

    def _fails(self, server: Server) -> None:
        server.failed_at = self._clock.now()
        self._condition = None

    def _choose(self, watch: Watch) -> Server:
        while True:
            watch.check()
            sound = [server for server in self.all if not self.is_left_out(server)]
            # When all have failed lately, one of them is tried all the same.
            free = [server for server in sound or self.all if not server.ours]
            answering = self._by_business(free)
            taken = next((server for server in answering if self._take(server)), None)
            if taken is not None:
                return taken
            if free and not answering and not sound:
                raise BackendDown(_silent([server.url for server in self.all]))
            watch.stopping.wait(CHECK_EVERY_SECONDS)

    def _take(self, server: Server) -> bool:
        with self._lock:
            if server.ours:
                return False
            server.ours += 1
            return True

    def _by_business(self, servers: Sequence[Server]) -> list[Server]:
        """The least busy first; those that do not answer are left out from now on."""
        if len(self.all) == 1:
            return list(servers)  # whether it answers will show
        queues: list[tuple[int, Server]] = []
        for server in servers:
            try:
                queues.append((_remaining(server), server))
            except (BackendDown, BackendFailed):
                self._fails(server)
        return [server for _, server in sorted(queues, key=lambda pair: pair[0])]

    def each(self, ask: Callable[[Server], T], *, within_seconds: float) -> list[tuple[Server, Future[T]]]:
        """What every server answers, asked at the same time; some may not be done after so many seconds."""
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(max_workers=min(8, len(self.all)), thread_name_prefix="comfyui")
            asked = [(server, self._pool.submit(ask, server)) for server in self.all]
        wait([future for _, future in asked], timeout=within_seconds)
        return asked

    def condition(self) -> Condition:
        """Whether all, some or none of them answer."""
        known = self._condition
        if known is not None and time.monotonic() - known[0] < CONDITION_HOLDS_SECONDS:
            return known[1]
        asked = self.each(_remaining, within_seconds=CONDITION_WITHIN_SECONDS)
        silent = [server.url for server, answer in asked if not _answers(server, answer)]
        if not silent:
            condition = Condition("ready")
        else:
            condition = Condition("failed" if len(silent) == len(self.all) else "degraded", _silent(silent))
        self._condition = (time.monotonic(), condition)
        return condition


def _remaining(server: Server) -> int:
    return server.wire.remaining(timeout=ASK_WITHIN_SECONDS)


def _answers(server: Server, answer: Future[int]) -> bool:
    return answer.exception() is None if answer.done() else server.answered_lately


def _silent(urls: Sequence[str]) -> str:
    return (
        f"the server{'' if len(urls) == 1 else 's'} {', '.join(urls)} {'does' if len(urls) == 1 else 'do'} not answer"
    )
