"""Another name or folder for a model: which names are possible, and what becomes of its companions."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from app.errors import Conflict, InvalidInput
from app.library.companions import claimed, companions_of, is_called_after, suffix_of, twins_of
from app.library.sidecars import MAX_SIDECAR_BYTES, SIDECAR

# Of 255 bytes that file systems take: room is left for the longest suffix of a companion.
MAX_NAME_BYTES = 200
MAX_DEPTH = 8

_BAD = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f-\x9f]')
_DEVICE = re.compile(r"(con|conin\$|conout\$|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])", re.IGNORECASE)
# The public LoRA managers' names for it. Source: their `<name>.metadata.json`.
_OWN_NAMES = ("file_name", "file_path", "preview_url", "preview_path")


@dataclass
class Plan:
    """What happens to files when a model becomes `target`; nothing has happened yet.

    moves: from where to where, on one disk. copies: the same, where the first stays or lies on another disk.
    fresh: files with new content. spent: what is removed at the end. preview: the new name of the model's own.
    """

    target: Path
    moves: list[tuple[Path, Path]] = field(default_factory=list)
    copies: list[tuple[Path, Path]] = field(default_factory=list)
    fresh: list[tuple[Path, bytes]] = field(default_factory=list)
    spent: list[Path] = field(default_factory=list)
    preview: str | None = None


def plan(source: Path, target: Path, *, preview: str | None, copying: bool) -> Plan:
    """How the model at `source` becomes `target`, with its companions. Raises OSError, Conflict when a name is taken.

    What it shares with a twin is copied, so that both have it. copying: the target lies on another disk.
    """
    planned = Plan(target, preview=preview)
    companions = companions_of(source)
    renamed = {one: target.with_name(target.stem + suffix_of(one, source.stem)) for one in companions}
    renamed[source] = target
    _refuse_taken(target, besides=renamed)
    shared = bool(twins_of(source))
    for old, new in renamed.items():
        stays = shared and old != source
        content = _sidecar_renamed(old, renamed, source) if old in companions else None
        if content is not None:
            planned.fresh.append((new, content))
        elif stays or copying:
            _refuse_leading_elsewhere(old, new)
            planned.copies.append((old, new))
        else:
            _refuse_leading_elsewhere(old, new)
            planned.moves.append((old, new))
        if not stays and (content is not None or copying):
            planned.spent.append(old)
        if old.name == preview:
            planned.preview = new.name
    return planned


def check_name(name: str, *, suffix: str) -> str:
    """The name of the file that a model called `name` has; its suffix may be written, and stays as it is.

    Raises InvalidInput for what would mean another place, or is no name on every system.
    """
    stem = name[: -len(suffix)] if suffix and name.lower().endswith(suffix.lower()) else name
    fault = _fault_of(stem)
    if fault is not None:
        raise InvalidInput(f"name: {fault}", field="name")
    return stem + suffix


def check_folder(folder: str) -> str:
    """A folder below a root as it is kept, '' for the root. Raises InvalidInput for what leads elsewhere."""
    if not folder:
        return ""
    fault = _fault_of_folder(folder)
    if fault is not None:
        raise InvalidInput(f"folder: {fault}", field="folder")
    return str(PurePosixPath(folder))


def _fault_of(name: str) -> str | None:
    """What is wrong with a name, in words; None when nothing is."""
    bad = _BAD.search(name)
    if bad is not None:
        return f"{_shown(name)} holds {bad.group()!r}, which no name on every system may hold"
    if any("\ud800" <= character <= "\udfff" for character in name):
        return "it holds half a character, which cannot be written in UTF-8"
    if not name.strip() or len(name.encode()) > MAX_NAME_BYTES:
        return f"it takes {len(name.encode())} bytes in UTF-8; from 1 to {MAX_NAME_BYTES} are possible, not all blank"
    if name.startswith((".", " ")) or name.endswith((".", " ")):
        return f"{name!r} begins or ends with a dot or a space; leave it out"
    if _DEVICE.fullmatch(name.partition(".")[0].rstrip(" ")):
        return f"{name!r} is reserved on some systems; choose another"
    return None


def _fault_of_folder(folder: str) -> str | None:
    if folder.startswith(("/", "\\", "~")) or re.match(r"[A-Za-z]:", folder):
        return f"{_shown(folder)} is absolute; name a folder below the library root, such as flux/styles"
    parts = folder.removesuffix("/").split("/")
    if len(parts) > MAX_DEPTH:
        return f"{len(parts)} folders deep; at most {MAX_DEPTH} are possible"
    if any(part in ("", ".", "..") for part in parts):
        return "empty parts, '.' and '..' lead elsewhere; leave them out"
    return next(filter(None, map(_fault_of, parts)), None)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:80]}…")


def _refuse_taken(target: Path, besides: dict[Path, Path]) -> None:
    """Raise Conflict when another model, or what would be taken for a companion, has one of the names."""
    taken = next((one for one in claimed(target.parent, target.stem) if one not in besides), None)
    if taken is not None:
        raise Conflict(f"{target.stem!r} is taken: {taken.name} is there already; choose another name", code="taken")


def _refuse_leading_elsewhere(old: Path, new: Path) -> None:
    """A link that says where it leads from its own folder would lead elsewhere from another one."""
    if old.is_symlink() and old.parent != new.parent and not old.readlink().is_absolute():
        raise Conflict(f"{old.name} is a link that leads from its own folder; move what it leads to", code="link")


def _sidecar_renamed(old: Path, renamed: dict[Path, Path], source: Path) -> bytes | None:
    """A sidecar's content with the new names; None when it is none, cannot be read, or names nothing that changes."""
    if not old.name.lower().endswith(SIDECAR) or old.is_symlink() or old.stat().st_size > MAX_SIDECAR_BYTES:
        return None
    raw = old.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
        told = json.loads(text)
        if not isinstance(told, dict):
            return None
        names = {before.name: after for before, after in renamed.items()}
        after = told | {key: _renamed(told[key], names, source) for key in _OWN_NAMES if key in told}
        if after == told:
            return None
        return json.dumps(after, ensure_ascii=False, indent=_indent_of(text)).encode()
    except (ValueError, RecursionError):
        return None


def _renamed(told: Any, names: dict[str, Path], source: Path) -> Any:
    """A name or path in a sidecar, as it is now; what names no file of the model stays."""
    if not isinstance(told, str) or "://" in told:
        return told
    separator = max(told.rfind("/"), told.rfind("\\"))
    last = told[separator + 1 :]
    if separator < 0 and last == source.stem:
        return names[source.name].stem
    target = names[source.name]
    after = names.get(last)
    if after is None and is_called_after(last, source.stem):  # of a preview that is not there any more
        after = target.with_name(target.stem + suffix_of(Path(last), source.stem))
    if after is None:
        return told
    return after.name if separator < 0 else after.as_posix()


def _indent_of(text: str) -> int | None:
    """How far a JSON text is indented, so that it can be written as it was."""
    found = re.match(r"\{\s*?\n( *)\S", text)
    return len(found.group(1)) if found else None
