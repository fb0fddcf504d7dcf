"""The states of a download, and the only table that says which moves are legal."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.errors import WrongState


class DownloadState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    VERIFYING = "verifying"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    SKIPPED = "skipped"


S = DownloadState


@dataclass(frozen=True)
class Move:
    """One row of the table. done: what has been done to the download; told: what listeners hear, when not that."""

    done: str
    origins: tuple[DownloadState, ...]
    to: DownloadState
    told: str


def _move(done: str, origins: tuple[DownloadState, ...], to: DownloadState, *, told: str | None = None) -> Move:
    return Move(done, origins, to, told or done)


_NOT_YET_WHOLE = (S.QUEUED, S.RUNNING, S.WAITING, S.PAUSED)

START = _move("started", (S.QUEUED, S.WAITING), S.RUNNING)
PAUSE = _move("paused", (S.RUNNING,), S.PAUSED)
# Not to running at once: its place has been given away, and another may be free only later.
RESUME = _move("resumed", (S.PAUSED,), S.QUEUED)
WAIT = _move("waiting", (S.RUNNING,), S.WAITING)
VERIFY = _move("verifying", (S.RUNNING,), S.VERIFYING)
COMPLETE = _move("completed", (S.VERIFYING,), S.COMPLETED)
# From running as well: a file that the hub no longer has leaves nothing to verify.
FAIL = _move("failed", (S.RUNNING, S.VERIFYING), S.FAILED)
CANCEL = _move("cancelled", _NOT_YET_WHOLE, S.CANCELLED)
SKIP = _move("skipped", _NOT_YET_WHOLE, S.SKIPPED)
RETRY = _move("retried", (S.FAILED, S.CANCELLED), S.QUEUED, told="queued")
# What a start does with the downloads that the last run left in the middle; nobody may ask for it.
TAKE_UP = _move("taken up", (S.RUNNING, S.WAITING, S.VERIFYING), S.QUEUED, told="queued")

TABLE = (START, PAUSE, RESUME, WAIT, VERIFY, COMPLETE, FAIL, CANCEL, SKIP, RETRY, TAKE_UP)

FINAL = (S.COMPLETED, S.FAILED, S.CANCELLED, S.SKIPPED)
IN_FLIGHT = tuple(state for state in S if state not in FINAL)
# What holds a place.
AT_WORK = (S.RUNNING, S.VERIFYING)
# Whose turn in the queue still matters.
HAS_A_TURN = (S.QUEUED, S.WAITING, S.PAUSED)


def check_move(name: str, current: DownloadState, move: Move) -> None:
    """Raise WrongState, naming both states and what is possible, unless the table permits the move."""
    if current in move.origins:
        return
    possible = f"only what is {one_of(move.origins)} can be {move.done}"
    raise WrongState(f"download {name!r} cannot go from {current} to {move.to}; {possible}")


def one_of(states: tuple[DownloadState, ...]) -> str:
    """The states in a sentence: `queued, running or paused`."""
    *others, last = states
    return f"{', '.join(others)} or {last}" if others else str(last)
