"""`python -m support.servers.comfyui`: the double alone, until interrupted."""

from __future__ import annotations

import argparse
import threading
from pathlib import Path

from support.servers.comfyui import FAILURES, PROFILES, ComfyUI


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m support.servers.comfyui", description="ComfyUI's double, alone")
    parser.add_argument("--port", type=int, default=0, help="0, the default, picks a free one")
    parser.add_argument("--profile", choices=PROFILES, default="0.8", help="the version that it is; default: 0.8")
    parser.add_argument("--failure", choices=FAILURES, help="what goes wrong, with every prompt")
    parser.add_argument("--step-seconds", type=float, default=0.0, help="seconds that each inference step takes")
    parser.add_argument("--folder", type=Path, help="where its pictures lie; default: one that goes with it")
    parser.add_argument("--front-end", type=Path, help="folder of pages to serve: `static` of comfyui-frontend-package")
    chosen = parser.parse_args()
    with ComfyUI(
        port=chosen.port,
        profile=chosen.profile,
        step_seconds=chosen.step_seconds,
        folder=chosen.folder,
        front_end=chosen.front_end,
    ) as double:
        if chosen.failure:
            double.fails(chosen.failure)
        print(f"listening on {double.url}", flush=True)
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print(double.log())


if __name__ == "__main__":
    main()
