"""The files that the hub double offers: how each is described, and how it is sent, well or badly."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from support.servers.partial import part_of
from support.servers.serving import Exchange

TYPES = {"loras": "LORA", "checkpoints": "Checkpoint", "embeddings": "TextualInversion"}
SIGN_IN_PAGE = b"<!doctype html><title>Sign in</title><p>Please sign in to download this model.</p>"


@dataclass(frozen=True)
class Offered:
    """One file on offer. sha256: the published sum, which a hub that errs publishes wrongly."""

    name: str
    file_name: str
    kind: str
    version_id: int
    url: str
    sha256: str
    content: bytes

    @property
    def model_id(self) -> int:
        return self.version_id - 1000


@dataclass
class Mood:
    """How the hub treats one file. A count says for how many more requests; None: for all."""

    gone_status: int | None = None
    busy_times: int | None = 0
    busy_status: int = 429
    retry_after: str = ""
    failing_times: int | None = 0
    failing_status: int = 500
    cutting_times: int | None = 0
    page: bool = False
    target: str | None = None
    instead: bytes | None = None
    gate: threading.Event | None = None
    holding: int = 0

    def spend(self, count: str) -> bool:
        """Whether this request falls under a count, which is then one less."""
        left: int | None = getattr(self, count)
        if left:
            setattr(self, count, left - 1)
        return left is None or left > 0


def version_view(offered: Offered, hub_url: str) -> dict[str, Any]:
    """A model version as Civitai's API describes it, the members that a downloader reads."""
    return {
        "id": offered.version_id,
        "modelId": offered.model_id,
        "name": "v1.0",
        "baseModel": "Flux.1 Kontext",
        "model": {"name": offered.name, "type": TYPES[offered.kind], "nsfw": False},
        "files": [
            {
                "id": offered.version_id,
                "name": offered.file_name,
                "sizeKB": len(offered.content) / 1024,
                "type": "Model",
                "primary": True,
                "metadata": {"format": "SafeTensor"},
                "hashes": {"SHA256": offered.sha256.upper(), "AutoV2": offered.sha256[:10].upper()},
                "downloadUrl": f"{hub_url}/api/download/models/{offered.version_id}",
            }
        ],
        "images": [],
        "downloadUrl": f"{hub_url}/api/download/models/{offered.version_id}",
    }


def model_view(offered: Offered, hub_url: str) -> dict[str, Any]:
    version = version_view(offered, hub_url)
    about = {"id": offered.model_id, "name": offered.name, "type": TYPES[offered.kind], "nsfw": False}
    return {**about, "modelVersions": [{k: v for k, v in version.items() if k not in ("model", "modelId")}]}


def send_file(exchange: Exchange, offered: Offered, mood: Mood, lock: threading.Lock) -> None:
    """Answer a request for a file's bytes in the mood that the scenario has put the hub in."""
    with lock:
        busy = mood.gone_status is None and mood.spend("busy_times")
        failing = mood.gone_status is None and not busy and mood.spend("failing_times")
    if mood.gone_status is not None:
        exchange.answer(mood.gone_status, {"Content-Type": "text/plain"}, b"no such file")
    elif busy:
        exchange.answer(mood.busy_status, {"Retry-After": mood.retry_after})
    elif failing:
        exchange.answer(mood.failing_status, {"Content-Type": "text/plain"}, b"something went wrong")
    elif mood.page:
        exchange.answer(200, {"Content-Type": "text/html; charset=utf-8"}, SIGN_IN_PAGE)
    elif mood.target is not None:
        exchange.answer(302, {"Location": mood.target})
    else:
        _send_content(exchange, offered, mood, lock)


def _send_content(exchange: Exchange, offered: Offered, mood: Mood, lock: threading.Lock) -> None:
    content = offered.content if mood.instead is None else mood.instead
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    asked = exchange.headers if exchange.method == "GET" else {}
    part = part_of(asked, size=len(content), etag=etag)
    headers = {"ETag": etag, "Accept-Ranges": "bytes"}
    if part.status == 304:
        exchange.begin(304, headers)
        return
    if part.status == 416:
        exchange.answer(416, {**headers, "Content-Range": f"bytes */{len(content)}"})
        return
    body = content[part.start : part.stop]
    headers |= {
        "Content-Type": "application/octet-stream",
        "Content-Length": str(len(body)),
        "Content-Disposition": _disposition(offered.file_name),
    }
    if part.status == 206:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{len(content)}"
    exchange.begin(part.status, headers)
    if exchange.method == "GET":
        _send_body(exchange, body, mood, lock)


def _send_body(exchange: Exchange, body: bytes, mood: Mood, lock: threading.Lock) -> None:
    middle = len(body) // 2
    with lock:
        gate, cut = mood.gate, mood.spend("cutting_times")
    exchange.send(body[:middle])
    if cut:
        exchange.hang_up()
        return
    if gate is not None:
        _hold(gate, mood, lock)
    exchange.send(body[middle:])


def _hold(gate: threading.Event, mood: Mood, lock: threading.Lock) -> None:
    with lock:
        mood.holding += 1
    gate.wait()
    with lock:
        mood.holding -= 1


def _disposition(file_name: str) -> str:
    plain = file_name.encode("ascii", "replace").decode().replace('"', "'")
    if plain == file_name:
        return f'attachment; filename="{plain}"'
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
