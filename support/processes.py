"""Servers of ours in processes of their own, as people run them: they can be killed, and their memory weighed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx

from support.sockets import listen_on_socket
from support.studios import EventStream, StudioDidNotStart

ROOT = Path(__file__).resolve().parent.parent
END_WITHIN_SECONDS = 10
ANNOUNCES = "listening on "


class Process:
    """`python -m …` with `arguments`, up once its one line has told its address; it may be started again after its end.

    settings: by the names of Settings, or as the environment holds them; nothing else of this process's
    environment reaches it. folder: where it runs, which holds no `.env`, and where what it says on stderr is kept.
    """

    def __init__(self, *arguments: str, folder: Path, settings: Mapping[str, Any] | None = None) -> None:
        written = {name.upper(): _written(value) for name, value in (settings or {}).items()}
        self._command = [sys.executable, "-m", *arguments]
        self._folder = folder
        self._environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **written}
        self._log = folder / f"{arguments[0]}.log"
        self._process: subprocess.Popen[str] | None = None
        self.address = ""

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def start(self, *more: str) -> None:
        """Start it, with further arguments. Raises StudioDidNotStart with what it said instead."""
        with self._log.open("ab") as log:
            self._process = process = subprocess.Popen(
                [*self._command, *more],
                cwd=self._folder,
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        output: Any = process.stdout  # a pipe, as asked for
        announced: str = output.readline()
        if not announced.startswith(ANNOUNCES):
            self.close()
            raise StudioDidNotStart(announced + self._log.read_text("utf-8", "replace"))
        self.address = announced.removeprefix(ANNOUNCES).strip()

    @property
    def resident_bytes(self) -> int:
        """How much memory it holds, as Linux tells it."""
        if self._process is None:
            raise StudioDidNotStart("nothing runs that could be weighed")
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def kill(self) -> None:
        """End it at once, as a cut cable does: it has no moment to tidy up."""
        process, self._process = self._process, None
        if process is not None:
            with process:
                process.kill()

    def close(self) -> None:
        """Ask it to end, and end it when it does not. Harmless when it has ended."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(END_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            return
        with self._process:
            self._process = None


class ProcessStudio(Process):
    """`python -m app` on a free loopback port, up once it is built. It lives by the machine's clock.

    Raises StudioDidNotStart.
    """

    def __init__(self, settings: Mapping[str, Any], folder: Path) -> None:
        super().__init__("app", "--port", "0", folder=folder, settings=settings)
        self.start()

    def transport(self) -> httpx.BaseTransport:
        return httpx.HTTPTransport()

    def listen(self, path: str, headers: dict[str, str]) -> EventStream:
        return listen_on_socket(self.address, path, headers)


def _written(value: Any) -> str:
    """A setting as an environment holds it."""
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
