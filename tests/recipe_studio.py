"""A studio's recipes at the edge: on a home of its own, by a clock that the test moves, without a socket."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
from PIL import Image, PngImagePlugin

from app.settings import Settings
from app.studio import build_studio
from support.clock import VirtualClock
from support.in_process import InProcessStudio
from support.studios import EventStream
from support.waiting import until

API = "/api/lm"
Answer = dict[str, Any]


class RecipeStudio:
    """One studio, and the calls that tests make of it. crashes: what it did not expect."""

    def __init__(self, home: Path, **settings: Any) -> None:
        self.home = home
        self.clock = VirtualClock()
        self.crashes: list[str] = []
        app = build_studio(Settings.exactly(studio_home=home, **settings), clock=self.clock)
        self.services = app.state
        self._studio = InProcessStudio(app, self.crashes.append)
        self.client = httpx.Client(base_url=self._studio.address, transport=self._studio.transport())

    def close(self) -> None:
        self.client.close()
        self._studio.close()
        assert self.crashes == []

    def ask(self, method: str, path: str, expected: int = 200, **how: Any) -> Any:
        answer = self.client.request(method, API + path, **how)
        assert answer.status_code == expected, (answer.status_code, answer.text[:2000])
        return answer.json() if answer.content and "json" in answer.headers["content-type"] else answer

    def refused(self, method: str, path: str, **how: Any) -> tuple[int, str, str | None]:
        """Status, code and field of a refusal."""
        answer = self.client.request(method, API + path, **how)
        assert answer.status_code >= 400, answer.text[:2000]
        told = answer.json()
        return answer.status_code, told["code"], told.get("field")

    def save(self, data: bytes, name: str = "one", metadata: Answer | None = None, **fields: str) -> Answer:
        if metadata is not None:
            fields["metadata"] = json.dumps(metadata)
        recipe: Answer = self.ask(
            "POST", "/recipes", 201, files={"image": ("picture.png", data)}, data={"name": name, **fields}
        )
        return recipe

    def get(self, recipe_id: str) -> Answer:
        recipe: Answer = self.ask("GET", f"/recipe/{recipe_id}")
        return recipe

    def etag(self, recipe_id: str) -> str:
        return str(self.client.get(f"{API}/recipe/{recipe_id}").headers["ETag"])

    def etag_of_picture(self, recipe_id: str, query: str = "") -> str:
        return str(self.client.get(f"{API}/recipe/{recipe_id}/image{query}").headers["ETag"])

    def update(self, recipe_id: str, **changes: Any) -> Answer:
        headers = {"If-Match": self.etag(recipe_id)}
        recipe: Answer = self.ask("PUT", f"/recipe/{recipe_id}/update", json=changes, headers=headers)
        return recipe

    def names(self, **query: Any) -> list[str]:
        found = self.ask("GET", "/recipes", params={"sort": "name", "page_size": 100, **query})
        return [item["name"] for item in found["items"]]

    def model(self, name: str, content: str = "", kind: str = "loras") -> Answer:
        """A file of the library, found by a scan. name: below its kind's folder; content: makes its hash."""
        path = self.home / "models" / kind / f"{name}.safetensors"
        path.parent.mkdir(parents=True, exist_ok=True)
        header = json.dumps({"__metadata__": {"content": content or name}}).encode()
        path.write_bytes(len(header).to_bytes(8, "little") + header)
        self.ask("POST", f"/{kind}/scan")
        items = self.ask("GET", f"/{kind}", params={"page_size": 100})["items"]
        folder = name.rpartition("/")[0]
        return next(item for item in items if item["name"] == path.stem and item["folder"] == folder)

    def safe_mode(self, on: bool) -> None:
        self.ask("PATCH", "/settings", json={"safe_mode": on})

    def imported(self, batch_id: str) -> Answer:
        """The import once it has ended."""
        path = f"/recipes/batch-import/{batch_id}"
        until(lambda: self.ask("GET", path)["state"] != "running")
        told: Answer = self.ask("GET", path)
        return told

    def listen(self, path: str) -> EventStream:
        return self._studio.listen(path, {})


@contextmanager
def serving(home: Path, **settings: Any) -> Iterator[RecipeStudio]:
    made = RecipeStudio(home, **settings)
    try:
        yield made
    finally:
        made.close()


def picture(text: str | None = None, colour: str = "red", size: tuple[int, int] = (64, 64), kind: str = "PNG") -> bytes:
    """A picture; text: as the web UI writes it, None for one that says nothing."""
    file = io.BytesIO()
    info = PngImagePlugin.PngInfo()
    if text is not None:
        info.add_text("parameters", text)
    more = {"pnginfo": info} if kind == "PNG" else {}
    Image.new("RGB", size, colour).save(file, kind, **more)
    return file.getvalue()


def parameters(prompt: str = "a lighthouse", loras: Sequence[tuple[str, float, str]] = (), **settings: str) -> str:
    """What the web UI writes. loras: (name, strength, hash), the hash '' for none."""
    tags = "".join(f" <lora:{name}:{strength}>" for name, strength, _ in loras)
    hashes = ", ".join(f"{name}: {sum_}" for name, _, sum_ in loras if sum_)
    said = {"Steps": "20", "Sampler": "Euler", "CFG scale": "3.5", "Seed": "42", "Size": "64x64", **settings}
    line = ", ".join(f"{name}: {value}" for name, value in said.items())
    return f"{prompt}{tags}\n{line}" + (f', Lora hashes: "{hashes}"' if hashes else "")
