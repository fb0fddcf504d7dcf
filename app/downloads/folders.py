"""Folders below a library root, as a caller names them: kept as told or refused, never bent into shape."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from app.downloads.names import safe_name
from app.errors import InvalidInput

MAX_DEPTH = 8


def folder_of(relative_path: str | None, *, field: str = "relative_path") -> PurePosixPath:
    """The folder below the kind's root that `relative_path` names; the root itself for None and "".

    Raises InvalidInput naming `field` for whatever leads elsewhere, or means different things on different
    systems: `..`, absolute paths, drive letters, NUL, reserved and hidden names.
    """
    if not relative_path:
        return PurePosixPath()
    fault = _fault_of(relative_path)
    if fault is not None:
        raise InvalidInput(f"{field}: {fault}", field=field)
    return PurePosixPath(relative_path)


def _fault_of(path: str) -> str | None:
    """What is wrong with a folder's path, in words; None when nothing is."""
    if "\0" in path:
        return "a folder's name cannot hold NUL"
    if path.startswith(("/", "\\", "~")) or re.match(r"[A-Za-z]:", path):
        return f"{path!r} is absolute; name a folder below the library root, such as flux/styles"
    parts = path.removesuffix("/").split("/")
    if len(parts) > MAX_DEPTH:
        return f"{len(parts)} folders deep; at most {MAX_DEPTH} are possible"
    return next(filter(None, map(_fault_of_part, parts)), None)


def _fault_of_part(part: str) -> str | None:
    if part in ("", ".", ".."):
        return "empty parts, '.' and '..' lead elsewhere; leave them out"
    if part.startswith("."):
        return f"{part!r} is reserved; a folder's name begins with no dot"
    if safe_name(part) != part:
        return f"{part!r} is not a name that every system accepts; {safe_name(part)!r} would be one"
    return None
