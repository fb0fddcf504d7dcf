"""The web UI's text taken apart: the prompts, and the line of settings as pairs.

A value in quotes is a JSON string and may hold commas; those of Civitai (`Hashes`, `Civitai resources`) are bare JSON.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

NEGATIVE = "Negative prompt:"
WRITER = "Proofsheet"

_QUOTED = re.compile(r'\s*("(?:\\.|[^"\\])*")')
_SIZE = re.compile(r"(\d{1,6})x(\d{1,6})")
_WHOLE = re.compile(r"-?[0-9]{1,29}", re.ASCII)
_REAL = re.compile(r"-?[0-9]{0,20}(?:\.[0-9]{0,20})?(?:e[+-]?[0-9]{1,3})?", re.ASCII | re.IGNORECASE)
# Where the negative prompt is empty, Civitai's generator lets the settings follow on the same line.
_SAME_LINE = re.compile(rf"(?:^|\s){NEGATIVE}\s*(?=Steps: \d)")
# Only these are looked at as JSON, each once a line: an attempt that fails costs the whole rest of the line.
_JSON_NAMES = frozenset({"Hashes", "Civitai resources", "Civitai metadata"})
_NAMED = re.compile(r"\b(?:Steps|Seed|Size|CFG scale|Sampler|Version)\b")
# Nobody's settings have more pairs, and nobody's prompt has more lines that name some.
_MOST_PAIRS, _MOST_LINES = 2_000, 1_000
_DECODER = json.JSONDecoder(strict=False)


def split(text: str) -> tuple[str, str]:
    """The prompts, and the last line that looks like settings; lines after it are dropped."""
    for start, end in _promising(text):
        line = text[start:end]
        # Our own settings have a line of their own, and may hold those words in a value.
        same_line = _SAME_LINE.search(line) if NEGATIVE in line and not _is_ours(line) else None
        if same_line and looks_like_settings(line[same_line.end() :]):
            return f"{text[:start]}{line[: same_line.start()]}", line[same_line.end() :].strip()
        if looks_like_settings(line):
            return text[: max(start - 1, 0)], line.strip()
    return text, ""


def _promising(text: str) -> Iterator[tuple[int, int]]:
    """The lines that name a setting, from the last to the first: most of a long prompt names none."""
    before = len(text) + 1
    named = [found.start() for found in _NAMED.finditer(text)]
    for _ in range(_MOST_LINES):
        while named and named[-1] >= before:
            named.pop()
        if not named:
            return
        start = text.rfind("\n", 0, named[-1]) + 1
        end = text.find("\n", named[-1])
        yield start, len(text) if end < 0 else end
        before = start


def looks_like_settings(line: str) -> bool:
    found = dict(pairs(line.strip()))
    return known(found) >= 2 or found.get("Version", "").startswith(WRITER)


def _is_ours(line: str) -> bool:
    return dict(pairs(line.strip())).get("Version", "").startswith(WRITER)


def known(found: dict[str, str]) -> int:
    """How many well-known settings hold a value of the right kind."""
    whole = sum(_WHOLE.fullmatch(found[name]) is not None for name in ("Steps", "Seed") if name in found)
    size = _SIZE.fullmatch(found.get("Size", "")) is not None
    scale = bool(found.get("CFG scale")) and _REAL.fullmatch(found["CFG scale"]) is not None
    return whole + size + scale + bool(found.get("Sampler"))


def pairs(line: str) -> Iterator[tuple[str, str]]:
    """`name: value` pairs between commas."""
    at = 0
    tried = set()
    for _ in range(_MOST_PAIRS):
        colon = line.find(":", at)
        comma = line.find(",", at)
        if colon < 0:
            return
        if 0 <= comma < colon:
            at = comma + 1
            continue
        name = line[at:colon].strip()
        value_end = None
        if name in _JSON_NAMES and name not in tried:
            tried.add(name)
            value_end = _json_end(line, colon + 1)
        quoted = _QUOTED.match(line, colon + 1) if value_end is None else None
        end = line.find(",", value_end or (quoted.end() if quoted else colon + 1))
        end = len(line) if end < 0 else end
        if name:
            yield name, _unquoted(quoted[1]) if quoted else line[colon + 1 : value_end or end].strip()
        at = end + 1


def quote(value: str) -> str:
    plain = value == value.strip() and not value.startswith('"') and value.isprintable()
    return value if plain and not set(value) & set(",:") else json.dumps(value, ensure_ascii=False)


def _json_end(line: str, at: int) -> int | None:
    """Where the object or list ends that begins at `at`, spaces passed over."""
    start = at + len(line[at : at + 9]) - len(line[at : at + 9].lstrip())
    if line[start : start + 1] not in ("{", "["):
        return None
    try:
        return _DECODER.raw_decode(line, start)[1]
    except (ValueError, RecursionError):
        return None


def _unquoted(value: str) -> str:
    try:
        # JSON can spell half a character, which no answer could be written with.
        return str(json.loads(value, strict=False)).encode("utf-8", "replace").decode()
    except ValueError:
        return value
