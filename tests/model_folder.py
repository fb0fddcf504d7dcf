"""A library in a folder of its own, whose studio can be stopped after any change of a file, and started anew."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import text
from sqlalchemy.orm import Session

from app import undo
from app.database import Database
from app.errors import answer_with_problems
from app.library import api, changes_api, previews_api
from app.library.catalogue import Model, Renamed
from app.library.changes import Changes
from app.library.disk import Disk
from app.library.listing import Wanted
from app.library.service import Library
from app.model_files import ModelKind
from support.builders import safetensors
from support.clock import VirtualClock

LORAS = ModelKind.LORAS
OPERATIONS = frozenset({"make_folder", "write", "copy", "link", "replace", "remove", "remove_folder", "keep_names"})
COMPANIONS = (".metadata.json", ".png", ".preview.webp", ".mp4")


class Killed(BaseException):
    """The process has ended: nothing that would still be done is done."""


class FaultyDisk(Disk):
    """A disk that ends the process, or fails, at one of the changes that it is asked for; half of a write is done.

    at: which one, from 0; None: none. error: its number, None for the end of the process, after which nothing works.
    """

    def __init__(self, at: int | None = None, error: int | None = None) -> None:
        self.done = 0
        self.at = at
        self.error = error

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        return partial(self._do, name, found) if name in OPERATIONS else found

    def _do(self, name: str, do: Callable[..., None], path: Path, *more: Any) -> None:
        number, self.done = self.done, self.done + 1
        if self.at is not None and self.error is None and number >= self.at:
            if number == self.at and name == "write" and isinstance(more[0], bytes):
                path.write_bytes(more[0][: len(more[0]) // 2])
            raise Killed
        if self.error is not None and number == self.at:
            raise OSError(self.error, os.strerror(self.error), str(path))
        do(path, *more)


class ModelFolder:
    """A studio's library of LoRAs in `home`, and what its recipes call them."""

    def __init__(self, home: Path, *, clock: VirtualClock | None = None, disk: Disk | None = None) -> None:
        self.home = home
        self.clock = clock or VirtualClock()
        self.roots = {kind: [home / kind] for kind in ModelKind}
        self.root.mkdir(parents=True, exist_ok=True)
        self.safe_mode = False
        self.follower_fails = self.commit_fails = False
        self._open(disk)

    @property
    def root(self) -> Path:
        return self.roots[LORAS][0]

    def _open(self, disk: Disk | None) -> None:
        self.database = Database(f"sqlite:///{self.home / 'studio.db'}")
        self.database.create_tables()
        with self.database.transaction() as connection:
            connection.execute(text("CREATE TABLE IF NOT EXISTS uses (model TEXT PRIMARY KEY, name TEXT)"))
            bound = "model TEXT REFERENCES uses (model) DEFERRABLE INITIALLY DEFERRED"
            connection.execute(text(f"CREATE TABLE IF NOT EXISTS bound ({bound})"))
        self.library = Library(
            database=self.database,
            clock=self.clock,
            roots_of=lambda kind: self.roots[kind],
            safe_mode=lambda: self.safe_mode,
        )
        self.library.follow_renames(self._follow)
        self.changes = Changes(
            self.library,
            clock=self.clock,
            roots=lambda: [root for roots in self.roots.values() for root in roots],
            owner=lambda: "this studio",
            disk=disk,
        )
        self.changes.start()

    def _follow(self, session: Session, renamed: Renamed) -> None:
        session.execute(
            text("UPDATE uses SET name = :name WHERE model = :id"), {"name": renamed.after.file, "id": renamed.after.id}
        )
        if self.commit_fails:
            session.execute(text("INSERT INTO bound VALUES ('nobody')"))
        if self.follower_fails:
            raise RuntimeError("a recipe cannot be changed")

    def restart(self, disk: Disk | None = None) -> None:
        self.close()
        self._open(disk)

    def close(self) -> None:
        self.changes.close()
        self.library.close()
        self.database.close()

    def put(self, name: str, *companions: str) -> Path:
        """Copy a model in, with what lies beside it; the scan is the caller's."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(safetensors(name, 400) if path.suffix == ".safetensors" else b"weights of " + name.encode())
        for suffix in companions:
            content = (
                f'{{"file_name": "{path.stem}", "mine": 1}}' if suffix.endswith(".json") else f"{suffix} of {name}"
            )
            path.with_name(path.stem + suffix).write_text(content)
        return path

    def take_in(self, name: str, *companions: str) -> Model:
        """A model that is in the library, and that a recipe uses."""
        self.put(name, *companions)
        self.library.scan(LORAS)
        model = self.model(name)
        self.use(model)
        return model

    def use(self, model: Model) -> None:
        """Have a recipe that names the model."""
        with self.database.transaction() as connection:
            connection.execute(text("INSERT INTO uses VALUES (:id, :name)"), {"id": model.id, "name": model.file})

    def model(self, file: str) -> Model:
        """The model whose file lies there below the root."""
        return next(model for model in self.models(excluded=None) if model.file == file)

    def models(self, *, excluded: bool | None = False) -> list[Model]:
        """excluded: None for all of them."""
        both = [excluded] if excluded is not None else [False, True]
        return [m for one in both for m in self.library.page(LORAS, Wanted(excluded=one), page_size=10_000).items]

    def listed(self) -> list[str]:
        return sorted(model.file for model in self.models())

    def used(self) -> dict[str, str]:
        """What recipes call each model, by its id."""
        with self.database.transaction() as connection:
            return {row.model: row.name for row in connection.execute(text("SELECT model, name FROM uses"))}

    def files(self) -> dict[str, bytes]:
        """Everything below the root, what waits to be gone too, by its place."""
        found: dict[str, bytes] = {}
        for folder, folders, names in os.walk(self.root):  # which minds nothing that goes meanwhile
            linked = [name for name in folders if Path(folder, name).is_symlink()]
            for path in (Path(folder, name) for name in (*names, *linked)):
                with suppress(FileNotFoundError):
                    found[path.relative_to(self.root).as_posix()] = _content(path)
        return found

    def folders(self) -> set[str]:
        below = (Path(folder, name) for folder, folders, _ in os.walk(self.root) for name in folders)
        return {path.relative_to(self.root).as_posix() for path in below if not path.is_symlink()}

    def scan_finds_nothing_new(self) -> bool:
        report = self.library.scan(LORAS)
        return (report.added, report.changed, report.gone) == (0, 0, 0)


class Caller:
    """Whoever asks the library of a folder over HTTP, in this process."""

    def __init__(self, folder: ModelFolder) -> None:
        self.app = FastAPI()
        self.app.state.library, self.app.state.library_changes = folder.library, folder.changes
        self.app.state.undoers = (folder.changes.restored,)
        for router in (changes_api.router, previews_api.router, api.router, undo.router):
            self.app.include_router(router)
        answer_with_problems(self.app)
        self._loop = asyncio.Runner()
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(self.app), base_url="http://127.0.0.1")

    def __call__(self, method: str, path: str, **parts: Any) -> httpx.Response:
        return self._loop.run(self._client.request(method, path, **parts))

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def close(self) -> None:
        self._loop.run(self._client.aclose())
        self._loop.close()


@contextmanager
def faulty(folder: ModelFolder, at: int | None = None, error: int | None = None) -> Iterator[FaultyDisk]:
    """Have the folder's changes made with such a disk, counted from here on."""
    disk = FaultyDisk(at, error)
    whole = folder.changes.whole.staging
    before, whole.disk = whole.disk, disk
    try:
        yield disk
    finally:
        whole.disk = before


def changes_of_files(folder: ModelFolder, do: Callable[[], object]) -> int:
    """How many changes of files this takes."""
    with faulty(folder) as disk:
        do()
    return disk.done


def full_disk(folder: ModelFolder, at: int) -> Any:
    return faulty(folder, at, errno.ENOSPC)


def threads() -> list[str]:
    return [one.name for one in threading.enumerate() if one.name.startswith("library")]


def _content(path: Path) -> bytes:
    return b"-> " + os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes()
