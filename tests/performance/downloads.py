"""What a verified download costs beside aria2c and beside one plain stream, from a server as fast as the machine."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.performance.measuring import ROOT, Figure

MIB = 1024 * 1024
ROUNDS = 5
CANCELS = 9
CONNECTIONS = 16
MEMORY_LIMIT_MB = 64.0
FREE_LIMIT_MS = 50.0
RAM_DISK = Path("/dev/shm")


@dataclass(frozen=True)
class Setting:
    """How the server behaves. rate: bytes a second for each connection; None: all that there is."""

    what: str
    size_bytes: int
    rate: int | None = None
    latency_seconds: float = 0.0


UNTHROTTLED = Setting("512 MiB, unthrottled", 512 * MIB)
THROTTLED = Setting("256 MiB, 20 MB/s a connection, 40 ms latency", 256 * MIB, 20_000_000, 0.04)

Fetch = Callable[[], dict[str, Any]]


@dataclass
class Taken:
    """What one engine took, run by run."""

    runs: list[dict[str, Any]] = field(default_factory=list)

    def median(self, what: str) -> float:
        return float(statistics.median(run[what] for run in self.runs))


def figures() -> Iterator[Figure]:
    """Both settings of the method; aria2c's rows only where it is installed."""
    folder = RAM_DISK if RAM_DISK.is_dir() else None
    with tempfile.TemporaryDirectory(dir=folder) as path:
        for setting in (UNTHROTTLED, THROTTLED):
            yield from _of_a_setting(setting, Path(path))


def _of_a_setting(setting: Setting, folder: Path) -> Iterator[Figure]:
    with _sending(setting, folder) as (url, sha256), ExitStack() as engines:
        ours = engines.enter_context(Engine("ours", folder))
        single = engines.enter_context(Engine("single", folder))
        fetches: dict[str, Fetch] = {
            "ours": lambda: ours.ask(f"fetch {url}"),
            "single": lambda: single.ask(f"fetch {url}"),
        }
        if shutil.which("aria2c"):
            fetches["aria2c"] = lambda: _aria2c(url, sha256, folder)
        taken = {name: Taken() for name in fetches}
        for _ in range(ROUNDS):
            for name, fetch in fetches.items():
                run = fetch()
                if run["sha256"] != sha256:
                    raise RuntimeError(f"{name} fetched another file")
                taken[name].runs.append(run)
        yield from _compared(setting, taken)
        freed = [ours.ask(f"cancel {url}")["seconds"] * 1000 for _ in range(CANCELS)]
        yield Figure(
            f"{setting.what}: cancelled midway until the place is free", statistics.median(freed), "ms", FREE_LIMIT_MS
        )
        yield Figure("the same, the slowest", max(freed), "ms", FREE_LIMIT_MS)


def _compared(setting: Setting, taken: dict[str, Taken]) -> Iterator[Figure]:
    ours, single, aria2c = taken["ours"], taken["single"], taken.get("aria2c")
    seconds = ours.median("seconds")
    yield Figure(f"{setting.what}, against one stream of httpx and hashlib", seconds, "s", single.median("seconds"))
    if aria2c is None:
        yield Figure("the same; aria2c is not installed here", seconds, "s")
    else:
        peer = f"aria2c -x{CONNECTIONS} -s{CONNECTIONS} --checksum"
        yield Figure(f"the same, against {peer}", seconds, "s", aria2c.median("seconds"))
        yield Figure("processor time, against aria2c's", ours.median("processor"), "s", aria2c.median("processor"))
    memory = max(run["memory_bytes"] for run in ours.runs) / 1e6
    yield Figure("memory above idle", memory, "MB", MEMORY_LIMIT_MB)


class Engine:
    """A fetcher of `tests/performance/fetchers.py` in a process of its own, which waits for orders."""

    def __init__(self, name: str, folder: Path) -> None:
        command = [sys.executable, "-m", "tests.performance.fetchers", name, str(folder), str(CONNECTIONS)]
        self._process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self._read()

    def __enter__(self) -> Engine:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def ask(self, order: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{order}\n")
        told: dict[str, Any] = json.loads(self._read())
        return told

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError("the fetcher has ended; see above")
        return line


def _aria2c(url: str, sha256: str, folder: Path) -> dict[str, Any]:
    """One run of aria2c at its best: without preallocation, and allowed as many connections as it may have."""
    command = [
        "aria2c", f"-x{CONNECTIONS}", f"-s{CONNECTIONS}", "-k1M", f"--checksum=sha-256={sha256}", "--no-conf",
        "--file-allocation=none", "--quiet", "--auto-file-renaming=false", "--allow-overwrite=true",
        "-d", str(folder), "-o", "aria2c", url,
    ]  # fmt: skip
    before, began = os.times(), time.perf_counter()
    subprocess.run(command, check=True)
    seconds, after = time.perf_counter() - began, os.times()
    found = _sum_of(folder / "aria2c")
    (folder / "aria2c").unlink()
    processor = after.children_user + after.children_system - before.children_user - before.children_system
    return {"seconds": seconds, "processor": processor, "sha256": found}


@contextmanager
def _sending(setting: Setting, folder: Path) -> Iterator[tuple[str, str]]:
    """A server in a process of its own; the file's address and its SHA-256."""
    path = folder / "published"
    with path.open("wb") as file:
        for _ in range(setting.size_bytes // MIB):
            file.write(os.urandom(MIB))
    command = [sys.executable, "-m", "tests.performance.sender", str(path), "--latency", str(setting.latency_seconds)]
    if setting.rate is not None:
        command += ["--rate", str(setting.rate)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None
            yield server.stdout.readline().split()[-1], _sum_of(path)
        finally:
            server.kill()
            path.unlink()


def _sum_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
