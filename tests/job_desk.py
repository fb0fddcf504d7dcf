"""A service that keeps the files of jobs, its stores, and the reference pictures that it is asked for."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Protocol

import pytest

from app.characters.assets import AssetPersistenceService
from app.characters.assets_restoring import Restored
from app.characters.assets_results import Persisted
from app.clock import Clock, SystemClock
from app.errors import NotFound, StorageUnreachable
from app.storage.folder import FolderStore
from app.storage.port import Link, ObjectStore, StoredObject
from tests.s3 import store_of

JOB = "film-7"
A, B = "0f6a1a1e-9d6b-4a53-8f4e-0d6b2f6f1a01", "0f6a1a1e-9d6b-4a53-8f4e-0d6b2f6f1a02"
FILM = {
    "final/video.mp4": b"the film",
    "final/extras/poster.png": b"a poster",
    "scenes/001.png": b"first",
    "scenes/act two/002 \u2013 n\u00e4chste.png": b"second",
    "audio/voice.wav": b"la la",
    "uploads/wish.txt": b"more cats",
    f"character_reference/{A}.png": b"hers",
    "metadata.json": b'{"title": "Cats",\n "takes": [1, 2]}\n',
    "script.json": b'{"scenes": 2}',
}


class Killed(BaseException):
    """The studio is no more: whatever it still does has no effect."""


class Counted:
    """A store that can be cut off: after so many changes, or calls, nothing happens any more.

    kill: the studio dies with the call; else the store does, and every call fails. landing: whether the call that
    fails had its effect all the same, as when only its answer is lost.
    """

    def __init__(self, store: ObjectStore) -> None:
        self.name = store.name
        self._store = store
        self._lock = threading.Lock()
        self._at: int | None = None
        self._kill = True
        self._landing = False
        self._happens = 0
        self._then: Callable[[], None] | None = None
        self.changes = 0
        self.calls: list[tuple[str, str]] = []

    def cut_off(self, at: int | None, *, kill: bool = True, landing: bool = False) -> None:
        self.changes, self._at, self._kill, self._landing, self._then = 0, at, kill, landing, None

    def at(self, changes: int, do: Callable[[], None]) -> None:
        """Have something happen before the change of that number; all calls go through."""
        self.cut_off(None)
        self._happens, self._then = changes, do

    def _change(self, verb: str, key: str, do: Callable[[], None]) -> None:
        with self._lock:
            self.calls.append((verb, key))
            place = self.changes
            self.changes += 1
            if self._then is not None and place == self._happens:
                self._then()
        if self._at is None or place < self._at or (place == self._at and self._landing):
            do()
        self._go_on()

    def _look(self, verb: str, key: str) -> None:
        with self._lock:
            self.calls.append((verb, key))
        self._go_on()

    def _go_on(self) -> None:
        if self._at is not None and self.changes > self._at:
            raise Killed if self._kill else StorageUnreachable("the store is gone")

    def put(self, key: str, data: bytes | BinaryIO, content_type: str, *, only_if_absent: bool = False) -> None:
        self._change("put", key, lambda: self._store.put(key, data, content_type, only_if_absent=only_if_absent))

    def copy(self, source: str, target: str) -> None:
        self._change("copy", target, lambda: self._store.copy(source, target))

    def delete(self, key: str) -> None:
        self._change("delete", key, lambda: self._store.delete(key))

    def delete_all(self, keys: Iterable[str]) -> None:
        # One by one: a call for many may have removed some of them.
        for key in keys:
            self.delete(key)

    def open(self, key: str) -> BinaryIO:
        self._look("open", key)
        return self._store.open(key)

    def read(self, key: str) -> bytes:
        self._look("read", key)
        return self._store.read(key)

    def stat(self, key: str) -> StoredObject:
        self._look("stat", key)
        return self._store.stat(key)

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        self._look("list", prefix)
        return self._store.list(prefix)

    def url(self, key: str, *, filename: str | None = None) -> Link | None:
        return self._store.url(key, filename=filename)

    def condition(self, within_seconds: float = 1.0) -> str:
        return self._store.condition(within_seconds)

    def close(self) -> None:
        self._store.close()


@dataclass(frozen=True)
class Portrait:
    id: str
    data: bytes
    extension: str = "png"
    content_type: str = "image/png"

    @property
    def size_bytes(self) -> int:
        return len(self.data)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.data).hexdigest()


class Album:
    """Reference pictures, and which job uses which."""

    def __init__(self) -> None:
        self.pictures = {A: Portrait(A, b"hers"), B: Portrait(B, b"his", "jpg", "image/jpeg")}
        self.used: dict[str, set[str]] = {}

    def get(self, image_id: str) -> Portrait:
        if image_id not in self.pictures:
            raise NotFound(f"there is no picture {image_id}")
        return self.pictures[image_id]

    def picture_of(self, image_id: str) -> bytes:
        return self.get(image_id).data

    def add(self, job_id: str, image_ids: Iterable[str]) -> None:
        self.used.setdefault(job_id, set()).update(image_ids)

    def remove_job(self, job_id: str) -> None:
        self.used.pop(job_id, None)


@dataclass
class Desk:
    """One machine: its folder of jobs and its service, over a store that others may share."""

    home: Path
    kept: ObjectStore
    name: str = "this studio"
    limit: int = 10
    links: bool = False
    clock: Clock = field(default_factory=SystemClock)
    album: Album = field(default_factory=Album)

    def __post_init__(self) -> None:
        self.store = Counted(self.kept)
        self.restart()

    def restart(self) -> None:
        """The studio begins again, with everything that it kept."""
        self.store.cut_off(None)
        self.assets = AssetPersistenceService(
            store=self.store,
            pictures=self.album,
            references=self.album,
            clock=self.clock,
            folder=self.home,
            holder=lambda: self.name,
            limit=self.limit,
            links=self.links,
        )

    @property
    def folder(self) -> Path:
        return self.home / JOB

    def write(self, files: Mapping[str, bytes]) -> None:
        for path, data in files.items():
            place = self.folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)

    def files(self) -> dict[str, bytes]:
        """What lies in the job's folder."""
        found = (path for path in self.folder.rglob("*") if path.is_file())
        return {path.relative_to(self.folder).as_posix(): path.read_bytes() for path in found}

    def beside(self) -> list[str]:
        """What lies beside the job's folder."""
        return sorted(path.name for path in self.home.iterdir() if path.name != JOB) if self.home.exists() else []

    def held(self) -> list[str]:
        """What the store holds of the job, below its own prefix."""
        return [found.key.removeprefix(f"videos/{JOB}/") for found in self.kept.list("videos/")]

    def persist(self) -> Persisted:
        return self.assets.persist_job_assets(JOB, self.folder)

    def restore(self) -> Restored:
        return self.assets.download_job_assets(JOB, self.folder)

    def sums(self) -> dict[str, str]:
        """The stored job by the sums of its files, as the manifest tells them."""
        return {path: asset.sha256 for path, asset in self.assets.assets(JOB).files.items()}


def summed(files: Mapping[str, bytes]) -> dict[str, str]:
    """What the sums of stored files must be."""
    return {path: hashlib.sha256(data).hexdigest() for path, data in files.items() if path != "metadata.json"}


@pytest.fixture(params=["folder", "s3"])
def kept(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ObjectStore]:
    """A store that is empty: a folder, and a bucket of the real S3 server."""
    if request.param == "folder":
        yield FolderStore(tmp_path / "store")
        return
    store = store_of(request.getfixturevalue("bucket"))
    yield store
    store.close()


class Machine(Protocol):
    """Makes machines that share one store; each is called by its name, and so is its studio."""

    def __call__(
        self, name: str = "one", *, limit: int = 10, links: bool = False, clock: Clock | None = None
    ) -> Desk: ...


@pytest.fixture
def machine(kept: ObjectStore, tmp_path: Path) -> Machine:
    def made(name: str = "one", *, limit: int = 10, links: bool = False, clock: Clock | None = None) -> Desk:
        return Desk(tmp_path / name, kept, name, limit, links, clock or SystemClock())

    return made
