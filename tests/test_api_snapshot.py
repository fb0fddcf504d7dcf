"""The studio's interface as others rely on it: a change of it is seen, and made on purpose (`--snapshot-update`)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from syrupy.assertion import SnapshotAssertion

from app.settings import Settings
from app.studio import build_studio


def test_the_calls_their_parameters_and_answers_are_as_agreed(tmp_path: Path, snapshot: SnapshotAssertion) -> None:
    app = build_studio(Settings.exactly(studio_home=tmp_path))
    described = app.openapi()
    calls = {
        f"{method.upper()} {path}": {
            "parameters": sorted(f"{p['in']} {p['name']}" for p in call.get("parameters", [])),
            "body": sorted(_fields(described, call.get("requestBody", {}))),
            "answers": sorted(call["responses"]),
        }
        for path, methods in described["paths"].items()
        for method, call in methods.items()
    }
    assert calls == snapshot


def _fields(described: dict[str, Any], body: dict[str, Any]) -> list[str]:
    """The members of a body, whichever content type carries it."""
    found: list[str] = []
    for content in body.get("content", {}).values():
        name = content["schema"].get("$ref", "").rpartition("/")[2]
        schema = described["components"]["schemas"].get(name, content["schema"])
        found += schema.get("properties", {})
    return sorted(set(found))
