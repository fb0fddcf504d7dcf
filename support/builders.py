"""Real things for scenarios to work with: model files, pictures with settings, what people upload by mistake."""

from __future__ import annotations

import hashlib
import json
import random
import zlib


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


def parameters(settings: dict[str, str]) -> str:
    """The text that Automatic1111 writes into a picture, from settings in a product owner's words.

    Source: stable-diffusion-webui's infotext: the prompt, a line of the negative prompt, a line of settings.
    """
    lines = [settings["prompt"]]
    if negative := settings.get("negative prompt"):
        lines.append(f"Negative prompt: {negative}")
    lines.append(
        f"Steps: {settings.get('steps', '20')}, Sampler: {settings.get('sampler', 'Euler a')}, "
        f"CFG scale: {settings.get('guidance', '7')}, Seed: {settings.get('seed', '1')}, "
        f"Size: {settings.get('size', '256×256').replace('×', 'x')}, Model: neonMix"
    )
    return "\n".join(lines)


def not_a_picture(what: str, picture: bytes) -> bytes:
    """What people upload where a picture was asked for."""
    return {
        "an empty file": b"",
        "a web page": b"<!doctype html><title>Sign in</title><p>Please sign in.</p>",
        "half a picture": picture[: len(picture) // 2],
    }[what]


def bomb() -> bytes:
    """A PNG of a few kilobytes that claims 50,000×50,000 pixels: a decompression bomb.

    Layout: signature, then chunks of length, name, data, CRC. Source: the PNG specification, section 5.
    """

    def chunk(name: bytes, data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + name + data + zlib.crc32(name + data).to_bytes(4, "big")

    head = (50_000).to_bytes(4, "big") * 2 + bytes([8, 2, 0, 0, 0])
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(100_000)))
        + chunk(b"IEND", b"")
    )
