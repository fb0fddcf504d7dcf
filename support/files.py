"""Files written in the background: evidence costs a scenario no waiting for the disk."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path


class Files:
    """Writes files in the order in which they are given, on one thread.

    A name that was written once is not written again: names of evidence are made from its content.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="files")
        self._pending: list[Future[int]] = []
        self._written: set[Path] = set()
        # The thread is there before the first scenario, so that no scenario is taken for its owner.
        self._thread.submit(lambda: 0).result()

    def write(self, path: Path, content: bytes) -> None:
        if path not in self._written:
            self._written.add(path)
            self._pending.append(self._thread.submit(path.write_bytes, content))

    def close(self) -> None:
        """Wait until everything is written. Raises OSError for the first file that could not be."""
        self._thread.shutdown()
        for written in self._pending:
            written.result()
