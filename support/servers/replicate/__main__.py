"""`python -m support.servers.replicate`: the double alone, until interrupted."""

from __future__ import annotations

import argparse
import threading

from support.servers.replicate import TOKEN, Replicate
from support.servers.replicate.trouble import FAILURES


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m support.servers.replicate", description="Replicate's double, alone"
    )
    parser.add_argument("--port", type=int, default=0, help="0, the default, picks a free one")
    parser.add_argument("--failure", choices=FAILURES, help="what goes wrong, with every order")
    parser.add_argument("--step-seconds", type=float, default=0.0, help="seconds that each inference step takes")
    chosen = parser.parse_args()
    with Replicate(port=chosen.port, step_seconds=chosen.step_seconds) as double:
        if chosen.failure:
            double.fails(chosen.failure)
        print(f"listening on {double.url}", flush=True)
        print(
            f"REPLICATE_URL={double.url} REPLICATE_API_TOKEN={TOKEN} REPLICATE_WEBHOOK_SECRET={double.webhook_secret}"
        )
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            print(double.log())


if __name__ == "__main__":
    main()
