"""The way to a source's bytes: its own address, and the link that this has led to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from app.downloads.engine.answers import is_page
from app.downloads.engine.blocks import Run
from app.downloads.engine.marks import Mark
from app.downloads.engine.wire import Answer, Line
from app.downloads.refusals import EXPIRED, refuse_status


class Route:
    """Asks at the link that worked last, and at the source's own address once that has run out.

    For every connection of a transfer. now: the present moment, for waits told as a date.
    """

    def __init__(self, address: str, *, now: Callable[[], datetime]) -> None:
        self._address = address
        self._link = address
        self._now = now

    def ask_for(self, run: Run, line: Line, mark: Mark | None) -> Answer:
        """The answer to a request for a run: 200, 206 or 416. mark: of the file that it must still be.

        Raises TransferFailed and PassingFault for every other answer, and as Line.follow does.
        """
        assert run.stop is not None
        headers = {"Range": f"bytes={run.at}-{run.stop - 1}"}
        if mark is not None and mark.validator is not None:
            headers["If-Range"] = mark.validator
        answer = self._ask(line, headers)
        if answer.status not in (206, 416):
            self._refuse(answer)
        return answer

    def ask_for_all(self, line: Line) -> Answer:
        """The answer to a request for the whole file, 200. Raises as `ask_for` does."""
        answer = self._ask(line, {})
        self._refuse(answer)
        return answer

    def _ask(self, line: Line, headers: dict[str, str]) -> Answer:
        link = self._link
        answer = line.follow(link, headers)
        if link != self._address and (answer.status in EXPIRED or is_page(answer)):
            # Such links are signed for a while; the source signs a new one for whoever asks again.
            answer.drain()
            answer = line.follow(self._address, headers)
        if answer.status in (200, 206):
            self._link = str(answer.address)
        return answer

    def _refuse(self, answer: Answer) -> None:
        try:
            refuse_status(answer.status, answer.host, answer.headers.get("Retry-After"), now=self._now())
        except BaseException:
            answer.drain()
            raise
