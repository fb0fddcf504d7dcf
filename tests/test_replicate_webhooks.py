"""Webhooks are believed only when they prove where they come from, and end a wait at once."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.generation.replicate.prediction import Prediction
from app.generation.replicate.webhooks import MOST_KEPT, PATH, Bell, Unproven, verify
from app.settings import Settings
from app.studio import build_studio
from support import leaks
from support.clock import NOON, VirtualClock
from support.in_process import InProcessStudio
from support.servers.replicate import FLUX_DEV, TOKEN, Replicate
from support.servers.replicate.webhooks import signature
from support.waiting import until
from tests.easel import Eye, must
from tests.studio_of_replicate import Counter, double

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
OTHER = "whsec_bm90IHRoZSBzZWNyZXQ="
BODY = b'{"id": "abc", "status": "succeeded"}'


def signed(body: bytes = BODY, *, secret: str = SECRET, at: int | None = None, name: str = "msg_1") -> dict[str, str]:
    moment = int(NOON.timestamp()) if at is None else at
    return {
        "webhook-id": name,
        "webhook-timestamp": str(moment),
        "webhook-signature": signature(secret, name, moment, body),
    }


# Signatures


@given(
    st.binary(max_size=300), st.binary(min_size=1, max_size=64), st.from_regex(r"msg_[A-Za-z0-9]{1,30}", fullmatch=True)
)
def test_what_is_signed_rightly_is_believed(body: bytes, key: bytes, name: str) -> None:
    secret = f"whsec_{base64.b64encode(key).decode()}"
    assert verify(secret, signed(body, secret=secret, name=name), body, NOON) == name


@given(st.integers(min_value=0, max_value=len(BODY) - 1), st.integers(min_value=1, max_value=255))
def test_a_body_that_was_changed_anywhere_is_not(where: int, by: int) -> None:
    changed = bytearray(BODY)
    changed[where] ^= by
    with pytest.raises(Unproven):
        verify(SECRET, signed(), bytes(changed), NOON)


@pytest.mark.parametrize(
    "changes",
    [
        {"webhook-id": "msg_2"},
        {"webhook-timestamp": str(int(NOON.timestamp()) + 1)},
        {"webhook-signature": ""},
        {"webhook-signature": "v1,"},
        {"webhook-signature": "v1"},
        {"webhook-signature": "v1,kein-Base64-äöü"},
        {"webhook-signature": signed()["webhook-signature"].replace("v1,", "v2,")},
        {"webhook-signature": signed()["webhook-signature"].replace("v1,", "v1a,")},
        {"webhook-signature": signed()["webhook-signature"].removeprefix("v1,")},
        {"webhook-id": ""},
        {"webhook-timestamp": ""},
        {"webhook-timestamp": "soon"},
        {"webhook-timestamp": "1e9"},
        {"webhook-timestamp": "9" * 400},
        {"webhook-timestamp": "-99999999999999"},
    ],
)
def test_a_webhook_with_one_thing_wrong_is_not_believed(changes: dict[str, str]) -> None:
    with pytest.raises(Unproven):
        verify(SECRET, signed() | changes, BODY, NOON)


def test_another_secret_proves_nothing() -> None:
    with pytest.raises(Unproven, match="no signature"):
        verify(SECRET, signed(secret=OTHER), BODY, NOON)


@pytest.mark.parametrize("secret", ["whsec_###", "nothing like base64!"])
def test_a_secret_that_is_none_proves_nothing(secret: str) -> None:
    with pytest.raises(Unproven):
        verify(secret, signed(), BODY, NOON)


def test_one_right_signature_among_several_is_enough() -> None:
    """While a secret is changed, both sign."""
    both = f"{signed(secret=OTHER)['webhook-signature']} v1a,abc {signed()['webhook-signature']}"
    assert verify(SECRET, signed() | {"webhook-signature": both}, BODY, NOON) == "msg_1"


@pytest.mark.parametrize("seconds", [-300, 0, 300])
def test_within_five_minutes_it_is_believed(seconds: int) -> None:
    assert verify(SECRET, signed(at=int(NOON.timestamp()) + seconds), BODY, NOON)


@pytest.mark.parametrize("seconds", [-301, 301])
def test_a_second_more_than_five_minutes_away_it_is_not(seconds: int) -> None:
    with pytest.raises(Unproven, match="five minutes"):
        verify(SECRET, signed(at=int(NOON.timestamp()) + seconds), BODY, NOON)


# The bell


def told(prediction_id: str, status: str = "succeeded") -> Prediction:
    prediction = Prediction.of({"id": prediction_id, "status": status})
    assert prediction is not None
    return prediction


def test_who_listens_hears_of_its_own_alone() -> None:
    bell = Bell()
    with bell.listening(["a"]) as first, bell.listening(["b"]) as second:
        bell.ring("1", told("a"))
        assert (first.of("a"), first.came.is_set(), second.came.is_set()) == (told("a"), True, False)


def test_what_comes_before_anybody_listens_is_kept_for_a_while() -> None:
    bell = Bell()
    bell.ring("1", told("a"))
    with bell.listening(["a"]) as news:
        assert news.came.is_set()


def test_what_nobody_ever_listens_for_is_forgotten() -> None:
    bell = Bell()
    for number in range(MOST_KEPT + 1):
        bell.ring(str(number), told(f"p{number}"))
    with bell.listening(["p0", "p1"]) as news:
        assert (news.of("p0"), news.of("p1")) == (None, told("p1"))


def test_the_same_message_twice_is_one() -> None:
    bell = Bell()
    with bell.listening(["a"]) as news:
        bell.ring("1", told("a"))
        news.came.clear()
        bell.ring("1", told("a", "failed"))
        assert (news.came.is_set(), news.of("a")) == (False, told("a"))


def test_what_has_not_ended_wakes_nobody() -> None:
    bell = Bell()
    with bell.listening(["a"]) as news:
        bell.ring("1", told("a", "processing"))
        assert not news.came.is_set()


# The backend


def test_a_webhook_ends_the_wait_while_replicate_does_not_answer() -> None:
    clock = VirtualClock()
    heard: list[tuple[Mapping[str, str], bytes]] = []

    def deliver(url: str, headers: Mapping[str, str], body: bytes) -> int:
        heard.append((headers, body))
        return 200

    with double(clock=clock, step_seconds=10, deliver=deliver) as made:
        more = {"webhook_url": "https://studio.example/", "webhook_secret": made.webhook_secret}
        with Counter(made, clock=clock, **more) as counter:
            work = counter.at_work(Eye())
            must(lambda: clock.sleepers)
            asked = len(made.requests)
            for _ in range(4):
                must(lambda: clock.sleepers)
                clock.advance(timedelta(seconds=10))
            must(lambda: heard)
            counter.backend.hear(*heard[0], json.loads)
            assert work.result().pictures
            assert made.webhooks[0].url == f"https://studio.example{PATH}"
            # Told, it asks once a second at most, and for the picture.
            assert len(made.requests) - asked <= 8


def test_who_set_no_secret_has_the_accounts_own_fetched_once() -> None:
    clock = VirtualClock()
    with double(clock=clock) as made, Counter(made, clock=clock, webhook_url="https://studio.example") as counter:
        for name in ("msg_1", "msg_2"):
            counter.backend.hear(signed(secret=made.webhook_secret, name=name), BODY, json.loads)
        assert [seen.path for seen in made.requests] == ["/v1/webhooks/default/secret"]


def test_who_asked_for_no_webhooks_believes_none_and_asks_nobody() -> None:
    with double() as made, Counter(made) as counter:
        with pytest.raises(Unproven, match="REPLICATE_WEBHOOK_URL"):
            counter.backend.hear(signed(), BODY, json.loads)
        assert made.requests == []


# Over HTTP


@contextmanager
def studio(folder: Path, clock: VirtualClock, **settings: Any) -> Iterator[httpx.Client]:
    before = leaks.Traces.now()
    with Replicate(clock=clock, holds_seconds=0.02) as made:
        usual: dict[str, Any] = {"backend": "replicate", "replicate_url": made.url, "replicate_api_token": TOKEN}
        usual |= {"replicate_model": FLUX_DEV, "replicate_webhook_secret": SECRET}
        chosen = Settings.exactly(studio_home=folder / "home", **(usual | settings))
        running = InProcessStudio(build_studio(chosen, clock=clock), lambda cause: None)
        try:
            with httpx.Client(transport=running.transport(), base_url=running.address) as client:
                yield client
        finally:
            running.close()
    leaks.check(before)


@pytest.fixture
def line(tmp_path: Path) -> Iterator[httpx.Client]:
    with studio(tmp_path, VirtualClock(), replicate_webhook_url="https://studio.example") as client:
        yield client


def test_a_proven_webhook_of_an_unknown_prediction_is_taken_and_ignored(line: httpx.Client) -> None:
    assert line.post(PATH, content=BODY, headers=signed()).status_code == 200
    assert line.post(PATH, content=BODY, headers=signed()).status_code == 200  # the same once more


def test_an_unproven_one_is_refused_and_told_why(line: httpx.Client) -> None:
    answer = line.post(PATH, content=BODY, headers=signed(secret=OTHER))
    assert (answer.status_code, answer.json()["code"]) == (401, "webhook_not_proven")
    assert SECRET not in answer.text


@pytest.mark.parametrize("body", [b"", b"{", b"[" * 100_000])
def test_a_proven_one_that_is_no_json_is_refused(line: httpx.Client, body: bytes) -> None:
    assert line.post(PATH, content=body, headers=signed(body)).status_code == 422


@pytest.mark.parametrize("body", [b"null", b"[]", b"{}", b'{"id": 5}', b'{"id": "../../etc", "status": "succeeded"}'])
def test_a_proven_one_that_tells_no_prediction_changes_nothing(line: httpx.Client, body: bytes) -> None:
    assert line.post(PATH, content=body, headers=signed(body)).status_code == 200


def test_one_that_is_too_large_is_refused(line: httpx.Client) -> None:
    body = b" " * (4 * 1024 * 1024 + 1)
    assert line.post(PATH, content=body, headers=signed(body)).status_code == 413


def test_another_address_than_loopback_may_bring_one_and_nothing_else(tmp_path: Path) -> None:
    with studio(tmp_path, VirtualClock()) as client:
        foreign = {"host": "studio.example"}
        assert client.post(PATH, content=BODY, headers=signed() | foreign).status_code == 200
        assert client.get("/api/v1/backends", headers=foreign).status_code == 403


def test_a_studio_with_another_backend_takes_none(tmp_path: Path) -> None:
    with studio(tmp_path, VirtualClock(), backend="mock") as client:
        answer = client.post(PATH, content=BODY, headers=signed())
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_a_studio_without_a_token_starts_and_says_what_it_lacks(tmp_path: Path) -> None:
    with studio(tmp_path, VirtualClock(), replicate_api_token=None) as client:
        health = client.get("/health")
        assert (health.status_code, "REPLICATE_API_TOKEN" in health.json()["parts"]["backend"]) == (503, True)
        answer = client.post("/inference", json={"prompt": "a red circle"})
        assert (answer.status_code, answer.json()["code"]) == (500, "not_configured")
        job = client.post("/api/v1/generation-jobs", json={"prompt": "a red circle"}).json()["id"]
        assert until(lambda: client.get(f"/api/v1/generation-jobs/{job}").json()["state"] == "failed")
