"""Python processes that begin with the libraries already there, forked from one that has nothing of ours.

Some 200 runs of pytest and behave are made in copies of the project; two seconds of each would be the same imports.
A run is what `python -m …` is in a new process otherwise: its own folder, environment, arguments and exit.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import runpy
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

# Libraries that everything here imports. pytest's plugins are not among them: it rewrites those as it loads them.
LIBRARIES = (
    "PIL.Image",
    "PIL.ImageDraw",
    "PIL.PngImagePlugin",
    "behave.__main__",
    "cucumber_expressions.expression",
    "fastapi",
    "filelock",
    "gherkin.parser",
    "httpx",
    "prometheus_client",
    "pydantic_settings",
    "pytest",
    "python_multipart",
    "sqlalchemy.dialects.sqlite",
    "sqlalchemy.orm",
    "starlette.middleware.cors",
    "uvicorn",
    "websockets.sync.client",
)
# anyio brings a plugin for pytest, too, and is here before pytest could rewrite it.
ALREADY_HERE = ("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning")


class Nursery:
    """One process that has the libraries, and forks. Its runs end with it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__))], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        atexit.register(self.close)

    def run(self, module: str, arguments: list[str], *, folder: Path, environment: dict[str, str], told: Path) -> int:
        """The exit status of `python -m module` in `folder`. told: the file that its output and errors go into."""
        asked = {"module": module, "arguments": arguments, "folder": str(folder), "environment": environment}
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        with self._lock:
            stdin.write(json.dumps(asked | {"told": str(told)}) + "\n")
            stdin.flush()
            return int(stdout.readline())

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()


def _serve() -> None:
    """Fork one process for each line that is asked, and tell its exit status."""
    del sys.path[0]  # this folder: its modules have names of their own in every copy
    for library in LIBRARIES:
        importlib.import_module(library)
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            _be(asked)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _be(asked: dict[str, Any]) -> NoReturn:
    """Be `python -m module`, to the end."""
    os.setpgid(0, 0)
    signal.alarm(120)  # as long as any run may take
    told = os.open(asked["told"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (told, 1), (told, 2)):
        os.dup2(source, target)
    os.close(told)
    os.close(nothing)
    os.chdir(asked["folder"])
    os.environ.clear()
    os.environ.update(asked["environment"])
    sys.stdin, sys.path = open(0, closefd=False), [asked["folder"], *sys.path]  # noqa: SIM115
    sys.argv = [asked["module"], *asked["arguments"]]
    status: object = 0
    try:
        runpy.run_module(asked["module"], run_name="__main__", alter_sys=True)
    except SystemExit as ending:
        status = ending.code
        if isinstance(status, str):
            print(status, file=sys.stderr)
    except BaseException:
        sys.excepthook(*sys.exc_info())
        status = 1
    threading._shutdown()  # type: ignore[attr-defined]  # what an interpreter does at its end
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status if isinstance(status, int) else int(status is not None))


if __name__ == "__main__":
    _serve()
