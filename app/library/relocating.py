"""Models that get another name or another folder, with all that belongs to them and all who name them."""

from __future__ import annotations

import errno
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from app.clock import Clock
from app.errors import Conflict, NotFound
from app.library.catalogue import Model
from app.library.disk import disk_faults_told
from app.library.manifest import Manifest, Mark, Move, Phase, waiting_in
from app.library.renaming import Plan, check_folder, check_name, plan
from app.library.store import Changing
from app.library.walking import found_at
from app.library.whole_changes import WholeChanges, plain_of
from app.model_files import ModelKind


class Relocating:
    """New names and folders: companions, sidecar, catalogue and everybody who follows renames, or nothing."""

    def __init__(self, whole: WholeChanges, *, clock: Clock) -> None:
        self._whole = whole
        self._clock = clock

    def rename(self, kind: ModelKind, model_id: str, name: str) -> Model:
        """Give a model another name in its folder; its suffix stays.

        Raises NotFound, InvalidInput, Conflict "taken", StorageUnavailable, and whatever a follower raises.
        """

        def renamed(model: Model) -> Model:
            file_name = check_name(name, suffix=Path(model.file_name).suffix)
            return replace(model, file_name=file_name, name=Path(file_name).stem)

        return self._relocate(kind, model_id, renamed)

    def move(self, kind: ModelKind, model_id: str, folder: str) -> Model:
        """Move a model to another folder below its root, made when it is missing; raises as `rename`.

        To another disk it is copied, proven by its hash, and then removed from the first.
        """
        below = check_folder(folder)
        return self._relocate(kind, model_id, lambda model: replace(model, folder=below))

    def _relocate(self, kind: ModelKind, model_id: str, relocated: Callable[[Model], Model]) -> Model:
        with self._whole.holding([model_id]):
            before = self._whole.library.entry(kind, model_id)
            after = relocated(before)
            if after.place == before.place:
                return before
            with disk_faults_told(f"{before.name!r} stays as it was"):
                try:
                    try:
                        return self._become(before, after, copying=False)
                    except OSError as error:
                        if error.errno != errno.EXDEV:
                            raise
                    return self._become(before, after, copying=True)
                except FileExistsError as error:  # it has appeared just now
                    raise Conflict(f"{after.name!r} is taken; choose another name", code="taken") from error

    def _become(self, before: Model, after: Model, *, copying: bool) -> Model:
        """Have a model be another. copying: to another disk, which takes its time: others are not kept waiting."""
        with nullcontext() if copying else self._whole.lock:
            self._whole.refuse_outside([before.path, after.path])
            if not before.path.exists():
                raise NotFound(f"{before.file} is gone from the disk; scan the library")
            _refuse_file_in_the_way(after)
            planned = plan(before.path, after.path, preview=before.preview, copying=copying)
            manifest = self._manifest(before, after, planned)
            self._whole.begin(manifest)
            manifest = self._prepare(manifest, planned)
            with self._whole.lock:
                if copying:
                    self._refuse_changed(manifest, planned, before)
                return self._write_down(manifest, before, replace(after, preview=planned.preview))

    def _manifest(self, before: Model, after: Model, planned: Plan) -> Manifest:
        folder = after.path.parent
        waits = bool(planned.copies or planned.fresh)
        manifest = self._whole.manifest_for(
            [before],
            after=(plain_of(replace(after, preview=planned.preview)),),
            phase=Phase.PREPARING if waits else Phase.MOVING,
            moves=tuple(Move.of(*one) for one in planned.moves),
            made=tuple(reversed([one for one in (folder, *folder.parents) if not one.exists()])),
        )
        return replace(manifest, folders=(waiting_in(folder, manifest.id),)) if waits else manifest

    def _prepare(self, manifest: Manifest, planned: Plan) -> Manifest:
        """Have every copy and every new content wait on the target's disk; from now on they only need their names."""
        if manifest.phase is not Phase.PREPARING:
            return manifest
        try:
            disk, waiting = self._whole.staging.disk, manifest.folders[0]
            # Before they are read: what is written into them meanwhile is seen.
            spent = tuple((path, Mark.of(path)) for path in planned.spent)
            moves = list(manifest.moves)
            for number, (source, target) in enumerate(planned.copies):
                disk.copy(source, waiting / str(number))
                moves.append(Move.of(waiting / str(number), target))
            for number, (target, content) in enumerate(planned.fresh, len(planned.copies)):
                disk.write(waiting / str(number), content)
                moves.append(Move.of(waiting / str(number), target))
            manifest = replace(manifest, phase=Phase.MOVING, moves=tuple(moves), spent=spent)
            self._whole.staging.write(manifest)
        except BaseException:
            self._whole.take_back(manifest)
            raise
        return manifest

    def _refuse_changed(self, manifest: Manifest, planned: Plan, before: Model) -> None:
        """While a model was copied another program may have changed it, or somebody taken the name."""
        try:
            again = plan(before.path, planned.target, preview=before.preview, copying=True)
            if again != planned or not all(mark == Mark.of(path) for path, mark in manifest.spent):
                raise Conflict(f"{before.name!r} was changed while it was copied; try again", code="changed_meanwhile")
        except BaseException:
            self._whole.take_back(manifest)
            raise

    def _write_down(self, manifest: Manifest, before: Model, after: Model) -> Model:
        told = after

        def write(changing: Changing) -> None:
            nonlocal told
            found = found_at(after.path, after.root)
            told = replace(
                after,
                mtime_ns=found.mtime_ns,
                sidecar_stamp=found.sidecar_stamp,
                modified_at=self._clock.now(),
            )
            changing.put(told)
            changing.tell_renamed(before, told)

        self._whole.carry_out(manifest, write)
        return told


def _refuse_file_in_the_way(after: Model) -> None:
    root = Path(after.root)
    for folder in after.path.parents:
        if folder == root:
            return
        if folder.exists() and not folder.is_dir():
            raise Conflict(f"{folder.name!r} is a file, not a folder; choose another", field="folder", code="taken")
