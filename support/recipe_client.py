"""How a scenario speaks to the studio about recipes."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support.client import Answer, Asks, StudioClient
    from support.studios import EventStream

API = "/api/lm"
MOST = 100


class Recipes:
    """`/api/lm/recipe…`: one recipe, many, the whole book; and the live channel of a batch import."""

    def __init__(self, client: StudioClient) -> None:
        self._client = client
        self._ask: Asks = client.ask

    # Reading and keeping

    def analyse(self, picture: bytes) -> Answer:
        return self._ask("POST", f"{API}/recipes/analyze-image", files={"image": ("picture.png", picture)})

    def analyse_at(self, address: str) -> Answer:
        return self._ask("POST", f"{API}/recipes/analyze-image", json={"url": address})

    def save(
        self, name: str, picture: bytes, tags: Sequence[str] = (), metadata: Mapping[str, Any] | None = None
    ) -> Answer:
        """metadata: what is known better than the picture says."""
        return self._save({"image": ("picture.png", picture)}, name, tags, metadata)

    def save_pasted(self, name: str, data_url: str) -> Answer:
        """The picture as a data URL, as browsers paste it."""
        return self._save({"image": (None, data_url)}, name, (), None)

    def _save(
        self, files: dict[str, Any], name: str, tags: Sequence[str], metadata: Mapping[str, Any] | None
    ) -> Answer:
        data = {"name": name, "tags": json.dumps(list(tags))}
        if metadata is not None:
            data["metadata"] = json.dumps(metadata)
        return self._ask("POST", f"{API}/recipes", files=files, data=data)

    def get(self, recipe_id: str, **headers: str) -> Answer:
        return self._ask("GET", f"{API}/recipe/{recipe_id}", headers=headers)

    def picture(self, recipe_id: str, **query: Any) -> Answer:
        return self._ask("GET", f"{API}/recipe/{recipe_id}/image", params=query)

    def opened(self, recipe_id: str) -> Answer:
        return self._ask("POST", f"{API}/recipe/{recipe_id}/opened")

    # Finding

    def search(self, words: str, **query: Any) -> Answer:
        return self.list(search=words, **query)

    def list(self, **query: Any) -> Answer:
        return self._ask("GET", f"{API}/recipes", params={"page_size": MOST, **query})

    def duplicates(self, **query: Any) -> Answer:
        return self._ask("GET", f"{API}/recipes/find-duplicates", params=query)

    # Changing

    def update(self, recipe_id: str, changes: Mapping[str, Any], version: str | None) -> Answer:
        """version: the one that the editor has seen; None: it does not say."""
        headers = {} if version is None else {"If-Match": version}
        return self._ask("PUT", f"{API}/recipe/{recipe_id}/update", json=dict(changes), headers=headers)

    def move(self, recipe_id: str, folder: str) -> Answer:
        return self._ask("POST", f"{API}/recipe/move", json={"id": recipe_id, "folder": folder})

    def move_all(self, recipe_ids: Sequence[str], folder: str) -> Answer:
        return self._ask("POST", f"{API}/recipes/move-bulk", json={"ids": list(recipe_ids), "folder": folder})

    def delete(self, recipe_id: str) -> Answer:
        return self._ask("DELETE", f"{API}/recipe/{recipe_id}")

    def delete_all(self, recipe_ids: Sequence[str]) -> Answer:
        return self._ask("POST", f"{API}/recipes/bulk-delete", json={"ids": list(recipe_ids)})

    def undo(self, batch_id: str) -> Answer:
        return self._ask("POST", f"{API}/undo-delete", json={"batch_id": batch_id})

    # LoRAs

    def reconnect(self, recipe_id: str, lora_index: int, **target: str) -> Answer:
        body = {"recipe_id": recipe_id, "lora_index": lora_index, **target}
        return self._ask("POST", f"{API}/recipe/lora/reconnect", json=body)

    def rematch(self) -> Answer:
        return self._ask("POST", f"{API}/recipes/rematch")

    def repair(self) -> Answer:
        return self._ask("POST", f"{API}/recipes/repair")

    # For others

    def syntax(self, recipe_id: str) -> Answer:
        return self._ask("GET", f"{API}/recipe/{recipe_id}/syntax")

    def share(self, recipe_id: str) -> Answer:
        return self._ask("GET", f"{API}/recipe/{recipe_id}/share")

    def send(self, recipe_id: str) -> Answer:
        return self._ask("POST", f"{API}/recipe/{recipe_id}/send-to-generation")

    def export(self) -> Answer:
        return self._ask("GET", f"{API}/recipes/export")

    def take_in(self, archive: bytes) -> Answer:
        return self._ask("POST", f"{API}/recipes/import", files={"archive": ("recipes.zip", archive)})

    # Many at once

    def import_from(self, **request: Any) -> Answer:
        return self._ask("POST", f"{API}/recipes/batch-import", json=request)

    def import_files(self, files: Sequence[tuple[str, bytes]], **fields: str) -> Answer:
        parts = [("images", (name, content)) for name, content in files]
        return self._ask("POST", f"{API}/recipes/batch-import", files=parts, data=fields)

    def imported(self, batch_id: str) -> Answer:
        return self._ask("GET", f"{API}/recipes/batch-import/{batch_id}")

    def cancel_import(self, batch_id: str) -> Answer:
        return self._ask("POST", f"{API}/recipes/batch-import/{batch_id}/cancel")

    def import_progress(self, batch_id: str) -> EventStream:
        return self._client.listen(f"/ws/batch-import-progress?id={batch_id}")
