"""A studio's characters at the edge: on a home of its own, without a socket."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx

from app.settings import Settings
from app.studio import build_studio
from support.clock import VirtualClock
from support.in_process import InProcessStudio

API = "/api/mv"
GENERATE = f"{API}/generate_character_reference"
UPLOAD = f"{API}/upload_character_reference"
GET = f"{API}/get_character_reference"
LIST = f"{API}/character_references"


class CharacterStudio:
    """One studio, and the calls that tests make of it. crashes: what it did not expect."""

    def __init__(self, home: Path, **settings: Any) -> None:
        self.home = home
        self.clock = VirtualClock()
        self.crashes: list[str] = []
        self.app = build_studio(Settings.exactly(studio_home=home, **settings), clock=self.clock)
        self._studio = InProcessStudio(self.app, self.crashes.append)
        self.client = httpx.Client(base_url=self._studio.address, transport=self._studio.transport())

    def close(self) -> None:
        self.client.close()
        self._studio.close()
        assert self.crashes == []

    def generate(self, description: str = "a captain", *, headers: dict[str, str] | None = None, **more: Any) -> Any:
        """The answer to a set that was made."""
        body = {"character_description": description, **more}
        answer = self.client.post(GENERATE, json=body, headers=headers or {})
        assert answer.status_code == 200, answer.text[:2000]
        return answer.json()

    def one(self) -> str:
        """The id of a picture that was made."""
        return str(self.generate(num_images=1, include_base64=False)["images"][0]["id"])

    def upload(self, data: bytes, filename: str = "one.png", field: str = "file") -> httpx.Response:
        return self.client.post(UPLOAD, files={field: (filename, data)})

    def get(self, image_id: str, query: str = "", **headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.client.get(f"{GET}/{image_id}{query}", headers=named)

    def refused(self, answer: httpx.Response) -> tuple[int, str, str]:
        """Status, error and code of a refusal; it has the published form, and a problem document's."""
        assert answer.status_code >= 400, answer.text[:2000]
        assert answer.headers["content-type"] == "application/problem+json"
        told = answer.json()
        assert set(told["detail"]) == {"error", "message", "details"}
        assert {"type", "title", "status", "detail", "code"} <= set(told)
        assert (told["status"], bool(told["detail"]["message"])) == (answer.status_code, True)
        return answer.status_code, told["detail"]["error"], told["code"]

    @property
    def files(self) -> list[Path]:
        """The reference pictures in the studio's folder, and whatever else lies beside them."""
        return sorted(path for path in (self.home / "store" / "character_references").rglob("*") if path.is_file())
