"""What a file of weights is: its kind, its suffix, and what a safetensors header says of it."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import Any

# The longest of real models take a few megabytes. The reference reader permits 100 million bytes, which take a
# gigabyte of memory and many seconds to read.
MAX_HEADER_BYTES = 16 * 1024 * 1024

SAFETENSORS = ".safetensors"
SUFFIXES = frozenset({SAFETENSORS, ".ckpt", ".pt", ".pth", ".bin", ".gguf"})


# Bytes of one number of each type; others are not judged by their size.
WIDTHS = dict.fromkeys(("F64", "I64", "U64", "C64"), 8) | dict.fromkeys(("F32", "I32", "U32"), 4)
WIDTHS |= dict.fromkeys(("F16", "BF16", "I16", "U16"), 2)
WIDTHS |= dict.fromkeys(("I8", "U8", "BOOL", "F8_E4M3", "F8_E5M2", "F8_E8M0"), 1)
MAX_COUNT = 2**63


class ModelKind(StrEnum):
    """The kinds of weights; each is also the name of its folder under the models folder."""

    LORAS = "loras"
    CHECKPOINTS = "checkpoints"
    EMBEDDINGS = "embeddings"


class BrokenHeader(ValueError):
    """A file that is called safetensors and is none; the message says what is wrong with it."""


def is_model_file(name: str) -> bool:
    # As Path.suffix has it, at a tenth of its cost: a scan asks it of every file.
    dot = name.rfind(".")
    return dot > 0 and name[dot:].lower() in SUFFIXES


def read_header(path: Path) -> dict[str, Any]:
    """The header of a safetensors file, proven to describe exactly the bytes that follow it.

    Raises BrokenHeader when it is cut, is no JSON, promises more or fewer bytes than there are, leaves a hole or
    lets two tensors overlap, or gives a tensor another size than its shape has: what the reference reader refuses.
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
    promised = _bytes_described(header)
    if promised != size - 8 - length:
        raise BrokenHeader(f"its header promises {promised} bytes of weights and {size - 8 - length} follow")
    return header


def metadata_of(header: dict[str, Any]) -> dict[str, str]:
    """The free text that a trainer left in a header; empty when there is none."""
    found = header.get("__metadata__")
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}


def _bytes_described(header: dict[str, Any]) -> int:
    """How many bytes of weights follow a header. Raises BrokenHeader where they do not follow each other."""
    places = sorted((*_place_of(name, tensor), name) for name, tensor in header.items() if name != "__metadata__")
    reached = 0
    for begin, end, name in places:
        if begin != reached:
            raise BrokenHeader(f"its header begins tensor {name!r} at {begin}, where {reached} is expected")
        reached = end
    return reached


def _place_of(name: str, tensor: Any) -> tuple[int, int]:
    """Where a tensor begins and ends among the weights."""
    try:
        begin, end = tensor["data_offsets"]
        shape = list(tensor["shape"])
        width = WIDTHS.get(tensor["dtype"])
    except (KeyError, TypeError, ValueError):
        begin, end, shape, width = -1, -1, [], None
    if not _are_counts(begin, end, *shape) or begin > end:
        raise BrokenHeader(f"its header does not say where tensor {name!r} lies")
    if width is not None and _numbers_in(shape) * width != end - begin:
        raise BrokenHeader(f"its header gives tensor {name!r} {end - begin} bytes, its shape has another size")
    return begin, end


def _numbers_in(shape: list[int]) -> int:
    """How many numbers a tensor of this shape has; no more are counted than any file could hold."""
    numbers = 0 if 0 in shape else 1
    for length in shape:
        numbers *= length
        if numbers > MAX_COUNT:
            break
    return numbers


def _are_counts(*numbers: Any) -> bool:
    return all(type(number) is int and 0 <= number < MAX_COUNT for number in numbers)
