"""Where a download's bytes come from: what an order means today, asked anew at every attempt because links expire."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Protocol

from app.downloads.civitai import Civitai
from app.downloads.faults import TransferFailed
from app.downloads.folders import folder_of
from app.downloads.huggingface import HuggingFace
from app.downloads.names import name_in_url, safe_file_name
from app.downloads.offer import Offer
from app.downloads.orders import DEFAULT_REVISION, Order, SourceKind
from app.downloads.stop import Stop
from app.downloads.templates import folder_for
from app.downloads.web import Web
from app.errors import InvalidInput
from app.model_files import SAFETENSORS, ModelKind


class Wishes(Protocol):
    """What is read of the preferences. keys: by host; only whether there is one."""

    @property
    def path_template(self) -> str: ...
    @property
    def safe_mode(self) -> bool: ...
    @property
    def keys(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Source:
    """One file to fetch.

    addresses: mirrors in the order to try, at least one. name: None when only the answer will tell. folder: below
    the kind's root, safe to use. sha256: in lower case. is_safetensors: whether that format was promised, so
    that a pickle is refused whatever it is called. about: what the hub says of the model, for its sidecar.
    """

    addresses: tuple[str, ...]
    name: str | None
    kind: ModelKind
    folder: PurePosixPath = field(default_factory=PurePosixPath)
    sha256: str | None = None
    size_bytes: int | None = None
    is_safetensors: bool = False
    about: Mapping[str, Any] = field(default_factory=dict)


class Sources:
    """Asks whoever an order names. preferences: asked at every attempt."""

    def __init__(self, *, web: Web, civitai_url: str, huggingface_url: str, preferences: Callable[[], Wishes]) -> None:
        self._preferences = preferences
        self._civitai = Civitai(web=web, base_url=civitai_url)
        self._huggingface = HuggingFace(web=web, base_url=huggingface_url)

    def resolve(self, order: Order, stop: Stop) -> Source:
        """The file that an order means now. Raises TransferFailed, PassingFault, Stopped."""
        wishes = self._preferences()
        offer = self._offer_of(order, wishes, stop)
        return Source(
            addresses=offer.addresses,
            name=None if order.source is SourceKind.URL else safe_file_name(offer.name),
            kind=order.kind or offer.kind or ModelKind.LORAS,
            folder=_folder_of(order, offer, wishes.path_template),
            sha256=_promised(order, offer),
            size_bytes=offer.size_bytes,
            is_safetensors=offer.is_safetensors or offer.name.lower().endswith(SAFETENSORS),
            about=offer.about,
        )

    def address_of(self, order: Order) -> str:
        """Where an order points, for others to see once it is freed of its secrets."""
        match order.source:
            case SourceKind.CIVITAI:
                return self._civitai.address_of(order.model_id, order.model_version_id)
            case SourceKind.HUGGINGFACE:
                return self._huggingface.address_of(
                    order.repo_id or "", order.revision or DEFAULT_REVISION, order.filename or ""
                )
            case SourceKind.URL:
                return order.url or ""

    def _offer_of(self, order: Order, wishes: Wishes, stop: Stop) -> Offer:
        match order.source:
            case SourceKind.CIVITAI:
                return self._civitai.offer_of(
                    order,
                    stop,
                    safe_mode=wishes.safe_mode,
                    key_hosts=wishes.keys,
                    template="" if order.relative_path else wishes.path_template,
                )
            case SourceKind.HUGGINGFACE:
                return self._huggingface.offer_of(order, stop)
            case SourceKind.URL:
                url = order.url or ""
                return Offer((url,), name_in_url(url), order.kind)


def _folder_of(order: Order, offer: Offer, template: str) -> PurePosixPath:
    """As the order says; else as the template does, for what a hub describes; else the root."""
    try:
        if order.relative_path:
            return folder_of(order.relative_path)
        return folder_for(template, offer.values) if offer.values else PurePosixPath()
    except InvalidInput as error:
        # Both were checked when they were accepted: an older studio may have been less strict.
        raise TransferFailed("unsafe_folder", error.message) from error


def _promised(order: Order, offer: Offer) -> str | None:
    """The sum that must be found. Raises TransferFailed when caller and hub promise different ones."""
    if order.sha256 and offer.sha256 and order.sha256 != offer.sha256:
        raise TransferFailed(
            "checksum_mismatch",
            f"{offer.name} was not fetched: SHA-256 {order.sha256} was asked for, its hub promises {offer.sha256}",
        )
    return order.sha256 or offer.sha256
