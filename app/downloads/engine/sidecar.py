"""The note beside a partial file: whose bytes it holds, and which of them can be trusted after whatever happened."""

from __future__ import annotations

import contextlib
import json
import os
import zlib
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from app.downloads.engine.blocks import Ranges
from app.downloads.engine.marks import Mark

MAX_BYTES = 16 * 1024 * 1024


@dataclass(frozen=True)
class Note:
    """What is known of a partial file.

    address: its source's, without secrets. name: what the file will be called. mark: how its source told it from
    others. total: bytes. written: ranges that were handed to the system, which keeps them through a kill; flushed:
    those that the disk had, which stay through a power cut. furthest: the most bytes that there ever were. boot:
    the run of the machine in which this was noted. mixed: whether another address gave some of it.
    """

    address: str
    name: str
    mark: Mark
    total: int | None
    written: Ranges = ()
    flushed: Ranges = ()
    furthest: int = 0
    boot: str = ""
    mixed: bool = False

    @property
    def trusted(self) -> Ranges:
        """The ranges that are surely there now."""
        return self.written if self.boot and self.boot == this_boot() else self.flushed


@cache
def this_boot() -> str:
    """What tells this run of the machine from the last; empty where the system does not say."""
    with contextlib.suppress(OSError):
        return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
    return ""


def sidecar_of(partial: Path) -> Path:
    return partial.with_name(f"{partial.name}.json")


def read(path: Path) -> Note | None:
    """The note at `path`; None when there is none, or it is not exactly as it was written."""
    try:
        with path.open("rb") as file:
            text = file.read(MAX_BYTES)
        kept = json.loads(text)
        if kept["crc32"] != _sum(kept["note"]):
            return None
        return _note(kept["note"])
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        return None


def write(path: Path, note: Note, *, lasting: bool = False) -> None:
    """Keep the note in place of the last one, never half of it. lasting: also through a power cut. Raises OSError."""
    kept = asdict(note)
    fresh = path.with_name(f"{path.name}.new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump({"note": kept, "crc32": _sum(kept)}, file)
        if lasting:
            file.flush()
            os.fsync(file.fileno())
    fresh.replace(path)


def remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    path.with_name(f"{path.name}.new").unlink(missing_ok=True)


def _note(kept: dict[str, Any]) -> Note:
    """Read what was kept; its sum is right, so that only another version's note could be anything else."""
    ranges = {name: tuple((int(start), int(stop)) for start, stop in kept[name]) for name in ("written", "flushed")}
    return Note(**{**kept, **ranges, "mark": Mark(**kept["mark"])})


def _sum(kept: dict[str, Any]) -> int:
    return zlib.crc32(json.dumps(kept, sort_keys=True).encode())
