"""A Civitai-style hub: from a model or one of its versions to the file that is meant, and where it lies.

Source: Civitai's REST API v1: `GET /api/v1/models/{id}` and `GET /api/v1/model-versions/{id}`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeVar
from urllib.parse import parse_qsl, urlsplit

import httpx
from pydantic import BaseModel, Field, ValidationError

from app.downloads.addresses import fault_of_address
from app.downloads.faults import TransferFailed
from app.downloads.keys import has_key_for
from app.downloads.offer import Offer
from app.downloads.orders import Order
from app.downloads.rewriting import variant_of
from app.downloads.stop import Stop
from app.downloads.templates import uses
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

# What may be meant by a version: its weights, else what is packed or goes beside them.
WEIGHTS = ("Model", "Pruned Model")
BESIDES = ("Archive", "Negative")

# Beyond it a kilobyte is no longer told exactly.
MAX_BYTES = 2**53

Described = TypeVar("Described", bound=BaseModel)


class _Hashes(BaseModel):
    sha256: str | None = Field(default=None, alias="SHA256", pattern=r"^[0-9a-fA-F]{64}$")


class _Mirror(BaseModel):
    url: str | None = None
    deleted_at: str | None = Field(default=None, alias="deletedAt")


class _Metadata(BaseModel):
    format: str | None = None


class _File(BaseModel):
    name: str
    url: str | None = Field(default=None, alias="downloadUrl")
    type: str = "Model"
    primary: bool = False
    size_kb: float | None = Field(default=None, alias="sizeKB")
    hashes: _Hashes = _Hashes()
    metadata: _Metadata | None = None
    mirrors: list[_Mirror] | None = None


class _Creator(BaseModel):
    username: str | None = None


class _About(BaseModel):
    """A model without its versions, as a version's description holds it."""

    type: str
    name: str = ""
    nsfw: bool = False


class _Version(BaseModel):
    """model, model_id: left out where the version stands inside its model's description."""

    id: int
    model_id: int | None = Field(default=None, alias="modelId")
    name: str = ""
    base_model: str | None = Field(default=None, alias="baseModel")
    # Of any form: nothing but a sidecar depends on it.
    trained_words: Any = Field(default=None, alias="trainedWords")
    availability: str | None = None
    early_access_ends_at: datetime | None = Field(default=None, alias="earlyAccessEndsAt")
    model: _About | None = None
    files: list[_File]


class _Model(_About):
    tags: list[str] = []
    creator: _Creator | None = None
    versions: list[_Version] = Field(alias="modelVersions")


class Civitai:
    """Asks the hub at `base_url`; the rest of what it says is for other readers."""

    def __init__(self, *, web: Web, base_url: str) -> None:
        self._web = web
        self._base_url = base_url.rstrip("/")

    def address_of(self, model_id: int | None, version_id: int | None) -> str:
        """Where the hub describes a version, or a model when no version is named."""
        what = f"models/{model_id}" if version_id is None else f"model-versions/{version_id}"
        return f"{self._base_url}/api/v1/{what}"

    def offer_of(self, order: Order, stop: Stop, *, safe_mode: bool, key_hosts: Iterable[str], template: str) -> Offer:
        """The file that an order means: by its name, by its variant, or the primary one.

        safe_mode: whether to refuse what the hub marks as not safe. key_hosts: for whom there is a key.
        template: what a path is made of; the hub is asked for no more than it needs. Raises what Web.describe
        raises; TransferFailed with not_there, not_safe, early_access, not_a_model.
        """
        version, about, model = self._described(order, stop, with_model=uses(template, "author", "first_tag"))
        if safe_mode and about.nsfw:
            raise TransferFailed(
                "not_safe", f"{about.name} is marked as not safe for work; turn safe mode off to download it"
            )
        file = _chosen(version, order)
        base = self.address_of(order.model_id, order.model_version_id)
        addresses = _addresses_of(file, base)
        self._refuse_early(version, addresses, key_hosts, stop)
        if not addresses:
            raise TransferFailed("not_there", f"{file.name} is described, and the hub says no address for it")
        kind = order.kind or KINDS.get(about.type)
        if kind is None:
            raise TransferFailed("not_a_model", f"version {version.id} is a {about.type}, which has no place here")
        sha256 = file.hashes.sha256
        return Offer(
            addresses,
            file.name,
            kind,
            sha256=sha256.lower() if sha256 else None,
            size_bytes=_size_of(file),
            values=_values_of(version, about, model),
            is_safetensors=file.metadata is not None and file.metadata.format == "SafeTensor",
            about=_told_of(version, about, model, order.model_id),
        )

    def _described(self, order: Order, stop: Stop, *, with_model: bool) -> tuple[_Version, _About, _Model | None]:
        """The version that is meant, and what is said of its model."""
        if order.model_version_id is None:
            model = self._ask(_Model, order.model_id, None, stop)
            if not model.versions:
                raise TransferFailed("not_there", f"model {order.model_id} has no version to download")
            return model.versions[0], model, model
        version = self._ask(_Version, None, order.model_version_id, stop)
        if order.model_id is not None and version.model_id not in (None, order.model_id):
            raise TransferFailed(
                "not_there",
                f"version {version.id} belongs to model {version.model_id}, not to {order.model_id}; check both",
            )
        needs_model = version.model_id is not None and (with_model or version.model is None)
        found = self._ask(_Model, version.model_id, None, stop) if needs_model else None
        about = version.model or found
        if about is None:
            raise TransferFailed("not_understood", f"the hub does not say what kind of model version {version.id} is")
        return version, about, found

    def _ask(self, form: type[Described], model_id: int | None, version_id: int | None, stop: Stop) -> Described:
        described = self._web.describe(self.address_of(model_id, version_id), stop)
        what = f"model {model_id}" if version_id is None else f"version {version_id}"
        return _read(form, described, what)

    def _refuse_early(
        self, version: _Version, addresses: tuple[str, ...], key_hosts: Iterable[str], stop: Stop
    ) -> None:
        """Refuse what only those may have who paid; with a key, the hub itself is asked whether this one did."""
        if version.availability != "EarlyAccess":
            return
        if addresses and has_key_for(addresses[0], key_hosts):
            status, _ = self._web.look(addresses[0], stop)
            if status not in (401, 403):
                return
        until = version.early_access_ends_at
        when = f"until {until:%Y-%m-%d %H:%M}" if until else "for now"
        raise TransferFailed(
            "early_access",
            f"version {version.id} is in early access {when}; buy access there and give its key, or wait until then",
        )


def _chosen(version: _Version, order: Order) -> _File:
    """The file that is meant. Raises TransferFailed, naming those that there are."""
    files = [file for file in version.files if file.type in WEIGHTS]
    besides = [file for file in version.files if file.type in BESIDES]
    if order.file is not None:
        found = [file for file in files + besides if file.name == order.file]
        what = repr(order.file)
    elif order.variant is not None:
        found = [file for file in files + besides if _variant(file) == order.variant]
        what = f"file for {order.variant}"
    else:
        found, what = files or besides, "model file"
    if not found and (files or besides):
        names = ", ".join(sorted({file.name for file in files + besides}))
        raise TransferFailed("not_there", f"version {version.id} has no {what}; it has {names}")
    if not found:
        raise TransferFailed("not_a_model", f"version {version.id} has no model file")
    return next((file for file in found if file.primary), found[0])


def _variant(file: _File) -> str | None:
    return variant_of(parse_qsl(urlsplit(file.url or "").query, keep_blank_values=True))


def _addresses_of(file: _File, base: str) -> tuple[str, ...]:
    """The hub's own address, then the mirrors that are still there, each once."""
    mirrors = [mirror.url for mirror in file.mirrors or [] if mirror.deleted_at is None]
    try:
        addresses = dict.fromkeys(str(httpx.URL(base).join(url)) for url in (file.url, *mirrors) if url)
    except httpx.InvalidURL as error:
        raise TransferFailed("unsafe_address", f"{file.name} lies at no address") from error
    for address in addresses:
        fault = fault_of_address(address)
        if fault is not None:
            raise TransferFailed("unsafe_address", f"{file.name} cannot be fetched: {fault}")
    return tuple(addresses)


def _size_of(file: _File) -> int | None:
    """The size in bytes, when the hub's kilobytes tell it exactly: older entries are rounded."""
    size = (file.size_kb or 0) * 1024
    return int(size) if 0 < size < MAX_BYTES and size == int(size) else None


def _values_of(version: _Version, about: _About, model: _Model | None) -> dict[str, str]:
    """What a path template may be filled with; what the hub does not say is left out."""
    said = {
        "base_model": version.base_model,
        "model_name": about.name,
        "model_type": about.type,
        "version_name": version.name,
        "first_tag": model.tags[0] if model and model.tags else None,
        "author": model.creator.username if model and model.creator else None,
    }
    return {name: value for name, value in said.items() if value}


def _told_of(version: _Version, about: _About, model: _Model | None, model_id: int | None) -> dict[str, Any]:
    """What the hub says, as model managers keep it beside a model; what it does not say is left out."""
    words = version.trained_words if isinstance(version.trained_words, list) else []
    hub = {
        "id": version.id,
        "modelId": version.model_id or model_id,
        "name": version.name,
        "baseModel": version.base_model,
        "trainedWords": [word for word in words if isinstance(word, str)],
        "model": {"name": about.name, "type": about.type, "nsfw": about.nsfw},
    }
    told = {
        "model_name": about.name,
        "base_model": version.base_model,
        "tags": model.tags if model else None,
        "from_civitai": True,
        "civitai": {name: value for name, value in hub.items() if value not in (None, "", [])},
    }
    return {name: value for name, value in told.items() if value not in (None, "", [])}


def _read(form: type[Described], described: Any, what: str) -> Described:
    try:
        # JSON may hold halves of characters, which no address and no database takes.
        text = json.dumps(described, ensure_ascii=False).encode("utf-8", "replace")
        return form.model_validate(json.loads(text))
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in fault["loc"])
        raise TransferFailed(
            "not_understood", f"the hub's description of {what} is not understood: {where}: {fault['msg']}"
        ) from error
