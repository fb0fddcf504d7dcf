"""A folder that is watched: a picture that comes to lie there becomes a recipe, once it is there whole."""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from collections.abc import Iterable
from itertools import chain
from pathlib import Path

from app.errors import StudioError
from app.recipes.batch import Batches
from app.recipes.batch_sources import ENDINGS, read_below, title_of
from app.recipes.embedding import without
from app.recipes.service import Draft

log = logging.getLogger("app")

CLOSE_WITHIN_SECONDS = 2.0
# The watcher gathers what happens within so many milliseconds, and comes back to see whether it is to stop.
_GATHERED_MS = 50
_LOOKED_MS = 500
_PNG, _PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB`\x82"
_JPEG, _JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"

# A file as it was met: its path below the folder, its bytes, its time.
_Met = tuple[str, int, int]


class Watcher:
    """Watches one folder, on a thread of its own. ledger: where it is written down what has been taken.

    What was taken once is not taken again, so that a recipe that was deleted stays deleted while its picture lies
    in the folder.
    """

    def __init__(self, *, batches: Batches, folder: Path, ledger: Path) -> None:
        self._batches = batches
        self._folder = folder
        self._ledger = ledger
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._met: set[_Met] = set()
        self._sums: set[str] = set()

    def start(self) -> None:
        self._thread = threading.Thread(target=self._watch, name="recipe-watcher", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._stop.set()
        if self._thread is not None:
            self._thread.join(CLOSE_WITHIN_SECONDS)

    def _watch(self) -> None:
        # Most studios watch nothing, and need not load what watches.
        from watchfiles import watch  # noqa: PLC0415

        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._folder = self._folder.resolve()
            self._read_ledger()
            swept = False
            for changes in watch(
                self._folder,
                stop_event=self._stop,
                debounce=_GATHERED_MS,
                step=_GATHERED_MS,
                rust_timeout=_LOOKED_MS,
                yield_on_timeout=True,
                raise_interrupt=False,
            ):
                if swept:
                    self._take_all(chain.from_iterable(_with_all_below(Path(path)) for _, path in changes))
                else:
                    # Only now, when whatever comes later is told of: nothing falls between the two.
                    self._take_all(sorted(self._folder.rglob("*")))
                    swept = True
        except Exception as error:
            log.error("the folder %s is watched no longer", self._folder, exc_info=error)

    def _take_all(self, paths: Iterable[Path]) -> None:
        for path in paths:
            if self._stop.is_set():
                return
            inside = path.relative_to(self._folder)
            hidden = any(part.startswith(".") for part in inside.parts)
            if not hidden and path.suffix.lower() in ENDINGS:
                self._take(path, inside.as_posix())

    def _take(self, path: Path, name: str) -> None:
        try:
            told = path.stat()
            met = (name, told.st_size, told.st_mtime_ns)
            if met in self._met:
                return
            data = read_below(self._folder, path, name)
            if not ends_whole(data):
                return  # more of it will come, and we shall hear of that
            sum_ = hashlib.sha256(without(data)).hexdigest()
            if sum_ not in self._sums:
                self._batches.keep_once(Draft(title_of(name), data))
            self._note(met, sum_)
        except FileNotFoundError:
            return  # gone again, or called otherwise by now
        except StudioError as error:
            # Half written as likely as damaged: the next change of it brings us back.
            log.info("%s in the watched folder is not taken yet: %s", name, error)
        except Exception as error:  # one file's fault is not the others'
            log.exception("%s in the watched folder cannot be taken", name, exc_info=error)

    def _read_ledger(self) -> None:
        if not self._ledger.exists():
            return
        for line in self._ledger.read_text("utf-8").splitlines():
            try:
                name, size, moment, sum_ = json.loads(line)
            except ValueError:  # the last line, cut off by a crash
                continue
            self._met.add((name, size, moment))
            self._sums.add(sum_)

    def _note(self, met: _Met, sum_: str) -> None:
        with self._ledger.open("a", encoding="utf-8") as file:
            file.write(json.dumps([*met, sum_]) + "\n")
        self._met.add(met)
        self._sums.add(sum_)


def _with_all_below(path: Path) -> list[Path]:
    """What a new folder holds by the time that we hear of it, we are told of by that alone."""
    return sorted(path.rglob("*")) if path.is_dir() else [path]


def ends_whole(data: bytes) -> bool:
    """Whether the file reaches to its own end, as far as its format says where that is.

    A picture may be shown from less than all of its file, without the texts that come last in it. Programs add
    what they like behind the end (a film, for one), so that it need not be the last of the file.
    """
    if data.startswith(_PNG):
        return _PNG_END in data
    if data.startswith(_JPEG):
        return _JPEG_END in data
    if data[:4] == b"RIFF":
        return len(data) >= int.from_bytes(data[4:8], "little") + 8
    return bool(data)
