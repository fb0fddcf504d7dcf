"""Values as programs write them, taken only when they make sense: numbers of a bounded size, clean texts, file names.

Whatever comes in was made up by somebody: nothing here fails on anything.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

from app.recipes.recipe import RecipeLora

LONGEST_JSON = 4 * 1024 * 1024

_LONGEST_NUMBER = 30
_LARGEST_WHOLE = 2**64 - 1
_SIDES = re.compile(r"\D{0,3}(\d{1,6})\D{1,3}(\d{1,6})\D{0,3}")
_MODEL_FILE = re.compile(r"\.(?:safetensors|ckpt|pt|pth|bin|gguf|sft)$", re.IGNORECASE)
_HEX = re.compile(r"[0-9a-f]{8,64}", re.ASCII)
_AIR = re.compile(r"(?:urn:)?(?:air:)?(?:([\w.-]+):([\w.-]+):)?civitai:(\d{1,15})@(\d{1,15})", re.ASCII)

# The families as Civitai's resource names and InvokeAI's models call them; the library's words for them.
_FAMILIES = {
    "sd1": "SD 1.5",
    "sd-1": "SD 1.5",
    "sd2": "SD 2.1",
    "sd-2": "SD 2.1",
    "sd3": "SD 3",
    "sd-3": "SD 3",
    "sdxl": "SDXL 1.0",
    "sdxldistilled": "SDXL Lightning",
    "pony": "Pony",
    "illustrious": "Illustrious",
    "noobai": "NoobAI",
    "flux1": "Flux.1 D",
    "flux": "Flux.1 D",
    "hunyuan1": "Hunyuan 1",
    "auraflow": "AuraFlow",
    "qwen": "Qwen",
    "chroma": "Chroma",
}


def parsed(text: str) -> Any:
    """The text as JSON; None for what is none, is nested too deep or longer than 4 Mi characters."""
    start = text.lstrip()[:1]
    if len(text) > LONGEST_JSON or start not in ("{", "["):
        return None
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None


def mapping(value: Any) -> dict[str, Any]:
    """An object; {} for anything else."""
    return value if isinstance(value, dict) else {}


def listed(value: Any) -> list[Any]:
    """A list; [] for anything else."""
    return value if isinstance(value, list) else []


def text(value: Any) -> str | None:
    """A text without what no database keeps (halves of characters, zeros); None for '' and anything else."""
    if not isinstance(value, str):
        return None
    return value.encode("utf-8", "replace").decode().replace("\0", "") or None


def line(value: Any) -> str | None:
    """A name: without spaces round it; None for '', 'None' and anything else."""
    found = (text(value) or "").strip()
    return found if found and found.lower() not in ("none", "n/a", "null") else None


def whole(value: Any) -> int | None:
    """A whole number, also as text; none that is longer than any seed."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, str):
        value = value.strip()
        fits = len(value) <= _LONGEST_NUMBER and value.isascii() and value.removeprefix("-").isdigit()
        value = int(value) if fits else None
    return value if isinstance(value, int) and abs(value) <= _LARGEST_WHOLE else None


def real(value: Any) -> float | None:
    """A finite number, also as text."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def natural(value: Any) -> int | None:
    """A whole number above 0, also as text."""
    number = whole(value)
    return number if number is not None and number > 0 else None


def sides(value: Any) -> tuple[int | None, int | None]:
    """Width and height from 512x768, (512, 768) or the like."""
    if isinstance(value, list) and len(value) == 2:
        value = f"{value[0]}x{value[1]}"
    found = _SIDES.fullmatch(value[:40]) if isinstance(value, str) else None
    return (int(found[1]) or None, int(found[2]) or None) if found else (None, None)


def stem(value: Any) -> str | None:
    """A model's name from its file: no folder, which is another machine's, and no ending."""
    name = line(value)
    if name is None:
        return None
    return _MODEL_FILE.sub("", name.replace("\\", "/").rpartition("/")[2]) or None


def hash_of(value: Any) -> str | None:
    """A hash as models are known by, lower-case hexadecimal: 8 digits to a whole SHA-256.

    `0x` before the digits is SwarmUI's; other kinds than SHA-256 (`blake3:`) fit no model of a library.
    """
    found = (line(value) or "").lower().removeprefix("sha256:").removeprefix("0x")
    return found if _HEX.fullmatch(found) else None


def strength(value: Any) -> float:
    """A LoRA's strength; 1 where none is said."""
    number = real(value)
    return 1.0 if number is None else number


def family(value: Any) -> str | None:
    """A base model in the library's words; as it is said where there is no word for it."""
    name = line(value)
    return None if name is None or name.lower() in ("any", "other", "unknown") else _FAMILIES.get(name.lower(), name)


def air(value: Any) -> tuple[str | None, str | None, int | None]:
    """(base model, kind, version) from `urn:air:sdxl:lora:civitai:1221007@1375651`; all None for other texts."""
    found = _AIR.match(value) if isinstance(value, str) and len(value) < 200 else None
    if found is None:
        return None, None, None
    return family(found[1]), found[2].lower() if found[2] else None, int(found[4])


def once(loras: Iterable[RecipeLora]) -> tuple[RecipeLora, ...]:
    """Each LoRA once: the same name at the same strength with the same hash is said twice by some programs."""
    return tuple(dict.fromkeys(loras))


def first(source: Mapping[str, Any], *names: str) -> Any:
    """The first of these that is there and says something."""
    return next((source[name] for name in names if source.get(name) not in (None, "")), None)
