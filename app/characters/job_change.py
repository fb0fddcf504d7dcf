"""What shall be different in a stored job, and what that takes in the store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import BinaryIO

from app.characters.job_layout import key_of
from app.characters.job_manifest import Asset, Manifest, Version, displaced, sums


@dataclass(frozen=True)
class Supply:
    """New content of one file. open: its bytes, from the beginning."""

    size_bytes: int
    sha256: str
    content_type: str
    open: Callable[[], AbstractContextManager[BinaryIO]]


@dataclass(frozen=True)
class Change:
    """What shall be different. supplies: new contents by path; version: the kept one whose files become the finals.

    removed: paths; keep_finals: whether the finals there are become a version first; metadata: the job's own, None
    leaves it as it is.
    """

    supplies: Mapping[str, Supply] = field(default_factory=dict)
    version: Version | None = None
    removed: frozenset[str] = frozenset()
    keep_finals: bool = False
    metadata: str | None = None


@dataclass(frozen=True)
class Plan:
    """targets: where each new content is put, by path; moves: what gets its place once the change counts.

    removed: paths that are no longer the job's; cleared: the keys of those; direct: keys that are put without waiting.
    """

    targets: Mapping[str, str]
    moves: tuple[tuple[str, str], ...]
    removed: frozenset[str]
    cleared: tuple[str, ...]
    direct: frozenset[str]


def planned(old: Manifest, change: Change, folder: str) -> Plan:
    version = {} if change.version is None else change.version.files
    coming = {*change.supplies, *version}
    removed = (change.removed | displaced(old.files, coming)) - coming
    targets, moves = {}, []
    for number, path in enumerate(sorted(change.supplies)):
        key = key_of(old.job_id, path)
        waits = path in old.files or (removed and bool(displaced(removed, [path])))
        targets[path] = f"{folder}{number}" if waits else key
        if waits:
            moves.append((targets[path], key))
    for path, asset in version.items():
        if path not in old.files or old.files[path].sha256 != asset.sha256:
            moves.append((asset.key, key_of(old.job_id, path)))
    cleared = tuple(sorted(old.files[path].key for path in removed if path in old.files))
    direct = frozenset(targets.values()) - {source for source, _ in moves}
    return Plan(targets, tuple(moves), frozenset(removed), cleared, direct)


def is_new(finals: Mapping[str, Asset], versions: Iterable[Version]) -> bool:
    """Whether there are finals, and no version like them is kept."""
    return bool(finals) and all(version.sums != sums(finals) for version in versions)
