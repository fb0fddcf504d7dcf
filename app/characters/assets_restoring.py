"""A stored job brought back into its folder on this machine.

Everything that is missing is fetched into a folder beside the job's and looked at there; only when all of it is whole
does it get its place. What a run that was cut short had fetched, the next one finds.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from app.characters.job_fetching import Fetching
from app.characters.job_folder import PIECE_BYTES, JobFolder, folder_errors
from app.characters.job_layout import METADATA
from app.characters.job_manifest import Asset
from app.characters.job_moving import at_once
from app.characters.job_store import View
from app.errors import NoSuchObject, StorageUnavailable
from app.storage.port import ObjectStore

READY = "ready.json"
MAX_TRIES = 3


@dataclass(frozen=True)
class Restored:
    """What a restore did. restored: paths that were fetched; unchanged: how many were there already.

    set_aside: paths of files that were in the way with other contents; they lie in the folder `set_aside_in` beside
    the job's.
    """

    job_id: str
    restored: list[str]
    unchanged: int
    set_aside: list[str]
    set_aside_in: str | None


class Changed(Exception):
    """What the store holds is not what the manifest says; perhaps the manifest has changed. path: of the file."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class Restoring:
    """Brings one job's files back. limit: how many folders of set-aside files are kept."""

    def __init__(self, store: ObjectStore, folder: JobFolder, *, limit: int) -> None:
        self._store = store
        self._folder = folder
        self._limit = limit
        root = folder.root
        self._staging = root.with_name(f".{root.name}.restoring")
        self._files = self._staging / "files"
        self._aside = root.with_name(f".{root.name}.replaced")

    def restore(self, look: Callable[[], View], *, exactly: str | None = None) -> Restored:
        """Bring back every file that is missing or different.

        look: the job as the store holds it now. exactly: only what lies below this folder is brought back, and what
        the store does not have there is set aside. Raises StorageUnavailable; nothing has changed then.
        """
        for last in range(MAX_TRIES):
            view = look()
            with folder_errors(self._folder.job_id):
                self.finish()
                try:
                    return self._restore(view, exactly)
                except Changed as error:
                    if last == MAX_TRIES - 1:
                        raise self._damaged(error.path) from error
        raise AssertionError

    def finish(self) -> tuple[list[str], str | None]:
        """Give what was fetched whole its place; nothing when nothing was. What was set aside, and where."""
        try:
            ready = json.loads((self._staging / READY).read_bytes())
        except (FileNotFoundError, NotADirectoryError, ValueError):
            return [], None
        aside: list[str] = []
        place = self._next_aside()
        stored = frozenset(ready["stored"])
        if self._files.exists() and not os.path.lexists(self._folder.root):
            self._files.rename(self._folder.root)
        else:
            for path in ready["removed"]:
                self._set_aside(path, place, aside, stored)
            for path in ready["files"]:
                if (self._files / path).exists():
                    self._make_way(path, place, aside, stored)
                    (self._files / path).rename(self._folder.place_for(path))
        shutil.rmtree(self._staging)
        self._forget_old()
        return aside, place.name if aside else None

    def _restore(self, view: View, exactly: str | None) -> Restored:
        manifest, folder = view.manifest, self._folder
        wanted = {path: one for path, one in manifest.files.items() if exactly is None or path.startswith(exactly)}
        local = self._sums(wanted)
        missing = {path: one for path, one in wanted.items() if local.get(path) != (one.size_bytes, one.sha256)}
        texts = {} if exactly or manifest.metadata is None else {METADATA: manifest.metadata.encode()}
        texts = {path: data for path, data in texts.items() if folder.sum_of(path) != _sum(data)}
        left = folder.look().paths if exactly and folder.exists else []
        removed = [path for path in left if path.startswith(exactly or "") and path not in wanted]
        self._drop_others({*missing, *texts})
        self._fetch(view, missing)
        for path, data in texts.items():
            _written(self._place(path), data)
        aside: list[str] = []
        place: str | None = None
        if missing or texts or removed:
            told = {"files": sorted({*missing, *texts}), "removed": removed, "stored": sorted(manifest.sums)}
            self._staging.mkdir(exist_ok=True)
            _written(self._staging / READY, json.dumps(told).encode())
            aside, place = self.finish()
        elif self._staging.exists():  # what a run before this one could not finish removing
            shutil.rmtree(self._staging)
        return Restored(manifest.job_id, sorted({*missing, *texts}), len(wanted) - len(missing), sorted(aside), place)

    def _sums(self, wanted: Mapping[str, Asset]) -> dict[str, tuple[int, str] | None]:
        found: dict[str, tuple[int, str] | None] = {}
        if self._folder.exists:
            at_once(lambda path: found.__setitem__(path, self._folder.sum_of(path)), wanted)
        return found

    def _fetch(self, view: View, missing: Mapping[str, Asset]) -> None:
        for folder in dict.fromkeys(self._place(path).parent for path in missing):
            folder.mkdir(parents=True, exist_ok=True)
        staged = JobFolder(self._folder.job_id, self._files)

        with Fetching(self._store) as fetching:

            def fetch(path: str) -> None:
                asset = missing[path]
                if staged.sum_of(path) != (asset.size_bytes, asset.sha256):
                    self._fetch_one(fetching, view.place_of(asset), path, asset)

            at_once(fetch, missing)

    def _fetch_one(self, fetching: Fetching, key: str, path: str, asset: Asset) -> None:
        """One object into its file, which gets its name when all of it was there and was what was stored once."""
        place = self._place(path)
        part = place.with_name(f".{hashlib.sha256(path.encode()).hexdigest()}.part")
        data = fetching.small(key, asset.size_bytes)
        total, sha = 0, hashlib.sha256()
        try:
            with self._store.open(key) if data is None else io.BytesIO(data) as stream, part.open("wb") as file:
                while total <= asset.size_bytes and (piece := stream.read(PIECE_BYTES)):
                    total += len(piece)
                    sha.update(piece)
                    file.write(piece)
                file.flush()
                os.fsync(file.fileno())
        except NoSuchObject as error:
            raise Changed(path) from error
        if (total, sha.hexdigest()) != (asset.size_bytes, asset.sha256):
            part.unlink()
            raise Changed(path)
        part.rename(place)

    def _place(self, path: str) -> Path:
        return self._files / path

    def _drop_others(self, wanted: Iterable[str]) -> None:
        """Forget what an earlier run had fetched and nobody wants any more."""
        keep = set(wanted)
        if self._staging.is_symlink() or self._files.is_symlink():
            self._staging.unlink()
        for folder, _, names in os.walk(self._files, topdown=False):
            for name in names:
                place = Path(folder, name)
                if place.relative_to(self._files).as_posix() not in keep:
                    place.unlink()
            with suppress(OSError):  # it holds something
                Path(folder).rmdir()

    def _make_way(self, path: str, place: Path, aside: list[str], stored: frozenset[str]) -> None:
        parts = path.split("/")
        for count in range(1, len(parts)):
            parent = self._folder.root / "/".join(parts[:count])
            if os.path.lexists(parent) and not parent.is_symlink() and not parent.is_dir():
                self._set_aside("/".join(parts[:count]), place, aside, stored)
        self._set_aside(path, place, aside, stored)

    def _set_aside(self, path: str, place: Path, aside: list[str], stored: frozenset[str]) -> None:
        """Move what is there out of the way. stored: the sums of what the store has, which is not kept twice."""
        found = self._folder.place_for(path)
        if not os.path.lexists(found):
            return
        summed = self._folder.sum_of(path)
        if summed is not None and summed[1] in stored:
            found.unlink()
            return
        target = place / path
        target.parent.mkdir(parents=True, exist_ok=True)
        found.rename(target)
        aside.append(path)

    def _next_aside(self) -> Path:
        return self._aside / str(1 + max(self._numbers(), default=0))

    def _forget_old(self) -> None:
        for number in sorted(self._numbers())[: -self._limit]:
            shutil.rmtree(self._aside / str(number))

    def _numbers(self) -> list[int]:
        with suppress(FileNotFoundError):
            return [int(one.name) for one in self._aside.iterdir() if one.name.isdecimal()]
        return []

    def _damaged(self, path: str) -> StorageUnavailable:
        return StorageUnavailable(
            f"the store has lost or changed {path!r} of job {self._folder.job_id!r}, so nothing was restored; persist "
            "the job once more from a machine that has its files",
            code="asset_damaged",
        )


def _sum(data: bytes) -> tuple[int, str]:
    return len(data), hashlib.sha256(data).hexdigest()


def _written(place: Path, data: bytes) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f".{place.name}.part")
    with part.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    part.rename(place)
