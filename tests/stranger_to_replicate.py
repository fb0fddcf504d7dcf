"""A client of Replicate's double that is not the studio, as tests of the double use it."""

from __future__ import annotations

from typing import Any

import httpx

from support.servers.replicate import FLUX_DEV, TOKEN, Replicate
from support.waiting import until

ENDED = ("succeeded", "failed", "canceled")


def client(made: Replicate, token: str = TOKEN) -> httpx.Client:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.Client(base_url=made.url, headers=headers, trust_env=False, verify=False)


def order(line: httpx.Client, model: str = FLUX_DEV, headers: Any = None, **more: Any) -> httpx.Response:
    inputs = {"prompt": "a red circle", "seed": 7, **more.pop("input", {})}
    return line.post("/v1/predictions", json={"version": model, "input": inputs, **more}, headers=headers)


def ended(line: httpx.Client, prediction: dict[str, Any]) -> dict[str, Any]:
    def asked() -> dict[str, Any] | None:
        body: dict[str, Any] = line.get(prediction["urls"]["get"]).json()
        return body if body["status"] in ENDED else None

    found = until(asked)
    assert found is not None, "it never ended"
    return found


def problem(answer: httpx.Response) -> tuple[int, str, int]:
    body = answer.json()
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, body["title"], body["status"]
