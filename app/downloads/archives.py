"""Packages of models: unpacked flat, all or nothing, and refused whole at the first sign of a trap.

Flat memory: members are copied in chunks, and what a package says of itself is read within a budget.
"""

from __future__ import annotations

import gzip
import re
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, NoReturn, cast

from app.downloads.budget import Budgeted, OverBudget
from app.downloads.faults import TransferFailed
from app.downloads.names import safe_file_name
from app.model_files import is_model_file

ZIP = (".zip",)
TAR = (".tar", ".tar.gz", ".tgz")

MAX_ENTRIES = 1_000
MAX_TOTAL_BYTES = 200 * 1024**3
# Weights hardly shrink: what grows twentyfold holds no model. Small packages may be all zeros.
MAX_RATIO = 20
ALWAYS_BYTES = 8 * 1024 * 1024
# All that model hubs use. Another one may ask for gigabytes of memory by a number in its header.
PACKINGS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
MAX_PADDING_BYTES = 16 * 1024 * 1024
CHUNK_BYTES = 256 * 1024

BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
)


@dataclass(frozen=True)
class Unpacked:
    """A model out of a package. name: safe, and no other's of the same package."""

    path: Path
    name: str


@dataclass(frozen=True)
class _Entry:
    """A package's entry. fault: why it is no plain file or folder; None when it is one."""

    name: str
    size_bytes: int
    is_folder: bool
    fault: str | None


def is_archive(name: str) -> bool:
    """Whether a file of this name is unpacked."""
    return name.lower().endswith(ZIP + TAR)


def unpack(package: Path, name: str, folder: Path, *, make_room: Callable[[int], None]) -> list[Unpacked]:
    """The models in a package, copied into `folder` (which exists, and is the caller's to remove) under numbers.

    name: the package's, whose suffix says what it is. make_room: told how many bytes are about to be copied; raises
    when there is no room for them. Raises TransferFailed: unsafe_archive for paths that lead
    elsewhere, links, devices, encrypted entries, absurd expansion and names that collide; not_a_model for one
    without a model; broken_file for one that cannot be read. OSError is the disk's.
    """
    with _told(name), package.open("rb") as file:
        if name.lower().endswith(ZIP):
            return _from_zip(file, package.stat().st_size, name, folder, make_room)
        return _from_tar(file, package.stat().st_size, name, folder, make_room)


class _Inspection:
    """What all kinds of packages are held to, entry by entry; the models found so far."""

    def __init__(self, name: str, size_bytes: int, folder: Path) -> None:
        self._name = name
        self._limit_bytes = min(MAX_TOTAL_BYTES, max(ALWAYS_BYTES, size_bytes * MAX_RATIO))
        self._folder = folder
        self._entries = 0
        self._total_bytes = 0
        self._names: set[str] = set()

    def admit(self, entry: _Entry) -> Unpacked | None:
        """Where to copy an entry; None for one that is no model. Raises TransferFailed for a trap."""
        self._entries += 1
        self._total_bytes += entry.size_bytes
        if self._entries > MAX_ENTRIES:
            self._refuse(f"it has more than {MAX_ENTRIES:,} entries")
        if self._total_bytes > self._limit_bytes:
            self._refuse(f"it would grow beyond {self._limit_bytes:,} bytes")
        fault = entry.fault or _fault_of_path(entry.name)
        if fault is not None:
            self._refuse(f"its entry {entry.name[:100]!r} {fault}")
        last = safe_file_name(entry.name)
        # The marks that macOS leaves beside every file carry its name and none of its weights.
        if entry.is_folder or not is_model_file(last) or entry.name.rpartition("/")[2].startswith("._"):
            return None
        if last.casefold() in self._names:
            self._refuse(f"two of its models would be called {last!r}")
        self._names.add(last.casefold())
        return Unpacked(self._folder / str(len(self._names)), last)

    def checked(self, found: list[Unpacked]) -> list[Unpacked]:
        """The models found. Raises TransferFailed for none."""
        if not found:
            raise TransferFailed("not_a_model", f"{self._name} was not kept: it holds no model")
        return found

    def _refuse(self, why: str) -> NoReturn:
        raise TransferFailed("unsafe_archive", f"{self._name} was not kept: {why}")


def _from_zip(
    file: IO[bytes], size_bytes: int, name: str, folder: Path, make_room: Callable[[int], None]
) -> list[Unpacked]:
    inspection = _Inspection(name, size_bytes, folder)
    budgeted = Budgeted(file)
    with zipfile.ZipFile(budgeted) as package:
        # All of them before the first is copied: a trap at the end costs nothing.
        members = [(info, inspection.admit(_entry_of_zip(info))) for info in package.infolist()]
        make_room(sum(info.file_size for info, target in members if target is not None))
        found = []
        for info, target in members:
            if target is not None:
                budgeted.renew()
                with package.open(info) as member:
                    _copy(member, target.path, info.file_size, budgeted.renew)
                found.append(target)
    return inspection.checked(found)


def _from_tar(
    file: IO[bytes], size_bytes: int, name: str, folder: Path, make_room: Callable[[int], None]
) -> list[Unpacked]:
    inspection = _Inspection(name, size_bytes, folder)
    found = []
    packed = name.lower().endswith("gz")
    with cast(IO[bytes], gzip.GzipFile(fileobj=file)) if packed else file as plain:
        budgeted = Budgeted(plain)
        with tarfile.TarFile(fileobj=budgeted) as package:
            # In one pass: going back in a packed stream would unpack it once more for every member.
            for info in package:
                budgeted.renew()
                target = inspection.admit(_entry_of_tar(info))
                member = package.extractfile(info) if target is not None else None
                if target is not None and member is not None:
                    make_room(info.size)
                    _copy(member, target.path, info.size, budgeted.renew)
                    found.append(target)
                budgeted.renew()
            _check_end(package, budgeted, plain if packed else None)
    return inspection.checked(found)


def _check_end(package: tarfile.TarFile, budgeted: Budgeted, packed: IO[bytes] | None) -> None:
    """Raise EOFError unless a tar ends where it says so: its reader takes a broken entry for the end as well.

    packed: the stream it came in, whose own sum stands at its very end; None when it was not packed.
    """
    budgeted.renew()
    budgeted.seek(package.offset)
    if budgeted.read(tarfile.BLOCKSIZE) != bytes(tarfile.BLOCKSIZE):
        raise EOFError("an entry is damaged, or the end is missing")
    left = MAX_PADDING_BYTES
    while packed is not None and (chunk := packed.read(CHUNK_BYTES)):
        left -= len(chunk)
        if left < 0:
            raise OverBudget(f"more than {MAX_PADDING_BYTES:,} bytes follow its end")


def _entry_of_zip(info: zipfile.ZipInfo) -> _Entry:
    fault = None
    form = stat.S_IFMT(info.external_attr >> 16)
    if info.flag_bits & 0x1:
        fault = "is encrypted"
    elif info.compress_type not in PACKINGS:
        fault = "is packed in another way than deflate"
    elif form not in (0, stat.S_IFREG, stat.S_IFDIR):
        fault = "is a link or a device"
    # The name as it was written: zipfile's own ends at a NUL.
    return _Entry(info.orig_filename, info.file_size, info.is_dir(), fault)


def _entry_of_tar(info: tarfile.TarInfo) -> _Entry:
    fault = None
    if info.issparse() or info.size < 0:
        fault = "has holes"
    elif not (info.isreg() or info.isdir()):
        fault = "is a link or a device"
    return _Entry(info.name, info.size, info.isdir(), fault)


def _fault_of_path(name: str) -> str | None:
    """What is wrong with an entry's path, in words. A backslash parts it as well: some systems read it so."""
    parts = re.split(r"[/\\]", name)
    if "\0" in name:
        return "holds NUL"
    if not parts[0] or re.match(r"[A-Za-z]:", name):
        return "has an absolute path"
    return "leads out of its folder" if ".." in parts else None


def _copy(member: IO[bytes], path: Path, size_bytes: int, renew: Callable[[], None]) -> None:
    """Copy a member in chunks. Raises EOFError when it is shorter or longer than its entry says."""
    copied = 0
    with path.open("xb") as file:
        while chunk := member.read(CHUNK_BYTES):
            renew()
            copied += len(chunk)
            if copied > size_bytes:
                break
            file.write(chunk)
    if copied != size_bytes:
        raise EOFError(f"{copied} bytes where {size_bytes} were announced")


@contextmanager
def _told(name: str) -> Iterator[None]:
    try:
        yield
    except OverBudget as error:
        raise TransferFailed("unsafe_archive", f"{name} was not kept: {error}") from error
    except BROKEN as error:
        raise TransferFailed("broken_file", f"{name} was not kept: it cannot be unpacked ({error})") from error
    except (ValueError, RuntimeError, IndexError, OverflowError, RecursionError) as error:
        # What the readers let through when numbers or names in a header are nonsense.
        raise TransferFailed("broken_file", f"{name} was not kept: its entries cannot be read") from error
