"""The partial file: room taken before it is needed, faults of the disk told apart, its name gone at once."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.downloads.engine.partial_file import PartialFile, remove
from app.downloads.faults import PassingFault, Stopped, TransferFailed
from app.downloads.stop import Stop
from support.waiting import until


@pytest.fixture
def file(tmp_path: Path) -> Iterator[PartialFile]:
    file = PartialFile(tmp_path / ".partial" / "one.part")
    yield file
    file.close()


def test_it_is_as_large_as_the_whole_before_a_byte_is_there(file: PartialFile) -> None:
    file.make_room(100_000_000, keep_free_bytes=0, stop=Stop())
    assert file.path.stat().st_size == 100_000_000


def test_bytes_lie_where_they_were_written(file: PartialFile) -> None:
    file.make_room(10, keep_free_bytes=0, stop=Stop())
    file.write(memoryview(b"world"), 5)
    file.write(memoryview(b"hello"), 0)
    view = memoryview(bytearray(7))
    assert file.read_into(view, 3) == 7 and bytes(view) == b"loworld"


def test_too_little_room_is_told_with_how_much_there_is(file: PartialFile) -> None:
    with pytest.raises(TransferFailed, match=r"takes 1,000 bytes and the disk has [\d,]+, of which [\d,]+ are to stay"):
        file.make_room(1000, keep_free_bytes=1 << 60, stop=Stop())
    assert file.size_bytes == 0


def test_what_is_allocated_already_is_not_counted_twice(file: PartialFile) -> None:
    file.write(memoryview(bytes(50_000_000)), 0)
    system = os.statvfs(file.path.parent)
    file.check_room(50_000_000, keep_free_bytes=system.f_bavail * system.f_frsize - 25_000_000)


def test_a_stop_ends_the_taking_of_room(file: PartialFile) -> None:
    stop = Stop()
    stop.set()
    with pytest.raises(Stopped):
        file.make_room(100_000_000, keep_free_bytes=0, stop=stop)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no device that is always full")
def test_a_disk_that_fills_up_midway_is_waited_for() -> None:
    file = PartialFile(Path("/dev/full"))
    with pytest.raises(PassingFault) as raised:
        file.write(memoryview(b"x"), 0)
    file.close()
    assert raised.value.code == "no_space"


def test_a_name_has_gone_at_once_and_the_empty_folder_with_it(file: PartialFile) -> None:
    remove(file.path)
    assert not file.path.parent.exists()
    remove(file.path)
    assert until(lambda: not [t for t in threading.enumerate() if t.name == "download-disk"])


def test_the_folder_is_made_again_when_another_has_just_removed_it(tmp_path: Path) -> None:
    over = threading.Event()

    def disturb() -> None:
        while not over.is_set():
            remove(tmp_path / ".partial" / "other.part")

    disturber = threading.Thread(target=disturb)
    disturber.start()
    for number in range(200):
        one = PartialFile(tmp_path / ".partial" / f"{number}.part")
        one.close()
        remove(one.path)
    over.set()
    disturber.join(5)
