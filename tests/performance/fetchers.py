"""`python -m tests.performance.fetchers ours|single FOLDER` fetches, each time an address is written to it, and tells

what that took as a line of JSON: seconds, processor seconds, bytes of memory above idle, SHA-256.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import threading
import time
from pathlib import Path

import httpx

from app.clock import SystemClock
from app.downloads.sources import Source
from app.downloads.stop import Stop
from app.downloads.transfer import Transfer, Tuning
from app.downloads.web import Web
from app.model_files import ModelKind

READ_BYTES = 1024 * 1024


class Nobody:
    """Watches nothing."""

    def answered(self, name: str, bytes_total: int | None) -> None:
        """It may."""

    def arrived(self, bytes_done: int) -> None:
        """It may."""


class Ours:
    """The studio's own transfers. connections: at the most."""

    def __init__(self, connections: int = 16) -> None:
        tuning = Tuning(connections, None, 30.0, 0, None, {})
        web = Web(clock=SystemClock(), allow_private=True, stall_seconds=30)
        self.transfer = Transfer(web=web, clock=SystemClock(), tuning=lambda: tuning)

    def fetch(self, url: str, folder: Path) -> str:
        return self.begin(url, folder, Stop())

    def begin(self, url: str, folder: Path, stop: Stop) -> str:
        source = Source((url,), "model.safetensors", ModelKind.LORAS)
        return self.transfer.fetch(source, folder / "ours" / "model.part", stop, Nobody()).sha256

    def forget(self, folder: Path) -> None:
        self.transfer.forget(folder / "ours" / "model.part")


class Single:
    """The usual way: one stream, hashed and written as it comes."""

    def fetch(self, url: str, folder: Path) -> str:
        digest = hashlib.sha256()
        with (
            httpx.Client(trust_env=False, timeout=30) as client,
            client.stream("GET", url) as answer,
            (folder / "single").open("wb") as file,
        ):
            for some in answer.iter_bytes(READ_BYTES):
                digest.update(some)
                file.write(some)
        return digest.hexdigest()

    def forget(self, folder: Path) -> None:
        (folder / "single").unlink(missing_ok=True)


def memory_of(name: str) -> int:
    """VmRSS or VmHWM of this process, in bytes; 0 where the system does not say."""
    try:
        found = re.search(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text("ascii"))
    except OSError:
        return 0
    return int(found[1]) * 1024 if found else 0


def cancel(ours: Ours, url: str, folder: Path) -> dict[str, float]:
    """How long it takes from the stop until the place and the disk are free, midway. In seconds."""
    stop, over = Stop(), threading.Event()

    def carry() -> None:
        try:
            ours.begin(url, folder, stop)
        except BaseException:  # what it is told as is for the tests
            ours.forget(folder)
        over.set()

    threading.Thread(target=carry).start()
    over.wait(0.3)
    began = time.perf_counter()
    stop.set()
    over.wait()
    return {"seconds": time.perf_counter() - began}


def measure(engine: Ours | Single, url: str, folder: Path) -> dict[str, object]:
    idle, before = memory_of("VmRSS"), os.times()
    began = time.perf_counter()
    sha256 = engine.fetch(url, folder)
    taken = time.perf_counter() - began
    after = os.times()
    engine.forget(folder)
    return {
        "seconds": taken,
        "processor": after.user + after.system - before.user - before.system,
        "memory_bytes": memory_of("VmHWM") - idle,
        "sha256": sha256,
    }


def main() -> None:
    name, folder = sys.argv[1], Path(sys.argv[2])
    engine = Single() if name == "single" else Ours(int(sys.argv[3]) if len(sys.argv) > 3 else 16)
    print("ready", flush=True)
    for line in sys.stdin:
        word, _, url = line.strip().partition(" ")
        if word == "cancel":
            assert isinstance(engine, Ours)
            print(json.dumps(cancel(engine, url, folder)), flush=True)
        else:
            print(json.dumps(measure(engine, url, folder)), flush=True)


if __name__ == "__main__":
    main()
