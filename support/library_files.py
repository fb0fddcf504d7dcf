"""The files of a model library, as trainers, model managers and people leave them: weights and what lies beside them.

Nothing here comes from the studio: what it reads is written by other means than its own.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any

from PIL import Image

SIDECAR = ".metadata.json"
PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".avif", ".preview.png", ".preview.jpeg")
FILMS = (".mp4", ".webm")
# Everything that belongs to a model of the same name.
COMPANIONS = (SIDECAR, *PICTURES, *FILMS, ".jxl")
MEDIA_TYPES = {
    ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".webp": "image/webp", ".gif": "image/gif",
    ".avif": "image/avif", ".jxl": "image/jxl", ".mp4": "video/mp4", ".webm": "video/webm",
}  # fmt: skip
SIZE_BYTES = 20_000


def weights(name: str, *, size_bytes: int = SIZE_BYTES, said: Mapping[str, str] | None = None) -> bytes:
    """A valid safetensors file of about `size_bytes`, the same for the same name and the same words.

    said: what its trainer wrote into its header. Layout: 8-byte little-endian header length, JSON header, data.
    Source: the safetensors format's description.
    """
    data = random.Random(name).randbytes(max(size_bytes - 300, 4))
    data = data[: len(data) // 4 * 4]
    metadata = {"sshs_model_hash": hashlib.sha256(data).hexdigest()} if said is None else dict(said)
    header: dict[str, Any] = {"__metadata__": metadata} if metadata else {}
    header["weight"] = {"dtype": "F32", "shape": [len(data) // 4], "data_offsets": [0, len(data)]}
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    return len(head).to_bytes(8, "little") + head + data


def sidecar(file_name: str, told: Mapping[str, Any]) -> bytes:
    """What model managers write beside a model; `told` is what people care about, the rest is usual.

    Source: the files of ComfyUI-Lora-Manager, whose keys these are.
    """
    stem = PurePosixPath(file_name).stem
    usual = {
        "file_name": stem,
        "model_name": "Painted signs",
        "file_path": f"/models/{file_name}",
        "preview_url": f"/models/{stem}.png",
        "from_civitai": True,
        "modelDescription": "Painted with care.",
        "usage_tips": '{"strength": 0.8}',
    }
    return json.dumps(usual | dict(told), indent=2).encode()


def companion(model: str, suffix: str) -> bytes:
    """What may lie beside `model` under this ending: a picture or a film of its own, or what is known of it."""
    if suffix == SIDECAR:
        return sidecar(model, {"notes": f"of {model}"})
    if suffix == ".jxl":
        return b"\xff\x0a" + random.Random(model).randbytes(400)
    if suffix in FILMS:
        return film(model, suffix)
    return picture(model, "." + suffix.rpartition(".")[2])


def picture(model: str, ending: str = ".png") -> bytes:
    """A picture of 64×48, another for each model."""
    noise = random.Random(model).randbytes(64 * 48 * 3)
    buffer = io.BytesIO()
    kind = {".jpg": "JPEG", ".jpeg": "JPEG"}.get(ending, ending.removeprefix(".").upper())
    Image.frombytes("RGB", (64, 48), noise).save(buffer, kind)
    return buffer.getvalue()


def film(model: str, ending: str) -> bytes:
    """The beginning of a film, and noise: nobody here plays it.

    Source: ISO/IEC 14496-12, box `ftyp`; the Matroska specification, element EBML with DocType.
    """
    noise = random.Random(model).randbytes(600)
    if ending == ".webm":
        return bytes.fromhex("1a45dfa38742828477") + b"\x42\x82\x84webm" + noise
    return (24).to_bytes(4, "big") + b"ftypisom\0\0\2\0isomiso2" + noise


def not_a_preview(what: str) -> bytes:
    """What people give for a preview by mistake."""
    whole = picture("a preview")
    return {
        "an empty file": b"",
        "a web page": b"<!doctype html><title>Sign in</title><p>Please sign in.</p>",
        "half a picture": whole[: len(whole) // 2],
        "a model": weights("a model"),
    }[what]


def belongs(file_name: str, stem: str) -> bool:
    """Whether a file is one of a model's: its weights or a companion, and not those of `stem.v2` or `stem-2`."""
    rest = file_name.removeprefix(stem)
    if rest == file_name:
        return False
    return rest in COMPANIONS or rest.startswith(".preview.") or rest in (".safetensors", ".ckpt", ".pt")


def read_sidecar(content: bytes) -> dict[str, Any]:
    """What a sidecar says; nothing when nobody can read it."""
    try:
        told = json.loads(content)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}
