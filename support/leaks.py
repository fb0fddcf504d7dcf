"""Nothing may be left behind by a scenario: no thread, no open file, no socket, no temporary folder."""

from __future__ import annotations

import gc
import tempfile
import threading
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from support.waiting import until

HANDLES = Path("/dev/fd")


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
        return cls(
            frozenset(threading.enumerate()),
            _handles(),
            frozenset(p.name for p in Path(tempfile.gettempdir()).iterdir()),
        )

    def since(self, before: Traces) -> list[str]:
        """What is there now and was not `before`, in words."""
        return [
            *(f"thread {thread.name!r}" for thread in self.threads - before.threads if thread.is_alive()),
            *(_named(handle) for handle in sorted(self.handles - before.handles)),
            *(f"temporary {name!r}" for name in sorted(self.temporary - before.temporary)),
        ]


def _handles() -> frozenset[tuple[str, str]]:
    """Open file descriptors with what each is open on; empty where the system does not show them."""
    found = set()
    try:
        numbers = [p.name for p in HANDLES.iterdir()]
    except OSError:
        return frozenset()
    for number in numbers:
        try:
            found.add((number, str((HANDLES / number).readlink())))
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
    if not Traces.now().since(before):
        return
    gc.collect()
    if until(lambda: not Traces.now().since(before), within=timedelta(seconds=1)):
        return
    left = Traces.now().since(before)
    raise SomethingLeftBehind("the scenario left behind: " + "; ".join(left))


def own_temporary_folder(root: Path) -> None:
    """Give this process a folder for temporary files that nobody else writes to."""
    root.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(root)
