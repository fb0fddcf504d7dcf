"""What a hub says of one file, before it is decided where it goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.model_files import ModelKind


@dataclass(frozen=True)
class Offer:
    """One file as its hub describes it; None for what the hub does not say.

    addresses: mirrors in the order to try, at least one. sha256: in lower case. values: for the placeholders
    of a path template, as the hub says them. is_safetensors: whether the hub promises that format. about: what else
    it says of the model, in the words of a sidecar as ComfyUI-Lora-Manager writes it.
    """

    addresses: tuple[str, ...]
    name: str
    kind: ModelKind | None
    sha256: str | None = None
    size_bytes: int | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    is_safetensors: bool = False
    about: Mapping[str, Any] = field(default_factory=dict)
