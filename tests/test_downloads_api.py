"""Downloads and library at the edge: what is refused names its field, and no route swallows another."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.downloads.state import DownloadState
from app.settings import Settings
from app.studio import build_studio

HUB = "http://127.0.0.1:9"
URL = "http://127.0.0.1:9/files/a.safetensors"
SHA256 = "ab" * 32
Asks = Callable[..., httpx.Response]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "urls"),
        ({"urls": []}, "urls"),
        ({"urls": [URL] * 101}, "urls"),
        ({"urls": [URL, "ftp://hub.example/a"]}, "urls.1"),
        ({"urls": ["http://" + "a" * 9000]}, "urls.0"),
        ({"urls": ["http://hub.example/\ud800"]}, "urls.0"),
        ({"urls": [URL], "colour": "red"}, "colour"),
        ({"urls": [URL], "kind": "hypernetworks"}, "kind"),
        ({"urls": [URL], "sha256": "abc"}, "sha256"),
        ({"urls": [URL, URL], "sha256": SHA256}, "sha256"),
        ({"urls": [URL], "model_version_id": 1}, "model_version_id"),
        ({"urls": [URL], "priority": "urgent"}, "priority"),
        ({"urls": [URL], "download_id": "../monday"}, "download_id"),
        ({"urls": [URL], "download_id": ""}, "download_id"),
        ({"urls": [URL], "download_id": "history"}, "download_id"),
        ({"urls": [URL], "\ud800": "half"}, "body"),
        ({"urls": [URL, URL], "download_id": "monday"}, "download_id"),
        ({"urls": [URL], "relative_path": "../elsewhere"}, "relative_path"),
        ({"urls": [URL], "source": "civitai"}, "source"),
        ({"urls": [URL], "source": "torrent"}, "source"),
        ({"model_version_id": 0}, "model_version_id"),
        ({"model_version_id": 2**63}, "model_version_id"),
        ({"model_version_id": "1"}, "model_version_id"),
        ({"model_version_id": True}, "model_version_id"),
        ({"model_version_id": 1, "kind": "loras"}, "kind"),
        ({"repo_id": "owner/name"}, "filename"),
        ({"repo_id": "owner/../name", "filename": "a.safetensors"}, "repo_id"),
        ({"repo_id": "owner/name", "filename": "\ud800.safetensors"}, "filename"),
    ],
)
def test_a_wish_that_cannot_be_meant_is_refused_naming_its_field(tmp_path: Path, body: Any, field: str) -> None:
    with asking(tmp_path) as ask:
        answer = ask("POST", "/api/lm/download", content=json.dumps(body), headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["field"]) == (422, field)
        assert ask("GET", "/api/lm/downloads").json() == {"downloads": [], "next_cursor": None}


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"urls": [URL]}, {"source": "url", "kind": "loras", "name": "a.safetensors", "url": URL}),
        ({"urls": [f"{URL}?token=secret"], "kind": "checkpoints"}, {"kind": "checkpoints", "url": URL}),
        ({"urls": [URL], "sha256": SHA256.upper()}, {"sha256": SHA256}),
        ({"urls": [URL], "download_id": "monday-1"}, {"id": "monday-1"}),
        ({"urls": [URL], "relative_path": "flux/styles"}, {"relative_path": "flux/styles"}),
        ({"model_version_id": 34}, {"source": "civitai", "model_version_id": 34, "kind": None, "name": None}),
        ({"model_id": 12}, {"source": "civitai", "model_id": 12, "model_version_id": None}),
        ({"model_id": 12, "model_version_id": 34, "sha256": SHA256}, {"model_id": 12, "sha256": SHA256}),
        ({"urls": ["http://127.0.0.1:9/models/12?modelVersionId=34"]}, {"source": "civitai", "model_version_id": 34}),
        (
            {"source": "huggingface", "repo_id": "owner/name", "filename": "sub/a.safetensors"},
            {
                "source": "huggingface",
                "name": "a.safetensors",
                "url": f"{HUB}/owner/name/resolve/main/sub/a.safetensors",
            },
        ),
    ],
)
def test_what_is_asked_for_is_queued_and_told_at_once(tmp_path: Path, body: Any, told: dict[str, Any]) -> None:
    with asking(tmp_path) as ask:
        answer = ask("POST", "/api/lm/download", json=body)
        assert answer.status_code == 202
        view = answer.json()["downloads"][0]
        assert {name: view[name] for name in told} == told
        assert ask("GET", f"/api/lm/downloads/{view['id']}").json()["id"] == view["id"]


def test_a_list_comes_in_pages_that_end(tmp_path: Path) -> None:
    with asking(tmp_path) as ask:
        asked = ask("POST", "/api/lm/download", json={"urls": [f"{HUB}/{n}.safetensors" for n in range(5)]})
        ids = [view["id"] for view in asked.json()["downloads"]]
        found, cursor = [], ""
        while cursor is not None:
            page = ask("GET", f"/api/lm/downloads?limit=2{cursor and f'&cursor={cursor}'}").json()
            assert len(page["downloads"]) <= 2
            found += [view["id"] for view in page["downloads"]]
            cursor = page["next_cursor"]
        assert found == ids


def test_several_states_are_listed_together(tmp_path: Path) -> None:
    with asking(tmp_path) as ask:
        ids = [f"n{number}" for number in range(4)]
        for download_id in ids:
            ask("POST", "/api/lm/download", json={"urls": [f"{HUB}/{download_id}"], "download_id": download_id})
        ended = [download_id for download_id in ids if _cancelled(ask, download_id)]
        listed = ask("GET", "/api/lm/downloads?state=cancelled&state=skipped").json()["downloads"]
        assert [view["id"] for view in listed] == ended
        assert ask("DELETE", "/api/lm/downloads?state=cancelled&state=skipped").json() == {"removed": len(ended)}


def test_a_name_that_stands_for_something_else_is_told(tmp_path: Path) -> None:
    with asking(tmp_path) as ask:
        ask("POST", "/api/lm/download", json={"urls": [URL], "download_id": "monday"})
        answer = ask("POST", "/api/lm/download", json={"model_id": 1, "download_id": "monday"})
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (409, "conflict", "download_id")


def test_no_answer_tells_a_secret_of_an_address(tmp_path: Path) -> None:
    secret = f"http://me:password@hub.example/{SHA256}.safetensors?token=password#password"
    with asking(tmp_path) as ask:
        told = [ask("POST", "/api/lm/download", json={"urls": [secret]}).text]
        told += [ask("GET", f"/api/lm/{path}").text for path in ("downloads", "downloads/history", "downloads/stats")]
    assert all("password" not in text for text in told)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/lm/downloads?state=unknown", 422, "invalid_input"),
        ("GET", "/api/lm/downloads/unknown", 404, "not_found"),
        *(
            ("POST", f"/api/lm/downloads/unknown/{move}", 404, "not_found")
            for move in ("pause", "resume", "cancel", "skip", "retry")
        ),
        ("POST", "/api/lm/downloads/unknown/priority", 422, "invalid_input"),
        ("POST", "/api/lm/downloads/unknown/hurry", 404, "no_such_address"),
        ("GET", "/api/lm/downloads?limit=0", 422, "invalid_input"),
        ("GET", "/api/lm/downloads?limit=1001", 422, "invalid_input"),
        ("GET", "/api/lm/downloads?cursor=next", 422, "invalid_input"),
        ("GET", "/api/lm/downloads/history?limit=0", 422, "invalid_input"),
        ("DELETE", "/api/lm/downloads", 422, "invalid_input"),
        ("DELETE", "/api/lm/downloads?state=unknown", 422, "invalid_input"),
        ("DELETE", "/api/lm/downloads?state=running", 409, "wrong_state"),
        ("DELETE", "/api/lm/downloads?state=failed&state=queued", 409, "wrong_state"),
        ("GET", "/api/lm/hypernetworks", 404, "no_such_address"),
        ("POST", "/api/lm/hypernetworks/scan", 404, "no_such_address"),
        ("GET", "/api/lm/loras/unknown", 404, "not_found"),
        ("GET", "/api/lm/loras?page_size=101", 422, "invalid_input"),
        ("GET", "/api/lm/loras?page=0", 422, "invalid_input"),
        ("DELETE", "/api/lm/loras", 405, "method_not_allowed"),
    ],
)
def test_what_is_not_there_is_told_apart(tmp_path: Path, method: str, path: str, status: int, code: str) -> None:
    with asking(tmp_path) as ask:
        answer = ask(method, path)
        assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    "path",
    ["downloads", "downloads/history", "downloads/stats", "loras", "checkpoints", "embeddings", "recipes", "settings"],
)
def test_each_list_is_reached_under_its_own_name(tmp_path: Path, path: str) -> None:
    with asking(tmp_path) as ask:
        assert ask("GET", f"/api/lm/{path}").status_code == 200


def test_counts_name_every_state(tmp_path: Path) -> None:
    with asking(tmp_path) as ask:
        told = ask("GET", "/api/lm/downloads/stats").json()
        assert told == {"states": dict.fromkeys(DownloadState, 0), "bytes_per_second": 0}
        assert ask("POST", "/api/lm/downloads/retry-failed").json() == {"downloads": []}


def _cancelled(ask: Asks, download_id: str) -> bool:
    """Whether it could be cancelled: one that nobody answers may have ended before."""
    return ask("POST", f"/api/lm/downloads/{download_id}/cancel").status_code == 200


@contextmanager
def asking(home: Path) -> Iterator[Asks]:
    """Ask one studio, in this process; its hubs are a port where nobody listens."""
    settings = Settings.exactly(
        studio_home=home, hub_url=HUB, huggingface_url=HUB, allow_private_addresses=True, download_concurrency=1
    )
    studio = build_studio(settings)
    with asyncio.Runner() as loop:
        living = studio.router.lifespan_context(studio)
        loop.run(living.__aenter__())
        client = httpx.AsyncClient(transport=httpx.ASGITransport(studio), base_url="http://127.0.0.1")
        try:
            yield lambda method, path, **parts: loop.run(client.request(method, path, **parts))
        finally:
            loop.run(client.aclose())
            loop.run(living.__aexit__(None, None, None))
