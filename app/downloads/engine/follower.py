"""The SHA-256 of a file while it is being written: read behind the writers, in order, so that it ends with them."""

from __future__ import annotations

import hashlib

from app.downloads.engine.partial_file import PartialFile
from app.downloads.faults import TransferFailed

# So little that it is still in the processor's cache when it is hashed.
READ_BYTES = 256 * 1024


class Follower:
    """position: how many bytes from the first one on are hashed."""

    def __init__(self, file: PartialFile) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self._buffer = memoryview(bytearray(READ_BYTES))
        self.position = 0

    def follow(self, frontier: int) -> bool:
        """Hash a little of what is there before `frontier`; whether there is more."""
        view = self._buffer[: frontier - self.position]
        if view:
            size = self._file.read_into(view, self.position)
            if size == 0:
                raise TransferFailed("disk_failed", f"{self._file.path.name} has become shorter; retry")
            self._digest.update(view[:size])
            self.position += size
        return self.position < frontier

    def hexdigest(self) -> str:
        return self._digest.hexdigest()
