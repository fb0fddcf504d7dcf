"""A file that is read within a budget, so that a header which claims to be endless is not believed."""

from __future__ import annotations

import io
from typing import IO

BUDGET_BYTES = 2 * 1024 * 1024


class OverBudget(Exception):
    """More was to be read, between two renewals, than a package's own description ever takes."""


class Budgeted(io.RawIOBase):
    """`file`, of which at most `budget_bytes` are read until `renew` is called. Closing it leaves `file` open."""

    def __init__(self, file: IO[bytes], *, budget_bytes: int = BUDGET_BYTES) -> None:
        super().__init__()
        self._file = file
        self._budget_bytes = self._left = budget_bytes

    def renew(self) -> None:
        self._left = self._budget_bytes

    def read(self, size: int | None = -1, /) -> bytes:
        """At most `size` bytes. Raises OverBudget before more is held in memory."""
        wanted = self._left + 1 if size is None or size < 0 else size
        if wanted > self._left + 1:
            raise OverBudget(f"its description takes more than {self._budget_bytes:,} bytes")
        data = self._file.read(wanted)
        self._left -= len(data)
        if self._left < 0:
            raise OverBudget(f"its description takes more than {self._budget_bytes:,} bytes")
        return data

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True
