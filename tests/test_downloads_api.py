"""Downloads and library at the edge: what is refused names its field, and no route swallows another."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.settings import Settings
from app.studio import build_studio

URL = "http://hub.example/a.safetensors"
SHA256 = "ab" * 32


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "urls"),
        ({"urls": []}, "urls"),
        ({"urls": [URL] * 101}, "urls"),
        ({"urls": [URL, "ftp://hub.example/a"]}, "urls.1"),
        ({"urls": ["http://" + "a" * 9000]}, "urls.0"),
        ({"urls": [URL], "colour": "red"}, "colour"),
        ({"urls": [URL], "kind": "hypernetworks"}, "kind"),
        ({"urls": [URL], "sha256": "abc"}, "sha256"),
        ({"urls": [URL, URL], "sha256": SHA256}, "sha256"),
        ({"urls": [URL], "model_version_id": 1}, "model_version_id"),
        ({"model_version_id": 0}, "model_version_id"),
        ({"model_version_id": 2**63}, "model_version_id"),
        ({"model_version_id": "1"}, "model_version_id"),
        ({"model_version_id": 1, "sha256": SHA256}, "sha256"),
        ({"model_version_id": 1, "kind": "loras"}, "kind"),
    ],
)
def test_a_wish_that_cannot_be_meant_is_refused_naming_its_field(tmp_path: Path, body: Any, field: str) -> None:
    answer = ask(tmp_path, "POST", "/api/lm/download", json=body)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert ask(tmp_path, "GET", "/api/lm/downloads").json() == {"downloads": []}


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/lm/downloads?state=unknown", 422, "invalid_input"),
        ("GET", "/api/lm/downloads/unknown", 404, "not_found"),
        ("POST", "/api/lm/downloads/unknown/cancel", 404, "not_found"),
        ("POST", "/api/lm/downloads/unknown/retry", 404, "not_found"),
        ("GET", "/api/lm/hypernetworks", 404, "no_such_address"),
        ("POST", "/api/lm/hypernetworks/scan", 404, "no_such_address"),
        ("GET", "/api/lm/loras/unknown", 404, "not_found"),
        ("GET", "/api/lm/loras?page_size=101", 422, "invalid_input"),
        ("GET", "/api/lm/loras?page=0", 422, "invalid_input"),
        ("DELETE", "/api/lm/loras", 405, "method_not_allowed"),
    ],
)
def test_what_is_not_there_is_told_apart(tmp_path: Path, method: str, path: str, status: int, code: str) -> None:
    answer = ask(tmp_path, method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


@pytest.mark.parametrize("path", ["downloads", "loras", "checkpoints", "embeddings", "recipes"])
def test_each_list_is_reached_under_its_own_name(tmp_path: Path, path: str) -> None:
    assert ask(tmp_path, "GET", f"/api/lm/{path}").status_code == 200


def ask(home: Path, method: str, path: str, **parts: Any) -> httpx.Response:
    async def asked() -> httpx.Response:
        studio = build_studio(Settings.exactly(studio_home=home))
        async with (
            studio.router.lifespan_context(studio),
            httpx.AsyncClient(transport=httpx.ASGITransport(studio), base_url="http://127.0.0.1") as client,
        ):
            return await client.request(method, path, **parts)

    return asyncio.run(asked())
