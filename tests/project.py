"""A copy of this project in a folder of its own, in which a test may plant whatever fault it wants to see caught."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.nursery import ALREADY_HERE, Nursery

ROOT = Path(__file__).resolve().parent.parent
CODE = ("app", "support", "steps", "conftest.py", "environment.py", "pyproject.toml")


@cache
def nursery() -> Nursery:
    """This process's own, begun when a run is first made."""
    return Nursery()


@dataclass(frozen=True)
class Run:
    """What a command did. text: its output and errors together, as a person sees them."""

    status: int
    text: str


class Project:
    """A copy of the code, without features unless asked for."""

    def __init__(self, folder: Path, *, features: bool = False) -> None:
        self.folder = folder
        for name in (*CODE, *(["features"] if features else [])):
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, folder / name)
            else:
                shutil.copy2(source, folder / name)
        (folder / "features").mkdir(exist_ok=True)
        (folder / "tests").mkdir(exist_ok=True)

    def feature(self, text: str, name: str = "planted.feature") -> Path:
        path = self.folder / "features" / name
        path.write_text(text, "utf-8")
        return path

    def steps(self, text: str, name: str = "planted.py") -> Path:
        path = self.folder / "steps" / name
        path.write_text(f"from support.bdd import UndefinedStep, given, then, when\n\n\n{text}\n", "utf-8")
        return path

    def plant(self, file: str, old: str, new: str) -> None:
        """Replace one place in the code. Raises ValueError unless it stands there exactly once."""
        path = self.folder / file
        text = path.read_text("utf-8")
        if text.count(old) != 1:
            raise ValueError(f"{file} holds {text.count(old)} times, not once:\n{old}")
        path.write_text(text.replace(old, new), "utf-8")
        # Copied with its time of change to the second, and perhaps of the same size: nothing else would tell.
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"):
            compiled.unlink()

    def pytest(self, *arguments: str) -> Run:
        return self.run("-m", "pytest", "-p", "no:cacheprovider", *arguments)

    def behave(self, *arguments: str) -> Run:
        return self.run("-m", "behave", *arguments)

    def run(self, *arguments: str) -> Run:
        """Run Python in the project's folder."""
        unwanted = ("PYTEST_", "BACKEND", "PYTHONDONTWRITEBYTECODE")
        environment = {k: v for k, v in os.environ.items() if not k.startswith(unwanted)} | {"COLUMNS": "160"}
        if arguments[0] == "-m" and hasattr(os, "fork"):
            return self._forked(arguments[1], list(arguments[2:]), environment)
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Run(done.returncode, done.stdout + done.stderr)

    def _forked(self, module: str, arguments: list[str], environment: dict[str, str]) -> Run:
        """The same from the nursery, which has the libraries already."""
        told = self.folder / "told.txt"
        more = ALREADY_HERE if module == "pytest" else ()
        status = nursery().run(module, [*more, *arguments], folder=self.folder, environment=environment, told=told)
        return Run(status, told.read_text("utf-8", errors="replace"))
