"""The sums under which a file of weights is known: SHA-256, AutoV2, AutoV3."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from pathlib import Path

AUTOV2_DIGITS = 10
AUTOV3_DIGITS = 12
SHA256_DIGITS = 64

# What some trainers wrote when they had hashed nothing: it would make strangers equal.
SHA256_OF_NOTHING = hashlib.sha256(b"").hexdigest()


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


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
