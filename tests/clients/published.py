"""The published clients, what each can do, and how a program is told to do it.

Deeds of a program; each prints one line of JSON, its last:
    paint URL GRAPH FOLDER    queue the graph, wait for its end, put its pictures into the folder:
                              {"prompt_id", "progress": [[step, of], …], "pictures": [paths]}
    upload URL PICTURE        {"name", "subfolder"}
    stop URL GRAPH            queue the graph, interrupt it as soon as it paints: {"prompt_id", "end": what it was told}
    queue URL                 {"running": [prompt ids], "pending": [prompt ids]}
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from support.servers.comfyui import ComfyUI
from tests.clients.installing import NODE, PLACE, installed, is_installed, program, version_of

Deed = Literal["paint", "upload", "stop", "queue"]
PATIENCE_SECONDS = 100
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


class ClientFailed(AssertionError):
    """A client's program did not end well; the message holds what it printed, and what the double was asked."""


@dataclass(frozen=True)
class Client:
    """One published client. package: its name at PyPI or npm; folder: of its pins and its program.

    always: installed and run by the suite itself; others run only where `make test-clients` has installed them.
    deeds: what the client has calls for. tells_each_step: False for one that thins progress out.
    takes_from_socket: pictures that are sent instead of kept reach it too. in_browser: its program needs Chromium.
    """

    package: str
    folder: str
    always: bool = False
    deeds: tuple[Deed, ...] = ("paint", "upload", "stop", "queue")
    tells_each_step: bool = True
    takes_from_socket: bool = False
    in_browser: bool = False

    def __str__(self) -> str:
        return f"{self.package} {version_of(self.folder, self.package)}"

    @property
    def missing(self) -> str | None:
        """Why it cannot be run here, or None if it can."""
        if not self.always and not is_installed(self.folder):
            return f"{self} is not installed: `make test-clients` installs it"
        if self.in_browser and browser() is None:
            return f"{self} needs a browser: none of {', '.join(BROWSERS)} is on the PATH"
        return None

    @property
    def pages(self) -> Path | None:
        """The folder of its pages, of a client that ComfyUI serves."""
        return next(PLACE.glob(f"{self.folder}/lib/python3*/site-packages/comfyui_frontend_package/static"), None)

    def asked(self, deed: Deed, double: ComfyUI, *arguments: object, home: Path) -> dict[str, Any]:
        """What its program answers. home: a folder of its own for whatever the client keeps.

        Raises NotInstalled, or ClientFailed if the program fails or is not done in time.
        """
        place = installed(self.folder)
        # Nothing of the user's: settings lie in a home of their own, and nobody is told of this run.
        surroundings = {
            "PATH": f"{place / 'bin'}:{NODE.parent}:{os.environ.get('PATH', '')}",
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "BROWSER_PROGRAM": browser() or "",
            "DO_NOT_TRACK": "1",
            "COMFY_NO_UPDATE_CHECK": "1",
        }
        with subprocess.Popen(
            [*program(self.folder), deed, double.url, *map(str, arguments)],
            cwd=home,
            env=surroundings,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        ) as running:
            try:
                printed, complained = running.communicate(timeout=PATIENCE_SECONDS)
            except subprocess.TimeoutExpired:
                # What it started, a browser or a program of the client, ends with it.
                os.killpg(running.pid, 9)
                printed, complained = running.communicate()
        if running.returncode != 0:
            said = f"{printed}{complained}\nThe double was asked:\n{double.log()}"
            raise ClientFailed(f"{self}, {deed!r}, ended with {running.returncode}:\n{said}")
        answer: dict[str, Any] = json.loads(printed.splitlines()[-1])
        return answer


CLIENTS = (
    Client("comfy-api-simplified", "comfy_api_simplified", always=True, takes_from_socket=True),
    Client("@stable-canvas/comfyui-client", "stable_canvas", always=True, deeds=("paint", "stop", "queue")),
    Client("@saintno/comfyui-sdk", "saintno_sdk"),
    Client("comfy-cli", "comfy_cli", tells_each_step=False),
    Client("comfyui-frontend-package", "front_end", in_browser=True),
)


def browser() -> str | None:
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)
