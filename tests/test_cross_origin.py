"""Web pages that were let in can use the studio from a browser, preflight included; others read nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from app.studio import build_studio
from support.in_process import InProcessStudio

FRIEND, STRANGER = "https://gallery.example", "https://evil.example"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[httpx.Client]:
    settings = Settings.exactly(studio_home=tmp_path, allowed_origins=FRIEND, api_keys="lighthouse")
    running = InProcessStudio(build_studio(settings), lambda cause: None)
    with httpx.Client(transport=running.transport(), base_url=running.address) as client:
        yield client
    running.close()


def preflight(client: httpx.Client, origin: str) -> httpx.Response:
    asked = {"Origin": origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "x-api-key"}
    return client.options("/inference", headers=asked)


def test_a_friends_preflight_needs_no_key(client: httpx.Client) -> None:
    answer = preflight(client, FRIEND)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == FRIEND
    assert "x-api-key" in answer.headers["access-control-allow-headers"].lower()


def test_a_strangers_preflight_is_refused(client: httpx.Client) -> None:
    answer = preflight(client, STRANGER)
    assert answer.status_code == 400
    assert "access-control-allow-origin" not in answer.headers


def test_a_friend_still_needs_the_key(client: httpx.Client) -> None:
    assert client.get("/api/lm/downloads", headers={"Origin": FRIEND}).status_code == 401
    answer = client.get("/api/lm/downloads", headers={"Origin": FRIEND, "X-API-Key": "lighthouse"})
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, FRIEND)


def test_a_stranger_is_refused_even_with_the_key(client: httpx.Client) -> None:
    answer = client.get("/api/lm/downloads", headers={"Origin": STRANGER, "X-API-Key": "lighthouse"})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers
