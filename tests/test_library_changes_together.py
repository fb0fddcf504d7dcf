"""Many who change the library at the same time, and models that move to another disk: nothing is lost."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest

from app.errors import Conflict, NotFound, StorageUnavailable
from app.library.disk import Disk
from support.waiting import until
from tests.model_folder import COMPANIONS, LORAS, Killed, ModelFolder, faulty, threads
from tests.served import at_once

NEON = "neon.safetensors"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[ModelFolder]:
    folder = ModelFolder(tmp_path)
    yield folder
    folder.close()
    assert until(lambda: not threads()), threads()


def whole(folder: ModelFolder, *, companions: int) -> bool:
    """Whether every model lies where the catalogue says, with all that belongs to it, and nothing else lies there."""
    own = {file.removesuffix(".ckpt").removesuffix(".safetensors") for file in folder.listed()}
    found = [file.partition(".")[0] for file in folder.files()]
    return set(found) == own and len(found) == len(own) * (companions + 1)


def test_of_two_renames_at_once_both_happen_one_after_the_other(folder: ModelFolder) -> None:
    model = folder.take_in(NEON, *COMPANIONS)
    names = [f"name-{number}" for number in range(6)]
    given = at_once(lambda name: folder.changes.rename(LORAS, model.id, name).name, names)
    assert given == names
    assert folder.listed()[0].removesuffix(".safetensors") in names
    assert whole(folder, companions=len(COMPANIONS))
    assert folder.used() == {model.id: folder.listed()[0]}


def test_of_two_models_one_gets_the_name_that_both_want(folder: ModelFolder) -> None:
    ids = [folder.take_in(f"{number}.ckpt", ".png").id for number in range(6)]

    def wants(model_id: str) -> str:
        try:
            return folder.changes.rename(LORAS, model_id, "night").name
        except Conflict as error:
            return error.code

    assert sorted(at_once(wants, ids)) == ["night", *["taken"] * 5]
    assert whole(folder, companions=1)


def test_a_model_is_deleted_once_and_whole_however_it_is_called_meanwhile(folder: ModelFolder) -> None:
    model = folder.take_in(NEON, *COMPANIONS)
    files = {name.partition(".")[2]: content for name, content in folder.files().items() if "json" not in name}

    def do(number: int) -> str:
        try:
            if number % 2:
                folder.changes.rename(LORAS, model.id, f"name-{number}")
                return "renamed"
            return folder.changes.delete(LORAS, [model.id]).batch_id
        except NotFound:
            return "gone"

    done = at_once(do, range(8))
    [batch] = [one for one in done if one not in ("renamed", "gone")]
    assert folder.listed() == []
    assert not [name for name in folder.files() if ".changes" not in name]
    folder.changes.undo(batch)
    restored = {name.partition(".")[2]: content for name, content in folder.files().items() if "json" not in name}
    assert restored == files


def test_twins_that_are_deleted_at_once_leave_nothing_behind(folder: ModelFolder) -> None:
    for round_ in range(10):
        folder.put("neon.ckpt", ".png", ".metadata.json")
        folder.put("neon.pt")
        folder.library.scan(LORAS)
        at_once(lambda model_id: folder.changes.delete(LORAS, [model_id]), [m.id for m in folder.models()])
        assert not [name for name in folder.files() if ".changes" not in name], round_


@pytest.mark.parametrize("seed", range(3))
def test_whatever_many_do_while_scans_go_on_no_model_is_lost(folder: ModelFolder, seed: int) -> None:
    ids = [folder.take_in(f"{number}.ckpt", ".png", ".metadata.json").id for number in range(5)]
    sums = {model.id: model.sha256 for model in folder.models()}
    over = threading.Event()

    def scan() -> None:
        while not over.is_set():
            folder.library.scan(LORAS)

    def change(random: Random) -> None:
        for _ in range(12):
            model_id = random.choice(ids)
            with suppress(NotFound, Conflict):
                what = random.randrange(4)
                if what == 0:
                    folder.changes.rename(LORAS, model_id, f"name-{random.randrange(8)}")
                elif what == 1:
                    folder.changes.move(LORAS, model_id, random.choice(["", "film", "film/old"]))
                elif what == 2:
                    folder.changes.edit(LORAS, model_id, {"notes": str(random.random())})
                else:
                    folder.changes.undo(folder.changes.delete(LORAS, [model_id]).batch_id)

    scanner = threading.Thread(target=scan)
    scanner.start()
    at_once(change, [Random(f"{seed}-{number}") for number in range(4)])
    over.set()
    scanner.join()
    assert {model.id: model.sha256 for model in folder.models()} == sums
    assert folder.used() == {model.id: model.file for model in folder.models()}
    assert whole(folder, companions=2)
    assert folder.scan_finds_nothing_new()


class TwoDisks(Disk):
    """`far` is another disk: nothing on it has a name on this one. Made by hand where there is no second one."""

    def __init__(self) -> None:
        self.held = threading.Event()
        self.held.set()
        self.copying = threading.Event()
        self.spoils = False

    def link(self, source: Path, target: Path) -> None:
        if ("far" in source.parts) != ("far" in target.parts):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), str(source), None, str(target))
        super().link(source, target)

    def copy(self, source: Path, target: Path) -> None:
        self.copying.set()
        assert self.held.wait(10)
        super().copy(source, target)


def test_a_model_moves_to_another_disk_and_is_gone_from_the_first(folder: ModelFolder) -> None:
    folder.restart(TwoDisks())
    model = folder.take_in(NEON, *COMPANIONS)
    before = folder.files()
    folder.changes.move(LORAS, model.id, "far/film")
    assert {name.removeprefix("far/film/") for name in folder.files()} == set(before)
    assert (folder.root / "far/film" / NEON).stat().st_mtime_ns == model.mtime_ns
    assert folder.scan_finds_nothing_new()
    assert folder.used() == {model.id: f"far/film/{NEON}"}
    folder.changes.move(LORAS, model.id, "")
    assert folder.files().keys() == before.keys()


def test_a_real_other_disk_is_copied_to(folder: ModelFolder, tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm" if tmp_path.parts[1] != "dev" else "/var/tmp") as other:
        if Path(other).stat().st_dev == tmp_path.stat().st_dev:
            pytest.skip("this machine has one disk alone")
        (folder.root / "far").symlink_to(other)
        folder.roots[LORAS].append(Path(other))
        model = folder.take_in(NEON, *COMPANIONS)
        names = sorted(folder.files())
        folder.changes.move(LORAS, model.id, "far")
        assert sorted(path.name for path in Path(other).iterdir()) == sorted(n for n in names if n != "far")
        assert sorted(folder.files()) == ["far"]
        deletion = folder.changes.delete(LORAS, [model.id])
        assert len(deletion.files) == 5
        folder.changes.undo(deletion.batch_id)
        folder.changes.move(LORAS, model.id, "")
        assert list(Path(other).iterdir()) == []


def test_others_are_not_kept_waiting_while_a_model_is_copied(folder: ModelFolder) -> None:
    disk = TwoDisks()
    folder.restart(disk)
    slow, quick = folder.take_in(NEON), folder.take_in("quick.ckpt")
    disk.held.clear()
    mover = threading.Thread(target=folder.changes.move, args=(LORAS, slow.id, "far"))
    mover.start()
    assert disk.copying.wait(10)
    folder.changes.rename(LORAS, quick.id, "night")
    folder.library.scan(LORAS)
    assert folder.listed() == [NEON, "night.ckpt"]
    disk.held.set()
    mover.join()
    assert folder.listed() == [f"far/{NEON}", "night.ckpt"]


@pytest.mark.parametrize("meanwhile", ["the model", "the name"])
def test_what_happens_while_a_model_is_copied_is_not_lost(folder: ModelFolder, meanwhile: str) -> None:
    disk = TwoDisks()
    folder.restart(disk)
    model = folder.take_in(NEON, ".png")
    disk.held.clear()
    refused: list[Any] = []

    def move() -> None:
        with pytest.raises(Conflict) as error:
            folder.changes.move(LORAS, model.id, "far")
        refused.append(error.value.code)

    mover = threading.Thread(target=move)
    mover.start()
    assert disk.copying.wait(10)
    theirs = folder.root / (NEON if meanwhile == "the model" else f"far/{NEON}")
    theirs.write_bytes(theirs.read_bytes() + b"more" if theirs.exists() else b"theirs")
    held = theirs.read_bytes()
    disk.held.set()
    mover.join()
    assert refused == ["changed_meanwhile" if meanwhile == "the model" else "taken"]
    assert theirs.read_bytes() == held
    assert (folder.root / NEON).exists()
    assert not [name for name in (*folder.files(), *folder.folders()) if ".changes" in name]


def test_a_copy_that_differs_is_not_trusted(folder: ModelFolder) -> None:
    class Bad(TwoDisks):
        def copy(self, source: Path, target: Path) -> None:
            shutil.copy(source, target)
            raise OSError(errno.EIO, "the copy differs from what was copied", str(target))

    folder.restart(Bad())
    model = folder.take_in(NEON)
    with pytest.raises(StorageUnavailable, match="differs"):
        folder.changes.move(LORAS, model.id, "far/film")
    assert (list(folder.files()), folder.folders()) == ([NEON], set())


def test_a_kill_at_any_change_of_a_move_to_another_disk_leaves_the_model_whole(folder: ModelFolder) -> None:
    model = folder.take_in(NEON, ".png", ".metadata.json")
    names = set(folder.files())
    at, finished, seen = 0, False, set()
    while not finished:
        with faulty(folder, at) as disk:
            object.__setattr__(disk, "link", _refusing_other_disks(disk))
            with suppress(Killed):
                folder.changes.move(LORAS, model.id, "far")
                finished = disk.done <= at
            folder.restart()
        where = folder.model(f"far/{NEON}" if folder.listed() == [f"far/{NEON}"] else NEON).folder
        assert {name.removeprefix("far/") for name in folder.files()} == names, at
        assert {str(Path(name).parent) for name in folder.files()} == {where or "."}, at
        assert folder.scan_finds_nothing_new()
        seen.add(where)
        if where:
            folder.changes.move(LORAS, model.id, "")
            (folder.root / "far").rmdir()
        at += 1
    assert seen == {"", "far"}


def _refusing_other_disks(disk: Any) -> Any:
    link = disk.link

    def refusing(source: Path, target: Path) -> None:
        if ("far" in source.parts) != ("far" in target.parts):
            raise OSError(errno.EXDEV, os.strerror(errno.EXDEV), str(source), None, str(target))
        link(source, target)

    return refusing
