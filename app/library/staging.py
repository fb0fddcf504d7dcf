"""Files that change their names together, all or none: written down before the first, finished or undone after a crash.

Every change has a manifest, kept in `.changes/<id>` below a root until nothing is left to do. Files that wait, to be
removed or to get their names, lie in `.changes/<id>` beside the folder that they came from or go to: hidden, under
numbers, on the same disk.
"""

from __future__ import annotations

import errno
import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

from app.library.disk import Disk, move, put

log = logging.getLogger("app.library")

CHANGES = ".changes"
MANIFEST = "manifest.json"
MAX_MANIFEST_BYTES = 64 * 1024 * 1024


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


class Staging:
    """Changes of files below the library's roots; raises OSError, FileExistsError where a name is taken."""

    def __init__(self, disk: Disk) -> None:
        self.disk = disk

    def begin(self, manifest: Manifest) -> None:
        """Write a change down, before anything of it happens, and make the folders that its files wait in."""
        self._make(manifest.folder)
        self.write(manifest)
        for folder in manifest.made:
            with suppress(FileExistsError):  # somebody else has just made it
                self.disk.make_folder(folder)
        for folder in manifest.folders:
            self._make(folder)

    def write(self, manifest: Manifest) -> None:
        put(self.disk, manifest.folder / MANIFEST, json.dumps(_plain(manifest)).encode())

    def forward(self, manifest: Manifest, *, as_far_as_possible: bool = False) -> None:
        """Every move that has not happened yet; again is no different.

        as_far_as_possible: files that are nowhere any more are passed over.
        """
        moves = [one for one in manifest.moves if not (as_far_as_possible and one.is_lost)]
        for one in moves:
            if not one.has_happened or one.mark.likeness(one.source) == 2:
                move(self.disk, one.source, one.target)
        self._keep_names(one.target.parent for one in moves)

    def backward(self, manifest: Manifest) -> None:
        """Take back every move that has happened, the last one first; again is no different.

        Where one cannot be taken back the others still are, and its error is raised.
        """
        fault: OSError | None = None
        for one in reversed(manifest.moves):
            if one.has_happened:
                try:
                    move(self.disk, one.target, one.source)
                except OSError as error:
                    fault = fault or error
        if fault is not None:
            raise fault
        self._keep_names(one.source.parent for one in manifest.moves)

    def clear(self, manifest: Manifest, *, done: bool) -> None:
        """Remove what nobody needs any more, the manifest last. done: the catalogue says what the change wanted."""
        if done:
            for path, mark in manifest.spent:
                if mark.is_on(path):
                    self.disk.remove(path)
        for folder in manifest.folders:
            if folder != manifest.folder:
                self._empty(folder)
        for folder in () if done else reversed(manifest.made):
            self._remove_if_empty(folder)
        self._empty(manifest.folder)

    def pending(self, roots: Iterable[Path], owner: Callable[[], str]) -> list[Manifest]:
        """The changes of this studio that are not over. What leads out of the roots is none of ours, and left alone."""
        inside = [root.resolve() for root in roots]
        found: list[Manifest] = []
        for root in dict.fromkeys(inside):
            with suppress(OSError):
                self.disk.remove_folder(root / CHANGES)
            with suppress(FileNotFoundError, NotADirectoryError):
                for folder in sorted((root / CHANGES).iterdir()):
                    manifest = self._read(root, folder.name)
                    if manifest is not None and manifest.owner == owner():
                        if all(lies_in(path, inside) for path in manifest.paths):
                            found.append(manifest)
                        else:
                            log.error("the change %s leads out of the library; it is left alone", manifest.folder)
        return found

    def _read(self, root: Path, name: str) -> Manifest | None:
        """The manifest of a change; None when there is none. A change without one has not begun, and is forgotten."""
        folder = waiting_in(root, name)
        try:
            with (folder / MANIFEST).open("rb") as file:
                return _manifest(name, root, json.loads(file.read(MAX_MANIFEST_BYTES)))
        except FileNotFoundError:
            with suppress(OSError):
                if {one.name for one in folder.iterdir()} <= {f".{MANIFEST}.new"}:
                    self._empty(folder)
        except (OSError, ValueError, TypeError, LookupError) as error:
            log.error("the change %s cannot be read and is left alone: %s", folder, error)
        return None

    def _make(self, folder: Path) -> None:
        while not folder.is_dir():
            with suppress(FileExistsError):
                self.disk.make_folder(folder.parent)
            # Another change may have been the last one in there just now.
            with suppress(FileNotFoundError):
                self.disk.make_folder(folder)

    def _empty(self, folder: Path) -> None:
        with suppress(FileNotFoundError):
            # The manifest last: without it nobody would know what the others are.
            for path in sorted(folder.iterdir(), key=lambda path: path.name == MANIFEST):
                self.disk.remove(path)
            self.disk.remove_folder(folder)
        self._remove_if_empty(folder.parent)

    def _remove_if_empty(self, folder: Path) -> None:
        try:
            self.disk.remove_folder(folder)
        except OSError as error:
            # It is not: another change is under way, or somebody has put something there.
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
                raise

    def _keep_names(self, folders: Iterable[Path]) -> None:
        for folder in dict.fromkeys(folders):
            self.disk.keep_names(folder)


def lies_in(path: Path, roots: Iterable[Path]) -> bool:
    """Whether a file's folder, wherever links lead, is one of these resolved folders or below one."""
    try:
        folder = path.parent.resolve()
    except (RuntimeError, OSError):  # links in a circle
        return False
    return any(folder.is_relative_to(root) for root in roots)


def _plain(manifest: Manifest) -> dict[str, Any]:
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


def _manifest(change_id: str, root: Path, kept: dict[str, Any]) -> Manifest:
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
