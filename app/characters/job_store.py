"""One job as the store holds it: what its readers see, also while it is being changed, and after a crash.

A change that replaces objects lies whole under `videos/{job_id}/pending/` before its journal does; the journal is the
moment at which it counts. From then on readers see the job as it will be, each object where it waits, and whoever
changes the job next finishes the change first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from app.characters.job_layout import JOBS, PENDING
from app.characters.job_manifest import Asset, Manifest, as_bytes, from_bytes
from app.errors import InvalidInput, NoSuchObject, NotFound, StorageUnavailable
from app.storage.port import ObjectStore, checked_key

JOURNAL = "journal.json"
LOCK = "lock.json"
MAX_LOOKS = 5


@dataclass(frozen=True)
class Journal:
    """A change that counts. moves: from the key where an object waits to its own; cleared: removed before them."""

    key: str
    manifest: Manifest
    moves: tuple[tuple[str, str], ...]
    cleared: tuple[str, ...]

    def as_bytes(self) -> bytes:
        told = {"manifest": as_bytes(self.manifest).decode(), "moves": self.moves, "cleared": self.cleared}
        return json.dumps(told).encode()


@dataclass(frozen=True)
class View:
    """A job as its readers see it. waiting: where the objects are that have not reached their keys, by those.

    quiet: nobody changes it now, and nobody was cut short at that.
    """

    manifest: Manifest
    quiet: bool = True
    waiting: Mapping[str, str] = field(default_factory=dict)

    def place_of(self, asset: Asset) -> str:
        """The key under which the asset's bytes are now."""
        return self.waiting.get(asset.key, asset.key)


class JobStore:
    """Reads one job."""

    def __init__(self, store: ObjectStore, job_id: str) -> None:
        self.store = store
        self.job_id = job_id
        self.pending = f"{JOBS}/{job_id}/{PENDING}/"

    def view(self) -> View:
        """Raises NotFound unless the job has been stored whole at least once."""
        view = self.look()
        if view.manifest.persisted_at is None:
            raise NotFound(
                f"nothing is stored of job {self.job_id!r}; persist it first", field="job_id", code="job_not_stored"
            )
        return view

    def look(self) -> View:
        """The same; a job that has not been stored is empty."""
        for _ in range(MAX_LOOKS):
            known = [found.key for found in self.store.list(self.pending)]
            try:
                journal = self._journal_in(known)
            except NoSuchObject:
                continue  # the change was finished between our two looks
            if journal is not None:
                return View(journal.manifest, False, {target: source for source, target in journal.moves})
            return View(self._manifest(), not known)
        raise StorageUnavailable(f"job {self.job_id!r} changes faster than it can be read; ask again")

    def journal(self) -> Journal | None:
        """The change that counts and has not been finished. Raises NoSuchObject when it is finished just now."""
        return self._journal_in([found.key for found in self.store.list(self.pending)])

    def _journal_in(self, known: list[str]) -> Journal | None:
        key = next((key for key in known if key.endswith(f"/{JOURNAL}")), None)
        return None if key is None else self._journal(key, self.store.read(key))

    def _journal(self, key: str, data: bytes) -> Journal:
        try:
            told = json.loads(data)
            return Journal(
                key,
                from_bytes(self.job_id, told["manifest"].encode()),
                tuple((self._own(source), self._own(target)) for source, target in told["moves"]),
                tuple(self._own(one) for one in told["cleared"]),
            )
        except (InvalidInput, ValueError, TypeError, LookupError, AttributeError) as error:
            raise StorageUnavailable(f"the journal {key!r} is damaged; remove it", code="manifest_damaged") from error

    def _own(self, key: str) -> str:
        if not checked_key(key).startswith(f"{JOBS}/{self.job_id}/"):
            raise ValueError(f"{key!r} is another job's")
        return key

    def _manifest(self) -> Manifest:
        empty = Manifest(self.job_id)
        try:
            return from_bytes(self.job_id, self.store.read(empty.key))
        except NoSuchObject:
            return empty
