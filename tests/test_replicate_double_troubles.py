"""What goes wrong at Replicate's double, what it tells by webhooks, and that it serves alone."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.clock import VirtualClock
from support.processes import Process
from support.servers.replicate import Replicate
from support.servers.replicate.trouble import FAILURES
from support.servers.replicate.webhooks import signature
from support.servers.serving import Exchange, Server
from support.waiting import until
from tests.stranger_to_replicate import client, ended, order, problem
from tests.studio_of_replicate import double


@pytest.fixture
def api() -> Iterator[tuple[Replicate, httpx.Client]]:
    with double() as made, client(made) as line:
        yield made, line


# Limits and troubles


def test_a_throttled_order_is_told_when_the_next_is_taken() -> None:
    clock = VirtualClock()
    with double(clock=clock) as made, client(made) as line:
        made.throttles(30)
        answer = order(line)
        assert (answer.status_code, answer.json()["retry_after"]) == (429, 30)
        assert answer.json()["detail"] == "Request was throttled. Your rate limit resets in ~30s."
        clock.advance(timedelta(seconds=30))
        assert order(line).status_code == 201


@pytest.mark.parametrize(
    ("mode", "error"),
    [("fails", "ran into an error"), ("refuses what it sees", "NSFW"), ("out of memory", "out of memory")],
)
def test_a_failure_is_told_in_words(api: tuple[Replicate, httpx.Client], mode: Any, error: str) -> None:
    made, line = api
    made.fails(mode, times=1)
    body = ended(line, order(line).json())
    assert (body["status"], body["output"]) == ("failed", None)
    assert error in body["error"]
    assert ended(line, order(line).json())["status"] == "succeeded"


def test_a_failure_may_strike_the_second_of_three(api: tuple[Replicate, httpx.Client]) -> None:
    made, line = api
    made.fails("fails", times=1, after=1)
    assert [ended(line, order(line).json())["status"] for _ in range(3)] == ["succeeded", "failed", "succeeded"]


def test_an_order_whose_answer_is_lost_was_taken(api: tuple[Replicate, httpx.Client]) -> None:
    made, line = api
    made.fails("loses the answer", times=1)
    with pytest.raises(httpx.HTTPError):
        order(line)
    assert len(made.predictions()) == 1


def test_an_order_that_is_dropped_was_not(api: tuple[Replicate, httpx.Client]) -> None:
    made, line = api
    made.fails("drops the order", times=1)
    with pytest.raises(httpx.HTTPError):
        order(line)
    assert made.predictions() == []


def test_who_has_no_credit_is_asked_for_payment(api: tuple[Replicate, httpx.Client]) -> None:
    made, line = api
    made.fails("asks for payment")
    assert problem(order(line)) == (402, "Insufficient credit", 402)


def test_a_web_page_may_lie_in_the_pictures_place(api: tuple[Replicate, httpx.Client]) -> None:
    made, line = api
    made.fails("sends a web page", times=1)
    body = ended(line, order(line).json())
    assert httpx.get(body["output"][0], trust_env=False).content.startswith(b"<!doctype html>")


def test_what_is_no_failure_mode_is_refused(api: tuple[Replicate, httpx.Client]) -> None:
    made, _ = api
    with pytest.raises(ValueError, match=FAILURES[0]):
        made.fails("is grumpy")  # type: ignore[arg-type]


# Webhooks


def test_a_webhook_is_signed_and_tells_the_prediction() -> None:
    heard: list[tuple[dict[str, str], bytes]] = []

    def receive(exchange: Exchange) -> None:
        heard.append((exchange.headers, exchange.body()))
        exchange.answer(204)

    listener = Server(receive)
    try:
        with double() as made, client(made) as line:
            hook = f"{listener.url}/told"
            prediction = order(line, webhook=hook, webhook_events_filter=["completed"]).json()
            ended(line, prediction)
            assert until(lambda: heard)
            headers, body = heard[0]
            moment = int(headers["webhook-timestamp"])
            right = signature(made.webhook_secret, headers["webhook-id"], moment, body)
            assert headers["webhook-signature"] == right
            assert json.loads(body)["status"] == "succeeded"
            assert line.get("/v1/webhooks/default/secret").json() == {"key": made.webhook_secret}
    finally:
        listener.close()


def test_the_signature_is_the_one_of_the_standard() -> None:
    """Source: Standard Webhooks, the example of its signature scheme."""
    body = b'{"test": 2432232314}'
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    right = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    assert signature(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body) == right


def test_a_webhook_that_nobody_takes_is_sent_again_under_its_id() -> None:
    statuses = iter([500, 503, 200])
    ids: list[str] = []

    def receive(exchange: Exchange) -> None:
        ids.append(exchange.headers["webhook-id"])
        exchange.answer(next(statuses))

    listener = Server(receive)
    try:
        with double() as made, client(made) as line:
            order(line, webhook=f"{listener.url}/told", webhook_events_filter=["completed"])
            assert until(lambda: len(ids) == 3)
            assert len(set(ids)) == 1
            assert until(lambda: made.webhooks[0].statuses == [500, 503, 200])
    finally:
        listener.close()


def test_a_webhook_to_an_open_address_is_refused(api: tuple[Replicate, httpx.Client]) -> None:
    _, line = api
    assert problem(order(line, webhook="http://studio.example/told"))[0] == 422


# Alone


def test_it_serves_alone(tmp_path: Path) -> None:
    with Process("support.servers.replicate", folder=tmp_path) as process:
        answer = httpx.get(f"{process.address}/v1/predictions", trust_env=False)
        assert answer.json()["detail"] == "You did not pass an authentication token"


def test_it_says_what_can_go_wrong() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "support.servers.replicate", "--help"], capture_output=True, text=True, check=True
    )
    assert "loses the answer" in told.stdout
