"""How a scenario speaks to the studio about the models on its disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.client import Answer, Asks, StudioClient
    from support.studios import EventStream

API = "/api/lm"


class Library:
    """`/api/lm/{loras|checkpoints|embeddings}…`, the live channel of scans, and the libraries themselves."""

    def __init__(self, client: StudioClient) -> None:
        self._client = client
        self._ask: Asks = client.ask

    # Finding

    def list(self, kind: str, **query: Any) -> Answer:
        return self._ask("GET", f"{API}/{kind}", params=query)

    def get(self, kind: str, model_id: str) -> Answer:
        return self._ask("GET", f"{API}/{kind}/{model_id}")

    def scan(self, kind: str, **query: Any) -> Answer:
        return self._ask("POST", f"{API}/{kind}/scan", params=query)

    def progress(self) -> EventStream:
        return self._client.listen("/ws/init-progress")

    def duplicates(self, kind: str) -> Answer:
        return self._ask("GET", f"{API}/{kind}/duplicates")

    def verify(self, kind: str, model_ids: Sequence[str] | None) -> Answer:
        """model_ids: None for every model."""
        return self._ask("POST", f"{API}/{kind}/verify", json={"ids": None if model_ids is None else [*model_ids]})

    # Changing

    def change(self, kind: str, model_id: str, changes: Mapping[str, Any]) -> Answer:
        return self._ask("PATCH", f"{API}/{kind}/{model_id}", json=dict(changes))

    def rename(self, kind: str, model_id: str, name: str) -> Answer:
        return self._ask("POST", f"{API}/{kind}/{model_id}/rename", json={"name": name})

    def move(self, kind: str, model_id: str, folder: str) -> Answer:
        return self._ask("POST", f"{API}/{kind}/{model_id}/move", json={"folder": folder})

    def exclude(self, kind: str, model_id: str) -> Answer:
        return self._ask("POST", f"{API}/{kind}/{model_id}/exclude")

    def include(self, kind: str, model_id: str) -> Answer:
        return self._ask("POST", f"{API}/{kind}/{model_id}/include")

    def delete(self, kind: str, model_id: str) -> Answer:
        return self._ask("DELETE", f"{API}/{kind}/{model_id}")

    def delete_all(self, kind: str, model_ids: Sequence[str]) -> Answer:
        return self._ask("POST", f"{API}/{kind}/bulk-delete", json={"ids": [*model_ids]})

    def undo(self, batch_id: str) -> Answer:
        return self._ask("POST", f"{API}/undo-delete", json={"batch_id": batch_id})

    # Previews

    def preview(self, kind: str, model_id: str, *, method: str = "GET", **headers: str) -> Answer:
        return self._ask(method, f"{API}/{kind}/{model_id}/preview", headers=headers)

    def at(self, address: str) -> Answer:
        """Whatever lies at an address that the studio itself has told."""
        return self._ask("GET", address)

    def give_preview(self, kind: str, model_id: str, content: bytes) -> Answer:
        return self._ask("PUT", f"{API}/{kind}/{model_id}/preview", content=content)

    def take_preview(self, kind: str, model_id: str) -> Answer:
        return self._ask("DELETE", f"{API}/{kind}/{model_id}/preview")

    # Several libraries

    def libraries(self) -> Answer:
        return self._ask("GET", f"{API}/libraries")

    def add_library(self, name: str, roots: Mapping[str, Sequence[str]]) -> Answer:
        return self._ask("POST", f"{API}/libraries", json={"name": name, "roots": dict(roots)})

    def activate_library(self, name: str) -> Answer:
        return self._ask("POST", f"{API}/libraries/{name}/activate")

    def remove_library(self, name: str) -> Answer:
        return self._ask("DELETE", f"{API}/libraries/{name}")
