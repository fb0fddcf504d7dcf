"""A studio in a process of its own, as people run it: it can be killed, and its memory weighed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx

from support.sockets import listen_on_socket
from support.studios import EventStream, StudioDidNotStart

ROOT = Path(__file__).resolve().parent.parent
END_WITHIN_SECONDS = 10
ANNOUNCES = "listening on "


class ProcessStudio:
    """`python -m app` on a free loopback port, up once it is built. It lives by the machine's clock.

    settings: by the names of Settings; nothing else of this process's environment reaches it. folder: for
    what it says on stderr. Raises StudioDidNotStart.
    """

    def __init__(self, settings: Mapping[str, Any], folder: Path) -> None:
        environment = {name.upper(): _written(value) for name, value in settings.items()}
        self._log = folder / "studio.log"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "app", "--port", "0"],
                cwd=folder,  # where no .env lies
                env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        announced = self._output.readline()
        if not announced.startswith(ANNOUNCES):
            self.close()
            raise StudioDidNotStart(self._log.read_text("utf-8", "replace"))
        self.address = announced.removeprefix(ANNOUNCES).strip()

    @property
    def _output(self) -> Any:
        return self._process.stdout

    def transport(self) -> httpx.BaseTransport:
        return httpx.HTTPTransport()

    def listen(self, path: str, headers: dict[str, str]) -> EventStream:
        return listen_on_socket(self.address, path, headers)

    @property
    def resident_bytes(self) -> int:
        """How much memory it holds, as Linux tells it."""
        pages = int(Path(f"/proc/{self._process.pid}/statm").read_text("ascii").split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def kill(self) -> None:
        """End it at once, as a cut cable does: it has no moment to tidy up."""
        self._process.kill()
        self._process.wait()

    def close(self) -> None:
        self._process.terminate()
        try:
            self._process.wait(END_WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
        self._output.close()


def _written(value: Any) -> str:
    """A setting as an environment holds it."""
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else str(value)
