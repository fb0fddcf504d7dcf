"""The double's failure modes by name: which are on, and for how many prompts yet."""

from __future__ import annotations

import errno
import os
import threading
from typing import Literal, get_args

from support.servers.comfyui.nodes.registry import OutOfMemoryError

FailureMode = Literal[
    "out of memory",
    "node error",
    "slow",
    "hang",
    "restart",
    "dropped sockets",
    "full disk",
    "unknown model",
    "refuses",
    "refuses a part",
    "deaf",
    "old version",
]
FAILURES: tuple[FailureMode, ...] = get_args(FailureMode)

# What shows while a prompt runs, and is spent by it.
OF_A_PROMPT: tuple[FailureMode, ...] = (
    "out of memory",
    "node error",
    "slow",
    "hang",
    "restart",
    "dropped sockets",
    "full disk",
)
# What the server is like as a whole: it stays until works_again().
LASTING: tuple[FailureMode, ...] = ("unknown model", "old version")
SLOWER = 10


class Failures:
    """Which failures are on. A count says for how many more prompts; None: until they are cleared. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._left: dict[FailureMode, int | None] = {}

    def begin(self, name: FailureMode, times: int | None) -> None:
        """Raises ValueError for an unknown name, and for a count where there is nothing to count."""
        if name not in FAILURES:
            raise ValueError(f"there is no failure {name!r}; there are {', '.join(FAILURES)}")
        if times is not None and (name in LASTING or times < 1):
            raise ValueError(f"{name!r} cannot last {times} times; leave `times` out, it lasts until works_again()")
        with self._lock:
            self._left[name] = times

    def end(self) -> None:
        with self._lock:
            self._left.clear()

    def on(self, name: FailureMode) -> bool:
        with self._lock:
            return name in self._left

    def spend(self, name: FailureMode) -> bool:
        """Whether this occasion falls under the failure, whose count is then one less."""
        with self._lock:
            return self._spend(name)

    def of_next_prompt(self) -> frozenset[FailureMode]:
        """The failures that the prompt which begins now will meet."""
        with self._lock:
            return frozenset(name for name in OF_A_PROMPT if self._spend(name))

    def _spend(self, name: FailureMode) -> bool:
        if name not in self._left:
            return False
        left = self._left[name]
        if left is not None and left <= 1:
            del self._left[name]
        elif left is not None:
            self._left[name] = left - 1
        return True


def out_of_memory() -> OutOfMemoryError:
    return OutOfMemoryError("Allocation on device 0 would exceed allowed memory. (out of memory)")


def broken_node() -> RuntimeError:
    return RuntimeError("mat1 and mat2 shapes cannot be multiplied (77x768 and 2048x320)")


def full_disk() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
