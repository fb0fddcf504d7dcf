"""The sums under which a file of weights is known: SHA-256, AutoV2, AutoV3."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

AUTOV2_DIGITS = 10
AUTOV3_DIGITS = 12
SHA256_DIGITS = 64

# What some trainers wrote when they had hashed nothing: it would make strangers equal.
SHA256_OF_NOTHING = hashlib.sha256(b"").hexdigest()


# Enough that reading is as fast as the disk, little enough that it stays in the processor's cache.
BLOCK_BYTES = 256 * 1024


class Interrupted(Exception):
    """The studio closes: what was begun is left."""


@dataclass(frozen=True)
class Sums:
    sha256: str
    autov2: str
    autov3: str | None

    @classmethod
    def of(cls, sha256: str, metadata: Mapping[str, str]) -> Sums:
        return cls(sha256, autov2_of(sha256), autov3_of(metadata))


def sha256_of(path: Path, stop: threading.Event | None = None) -> str:
    """A file's SHA-256. Raises OSError; Interrupted once `stop` is set."""
    sum_ = hashlib.sha256()
    block = bytearray(BLOCK_BYTES)
    view = memoryview(block)
    with path.open("rb", buffering=0) as file:
        while size := file.readinto(block):
            sum_.update(view[:size])
            if stop is not None and stop.is_set():
                raise Interrupted
    return sum_.hexdigest()


def autov2_of(sha256: str) -> str:
    return sha256[:AUTOV2_DIGITS]


def autov3_of(metadata: Mapping[str, str]) -> str | None:
    """The AutoV3 that a safetensors header gives; None when it gives none that means anything.

    Source: `sshs_model_hash` as kohya's trainers write it, else `modelspec.hash_sha256` of the
    ModelSpec standard, `0x` stripped.
    """
    for key in ("sshs_model_hash", "modelspec.hash_sha256"):
        found = plain(metadata.get(key, ""))
        if len(found) >= AUTOV3_DIGITS and found != SHA256_OF_NOTHING:
            return found[:AUTOV3_DIGITS]
    return None


def plain(text: str) -> str:
    """A sum as it is kept: lower case, without `0x`; empty when it is not hexadecimal."""
    digits = text.strip().lower().removeprefix("0x")
    return digits if re.fullmatch("[0-9a-f]+", digits) else ""
