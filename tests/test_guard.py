"""Who may speak to the studio, told by address, name, key and origin; over HTTP and over WebSockets."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from app.security import Guard

STRANGER, HERE = "203.0.113.7", "127.0.0.1"


def ask(
    *, client: str = HERE, host: str = "127.0.0.1:8000", path: str = "/x", kind: str = "http",
    keys: tuple[str, ...] = (), **headers: str
) -> list[dict[str, Any]]:  # fmt: skip
    """What is sent back through a guard; the application behind it says only that it was reached."""
    sent: list[dict[str, Any]] = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "reached"})

    async def receive() -> dict[str, Any]:
        return {"type": f"{kind}.connect" if kind == "websocket" else "http.request"}

    async def send(message: Any) -> None:
        sent.append(message)

    named = {"host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    scope = {
        "type": kind,
        "path": path,
        "client": (client, 1234),
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }
    guard = Guard(behind, api_keys=keys, allowed_origins=["https://gallery.example"])
    asyncio.run(guard(scope, receive, send))
    return sent


def reached(**how: Any) -> bool:
    return bool(ask(**how)[0]["type"] == "reached")


@pytest.mark.parametrize(
    ("how", "allowed"),
    [
        ({}, True),
        ({"client": "::1", "host": "[::1]:8000"}, True),
        ({"host": "localhost"}, True),
        ({"client": STRANGER}, False),
        ({"client": STRANGER, "host": "203.0.113.1:8000"}, False),
        ({"host": "evil.example"}, False),
        ({"host": "127.0.0.1.evil.example"}, False),
        ({"host": ""}, False),
        ({"client": STRANGER, "host": "studio.example", "keys": ("a", "b"), "x_api_key": "b"}, True),
        ({"client": STRANGER, "host": "studio.example", "keys": ("a",), "x_api_key": "b"}, False),
        ({"keys": ("a",)}, False),
        ({"keys": ("a",), "x_api_key": ""}, False),
        ({"keys": ("a",), "path": "/health"}, True),
        ({"client": STRANGER, "host": "studio.example", "path": "/api/v1/webhooks/replicate"}, True),
        ({"client": STRANGER, "keys": ("a",), "path": "/api/v1/webhooks/replicate"}, True),
        ({"client": STRANGER, "path": "/api/v1/webhooks/replicate/x"}, False),
        ({"client": STRANGER, "path": "/x/api/v1/webhooks/replicate"}, False),
        ({"keys": ("a",), "path": "/api/v1/webhooks/replicate\n"}, False),
        ({"origin": "https://evil.example", "path": "/api/v1/webhooks/replicate"}, False),
        ({"origin": "http://127.0.0.1:8000"}, True),
        ({"origin": "https://gallery.example"}, True),
        ({"origin": "https://evil.example"}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://["}, False),
        ({"host": "["}, False),
        ({"client": "::ffff:127.0.0.1"}, True),
        ({"keys": ("schlüssel",), "x_api_key": "schlüssel"}, True),
        ({"origin": "http://127.0.0.1:9000"}, False),
        ({"origin": "https://evil.example", "keys": ("a",), "x_api_key": "a"}, False),
    ],
)
@pytest.mark.parametrize("kind", ["http", "websocket"])
def test_the_guard_lets_in_whom_it_should(how: dict[str, Any], allowed: bool, kind: str) -> None:
    assert reached(kind=kind, **how) is allowed


def test_a_refused_caller_is_told_why_and_what_would_help() -> None:
    start, body = ask(client=STRANGER)
    assert start["status"] == 403
    assert b"set API_KEYS" in body["body"]


def test_a_missing_key_is_asked_for() -> None:
    start, _ = ask(keys=("a",))
    assert start["status"] == 401
    assert (b"www-authenticate", b"ApiKey") in start["headers"]


def test_a_refused_listener_is_closed_before_it_is_let_in() -> None:
    [close] = ask(kind="websocket", origin="https://evil.example")
    assert close["type"] == "websocket.close"
    assert "https://evil.example" in close["reason"]
