"""The finals of a job as they once were: kept under numbers, and brought back."""

from __future__ import annotations

import pytest

from app.errors import NotFound
from tests.job_desk import FILM, JOB, Machine, kept, machine
from tests.s3 import bucket

__all__ = ["bucket", "kept", "machine"]


def test_each_final_that_is_replaced_is_kept_and_v10_comes_after_v9(machine: Machine) -> None:
    desk = machine()
    films = [f"film {number}".encode() for number in range(1, 13)]
    for number, film in enumerate(films):
        desk.write({"final/video.mp4": film})
        assert desk.persist().version == (number or None)
    versions = desk.assets.assets(JOB).versions
    assert [one.number for one in versions] == list(range(2, 12))  # the ten newest
    kept = [desk.kept.read(f"videos/{JOB}/final/video_v{number}.mp4") for number in range(2, 12)]
    assert kept == films[1:11]
    assert sum(key.startswith("final/") for key in desk.held()) == 11


@pytest.mark.parametrize("number", [1, 2, 3])
def test_each_of_three_versions_is_brought_back_and_what_was_there_is_kept(machine: Machine, number: int) -> None:
    desk, other = machine("one"), machine("two")
    films = [b"one", b"two", b"three", b"four"]
    for film in films:
        desk.write({"final/video.mp4": film})
        desk.persist()
    back = desk.assets.restore_version(JOB, number, desk.folder)
    assert (back.version.number, back.kept_as) == (number, 4)
    assert desk.files() == {"final/video.mp4": films[number - 1]}
    other.restore()
    assert other.files() == desk.files()
    assert [desk.kept.read(f"videos/{JOB}/final/video_v{one}.mp4") for one in (1, 2, 3, 4)] == films
    assert desk.beside() == []  # what was there is in the store
    again = desk.assets.restore_version(JOB, number, desk.folder)
    assert again.kept_as is None
    assert desk.persist().stored == []


def test_a_version_is_all_finals_together(machine: Machine) -> None:
    desk = machine()
    desk.write({"final/video.mp4": b"old", "final/en/video.mp4": b"old, in English"})
    desk.persist()
    desk.write({"final/video.mp4": b"new", "final/poster.png": b"poster", "final/unsaved.txt": b"not stored yet"})
    (desk.folder / "final/unsaved.txt").rename(desk.folder / "unsaved.txt")
    assert desk.persist().version == 1
    (desk.folder / "unsaved.txt").rename(desk.folder / "final/unsaved.txt")
    back = desk.assets.restore_version(JOB, 1, desk.folder)
    assert back.kept_as == 2
    assert desk.files() == {"final/video.mp4": b"old", "final/en/video.mp4": b"old, in English"}
    assert back.restored is not None
    assert back.restored.set_aside == ["final/unsaved.txt"]
    assert "final/poster.png" not in desk.held()
    desk.assets.restore_version(JOB, 2, desk.folder)
    assert desk.files()["final/poster.png"] == b"poster"


def test_the_oldest_version_is_brought_back_even_though_what_was_there_takes_its_place(machine: Machine) -> None:
    desk = machine(limit=2)
    for film in (b"one", b"two", b"three"):
        desk.write({"final/video.mp4": film})
        desk.persist()
    desk.assets.restore_version(JOB, 1, desk.folder)
    assert desk.files() == {"final/video.mp4": b"one"}
    assert [one.number for one in desk.assets.assets(JOB).versions] == [2, 3]


def test_a_backup_is_made_once(machine: Machine) -> None:
    desk = machine()
    desk.write(FILM)
    desk.persist()
    first, second = desk.assets.backup(JOB), desk.assets.backup(JOB)
    assert (first.version.number, first.created) == (1, True)
    assert (second.version.number, second.created) == (1, False)
    desk.write({"final/video.mp4": b"another"})
    assert desk.persist().version is None  # it is kept already
    with pytest.raises(NotFound, match="no version 2; there is: 1"):
        desk.assets.restore_version(JOB, 2, desk.folder)


def test_a_job_without_finals_has_nothing_to_back_up(machine: Machine) -> None:
    desk = machine()
    desk.write({"scenes/1.png": b"1"})
    desk.persist()
    with pytest.raises(NotFound, match="no finals") as refused:
        desk.assets.backup(JOB)
    assert refused.value.code == "no_finals"


def test_a_version_never_takes_the_place_of_what_somebody_else_has_put_there(machine: Machine) -> None:
    desk = machine()
    desk.kept.put(f"videos/{JOB}/final/video_v1.mp4", b"somebody else's", "video/mp4")
    desk.write({"final/video.mp4": b"one", "final/video_v2.mp4": b"called so by a person"})
    desk.persist()
    desk.write({"final/video.mp4": b"two"})
    assert desk.persist().version == 3
    assert desk.kept.read(f"videos/{JOB}/final/video_v1.mp4") == b"somebody else's"
    assert desk.kept.read(f"videos/{JOB}/final/video_v2.mp4") == b"called so by a person"
    desk.write({"final/video_v3.mp4": b"in the version's place"})
    [left] = desk.persist().left_out
    assert (left.path, "version 3" in left.why) == ("final/video_v3.mp4", True)
    assert desk.kept.read(f"videos/{JOB}/final/video_v3.mp4") == b"one"
