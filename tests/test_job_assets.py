"""Jobs kept, brought back and changed, in a folder and on a real S3 server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from app.errors import Conflict, InvalidInput, NotFound, StorageUnavailable
from support.clock import VirtualClock
from tests.job_desk import FILM, JOB, A, B, Machine, kept, machine, summed
from tests.s3 import bucket

__all__ = ["bucket", "kept", "machine"]

UNKNOWN = "0f6a1a1e-9d6b-4a53-8f4e-0d6b2f6f1a09"


def test_a_job_is_restored_byte_for_byte_on_an_empty_machine(machine: Machine) -> None:
    first, second = machine("one"), machine("two")
    first.write(FILM)
    told = first.persist()
    assert (told.stored, told.unchanged, told.left_out, told.version) == (sorted(FILM), 0, [], None)
    restored = second.restore()
    assert (restored.restored, restored.unchanged, restored.set_aside) == (sorted(FILM), 0, [])
    assert second.files() == FILM
    assert second.beside() == []
    assert first.held() == sorted(path if path.startswith("final/") else f"intermediate/{path}" for path in FILM)


def test_the_same_job_once_more_stores_and_fetches_nothing(machine: Machine) -> None:
    desk = machine()
    desk.write(FILM)
    desk.persist()
    desk.store.calls.clear()
    assert (desk.persist().stored, desk.persist().unchanged) == ([], len(FILM))
    assert {verb for verb, key in desk.store.calls if "pending/" not in key} <= {"list", "read"}
    desk.store.calls.clear()
    assert (desk.restore().restored, desk.restore().unchanged) == ([], len(FILM) - 1)
    assert {verb for verb, _ in desk.store.calls} == {"list", "read"}


def test_a_second_run_fetches_only_what_is_missing(machine: Machine) -> None:
    desk = machine()
    desk.write(FILM)
    desk.persist()
    (desk.folder / "scenes/001.png").unlink()
    (desk.folder / "audio/voice.wav").write_bytes(b"la lo")
    restored = desk.restore()
    assert restored.restored == ["audio/voice.wav", "scenes/001.png"]
    assert (restored.set_aside, desk.files()) == (["audio/voice.wav"], FILM)
    assert (desk.home / f".{JOB}.replaced/1/audio/voice.wav").read_bytes() == b"la lo"


def test_what_is_no_longer_on_the_machine_stays_stored(machine: Machine) -> None:
    desk = machine()
    desk.write(FILM)
    desk.persist()
    (desk.folder / "scenes/001.png").unlink()
    assert desk.persist().stored == []
    assert desk.sums() == summed(FILM)


def test_a_job_that_was_never_stored_is_not_found(machine: Machine) -> None:
    desk = machine()
    for call in (desk.restore, lambda: desk.assets.assets(JOB), lambda: desk.assets.backup(JOB)):
        with pytest.raises(NotFound, match="persist it first"):
            call()
    with pytest.raises(NotFound, match="no file of job 'film-7'"):
        desk.persist()
    with pytest.raises(NotFound, match="persist it first"):
        desk.assets.cleanup(JOB)
    assert desk.held() == []


@pytest.mark.parametrize("job_id", ["", ".", "..", "a/b", "a b", "-a", "a" * 65, "ä", "a\n", "a\0", "..%2f", "１"])
def test_a_malformed_job_id_is_refused_before_anything_is_asked(machine: Machine, job_id: str) -> None:
    desk = machine()
    calls: list[Callable[[], object]] = [
        lambda: desk.assets.persist_job_assets(job_id, desk.folder),
        lambda: desk.assets.download_job_assets(job_id, desk.folder),
        lambda: desk.assets.associate_character_images_with_job(job_id, [A], desk.folder),
        lambda: desk.assets.backup(job_id),
        lambda: desk.assets.restore_version(job_id, 1, desk.folder),
        lambda: desk.assets.cleanup(job_id),
        lambda: desk.assets.assets(job_id),
        lambda: desk.assets.folder_of(job_id),
        lambda: desk.assets.get_character_reference_url(A, job_id) if desk.links else desk.assets.folder_of(job_id),
    ]
    for call in calls:
        with pytest.raises(InvalidInput, match="is no job ID") as refused:
            call()
        assert (refused.value.status, refused.value.field) == (400, "job_id")
    assert desk.store.calls == []


def test_the_intermediates_go_and_finals_versions_and_metadata_stay(machine: Machine) -> None:
    desk, other = machine("one"), machine("two")
    desk.write(FILM)
    desk.persist()
    desk.assets.backup(JOB)
    gone = desk.assets.cleanup(JOB)
    assert gone == sorted(path for path in FILM if not path.startswith(("final/", "metadata")))
    assert desk.held() == [
        "final/extras/poster.png", "final/extras/poster_v1.png", "final/video.mp4", "final/video_v1.mp4",
        "intermediate/metadata.json",
    ]  # fmt: skip
    assert desk.files() == FILM
    assert JOB not in desk.album.used
    other.restore()
    assert other.files() == {path: FILM[path] for path in FILM if path.startswith(("final/", "metadata"))}
    assert desk.assets.cleanup(JOB) == []


def test_pictures_are_given_to_a_job_once_and_missing_ones_listed(machine: Machine) -> None:
    desk = machine()
    once = desk.assets.associate_character_images_with_job(JOB, [A, UNKNOWN, B, A], desk.folder)
    assert once.associated == [f"/api/mv/get_character_reference/{one}" for one in (A, B)]
    assert once.missing == [UNKNOWN]
    given = {f"character_reference/{A}.png": b"hers", f"character_reference/{B}.jpg": b"his"}
    assert desk.files() == given
    assert desk.sums() == summed(given)
    assert desk.album.used == {JOB: {A, B}}
    desk.store.calls.clear()
    assert desk.assets.associate_character_images_with_job(JOB, [A, UNKNOWN, B, A], desk.folder) == once
    assert {verb for verb, _ in desk.store.calls} == {"list", "read"}
    nobody = desk.assets.associate_character_images_with_job("other", [UNKNOWN], desk.folder)
    assert (nobody.associated, nobody.missing) == ([], [UNKNOWN])
    assert not [found.key for found in desk.kept.list("videos/other/")]


def test_pictures_of_a_job_are_persisted_restored_and_in_use_on_the_other_machine(machine: Machine) -> None:
    desk, other = machine("one"), machine("two")
    desk.assets.associate_character_images_with_job(JOB, [A], desk.folder)
    desk.write({"scenes/1.png": b"1"})
    desk.persist()
    other.restore()
    assert other.files() == {f"character_reference/{A}.png": b"hers", "scenes/1.png": b"1"}
    assert other.album.used == {JOB: {A}}


def test_a_picture_is_persisted_alone_or_for_a_job(machine: Machine, tmp_path: Path) -> None:
    desk = machine()
    picture = tmp_path / "hers.PNG"
    picture.write_bytes(b"from a file")
    key = desk.assets.persist_character_reference(A, picture)
    assert (key, desk.kept.read(key)) == (f"character_references/{A}.png", b"from a file")
    key = desk.assets.persist_character_reference(B, picture, JOB)
    assert key == f"videos/{JOB}/intermediate/character_reference/{B}.png"
    assert desk.sums() == summed({f"character_reference/{B}.png": b"from a file"})
    with pytest.raises(InvalidInput, match="no image ID"):
        desk.assets.persist_character_reference("../x", picture)
    with pytest.raises(InvalidInput, match="png, jpg, webp"):
        desk.assets.persist_character_reference(A, tmp_path / "hers.gif")
    with pytest.raises(StorageUnavailable, match="cannot be used"):
        desk.assets.persist_character_reference(A, tmp_path / "none.png")


def test_addresses_lead_into_the_store_where_that_is_wanted_and_it_has_some(machine: Machine) -> None:
    desk = machine(links=True)
    own = desk.assets.get_character_reference_url(A)
    job = desk.assets.get_character_reference_url(A, JOB, "webp")
    if desk.kept.name == "s3":
        assert f"/character_references/{A}.png?" in own
        assert "X-Amz-Signature=" in own
        assert f"/videos/{JOB}/intermediate/character_reference/{A}.webp?" in job
    else:
        assert own == job == f"/api/mv/get_character_reference/{A}"
    for bad in (("x", None, "png"), (A, None, "gif"), (A, "a/b", "png")):
        if bad[1] is None or desk.kept.name == "s3":
            with pytest.raises(InvalidInput):
                desk.assets.get_character_reference_url(*bad)


def test_the_metadata_of_a_job_is_kept_to_the_byte_and_can_be_read_by_others(machine: Machine) -> None:
    desk = machine()
    desk.write(FILM)
    desk.persist()
    stored = desk.kept.read(f"videos/{JOB}/intermediate/metadata.json")
    assert b'"title": "Cats"' in stored
    (desk.folder / "metadata.json").write_bytes(b'{"title": "Dogs"}')
    assert desk.persist().stored == ["metadata.json"]
    assert desk.assets.assets(JOB).metadata == '{"title": "Dogs"}'
    (desk.folder / "metadata.json").unlink()
    desk.write({"scenes/new.png": b"new"})
    desk.persist()
    assert desk.assets.assets(JOB).metadata == '{"title": "Dogs"}'


@pytest.mark.parametrize(
    "text",
    [b"[1]", b"{", b"\xff", b"", b'{"a": "' + b"x" * 1024 * 1024 + b'"}', b"[" * 100_000,
    b'{"a": NaN}', b'{"a": 1e999}', b'{"a": "\\ud800"}', b'{"a": ' + b"[" * 101 + b"]" * 101 + b"}"],
)  # fmt: skip
def test_metadata_that_is_no_object_is_refused_and_nothing_is_stored(machine: Machine, text: bytes) -> None:
    desk = machine()
    desk.write({**FILM, "metadata.json": text})
    with pytest.raises(InvalidInput, match=r"metadata\.json must be a JSON object in UTF-8"):
        desk.persist()
    assert desk.held() == []


def test_another_studios_metadata_is_not_lost_by_the_first_persist(machine: Machine) -> None:
    desk = machine()
    desk.kept.put(f"videos/{JOB}/intermediate/metadata.json", b'{"from": "elsewhere"}', "application/json")
    with pytest.raises(NotFound):
        desk.restore()
    desk.write({"scenes/1.png": b"1"})
    desk.persist()
    assert desk.assets.assets(JOB).metadata == '{"from": "elsewhere"}'


def test_a_file_that_has_become_a_folder_takes_the_others_place(machine: Machine) -> None:
    desk, other = machine("one"), machine("two")
    desk.write({"scenes/a": b"a file", "scenes/b/c": b"in a folder"})
    desk.persist()
    (desk.folder / "scenes/a").unlink()
    (desk.folder / "scenes/b/c").unlink()
    (desk.folder / "scenes/b").rmdir()
    desk.write({"scenes/a/1": b"in a folder now", "scenes/b": b"a file now"})
    desk.persist()
    other.restore()
    assert other.files() == desk.files()
    assert desk.held() == ["intermediate/metadata.json", "intermediate/scenes/a/1", "intermediate/scenes/b"]


def test_another_studio_at_the_same_job_is_told_and_takes_over_what_is_left_for_long(machine: Machine) -> None:
    clock = VirtualClock()
    first, second = machine("one", clock=clock), machine("two", clock=clock)
    first.write(FILM)
    second.write({"scenes/1.png": b"another"})
    first.store.cut_off(3, kill=False)
    with pytest.raises(StorageUnavailable):
        first.persist()
    with pytest.raises(Conflict, match="by another studio") as told:
        second.persist()
    assert told.value.code == "job_busy"
    clock.advance(timedelta(minutes=14))
    with pytest.raises(Conflict):
        second.persist()
    clock.advance(timedelta(minutes=1, seconds=1))
    second.persist()
    assert second.sums() == summed({"scenes/1.png": b"another"})
    assert second.held() == ["intermediate/metadata.json", "intermediate/scenes/1.png"]


def test_a_long_turn_stays_ones_own(machine: Machine) -> None:
    clock = VirtualClock()
    first, second = machine("one", clock=clock), machine("two", clock=clock)
    first.write(FILM)
    second.write({"scenes/1.png": b"another"})
    refused: list[str] = []

    def meanwhile() -> None:
        clock.advance(timedelta(minutes=8))
        first.store.at(8, refuse)  # the manifest, once eight files and the lock again have been put

    def refuse() -> None:
        clock.advance(timedelta(minutes=8))
        with pytest.raises(Conflict) as told:
            second.persist()
        refused.append(told.value.code)

    first.store.at(2, meanwhile)
    first.persist()
    assert refused == ["job_busy"]
    assert first.sums() == summed(FILM)


def test_who_was_silent_for_too_long_changes_nothing_any_more(machine: Machine) -> None:
    clock = VirtualClock()
    first, second = machine("one", clock=clock), machine("two", clock=clock)
    first.write({"scenes/one.png": b"one's"})
    second.write({"scenes/two.png": b"two's"})

    def sleep() -> None:
        clock.advance(timedelta(minutes=16))
        second.persist()

    first.store.at(2, sleep)
    with pytest.raises(Conflict, match="by another studio"):
        first.persist()
    assert second.sums() == summed({"scenes/two.png": b"two's"})
    third = machine("three", clock=clock)
    third.restore()
    assert third.files() == second.files()


def test_what_the_store_has_lost_is_told_and_stored_anew_by_the_next_persist(machine: Machine) -> None:
    desk, other = machine("one"), machine("two")
    desk.write(FILM)
    desk.persist()
    desk.kept.delete(f"videos/{JOB}/intermediate/audio/voice.wav")
    desk.kept.put(f"videos/{JOB}/final/video.mp4", b"damaged", "video/mp4")
    with pytest.raises(StorageUnavailable, match="persist the job once more") as told:
        other.restore()
    assert told.value.code == "asset_damaged"
    assert not other.folder.exists()
    assert desk.persist().stored == ["audio/voice.wav", "final/video.mp4"]
    other.restore()
    assert other.files() == FILM
