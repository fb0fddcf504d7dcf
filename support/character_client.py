"""How a scenario speaks to the studio about characters and the assets of jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

if TYPE_CHECKING:
    from support.client import Answer, Asks, StudioClient

API = "/api/mv"
NO_HEADERS: Mapping[str, str] = MappingProxyType({})


class Characters:
    """`/api/mv/…character_reference…` and the noun's settings."""

    def __init__(self, client: StudioClient) -> None:
        self._ask: Asks = client.ask

    def generate(self, description: str, *, key: str | None = None, **more: Any) -> Answer:
        """key: the request's own, by which the studio knows it again."""
        body = {"character_description": description, **more}
        # As bytes: what people type into a header is not ASCII alone, and must be refused, not lost on the way.
        headers: Any = {} if key is None else {"Idempotency-Key": key.encode()}
        return self._ask("POST", f"{API}/generate_character_reference", json=body, headers=headers)

    def reference(
        self, image_id: str, *, method: str = "GET", headers: Mapping[str, str] = NO_HEADERS, **query: str
    ) -> Answer:
        address = f"{API}/get_character_reference/{image_id}"
        return self._ask(method, address, headers=dict(headers), params=query or None)

    def upload(self, name: str, content: bytes, content_type: str) -> Answer:
        files = {"file": (name, content, content_type)}
        return self._ask("POST", f"{API}/upload_character_reference", files=files)

    def upload_nothing(self) -> Answer:
        """A form with a text where the file belongs."""
        files = {"file": (None, "captain.png")}
        return self._ask("POST", f"{API}/upload_character_reference", files=files)

    def page(self, **query: Any) -> Answer:
        return self._ask("GET", f"{API}/character_references", params=query)

    def thumbnail(self, image_id: str) -> Answer:
        return self._ask("GET", f"{API}/character_references/{image_id}/thumbnail")

    def label(self, image_id: str, label: Any) -> Answer:
        return self._ask("PATCH", f"{API}/character_references/{image_id}", json={"label": label})

    def delete(self, image_id: str) -> Answer:
        return self._ask("DELETE", f"{API}/character_references/{image_id}")

    def config(self) -> Answer:
        return self._ask("GET", f"{API}/config/debug")


class JobAssets:
    """`/api/mv/jobs/{job_id}/…`: a job's reference pictures, its files in the store, their versions."""

    def __init__(self, client: StudioClient) -> None:
        self._ask: Asks = client.ask

    def attach(self, job_id: str, image_ids: Sequence[str]) -> Answer:
        body = {"image_ids": list(image_ids)}
        return self._ask("POST", f"{_job(job_id)}/character_references", json=body)

    def persist(self, job_id: str) -> Answer:
        return self._ask("POST", f"{_job(job_id)}/persist")

    def restore(self, job_id: str) -> Answer:
        return self._ask("POST", f"{_job(job_id)}/restore", timeout=120)

    def backup(self, job_id: str) -> Answer:
        return self._ask("POST", f"{_job(job_id)}/backup")

    def assets(self, job_id: str) -> Answer:
        return self._ask("GET", f"{_job(job_id)}/assets")

    def clean(self, job_id: str) -> Answer:
        return self._ask("DELETE", f"{_job(job_id)}/assets")

    def versions(self, job_id: str) -> Answer:
        return self._ask("GET", f"{_job(job_id)}/versions")

    def bring_back(self, job_id: str, number: int) -> Answer:
        return self._ask("POST", f"{_job(job_id)}/versions/{number}/restore")


def _job(job_id: str) -> str:
    return f"{API}/jobs/{quote(job_id, safe='')}"
