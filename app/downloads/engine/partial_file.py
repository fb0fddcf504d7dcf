"""The partial file on disk: made as large as the whole, written at any place, flushed beside the transfer."""

from __future__ import annotations

import contextlib
import errno
import os
import threading
from pathlib import Path
from time import monotonic

from app.downloads.disk_faults import check_free, disk_faults_told
from app.downloads.faults import PassingFault
from app.downloads.stop import Stop

FIRST_ALLOCATED_BYTES = 8 * 1024 * 1024
ALLOCATED_WITHIN_SECONDS = 0.005
OPENED_AT_MOST = 100
DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
NOT_SUPPORTED = frozenset({errno.EOPNOTSUPP, errno.EINVAL, errno.ENOSYS})


class PartialFile:
    """An open partial file. Every fault of the disk is told as TransferFailed; a disk that is full by now, as

    PassingFault: what is there stays, and goes on once there is room.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with disk_faults_told():
            self._handle = _open(path)

    def close(self) -> None:
        os.close(self._handle)

    @property
    def size_bytes(self) -> int:
        with disk_faults_told():
            return os.fstat(self._handle).st_size

    def check_room(self, total: int, *, keep_free_bytes: int) -> None:
        """Raise TransferFailed no_space when `total` bytes would leave less free than is to be kept."""
        with disk_faults_told():
            # What an earlier attempt has allocated is not taken a second time.
            missing = max(total - os.fstat(self._handle).st_blocks * 512, 0)
            self._check(missing, total, keep_free_bytes)

    def check_free(self, keep_free_bytes: int) -> None:
        """Raise TransferFailed no_space when less is free than is to be kept, for a file of unknown length."""
        with disk_faults_told():
            self._check(0, self.size_bytes, keep_free_bytes)

    def _check(self, missing: int, total: int, keep_free_bytes: int) -> None:
        what = f"the file takes {total:,} bytes"
        check_free(self.path.parent, missing, keep_free_bytes=keep_free_bytes, what=what)

    def make_room(self, total: int, *, keep_free_bytes: int, stop: Stop) -> None:
        """Be `total` bytes long. Raises TransferFailed as `check_room` does, Stopped."""
        self.check_room(total, keep_free_bytes=keep_free_bytes)
        with disk_faults_told():
            os.ftruncate(self._handle, total)
            self._allocate(total, stop)

    def empty(self) -> None:
        with disk_faults_told():
            os.ftruncate(self._handle, 0)

    def write(self, view: memoryview, at: int) -> None:
        """Put all of `view` at byte `at`."""
        try:
            while view:
                written = os.pwrite(self._handle, view, at)
                view, at = view[written:], at + written
        except OSError as error:
            if error.errno in DISK_FULL:
                raise PassingFault("no_space", "the disk is full; free some space and it goes on") from error
            with disk_faults_told():
                raise

    def read_into(self, view: memoryview, at: int) -> int:
        with disk_faults_told():
            return os.preadv(self._handle, [view], at)

    def flush(self) -> Flush:
        """Begin to put everything that was written so far onto the disk."""
        return Flush(os.dup(self._handle))

    def _allocate(self, total: int, stop: Stop) -> None:
        """Take the disk's room now, so that it does not fill up midway, where that takes but a moment.

        Disks that keep extents do it at once. Others write zeros, or allocate each page, in minutes: there the check
        must do. Before anything is written: zeros might overwrite it.
        """
        if not hasattr(os, "posix_fallocate"):
            return
        began, start, step = monotonic(), 0, FIRST_ALLOCATED_BYTES
        while start < total and monotonic() - began < ALLOCATED_WITHIN_SECONDS:
            stop.check()
            try:
                os.posix_fallocate(self._handle, start, min(step, total - start))
            except OSError as error:
                if error.errno in NOT_SUPPORTED:
                    return
                raise
            start, step = start + step, step * 2


class Flush:
    """A flush under way, on a thread of its own: it takes what it takes, and nobody has to wait for it."""

    def __init__(self, handle: int) -> None:
        self.done = threading.Event()
        self.fault: OSError | None = None
        self._handle = handle
        threading.Thread(target=self._run, name="download-disk", daemon=True).start()

    def wait(self, stop: Stop) -> None:
        """Raises TransferFailed for the disk's fault, Stopped at once."""
        with stop.calling(self.done.set):
            self.done.wait()
        stop.check()
        if self.fault is not None:
            with disk_faults_told():
                raise self.fault

    def _run(self) -> None:
        try:
            os.fsync(self._handle)
        except OSError as error:
            self.fault = error
        os.close(self._handle)
        self.done.set()


def remove(path: Path) -> None:
    """Take a partial file's name away at once, and its folder when that is empty then.

    Its room is freed meanwhile, which takes long with many gigabytes: until the last handle is closed, only the
    name has gone. The folder first, because removing it would wait for what is being freed there.
    """
    handle: int | None = None
    with disk_faults_told():
        with contextlib.suppress(FileNotFoundError):
            handle = os.open(path, os.O_RDONLY | getattr(os, "O_CLOEXEC", 0))
        path.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        path.parent.rmdir()
    if handle is not None:
        threading.Thread(target=os.close, args=(handle,), name="download-disk", daemon=True).start()


def _open(path: Path) -> int:
    for _ in range(OPENED_AT_MOST):
        # Another download may remove the folder, while it is empty, in the middle of either call.
        with contextlib.suppress(FileExistsError):
            path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            return _open_once(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    return _open_once(path)


def _open_once(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o644)
