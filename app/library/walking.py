"""What lies on the disk: the model files below a kind's roots, each once, however many links lead to it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from app.library.sidecars import FURTHER, MOVING, SIDECARS, STILL
from app.model_files import SUFFIXES

Key = tuple[str, str, str]

# A sidecar's suffix in two: what stands before its last dot, and what follows.
_SIDECARS = [(suffix, suffix[: suffix.rindex(".")], suffix[suffix.rindex(".") :]) for suffix in SIDECARS]
_NEIGHBOURLY = frozenset((*STILL, *FURTHER, *MOVING, *(end for _, _, end in _SIDECARS)))


class Found(NamedTuple):
    """A model file on disk, and what lies beside it.

    root: as it is called; folder: below it, with '/'. size_bytes, mtime_ns: as the disk says now. preview: its
    name. sidecar_stamp: another one whenever one of its sidecars is; empty when there is none.
    """

    root: str
    folder: str
    name: str
    size_bytes: int
    mtime_ns: int
    preview: str | None
    sidecar_stamp: str

    @property
    def key(self) -> Key:
        return self.root, self.folder, self.name

    @property
    def file(self) -> str:
        return _below(self.folder, self.name)

    @property
    def path(self) -> Path:
        return Path(self.root, self.folder, self.name)

    @property
    def stem(self) -> str:
        return self.name.rpartition(".")[0]

    def is_still_there(self) -> bool:
        """Whether the file is as it was found."""
        try:
            status = self.path.stat()
        except OSError:
            return False
        return (status.st_size, status.st_mtime_ns) == (self.size_bytes, self.mtime_ns)


@dataclass(frozen=True)
class Told:
    """Something about a file that a person should know. file: below its root; why: in words."""

    file: str
    why: str


@dataclass
class Walk:
    """What a walk has met. unlisted: folders that nobody may look into, as (root, folder).

    files_seen: by device and inode.
    """

    found: list[Found] = field(default_factory=list)
    unreadable: list[Told] = field(default_factory=list)
    unlisted: list[tuple[str, str]] = field(default_factory=list)
    files_seen: set[tuple[int, int]] = field(default_factory=set)

    def has_met(self, path: Path) -> bool:
        """Whether a file was met, under whichever of its names."""
        try:
            status = path.stat()
        except OSError:
            return False
        return (status.st_dev, status.st_ino) in self.files_seen

    def could_not_see(self, key: Key) -> bool:
        """Whether a file lies where nobody could look."""
        root, folder, _ = key
        return any(
            root == of and (not above or folder == above or folder.startswith(f"{above}/"))
            for of, above in self.unlisted
        )


def walk(roots: Sequence[str]) -> Walk:
    """Go through the roots of a kind. Hidden files and folders are somebody else's: bins, caches, what is unfinished.

    Links are followed after everything else and in the order of their names, so that a file is found where it lies.
    """
    walker = _Walker()
    for root in roots:
        walker.go_through(root, "")
    while walker.links:
        walker.links.sort(reverse=True)
        walker.go_through(*walker.links.pop())
    walker.take_links()
    return walker.walk


def found_at(path: Path, root: str) -> Found:
    """A single file below a root as the disk has it. Raises OSError when it is gone or may not be looked at."""
    status = path.stat()
    folder = path.parent.relative_to(root).as_posix()
    with os.scandir(path.parent) as entries:
        beside = _Beside(entry for entry in entries if entry.name.startswith(path.stem))
    return _found(root, "" if folder == "." else folder, path.name, status, beside)


class _Beside:
    """What lies in a folder, as far as it goes with models. Asked 100,000 times in a scan: by few look-ups each."""

    def __init__(self, entries: Iterable[os.DirEntry[str]]) -> None:
        self.models: list[os.DirEntry[str]] = []
        self._stems: set[str] = set()
        self._neighbours: dict[str, dict[str, os.DirEntry[str]]] = {}
        for entry in entries:
            name = entry.name
            dot = name.rfind(".")
            suffix = name[dot:].lower()
            if dot <= 0:
                continue
            if suffix in SUFFIXES:
                self.models.append(entry)
                self._stems.add(name[:dot])
            elif suffix in _NEIGHBOURLY:
                self._neighbours.setdefault(name[:dot], {})[suffix] = entry

    def preview_of(self, stem: str) -> str | None:
        """The name of a model's preview. `a.preview.png` belongs to a model `a.preview` where there is one."""
        own = self._neighbours.get(stem)
        further = None if f"{stem}.preview" in self._stems else self._neighbours.get(f"{stem}.preview")
        if own is None and further is None:
            return None
        for suffixes, entries in ((STILL, own), (FURTHER, further), (MOVING, own)):
            for suffix in suffixes if entries else ():
                found = entries.get(suffix) if entries else None
                if found is not None:
                    return found.name if found.is_file() else None
        return None

    def stamp_of(self, stem: str) -> str:
        stamps = []
        for suffix, middle, end in _SIDECARS:
            entries = self._neighbours.get(stem + middle)
            entry = entries.get(end) if entries else None
            if entry is not None and entry.name == stem + suffix:
                try:
                    status = entry.stat()
                except OSError:
                    stamps.append(f"{suffix}:?")
                else:
                    stamps.append(f"{suffix}:{status.st_mtime_ns}:{status.st_size}")
        return " ".join(stamps)


class _Walker:
    def __init__(self) -> None:
        self.walk = Walk()
        self.links: list[tuple[str, str]] = []
        self._linked_files: list[tuple[str, str, str, _Beside]] = []
        self._folders_seen: set[tuple[int, int]] = set()

    def go_through(self, root: str, folder: str) -> None:
        waiting = [folder]
        while waiting:
            folder = waiting.pop()
            path = Path(root, folder)
            try:
                status = path.stat()
                if (status.st_dev, status.st_ino) in self._folders_seen:
                    continue
                self._folders_seen.add((status.st_dev, status.st_ino))
                with os.scandir(path) as entries:
                    seen = [entry for entry in entries if entry.name[0] != "."]
                waiting += self._look_at(root, folder, seen)
            except (FileNotFoundError, NotADirectoryError):
                continue  # removed meanwhile, or a link that leads nowhere
            except OSError as error:
                self.walk.unlisted.append((root, folder))
                self._tell(folder or ".", error.strerror or "it cannot be listed")

    def take_links(self) -> None:
        """The files that are links, unless what they lead to has been found."""
        for root, folder, name, beside in sorted(self._linked_files, key=lambda link: link[:3]):
            try:
                status = Path(root, folder, name).stat()
            except OSError:
                continue  # it leads nowhere
            if (status.st_dev, status.st_ino) not in self.walk.files_seen:
                self.walk.files_seen.add((status.st_dev, status.st_ino))
                self.walk.found.append(_found(root, folder, name, status, beside))

    def _look_at(self, root: str, folder: str, entries: Sequence[os.DirEntry[str]]) -> list[str]:
        """Take in a folder's models; answers the folders in it."""
        below: list[str] = []
        for entry in entries:
            if _is_folder(entry) and self._is_legible(folder, entry.name):
                inner = _below(folder, entry.name)
                if entry.is_symlink():
                    self.links.append((root, inner))
                else:
                    below.append(inner)
        beside = _Beside(entries)
        for entry in beside.models:
            if self._is_legible(folder, entry.name):
                self._take(root, folder, entry, beside)
        return below

    def _take(self, root: str, folder: str, entry: os.DirEntry[str], beside: _Beside) -> None:
        if entry.is_symlink():
            self._linked_files.append((root, folder, entry.name, beside))
        else:
            try:
                if not entry.is_file():
                    return
                status = entry.stat()
            except FileNotFoundError:
                return  # removed meanwhile
            except OSError as error:
                self.walk.unlisted.append((root, folder))
                self._tell(_below(folder, entry.name), error.strerror or "it cannot be looked at")
                return
            self.walk.files_seen.add((status.st_dev, status.st_ino))
            self.walk.found.append(_found(root, folder, entry.name, status, beside))

    def _is_legible(self, folder: str, name: str) -> bool:
        try:
            name.isascii() or name.encode()
        except UnicodeEncodeError:
            self._tell(_below(folder, name), "its name is not UTF-8; rename it")
            return False
        return True

    def _tell(self, file: str, why: str) -> None:
        self.walk.unreadable.append(Told(os.fsencode(file).decode("utf-8", "replace"), why))


def _found(root: str, folder: str, name: str, status: os.stat_result, beside: _Beside) -> Found:
    stem = name.rpartition(".")[0]
    size, time = status.st_size, status.st_mtime_ns
    return Found(root, folder, name, size, time, beside.preview_of(stem), beside.stamp_of(stem))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # links in a circle
        return False


def _below(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder else name
