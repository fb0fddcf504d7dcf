"""Where models are kept: proven first, then under their final name at once, and never outside their root."""

from __future__ import annotations

import hashlib
import os
import shutil
import threading
import time
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from app.downloads.archives import is_archive, unpack
from app.downloads.disk_faults import check_free, disk_faults_told
from app.downloads.faults import TransferFailed
from app.downloads.names import name_in_url, safe_file_name, unique_names
from app.downloads.proof import prove
from app.downloads.sources import Source
from app.downloads.transfer import Part
from app.model_files import SAFETENSORS, ModelKind, is_model_file

PARTIAL = ".partial"
UNPACKING = ".unpacking"
STRAY_AFTER = timedelta(days=1)


@dataclass(frozen=True)
class Kept:
    """A model under its final name.

    sha256: its own, not that of the package it came in. is_new: False when the very same content lay there already.
    """

    path: Path
    sha256: str
    is_new: bool


@dataclass(frozen=True)
class _Proven:
    """A file that may be kept, still under a name that no reader takes for a model."""

    path: Path
    name: str
    sha256: str


class Shelf:
    """The folders of all kinds of models.

    root_of, keep_free_bytes: where each kind lives, and what must stay free of a disk; asked anew every time.
    partial: the folder in each root for what is not complete.
    """

    def __init__(
        self,
        *,
        root_of: Callable[[ModelKind], Path],
        keep_free_bytes: Callable[[], int] = lambda: 0,
        partial: str = PARTIAL,
    ) -> None:
        self._root_of = root_of
        self._keep_free_bytes = keep_free_bytes
        self._partial = partial
        self._naming = threading.Lock()

    def partial_for(self, kind: ModelKind, download_id: str) -> Path:
        """Where a download gathers its bytes: on the disk that they stay on. The folder may not exist yet."""
        return self._root_of(kind) / self._partial / f"{download_id}.part"

    def keep(self, part: Part, source: Source) -> list[Kept]:
        """Prove what arrived and give it its final name; a package's models each their own, all or none.

        A taken name with other content is left alone: the newcomer becomes `name-<4 of sha256>.ext`, then
        `…-1`; with the same content the file that is there is shared. Raises TransferFailed (checksum_mismatch,
        not_a_model, broken_file, empty_file, unsafe_pickle, unsafe_archive, unsafe_folder, no_space, no_permission,
        disk_failed), and then nothing is left, the part included.
        """
        unpacking = part.path.with_suffix(UNPACKING)
        try:
            with disk_faults_told():
                proven = self._proven(part, source, unpacking)
                folder = self._folder_for(source)
                with self._naming:
                    return _placed(proven, folder)
        finally:
            # What can no longer be removed must not hide why.
            with suppress(OSError):
                part.path.unlink(missing_ok=True)
            shutil.rmtree(unpacking, ignore_errors=True)

    def sweep(self, keep_ids: Collection[str]) -> None:
        """Remove what belongs to none of these downloads and has been left alone for a day.

        Until then another studio, whose models live in the same folder, may be at work on it.
        """
        left_before = time.time() - STRAY_AFTER.total_seconds()
        for folder in {self._root_of(kind) / self._partial for kind in ModelKind}:
            with suppress(OSError):
                for path in list(folder.iterdir()):
                    if path.name.partition(".")[0] not in keep_ids and path.stat().st_mtime < left_before:
                        path.unlink() if path.is_file() else shutil.rmtree(path, ignore_errors=True)
                folder.rmdir()

    def _make_room(self, folder: Path, name: str, size_bytes: int) -> None:
        what = f"{name} takes {size_bytes:,} bytes unpacked"
        check_free(folder, size_bytes, keep_free_bytes=self._keep_free_bytes(), what=what)

    def _proven(self, part: Part, source: Source, unpacking: Path) -> list[_Proven]:
        if source.sha256 is not None and part.sha256 != source.sha256.lower():
            raise TransferFailed(
                "checksum_mismatch",
                f"{part.name} was not kept, its checksum is wrong: SHA-256 {source.sha256} was promised, "
                f"{part.sha256} arrived",
            )
        name = safe_file_name(part.name)
        promised = _promises_safetensors(source)
        if is_archive(name):
            shutil.rmtree(unpacking, ignore_errors=True)  # a killed process may have left it
            unpacking.mkdir(parents=True)
            models = unpack(part.path, name, unpacking, make_room=partial(self._make_room, unpacking, name))
            return [_proven(model.path, model.name, None, promised) for model in models]
        if not is_model_file(name):
            raise TransferFailed("not_a_model", f"{name} was not kept: it is not called like a model")
        return [_proven(part.path, name, part.sha256, promised)]

    def _folder_for(self, source: Source) -> Path:
        """The folder that the source belongs in, made when it is missing; refused where links lead out of the root."""
        root = self._root_of(source.kind)
        folder = root / source.folder
        _refuse_outside(folder, root)
        folder.mkdir(parents=True, exist_ok=True)
        _refuse_outside(folder, root)
        return folder


def _promises_safetensors(source: Source) -> bool:
    names = [source.name or "", *map(name_in_url, source.addresses[:1])]
    return source.is_safetensors or any(name.lower().endswith(SAFETENSORS) for name in names)


def _proven(path: Path, name: str, sha256: str | None, is_safetensors: bool) -> _Proven:
    prove(path, name, is_safetensors=is_safetensors)
    with path.open("rb+") as file:
        # Before it has its name: a name must never outlive a power cut without its bytes.
        os.fsync(file.fileno())
        return _Proven(path, name, sha256 or hashlib.file_digest(file, "sha256").hexdigest())


def _refuse_outside(folder: Path, root: Path) -> None:
    try:
        inside = folder.resolve().is_relative_to(root.resolve())
    except RuntimeError:  # links in a circle
        inside = False
    if not inside:
        raise TransferFailed(
            "unsafe_folder", f"{folder.name} is a link that leads out of the library; name its target as a root instead"
        )


def _placed(proven: list[_Proven], folder: Path) -> list[Kept]:
    """Give every file its name, or take back those that have got one."""
    kept: list[Kept] = []
    try:
        for file in proven:
            target = _name_for(file, folder)
            is_new = not os.path.lexists(target)
            if is_new:
                file.path.replace(target)
            kept.append(Kept(target, file.sha256, is_new))
        _sync_folder(folder)
    except BaseException:
        for model in kept:
            if model.is_new:
                model.path.unlink(missing_ok=True)
        raise
    return kept


def _name_for(file: _Proven, folder: Path) -> Path:
    """The first name that is free, or that the very same content has."""
    names = (folder / name for name in unique_names(file.name, file.sha256))
    size_bytes = file.path.stat().st_size
    return next(path for path in names if not os.path.lexists(path) or holds(path, size_bytes, file.sha256))


def holds(path: Path, size_bytes: int, sha256: str) -> bool:
    """Whether there is a file of that very content. Raises OSError."""
    if not path.is_file() or path.stat().st_size != size_bytes:
        return False
    with path.open("rb") as there:
        return hashlib.file_digest(there, "sha256").hexdigest() == sha256


def _sync_folder(folder: Path) -> None:
    """Make the new names last through a power cut; folders cannot be opened on Windows, which needs no such call."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
