"""Reference pictures: kept whole or not at all, in the folder and the bucket, and found again in either."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from app.characters.faults import CannotPaintNow, InUse, Malformed
from app.characters.order import Order
from app.characters.service import Characters
from app.errors import (
    InvalidInput,
    NotConfigured,
    NotFound,
    ProviderFailed,
    StorageUnavailable,
    StudioError,
    TooLarge,
    Unavailable,
)
from support.waiting import until
from tests.character_desk import Desk, picture

UNKNOWN = "6f1c2c1e-0000-4000-8000-000000000000"
OUT = StorageUnavailable("the bucket cannot be reached; look at AWS_ENDPOINT_URL")
CAPTAIN = Order(character_description="a captain", seed=7)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.database.close()


@pytest.fixture
def characters(desk: Desk) -> Iterator[Characters]:
    with desk.characters() as characters:
        yield characters


def test_a_set_is_in_both_places_byte_for_byte(desk: Desk, characters: Characters) -> None:
    made = characters.generate(CAPTAIN)
    keys = sorted(record.key for record, _ in made.pictures)
    assert (desk.stored, desk.in_bucket, made.warnings) == (keys, keys, [])
    for number, (record, data) in enumerate(made.pictures):
        assert (record.place, record.seed, record.origin, record.in_cloud) == (number, 7 + number, "generated", True)
        assert (record.width, record.height, record.extension, len(data)) == (16, 16, "png", record.size_bytes)
        assert characters.picture_of(record.id) == desk.bucket.read(record.key) == data


@pytest.mark.parametrize("kind", ["png", "jpg", "webp"])
def test_the_extension_follows_from_the_picture_whatever_was_asked_for(desk: Desk, kind: str) -> None:
    desk.painter.sends = picture(5, {"png": "JPEG", "jpg": "WEBP", "webp": "PNG"}[kind])
    with desk.characters() as characters:
        made = characters.generate(Order(character_description="a captain", num_images=1, output_format=kind))  # type: ignore[arg-type]
    [(record, _)] = made.pictures
    assert record.extension == {"png": "jpg", "jpg": "webp", "webp": "png"}[kind]
    assert record.key == f"character_references/{record.id}.{record.extension}"


def test_without_a_bucket_the_folder_is_all_there_is(desk: Desk) -> None:
    with desk.characters(cloud=None, serve_from_cloud=True) as characters:
        [(record, data), *_] = characters.generate(CAPTAIN).pictures
        assert (record.in_cloud, characters.served_as(record), characters.serves_from_cloud) == (False, None, False)
        assert characters.picture_of(record.id) == data


def test_one_picture_that_fails_leaves_the_others_and_is_told(desk: Desk, characters: Characters) -> None:
    desk.painter.fails = ["NSFW content detected"]
    made = characters.generate(CAPTAIN)
    assert len(made.pictures) == len(desk.stored) == 3
    assert made.warnings == ["1 of 4 pictures could not be made: NSFW content detected"]


def test_each_reason_is_told_once(desk: Desk, characters: Characters) -> None:
    desk.painter.fails = ["it is busy", "it is busy", "NSFW content detected"]
    warned = characters.generate(CAPTAIN).warnings
    assert warned == ["3 of 4 pictures could not be made: it is busy (2 times); NSFW content detected"]


def test_when_every_picture_fails_it_is_the_provider_who_failed(desk: Desk, characters: Characters) -> None:
    desk.painter.fails = ["it is busy"] * 4
    with pytest.raises(ProviderFailed, match=r"none of 4 pictures could be made: it is busy \(4 times\)"):
        characters.generate(CAPTAIN)
    assert (desk.stored, desk.in_bucket, desk.records()) == ([], [], [])


@pytest.mark.parametrize("sent", [b"<!doctype html><p>Sorry", b"", picture()[:40]])
def test_what_is_no_picture_is_not_kept(desk: Desk, characters: Characters, sent: bytes) -> None:
    desk.painter.sends = sent
    made = characters.generate(CAPTAIN)
    assert len(made.pictures) == len(desk.stored) == 3
    assert made.warnings[0].startswith("1 of 4 pictures could not be made: the provider's answer is")
    with pytest.raises(ProviderFailed):
        characters.generate(Order(character_description="a captain", num_images=1))
    assert len(desk.stored) == len(desk.records()) == 3


@pytest.mark.parametrize(
    ("refusal", "told"),
    [
        (Unavailable("nobody paints", code="backend_gone"), CannotPaintNow),
        (NotConfigured("REPLICATE_API_TOKEN is not set"), NotConfigured),
        (ProviderFailed("402: no credit"), ProviderFailed),
        (InvalidInput("width is too small", field="width"), InvalidInput),
    ],
)
def test_what_the_painter_refuses_for_is_told(
    desk: Desk, characters: Characters, refusal: StudioError, told: type[StudioError]
) -> None:
    desk.painter.refuses = refusal
    with pytest.raises(told) as raised:
        characters.generate(CAPTAIN)
    assert (raised.value.message, raised.value.code) == (refusal.message, refusal.code)
    assert desk.stored == []


def test_a_blank_description_is_refused_before_anybody_paints(desk: Desk, characters: Characters) -> None:
    with pytest.raises(Malformed, match="must not be blank"):
        characters.generate(Order(character_description=" \n"))
    assert desk.painter.sittings == []


def test_what_cannot_be_written_down_is_taken_back_from_both_places(desk: Desk, characters: Characters) -> None:
    with desk.database.transaction() as connection:
        connection.execute(text("DROP TABLE character_references"))
    with pytest.raises(Unavailable, match="the database cannot be used"):
        characters.generate(CAPTAIN)
    assert (desk.stored, desk.in_bucket) == ([], [])


def test_a_bucket_that_is_out_of_order_is_asked_once_and_the_pictures_stay(desk: Desk, characters: Characters) -> None:
    desk.bucket.read_only = StorageUnavailable("the key may not write into the bucket")
    made = characters.generate(CAPTAIN)
    assert made.warnings == ["kept on this machine only: the key may not write into the bucket"]
    assert [record.in_cloud for record, _ in made.pictures] == [False] * 4
    assert [call.split()[0] for call in desk.bucket.calls] == ["put"]
    assert (len(desk.stored), desk.in_bucket) == (4, [])
    for record, data in made.pictures:
        assert (characters.link(record), characters.picture_of(record.id)) == (None, data)


def test_pictures_that_the_bucket_lacks_are_put_into_it_at_the_next_start(desk: Desk) -> None:
    desk.bucket.trouble = OUT
    with desk.characters() as characters:
        uploaded = characters.upload(picture(), "one.png")
        assert uploaded.warnings == [f"kept on this machine only: {OUT.message}"]
        assert characters.catch_up() == 0
    desk.bucket.trouble = None
    with desk.characters() as characters:
        assert until(lambda: characters.get(uploaded.record.id).in_cloud)
    assert desk.in_bucket == desk.stored == [uploaded.record.key]
    desk.bucket.calls.clear()
    with desk.characters():
        pass
    assert desk.bucket.calls == []


def test_a_picture_that_is_gone_here_comes_from_the_bucket(desk: Desk, characters: Characters) -> None:
    [(record, data), *_] = characters.generate(CAPTAIN).pictures
    desk.store.delete(record.key)
    assert characters.picture_of(record.id) == data
    desk.bucket.trouble = OUT
    with pytest.raises(StorageUnavailable, match="AWS_ENDPOINT_URL"):
        characters.picture_of(record.id)


def test_a_picture_that_was_cut_off_here_comes_whole_from_the_bucket(desk: Desk, characters: Characters) -> None:
    [(record, data), *_] = characters.generate(CAPTAIN).pictures
    (desk.folder / "store" / record.key).write_bytes(data[:-1])
    assert characters.picture_of(record.id) == data


def test_a_picture_that_is_nowhere_is_not_found(desk: Desk, characters: Characters) -> None:
    [(record, _), *_] = characters.generate(CAPTAIN).pictures
    desk.store.delete(record.key)
    desk.bucket.delete(record.key)
    with pytest.raises(NotFound, match=f"Character reference image with ID {record.id} not found"):
        characters.picture_of(record.id)


def test_a_new_machine_finds_what_the_bucket_has(desk: Desk, tmp_path: Path) -> None:
    with desk.characters() as characters:
        [(old, data), *_] = characters.generate(CAPTAIN).pictures
    (tmp_path / "new").mkdir()
    other = Desk(tmp_path / "new")
    shutil.copytree(desk.folder / "bucket", other.folder / "bucket")
    with other.characters() as characters:
        record = characters.get(old.id)
        assert (record.key, record.sha256, record.origin, record.in_cloud) == (old.key, old.sha256, "found", True)
        assert (record.character_description, record.seed, record.filename) == (None, None, None)
        assert other.bucket.calls == [f"list character_references/{old.id}.", f"open {old.key}"]
        assert characters.picture_of(old.id) == data
        assert (other.stored, len(other.bucket.calls)) == ([old.key], 2)
    other.database.close()


@pytest.mark.parametrize("data", [b"<html>", b"", picture()[:30], bytes(10 * 1024 * 1024 + 1)], ids=len)
def test_what_is_no_picture_in_the_bucket_is_not_found(desk: Desk, characters: Characters, data: bytes) -> None:
    desk.bucket.put(f"character_references/{UNKNOWN}.png", data, "image/png")
    desk.bucket.put(f"character_references/{UNKNOWN}.exe", picture(), "image/png")
    with pytest.raises(NotFound):
        characters.get(UNKNOWN)
    assert (desk.stored, desk.records()) == ([], [])


def test_whether_the_bucket_has_it_cannot_be_known_while_it_is_out(desk: Desk, characters: Characters) -> None:
    with pytest.raises(NotFound):
        characters.get(UNKNOWN)
    desk.bucket.trouble = OUT
    with pytest.raises(StorageUnavailable):
        characters.get(UNKNOWN)


def test_a_deleted_picture_is_gone_from_everywhere_and_stays_gone(desk: Desk, characters: Characters) -> None:
    records = [record for record, _ in characters.generate(CAPTAIN).pictures]
    characters.delete(records[0].id)
    rest = sorted(record.key for record in records[1:])
    assert (desk.stored, desk.in_bucket) == (rest, rest)
    for again in (characters.get, characters.delete, characters.picture_of):
        with pytest.raises(NotFound):
            again(records[0].id)
    assert [record.id for record in characters.page(page=1, page_size=9).items] == [record.id for record in records[1:]]


def test_a_picture_in_use_is_not_deleted_and_its_jobs_are_named(desk: Desk) -> None:
    jobs = {"one": ["night-3"], "two": ["a", "b"]}
    users = [lambda image_id: jobs["one"], lambda image_id: jobs["two"]]
    with desk.characters(users=users) as characters:
        [(record, data), *_] = characters.generate(CAPTAIN).pictures
        with pytest.raises(InUse, match="used by job night-3, a, b;") as refused:
            characters.delete(record.id)
        assert refused.value.details == {"jobs": ["night-3", "a", "b"]}
        assert characters.picture_of(record.id) == desk.bucket.read(record.key) == data
        jobs.update(one=[], two=[])
        characters.delete(record.id)


def test_what_the_bucket_does_not_let_go_of_is_not_deleted(desk: Desk, characters: Characters) -> None:
    [(record, data), *_] = characters.generate(CAPTAIN).pictures
    desk.bucket.read_only = OUT
    with pytest.raises(StorageUnavailable):
        characters.delete(record.id)
    assert (characters.get(record.id).in_cloud, characters.picture_of(record.id)) == (True, data)


def test_what_the_bucket_never_had_is_deleted_without_it(desk: Desk, characters: Characters) -> None:
    desk.bucket.read_only = OUT
    [(record, _), *_] = characters.generate(CAPTAIN).pictures
    characters.delete(record.id)
    assert record.key not in desk.stored


def test_a_label_is_given_changed_and_taken_away(desk: Desk, characters: Characters) -> None:
    [(record, _), *_] = characters.generate(CAPTAIN).pictures
    for label in ("Ada, from the left", "Ada", None):
        assert characters.label(record.id, label).label == label
        assert characters.get(record.id).label == label
    with pytest.raises(NotFound):
        characters.label(UNKNOWN, "x")


def test_the_newest_set_comes_first_in_its_order(desk: Desk, characters: Characters) -> None:
    first = [record.id for record, _ in characters.generate(CAPTAIN).pictures]
    desk.clock.advance(timedelta(seconds=1))
    second = [record.id for record, _ in characters.generate(CAPTAIN).pictures]
    assert [record.id for record in characters.page(page=1, page_size=100).items] == second + first
    assert [record.id for record in characters.page(page=3, page_size=3).items] == first[2:]
    assert (characters.page(page=4, page_size=3).items, characters.page(page=4, page_size=3).total) == ([], 8)


@pytest.mark.parametrize(
    "image_id",
    ["", "x", "../../etc/passwd", UNKNOWN.upper(), UNKNOWN + "0", UNKNOWN[:-1], f"{UNKNOWN}\n", f"{UNKNOWN}\0",
     UNKNOWN.replace("0", "٠"), UNKNOWN.replace("0", "０"), UNKNOWN.replace("-", "‐"),
     "0" * 10_000, "{" + UNKNOWN + "}"],
)  # fmt: skip
def test_what_is_no_id_is_not_looked_up_anywhere(desk: Desk, characters: Characters, image_id: str) -> None:
    for call in (characters.get, characters.delete, characters.picture_of, lambda one: characters.label(one, None)):
        with pytest.raises(Malformed, match="is no image ID; one is a UUID in small letters") as refused:
            call(image_id)
        assert (refused.value.status, refused.value.field, len(refused.value.message) < 200) == (400, "image_id", True)
    assert desk.bucket.calls == []


def test_too_large_a_picture_is_not_taken(desk: Desk, characters: Characters) -> None:
    with pytest.raises(TooLarge):
        characters.upload(bytes(10 * 1024 * 1024 + 1), "big.png")
    assert desk.stored == []
