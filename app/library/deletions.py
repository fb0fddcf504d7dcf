"""Deleting models, with a time to undo it: until that is over their files wait, out of everybody's sight."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from app.alarm import Alarm
from app.clock import Clock
from app.errors import Conflict, NotFound
from app.library.catalogue import Model
from app.library.companions import companions_of, names_in, twins_of
from app.library.disk import disk_faults_told
from app.library.manifest import Manifest, Move, Phase, waiting_in
from app.library.whole_changes import WholeChanges, model_of
from app.model_files import ModelKind

GRACE = timedelta(seconds=20)
CLOSE_WITHIN_SECONDS = 1.0
# How many deletions that are over are told from those that never were.
MANY_OVER = 10_000


@dataclass(frozen=True)
class Deletion:
    """A deletion that can be undone until that moment. files: what was taken away, below their roots."""

    batch_id: str
    undo_until: datetime
    files: tuple[str, ...]


class Deletions:
    """The deletions that can be undone; a moment after its time each is gone for good."""

    def __init__(self, whole: WholeChanges, *, clock: Clock) -> None:
        self._whole = whole
        self._library = whole.library
        self._clock = clock
        self._waiting: dict[str, Manifest] = {}
        self._over: dict[str, None] = {}
        self._alarm = Alarm(clock=clock, ring=self._rung, name="library-alarm")

    def close(self) -> None:
        self._alarm.close(within_seconds=CLOSE_WITHIN_SECONDS)

    def delete(self, kind: ModelKind, ids: Sequence[str]) -> Deletion:
        """Take models and their companions away, all or none; what a twin of the same name shares stays with it.

        Raises NotFound, InvalidInput for a folder that leads out of the library, StorageUnavailable.
        """
        wanted = list(dict.fromkeys(ids))
        with self._whole.holding(wanted), self._whole.lock, disk_faults_told("nothing was deleted"):
            models = [self._library.entry(kind, model_id) for model_id in wanted]
            self._whole.refuse_outside(model.path for model in models)
            until = self._clock.now() + GRACE
            manifest = self._deletion(models, until)
            self._whole.begin(manifest)
            self._whole.carry_out(manifest, lambda changing: changing.drop(*wanted))
            self._waiting[manifest.id] = manifest
            self._set_alarm()
        return Deletion(manifest.id, until, tuple(_below(one.source, models) for one in manifest.moves))

    def undo(self, batch_id: str) -> list[Model]:
        """Bring a deletion's models back as they were, all or none.

        Raises NotFound, Conflict "expired", Conflict "occupied" naming a file that has taken the place of one, and
        then nothing has changed and the time goes on; StorageUnavailable.
        """
        with self._whole.lock, disk_faults_told("nothing was restored"):
            manifest = self._waiting.get(batch_id)
            if manifest is None and batch_id not in self._over:
                raise NotFound(f"there is no deletion {batch_id[:64]!r}")
            if manifest is None or _is_over(manifest, self._clock.now()):
                seconds = int(GRACE.total_seconds())
                raise Conflict(f"a deletion can be undone for {seconds} seconds, and they are over", code="expired")
            self._restore(manifest)
            del self._waiting[batch_id]
            self._set_alarm()
        return [model_of(told) for told in manifest.before]

    def resume(self, manifest: Manifest) -> None:
        """Go on with a deletion of an earlier run. Raises OSError, StudioError."""
        if manifest.phase is Phase.RESTORING:
            try:
                self._restore(manifest)
            except Conflict:  # somebody has taken a place: none of it is restored, as `undo` would have said
                self._delete_again(manifest)
                self._waiting[manifest.id] = manifest
        elif self._whole.finish(manifest):
            self._waiting[manifest.id] = manifest

    def end_those_over(self) -> None:
        """What has waited long enough is gone for good."""
        self._end(self._clock.now())

    def _rung(self, moment: datetime) -> None:
        # The clock may have been set back; the moment has come all the same.
        self._end(max(moment, self._clock.now()))

    def _end(self, now: datetime) -> None:
        with self._whole.lock:
            for manifest in [one for one in self._waiting.values() if _is_over(one, now)]:
                self._whole.clear(manifest)
                del self._waiting[manifest.id]
                self._over[manifest.id] = None
                if len(self._over) > MANY_OVER:
                    del self._over[next(iter(self._over))]
            self._set_alarm()

    def _deletion(self, models: Sequence[Model], until: datetime) -> Manifest:
        """Every file that goes, each to wait beside its own folder. One that is gone already is none."""
        doomed = {model.path for model in models}
        names = {folder: names_in(folder) for folder in {path.parent for path in doomed} if folder.is_dir()}
        files: set[Path] = set()
        for path in doomed:
            beside = names.get(path.parent)
            if beside is not None:
                shared = set(twins_of(path, beside)) - doomed
                files.update([] if shared else companions_of(path, beside))
                files.update([path] if path.is_symlink() or path.exists() else [])
        manifest = self._whole.manifest_for(models, undo_until=until)
        places = [(path, waiting_in(path.parent, manifest.id) / str(n)) for n, path in enumerate(sorted(files))]
        moves = tuple(Move.of(*place) for place in places)
        return replace(manifest, moves=moves, folders=tuple(dict.fromkeys(one.target.parent for one in moves)))

    def _restore(self, manifest: Manifest) -> None:
        """Put everything back, files and rows; or nothing, and say which file is in the way."""
        self._whole.refuse_outside(manifest.paths)
        lost = next((one for one in manifest.moves if one.is_lost), None)
        if lost is not None:
            raise Conflict(f"{lost.source.name} was removed for good meanwhile", code="expired")
        _refuse_occupied(manifest)
        staging = self._whole.staging
        again = replace(manifest, phase=Phase.RESTORING)
        staging.write(again)
        for folder in dict.fromkeys(one.source.parent for one in manifest.moves):
            folder.mkdir(parents=True, exist_ok=True)
        with self._library.changing():  # whatever happens, nobody meets the files where the rows do not say
            try:
                with self._library.changing() as changing:
                    staging.backward(again)
                    changing.put(*(model_of(told) for told in manifest.before))
            except BaseException as error:
                self._delete_again(manifest)
                if isinstance(error, FileExistsError):
                    _refuse_occupied(manifest)
                raise
        self._whole.clear(again)

    def _delete_again(self, manifest: Manifest) -> None:
        with suppress(OSError):  # what cannot be done now is at the next start
            self._whole.staging.forward(manifest)
            self._whole.staging.write(replace(manifest, phase=Phase.MOVING))

    def _set_alarm(self) -> None:
        moments = [one.undo_until for one in self._waiting.values() if one.undo_until is not None]
        self._alarm.set(min(moments, default=None))


def _is_over(manifest: Manifest, now: datetime) -> bool:
    return manifest.undo_until is not None and manifest.undo_until <= now


def _refuse_occupied(manifest: Manifest) -> None:
    for one in manifest.moves:
        if one.is_occupied:
            why = f"{one.source.name} is occupied: another file has taken its place; move that away and undo again"
            raise Conflict(why, code="occupied")


def _below(path: Path, models: Sequence[Model]) -> str:
    root = next(Path(model.root) for model in models if path.is_relative_to(model.root))
    return path.relative_to(root).as_posix()
