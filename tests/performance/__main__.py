"""`python -m tests.performance [--write]` measures everything and prints a table; --write keeps it in RESULTS.md."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.performance import (
    characters,
    download_queue,
    downloads,
    generation,
    harness,
    job_assets,
    library,
    recipes,
    storage,
)
from tests.performance.measuring import machine, markdown, show

RESULTS = Path(__file__).with_name("RESULTS.md")
HEAD = """# Figures

Taken by `make bench` (`python -m tests.performance --write`): medians of alternating runs, each beside its limit; a
ratio below 1 is within it. Machines are shared: read ratios before seconds.

Limits in seconds are goals set on a faster machine, on which a scenario of 5 sentences and 5 requests took about 4 ms
with pytest-bdd and allure-pytest alone. The rows “the same against …” measure such peers in the same run, on the same
machine: they tell how much of a figure is ours.
"""

REMARKS = """
The bare job queue (`tests/performance/peers.py`) inserts a row, has a thread mark it done and tells a WebSocket: what
FastAPI, SQLAlchemy and SQLite take on this machine without a picture, a file, attempts, leases or refusals.

The trivial prompt (EmptyImage, SaveImage) beside the real ComfyUI 0.8.0 on its CPU, in turns on a busy machine,
2026-11-21: the real server 13.8 and 17.6 ms in two runs of medians (fastest 5.0), niced; the double 4.1 and 5.3 (3.1).
"""


def main() -> int:
    parts = {
        "The harness": list(harness.figures()),
        "Generation": list(generation.figures()),
        "Downloads": [*downloads.figures(), *download_queue.figures()],
        "The library": list(library.figures()),
        "Recipes": list(recipes.figures()),
        "Characters and storage": [*characters.figures(), *storage.figures(), *job_assets.figures()],
    }
    for name, figures in parts.items():
        show(figures, name)
    print(machine())
    if "--write" in sys.argv:
        tables = "".join(f"\n## {name}\n\n{markdown(figures)}\n" for name, figures in parts.items())
        RESULTS.write_text(f"{HEAD}\n{machine()}\n{tables}{REMARKS}", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
