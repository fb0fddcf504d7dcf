"""How far each node of a prompt is, as `progress_state` tells it; and pictures as the socket sends them."""

from __future__ import annotations

import io
import json
import struct
from typing import Any, Literal

from PIL import Image, ImageOps

LARGEST_PREVIEW = 512
PREVIEW, PREVIEW_WITH_METADATA = 1, 4

Format = Literal["JPEG", "PNG"]


class Progress:
    """The nodes that have begun, in that order."""

    def __init__(self, prompt_id: str) -> None:
        self._prompt_id = prompt_id
        self._nodes: dict[str, dict[str, Any]] = {}

    def began(self, node_id: str) -> dict[str, Any]:
        return self._told(node_id, 0.0, 1.0, "running")

    def step(self, node_id: str, value: float, of: float) -> dict[str, Any]:
        return self._told(node_id, value, of, "running")

    def finished(self, node_id: str) -> dict[str, Any]:
        known = self._nodes.get(node_id, {"max": 1})
        return self._told(node_id, known["max"], known["max"], "finished")

    def place(self, node_id: str) -> dict[str, Any]:
        """Where a node stands; nodes made by other nodes, which the double lacks, would differ in it."""
        return {
            "node_id": node_id,
            "prompt_id": self._prompt_id,
            "display_node_id": node_id,
            "parent_node_id": None,
            "real_node_id": node_id,
        }

    def _told(self, node_id: str, value: float, of: float, state: str) -> dict[str, Any]:
        self._nodes[node_id] = {"value": value, "max": of, "state": state, **self.place(node_id)}
        return {"prompt_id": self._prompt_id, "nodes": dict(self._nodes)}


def preview(image: Image.Image, kind: Format, *, fit: bool) -> bytes:
    """A binary message: u32 1, u32 format (1 JPEG, 2 PNG), the picture. fit: to 512 pixels, as previews are."""
    return struct.pack(">II", PREVIEW, 1 if kind == "JPEG" else 2) + _encoded(image, kind, fit)


def preview_with_metadata(image: Image.Image, kind: Format, metadata: dict[str, Any], *, fit: bool) -> bytes:
    """A binary message: u32 4, u32 length of the JSON, the JSON, the picture."""
    told = json.dumps({**metadata, "image_type": f"image/{kind.lower()}"}).encode()
    return struct.pack(">II", PREVIEW_WITH_METADATA, len(told)) + told + _encoded(image, kind, fit)


def _encoded(image: Image.Image, kind: Format, fit: bool) -> bytes:
    if fit:
        image = ImageOps.contain(image, (LARGEST_PREVIEW, LARGEST_PREVIEW), Image.Resampling.BILINEAR)
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=95, compress_level=1)
    return buffer.getvalue()
