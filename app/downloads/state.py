"""The states of a download, and the only table that says which moves are legal."""

from __future__ import annotations

from collections.abc import Mapping
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
Moves = Mapping[DownloadState, frozenset[DownloadState]]

MOVES: Moves = {
    S.QUEUED: frozenset({S.RUNNING, S.CANCELLED, S.SKIPPED}),
    # Straight to failed as well: a file that the hub no longer has leaves nothing to verify.
    S.RUNNING: frozenset({S.WAITING, S.PAUSED, S.VERIFYING, S.FAILED, S.CANCELLED, S.SKIPPED}),
    S.WAITING: frozenset({S.RUNNING, S.CANCELLED, S.SKIPPED}),
    S.PAUSED: frozenset({S.RUNNING, S.CANCELLED, S.SKIPPED}),
    S.VERIFYING: frozenset({S.COMPLETED, S.FAILED}),
    S.COMPLETED: frozenset(),
    S.FAILED: frozenset({S.QUEUED}),
    S.CANCELLED: frozenset({S.QUEUED}),
    S.SKIPPED: frozenset(),
}

# What a start does with the downloads that the last run left in the middle; nobody may ask for it.
MOVES_AT_START: Moves = {
    S.RUNNING: frozenset({S.QUEUED}),
    S.WAITING: frozenset({S.QUEUED}),
    S.VERIFYING: frozenset({S.QUEUED}),
}

IN_FLIGHT = frozenset({S.QUEUED, S.RUNNING, S.WAITING, S.PAUSED, S.VERIFYING})


def check_move(name: str, current: DownloadState, to: DownloadState, *, moves: Moves = MOVES) -> None:
    """Raise WrongState, naming both states and what is possible, unless the table permits the move."""
    possible = moves.get(current, frozenset())
    if to in possible:
        return
    way_out = ", ".join(sorted(possible)) or "nothing, it is final"
    raise WrongState(f"download {name!r} cannot go from {current} to {to}; from {current} it can become: {way_out}")
