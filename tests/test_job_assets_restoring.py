"""A restore that is cut short anywhere: the folder is as it was or on its way, and a second run completes it."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest

from app.characters.job_fetching import SMALL_BYTES, Fetching
from app.characters.job_moving import THREADS, at_once
from app.errors import StorageUnavailable
from app.storage.folder import FolderStore
from app.storage.port import ObjectStore
from support.servers.s3 import Bucket, S3Server
from support.waiting import until
from tests.job_desk import FILM, JOB, Desk, Killed, kept
from tests.s3 import bucket, own_server, store_of

__all__ = ["bucket", "kept", "own_server"]

LONG = os.environ.get("LOAD") == "long"
KILLS = 40 if LONG else 2
CHANGES = ("os.rename", "os.mkdir", "os.remove", "os.rmdir")


class Disk:
    """Counts what changes the disk below a folder, and can end the studio before any of it."""

    def __init__(self) -> None:
        self._root = ""
        self._at: int | None = None
        self._fault: type[BaseException] | OSError = Killed
        self.done = 0
        sys.addaudithook(self._hear)  # for as long as Python runs; idle outside `watching`

    def _hear(self, event: str, told: tuple[object, ...]) -> None:
        if not self._root or not (event in CHANGES or (event == "open" and told[1] in ("w", "wb", "xb"))):
            return
        if not str(told[0]).startswith(self._root):
            return
        self.done += 1
        if self._at is not None and self.done > self._at:
            raise self._fault

    @contextmanager
    def watching(
        self, root: Path, at: int | None = None, fault: type[BaseException] | OSError = Killed
    ) -> Iterator[None]:
        self._root, self._at, self._fault, self.done = str(root), at, fault, 0
        try:
            yield
        finally:
            self._root = ""


DISK = Disk()


def empty(desk: Desk) -> None:
    shutil.rmtree(desk.home, ignore_errors=True)


def partly(desk: Desk) -> None:
    empty(desk)
    desk.write({path: FILM[path] for path in list(FILM)[::2]})
    desk.write({"scenes/001.png": b"another", "uploads/mine.txt": b"mine"})
    (desk.folder / "audio").mkdir(exist_ok=True)
    shutil.rmtree(desk.folder / "audio")
    (desk.folder / "audio").write_bytes(b"a file where a folder belongs")


@pytest.mark.parametrize("prepare", [empty, partly])
def test_a_kill_at_any_change_of_the_disk_loses_nothing(tmp_path: Path, prepare: Callable[[Desk], None]) -> None:
    store = FolderStore(tmp_path / "store")
    source = Desk(tmp_path / "source", store)
    source.write(FILM)
    source.persist()
    desk = Desk(tmp_path / "home" / "jobs", store)
    prepare(desk)
    with DISK.watching(desk.home):
        desk.restore()
    count, after = DISK.done, desk.files()
    assert count >= 10
    assert FILM.items() <= after.items()
    for at in range(count):
        prepare(desk)
        before = desk.files()
        with DISK.watching(desk.home, at), suppress(Killed):
            desk.restore()
        found = desk.files()
        if prepare is empty:
            assert found in ({}, FILM), at
        # Each file is the old one or the new one, whole.
        assert {path for path, data in found.items() if data not in (before.get(path), after.get(path))} == set(), at
        desk.restart()
        desk.restore()
        assert desk.files() == after, at
        assert [name for name in desk.beside() if not name.endswith(".replaced")] == []
        if prepare is partly:
            aside = {path.read_bytes() for path in (desk.home / f".{JOB}.replaced").rglob("*") if path.is_file()}
            assert aside == {b"another", b"a file where a folder belongs"}, at


def test_a_full_disk_is_told_and_nothing_is_half_there(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")
    source = Desk(tmp_path / "source", store)
    source.write(FILM)
    source.persist()
    desk = Desk(tmp_path / "home" / "jobs", store)
    told = 0
    for at in range(0, 30, 1 if LONG else 3):
        empty(desk)
        full = OSError(errno.ENOSPC, "No space left on device")
        with DISK.watching(desk.home, at, full):
            try:
                desk.restore()
            except StorageUnavailable as error:
                told += 1
                assert error.message == (
                    "the folder of job 'film-7' on this machine cannot be used: No space left on device"
                )
        assert desk.files() in ({}, FILM), at
        desk.restore()
        assert desk.files() == FILM
    assert told > 5


def test_a_persist_first_finishes_a_restore_that_was_cut_short(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")
    source = Desk(tmp_path / "source", store)
    source.write(FILM)
    source.persist()
    desk = Desk(tmp_path / "home" / "jobs", store)
    at = 0
    while True:
        partly(desk)
        with DISK.watching(desk.home, at), suppress(Killed):
            desk.restore()
        if (desk.home / f".{JOB}.restoring/ready.json").exists():
            break
        at += 1
    desk.restart()
    assert desk.persist().stored == ["uploads/mine.txt"]
    assert FILM.items() <= desk.files().items()


def test_what_was_fetched_before_a_cut_is_not_fetched_again(tmp_path: Path, kept: ObjectStore) -> None:
    source = Desk(tmp_path / "source", kept)
    source.write({f"scenes/{number}.png": os.urandom(5 * 1024 * 1024) for number in range(3)})
    source.persist()
    desk = Desk(tmp_path / "two", kept)
    fetched: set[str] = set()
    at = 6
    while not fetched:
        with DISK.watching(desk.home, at), suppress(Killed):
            desk.restore()
        fetched = {path.name for path in desk.home.rglob("*.png")}
        at += 1
    desk.restart()
    desk.store.calls.clear()
    desk.restore()
    assert desk.files() == source.files()
    opened = {key.rpartition("/")[2] for verb, key in desk.store.calls if verb == "open"}
    assert opened == {f"{number}.png" for number in range(3)} - fetched


CHILD = """
import sys
from pathlib import Path
from app.storage.folder import FolderStore
from tests.job_desk import Desk

desk = Desk(Path(sys.argv[1]), FolderStore(Path(sys.argv[2])))
print("begun", flush=True)
desk.restore()
"""


def test_a_studio_that_is_killed_again_and_again_restores_all_of_it_in_the_end(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "store")
    source, random = Desk(tmp_path / "source", store), Random(KILLS)
    source.write({f"scenes/act {number % 7}/{number}.png": b"%d" % number * 100 for number in range(150)})
    source.persist()
    desk = Desk(tmp_path / "home", store)
    for _ in range(KILLS):
        command = [sys.executable, "-c", CHILD, str(desk.home), str(tmp_path / "store")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as killed:
            try:
                assert killed.stdout is not None and killed.stdout.readline() == "begun\n"
                wanted = random.randrange(1, 145)
                enough = partial(_has_fetched, desk.home, wanted)
                assert until(lambda: enough() or killed.poll() is not None, within=timedelta(seconds=30))  # noqa: B023
            finally:
                killed.send_signal(signal.SIGKILL)
        assert desk.files() in ({}, source.files())
    desk.restore()
    assert desk.files() == source.files()
    assert desk.beside() == []


def _has_fetched(home: Path, wanted: int) -> bool:
    return sum(1 for _ in home.rglob("*.png")) >= wanted


def test_1005_scenes_and_nested_folders_are_restored_byte_for_byte(tmp_path: Path, kept: ObjectStore) -> None:
    if kept.name == "s3" and not LONG:
        pytest.skip("a scenario does the same; the whole of it with LOAD=long")
    source, desk = Desk(tmp_path / "source", kept), Desk(tmp_path / "two", kept)
    source.write({f"scenes/act {n % 9}/of {n % 4}/{n:04}.png": b"%d" % n for n in range(1003)} | {"final/v.mp4": b"v"})
    source.persist()
    assert len(desk.restore().restored) == 1004
    assert desk.files() == source.files()
    assert threading.active_count() < 12


@pytest.mark.parametrize("way", ["killed", "frozen"])
def test_a_store_that_goes_while_it_is_read_changes_nothing_here(
    tmp_path: Path, own_server: S3Server, way: str
) -> None:
    store = store_of(own_server.bucket())
    source, desk = Desk(tmp_path / "source", store), Desk(tmp_path / "two", store)
    source.write({f"scenes/{number}.png": b"%d" % number for number in range(40)})
    source.persist()
    go = own_server.kill if way == "killed" else own_server.freeze
    gone = threading.Event()

    def watch() -> None:
        until(lambda: any(desk.home.rglob("*.png")), within=timedelta(seconds=30))
        go()
        gone.set()

    watcher = threading.Thread(target=watch)
    watcher.start()
    with suppress(StorageUnavailable):
        desk.restore()
    watcher.join()
    assert desk.files() in ({}, source.files())
    if way == "killed":
        own_server.start()
    else:
        own_server.thaw()
    desk.restore()
    assert desk.files() == source.files()
    store.close()


def test_after_the_first_error_nothing_more_is_begun() -> None:
    together, begun = threading.Barrier(THREADS), []

    def fail(number: int) -> None:
        begun.append(number)
        together.wait(30)
        raise StorageUnavailable("the store is gone")

    with pytest.raises(StorageUnavailable):
        at_once(fail, range(1000))
    assert len(begun) == THREADS


def test_many_small_objects_are_fetched_by_links_and_large_or_odd_ones_by_the_store(
    tmp_path: Path, bucket: Bucket
) -> None:
    store = store_of(bucket)
    with Fetching(store) as fetching:
        store.put("a b/ü+%.png", b"small", "image/png")
        assert fetching.small("a b/ü+%.png", 5) == b"small"
        assert fetching.small("large", SMALL_BYTES + 1) is None
        assert fetching.small("a b/ü+%.png", 5) == b"small"
        assert fetching.small("a b/ü+%.png", 4) is None  # it is not what was announced
        assert fetching.small("a b/ü+%.png", 5) is None  # and from then on nothing is tried
    with Fetching(store) as fetching:
        assert fetching.small("none", 5) is None
    with Fetching(FolderStore(tmp_path)) as fetching:
        assert fetching.small("any", 5) is None
    store.close()
