"""Changes of files and catalogue together, or neither.

Whether a change took place is decided by the catalogue's transaction alone: files have their new names before it
commits, and get their old ones back when it does not, also after a crash.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, fields, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from app.errors import InvalidInput, StudioError
from app.library.catalogue import Model
from app.library.disk import Disk
from app.library.manifest import Manifest, Phase
from app.library.service import Library
from app.library.staging import Staging, lies_in
from app.library.store import Changing
from app.library.tables import ModelFile
from app.model_files import ModelKind

log = logging.getLogger("app.library")


class WholeChanges:
    """What makes changes whole.

    roots: the folders of every library, resolved at the moment of use. owner: the studio's name, so that two studios
    with one folder leave each other's changes alone. lock: what is decided from the names in a folder holds as long
    as it is held.
    """

    def __init__(
        self, library: Library, *, roots: Callable[[], Iterable[Path]], owner: Callable[[], str], disk: Disk
    ) -> None:
        self.library = library
        self.staging = Staging(disk)
        self.lock = threading.RLock()
        self._roots = roots
        self._owner = owner
        self._held: set[str] = set()
        self._released = threading.Condition()

    @contextmanager
    def holding(self, ids: Sequence[str]) -> Iterator[None]:
        """Wait until nobody else changes these models; nobody else does inside."""
        with self._released:
            self._released.wait_for(lambda: self._held.isdisjoint(ids))
            self._held.update(ids)
        try:
            yield
        finally:
            with self._released:
                self._held.difference_update(ids)
                self._released.notify_all()

    def manifest_for(self, models: Sequence[Model], **more: Any) -> Manifest:
        """A change of these models, which is written down below the first one's root."""
        before = tuple(plain_of(model) for model in models)
        root = Path(models[0].root)
        return Manifest(uuid.uuid4().hex, root, self._owner(), before=before, **{"phase": Phase.MOVING, **more})

    def pending(self) -> list[Manifest]:
        return self.staging.pending(self._roots(), self._owner)

    def refuse_outside(self, paths: Iterable[Path]) -> None:
        """Raise InvalidInput when one of these files lies outside the roots, wherever links lead now."""
        roots = [root.resolve() for root in self._roots()]
        folders = dict.fromkeys(path.parent for path in paths)
        outside = next((folder for folder in folders if not lies_in(folder, roots)), None)
        if outside is not None:
            where = outside.name
            why = f"{where!r} lies outside the library, or a link leads there; nothing outside is changed"
            raise InvalidInput(why, field="folder", code="outside")

    def begin(self, manifest: Manifest) -> None:
        """Write a change down; when that fails nothing has happened."""
        self.refuse_outside(manifest.paths)
        try:
            self.staging.begin(manifest)
            self.refuse_outside(manifest.paths)  # again: what was made may lie behind a link
        except BaseException:
            self.take_back(manifest)
            raise

    def carry_out(self, manifest: Manifest, write: Callable[[Changing], object]) -> None:
        """Make a change that has begun, of files and catalogue, or neither."""
        with self.library.changing():  # whatever happens, nobody meets the files where the rows do not say
            try:
                with self.library.changing() as changing:
                    self.staging.forward(manifest)
                    write(changing)
            except BaseException:
                self.take_back(manifest)
                raise
        if manifest.undo_until is None:
            self.clear(manifest)

    def clear(self, manifest: Manifest) -> None:
        """Remove what a change that took place has left. What cannot be removed now is at the next start."""
        try:
            self.refuse_outside(manifest.paths)
            self.staging.clear(manifest, done=True)
        except (StudioError, OSError):
            log.exception("what is left of the change %s cannot be removed now; the next start does", manifest.folder)
            with suppress(OSError):
                self.staging.write(replace(manifest, phase=Phase.DONE))

    def take_back(self, manifest: Manifest) -> None:
        """Leave everything as it was; what cannot be put back now is at the next start."""
        try:
            self.staging.backward(manifest)
            self.staging.clear(manifest, done=False)
        except OSError:
            log.exception("the change %s cannot be taken back now; the next start tries again", manifest.folder)

    def finish(self, manifest: Manifest) -> bool:
        """Finish a change that a crash has cut short when the catalogue says that it took place; else take it back.

        Answers whether it took place and something still waits: a deletion's files. Raises OSError, StudioError.
        """
        if manifest.phase is Phase.DONE:
            self.staging.clear(manifest, done=True)
            return False
        took_place = manifest.phase is not Phase.PREPARING and self._took_place(manifest)
        if took_place:
            # Of a deletion that has ended half its files may be gone.
            self.staging.forward(manifest, as_far_as_possible=True)
        else:
            self.staging.backward(manifest)
        if not took_place or manifest.undo_until is None:
            self.staging.clear(manifest, done=took_place)
        return took_place

    def _took_place(self, manifest: Manifest) -> bool:
        """Whether the catalogue says what the change wanted; of a deletion: none of its models."""
        with self.library.changing() as changing:
            rows = {told["id"]: changing.session.get(ModelFile, told["id"]) for told in manifest.before}
            said = {id_: (row.root, row.folder, row.file_name, row.preview) for id_, row in rows.items() if row}
        if not manifest.after:
            return not said
        return said == {
            told["id"]: (told["root"], told["folder"], told["file_name"], told["preview"]) for told in manifest.after
        }


def plain_of(model: Model) -> dict[str, Any]:
    """A model, ready for JSON."""
    told = asdict(model)
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in told.items()}


def model_of(told: dict[str, Any]) -> Model:
    """A model from what `plain_of` told. Raises LookupError, ValueError, TypeError for what is none."""
    said = {one.name: told[one.name] for one in fields(Model)}
    lists = {name: tuple(value) for name, value in said.items() if isinstance(value, list)}
    moments = {name: datetime.fromisoformat(said[name]) for name in ("added_at", "modified_at")}
    return Model(**{**said, **lists, **moments, "kind": ModelKind(said["kind"])})
