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
from app.generation.port import Condition, ConditionName, Watch

LEFT_OUT = timedelta(seconds=30)
CHECK_EVERY_SECONDS = 0.05
ASK_WITHIN_SECONDS = 1.0
# A condition is asked for by whoever likes, and often.
CONDITION_WITHIN_SECONDS = 0.18
CONDITION_HOLDS_SECONDS = 0.5
# A server that loads a checkpoint keeps everybody waiting, and is not down for it.
SLOW_SECONDS = 10.0
MOST_THREADS = 16

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
        self._probes: dict[str, Future[int]] = {}
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
        asked = [(server, self._submit(ask, server)) for server in self.all]
        wait([future for _, future in asked], timeout=within_seconds)
        return asked

    def condition(self) -> Condition:
        """Whether all, some or none of them answer; degraded, too, while that is not known yet."""
        known = self._condition
        if known is not None and time.monotonic() - known[0] < CONDITION_HOLDS_SECONDS:
            return known[1]
        asked = [(server, self._probe(server)) for server in self.all]
        wait([future for _, future in asked], timeout=CONDITION_WITHIN_SECONDS)
        answers = {server.url: _answers(server, future) for server, future in asked}
        silent = [url for url, answer in answers.items() if answer is False]
        unknown = [url for url, answer in answers.items() if answer is None]
        if silent:
            name: ConditionName = "failed" if len(silent) == len(self.all) else "degraded"
            condition = Condition(name, _silent(silent))
        elif unknown:
            return Condition("degraded", f"{_named(unknown)} {'has' if len(unknown) == 1 else 'have'} not answered yet")
        else:
            condition = Condition("ready")
        self._condition = (time.monotonic(), condition)
        return condition

    def _probe(self, server: Server) -> Future[int]:
        """The question that is on its way, or a new one: however many ask, a silent server is asked once at a time."""
        probe = self._probes.get(server.url)
        if probe is None or probe.done():
            probe = self._probes[server.url] = self._submit(_remaining, server)
        return probe

    def _submit(self, ask: Callable[[Server], T], server: Server) -> Future[T]:
        with self._lock:
            if self._pool is None:
                most = min(MOST_THREADS, 2 * len(self.all))
                self._pool = ThreadPoolExecutor(max_workers=most, thread_name_prefix="comfyui")
            return self._pool.submit(ask, server)


def _remaining(server: Server) -> int:
    return server.wire.remaining(timeout=ASK_WITHIN_SECONDS)


def _answers(server: Server, probe: Future[int]) -> bool | None:
    """Whether a server answers; while it is being asked, what is known of it: None for nothing."""
    if probe.done():
        return probe.exception() is None
    if server.wire.is_silent:
        return False
    return True if server.answered_lately else None


def _named(urls: Sequence[str]) -> str:
    return f"the server{'' if len(urls) == 1 else 's'} {', '.join(urls)}"


def _silent(urls: Sequence[str]) -> str:
    return f"{_named(urls)} {'does' if len(urls) == 1 else 'do'} not answer"
