"""The previews that lie beside models: shown, replaced, taken away."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from app.clock import Clock
from app.errors import NotAllowed, NotFound
from app.library.catalogue import Model
from app.library.companions import companions_of, is_preview
from app.library.disk import disk_faults_told
from app.library.manifest import Manifest, Mark, Move, Phase, waiting_in
from app.library.previews import HEAD_BYTES, Format, check, format_at
from app.library.whole_changes import WholeChanges, plain_of
from app.model_files import ModelKind


@dataclass(frozen=True)
class Shown:
    """A preview that is open. tag: another one whenever the file is; changed_at: in whole seconds since 1970."""

    file: BinaryIO
    format: Format
    size_bytes: int
    tag: str
    changed_at: int


class Previews:
    """The previews of models that a caller may see."""

    def __init__(self, whole: WholeChanges, *, clock: Clock) -> None:
        self._whole = whole
        self._library = whole.library
        self._clock = clock

    def open(self, kind: ModelKind, model_id: str) -> Shown:
        """A model's preview; the caller closes it.

        Raises NotFound, NotAllowed "hidden" for a mature one in safe mode, StorageUnavailable.
        """
        model = self._library.entry(kind, model_id)
        if model.mature and self._library.safe_mode():
            raise NotAllowed(f"the preview of {model.name!r} is mature, and hidden in safe mode", code="hidden")
        if model.preview is None:
            raise _none_of(model)
        path = model.path.with_name(model.preview)
        # All links followed: what lies outside the library is shown to nobody.
        self._whole.refuse_outside([path.resolve()])
        with disk_faults_told(f"the preview of {model.name!r} cannot be shown"):
            try:
                file = path.open("rb")
            except FileNotFoundError as error:
                raise _none_of(model) from error
        head = file.read(HEAD_BYTES)
        file.seek(0)
        status = os.fstat(file.fileno())
        tag = f"{status.st_ino:x}-{status.st_mtime_ns:x}-{status.st_size:x}"
        return Shown(file, format_at(path, head), status.st_size, tag, int(status.st_mtime))

    def put(self, kind: ModelKind, model_id: str, file: BinaryIO) -> Model:
        """Have what `file` holds be the model's only preview; others go. Raises as `check`, and as `remove`."""
        found = check(file)
        with self._whole.holding([model_id]), self._whole.lock, disk_faults_told("the preview stays as it was"):
            model, old = self._previews_of(kind, model_id)
            path = model.path.with_name(model.path.stem + found.suffix)
            after = replace(model, preview=path.name, modified_at=self._clock.now())
            manifest = self._manifest(model, after)
            manifest = replace(manifest, phase=Phase.PREPARING, folders=(waiting_in(path.parent, manifest.id),))
            self._whole.begin(manifest)
            manifest = self._prepare(manifest, file, path, old)
            self._whole.carry_out(manifest, lambda changing: changing.put(after))
        return after

    def remove(self, kind: ModelKind, model_id: str) -> Model:
        """Take a model's previews away. Raises NotFound when it has none, InvalidInput, StorageUnavailable."""
        with self._whole.holding([model_id]), self._whole.lock, disk_faults_told("the preview stays as it was"):
            model, old = self._previews_of(kind, model_id)
            if not old:
                raise _none_of(model)
            after = replace(model, preview=None, modified_at=self._clock.now())
            manifest = replace(self._manifest(model, after), spent=_marked(old))
            self._whole.begin(manifest)
            self._whole.carry_out(manifest, lambda changing: changing.put(after))
        return after

    def _previews_of(self, kind: ModelKind, model_id: str) -> tuple[Model, list[Path]]:
        model = self._library.entry(kind, model_id)
        self._whole.refuse_outside([model.path])
        return model, [path for path in companions_of(model.path) if is_preview(path)]

    def _manifest(self, before: Model, after: Model) -> Manifest:
        return self._whole.manifest_for([before], after=(plain_of(after),))

    def _prepare(self, manifest: Manifest, file: BinaryIO, path: Path, old: Sequence[Path]) -> Manifest:
        """Have the new preview wait beside the model; in place of one of the same name it goes at once, whole."""
        try:
            waiting = manifest.folders[0] / "0"
            disk = self._whole.staging.disk
            disk.write(waiting, file)
            others = [one for one in old if one != path]
            moves = () if path in old else (Move.of(waiting, path),)
            manifest = replace(manifest, phase=Phase.MOVING, moves=moves, spent=_marked(others))
            self._whole.staging.write(manifest)
            if not moves:
                disk.replace(waiting, path)
        except BaseException:
            self._whole.take_back(manifest)
            raise
        return manifest


def _marked(paths: Sequence[Path]) -> tuple[tuple[Path, Mark], ...]:
    return tuple((path, Mark.of(path)) for path in paths)


def _none_of(model: Model) -> NotFound:
    return NotFound(f"{model.name!r} has no preview", code="no_preview")
