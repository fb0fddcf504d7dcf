"""Why a transfer ended without a file: for good, for now, or because somebody stopped it."""

from __future__ import annotations


class Stopped(Exception):
    """The download was cancelled, or the studio is closing: leave no trace and say nothing."""


class TransferFailed(Exception):
    """For good: trying again would end the same way. code: stable; message: a sentence to act on."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class PassingFault(TransferFailed):
    """For now: worth another attempt.

    wait_seconds: what the hub asked for; None: ours to choose. arrived: whether the attempt that ended with it has
    come further than any before.
    """

    def __init__(self, code: str, message: str, *, wait_seconds: float | None = None) -> None:
        super().__init__(code, message)
        self.wait_seconds = wait_seconds
        self.arrived = False
