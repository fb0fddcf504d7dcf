"""A change of a stored job that is cut short anywhere: nobody sees half of it, and a second run completes it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from app.errors import NotFound, StorageUnavailable
from app.storage.folder import FolderStore
from app.storage.port import ObjectStore
from support.servers.s3 import S3Server, shared_server
from tests.job_desk import FILM, JOB, A, B, Desk, Killed
from tests.s3 import own_server, skip_unless_available, store_of

__all__ = ["own_server"]

LONG = os.environ.get("LOAD") == "long"
NEW = {
    "final/video.mp4": b"the film, cut anew",
    "final/credits.txt": b"everybody",
    "scenes/001.png": b"first, painted over",
    "scenes/003.png": b"third",
    "metadata.json": b'{"title": "More cats"}',
}
Files = dict[str, bytes]


@dataclass(frozen=True)
class Doing:
    """A change. prepare: what comes before it; do: itself, which can be done again."""

    name: str
    prepare: Callable[[Desk], object]
    do: Callable[[Desk], object]


def written(desk: Desk) -> None:
    desk.write(FILM)


def begun(desk: Desk) -> None:
    written(desk)
    desk.persist()


def changed(desk: Desk) -> None:
    begun(desk)
    desk.write(NEW)


def twice(desk: Desk) -> None:
    begun(desk)
    desk.write({"final/video.mp4": b"the film, another cut"})
    (desk.folder / "final/extras/poster.png").unlink()
    desk.persist()


def folders(desk: Desk) -> None:
    desk.write({"scenes/a": b"a file", "scenes/b/c": b"in a folder", "scenes/d": b"d"})
    desk.persist()
    shutil.rmtree(desk.folder / "scenes")
    desk.write({"scenes/a/1": b"in a folder now", "scenes/b": b"a file now", "scenes/d": b"other"})


def give(desk: Desk) -> object:
    return desk.assets.associate_character_images_with_job(JOB, [A, B], desk.folder)


DOINGS = [
    Doing("first persist", written, Desk.persist),
    Doing("persist again", changed, Desk.persist),
    Doing("files become folders", folders, Desk.persist),
    Doing("first pictures", lambda desk: None, give),
    Doing("more pictures", begun, give),
    Doing("backup", begun, lambda desk: desk.assets.backup(JOB)),
    Doing("version", twice, lambda desk: desk.assets.restore_version(JOB, 1, desk.folder)),
    Doing("cleanup", begun, lambda desk: desk.assets.cleanup(JOB)),
]
doings = pytest.mark.parametrize("doing", DOINGS, ids=lambda doing: doing.name)


def seen(desk: Desk, place: Path) -> tuple[Files, list[tuple[int, Files]]] | None:
    """The job as another machine sees it, which may only read: its files and its versions, each to the byte."""
    shutil.rmtree(place, ignore_errors=True)
    other = Desk(place, desk.kept, "another")
    try:
        other.restore()
    except NotFound:
        return None
    manifest = other.assets.assets(JOB)
    kept = [(one.number, {path: desk.kept.read(it.key) for path, it in one.files.items()}) for one in manifest.versions]
    assert {verb for verb, _ in other.store.calls} <= {"list", "read", "open"}
    return other.files(), kept


def prepared(home: Path, store: ObjectStore, doing: Doing) -> Desk:
    desk = Desk(home, store)
    doing.prepare(desk)
    desk.store.cut_off(None)
    return desk


def outcome(desk: Desk, doing: Doing, place: Path) -> tuple[int, object, object, list[str]]:
    """How many changes it takes, what is seen before and after it, and the objects there are in the end."""
    before = seen(desk, place)
    doing.do(desk)
    return desk.store.changes, before, seen(desk, place), desk.held()


def cut_short(desk: Desk, doing: Doing, at: int, way: str) -> None:
    desk.store.cut_off(at, kill=way == "killed", landing=way == "answer lost")
    with suppress(Killed, StorageUnavailable):
        doing.do(desk)


@doings
@pytest.mark.parametrize("way", ["killed", "store gone", "answer lost"])
def test_a_change_cut_short_is_seen_whole_or_not_at_all_and_completed_by_a_second_run(
    tmp_path: Path, doing: Doing, way: str
) -> None:
    look = partial(seen, place=tmp_path / "elsewhere")
    sample = prepared(tmp_path / "sample", FolderStore(tmp_path / "sample-store"), doing)
    count, before, after, held = outcome(sample, doing, tmp_path / "elsewhere")
    assert count >= 5
    met = set()
    for at in range(0, count + 1, 1 if LONG or way == "killed" else 3):
        desk = prepared(tmp_path / f"{at}", FolderStore(tmp_path / f"{at}-store"), doing)
        cut_short(desk, doing, at, way)
        assert (desk.store.changes > at) == (at < count)
        found = look(desk)
        assert found in (before, after), at
        met.add("before" if found == before else "after")
        desk.restart()
        doing.do(desk)
        assert (look(desk), desk.held()) == (after, held), at
    assert "before" in met
    assert "after" in met or not (LONG or way == "killed")


@doings
def test_on_a_real_s3_server_too(tmp_path: Path, doing: Doing) -> None:
    skip_unless_available()
    look = partial(seen, place=tmp_path / "elsewhere")
    sample = prepared(tmp_path / "sample", FolderStore(tmp_path / "sample-store"), doing)
    count, before, after, held = outcome(sample, doing, tmp_path / "elsewhere")
    met = set()
    for at in range(count) if LONG else (2, count - 1):
        bucket = shared_server().bucket()
        store = store_of(bucket)
        desk = prepared(tmp_path / f"{at}", store, doing)
        cut_short(desk, doing, at, "killed")
        found = look(desk)
        assert found in (before, after), at
        met.add("before" if found == before else "after")
        desk.restart()
        doing.do(desk)
        assert (look(desk), desk.held()) == (after, held), at
        store.close()
        bucket.close()
    assert met == {"before", "after"}


def test_after_a_kill_the_other_studio_waits_and_the_same_one_goes_on_at_once(tmp_path: Path) -> None:
    [doing] = [one for one in DOINGS if one.name == "persist again"]
    desk = prepared(tmp_path / "one", FolderStore(tmp_path / "store"), doing)
    cut_short(desk, doing, 4, "killed")
    assert [key for key in desk.held() if key.startswith("pending/")] != []
    desk.restart()
    desk.persist()
    assert [key for key in desk.held() if key.startswith("pending/")] == []


def test_a_journal_whose_objects_somebody_has_removed_does_not_stop_the_job_for_ever(tmp_path: Path) -> None:
    [doing] = [one for one in DOINGS if one.name == "persist again"]
    desk = prepared(tmp_path / "one", FolderStore(tmp_path / "store"), doing)
    at = 0
    while not any(key.endswith("journal.json") for key in desk.held()):
        at += 1
        desk.restart()
        cut_short(desk, doing, at, "killed")
    waiting = [key for key in desk.held() if key.startswith("pending/") and key.rpartition("/")[2].isdecimal()]
    desk.kept.delete_all(f"videos/{JOB}/{key}" for key in waiting)
    desk.restart()
    desk.persist()
    other = Desk(tmp_path / "two", desk.kept)
    other.restore()
    assert other.files() == desk.files()


def test_a_store_that_is_killed_while_it_is_written_shows_no_half_job(tmp_path: Path, own_server: S3Server) -> None:
    """The real server, killed by a signal in the middle of it, and begun again on what it had kept."""
    store = store_of(own_server.bucket())
    desk = Desk(tmp_path / "one", store)
    desk.write({f"scenes/{number}.png": os.urandom(20_000) for number in range(30)})
    desk.persist()
    before = desk.files()
    desk.write({f"scenes/{number}.png": os.urandom(20_000) for number in range(20, 50)})
    after = desk.files()
    for changes in (5, 20, 40, 60, 70, 80) if LONG else (20, 70):
        desk.restart()
        desk.store.at(changes, own_server.kill)
        with suppress(StorageUnavailable):
            desk.persist()
        assert not own_server.runs
        own_server.start()
        found = seen(desk, tmp_path / "two")
        assert found is not None
        assert found[0] in (before, after), changes
    desk.restart()
    desk.persist()
    assert seen(desk, tmp_path / "two") == (after, [])
    assert not [key for key in desk.held() if key.startswith("pending/")]
    store.close()
