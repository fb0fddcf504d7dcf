"""Files that change their names together, all or none: written down before the first, finished or undone after a crash.

Every change has a manifest, kept in `.changes/<id>` below a root until nothing is left to do. Files that wait, to be
removed or to get their names, lie in `.changes/<id>` beside the folder that they came from or go to: hidden, under
numbers, on the same disk.
"""

from __future__ import annotations

import errno
import json
import logging
import os
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path

from app.library.disk import Disk, move, put
from app.library.manifest import CHANGES, MANIFEST, Manifest, as_json, from_json, waiting_in

log = logging.getLogger("app.library")

MAX_MANIFEST_BYTES = 64 * 1024 * 1024


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
        put(self.disk, manifest.folder / MANIFEST, json.dumps(as_json(manifest)).encode())

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
        known = list(roots)
        begun = [root for root in known if os.path.lexists(root / CHANGES)]
        if not begun:
            return []
        inside = [root.resolve() for root in known]
        found: list[Manifest] = []
        for root in dict.fromkeys(root.resolve() for root in begun):
            with suppress(OSError):
                self.disk.remove_folder(root / CHANGES)
            with suppress(FileNotFoundError, NotADirectoryError):
                for folder in sorted((root / CHANGES).iterdir()):
                    manifest = self._read(root, folder.name)
                    if manifest is not None and manifest.owner == owner():
                        if all(lies_in(path, inside) for path in {path.parent for path in manifest.paths}):
                            found.append(manifest)
                        else:
                            log.error("the change %s leads out of the library; it is left alone", manifest.folder)
        return found

    def _read(self, root: Path, name: str) -> Manifest | None:
        """The manifest of a change; None when there is none. A change without one has not begun, and is forgotten."""
        folder = waiting_in(root, name)
        try:
            with (folder / MANIFEST).open("rb") as file:
                return from_json(name, root, json.loads(file.read(MAX_MANIFEST_BYTES)))
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


def lies_in(folder: Path, roots: Iterable[Path]) -> bool:
    """Whether a folder, wherever links lead, is one of these resolved ones or below one."""
    try:
        real = folder.resolve()
    except (RuntimeError, OSError):  # links in a circle
        return False
    return any(real.is_relative_to(root) for root in roots)
