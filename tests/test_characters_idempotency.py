"""A call that is sent again with its key is answered as before: nothing is painted, and nothing paid for, twice."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from app.characters.book import Book
from app.characters.faults import KeyReused
from app.characters.idempotency import KEPT, LOST_AFTER, Call, Calls
from app.characters.order import Order
from app.errors import ProviderFailed, StorageUnavailable, Unavailable
from support.waiting import until
from tests.character_desk import Desk
from tests.character_studio import GENERATE, LIST, CharacterStudio

CAPTAIN = Order(character_description="a captain", num_images=2)
CALL = Call(key="first", body_sha256="a" * 64)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    desk = Desk(tmp_path)
    yield desk
    desk.database.close()


def begun_by(desk: Desk, holder: str) -> None:
    """A studio of that name begins the call and never ends it."""
    assert Calls(book=Book(desk.database), clock=desk.clock, holder=holder).begin(CALL) is None


def test_the_same_call_again_is_answered_as_before_also_after_a_restart(desk: Desk) -> None:
    desk.painter.fails = ["it is busy"]
    with desk.characters() as characters:
        first = characters.generate(CAPTAIN, CALL)
        desk.clock.advance(timedelta(minutes=1))
        again = characters.generate(CAPTAIN, CALL)
    with desk.characters() as characters:
        later = characters.generate(CAPTAIN, CALL)
    for made in (again, later):
        assert [(record.id, data) for record, data in made.pictures] == [(r.id, data) for r, data in first.pictures]
        same = (made.model_used, made.parameters_used, made.made_at, made.warnings)
        assert same == (first.model_used, first.parameters_used, first.made_at, first.warnings)
    assert (len(desk.painter.sittings), len(desk.stored), len(desk.records())) == (1, 1, 1)


def test_another_call_with_the_key_is_refused(desk: Desk) -> None:
    with desk.characters() as characters:
        characters.generate(CAPTAIN, CALL)
        with pytest.raises(KeyReused, match="'first' was sent with another request before") as refused:
            characters.generate(CAPTAIN, replace(CALL, body_sha256="b" * 64))
    assert (refused.value.status, refused.value.code) == (422, "idempotency_key_reused")
    assert refused.value.field == "Idempotency-Key"
    assert len(desk.painter.sittings) == 1


def test_other_keys_are_other_calls(desk: Desk) -> None:
    with desk.characters() as characters:
        ids = {characters.generate(CAPTAIN, replace(CALL, key=key)).pictures[0][0].id for key in ("a", "A", "b")}
    assert len(ids) == len(desk.painter.sittings) == 3


def test_calls_that_come_together_are_made_once(desk: Desk) -> None:
    gate = desk.painter.gate = threading.Event()
    with desk.characters() as characters, ThreadPoolExecutor(5) as callers:
        asked = [callers.submit(characters.generate, CAPTAIN, CALL) for _ in range(5)]
        assert desk.painter.begun.wait(30)
        with pytest.raises(KeyReused):
            characters.generate(CAPTAIN, replace(CALL, body_sha256="b" * 64))
        gate.set()
        ids = {tuple(record.id for record, _ in one.result(30).pictures) for one in asked}
    assert (len(ids), len(desk.painter.sittings)) == (1, 1)


def test_a_call_that_failed_frees_its_key(desk: Desk) -> None:
    desk.painter.refuses = ProviderFailed("402: no credit")
    with desk.characters() as characters:
        with pytest.raises(ProviderFailed):
            characters.generate(CAPTAIN, CALL)
        desk.painter.refuses = None
        made = characters.generate(CAPTAIN, replace(CALL, body_sha256="b" * 64))
    assert len(made.pictures) == 2


def test_whoever_waits_for_a_call_that_fails_makes_it(desk: Desk) -> None:
    gate = desk.painter.gate = threading.Event()
    desk.painter.refuses = ProviderFailed("402: no credit")
    with desk.characters() as characters, ThreadPoolExecutor(2) as callers:
        first = callers.submit(characters.generate, CAPTAIN, CALL)
        assert desk.painter.begun.wait(30)
        second = callers.submit(characters.generate, CAPTAIN, CALL)
        gate.set()
        for call in (first, second):
            with pytest.raises(ProviderFailed):
                call.result(30)
    assert len(desk.painter.sittings) == 2


def test_what_a_killed_studio_had_begun_is_made_by_its_successor(desk: Desk) -> None:
    begun_by(desk, "me")
    with desk.characters() as characters:
        assert len(characters.generate(CAPTAIN, CALL).pictures) == 2
        assert len(characters.generate(CAPTAIN, CALL).pictures) == 2
    assert len(desk.painter.sittings) == 1


def test_what_another_studio_makes_is_waited_for(desk: Desk) -> None:
    gate = desk.painter.gate = threading.Event()
    with desk.characters(holder="one") as one, desk.characters(holder="two") as two, ThreadPoolExecutor(2) as callers:
        first = callers.submit(one.generate, CAPTAIN, CALL)
        assert desk.painter.begun.wait(30)
        second = callers.submit(two.generate, CAPTAIN, CALL)
        assert until(lambda: desk.clock.sleepers == 1)
        gate.set()
        ids = [record.id for record, _ in first.result(30).pictures]
        desk.clock.advance(timedelta(seconds=1))
        assert [record.id for record, _ in second.result(30).pictures] == ids
    assert len(desk.painter.sittings) == 1


def test_a_studio_that_stops_does_not_wait_for_another(desk: Desk) -> None:
    begun_by(desk, "one")
    with ThreadPoolExecutor(1) as callers:
        with desk.characters(holder="two") as characters:
            call = callers.submit(characters.generate, CAPTAIN, CALL)
            assert until(lambda: desk.clock.sleepers == 1)
        with pytest.raises(Unavailable, match="send it again later"):
            call.result(30)
    assert desk.painter.sittings == []


def test_what_a_lost_studio_had_begun_is_made_by_another_in_the_end(desk: Desk) -> None:
    begun_by(desk, "one")
    with desk.characters(holder="two") as characters, ThreadPoolExecutor(1) as callers:
        call = callers.submit(characters.generate, CAPTAIN, CALL)
        assert until(lambda: desk.clock.sleepers == 1)
        desk.clock.advance(LOST_AFTER + timedelta(seconds=1))
        assert len(call.result(30).pictures) == 2


def test_a_key_is_kept_for_thirty_days(desk: Desk) -> None:
    with desk.characters() as characters:
        characters.generate(CAPTAIN, CALL)
        desk.clock.advance(KEPT)
        characters.generate(CAPTAIN, CALL)
        assert len(desk.painter.sittings) == 1
        desk.clock.advance(timedelta(seconds=1))
        characters.generate(CAPTAIN, CALL)
    assert len(desk.painter.sittings) == 2


def test_pictures_that_were_deleted_since_are_left_out_and_told(desk: Desk) -> None:
    with desk.characters() as characters:
        first, second = characters.generate(CAPTAIN, CALL).pictures
        characters.delete(first[0].id)
        again = characters.generate(CAPTAIN, CALL)
    assert [record.id for record, _ in again.pictures] == [second[0].id]
    assert again.warnings == ["1 of 2 pictures deleted since"]


def test_what_came_of_the_keeping_is_answered_again_too(desk: Desk) -> None:
    desk.bucket.trouble = StorageUnavailable("it is out")
    with desk.characters() as characters:
        first = characters.generate(CAPTAIN, CALL)
        assert characters.generate(CAPTAIN, CALL).warnings == first.warnings == [
            "kept on this machine only: it is out"
        ]  # fmt: skip


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[CharacterStudio]:
    studio = CharacterStudio(tmp_path / "home")
    yield studio
    studio.close()


def test_over_http_the_answer_is_the_same_to_the_byte(studio: CharacterStudio) -> None:
    body = {"character_description": "a captain", "num_images": 1}
    key = {"Idempotency-Key": "~" * 255}
    first, again = (studio.client.post(GENERATE, json=body, headers=key) for _ in range(2))
    assert (first.status_code, again.content) == (200, first.content)
    # What is left out means its default.
    assert studio.client.post(GENERATE, json=body | {"aspect_ratio": "1:1"}, headers=key).content == first.content
    assert studio.client.get(LIST).json()["total"] == 1
    for other in ({"num_images": 2}, {"seed": 1}, {"include_base64": False}, {"character_description": "a cook"}):
        answer = studio.client.post(GENERATE, json=body | other, headers=key)
        assert studio.refused(answer) == (422, "ValidationError", "idempotency_key_reused")
    assert studio.client.get("/api/v1/generation-jobs").json()["total"] == 1


@pytest.mark.parametrize("key", [b"", b" ", b"a b", b"\xc3\xa9", b"a" * 256, b"a\tb"])
def test_a_key_that_cannot_be_is_refused_before_anything_is_painted(studio: CharacterStudio, key: bytes) -> None:
    headers = [(b"Idempotency-Key", key)]
    answer = studio.client.post(GENERATE, json={"character_description": "a captain"}, headers=headers)
    assert studio.refused(answer) == (422, "ValidationError", "invalid_input")
    assert answer.json()["detail"]["details"]["field"] == "Idempotency-Key"
    assert studio.files == []


def test_a_call_that_was_refused_frees_its_key(studio: CharacterStudio) -> None:
    key = {"Idempotency-Key": "one"}
    assert studio.client.post(GENERATE, json={"character_description": " "}, headers=key).status_code == 400
    assert studio.client.post(GENERATE, json={"character_description": "a"}, headers=key).status_code == 200
