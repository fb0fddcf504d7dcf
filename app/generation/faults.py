"""What can go wrong with an attempt, told apart by what would help.

BackendDown is the closed list of passing faults: the same attempt may succeed later. Everything else fails
the job at once.
"""

from __future__ import annotations

from app.errors import StudioError, Unavailable


class BackendDown(Unavailable):
    """The backend cannot be reached, restarts, or lost the work: another attempt may help.

    wait_seconds: None lets the studio choose how long to wait; 0 asks for another attempt at once.
    """

    code = "backend_down"
    title = "The image backend cannot be reached"

    def __init__(self, message: str, *, wait_seconds: float | None = None) -> None:
        super().__init__(message)
        self.wait_seconds = wait_seconds


class OutOfMemory(Unavailable):
    """The graphics card has no room for this picture; a smaller one may fit."""

    code = "out_of_memory"
    title = "Out of memory"


class BackendFailed(StudioError):
    """The backend tried, and failed for a reason of its own. node: the workflow's node at fault, where there is one."""

    status, code, title = 502, "backend_failed", "The image backend failed"

    def __init__(self, message: str, *, node: str | None = None) -> None:
        super().__init__(message)
        self.node = node


class TooLong(StudioError):
    """The attempt took longer than the time limit."""

    status, code, title = 504, "time_limit", "It took too long"
