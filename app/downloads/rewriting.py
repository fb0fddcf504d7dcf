"""Addresses of a hub's pages and downloads, read for what they mean: a version, or a file of a repository.

A person copies the page that the browser shows; fetched as it stands, it would be a page and no model.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit

MAX_ID = 2**53

# What a hub's download address may say of the file that is meant; with anything else, a key for example,
# the address is left as it is.
CHOICES = frozenset({"type", "format", "size", "fp"})
PAGES = (
    r"(?:/api/v1)?/models/(?P<model>\d+)(?:/[^/]*)?/?",
    r"(?:/api/v1)?/model-versions/(?P<version>\d+)/?",
    r"/api/download/models/(?P<version>\d+)/?",
)
PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True)
class OnCivitai:
    """A model's latest version (model_version_id: None), or one of its versions.

    variant: how the hub's own download address tells a version's files apart, as a sorted query.
    """

    model_id: int | None
    model_version_id: int | None
    variant: str | None = None


@dataclass(frozen=True)
class OnHuggingFace:
    """A file of a repository. filename: its path there, with slashes."""

    repo_id: str
    revision: str
    filename: str


def read_civitai(url: str, base_url: str) -> OnCivitai | None:
    """What an address of the hub at `base_url` means; None when it is another's, or no model's."""
    found = _below(url, base_url)
    if found is None:
        return None
    path, asked = found
    for pattern in PAGES:
        if place := re.fullmatch(pattern, path, re.ASCII):
            ids = {name: digits for name, digits in place.groupdict().items() if digits is not None}
            return _meant(ids, asked, is_download="/download/" in pattern)
    return None


def _meant(ids: dict[str, str], asked: list[tuple[str, str]], *, is_download: bool) -> OnCivitai | None:
    chosen = dict(asked)
    if is_download and not set(chosen) <= CHOICES:
        return None
    if "model" in ids and "modelVersionId" in chosen:
        ids["version"] = chosen["modelVersionId"]
    numbers = {name: _number(digits) for name, digits in ids.items()}
    if None in numbers.values():
        return None
    return OnCivitai(numbers.get("model"), numbers.get("version"), variant_of(asked) if is_download else None)


def read_huggingface(url: str, base_url: str) -> OnHuggingFace | None:
    """Which file of a repository an address below `base_url` means; None when it means something else."""
    found = _below(url, base_url)
    if found is None:
        return None
    # Split before it is decoded: a revision may hold an encoded slash.
    place = re.fullmatch(r"/([^/]+(?:/[^/]+)?)/(?:blob|resolve)/([^/]+)/(.+)", found[0])
    if place is None or place[1].split("/")[0] in ("datasets", "spaces", "api"):
        return None
    return OnHuggingFace(unquote(place[1]), unquote(place[2]), unquote(place[3]))


def variant_of(asked: list[tuple[str, str]]) -> str | None:
    """The choices among a query's names and values, in one order; None when there are none."""
    return urlencode(sorted(pair for pair in asked if pair[0] in CHOICES)) or None


def _below(url: str, base_url: str) -> tuple[str, list[tuple[str, str]]] | None:
    """Path below the base and query of an address; None when its host is another's, or it carries a password."""
    try:
        parts, base = urlsplit(url), urlsplit(base_url)
        if "@" in parts.netloc or _host(parts) != _host(base):
            return None
    except ValueError:
        return None
    prefix = base.path.rstrip("/")
    if not parts.path.startswith(f"{prefix}/"):
        return None
    return parts.path.removeprefix(prefix), parse_qsl(parts.query, keep_blank_values=True)


def _host(parts: SplitResult) -> tuple[str, int | None]:
    """Host and port, the scheme's own port left out. Raises ValueError for a port that is none."""
    port = None if parts.port == PORTS.get(parts.scheme) else parts.port
    return (parts.hostname or "").removeprefix("www."), port


def _number(digits: str) -> int | None:
    if not (digits.isascii() and digits.isdigit() and len(digits) <= 16):
        return None
    return int(digits) if 0 < int(digits) < MAX_ID else None
