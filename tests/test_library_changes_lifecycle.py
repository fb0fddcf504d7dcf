"""The life of models in a library, whatever happens in whatever order: what should exist does, and nothing else."""

from __future__ import annotations

import os
import shutil
import tempfile
from datetime import datetime, timedelta
from pathlib import Path, PurePosixPath
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from app.errors import Conflict, NotFound
from support.waiting import until
from tests.model_folder import LORAS, Killed, ModelFolder, faulty

NAMES = st.sampled_from(["a", "b", "B", "a.v2", "a-city"])
FOLDERS = st.sampled_from(["", "film", "film/old"])
SUFFIXES = st.sampled_from([".ckpt", ".pt"])
BESIDE = (".png", ".metadata.json")
EXAMPLES = 300 if os.environ.get("LOAD") == "long" else 15


class Lifecycle(RuleBasedStateMachine):
    """models: where each lies, by its id; waiting: what each deletion took, and until when it can be undone.

    new: files that no scan has seen.
    """

    @initialize()
    def open(self) -> None:
        self.home = Path(tempfile.mkdtemp())
        self.folder = ModelFolder(self.home)
        self.models: dict[str, str] = {}
        self.excluded: set[str] = set()
        self.notes: dict[str, str] = {}
        self.new: set[str] = set()
        self.waiting: dict[str, tuple[dict[str, str], datetime]] = {}

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            self.folder.close()
            shutil.rmtree(self.home)

    @property
    def taken(self) -> set[str]:
        """The names that are taken on the disk, without suffix and in small letters."""
        return {_stem(file) for file in (*self.models.values(), *self.new)}

    def some(self, data: Any) -> str:
        return self._ids(data.draw(st.sampled_from(sorted(self.models.values())), label="model"))[0]

    def _ids(self, *files: str) -> list[str]:
        """By their files, because ids are never the same again."""
        by_file = {file: model_id for model_id, file in self.models.items()}
        return [by_file[file] for file in files]

    @rule(folder=FOLDERS, name=NAMES, suffix=SUFFIXES)
    def copy_in(self, folder: str, name: str, suffix: str) -> None:
        file = str(PurePosixPath(folder, name + suffix))
        if _stem(file) not in self.taken:
            self.folder.put(file, *BESIDE)
            self.new.add(file)

    @rule()
    def scan(self) -> None:
        self.folder.library.scan(LORAS)
        for file in self.new:
            model = self.folder.model(file)
            assert model.id not in self.models
            self.models[model.id] = file
            self.folder.use(model)
        self.new.clear()

    @precondition(lambda self: self.models)
    @rule(data=st.data(), name=NAMES)
    def rename(self, data: Any, name: str) -> None:
        model_id = self.some(data)
        old = PurePosixPath(self.models[model_id])
        self._relocate(model_id, str(old.with_name(name + old.suffix)), "rename", name)

    @precondition(lambda self: self.models)
    @rule(data=st.data(), folder=FOLDERS)
    def move(self, data: Any, folder: str) -> None:
        model_id = self.some(data)
        self._relocate(model_id, str(PurePosixPath(folder, PurePosixPath(self.models[model_id]).name)), "move", folder)

    def _relocate(self, model_id: str, target: str, how: str, wish: str) -> None:
        others = {_stem(file) for file in (*self.models.values(), *self.new) if file != self.models[model_id]}
        try:
            after = getattr(self.folder.changes, how)(LORAS, model_id, wish)
        except Conflict as error:
            assert (error.code, _stem(target) in others) == ("taken", True)
            return
        assert _stem(target) not in others
        assert after.file == target
        self.models[model_id] = target

    @precondition(lambda self: self.models)
    @rule(data=st.data())
    def delete(self, data: Any) -> None:
        files = st.sampled_from(sorted(self.models.values()))
        ids = self._ids(*data.draw(st.lists(files, min_size=1, max_size=3, unique=True)))
        deletion = self.folder.changes.delete(LORAS, ids)
        self._deleted(deletion.batch_id, ids, deletion.undo_until)

    def _deleted(self, batch: str, ids: list[str], undo_until: datetime) -> None:
        self.waiting[batch] = ({model_id: self.models.pop(model_id) for model_id in ids}, undo_until)

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def undo(self, data: Any) -> None:
        batch = list(self.waiting)[data.draw(st.integers(0, len(self.waiting) - 1), label="deletion")]
        models, undo_until = self.waiting[batch]
        try:
            self.folder.changes.undo(batch)
        except Conflict as error:
            occupied = any(_stem(file) in self.taken for file in models.values())
            if error.code == "occupied":
                assert occupied
            else:
                assert (error.code, undo_until <= self.folder.clock.now()) == ("expired", True)
                del self.waiting[batch]
            return
        except NotFound:  # it was over already when the studio was started
            assert undo_until <= self.folder.clock.now()
            del self.waiting[batch]
            return
        assert self.folder.clock.now() < undo_until
        self.models |= models
        del self.waiting[batch]

    @rule(seconds=st.sampled_from([1, 7, 20]))
    def time_passes(self, seconds: int) -> None:
        self.folder.clock.advance(timedelta(seconds=seconds))

    @precondition(lambda self: self.models)
    @rule(data=st.data(), out=st.booleans())
    def exclude(self, data: Any, out: bool) -> None:
        model_id = self.some(data)
        self.folder.changes.set_excluded(LORAS, model_id, out)
        (self.excluded.add if out else self.excluded.discard)(model_id)

    @precondition(lambda self: self.models)
    @rule(data=st.data(), notes=st.sampled_from(["good", "bad", ""]))
    def say(self, data: Any, notes: str) -> None:
        model_id = self.some(data)
        self.folder.changes.edit(LORAS, model_id, {"notes": notes})
        self.notes[model_id] = notes

    @rule()
    def restart(self) -> None:
        self.folder.restart()

    @precondition(lambda self: self.models)
    @rule(data=st.data(), at=st.integers(0, 40), what=st.sampled_from(["rename", "move", "delete"]))
    def crash(self, data: Any, at: int, what: str) -> None:
        """Be killed in the midst of a change, and start again: it has happened, or it has not."""
        model_id = self.some(data)
        deletions = set(self.folder.changes._deletions._waiting)
        changes = self.folder.changes
        with faulty(self.folder, at):
            try:
                if what == "delete":
                    changes.delete(LORAS, [model_id])
                else:
                    getattr(changes, what)(LORAS, model_id, "crashed")
            except (Killed, Conflict):
                pass
            self.folder.restart()
        if what == "delete":
            fresh = set(self.folder.changes._deletions._waiting) - deletions
            if fresh:
                [batch] = fresh
                self._deleted(batch, [model_id], self.folder.clock.now() + timedelta(seconds=20))
            return
        old = PurePosixPath(self.models[model_id])
        new = (
            str(old.with_name(f"crashed{old.suffix}")) if what == "rename" else str(PurePosixPath("crashed", old.name))
        )
        if self.folder.library.entry(LORAS, model_id).file == new:
            self.models[model_id] = new

    @invariant()
    def the_disk_holds_what_should_exist(self) -> None:
        if hasattr(self, "folder"):
            files = {*self.models.values(), *self.new}
            wanted = {str(PurePosixPath(file).with_suffix(suffix)) for file in files for suffix in BESIDE} | files
            found = {name for name in self.folder.files() if ".changes/" not in name}
            assert found == wanted

    @invariant()
    def the_catalogue_and_the_recipes_say_so(self) -> None:
        if hasattr(self, "folder"):
            told = {model.id: (model.file, model.excluded) for model in self.folder.models(excluded=None)}
            assert told == {model_id: (file, model_id in self.excluded) for model_id, file in self.models.items()}
            used = self.folder.used()
            assert {model_id: used[model_id] for model_id in self.models} == self.models
            for model_id, notes in self.notes.items():
                if model_id in self.models:
                    assert self.folder.library.entry(LORAS, model_id).notes == notes

    @invariant()
    def what_nobody_can_bring_back_is_gone(self) -> None:
        if hasattr(self, "folder"):
            now = self.folder.clock.now()
            alive = {batch for batch, (_, undo_until) in self.waiting.items() if undo_until > now}

            def waits() -> set[str]:
                names = (PurePosixPath(name).parts for name in self.folder.files())
                return {parts[parts.index(".changes") + 1] for parts in names if ".changes" in parts}

            assert until(lambda: waits() == alive), (waits(), alive)


def _stem(file: str) -> str:
    return str(PurePosixPath(file).with_suffix("")).casefold()


Lifecycle.TestCase.settings = settings(
    max_examples=EXAMPLES,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
TestLifecycle = Lifecycle.TestCase
