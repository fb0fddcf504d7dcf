"""What is written down of a change of files: which of them move from where to where, and how each is known again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

CHANGES = ".changes"
MANIFEST = "manifest.json"


class Phase(StrEnum):
    """How far a change is.

    PREPARING: no file has another name yet. RESTORING: a deletion is being undone. DONE: it took place, whatever the
    catalogue says by now, and what is left of it could not be removed.
    """

    PREPARING = "preparing"
    MOVING = "moving"
    RESTORING = "restoring"
    DONE = "done"


@dataclass(frozen=True)
class Mark:
    """What tells a file from another one under its name: two of them are one file's when a number says so."""

    inode: int
    size_bytes: int
    mtime_ns: int

    @classmethod
    def of(cls, path: Path) -> Mark:
        """Of a link: its own. Raises OSError."""
        status = path.lstat()
        return cls(status.st_ino, status.st_size, status.st_mtime_ns)

    def is_on(self, path: Path) -> bool:
        return self.likeness(path) > 0

    def likeness(self, path: Path) -> int:
        """How surely the file is there: 2 by its number, 1 by its size and time alone, 0 not at all.

        Another program may write into a file, and some disks number their files anew.
        """
        try:
            there = Mark.of(path)
        except OSError:
            return 0
        if there.inode == self.inode:
            return 2
        return int((there.size_bytes, there.mtime_ns) == (self.size_bytes, self.mtime_ns))


@dataclass(frozen=True)
class Move:
    """A file that gets another name on its disk."""

    source: Path
    target: Path
    mark: Mark

    @classmethod
    def of(cls, source: Path, target: Path) -> Move:
        """Raises OSError when there is no file at `source`."""
        return cls(source, target, Mark.of(source))

    @property
    def has_happened(self) -> bool:
        """Whether the file has its new name; it may have both, when the move was cut short."""
        target, source = self.mark.likeness(self.target), self.mark.likeness(self.source)
        return target > source or (target == source == 2)

    @property
    def is_lost(self) -> bool:
        """Whether the file is at neither place."""
        return not self.mark.is_on(self.target) and not self.mark.is_on(self.source)

    @property
    def is_occupied(self) -> bool:
        """Whether somebody else has the file's old name."""
        there = self.source.is_symlink() or self.source.exists()
        return there and self.mark.likeness(self.source) < max(self.mark.likeness(self.target), 1)


@dataclass(frozen=True)
class Manifest:
    """One change, as it is written down.

    root: below which it is written down. owner: the studio that makes it; others leave it alone. before, after: what
    the catalogue says of the models, ready for JSON; nothing after: they are deleted. moves: in their order; spent:
    files that are removed once the catalogue has changed. folders: where files wait; made: folders that were made
    for it. undo_until: of a deletion.
    """

    id: str
    root: Path
    owner: str
    phase: Phase
    before: tuple[dict[str, Any], ...] = ()
    after: tuple[dict[str, Any], ...] = ()
    moves: tuple[Move, ...] = ()
    spent: tuple[tuple[Path, Mark], ...] = ()
    folders: tuple[Path, ...] = ()
    made: tuple[Path, ...] = ()
    undo_until: datetime | None = None

    @property
    def folder(self) -> Path:
        return waiting_in(self.root, self.id)

    @property
    def paths(self) -> Iterator[Path]:
        """Every path that the change may touch."""
        for one in self.moves:
            yield one.source
            yield one.target
        yield from (path for path, _ in self.spent)
        yield from (folder / MANIFEST for folder in (self.folder, *self.folders, *self.made))


def waiting_in(folder: Path, change_id: str) -> Path:
    """Where the files of a change wait, on the disk of `folder`."""
    return folder / CHANGES / change_id


def as_json(manifest: Manifest) -> dict[str, Any]:
    """A manifest, ready for JSON; its id and its root are told by where it lies."""
    return {
        "owner": manifest.owner,
        "phase": manifest.phase,
        "before": manifest.before,
        "after": manifest.after,
        "moves": [[str(one.source), str(one.target), *_numbers(one.mark)] for one in manifest.moves],
        "spent": [[str(path), *_numbers(mark)] for path, mark in manifest.spent],
        "folders": [str(folder) for folder in manifest.folders],
        "made": [str(folder) for folder in manifest.made],
        "undo_until": manifest.undo_until and manifest.undo_until.isoformat(),
    }


def from_json(change_id: str, root: Path, kept: dict[str, Any]) -> Manifest:
    """A manifest from what `as_json` told. Raises LookupError, ValueError, TypeError for what is none."""
    if not re.fullmatch("[0-9a-f]{32}", change_id):
        raise ValueError("its name is none that the studio gives")
    folders = tuple(map(Path, kept["folders"]))
    if any(folder != waiting_in(folder.parent.parent, change_id) for folder in folders):
        raise ValueError("what it would empty is no folder of its own")
    until = kept["undo_until"]
    return Manifest(
        id=change_id,
        root=root,
        owner=str(kept["owner"]),
        phase=Phase(kept["phase"]),
        before=tuple(kept["before"]),
        after=tuple(kept["after"]),
        moves=tuple(Move(Path(source), Path(target), Mark(*mark)) for source, target, *mark in kept["moves"]),
        spent=tuple((Path(path), Mark(*mark)) for path, *mark in kept["spent"]),
        folders=folders,
        made=tuple(map(Path, kept["made"])),
        undo_until=None if until is None else datetime.fromisoformat(until),
    )


def _numbers(mark: Mark) -> tuple[int, int, int]:
    return mark.inode, mark.size_bytes, mark.mtime_ns
