"""What can be done to models on the disk: deleting and undoing it, new names and folders, what is said of them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from app.clock import Clock
from app.errors import Conflict, StudioError
from app.library import sidecars
from app.library.catalogue import Model
from app.library.deletions import Deletion, Deletions
from app.library.disk import Disk, disk_faults_told
from app.library.preview_store import Previews
from app.library.relocating import Relocating
from app.library.service import Library
from app.library.walking import found_at
from app.library.whole_changes import WholeChanges
from app.model_files import ModelKind

log = logging.getLogger("app.library")


class Changes:
    """The library's changes. roots, owner, disk: see WholeChanges."""

    def __init__(
        self,
        library: Library,
        *,
        clock: Clock,
        roots: Callable[[], Iterable[Path]],
        owner: Callable[[], str],
        disk: Disk | None = None,
    ) -> None:
        self.library = library
        self.whole = WholeChanges(library, roots=roots, owner=owner, disk=disk or Disk())
        self.previews = Previews(self.whole, clock=clock)
        self._clock = clock
        self._deletions = Deletions(self.whole, clock=clock)
        self._relocating = Relocating(self.whole, clock=clock)

    def start(self) -> None:
        """Finish or take back what a crash has cut short; deletions whose time is over end, others can be undone."""
        for manifest in self.whole.pending():
            try:
                with self.whole.lock:
                    if manifest.undo_until is None:
                        self.whole.finish(manifest)
                    else:
                        self._deletions.resume(manifest)
            except (StudioError, OSError):
                log.exception("the change %s cannot be finished now; the next start tries again", manifest.folder)
        self._deletions.end_those_over()

    def close(self) -> None:
        self._deletions.close()

    def delete(self, kind: ModelKind, ids: Sequence[str]) -> Deletion:
        """See Deletions.delete."""
        return self._deletions.delete(kind, ids)

    def undo(self, batch_id: str) -> list[Model]:
        """See Deletions.undo."""
        return self._deletions.undo(batch_id)

    def restored(self, batch_id: str) -> list[str]:
        """The ids of what `undo` has brought back."""
        return [model.id for model in self.undo(batch_id)]

    def rename(self, kind: ModelKind, model_id: str, name: str) -> Model:
        """See Relocating.rename."""
        return self._relocating.rename(kind, model_id, name)

    def move(self, kind: ModelKind, model_id: str, folder: str) -> Model:
        """See Relocating.move."""
        return self._relocating.move(kind, model_id, folder)

    def set_excluded(self, kind: ModelKind, model_id: str, excluded: bool) -> Model:
        """Have a model out of everything, or back; its files are not touched. Raises NotFound."""
        with self.whole.holding([model_id]), self.library.changing() as changing:
            model = self.library.entry(kind, model_id)
            after = replace(model, excluded=excluded, modified_at=self._clock.now())
            changing.put(after)
        return after

    def edit(self, kind: ModelKind, model_id: str, said: Mapping[str, Any]) -> Model:
        """Say something else of a model, in its sidecar and in the catalogue, or nothing.

        said: some of favorite, tags, base_model, notes, mature. Raises NotFound, Conflict "broken_sidecar" for one
        that cannot be read and would be lost, InvalidInput, StorageUnavailable.
        """
        with self.whole.holding([model_id]), disk_faults_told("nothing was changed"):
            model = self.library.entry(kind, model_id)
            if not said:
                return model
            self.whole.refuse_outside([model.path])
            sidecar = sidecars.sidecar_of(model.path)
            old = sidecar.read_bytes() if sidecar.exists() else None
            try:
                with self.library.changing() as changing:
                    sidecars.write(sidecar, said)
                    found = found_at(model.path, model.root)
                    after = replace(model, **said)
                    after = replace(after, sidecar_stamp=found.sidecar_stamp, modified_at=self._clock.now())
                    changing.put(after)
            except sidecars.BrokenSidecar as error:
                why = f"{sidecar.name} cannot be read, {error}; mend or remove it, so that nothing in it is lost"
                raise Conflict(why, code="broken_sidecar") from error
            except BaseException:
                _put_back(sidecar, old)
                raise
        return after


def _put_back(sidecar: Path, old: bytes | None) -> None:
    with suppress(OSError):
        if old is None:
            sidecar.unlink(missing_ok=True)
        elif sidecar.read_bytes() != old:
            sidecars.replace(sidecar, old)
