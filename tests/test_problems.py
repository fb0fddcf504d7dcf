"""Whatever goes wrong over HTTP is told as a problem document, and tells no secret."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from app.settings import Settings
from app.studio import build_studio
from support.in_process import InProcessStudio

SECRET = "a path, a key or a prompt"


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[tuple[httpx.Client, list[str]]]:
    """A studio with one route more, which crashes; and what its log would hold."""
    app = build_studio(Settings.exactly(studio_home=tmp_path))
    causes: list[str] = []

    @app.get("/crash")
    async def crash() -> None:
        raise ValueError(SECRET)

    running = InProcessStudio(app, causes.append)
    with httpx.Client(transport=running.transport(), base_url=running.address) as client:
        yield client, causes
    running.close()


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (("GET", "/nowhere", None), (404, "no_such_address", "there is nothing at /nowhere")),
        (("PUT", "/health", None), (405, "method_not_allowed", "possible: GET")),
        (("POST", "/inference", b"{"), (422, "invalid_input", "")),
        (("POST", "/inference", b"[]"), (422, "invalid_input", "")),
        (("POST", "/inference", b"{}"), (422, "invalid_input", "prompt")),
        (("POST", "/inference", b'{"prompt": "x", "colour": "red"}'), (422, "invalid_input", "colour")),
        (("GET", "/api/lm/nothing", None), (404, None, "")),
        (("GET", "/api/lm/downloads/unknown", None), (404, "not_found", "unknown")),
        (("GET", "/api/lm/loras?page_size=101", None), (422, "invalid_input", "page_size")),
    ],
)
def test_a_refusal_is_a_problem_document(
    studio: tuple[httpx.Client, list[str]],
    asked: tuple[str, str, bytes | None],
    told: tuple[int, str | None, str],
) -> None:
    client, _ = studio
    method, path, content = asked
    status, code, detail = told
    answer = client.request(method, path, content=content, headers={"Content-Type": "application/json"})
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "code"} <= problem.keys()
    assert code in (None, problem["code"])
    assert detail in problem["detail"]


def test_a_damaged_database_is_told_as_not_available_and_by_the_health(tmp_path: Path) -> None:
    app = build_studio(Settings.exactly(studio_home=tmp_path))
    running = InProcessStudio(app, lambda cause: None)
    with httpx.Client(transport=running.transport(), base_url=running.address) as client:
        app.state.health.database.close()
        for file in tmp_path.glob("studio.db*"):
            file.write_bytes(b"no database at all" * 1000)
        answer = client.get("/api/lm/downloads")
        health = client.get("/health")
    running.close()
    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert (health.status_code, health.json()["status"]) == (503, "failed")
    assert health.json()["parts"]["database"] != "ready"


def test_a_crash_keeps_its_cause_to_the_log(studio: tuple[httpx.Client, list[str]]) -> None:
    client, causes = studio
    answer = client.get("/crash")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert SECRET not in answer.text
    assert answer.json()["reference"] in answer.json()["detail"]
    assert SECRET in causes[0]
