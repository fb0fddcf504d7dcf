"""The connections that fetch one file together: each takes a block, writes it, and takes the next."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic

from app.downloads.disk_faults import CODES as DISK_CODES
from app.downloads.engine.answers import SNIFFED_BYTES, check_part, is_page_text, page
from app.downloads.engine.blocks import BLOCK_BYTES, Blocks, Run
from app.downloads.engine.keeper import Keeper
from app.downloads.engine.limiter import Limiter
from app.downloads.engine.marks import Mark
from app.downloads.engine.pace import FIRST_CONNECTIONS, Pace
from app.downloads.engine.partial_file import PartialFile
from app.downloads.engine.route import Route
from app.downloads.engine.wire import Answer, Line
from app.downloads.faults import PassingFault, Stopped, TransferFailed
from app.downloads.stop import Stop

BUFFER_BYTES = 1024 * 1024


@dataclass(frozen=True)
class Work:
    """What all connections of one file share.

    mark: of the file that was begun. most: connections permitted now. keep_free_bytes: on the disk, now.
    """

    route: Route
    mark: Mark
    blocks: Blocks
    file: PartialFile
    keeper: Keeper
    limiter: Limiter
    line: Callable[[], Line]
    most: Callable[[], int]
    keep_free_bytes: Callable[[], int]


class Crew:
    """Threads, one a connection. stop: ends them all; set by the crew itself when one finds that all is lost.

    behind: how many bytes lie there unhashed; more connections would not help who is slower than those there are.
    fatal: what ended the crew at once. fault: what ended a connection; others may have done its work.
    """

    def __init__(self, work: Work, *, stop: Stop, behind: Callable[[], int]) -> None:
        self._work = work
        self._stop = stop
        self._behind = behind
        self._pace = Pace()
        self._lock = threading.Lock()
        self._threads: list[threading.Thread] = []
        self._connections = 0
        self._delivering = 0
        self.fatal: BaseException | None = None
        self.fault: TransferFailed | None = None

    @property
    def idle(self) -> bool:
        return self._connections == 0

    def begin(self, line: Line, run: Run, answer: Answer) -> None:
        """Start with the connection that brought the first answer, and a few more where there is work for them."""
        with self._lock:
            others = self._room(FIRST_CONNECTIONS - 1, besides=1)  # before the first may have failed and left its block
            self._start(line, run, answer)
            self._add(others)

    def join(self) -> None:
        """Wait for every connection to end; once `stop` is set, that is at once."""
        while self._threads:
            self._threads.pop().join()

    def _room(self, count: int, *, besides: int) -> int:
        """How many of `count` connections are permitted besides those that there are, and have something to do."""
        return max(min(count, self._work.most() - besides, self._work.blocks.waiting), 0)

    def _add(self, count: int) -> None:
        for _ in range(count):
            self._start(self._work.line(), None, None)

    def _start(self, line: Line, run: Run | None, answer: Answer | None) -> None:
        thread = threading.Thread(target=self._carry, args=(line, run, answer), name="download-connection", daemon=True)
        self._connections += 1
        self._threads.append(thread)
        thread.start()

    def _carry(self, line: Line, run: Run | None, answer: Answer | None) -> None:
        connection = _Connection(self._work, line, self._stop, self._arrived)
        left = False
        try:
            run = run or self._work.blocks.take()
            while run is not None:
                connection.fetch(run, answer)
                answer = None
                left = self._is_one_too_many()
                run = None if left else self._work.blocks.take()
        except Stopped:
            pass
        except BaseException as error:
            self._failed(error)
        finally:
            line.close()
            self._gone(left=left, delivered=connection.delivered)

    def _is_one_too_many(self) -> bool:
        """Whether there are more connections than permitted by now, and this one is to go; it is counted out."""
        with self._lock:
            too_many = self._connections > self._work.most()
            self._connections -= too_many
            return too_many

    def _gone(self, *, left: bool, delivered: bool) -> None:
        with self._lock:
            self._connections -= not left
            self._delivering -= delivered
        with self._work.blocks.changed:
            self._work.blocks.changed.notify_all()

    def _failed(self, error: BaseException) -> None:
        """A fault of one connection is the others' to make good; one of the disk or of the file is everybody's."""
        with self._lock:
            if isinstance(error, TransferFailed) and error.code not in DISK_CODES:
                self._pace.settled = True  # who refuses one connection more is not asked for another
                if not isinstance(self.fault, PassingFault):
                    self.fault = error
                return
            if self.fatal is None:
                self.fatal = error
        self._stop.set()

    def _arrived(self, connection: _Connection) -> None:
        """Something has arrived: see whether more connections would bring more."""
        if self._pace.settled or not self._lock.acquire(blocking=False):
            return
        try:
            if not connection.delivered:
                connection.delivered = True
                self._delivering += 1
            if self._behind() <= BLOCK_BYTES:
                done, connections = self._work.blocks.bytes_done, self._connections
                more = self._pace.more(monotonic(), done, connections=connections, delivering=self._delivering)
                self._add(self._room(more, besides=connections))
        finally:
            self._lock.release()


class _Connection:
    """One thread's side of a connection. delivered: whether it has brought a byte, and the crew has counted it."""

    def __init__(self, work: Work, line: Line, stop: Stop, arrived: Callable[[_Connection], None]) -> None:
        self.delivered = False
        self._work = work
        self._line = line
        self._stop = stop
        self._arrived = arrived
        self._buffer = memoryview(bytearray(BUFFER_BYTES))
        self._unmeasured = 0

    def fetch(self, run: Run, answer: Answer | None) -> None:
        """Bring a run to its end, from an answer that is there or after asking; given back in any case."""
        try:
            answer = answer or self._ask(run)
            self._receive(answer, run)
            answer.close()
        finally:
            self._work.blocks.drop(run)

    def _ask(self, run: Run) -> Answer:
        work = self._work
        assert run.stop is not None and work.blocks.total is not None
        answer = work.route.ask_for(run, self._line, work.mark)
        try:
            check_part(answer, run, total=work.blocks.total, mark=work.mark)
        except BaseException:
            answer.close()
            raise
        return answer

    def _receive(self, answer: Answer, run: Run) -> None:
        head = bytearray() if run.at == 0 else None
        while not answer.ended and run.left != 0:
            wanted = self._work.limiter.portion(len(self._buffer) if run.left is None else min(run.left, BUFFER_BYTES))
            size = answer.read_into(self._buffer[:wanted])
            if size == 0:
                continue
            if head is not None and len(head) < SNIFFED_BYTES:
                head += self._buffer[: min(size, SNIFFED_BYTES)]  # the first bytes may come one by one
                if is_page_text(bytes(head)):
                    raise page(answer.host)
            self._write(self._buffer[:size], run)
            if self._work.limiter.pay(size, self._stop):
                answer.resumed()
        # A connection that we shut down ourselves may look like the end of a body of unknown length.
        self._stop.check()
        if run.stop is None:
            self._work.blocks.end(run)
        elif run.left:
            raise PassingFault("cut_short", f"{answer.host} sent {run.at} of {run.stop} bytes")

    def _write(self, view: memoryview, run: Run) -> None:
        self._work.file.write(view, run.at)
        self._work.blocks.wrote(run, len(view))
        self._work.keeper.arrived()
        if run.stop is None:
            self._unmeasured += len(view)
            if self._unmeasured >= BLOCK_BYTES:
                self._unmeasured = 0
                self._work.file.check_free(self._work.keep_free_bytes())
        self._arrived(self)
