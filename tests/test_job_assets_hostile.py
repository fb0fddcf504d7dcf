"""What must not come into a stored job, and what must not come out of the store."""

from __future__ import annotations

import json
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from app.errors import Conflict, InvalidInput, StorageUnavailable
from app.storage.folder import FolderStore
from support.waiting import until
from tests.job_desk import FILM, JOB, A, Desk, Portrait, summed

MANIFEST = f"videos/{JOB}/intermediate/metadata.json"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "one", FolderStore(tmp_path / "store"))


def test_links_hidden_files_and_strangers_are_left_out_by_name(desk: Desk, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    (secret / "deep").mkdir(parents=True)
    (secret / "key.txt").write_bytes(b"secret")
    desk.write(FILM)
    folder = desk.folder
    (folder / "scenes/link.png").symlink_to(secret / "key.txt")
    (folder / "scenes/linked").symlink_to(secret)
    (folder / "audio/broken.wav").symlink_to("nowhere")
    (folder / "scenes/loop").symlink_to(folder)
    (folder / "scenes/.hidden").write_bytes(b"h")
    (folder / ".git").mkdir()
    (folder / "notes.txt").write_bytes(b"n")
    (folder / "other").mkdir()
    (folder / "final").joinpath("back\\slash.mp4").write_bytes(b"b")
    (folder / "final").joinpath("line\nbreak.mp4").write_bytes(b"b")
    (folder / "intermediate").mkdir()
    os.mkfifo(folder / "uploads/pipe")
    with closing(socket.socket(socket.AF_UNIX)) as door:
        here = Path.cwd()
        os.chdir(folder)  # a socket's path may not be long
        door.bind("door")
        os.chdir(here)
        Path(os.fsdecode(os.fsencode(folder) + b"/uploads/\xff.png")).write_bytes(b"no text")
        told = desk.persist()
    assert sorted(told.stored) == sorted(FILM)
    assert {one.path: one.why for one in told.left_out} == {
        ".git": "it is hidden",
        "audio/broken.wav": "it is a link; links are not followed",
        "door": "it is neither a file nor a folder",
        "final/back\\slash.mp4": told.left_out[3].why,
        "final/line\\nbreak.mp4": "its name is no text",
        "intermediate": "a job's folders are character_reference, scenes, audio, uploads, final",
        "notes.txt": "a job keeps metadata.json, script.json and character_reference, scenes, audio, uploads, final",
        "other": "a job's folders are character_reference, scenes, audio, uploads, final",
        "scenes/.hidden": "it is hidden",
        "scenes/link.png": "it is a link; links are not followed",
        "scenes/linked": "it is a link; links are not followed",
        "scenes/loop": "it is a link; links are not followed",
        "uploads/\\udcff.png": "its name is no text",
        "uploads/pipe": "it is neither a file nor a folder",
    }
    assert "holds a backslash" in told.left_out[3].why
    assert not any(b"secret" in desk.kept.read(found.key) for found in desk.kept.list())


def test_a_name_that_no_store_could_hold_is_left_out_by_name(desk: Desk) -> None:
    path = "scenes/" + "/".join(["d" * 200] * 5) + "/x.png"
    desk.write({**FILM, path: b"too deep"})
    [left] = desk.persist().left_out
    assert path.startswith(f"{left.path}/")
    assert "is longer than 1024 bytes" in left.why


@pytest.mark.parametrize("name", ["pl\u0336an.png", "\U0001f600.mp4", "a+b %41&c=d#e?.png", "ending ", "-rf", "con"])
def test_odd_names_are_kept_to_the_letter(desk: Desk, tmp_path: Path, name: str) -> None:
    desk.write({f"scenes/{name}": b"odd", f"final/{name}": b"odd final"})
    desk.persist()
    desk.write({f"final/{name}": b"anew"})
    desk.persist()
    other = Desk(tmp_path / "two", desk.kept)
    other.restore()
    assert other.files() == desk.files()


def test_a_jobs_folder_that_is_a_link_is_refused(desk: Desk, tmp_path: Path) -> None:
    desk.write(FILM)
    desk.folder.rename(tmp_path / "elsewhere")
    desk.folder.symlink_to(tmp_path / "elsewhere")
    for call in (desk.persist, desk.restore):
        with pytest.raises(InvalidInput, match="is a link"):
            call()
    assert desk.held() == []


def test_a_link_that_takes_a_folders_place_meanwhile_is_not_followed(desk: Desk, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "001.png").write_bytes(b"first")
    desk.write({"scenes/001.png": b"first"})

    def swap() -> None:
        (desk.folder / "scenes").rename(tmp_path / "scenes")
        (desk.folder / "scenes").symlink_to(secret)

    desk.store.at(1, swap)
    with pytest.raises(StorageUnavailable, match="folder of job 'film-7'"):
        desk.persist()
    assert [key for key in desk.held() if "pending" not in key] == []


def test_a_restore_into_a_linked_folder_is_refused_and_writes_nothing_there(desk: Desk, tmp_path: Path) -> None:
    desk.write(FILM)
    desk.persist()
    other = Desk(tmp_path / "two", desk.kept)
    (tmp_path / "outside").mkdir()
    other.folder.mkdir(parents=True)
    (other.folder / "scenes").symlink_to(tmp_path / "outside")
    with pytest.raises(InvalidInput, match="scenes of job 'film-7': it is a link"):
        other.restore()
    assert list((tmp_path / "outside").iterdir()) == []


def test_a_file_that_is_a_link_is_set_aside_and_what_it_leads_to_stays(desk: Desk, tmp_path: Path) -> None:
    desk.write(FILM)
    desk.persist()
    (tmp_path / "precious").write_bytes(b"precious")
    (desk.folder / "scenes/001.png").unlink()
    (desk.folder / "scenes/001.png").symlink_to(tmp_path / "precious")
    assert desk.restore().set_aside == ["scenes/001.png"]
    assert desk.files() == FILM
    assert (tmp_path / "precious").read_bytes() == b"precious"


def test_a_file_that_is_written_to_while_it_is_stored_stops_it(desk: Desk) -> None:
    desk.write(FILM)
    desk.store.at(2, lambda: desk.write({path: b"and more" for path in FILM if path != "metadata.json"}))
    with pytest.raises(Conflict, match="was written to while it was being stored") as told:
        desk.persist()
    assert told.value.code == "changed_meanwhile"
    assert desk.held() == []
    desk.persist()
    assert desk.sums() == summed(desk.files())


def damaged(desk: Desk, **changes: object) -> None:
    told = json.loads(desk.kept.read(MANIFEST))
    told["job_assets"].update(changes)
    desk.kept.put(MANIFEST, json.dumps(told).encode(), "application/json")


def asset(key: str, **more: object) -> dict[str, object]:
    return {"key": key, "size_bytes": 1, "sha256": "0" * 64, "content_type": "text/plain", **more}


HOSTILE: list[dict[str, object]] = [
    {"assets": [asset(f"videos/{JOB}/intermediate/scenes/../../../../etc/passwd")]},
    {"assets": [asset("character_references/other.png")]},
    {"assets": [asset("videos/other/final/video.mp4")]},
    {"assets": [asset(f"videos/{JOB}/intermediate//etc/passwd")]},
    {"assets": [asset(f"videos/{JOB}/intermediate/.ssh/authorized_keys")]},
    {"assets": [asset(f"videos/{JOB}/intermediate/elsewhere/x")]},
    {"assets": [asset(f"videos/{JOB}/intermediate/final/x")]},
    {"assets": [asset(f"videos/{JOB}/intermediate/metadata.json")]},
    {"assets": [asset(f"videos/{JOB}/final/x", size_bytes=-1)]},
    {"assets": [asset(f"videos/{JOB}/final/x", sha256="../../x")]},
    {"assets": [asset(f"videos/{JOB}/final/x"), asset(f"videos/{JOB}/final/x/y")]},
    {"assets": [asset(f"videos/{JOB}/final/a\u2028b")]},
    {"assets": [None]},
    {"assets": None},
    {"form": 2},
    {"job_id": "other"},
    {"persisted_at": "yesterday"},
    {"metadata_text": "[]"},
    {"versions": [{"version": 0, "kept_at": "2026-01-01T00:00:00+00:00", "files": []}]},
    {"versions": [{"version": 1, "kept_at": "2026-01-01T00:00:00+00:00", "files": [asset("x", path="final/x")]}]},
    {"versions": [{"version": 1, "kept_at": "2026-01-01T00:00:00+00:00", "files": [asset("x", path="../x")]}]},
]


@pytest.mark.parametrize("changes", HOSTILE, ids=lambda changes: json.dumps(changes)[:60])
def test_a_manifest_that_says_what_none_would_is_damaged_and_leads_nowhere(
    desk: Desk, tmp_path: Path, changes: dict[str, object]
) -> None:
    desk.write(FILM)
    desk.persist()
    damaged(desk, **changes)
    other = Desk(tmp_path / "two", desk.kept)
    for call in (other.restore, other.sums, desk.persist):
        with pytest.raises(StorageUnavailable, match="the manifest of job 'film-7' is damaged") as told:
            call()
        assert (told.value.status, told.value.code) == (503, "manifest_damaged")
    assert not other.folder.exists()


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff\xfe", b"[" * 100_000, b'{"job_assets": 1}'])
def test_a_manifest_that_is_none_is_damaged(desk: Desk, data: bytes) -> None:
    desk.kept.put(MANIFEST, data, "application/json")
    desk.write(FILM)
    for call in (desk.restore, desk.persist):
        with pytest.raises(StorageUnavailable, match="is damaged"):
            call()


@pytest.mark.parametrize("name", ["lock.json", "x/journal.json"])
def test_a_damaged_lock_or_journal_is_told_by_its_key(desk: Desk, name: str) -> None:
    desk.write(FILM)
    desk.kept.put(f"videos/{JOB}/pending/{name}", b"{}", "application/json")
    with pytest.raises(StorageUnavailable, match=f"pending/{name}.* is damaged; remove it"):
        desk.persist()


def test_an_object_that_grew_in_the_store_is_not_read_to_its_end(desk: Desk, tmp_path: Path) -> None:
    desk.write({"final/video.mp4": b"small"})
    desk.persist()
    with (tmp_path / f"store/videos/{JOB}/final/video.mp4").open("r+b") as file:
        file.truncate(1024**4)  # a terabyte, none of it written
    other = Desk(tmp_path / "two", desk.kept)
    with pytest.raises(StorageUnavailable, match=r"lost or changed 'final/video\.mp4'"):
        other.restore()
    assert not other.folder.exists()


@pytest.fixture
def waiting(desk: Desk) -> Iterator[threading.Event]:
    """Set to let the first change of the store go on."""
    go_on = threading.Event()
    yield go_on
    go_on.set()


def test_a_second_call_at_the_same_job_is_told_and_one_at_another_is_not(
    desk: Desk, waiting: threading.Event, tmp_path: Path
) -> None:
    desk.write(FILM)
    begun = threading.Event()

    def wait() -> None:
        begun.set()
        waiting.wait(30)

    desk.store.at(2, wait)
    first = threading.Thread(target=desk.persist)
    first.start()
    assert begun.wait(30)
    desk.album.pictures[A] = Portrait(A, b"hers")
    for call in (
        desk.persist,
        desk.restore,
        lambda: desk.assets.backup(JOB),
        lambda: desk.assets.cleanup(JOB),
        lambda: desk.assets.restore_version(JOB, 1, desk.folder),
        lambda: desk.assets.associate_character_images_with_job(JOB, [A], desk.folder),
    ):
        with pytest.raises(Conflict, match="is just being persisted; try again") as told:
            call()
        assert told.value.code == "job_busy"
    waiting.set()
    first.join()
    assert until(lambda: desk.sums() == summed(FILM))
    desk.assets.associate_character_images_with_job("other", [A], tmp_path / "one" / "other")
