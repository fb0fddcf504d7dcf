"""Where a download's bytes come from: an address as given, or a version on a Civitai-style hub."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
from pydantic import BaseModel, Field, ValidationError

from app.downloads.faults import TransferFailed
from app.downloads.names import safe_file_name
from app.downloads.stop import Stop
from app.downloads.web import Web
from app.model_files import ModelKind

# Civitai's words for a model's type, and the folder that each belongs in.
KINDS = {
    "LORA": ModelKind.LORAS,
    "LoCon": ModelKind.LORAS,
    "DoRA": ModelKind.LORAS,
    "Checkpoint": ModelKind.CHECKPOINTS,
    "TextualInversion": ModelKind.EMBEDDINGS,
}


@dataclass(frozen=True)
class Order:
    """What a caller asks for: an address, with its kind and perhaps its SHA-256, or a hub's version alone."""

    url: str | None = None
    kind: ModelKind = ModelKind.LORAS
    sha256: str | None = None
    model_version_id: int | None = None


@dataclass(frozen=True)
class Source:
    """One file to fetch. name: None when only the answer will tell. sha256: in lower case; None: not promised."""

    url: str
    name: str | None
    kind: ModelKind
    sha256: str | None


class _Hashes(BaseModel):
    sha256: str | None = Field(default=None, alias="SHA256", pattern=r"^[0-9a-fA-F]{64}$")


class _File(BaseModel):
    name: str
    url: str = Field(alias="downloadUrl")
    type: str = "Model"
    primary: bool = False
    hashes: _Hashes = _Hashes()


class _Model(BaseModel):
    type: str


class _Version(BaseModel):
    """What is read of `GET /api/v1/model-versions/{id}`; the rest is for other readers."""

    model: _Model
    files: list[_File]


class Hub:
    """A Civitai-style hub: from a version's number to the file that is meant by it."""

    def __init__(self, *, web: Web, base_url: str) -> None:
        self._web = web
        self._base_url = base_url.rstrip("/")

    def address_of(self, version_id: int) -> str:
        return f"{self._base_url}/api/v1/model-versions/{version_id}"

    def file_of(self, version_id: int, stop: Stop) -> Source:
        """The version's primary file. Raises what Web.describe raises, TransferFailed for no model file."""
        address = self.address_of(version_id)
        version = _read(self._web.describe(address, stop), version_id)
        kind = KINDS.get(version.model.type)
        if kind is None:
            what = version.model.type
            raise TransferFailed("not_a_model", f"version {version_id} is a {what}, which has no place here")
        weights = [file for file in version.files if file.type in ("Model", "Pruned Model")]
        if not weights:
            raise TransferFailed("not_a_model", f"version {version_id} has no model file")
        file = next((file for file in weights if file.primary), weights[0])
        try:
            url = str(httpx.URL(address).join(file.url))
        except httpx.InvalidURL as error:
            raise TransferFailed("unsafe_address", f"version {version_id} lies at no address") from error
        promised = file.hashes.sha256
        return Source(url, safe_file_name(file.name), kind, promised.lower() if promised else None)


def _read(described: Any, version_id: int) -> _Version:
    try:
        return _Version.model_validate(described)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise TransferFailed(
            "not_understood",
            f"the hub's description of version {version_id} is not understood: {where}: {fault['msg']}",
        ) from error
