"""How the hub's double describes its offers as Civitai does, and leads from a version to its bytes.

The real thing: Civitai's REST API v1 as of 2026: `/api/v1/models/{id}`, `/api/v1/model-versions/{id}` and
`/by-hash/{hash}`, `/api/download/models/{id}?type=&format=&size=&fp=&token=`, and the pages that people copy
addresses from. `files[].mirrors` is what CivArchive adds to the same form. As in the real one, the tags are
told by the model and not by the version.
Left out: search and lists, creators, images, statistics, buying early access, the redirect of browsers to the
sign-in page (an API client's 401 is sent instead).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import PurePosixPath
from typing import Any

from support.servers.hub_memory import keys_of
from support.servers.hub_offers import Mood, Offered
from support.servers.serving import Exchange

TYPES = {"loras": "LORA", "checkpoints": "Checkpoint", "embeddings": "TextualInversion"}
FORMATS = {".safetensors": "SafeTensor", ".ckpt": "PickleTensor", ".pt": "PickleTensor", ".gguf": "GGUF"}
PRECISIONS = ("fp16", "fp32", "bf16", "fp8", "nf4")
PATHS = {
    "model": re.compile(r"/api/v1/models/([0-9]{1,9})"),
    "version": re.compile(r"/api/v1/model-versions/([0-9]{1,9})"),
    "hash": re.compile(r"/api/v1/model-versions/by-hash/([0-9A-Fa-f]{10,64})"),
    "download": re.compile(r"/api/download/models/([0-9]{1,9})"),
    "page": re.compile(r"/models/([0-9]{1,9})(?:/[^/]*)?"),
}


class Civitai:
    """The API over one state of the catalogue. offers: oldest first; now: the hub's clock."""

    def __init__(self, offers: Sequence[Offered], moods: Mapping[str, Mood], *, url: str, now: datetime) -> None:
        self._offers = offers
        self._moods = moods
        self._url = url
        self._now = now

    def answer(self, exchange: Exchange) -> bool:
        """Answer what belongs to the API; False, and no answer, for any other path."""
        for what, pattern in PATHS.items():
            if found := pattern.fullmatch(exchange.path):
                getattr(self, f"_answer_{what}")(exchange, found[1])
                return True
        return False

    def _answer_model(self, exchange: Exchange, number: str) -> None:
        versions = self._versions_of(int(number))
        if not versions:
            answer_json(exchange, 404, {"error": f"No model with id {number}"})
            return
        newest = versions[0][0]
        about = {"id": newest.model_id, "name": newest.model_name, "type": TYPES[newest.kind], "nsfw": newest.nsfw}
        described = [self._version_view(files) for files in versions]
        listed = [{k: v for k, v in view.items() if k not in ("model", "modelId")} for view in described]
        answer_json(exchange, 200, {**about, "tags": list(newest.tags), "modelVersions": listed})

    def _answer_version(self, exchange: Exchange, number: str) -> None:
        self._answer_files(exchange, self._files_of(int(number)))

    def _answer_hash(self, exchange: Exchange, digits: str) -> None:
        """A whole SHA-256, or AutoV2: its first ten digits."""
        found = [o for o in self._offers if digits.lower() in (o.sha256, o.sha256[:10]) and self._tells_hash(o)]
        self._answer_files(exchange, self._files_of(found[0].version_id) if found else [])

    def _answer_files(self, exchange: Exchange, files: list[Offered]) -> None:
        if files:
            answer_json(exchange, 200, self._version_view(files))
        else:
            answer_json(exchange, 404, {"error": "Model not found"})

    def _answer_page(self, exchange: Exchange, number: str) -> None:
        status = 200 if self._versions_of(int(number)) else 404
        exchange.answer(status, {"Content-Type": "text/html; charset=utf-8"}, b"<!doctype html><title>Civitai</title>")

    def _answer_download(self, exchange: Exchange, number: str) -> None:
        """Redirect to the file that the query means, the first one without."""
        wanted = {key: value for key, value in exchange.query.items() if key in ("type", "format", "size", "fp")}
        files = [o for o in self._files_of(int(number)) if wanted.items() <= _selectors(o).items()]
        if not files:
            answer_json(exchange, 404, {"error": "Model not found"})
        elif not refused_to(exchange, self._moods[files[0].name], self._now):
            exchange.answer(307, {"Location": files[0].url})

    def _files_of(self, version_id: int) -> list[Offered]:
        return sorted((o for o in self._offers if o.version_id == version_id), key=lambda o: o.number)

    def _versions_of(self, model_id: int) -> list[list[Offered]]:
        """The files of each version, the newest version first."""
        ids = sorted({o.version_id for o in self._offers if o.model_id == model_id}, reverse=True)
        return [self._files_of(version_id) for version_id in ids]

    def _tells_hash(self, offered: Offered) -> bool:
        return self._moods[offered.name].checksum_told

    def _version_view(self, files: list[Offered]) -> dict[str, Any]:
        first = files[0]
        until = self._moods[first.name].early_access_until
        early = until is not None and self._now < until
        older = {o.version_id for o in self._offers if o.model_id == first.model_id and o.version_id < first.version_id}
        return {
            "id": first.version_id,
            "modelId": first.model_id,
            "name": f"v{1 + len(older)}.0",
            "baseModel": first.base_model,
            "status": "Published",
            "availability": "EarlyAccess" if early else "Public",
            "earlyAccessEndsAt": _moment(until) if until is not None and early else None,
            "model": {"name": first.model_name, "type": TYPES[first.kind], "nsfw": first.nsfw},
            "files": [self._file_view(offered) for offered in files],
            "images": [],
            "downloadUrl": f"{self._url}/api/download/models/{first.version_id}",
        }

    def _file_view(self, offered: Offered) -> dict[str, Any]:
        told = self._tells_hash(offered)
        sums = {"AutoV2": offered.sha256[:10].upper(), "SHA256": offered.sha256.upper()} if told else {}
        selectors = _selectors(offered)
        query = "" if offered.number == 0 else "?" + "&".join(f"{key}={value}" for key, value in selectors.items())
        view = {
            "id": offered.version_id * 10 + offered.number,
            "name": offered.file_name,
            "sizeKB": len(offered.content) / 1024,
            "type": selectors.pop("type"),
            "metadata": selectors,
            "pickleScanResult": "Success",
            "virusScanResult": "Success",
            "hashes": sums,
            "downloadUrl": f"{self._url}/api/download/models/{offered.version_id}{query}",
            "primary": offered.number == 0,
        }
        if offered.mirrors:
            about = {"filename": offered.file_name, "source": "mirror", "deletedAt": None, "is_gated": False}
            view["mirrors"] = [{"url": url, **about} for url in offered.mirrors]
        return view


def refused_to(exchange: Exchange, mood: Mood, now: datetime) -> bool:
    """Answer whoever lacks the key, or comes in early access; False, and no answer, for everybody else."""
    if mood.key is not None and mood.key not in keys_of(exchange.seen):
        why = {"error": "Unauthorized", "message": "The creator of this asset requires you to be logged in"}
        answer_json(exchange, 401, why, {"WWW-Authenticate": "Bearer"})
        return True
    if mood.early_access_until is not None and now < mood.early_access_until:
        answer_json(exchange, 403, {"error": "Early Access", "deadline": _moment(mood.early_access_until)})
        return True
    return False


def answer_json(exchange: Exchange, status: int, body: Any, headers: Mapping[str, str] | None = None) -> None:
    exchange.answer(status, {"Content-Type": "application/json", **(headers or {})}, json.dumps(body).encode())


def _selectors(offered: Offered) -> dict[str, str]:
    """What tells this file from the others of its version, in the API's words."""
    form = FORMATS.get(PurePosixPath(offered.file_name).suffix.lower(), "Other")
    return {"type": "Model", "format": form, "size": "full", "fp": PRECISIONS[offered.number % len(PRECISIONS)]}


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
