"""Folders that are watched, so that what changes in them needs no scan by hand."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Protocol

from app.library.service import Roots
from app.model_files import ModelKind

log = logging.getLogger("app.library")

# Changes that follow each other within these times are one change: a file is copied in many pieces.
QUIET_MILLISECONDS = 100
LONGEST_MILLISECONDS = 1000
# How soon after the watch has begun the folders are looked at once more: what came in between nobody has told.
SETTLED_MILLISECONDS = 1000
CLOSING_SECONDS = 10


class Scanner(Protocol):
    """Whoever makes the index match the disk."""

    def scan(self, kind: ModelKind) -> object: ...


class Watching:
    """Scans the kinds in whose folders something has changed, on one thread. roots: of every kind that is watched now.

    Folders that are missing are made, because nothing can be told of what is not there.
    """

    def __init__(self, *, library: Scanner, roots: Callable[[], Roots]) -> None:
        self._library = library
        self._roots = roots
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()
        self._closing = False
        self._watched: Roots = {}

    def start(self) -> None:
        """Scan everything once, then whatever changes, until `close`."""
        with self._lock:
            if self._thread is None and not self._closing:
                self._thread = threading.Thread(target=self._run, name="library-watch", daemon=True)
                self._thread.start()

    def settings_changed(self) -> None:
        """Perhaps other folders have to be watched."""
        with self._lock:
            if self._watched != self._roots():
                self._stop.set()

    def close(self) -> None:
        """End the thread; the library has been told to give up what it scans."""
        with self._lock:
            self._closing = True
            self._stop.set()
            thread = self._thread
        if thread is not None:
            thread.join(CLOSING_SECONDS)

    def _run(self) -> None:
        while True:
            with self._lock:
                if self._closing:
                    return
                stop = self._stop = threading.Event()
                roots = self._watched = self._roots()
            try:
                self._watch(roots, stop)
            except Exception:
                log.exception("the library's folders cannot be watched; that is tried again when the settings change")
                stop.wait()

    def _watch(self, roots: Roots, stop: threading.Event) -> None:
        # Here, because hardly any studio watches: importing it takes 20 ms.
        from watchfiles import watch  # noqa: PLC0415

        folders = [str(root) for kind_roots in roots.values() for root in kind_roots if _is_there(root)]
        self._scan(roots)
        is_settled = False
        for changes in watch(
            *folders,
            watch_filter=None,
            stop_event=stop,
            step=QUIET_MILLISECONDS,
            debounce=LONGEST_MILLISECONDS,
            rust_timeout=SETTLED_MILLISECONDS,
            yield_on_timeout=True,
            raise_interrupt=False,
        ):
            if not is_settled:
                is_settled = True
                self._scan(roots)
            else:
                self._scan(kinds_of((Path(path) for _, path in changes), roots))

    def _scan(self, kinds: Iterable[ModelKind]) -> None:
        for kind in kinds:
            if self._stop.is_set():
                return
            try:
                self._library.scan(kind)
            except Exception:
                if not self._stop.is_set():
                    log.exception("the %s cannot be scanned; the next change is", kind)


def kinds_of(changed: Iterable[Path], roots: Mapping[ModelKind, Iterable[Path]]) -> list[ModelKind]:
    """The kinds of models in whose folders something has changed that is not hidden."""
    found = {
        kind: None
        for path in changed
        for kind, kind_roots in roots.items()
        for root in kind_roots
        if path.is_relative_to(root) and not any(part.startswith(".") for part in path.relative_to(root).parts)
    }
    return list(found)


def _is_there(root: Path) -> bool:
    with suppress(OSError):
        root.mkdir(parents=True, exist_ok=True)
        return True
    return False
