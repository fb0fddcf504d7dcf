"""SQLite's full text search as it comes, for what it costs without us."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self


class Fts5Alone:
    """Four columns of texts, its own tokenizer, each word of a search the beginning of a word."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def build(self, texts: Iterable[Sequence[str]]) -> None:
        with self._connection:
            self._connection.execute("DROP TABLE IF EXISTS words")
            self._connection.execute("CREATE VIRTUAL TABLE words USING fts5(title, tags, loras, prompt)")
            self._connection.executemany("INSERT INTO words VALUES (?, ?, ?, ?)", texts)

    def search(self, words: Sequence[str], size: int) -> tuple[int, list[int]]:
        """How many there are, and the numbers of the newest."""
        match = " AND ".join(f'"{word}" *' for word in words)
        (count,) = self._connection.execute("SELECT count(*) FROM words WHERE words MATCH ?", (match,)).fetchone()
        page = "SELECT rowid FROM words WHERE words MATCH ? ORDER BY rowid DESC LIMIT ?"
        return count, [number for (number,) in self._connection.execute(page, (match, size))]
