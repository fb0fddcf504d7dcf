"""The library: files enter by a download or a scan, and are found by name, by their sums, by what is said of them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from app.clock import Clock
from app.database import Database
from app.errors import InvalidInput, NotFound, StudioError, Unavailable
from app.library.bulk import nothing_to_collect
from app.library.catalogue import Catalogue, Where
from app.library.checking import Duplicates, Verification, checked, duplicates_in
from app.library.hashes import Interrupted, plain
from app.library.listing import DEFAULT_ORDER, EVERYTHING, Order, Page, Wanted, page_of
from app.library.model import Model
from app.library.progress import Progress
from app.library.reading import contents_of, new_model, with_contents
from app.library.scan import Scan, ScanReport
from app.library.sidecars import completed, sidecar_of
from app.library.store import Changing, Follower, Rows, Store
from app.library.walking import found_at
from app.model_files import ModelKind

log = logging.getLogger("app.library")

DEFAULT_LIBRARY = "default"
Roots = Mapping[ModelKind, Sequence[Path]]


class Library:
    """The index of the weights on disk.

    roots_of: where each kind of model lives in the library that is open, new models in the first; library_name: which
    one that is; libraries: the roots of all of them. Call `settings_changed` when any of these is another one.
    safe_mode: whether what is mature is hidden.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        roots_of: Callable[[ModelKind], Sequence[Path]],
        library_name: Callable[[], str] = lambda: DEFAULT_LIBRARY,
        libraries: Callable[[], Mapping[str, Roots]] = dict,
        safe_mode: Callable[[], bool] = lambda: False,
    ) -> None:
        self.progress = Progress()
        self.safe_mode = safe_mode
        self.clock = clock
        self._store = Store(database)
        self._roots_of = roots_of
        self._library_name = library_name
        self._libraries = libraries
        self._followers: list[Follower] = []
        self._writing = threading.RLock()
        self._scanning = {kind: threading.Lock() for kind in ModelKind}
        self._stop = threading.Event()
        # Guards what follows; held for moments only.
        self._state = threading.Lock()
        self._loading = threading.Lock()
        self._catalogue: Catalogue | None = None
        self._written_meanwhile: list[tuple[list[Model], set[str]]] | None = None
        self._loaded_for: Where | None = None
        self._edition = 0

    # What is there

    @property
    def catalogue(self) -> Catalogue:
        """Everything of the library that is open; read from the database at first need."""
        return self._catalogue or self._load()

    def get(self, kind: ModelKind, model_id: str) -> Model:
        """Raises NotFound, for an excluded one too."""
        model = self.entry(kind, model_id)
        if model.excluded:
            raise NotFound(f"{model.name!r} is excluded; include it to use it")
        return model

    def entry(self, kind: ModelKind, model_id: str) -> Model:
        """A model, excluded or not. Raises NotFound."""
        found = self.catalogue.entry(model_id)
        if found is None or found.kind != kind:
            raise NotFound(f"there is no model {model_id[:100]!r} among the {kind}; GET /api/lm/{kind} lists them")
        return found

    def path_of(self, model: Model) -> Path:
        return model.path

    def roots_of(self, kind: ModelKind) -> Sequence[Path]:
        return self._roots_of(kind)

    def known_as(self, sum_: str, kind: ModelKind | None = None) -> Sequence[Model]:
        """The files with this SHA-256, AutoV2 or AutoV3: copies of one content, or none.

        A short sum that files of different content share says nothing about which is meant: none.
        """
        sums = (self._catalogue or self._load()).by_sum
        found = sums.get(sum_)
        if found is None:
            found = sums.get(plain(sum_), ())
        if kind is not None and (len(found) > 1 or (found and found[0].kind != kind)):
            found = tuple(model for model in found if model.kind == kind)
        if len(found) > 1 and len({model.sha256 for model in found}) > 1:
            return ()
        return found

    def named(self, text: str, kind: ModelKind | None = None) -> list[Model]:
        """All that a name may mean: in any case, extension optional; with a folder that very file."""
        return self.catalogue.named(text, kind)

    def by_name(self, text: str, kind: ModelKind | None = None) -> Model | None:
        """The one model that a name means; None when there is none, or more than one."""
        found = self.catalogue.named(text, kind)
        return found[0] if len(found) == 1 else None

    def by_version(self, model_version_id: int) -> Model | None:
        """The model of a version at its hub; None when there is none, or there are several of different content."""
        found = self.catalogue.of_version(model_version_id)
        return found[0] if len({model.sha256 for model in found}) == 1 else None

    def page(
        self,
        kind: ModelKind,
        wanted: Wanted = EVERYTHING,
        *,
        page: int = 1,
        page_size: int = 20,
        order: str = DEFAULT_ORDER,
    ) -> Page:
        """One page of what is wanted. order: name, date or size, with `:desc` the last first. Raises InvalidInput."""
        known = self.known_as(wanted.sum_, kind) if wanted.sum_ is not None else ()
        begin = (page - 1) * page_size
        return page_of(self.catalogue, kind, wanted, known, order=Order.of(order), begin=begin, end=begin + page_size)

    def duplicates(self, kind: ModelKind) -> Duplicates:
        return duplicates_in(self.catalogue.ordered(kind, DEFAULT_ORDER))

    # Changing it

    def follow_renames(self, follower: Follower) -> None:
        """Have `follower` called within the transaction of every rename and move."""
        self._followers.append(follower)

    @contextmanager
    def changing(self) -> Iterator[Changing]:
        """One change at a time, in one transaction; then it is in force for everybody. An exception changes nothing."""
        with self._writing:
            with self._store.session() as session:
                changing = Changing(session, self._store, self._followers)
                yield changing
            with self._state:
                if self._written_meanwhile is not None:
                    self._written_meanwhile.append((list(changing.puts.values()), changing.drops))
                if self._catalogue is not None:
                    self._catalogue.apply(list(changing.puts.values()), changing.drops)

    def register(self, path: Path, kind: ModelKind, sha256: str, about: Mapping[str, Any] | None = None) -> Model:
        """Take in a file that has just been stored, whose SHA-256 is known. Raises OSError, BrokenHeader.

        about: what its hub said of it, for a sidecar; what one says already is not touched.
        """
        library, root = self._home_of(path, kind)
        with completed(sidecar_of(path), about or {}):
            return self._register(path, kind, sha256, library, root)

    def _register(self, path: Path, kind: ModelKind, sha256: str, library: str, root: str) -> Model:
        found = found_at(path, root)
        contents = contents_of(path, sha256.lower())
        with self.changing() as changing:
            before = self.catalogue.at(kind, found.key) if library == self._library_name() else None
            model = before or new_model(library, kind, found, self.clock.now())
            known = [] if before is not None else changing.at(model)
            if known:  # of a library that is not open, or in an entry that makes no sense
                changing.drop(*known)
                model = replace(model, id=known[0])
            model = with_contents(model, found, contents)
            if before is not None and model != before:
                model = replace(model, modified_at=self.clock.now())
            changing.put(model)
        return model

    def scan(self, kind: ModelKind, *, full: bool = False) -> ScanReport:
        """Make the index match the disk; only files of another size or time than before are hashed, or all.

        What is found is there for everybody while the scan goes on. Raises Unavailable when the studio closes,
        Conflict when another library is opened meanwhile.
        """
        with self._scanning[kind]:
            scan = Scan(
                self,
                kind,
                library=self._library_name(),
                roots=[str(root) for root in self._roots_of(kind)],
                clock=self.clock,
                tell=partial(self.progress.tell, kind),
                stop=self._stop,
                full=full,
            )
            try:
                return scan.run()
            except Exception as error:
                why = error.message if isinstance(error, StudioError) else "something unexpected happened"
                self.progress.tell(kind, "failed", {"why": why})
                if isinstance(error, Interrupted):
                    raise Unavailable("the studio closes; scan again once it is back") from error
                raise

    def verify(self, kind: ModelKind, model_ids: Sequence[str] | None) -> Verification:
        """Hash these files again, or all; the index says from then on what was found. Raises NotFound for an id."""
        if model_ids is None:
            models = self.catalogue.ordered(kind, DEFAULT_ORDER)
        else:
            models = [self.get(kind, model_id) for model_id in dict.fromkeys(model_ids)]
        found = Verification()
        for model in models:
            changed = checked(model, found, self._stop)
            if changed is not None:
                with self.changing() as changing:
                    now = self.catalogue.entry(model.id)
                    if now is None or now.place != model.place:
                        continue  # renamed or deleted meanwhile
                    after = with_contents(replace(now, modified_at=self.clock.now()), *changed)
                    changing.put(after)
                found.changed.append(after)
        return found

    def rows(self, kind: ModelKind) -> Rows:
        """What the database has of a kind in the library that is open."""
        return self._store.load(self._library_name(), self._first_roots(), kind)

    def forget(self, library: str) -> None:
        """Drop the index of a library that is not open; its files stay."""
        with self._writing:
            self._store.forget(library)

    def settings_changed(self) -> None:
        """Perhaps another library is open, or its roots are others: then what is in memory is read anew at need."""
        with self._state:
            if self._loaded_for != self._where():
                self._edition += 1
                self._catalogue = self._loaded_for = None

    def close(self) -> None:
        """End what is under way."""
        self._stop.set()

    def _load(self) -> Catalogue:
        with self._loading:
            while self._catalogue is None:
                with self._state:
                    edition = self._edition
                    self._written_meanwhile = []
                where = self._where()
                with nothing_to_collect():
                    rows = self._store.load(where.library, self._first_roots())
                    catalogue = Catalogue(rows.models, covers=where.covers)
                with self._state:
                    for put, drop in self._written_meanwhile:
                        catalogue.apply(put, drop)
                    self._written_meanwhile = None
                    if edition == self._edition:
                        self._catalogue = catalogue
                        self._loaded_for = where
                if rows.damaged:
                    log.warning("%d entries of the library make no sense; a scan repairs them", len(rows.damaged))
            return self._catalogue

    def _where(self) -> Where:
        roots = ((kind, str(root)) for kind in ModelKind for root in self._roots_of(kind))
        return Where(self._library_name(), frozenset(roots))

    def _first_roots(self) -> dict[ModelKind, str]:
        return {kind: str(self._roots_of(kind)[0]) for kind in ModelKind}

    def _home_of(self, path: Path, kind: ModelKind) -> tuple[str, str]:
        """The library and the root that a file lies in."""
        here = {self._library_name(): {kind: self._roots_of(kind)}}
        for library, roots in (*here.items(), *self._libraries().items()):
            for root in roots.get(kind, ()):
                if path.is_relative_to(root):
                    return library, str(root)
        raise InvalidInput(f"{path.name} lies below no folder of the {kind}")
