"""The disk's faults in words: full, not permitted, anything else."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.downloads.faults import TransferFailed

CODES = frozenset({"no_space", "no_permission", "disk_failed"})


@contextmanager
def disk_faults_told() -> Iterator[None]:
    """Tell an OSError as TransferFailed: no_space, no_permission or disk_failed."""
    try:
        yield
    except OSError as error:
        where = Path(error.filename).name if error.filename else "the models folder"
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise TransferFailed("no_space", "the disk is full; free some space and retry") from error
        if isinstance(error, PermissionError) or error.errno == errno.EROFS:
            raise TransferFailed("no_permission", f"the studio may not write {where}; permit it and retry") from error
        raise TransferFailed("disk_failed", f"{where} cannot be written: {error.strerror}") from error


def check_free(folder: Path, needed_bytes: int, *, keep_free_bytes: int, what: str) -> None:
    """Raise TransferFailed no_space when `needed_bytes` more would leave less free than is to be kept.

    what: takes the room, as in "the file takes 1,000 bytes". Raises OSError where the disk cannot be asked.
    """
    free = shutil.disk_usage(folder).free
    if free - needed_bytes < keep_free_bytes:
        stays = f", of which {keep_free_bytes:,} are to stay free" if keep_free_bytes else ""
        raise TransferFailed("no_space", f"{what} and the disk has {free:,}{stays}; free some space and retry")
