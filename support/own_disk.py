"""A disk of a scenario's own, in memory: small enough to be filled up, or write-protected."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

FILLER = "somebody-else"


@cache
def can_mount() -> bool:
    """Whether this process may mount such a disk: on Linux, with the rights to."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    with tempfile.TemporaryDirectory(prefix="mount-") as folder:
        try:
            mounted(Path(folder), size_bytes=4096)()
        except OSError:
            return False
    return True


def mounted(folder: Path, *, size_bytes: int = 4096, read_only: bool = False) -> Callable[[], None]:
    """Mount an empty disk at `folder`, which is made. Returns what unmounts it. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    options = f"size={size_bytes}{',ro' if read_only else ''}"
    _run("mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder))
    return lambda: _run("umount", str(folder))


def write_protect(folder: Path) -> None:
    """Have the disk that is mounted there take nothing more. Raises OSError."""
    _run("mount", "-o", "remount,ro", str(folder))


def fill(folder: Path) -> None:
    """Write until nothing more fits on the disk that holds `folder`."""
    with (folder / FILLER).open("wb", buffering=0) as file:
        for piece in (bytes(1 << 20), bytes(4096)):
            try:
                while True:
                    file.write(piece)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise OSError(f"{command[0]} failed: {done.stderr.strip()}")
