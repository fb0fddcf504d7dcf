"""Nothing may be left behind by a scenario: no thread, no open file, no socket, no temporary folder."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from support.waiting import until

HANDLES = "/dev/fd"


class SomethingLeftBehind(Exception):
    """A scenario ended, and something that it began goes on."""


@dataclass(frozen=True)
class Traces:
    """What there is in this process at one moment."""

    threads: frozenset[threading.Thread]
    handles: frozenset[tuple[str, str]]
    temporary: frozenset[str]

    @classmethod
    def now(cls) -> Traces:
        temporary = os.listdir(tempfile.gettempdir())  # noqa: PTH208
        return cls(frozenset(threading.enumerate()), _handles(), frozenset(temporary))

    def since(self, before: Traces) -> list[str]:
        """What is there now and was not `before`, in words."""
        return [
            *(f"thread {thread.name!r}" for thread in self.threads - before.threads if thread.is_alive()),
            *(_named(handle) for handle in sorted(self.handles - before.handles)),
            *(f"temporary {name!r}" for name in sorted(self.temporary - before.temporary)),
        ]


def _handles() -> frozenset[tuple[str, str]]:
    """Open file descriptors with what each is open on; empty where the system does not show them.

    With os, not pathlib: this runs twice a scenario, and Path objects take three times as long.
    """
    found = set()
    try:
        numbers = os.listdir(HANDLES)  # noqa: PTH208
    except OSError:
        return frozenset()
    for number in numbers:
        try:
            found.add((number, os.readlink(f"{HANDLES}/{number}")))  # noqa: PTH115
        except OSError:
            continue  # the handle of this very listing
    return frozenset(found)


def _named(handle: tuple[str, str]) -> str:
    number, target = handle
    kind = "socket" if target.startswith("socket:") else "pipe" if target.startswith("pipe:") else "file"
    return f"{kind} {number} open on {target}"


def check(before: Traces) -> None:
    """Raise SomethingLeftBehind unless everything since `before` has ended.

    Threads that are just ending, and objects in reference cycles, are given a moment and a collection.
    """
    # A thread that is just ending costs a moment; a collection, tens of milliseconds once many objects live.
    if until(lambda: not Traces.now().since(before), within=timedelta(milliseconds=20)):
        return
    gc.collect()
    if until(lambda: not Traces.now().since(before), within=timedelta(seconds=1)):
        return
    left = Traces.now().since(before)
    raise SomethingLeftBehind("the scenario left behind: " + "; ".join(left))


@contextmanager
def own_temporary_folder() -> Iterator[Path]:
    """A folder for this process's temporary files that nobody else writes to; gone at the end.

    In memory where the system has such a place and TMPDIR names no other: making a file there costs a
    fortieth of what it may cost on a disk.
    """
    memory = Path("/dev/shm")
    usual = "TMPDIR" in os.environ or not os.access(memory, os.W_OK)
    previous = tempfile.tempdir
    folder = tempfile.mkdtemp(prefix="proofsheet-", dir=None if usual else memory)
    # xdist may end a worker before pytest has closed what it holds: the process's own end sees to it then.
    remove = partial(shutil.rmtree, folder, ignore_errors=True)
    atexit.register(remove)
    tempfile.tempdir = folder
    try:
        yield Path(folder)
    finally:
        tempfile.tempdir = previous
        remove()
        atexit.unregister(remove)
