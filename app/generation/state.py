"""The states of a generation job, and the only table that says which moves are legal."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from app.errors import WrongState


class JobState(StrEnum):
    PENDING = "pending"
    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


S = JobState
Moves = Mapping[JobState, frozenset[JobState]]

MOVES: Moves = {
    # Straight to failed as well: what cannot be read from the row any more will never run.
    S.PENDING: frozenset({S.RUNNING, S.CANCELLED, S.FAILED}),
    S.RUNNING: frozenset({S.COMPLETED, S.FAILED, S.CANCELLED}),
    S.COMPLETED: frozenset(),
    S.FAILED: frozenset({S.PENDING}),
    S.CANCELLED: frozenset({S.PENDING}),
}

UNFINISHED = frozenset({S.PENDING, S.RUNNING})
FINAL = frozenset({S.COMPLETED, S.FAILED, S.CANCELLED})


def check_move(job_id: str, current: JobState, to: JobState) -> None:
    """Raise WrongState, naming both states and what is possible, unless the table permits the move."""
    possible = MOVES[current]
    if to in possible:
        return
    way_out = ", ".join(sorted(possible)) or "nothing, it is final"
    raise WrongState(f"job {job_id} cannot go from {current} to {to}; from {current} it can become: {way_out}")
