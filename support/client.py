"""How a scenario speaks to the studio: in the words of the nouns, over whichever transport the run has."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx

from support.character_client import Characters, JobAssets
from support.evidence import Evidence, Exchange
from support.library_client import Library
from support.recipe_client import Recipes
from support.studios import EventStream, Studio


class StudioRefused(Exception):
    """The studio refused what a scenario takes for granted."""


@dataclass(frozen=True)
class Answer:
    """What the studio answered. body: the JSON, or None; content: the bytes."""

    status: int
    headers: httpx.Headers
    content: bytes
    request: str

    @property
    def accepted(self) -> bool:
        return self.status < 400

    @property
    def body(self) -> Any:
        return json.loads(self.content) if "json" in self.headers.get("content-type", "") else None

    @property
    def is_problem(self) -> bool:
        return str(self.headers.get("content-type", "")).startswith("application/problem+json")

    @property
    def reason(self) -> str:
        """The sentence of a refusal: the problem's detail."""
        detail = (self.body or {}).get("detail", "") if not self.accepted else ""
        return detail.get("message", "") if isinstance(detail, dict) else str(detail)

    @property
    def field(self) -> str | None:
        return (self.body or {}).get("field") if self.is_problem else None

    def must(self) -> Answer:
        """This answer, if it is no refusal. Raises StudioRefused, for what a scenario builds upon."""
        if not self.accepted:
            raise StudioRefused(f"{self.request} was refused ({self.status}): {self.reason or self.content[:300]!r}")
        return self


class StudioClient:
    """One scenario's line to the studio. headers: sent with each request, such as a key."""

    def __init__(self, studio: Studio, evidence: Evidence, headers: dict[str, str] | None = None) -> None:
        self._studio = studio
        self._evidence = evidence
        self.headers = dict(headers or {})
        self._http = httpx.Client(transport=studio.transport(), base_url=studio.address, timeout=30, trust_env=False)
        self._streams: list[EventStream] = []
        self.downloads = Downloads(self)
        self.preferences = Preferences(self)
        self.library = Library(self)
        self.recipes = Recipes(self)
        self.characters = Characters(self)
        self.job_assets = JobAssets(self)
        self.generation = Generation(self)

    def ask(self, method: str, path: str, *, headers: dict[str, str] | None = None, **parts: Any) -> Answer:
        """Send a request, keep it as evidence, return whatever was answered."""
        request = self._http.build_request(method, path, headers={**self.headers, **(headers or {})}, **parts)
        response = self._http.send(request)
        self._evidence.exchange(
            Exchange(
                method,
                request.url.raw_path.decode("ascii"),
                (_body_of(request), request.headers.get("content-type", "")),
                response.status_code,
                (response.content, response.headers.get("content-type", "")),
            )
        )
        return Answer(response.status_code, response.headers, response.content, f"{method} {path}")

    def listen(self, path: str) -> EventStream:
        """Open a live channel; it is closed with the client. Raises ChannelRefused."""
        stream = self._studio.listen(path, self.headers)
        self._streams.append(stream)
        return stream

    def health(self) -> Answer:
        return self.ask("GET", "/health")

    def close(self) -> None:
        for stream in self._streams:
            stream.close()
        self._http.close()


def _body_of(request: httpx.Request) -> bytes:
    try:
        return request.content
    except httpx.RequestNotRead:  # an upload is streamed; its parts are not worth a second copy
        return b""


Asks = Callable[..., Answer]
TYPE = "application/json"


class Downloads:
    """`/api/lm/download…` and its live channel; also what ended, and the counts."""

    def __init__(self, client: StudioClient) -> None:
        self._client = client
        self._ask: Asks = client.ask

    def enqueue(self, **request: Any) -> Answer:
        return self._ask("POST", "/api/lm/download", json=request)

    def get(self, download_id: str) -> Answer:
        return self._ask("GET", f"/api/lm/downloads/{download_id}")

    def list(self, **query: Any) -> Answer:
        return self._ask("GET", "/api/lm/downloads", params=query)

    def move(self, download_id: str, move: str) -> Answer:
        return self._ask("POST", f"/api/lm/downloads/{download_id}/{move}")

    def hurry(self, download_id: str, priority: str) -> Answer:
        return self._ask("POST", f"/api/lm/downloads/{download_id}/priority", json={"priority": priority})

    def retry_failed(self) -> Answer:
        return self._ask("POST", "/api/lm/downloads/retry-failed")

    def clear(self, state: str) -> Answer:
        return self._ask("DELETE", "/api/lm/downloads", params={"state": state})

    def history(self) -> Answer:
        return self._ask("GET", "/api/lm/downloads/history")

    def stats(self) -> Answer:
        return self._ask("GET", "/api/lm/downloads/stats")

    def progress(self, download_id: str | None = None) -> EventStream:
        return self._client.listen("/ws/download-progress" + ("" if download_id is None else f"?id={download_id}"))


class Preferences:
    """`/api/lm/settings`: what can be set while the studio works."""

    def __init__(self, client: StudioClient) -> None:
        self._ask: Asks = client.ask

    def get(self) -> Answer:
        return self._ask("GET", "/api/lm/settings")

    def set(self, **changes: Any) -> Answer:
        return self._ask("PATCH", "/api/lm/settings", json=changes)


class Generation:
    """`/inference`, `/api/v1/generation-jobs…` and their live channel, `/api/v1/backends`, `/metrics`."""

    JOBS = "/api/v1/generation-jobs"

    def __init__(self, client: StudioClient) -> None:
        self._client = client
        self._ask: Asks = client.ask

    def infer(self, **request: Any) -> Answer:
        # Not as httpx writes it: that knows no NaN, and what a client of another kind sends must be refused, too.
        return self._ask("POST", "/inference", content=json.dumps(request), headers={"Content-Type": TYPE})

    def infer_with_file(self, picture: bytes, **request: Any) -> Answer:
        fields = {name: str(value) for name, value in request.items()}
        return self._ask("POST", "/inference", files={"image": ("picture.png", picture)}, data=fields)

    def infer_and_hang_up(self, after_seconds: float, **request: Any) -> Answer | None:
        """None when the client has hung up; the answer when it came before."""
        try:
            return self._ask("POST", "/inference", json=request, timeout=after_seconds)
        except httpx.ReadTimeout:
            return None

    def create(self, **request: Any) -> Answer:
        return self._ask("POST", self.JOBS, json=request)

    def get(self, job_id: str) -> Answer:
        return self._ask("GET", f"{self.JOBS}/{job_id}")

    def list(self, **query: Any) -> Answer:
        return self._ask("GET", self.JOBS, params=query)

    def delete(self, job_id: str) -> Answer:
        return self._ask("DELETE", f"{self.JOBS}/{job_id}")

    def move(self, job_id: str, move: str) -> Answer:
        return self._ask("POST", f"{self.JOBS}/{job_id}/{move}")

    def image(self, job_id: str, **query: Any) -> Answer:
        return self._ask("GET", f"{self.JOBS}/{job_id}/image", params=query)

    def stats(self) -> Answer:
        return self._ask("GET", f"{self.JOBS}/stats")

    def events(self, job_id: str | None = None) -> EventStream:
        return self._client.listen("/ws/generation-jobs" + ("" if job_id is None else f"?id={job_id}"))

    def backends(self) -> Answer:
        return self._ask("GET", "/api/v1/backends")

    def metrics(self) -> Answer:
        return self._ask("GET", "/metrics")
