"""`python -m app.downloads URL…` downloads models without a studio.

It prints the path of every file that it kept on stdout, a line each, and everything else on stderr. It ends with
0 when all are there, 1 when one was refused for good, 2 when it was called wrongly, 75 when one may work later,
130 when it was interrupted. After 75 and 130 the same command goes on where this one stopped.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from pydantic import ValidationError
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from app.clock import SystemClock
from app.downloads.alone import Alone
from app.downloads.faults import PassingFault, Stopped, TransferFailed
from app.downloads.keys import fault_of_key
from app.downloads.orders import Order, orders_of
from app.downloads.stop import Stop
from app.errors import InvalidInput
from app.settings import Settings, explain

DONE, REFUSED, WRONG_CALL, TRY_LATER, INTERRUPTED = 0, 1, 2, 75, 130
END_WITHIN_SECONDS = 10.0
GO_ON = "run the same command again to go on"


@dataclass(frozen=True)
class Asked:
    """A request that has nothing but addresses, and perhaps a sum."""

    urls: Sequence[str]
    sha256: str | None
    source: None = None
    model_id: None = None
    model_version_id: None = None
    file: None = None
    repo_id: None = None
    revision: None = None
    filename: None = None
    kind: None = None
    relative_path: None = None


class Bar:
    """One download on the terminal: a bar that moves, or, where stderr is none, a line when it has to wait."""

    def __init__(self, progress: Progress, order: Order) -> None:
        self.name = order.label
        self.bytes_done = 0
        self.bytes_total: int | None = None
        self._progress = progress
        self._row = progress.add_task(self.name, total=None, visible=not progress.disable)

    def answered(self, name: str, bytes_total: int | None) -> None:
        self.name, self.bytes_total = name, bytes_total
        self._progress.update(self._row, description=name, total=bytes_total)

    def arrived(self, bytes_done: int) -> None:
        self.bytes_done = max(self.bytes_done, bytes_done)
        self._progress.update(self._row, completed=self.bytes_done)

    def waits(self, until: str, why: str) -> None:
        say(self._progress, f"{self.name}: {why}; waiting until {until}")

    @property
    def so_far(self) -> str:
        total = "" if self.bytes_total is None else f" of {self.bytes_total:,}"
        return f"{self.bytes_done:,}{total} bytes of {self.name} are kept"


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m app.downloads",
        description="Download models: from plain addresses, and from the pages of the model hubs.",
        epilog="Ends with 0: all there; 1: refused for good; 2: called wrongly; 75: may work later; 130: interrupted. "
        "After 75 and 130 the same command goes on. Hubs, proxy and the rest come from the studio's settings.",
    )
    parser.add_argument("urls", nargs="+", metavar="URL", help="address of a file, or of a model's page on a hub")
    parser.add_argument("--into", type=Path, default=Path(), metavar="DIR", help="folder to keep them in (default: .)")
    parser.add_argument("--sha256", help="what the file must have, of a single address")
    parser.add_argument("--connections", type=int, metavar="N", help="for one file at the most, 1 to 16 (default: 16)")
    parser.add_argument("--attempts", type=int, default=5, metavar="N", help="in vain before giving up (default: 5)")
    parser.add_argument(
        "--key",
        action="append",
        default=[],
        metavar="HOST=VARIABLE",
        help="the key for a host, by the name of the environment variable that holds it",
    )
    parser.add_argument("--quiet", action="store_true", help="no progress bar")
    return parser.parse_args(arguments)


def keys_in(told: Sequence[str], environment: Mapping[str, str]) -> dict[str, str]:
    """The keys by host, out of the environment: a command's arguments are there for everybody to read.

    Raises InvalidInput for one that is told wrongly or is not there.
    """
    keys = {}
    for each in told:
        host, separator, variable = each.rpartition("=")
        if not separator or not host:
            raise InvalidInput("--key: say HOST=VARIABLE, with the variable's name and not the key itself")
        if variable not in environment:
            raise InvalidInput(f"--key: the environment holds no such variable for {host}")
        fault = fault_of_key(host, environment[variable])
        if fault is not None:
            raise InvalidInput(f"--key: {fault}")
        keys[host] = environment[variable]
    return keys


def main(arguments: Sequence[str] | None = None) -> int:
    options = parse(arguments)
    try:
        chosen = {} if options.connections is None else {"download_connections": options.connections}
        settings = Settings(**chosen)
        if options.sha256 is not None and not re.fullmatch("[0-9a-fA-F]{64}", options.sha256):
            raise InvalidInput("--sha256: a SHA-256 has 64 hexadecimal digits")
        keys = keys_in(options.key, os.environ)
        orders = orders_of(
            Asked(options.urls, options.sha256),
            civitai_url=settings.hub_url,
            huggingface_url=settings.huggingface_url,
        )
    except ValidationError as error:
        return wrong_call(explain(error))
    except InvalidInput as error:
        return wrong_call(error.message)
    alone = Alone(settings, folder=options.into.resolve(), keys=keys, clock=SystemClock())
    try:
        return _download_all(alone, orders, options)
    finally:
        alone.close()


def wrong_call(why: str) -> int:
    print(why, file=sys.stderr)
    return WRONG_CALL


def say(progress: Progress, text: str) -> None:
    """Above the bars; never read as markup, because names come from hubs."""
    progress.console.print(text, markup=False, highlight=False, soft_wrap=True)


def _download_all(alone: Alone, orders: Sequence[Order], options: argparse.Namespace) -> int:
    """Every order in turn; the worst of their ends."""
    console = Console(stderr=True)
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    ends = set()
    signal.signal(signal.SIGTERM, _interrupt)
    with Progress(*columns, console=console, disable=options.quiet or not console.is_terminal) as progress:
        for order in orders:
            end = _download(alone, order, progress, attempts=options.attempts)
            ends.add(end)
            if end == INTERRUPTED:
                break
    return next(end for end in (INTERRUPTED, REFUSED, TRY_LATER, DONE) if end in ends)


def _download(alone: Alone, order: Order, progress: Progress, *, attempts: int) -> int:
    """One order, carried by a thread of its own, so that Ctrl-C is heard whatever that one waits for."""
    stop, bar, ended = Stop(), Bar(progress, order), threading.Event()
    ends = []

    def carry() -> None:
        try:
            for kept in alone.download(order, stop, bar, attempts=attempts):
                print(kept.path, flush=True)
            ends.append(DONE)
        except Stopped:
            say(progress, f"interrupted; {bar.so_far}; {GO_ON}")
            ends.append(INTERRUPTED)
        except PassingFault as fault:
            say(progress, f"{bar.name}: {fault.message} ({fault.code}); {bar.so_far}; {GO_ON}")
            ends.append(TRY_LATER)
        except TransferFailed as fault:
            say(progress, f"{bar.name}: {fault.message} ({fault.code})")
            ends.append(REFUSED)
        finally:
            ended.set()

    threading.Thread(target=carry, name="download", daemon=True).start()
    try:
        # Not for the thread itself: an interrupted join takes it for ended (Python 3.11).
        ended.wait()
    except KeyboardInterrupt:
        stop.set()
        ended.wait(END_WITHIN_SECONDS)
    return ends[0] if ends else (INTERRUPTED if stop.event.is_set() else REFUSED)


def _interrupt(*_: object) -> NoReturn:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
