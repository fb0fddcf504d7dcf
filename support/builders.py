"""Real things for scenarios to work with: model files, pictures with settings, what people upload by mistake."""

from __future__ import annotations

import hashlib
import json
import random
import zlib
from collections.abc import Mapping
from types import MappingProxyType


def safetensors(name: str, size_bytes: int) -> bytes:
    """A valid safetensors file of about `size_bytes`, the same for the same name.

    Layout: 8-byte little-endian header length, JSON header, data; the metadata names its own AutoV3 hash,
    as trainers write it. Source: the safetensors format's description.
    """
    data = random.Random(name).randbytes(max(size_bytes - 300, 4))
    data = data[: len(data) // 4 * 4]
    header = {
        "__metadata__": {"sshs_model_hash": hashlib.sha256(data).hexdigest()},
        "weight": {"dtype": "F32", "shape": [len(data) // 4], "data_offsets": [0, len(data)]},
    }
    head = json.dumps(header).encode()
    head += b" " * (-len(head) % 8)
    return len(head).to_bytes(8, "little") + head + data


def hash_of(content: bytes, form: str) -> str:
    """A model's hash in one of the forms that pictures and hubs use."""
    whole = hashlib.sha256(content).hexdigest()
    length = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + length]).get("__metadata__", {})
    return {
        "SHA-256": whole,
        "SHA-256 in capital letters": whole.upper(),
        "AutoV2 hash": whole[:10],
        "AutoV3 hash": str(metadata.get("sshs_model_hash", ""))[:12],
    }[form]


def parameters(settings: dict[str, str], hashes: Mapping[str, str] = MappingProxyType({})) -> str:
    """The text that Automatic1111 writes into a picture, from settings in a product owner's words.

    hashes: of LoRAs, by the names that the prompt's tags give them. Source: stable-diffusion-webui's infotext: the
    prompt, a line of the negative prompt, a line of settings.
    """
    lines = [settings["prompt"]]
    if negative := settings.get("negative prompt"):
        lines.append(f"Negative prompt: {negative}")
    said = {
        "Steps": settings.get("steps", "20"),
        "Sampler": settings.get("sampler", "Euler a"),
        "CFG scale": settings.get("guidance", "7"),
        "Seed": settings.get("seed", "1"),
        "Size": settings.get("size", "256×256").replace("×", "x"),
        "Model hash": settings.get("checkpoint hash"),
        "Model": settings.get("checkpoint", "neonMix"),
        "Denoising strength": settings.get("denoising strength"),
        "Clip skip": settings.get("clip skip"),
        "Lora hashes": '"' + ", ".join(f"{name}: {hash_}" for name, hash_ in hashes.items()) + '"' if hashes else None,
    }
    lines.append(", ".join(f"{name}: {value}" for name, value in said.items() if value is not None))
    return "\n".join(lines)


def not_a_picture(what: str, picture: bytes) -> bytes:
    """What people upload where a picture was asked for."""
    return {
        "an empty file": b"",
        "a web page": b"<!doctype html><title>Sign in</title><p>Please sign in.</p>",
        "half a picture": picture[: len(picture) // 2],
        "a picture of far too many pixels": bomb(),
        "a picture of far too many bytes": heavy(picture, 11 * 2**20),
    }[what]


def bomb() -> bytes:
    """A PNG of a few kilobytes that claims 50,000×50,000 pixels: a decompression bomb."""
    head = (50_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", head)
        + _chunk(b"IDAT", zlib.compress(bytes(100_000)))
        + _chunk(b"IEND", b"")
    )


def heavy(picture: bytes, size_bytes: int) -> bytes:
    """The same PNG with a chunk of so many bytes in it that no reader needs."""
    end = picture.rindex(b"IEND") - 4 if b"IEND" in picture else len(picture)
    return picture[:end] + _chunk(b"noSe", bytes(size_bytes)) + picture[end:]


def _chunk(name: bytes, data: bytes) -> bytes:
    """Length, name, data, CRC. Source: the PNG specification, section 5."""
    return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")
