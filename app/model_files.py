"""What a file of weights is: its kind, its suffix, and what a safetensors header says of it."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Any

# Longer headers do not occur: the reference reader refuses them too (safetensors, MAX_HEADER_SIZE).
MAX_HEADER_BYTES = 100_000_000

SAFETENSORS = ".safetensors"
SUFFIXES = frozenset({SAFETENSORS, ".ckpt", ".pt", ".pth", ".bin", ".gguf"})


class ModelKind(StrEnum):
    """The kinds of weights; each is also the name of its folder under the models folder."""

    LORAS = "loras"
    CHECKPOINTS = "checkpoints"
    EMBEDDINGS = "embeddings"


class BrokenHeader(ValueError):
    """A file that is called safetensors and is none; the message says what is wrong with it."""


def is_model_file(name: str) -> bool:
    return Path(name).suffix.lower() in SUFFIXES


def read_header(path: Path) -> dict[str, Any]:
    """The header of a safetensors file, proven to describe exactly the bytes that follow it.

    Raises BrokenHeader when it is cut, is no JSON, or promises more or fewer bytes than there are.
    Source: https://huggingface.co/docs/safetensors, "Format".
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        prefix = file.read(8)
        if len(prefix) < 8:
            raise BrokenHeader(f"it has {size} bytes, a header alone takes more")
        length = int.from_bytes(prefix, "little")
        if length > min(size - 8, MAX_HEADER_BYTES):
            raise BrokenHeader(f"its header claims {length} bytes and the file has {size}")
        text = file.read(length)
    try:
        header = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BrokenHeader("its header is not JSON") from error
    if not isinstance(header, dict):
        raise BrokenHeader("its header is not a table of tensors")
    promised = max((_end_of(name, tensor) for name, tensor in header.items() if name != "__metadata__"), default=0)
    if promised != size - 8 - length:
        raise BrokenHeader(f"its header promises {promised} bytes of weights and {size - 8 - length} follow")
    return header


def metadata_of(header: dict[str, Any]) -> dict[str, str]:
    """The free text that a trainer left in a header; empty when there is none."""
    found = header.get("__metadata__")
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _end_of(name: str, tensor: Any) -> int:
    try:
        begin, end = tensor["data_offsets"]
        if 0 <= int(begin) <= int(end):
            return int(end)
    except (KeyError, TypeError, ValueError):
        pass
    raise BrokenHeader(f"its header does not say where tensor {name!r} lies")
