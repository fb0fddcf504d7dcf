"""Two runs of one interaction give one value: what differs by chance, time or machine becomes a placeholder."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

from PIL import Image

Json = Any  # what json.dumps takes

SETS = {"executed", "current_outputs"}  # the server keeps these in sets, so their order says nothing
TIMES = {"timestamp", "create_time", "execution_start_time", "execution_end_time", "modified", "created", "mtime"}
PROSE = {"tooltip", "output_tooltips", "description"}
PATTERNS = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<uuid>"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<32 hex>"),
    (re.compile(r"_temp_[a-z]{5}_"), "_temp_<5 letters>_"),
    (re.compile(r"0x[0-9a-f]{6,}"), "<address>"),
    (re.compile(r"(?<![\w<>/.])(?:/[\w.@ -]+){2,}/?"), "<path>"),
    (re.compile(r"(?<=: )/[\w.@-]*$", re.MULTILINE), "<path>"),
)


def plain(value: Json, names: Mapping[str, str]) -> Json:
    """The value with chance, time and machine replaced. names: what this interaction made up, and what to call it."""
    if isinstance(value, Mapping):
        return {text(str(key), names): _field(str(key), held, names) for key, held in value.items() if key not in PROSE}
    if isinstance(value, list | tuple):
        return [plain(held, names) for held in value]
    return text(value, names) if isinstance(value, str) else value


def _field(key: str, value: Json, names: Mapping[str, str]) -> Json:
    if key in TIMES and isinstance(value, int | float) and not isinstance(value, bool):
        return "<time>" if value > 0 else value
    if key in SETS and isinstance(value, list):
        return sorted(plain(held, names) for held in value)
    if key == "traceback" and isinstance(value, list) and value:
        return "<traceback>"
    return plain(value, names)


def text(value: str, names: Mapping[str, str]) -> str:
    if value.startswith("tensor("):
        return "<tensor>"
    for name, placeholder in names.items():
        value = value.replace(name, placeholder)
    for pattern, placeholder in PATTERNS:
        value = pattern.sub(placeholder, value)
    return value


def kinds(value: Json) -> Json:
    """The shape of a value: the keys, and of each leaf its type."""
    if isinstance(value, Mapping):
        return {str(key): kinds(held) for key, held in sorted(value.items())}
    if isinstance(value, list):
        return [kinds(value[0])] if value else []
    return type(value).__name__


def picture(data: bytes) -> dict[str, Json]:
    """What a picture is: format, mode, size, and the names of the texts beside it."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        texts = sorted(getattr(image, "text", {}))
        return {"format": image.format, "mode": image.mode, "size": list(image.size), "text": texts}


def pixels(data: bytes) -> list[list[int]]:
    """The corners and the middle, in the picture's own mode: top left, top right, bottom left, bottom right, middle."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        right, bottom = image.width - 1, image.height - 1
        places = [(0, 0), (right, 0), (0, bottom), (right, bottom), (image.width // 2, image.height // 2)]
        return [_bands(image.getpixel(place)) for place in places]


def _bands(pixel: Any) -> list[int]:
    return list(pixel) if isinstance(pixel, tuple) else [pixel]


def nearly(points: list[list[int]]) -> list[list[int]]:
    """Pixels to the nearest multiple of four: a resampling filter may be one off either way."""
    return [[(value + 2) // 4 * 4 for value in point] for point in points]


def by_content(errors: list[Json]) -> list[Json]:
    """Errors in an order of their own: the server walks a set, so its order says nothing."""
    return sorted(errors, key=lambda error: (str(error["type"]), str(error["details"])))


def sorted_errors(body: Json) -> Json:
    """An answer of POST /prompt in which everything that the server keeps in sets is sorted."""
    if not isinstance(body, dict):
        return body
    nodes = body.get("node_errors")
    if isinstance(nodes, dict):
        for told in nodes.values():
            told["errors"] = by_content(told["errors"])
            told["dependent_outputs"] = sorted(told["dependent_outputs"])
        body["node_errors"] = dict(sorted(nodes.items()))
    error = body.get("error")
    if isinstance(error, dict) and "\n" in str(error.get("details")):
        error["details"] = "\n".join(sorted(error["details"].split("\n")))
    return body


def differences(real: Json, found: Json, place: str = "") -> Iterator[str]:
    """Each place in which two values differ, in words. 1, 1.0 and true are three values; lists have an order."""
    if isinstance(real, dict) and isinstance(found, dict):
        for key in sorted({*real, *found}):
            if key not in found or key not in real:
                which, held = (
                    ("the double lacks it", real[key]) if key in real else ("the real one lacks it", found[key])
                )
                yield f"{place}/{key}: {which}: {_short(held)}"
            else:
                yield from differences(real[key], found[key], f"{place}/{key}")
    elif isinstance(real, list) and isinstance(found, list) and len(real) == len(found):
        for number, (one, other) in enumerate(zip(real, found, strict=True)):
            yield from differences(one, other, f"{place}/{number}")
    elif type(real) is not type(found) or real != found:
        yield f"{place or '/'}: real {_short(real)}, double {_short(found)}"


def _short(value: Json) -> str:
    told = repr(value)
    return told if len(told) <= 300 else f"{told[:300]}…"
