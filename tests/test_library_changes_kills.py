"""What a killed studio leaves of a change: finished or taken back at the next start, never anything in between."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from functools import partial
from io import BytesIO
from pathlib import Path
from random import Random

import pytest

from app.errors import Conflict, NotFound, StorageUnavailable
from support.waiting import until
from tests.model_folder import COMPANIONS, LORAS, Killed, ModelFolder, faulty, threads

NEON, OLD = "neon.safetensors", "film/old.ckpt"
LONG = os.environ.get("LOAD") == "long"
KILLS = 50 if LONG else 3
GRACE = timedelta(seconds=20)

Do = Callable[[ModelFolder], object]
Judge = Callable[[ModelFolder], bool]


def rename(folder: ModelFolder) -> None:
    folder.changes.rename(LORAS, folder.model(NEON).id, "night")


def move(folder: ModelFolder) -> None:
    folder.changes.move(LORAS, folder.model(NEON).id, "a/b")


def rename_a_twin(folder: ModelFolder) -> None:
    folder.changes.rename(LORAS, folder.model(OLD).id, "night")


def delete(folder: ModelFolder) -> None:
    folder.changes.delete(LORAS, [folder.model(NEON).id, folder.model(OLD).id, folder.model("film/old.pt").id])


def undo(folder: ModelFolder) -> None:
    delete(folder)
    [batch] = folder.changes._deletions._waiting
    folder.changes.undo(batch)


def purge(folder: ModelFolder) -> None:
    delete(folder)
    folder.changes.close()  # what the alarm does happens here, where it can be stopped
    folder.clock.advance(GRACE)
    folder.changes._deletions.end_those_over()


def put_preview(folder: ModelFolder) -> None:
    folder.changes.previews.put(LORAS, folder.model(NEON).id, BytesIO(GIF))


def remove_preview(folder: ModelFolder) -> None:
    folder.changes.previews.remove(LORAS, folder.model(NEON).id)


GIF = bytes.fromhex("47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b")
DOINGS: list[Do] = [rename, move, rename_a_twin, delete, undo, purge, put_preview, remove_preview]


class Rounds:
    """The same studio again and again: what it holds is put back, file by file, before each round."""

    def __init__(self, home: Path) -> None:
        self._home, self._whole = home / "home", home / "whole"
        folder = ModelFolder(self._home)
        folder.put("film/old.pt")
        folder.take_in(OLD, ".png", ".metadata.json")
        folder.take_in(NEON, *COMPANIONS)
        folder.close()
        shutil.copytree(self._home, self._whole)

    def begin(self) -> ModelFolder:
        shutil.rmtree(self._home)
        shutil.copytree(self._whole, self._home)
        return ModelFolder(self._home)


def outcomes(rounds: Rounds, do: Do) -> tuple[int, Judge, Judge]:
    """How many changes of files something takes, and how what it leaves is judged: as before, or as after."""
    folder = rounds.begin()
    before = _shape(folder)
    with faulty(folder) as disk:
        do(folder)
    after = _shape(folder)
    folder.close()
    return disk.done, lambda found: _shape(found) == before, lambda found: _shape(found) == after


def _shape(folder: ModelFolder) -> tuple[object, ...]:
    """All that others see: files, what the catalogue says, what recipes say; and whether anything waits."""
    names = {name: len(content) for name, content in folder.files().items() if ".changes" not in name}
    told = sorted((m.file, m.preview or "") for m in folder.models())
    hidden = any(".changes" in name for name in (*folder.files(), *folder.folders()))
    return (
        names,
        told,
        sorted(folder.used().values()),
        {one for one in folder.folders() if ".changes" not in one},
        hidden,
    )


@pytest.mark.parametrize("do", DOINGS, ids=lambda do: do.__name__)
def test_a_kill_after_any_change_of_a_file_leaves_before_or_after(tmp_path: Path, do: Do) -> None:
    rounds = Rounds(tmp_path)
    count, before, after = outcomes(rounds, do)
    assert count >= 5
    seen = set()
    for at in range(count + 1):
        folder = rounds.begin()
        with faulty(folder, at) as disk:
            with suppress(Killed):
                do(folder)
            assert (disk.done > at) == (at < count)
            folder.restart()
        if do in (delete, undo, purge) and not before(folder) and not after(folder):
            assert_deleted(folder)  # its time goes on
            seen.add("deleted")
        else:
            assert before(folder) or after(folder), (at, sorted(folder.files()), folder.listed())
            seen.add("before" if before(folder) else "after")
        files = folder.files()
        assert folder.scan_finds_nothing_new(), at
        folder.restart()
        assert folder.files() == files
        folder.close()
    assert {"before", "after"} <= seen if do is not undo else {"before"} <= seen
    assert until(lambda: not threads()), threads()


def assert_deleted(folder: ModelFolder) -> None:
    """Gone from everybody's sight, whole, and to be brought back or to end."""
    assert folder.listed() == []
    assert not [name for name in folder.files() if ".changes" not in name]
    waiting = folder.changes._deletions._waiting
    if waiting:
        [batch] = waiting
        folder.changes.undo(batch)
        assert folder.listed() == ["film/old.ckpt", "film/old.pt", NEON]
        assert sum(".changes" in name for name in folder.files()) == 0


@pytest.mark.parametrize("do", DOINGS, ids=lambda do: do.__name__)
def test_a_disk_that_fails_at_any_change_leaves_before_or_after_once_the_studio_has_restarted(
    tmp_path: Path, do: Do
) -> None:
    rounds = Rounds(tmp_path)
    count, before, after = outcomes(rounds, do)
    for at in range(0, count, 1 if LONG else 3):
        folder = rounds.begin()
        with faulty(folder, at, errno.EIO), suppress(StorageUnavailable, Conflict, NotFound):
            do(folder)
        folder.restart()
        if do in (delete, undo, purge) and not before(folder) and not after(folder):
            assert_deleted(folder)
        else:
            assert before(folder) or after(folder), (at, sorted(folder.files()), folder.listed())
        folder.close()


def test_an_undo_that_was_begun_in_time_is_finished_however_late_the_next_start_is(tmp_path: Path) -> None:
    rounds = Rounds(tmp_path)
    seen: list[bool] = []
    killed = True
    while killed:
        folder = rounds.begin()
        whole = folder.files()
        delete(folder)
        [batch] = folder.changes._deletions._waiting
        with faulty(folder, len(seen)) as disk, suppress(Killed):
            folder.changes.undo(batch)
        killed = disk.done > len(seen)
        folder.changes.close()
        folder.clock.advance(GRACE)
        folder.restart()
        assert folder.files() in (whole, {}), len(seen)
        seen.append(folder.files() == whole)
        folder.close()
    # Nothing has happened before it is written down, which takes two changes.
    assert (any(seen[:2]), all(seen[2:]), len(seen) > 20) == (False, True, True)


def test_a_deletion_whose_time_is_over_ends_at_the_start(tmp_path: Path) -> None:
    folder = Rounds(tmp_path).begin()
    delete(folder)
    [batch] = folder.changes._deletions._waiting
    folder.clock.advance(GRACE - timedelta(seconds=1))
    folder.restart()
    assert not folder.listed()
    folder.changes.close()
    folder.clock.advance(timedelta(seconds=1))
    folder.restart()
    assert (folder.files(), folder.folders()) == ({}, {"film"})
    with pytest.raises(Conflict, match="20 seconds"):
        folder.changes.undo(batch)
    folder.close()


def _has_seen(root: Path, seen: set[int], wanted: int) -> bool:
    """Whether a folder has changed so often; every look counts."""
    seen.add(root.stat().st_mtime_ns)
    return len(seen) > wanted


CHILD = """
import sys
from pathlib import Path
from random import Random
from tests.model_folder import LORAS, ModelFolder

folder, random = ModelFolder(Path(sys.argv[1])), Random(int(sys.argv[2]))
ids = [model.id for model in folder.models()]
print("begun", flush=True)
while True:
    model_id = random.choice(ids)
    what = random.randrange(3)
    if what == 0:
        folder.changes.rename(LORAS, model_id, f"name-{model_id[:4]}-{random.randrange(3)}")
    elif what == 1:
        folder.changes.move(LORAS, model_id, random.choice(["", "film", "a/b"]))
    else:
        folder.changes.undo(folder.changes.delete(LORAS, [model_id]).batch_id)
"""


def test_a_studio_that_is_killed_again_and_again_loses_nothing(tmp_path: Path) -> None:
    folder = ModelFolder(tmp_path)
    for number in range(4):
        folder.take_in(f"{number}.ckpt", ".png", ".metadata.json")
    sums = {model.id: model.sha256 for model in folder.models()}
    random = Random(KILLS)
    for round_ in range(KILLS):
        folder.close()
        command = [sys.executable, "-c", CHILD, str(tmp_path), str(round_)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as killed:
            try:
                assert killed.stdout is not None and killed.stdout.readline() == "begun\n"
                seen, wanted = set[int](), random.randrange(1, 40)
                assert until(partial(_has_seen, folder.root, seen, wanted), within=timedelta(seconds=30))
            finally:
                killed.send_signal(signal.SIGKILL)
        folder.restart()
        for batch in list(folder.changes._deletions._waiting):
            folder.changes.undo(batch)
        assert {model.id: model.sha256 for model in folder.models()} == sums
        assert sorted(folder.files()) == sorted(
            file.removesuffix("ckpt") + suffix
            for file in folder.listed()
            for suffix in ("ckpt", "png", "metadata.json")
        )
        assert folder.used() == {model.id: model.file for model in folder.models()}
        assert folder.scan_finds_nothing_new()
    folder.close()
