"""What the download queue's look-ups cost, and whether they grow with what it keeps; how fast a place is free."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import insert

from app.database import Base, Database
from app.downloads.download import Download
from app.downloads.orders import Order, SourceKind
from app.downloads.state import DownloadState
from app.downloads.tables import Downloads
from app.model_files import ModelKind
from support import leaks
from support.waiting import until
from tests.download_desk import Desk
from tests.performance.measuring import Figure, alternating, seconds
from tests.scripted_transfer import ScriptedTransfer

KEPT = (100, 1_000, 10_000)
ROUNDS, CALLS = 15, 20
CANCELS = 100
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
# Of twenty: most have ended, some wait for their turn.
STATES = [*[DownloadState.COMPLETED] * 14, DownloadState.FAILED, DownloadState.CANCELLED, *[DownloadState.QUEUED] * 4]


def figures() -> Iterator[Figure]:
    """Each look-up at the largest number of rows, beside the same at the smallest; then a cancel."""
    with leaks.own_temporary_folder() as folder:
        yield from _look_ups(folder)
        yield _cancel(folder)


def _look_ups(folder: Path) -> Iterator[Figure]:
    databases = {kept: _keeping(folder / f"{kept}.db", kept) for kept in KEPT}
    taken: dict[str, dict[str, float]] = {}
    for what, look in _asked().items():
        works: dict[str, Callable[[], object]] = {
            str(kept): _repeated(look, Downloads(database), kept) for kept, database in databases.items()
        }
        taken[what] = alternating(works, ROUNDS)
    for database in databases.values():
        database.close()
    for what, found in taken.items():
        each = [found[str(kept)] / CALLS * 1000 for kept in KEPT]
        yield Figure(f"downloads: {what}, of {KEPT[0]:,}", each[0], "ms", 5.0)
        yield Figure(f"the same of {KEPT[1]:,}, against {KEPT[0]:,}", each[1], "ms", each[0])
        yield Figure(f"the same of {KEPT[2]:,}, against {KEPT[0]:,}", each[2], "ms", each[0])


Look = Callable[[Downloads, int], object]


def _asked() -> dict[str, Look]:
    return {
        "a page of 20 from the middle": lambda rows, kept: rows.page((), limit=20, after=kept // 2),
        "the first 5 that failed": lambda rows, kept: rows.page([DownloadState.FAILED], limit=5),
        "the newest 20 that ended": lambda rows, kept: rows.history(20),
        "whose turn it is": lambda rows, kept: rows.next(NOON, besides=()),
        "when the next wait ends": lambda rows, kept: rows.next_waking(NOON),
        "counts by state": lambda rows, kept: rows.counts(),
        "one by its id": lambda rows, kept: rows.get(str(kept // 2)),
    }


def _repeated(look: Look, rows: Downloads, kept: int) -> Callable[[], None]:
    def work() -> None:
        for _ in range(CALLS):
            look(rows, kept)

    return work


def _keeping(path: Path, count: int) -> Database:
    """A database with so many downloads, as if they had been asked for one after another."""
    database = Database(f"sqlite:///{path}")
    database.create_tables()
    with database.transaction() as rows:
        rows.execute(insert(Base.metadata.tables["downloads"]), [vars(_kept(number)) for number in range(count)])
    return database


def _kept(number: int) -> Download:
    moment = NOON + timedelta(seconds=number)
    # Every third model has been asked for twice.
    url = f"http://hub.example/{number - (number % 3 == 2)}.safetensors"
    order = Order(SourceKind.URL, url=url, kind=ModelKind.LORAS)
    state = STATES[number % len(STATES)]
    ended_at = None if state is DownloadState.QUEUED else moment
    new = Download.of(order, download_id=str(number), turn=number, url=url, now=moment)
    return replace(new, state=state, ended_at=ended_at)


def _cancel(folder: Path) -> Figure:
    """From the call that cancels a running download until the next one runs, the slowest of a hundred."""
    home = folder / "queue"
    home.mkdir()
    engine = ScriptedTransfer()
    desk = Desk(home, transfer=engine, concurrency=1)
    desk.open()
    try:
        ids = desk.ask_all([f"lora-{number}" for number in range(CANCELS + 1)])
        taken = []
        for download_id in ids[:-1]:
            until(lambda running=[download_id]: engine.busy == running)  # type: ignore[misc]
            taken.append(seconds(lambda one=download_id: desk.queue.cancel(one)))  # type: ignore[misc]
        running = desk.queue.find(DownloadState.RUNNING, limit=10)
        assert [download.id for download in running] == ids[-1:]
    finally:
        desk.close()
    slowest = statistics.quantiles(taken, n=100)[-1]
    return Figure(
        "a running download cancelled, and its place taken by the next, 99 of 100", slowest * 1000, "ms", 50.0
    )


if __name__ == "__main__":
    for figure in figures():
        print(f"{figure.what}: {figure.value:.3f} {figure.unit}, limit {figure.limit:.3f}, ratio {figure.ratio:.2f}")
