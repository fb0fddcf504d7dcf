"""How figures are taken on shared machines: medians of alternating runs, each beside its limit."""

from __future__ import annotations

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("pytest", "pytest-bdd", "behave", "allure-pytest", "fastapi", "httpx", "sqlalchemy")


@dataclass(frozen=True)
class Figure:
    """One figure. limit: what it must not exceed, in the same unit; ratio to it below 1 is good."""

    what: str
    value: float
    unit: str
    limit: float | None = None

    @property
    def ratio(self) -> float | None:
        return None if self.limit is None else self.value / self.limit


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def alternating(works: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """The median seconds of each, taken in turns, so that a busy machine is busy for all of them."""
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            taken[name].append(seconds(work))
    return {name: statistics.median(values) for name, values in taken.items()}


def run(folder: Path, *arguments: str) -> str:
    """Run Python on `arguments` in a folder; its output. Raises RuntimeError when it fails."""
    done = subprocess.run([sys.executable, *arguments], cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
    return done.stdout


def machine() -> str:
    """What the figures were taken on: date, processor, Python, packages."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return (
        f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}, "
        f"Python {platform.python_version()}; {packages}"
    )


def rows(figures: Sequence[Figure]) -> list[tuple[str, str, str, str]]:
    shown = []
    for figure in figures:
        limit = "" if figure.limit is None else f"{figure.limit:g} {figure.unit}"
        ratio = "" if figure.ratio is None else f"{figure.ratio:.2f}"
        shown.append((figure.what, f"{figure.value:.3g} {figure.unit}", limit, ratio))
    return shown


def show(figures: Sequence[Figure], name: str) -> None:
    """Print the figures as a table."""
    table = Table("figure", "measured", "limit", "ratio", title=f"{name} (a ratio below 1 is within the limit)")
    for row in rows(figures):
        table.add_row(*row)
    Console().print(table)


def markdown(figures: Sequence[Figure]) -> str:
    lines = ["| figure | measured | limit | ratio |", "| --- | --- | --- | --- |"]
    lines += [f"| {' | '.join(row)} |" for row in rows(figures)]
    return "\n".join(lines)
