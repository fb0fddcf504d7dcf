"""Making the index match the disk: what is new is hashed, what is gone leaves, what has moved keeps its entry."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from app.clock import Clock
from app.errors import Conflict
from app.library.bulk import nothing_to_collect
from app.library.catalogue import Catalogue
from app.library.model import Model, Place
from app.library.reading import Contents, contents_of, new_model, with_contents, with_neighbours
from app.library.store import Changing, Damaged, Rows
from app.library.walking import Found, Told, Walk, walk
from app.model_files import BrokenHeader, ModelKind

# So many files, or so many seconds, until what has been hashed is written down and can be found.
BATCH = 200
BATCH_SECONDS = 1.0

Tell = Callable[[str, dict[str, Any]], None]


@dataclass
class ScanReport:
    """What a scan found and did.

    found: model files on disk; added, changed, gone: how the index changed to match them. unreadable: files that
    cannot be used as models; sidecars: those that cannot be read, of models that can; repaired: entries that made no
    sense, and are made anew from the disk.
    """

    found: int = 0
    added: int = 0
    changed: int = 0
    gone: int = 0
    unreadable: list[Told] = field(default_factory=list)
    sidecars: list[Told] = field(default_factory=list)
    repaired: list[Told] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        lists = {name: [vars(one) for one in getattr(self, name)] for name in ("unreadable", "sidecars", "repaired")}
        return {**vars(self), **lists}


class Index(Protocol):
    """What a scan needs of the library."""

    @property
    def catalogue(self) -> Catalogue: ...

    def rows(self, kind: ModelKind) -> Rows: ...

    def changing(self) -> AbstractContextManager[Changing]: ...


@dataclass(frozen=True)
class _Read:
    """A file that has been looked into. known: its entry when the scan began; contents: None for those of before."""

    found: Found
    known: Model | None
    contents: Contents | None = None


class Scan:
    """One scan of one kind. roots: the kind's in the active library; tell: hears how it goes."""

    def __init__(
        self,
        index: Index,
        kind: ModelKind,
        *,
        library: str,
        roots: Sequence[str],
        clock: Clock,
        tell: Tell,
        stop: threading.Event,
        full: bool = False,
    ) -> None:
        self.report = ScanReport()
        self._index = index
        self._catalogue = index.catalogue
        self._kind = kind
        self._library = library
        self._roots = roots
        self._clock = clock
        self._tell = tell
        self._stop = stop
        self._full = full
        self._walk = Walk()
        self._damaged: dict[Place, Damaged] = {}
        # Entries whose files were not met, by hash: a file of that content is one of them under another name.
        self._missing: dict[str, list[Model]] = {}

    def run(self) -> ScanReport:
        """Raises Interrupted when the studio closes meanwhile, Conflict when another library is opened."""
        self._tell("started", {})
        with nothing_to_collect():
            rows = self._index.rows(self._kind)
            self._walk = walk(self._roots)
            self.report.found = len(self._walk.found)
            self.report.unreadable += self._walk.unreadable
            fresh, settled = self._sort_out(rows)
        self._write(settled)
        self._hash(fresh)
        self._drop_what_is_gone()
        self._tell("completed", self.report.as_json())
        return self.report

    def _sort_out(self, rows: Rows) -> tuple[list[_Read], list[_Read]]:
        """The files that must be hashed, and those of which only what lies beside them is new."""
        known = {model.place: model for model in rows.models}
        self._damaged = {damaged.place: damaged for damaged in rows.damaged}
        # A root may have been moved as a whole, and the settings with it.
        elsewhere = {_signature(m): m for m in rows.models if m.root not in self._roots}
        fresh: list[_Read] = []
        settled: list[_Read] = []
        for found in self._walk.found:
            model = known.pop(found.key, None)
            if model is None and found.key not in self._damaged:
                twin = elsewhere.pop(_signature(found), None)
                if twin is not None and not twin.path.exists():
                    model = known.pop(twin.place)
            if model is None or self._full or not _is_unchanged(model, found):
                fresh.append(_Read(found, model))
            elif model.id in rows.rootless or _differs_beside(model, found):
                settled.append(_Read(found, model))
            elif model.sidecar_fault is not None:
                self.report.sidecars.append(Told(model.file, model.sidecar_fault))
        for model in known.values():
            self._missing.setdefault(model.sha256, []).append(model)
        return fresh, settled

    def _hash(self, fresh: Sequence[_Read]) -> None:
        """Look into files, and write down what is known so far now and then: nobody waits for the last of them."""
        read: list[_Read] = []
        written = time.monotonic()
        done, of = self.report.found - len(fresh), self.report.found
        self._tell("progress", {"done": done, "of": of})
        for one in fresh:
            found = self._looked_into(one)
            if found is not None:
                read.append(found)
            done += 1
            self._tell("progress", {"done": done, "of": of})
            if len(read) >= BATCH or time.monotonic() - written > BATCH_SECONDS:
                self._write(read)
                read, written = [], time.monotonic()
        self._write(read)

    def _looked_into(self, read: _Read) -> _Read | None:
        """A file with its contents; None when there is nothing to write down of it."""
        found = read.found
        registered = self._catalogue.at(self._kind, found.key)
        if registered is not None and read.known is None and not self._full and _is_unchanged(registered, found):
            return None  # a download brought it while this scan was under way
        try:
            return replace(read, contents=contents_of(found.path, stop=self._stop))
        except BrokenHeader as error:
            why = str(error)
        except FileNotFoundError:
            return None
        except OSError as error:
            why = error.strerror or "it cannot be read"
        self.report.unreadable.append(Told(found.file, why))
        if read.known is not None:
            self._missing.setdefault("", []).append(read.known)
        return None

    def _write(self, read: Sequence[_Read]) -> None:
        if not read:
            return
        with self._changing() as changing:
            models = [model for one in read for model in self._written(one)]
            changing.put(*models)

    def _written(self, read: _Read) -> Iterable[Model]:
        """How an entry must be written, if at all: others have changed the library meanwhile, and the disk."""
        found = read.found
        if not found.is_still_there():
            return
        before = self._entry_of(read)
        if before is None and read.contents is None:
            return
        now = self._clock.now()
        after = _moved_to(before, found) if before else new_model(self._library, self._kind, found, now)
        contents = read.contents
        after = with_neighbours(after, found) if contents is None else with_contents(after, found, contents)
        if after.sidecar_fault is not None:
            self.report.sidecars.append(Told(after.file, after.sidecar_fault))
        damaged = self._damaged.pop(found.key, None)
        if damaged is not None:
            after = replace(after, id=damaged.id, excluded=damaged.excluded)
            self.report.repaired.append(Told(after.file, damaged.why))
        elif before is None:
            self.report.added += 1
        elif _has_changed(before, after):
            self.report.changed += 1
            after = replace(after, modified_at=now)
        if after != before:
            yield after

    def _entry_of(self, read: _Read) -> Model | None:
        """What is known now of a file: at its place, or of the one that it was under another name."""
        found, contents = read.found, read.contents
        entry = self._catalogue.at(self._kind, found.key)
        if entry is None and read.known is not None and read.known.root not in self._roots:
            entry = read.known
        if entry is None and contents is not None and found.key not in self._damaged:
            moved = self._missing.get(contents.sums.sha256, [])
            moved.sort(key=lambda model: model.file_name == found.name)
            while moved and entry is None:
                model = moved.pop()
                if not model.path.exists() and self._is_as_before(model):
                    entry = model
        return entry

    def _is_as_before(self, model: Model) -> bool:
        """Whether nobody has renamed or deleted a model since the scan began. Below an old root nobody can."""
        entry = self._catalogue.entry(model.id)
        return model.root not in self._roots if entry is None else entry.place == model.place

    def _drop_what_is_gone(self) -> None:
        broken = self._missing.pop("", [])
        missing = [model for models in self._missing.values() for model in models]
        with self._changing() as changing:
            gone = [model for model in missing if self._is_gone(model)] + [m for m in broken if self._is_as_before(m)]
            self.report.gone += sum(model.root in self._roots for model in gone)
            hollow = [damaged for damaged in self._damaged.values() if self._is_hollow(damaged)]
            self.report.repaired += [Told("/".join(filter(None, one.place[1:])), one.why) for one in hollow]
            changing.drop(*(model.id for model in gone), *(damaged.id for damaged in hollow))

    def _is_gone(self, model: Model) -> bool:
        """Whether its file is no more, or is found in another way; what nobody could look for is not gone."""
        if not self._is_as_before(model) or self._walk.could_not_see(model.place):
            return False
        return not model.path.is_file() or (model.root in self._roots and self._walk.has_met(model.path))

    def _is_hollow(self, damaged: Damaged) -> bool:
        """Whether an entry that makes no sense stands for no file of this kind either."""
        return damaged.kind == self._kind and not self._walk.could_not_see(damaged.place)

    def _changing(self) -> AbstractContextManager[Changing]:
        if self._index.catalogue is not self._catalogue:
            raise Conflict("another library was opened, or its folders were changed, during the scan; scan again")
        return self._index.changing()


def _signature(file: Model | Found) -> tuple[str, int, int]:
    return file.file, file.size_bytes, file.mtime_ns


def _is_unchanged(model: Model, found: Found) -> bool:
    return (model.size_bytes, model.mtime_ns) == (found.size_bytes, found.mtime_ns)


def _differs_beside(model: Model, found: Found) -> bool:
    return (model.place, model.preview, model.sidecar_stamp) != (found.key, found.preview, found.sidecar_stamp)


def _moved_to(model: Model, found: Found) -> Model:
    return replace(model, root=found.root, folder=found.folder, file_name=found.name, name=found.stem)


def _has_changed(before: Model, after: Model) -> bool:
    """Whether anything that others see is different; a sidecar may have been written again with the same words."""
    return replace(before, sidecar_stamp="", mtime_ns=0) != replace(after, sidecar_stamp="", mtime_ns=0)
