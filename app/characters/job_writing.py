"""Changes of a stored job, each whole or not at all, one at a time.

1. The lock, an object of its own, says who changes the job, and which objects belong to nobody if that fails.
2. New objects get their own keys, which nobody looks at yet; what replaces another waits beside the job.
3. The manifest, or the journal where something waits, is written: the change counts.
4. What waits gets its place; what is left over is removed; the lock goes.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO, TypeVar, cast

from app.characters.job_change import Change, Plan, Supply, is_new, planned
from app.characters.job_layout import FINAL, JOBS, key_of
from app.characters.job_manifest import Asset, Manifest, Version, as_bytes, version_key
from app.characters.job_moving import Summed, at_once
from app.characters.job_store import JOURNAL, LOCK, MAX_LOOKS, JobStore, Journal
from app.clock import Clock
from app.errors import Conflict, NoSuchObject, StorageUnavailable
from app.storage.port import ObjectStore

LEASE = timedelta(minutes=15)
JSON = "application/json"

T = TypeVar("T")

log = logging.getLogger("app.characters")


@dataclass(frozen=True)
class Hold:
    """The lock's content. loose: keys that nothing refers to unless the manifest does."""

    run: str
    holder: str
    until: datetime
    loose: frozenset[str]

    def as_bytes(self) -> bytes:
        told = {"run": self.run, "holder": self.holder, "until": self.until.isoformat(), "loose": sorted(self.loose)}
        return json.dumps(told).encode()

    @classmethod
    def read(cls, data: bytes) -> Hold:
        told: dict[str, Any] = json.loads(data)
        until = datetime.fromisoformat(told["until"]).astimezone(UTC)
        return cls(str(told["run"]), str(told["holder"]), until, frozenset(map(str, told["loose"])))


class JobWriter:
    """One turn at one job: nobody else changes it between `begin` and `end`.

    holder: the studio's name; what it has left behind itself, after a crash, it takes over at once. limit: versions
    that are kept.
    """

    def __init__(self, store: ObjectStore, job_id: str, *, holder: str, clock: Clock, limit: int) -> None:
        self.job = JobStore(store, job_id)
        self.manifest = Manifest(job_id)
        self._store = store
        self._clock = clock
        self._limit = limit
        self._hold = Hold(uuid.uuid4().hex, holder, clock.now(), frozenset())
        self._counts = False

    @property
    def _lock_key(self) -> str:
        return f"{self.job.pending}{LOCK}"

    def begin(self) -> None:
        """Take the lock, finish what somebody has left. Raises Conflict while another studio changes the job."""
        self._take()
        journal = self.job.journal()
        if journal is not None:
            self._finish(journal)
        self.manifest = self.job.look().manifest
        self._sweep()

    def end(self) -> None:
        self._store.delete(self._lock_key)

    def give_up(self) -> None:
        """After an error: leave no trace, unless the change may count; the next turn sees to that.

        Raises Conflict when the lock is another studio's by now, who has seen to it, too.
        """
        self._check_hold()
        if not self._counts:
            self._sweep()
            self.end()

    def carry_out(self, change: Change) -> Manifest:
        """The job after the change. Raises StorageUnavailable, Conflict: the job is as before then, or as after."""
        old = self.manifest
        kept = self._kept(old, change) if change.keep_finals else None
        plan = planned(old, change, f"{self.job.pending}{self._hold.run}/")
        new = self._after(old, change, plan, kept)
        self._note(loose=(old.keys ^ new.keys) | plan.direct)
        if change.version is not None:
            self._each(lambda asset: self._store.stat(asset.key), change.version.files.values())
        if kept is not None:
            self._each(lambda path: self._store.copy(old.files[path].key, kept.files[path].key), kept.files)
        self._each(lambda path: self._put(plan.targets[path], change.supplies[path]), change.supplies)
        self._check_hold()
        self._counts = True
        if plan.moves:
            journal = Journal(f"{self.job.pending}{self._hold.run}/{JOURNAL}", new, plan.moves, plan.cleared)
            self._store.put(journal.key, journal.as_bytes(), JSON)
            self._finish(journal)
        else:
            self._store.put(new.key, as_bytes(new), JSON)
        self.manifest = new
        self._sweep()
        self._counts = False
        return new

    def _after(self, old: Manifest, change: Change, plan: Plan, kept: Version | None) -> Manifest:
        files = {path: asset for path, asset in old.files.items() if path not in plan.removed}
        for path, one in change.supplies.items():
            files[path] = Asset(key_of(old.job_id, path), one.size_bytes, one.sha256, one.content_type)
        for path, asset in change.version.files.items() if change.version else ():
            files[path] = replace(asset, key=key_of(old.job_id, path))
        versions = old.versions if kept is None else (*old.versions, kept)
        return replace(
            old,
            persisted_at=self._clock.now(),
            files=files,
            versions=tuple(sorted(versions, key=lambda one: one.number))[-self._limit :],
            metadata=old.metadata if change.metadata is None else change.metadata,
        )

    def _kept(self, old: Manifest, change: Change) -> Version | None:
        """The finals of now as the next version, under keys where nothing is, whoever may have put it there.

        Those that the store has lost are in no version; None when there is nothing to keep.
        """
        there = {found.key: found.size_bytes for found in self._store.list(f"{JOBS}/{old.job_id}/{FINAL}/")}
        finals = {path: one for path, one in old.finals.items() if there.get(one.key) == one.size_bytes}
        if not is_new(finals, old.versions):
            return None
        taken = there.keys() | {key_of(old.job_id, path) for path in change.supplies}
        number = 1 + max((version.number for version in old.versions), default=0)
        while any(version_key(old.job_id, path, number) in taken for path in finals):
            number += 1
        files = {path: replace(one, key=version_key(old.job_id, path, number)) for path, one in finals.items()}
        return Version(number, self._clock.now(), files)

    def _put(self, key: str, supply: Supply) -> None:
        """Raises Conflict when the content is not what was announced: somebody has written to the file meanwhile."""
        with supply.open() as stream:
            counted = Summed(stream)
            self._store.put(key, cast(BinaryIO, counted), supply.content_type)
        if counted.found != (supply.size_bytes, supply.sha256):
            raise Conflict(
                f"a file of job {self.job.job_id!r} was written to while it was being stored; nothing was stored, try "
                "again when it is finished",
                code="changed_meanwhile",
            )

    def _take(self) -> None:
        for _ in range(MAX_LOOKS):
            with suppress(Conflict):
                return self._store.put(self._lock_key, self._renewed().as_bytes(), JSON, only_if_absent=True)
            with suppress(NoSuchObject):
                found = self._read_hold()
                if found.holder != self._hold.holder and found.until > self._clock.now():
                    raise self._busy()
                self._hold = replace(self._hold, loose=found.loose)
                return self._store.put(self._lock_key, self._renewed().as_bytes(), JSON)
        raise self._busy()

    def _busy(self) -> Conflict:
        return Conflict(
            f"job {self.job.job_id!r} is being changed by another studio; try again when that is over", code="job_busy"
        )

    def _read_hold(self) -> Hold:
        try:
            return Hold.read(self._store.read(self._lock_key))
        except (ValueError, TypeError, LookupError) as error:
            raise StorageUnavailable(
                f"the lock {self._lock_key!r} is damaged; remove it", code="manifest_damaged"
            ) from error

    def _check_hold(self) -> None:
        """Raise Conflict when another studio has taken the lock, because we have been silent for too long."""
        try:
            if self._read_hold().run == self._hold.run:
                return
        except NoSuchObject:
            pass
        raise self._busy()

    def _renewed(self) -> Hold:
        self._hold = replace(self._hold, until=self._clock.now() + LEASE)
        return self._hold

    def _note(self, loose: Iterable[str]) -> None:
        self._hold = replace(self._hold, loose=self._hold.loose | frozenset(loose))
        self._store.put(self._lock_key, self._renewed().as_bytes(), JSON)

    def _keep_hold(self) -> None:
        if self._hold.until - self._clock.now() < LEASE / 2:
            self._check_hold()
            self._store.put(self._lock_key, self._renewed().as_bytes(), JSON)

    def _finish(self, journal: Journal) -> None:
        """Give everything its place; again is no different. The journal goes before what it refers to."""
        self._store.delete_all(journal.cleared)
        self._each(lambda move: self._move(*move), journal.moves)
        self._store.put(journal.manifest.key, as_bytes(journal.manifest), JSON)
        self._store.delete(journal.key)

    def _move(self, source: str, target: str) -> None:
        try:
            self._store.copy(source, target)
        except NoSuchObject:
            # Somebody has removed what waited. The change counts: the job is told to lack this file, and who has it
            # persists it once more; that must not fail for ever.
            log.error("%s was to be %s, and is gone", source, target)

    def _sweep(self) -> None:
        """Remove what belongs to nobody: what has waited in vain, and loose objects that the manifest does not name."""
        waited = {found.key for found in self._store.list(self.job.pending)} - {self._lock_key}
        left = waited | (self._hold.loose - self.manifest.keys)
        if left:
            self._store.delete_all(sorted(left))
        self._hold = replace(self._hold, loose=frozenset())

    def _each(self, work: Callable[[T], object], of: Iterable[T]) -> None:
        at_once(work, of, between=self._keep_hold)
