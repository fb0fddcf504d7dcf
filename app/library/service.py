"""The library: files enter by a download or a scan, and are found by name or by any of their sums."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from app.clock import Clock
from app.database import Database
from app.errors import NotFound
from app.library.hashes import AUTOV2_DIGITS, AUTOV3_DIGITS, SHA256_DIGITS, plain
from app.library.scan import Found, Key, Sums, found_at, model_files, sums_of
from app.library.tables import ModelFile
from app.model_files import BrokenHeader, ModelKind


@dataclass(frozen=True)
class Page:
    items: list[ModelFile]
    total: int


@dataclass(frozen=True)
class Unreadable:
    """A file that is called a model and cannot be used. file: below its kind's folder; why: in words."""

    file: str
    why: str


@dataclass
class ScanReport:
    """found: model files on disk; added, changed, gone: how the index changed to match them."""

    found: int = 0
    added: int = 0
    changed: int = 0
    gone: int = 0
    unreadable: list[Unreadable] = field(default_factory=list)


class Library:
    """The index of the weights on disk. folder_of: where each kind of model lives."""

    def __init__(self, *, database: Database, clock: Clock, folder_of: Callable[[ModelKind], Path]) -> None:
        self._database = database
        self._clock = clock
        self._folder_of = folder_of
        self._scanning = threading.Lock()
        self._writing = threading.Lock()

    def register(self, path: Path, kind: ModelKind, sha256: str) -> ModelFile:
        """Take in a file that has just been stored, whose SHA-256 is known. Raises OSError, BrokenHeader."""
        found = found_at(path, self._folder_of(kind))
        sums = sums_of(path, sha256.lower())
        with self._writing, self._database.session() as session:
            return self._write(session, kind, found, sums, _row_of(session, kind, found.key))

    def scan(self, kind: ModelKind) -> ScanReport:
        """Make the index match the disk; only files of another size or time than before are hashed."""
        report = ScanReport()
        root = self._folder_of(kind)
        with self._scanning:
            with self._database.session() as session:
                known = {_key(row): row for row in session.scalars(_of(kind))}
            met: set[Key] = set()
            fresh: list[tuple[Found, Sums]] = []
            for found in model_files(root):
                report.found += 1
                row = known.get(found.key)
                if row is None or (row.size_bytes, row.mtime_ns) != (found.size_bytes, found.mtime_ns):
                    sums = _try_sums(found, report)
                    if sums is None:
                        continue
                    fresh.append((found, sums))
                met.add(found.key)
            self._update(kind, fresh, met, report)
        return report

    def page(
        self, kind: ModelKind, *, page: int, page_size: int, search: str | None = None, sum_: str | None = None
    ) -> Page:
        """One page of a kind, by name. search: every word is part of the name; an empty one finds nothing.

        sum_: a SHA-256, AutoV2 or AutoV3 in any case; one that is unknown or means several files' contents
        finds nothing.
        """
        query = _of(kind)
        if search is not None:
            words = search.casefold().split()
            if not words:
                return Page([], 0)
            for word in words:
                query = query.where(ModelFile.sought.contains(word, autoescape=True))
        if sum_ is not None:
            query = query.where(ModelFile.id.in_([row.id for row in self.known_as(sum_, kind)]))
        ordered = query.order_by(ModelFile.sought, ModelFile.folder, ModelFile.file_name)
        with self._database.session() as session:
            total = session.scalar(select(func.count()).select_from(query.subquery())) or 0
            items = session.scalars(ordered.limit(page_size).offset((page - 1) * page_size)).all()
        return Page(list(items), total)

    def get(self, kind: ModelKind, model_id: str) -> ModelFile:
        with self._database.session() as session:
            found = session.get(ModelFile, model_id)
        if found is None or found.kind != kind:
            raise NotFound(f"there is no model {model_id!r} among the {kind}; GET /api/lm/{kind} lists them")
        return found

    def known_as(self, sum_: str, kind: ModelKind | None = None) -> list[ModelFile]:
        """The files with this SHA-256, AutoV2 or AutoV3: copies of one content, or none.

        A short sum that files of different content share says nothing about which is meant: none.
        """
        digits = plain(sum_)
        column = {
            SHA256_DIGITS: ModelFile.sha256,
            AUTOV2_DIGITS: ModelFile.autov2,
            AUTOV3_DIGITS: ModelFile.autov3,
        }.get(len(digits))
        if column is None:
            return []
        query = select(ModelFile).where(column == digits).order_by(ModelFile.sought, ModelFile.folder)
        if kind is not None:
            query = query.where(ModelFile.kind == kind)
        with self._database.session() as session:
            found = list(session.scalars(query))
        return found if len({row.sha256 for row in found}) == 1 else []

    def _update(self, kind: ModelKind, fresh: list[tuple[Found, Sums]], met: set[Key], report: ScanReport) -> None:
        with self._writing, self._database.session() as session:
            # Looked up again: a download may have registered a file while this scan was hashing.
            rows = {_key(row): row for row in session.scalars(_of(kind))}
            for found, sums in fresh:
                row = rows.get(found.key)
                if row is None:
                    report.added += 1
                else:
                    report.changed += 1
                self._write(session, kind, found, sums, row)
            broken = {unreadable.file for unreadable in report.unreadable}
            for key, row in rows.items():
                file = "/".join(filter(None, key))
                if key not in met and (file in broken or not (self._folder_of(kind) / file).exists()):
                    session.delete(row)
                    report.gone += 1

    def _write(self, session: Session, kind: ModelKind, found: Found, sums: Sums, row: ModelFile | None) -> ModelFile:
        if row is None:
            row = ModelFile(
                id=uuid.uuid4().hex,
                kind=kind,
                folder=found.folder,
                file_name=found.path.name,
                name=found.path.stem,
                sought=found.path.stem.casefold(),
                added_at=self._clock.now(),
            )
            session.add(row)
        row.size_bytes, row.mtime_ns = found.size_bytes, found.mtime_ns
        row.sha256, row.autov2, row.autov3 = sums.sha256, sums.autov2, sums.autov3
        return row


def _of(kind: ModelKind) -> Select[ModelFile]:
    return select(ModelFile).where(ModelFile.kind == kind)


def _key(row: ModelFile) -> Key:
    return row.folder, row.file_name


def _row_of(session: Session, kind: ModelKind, key: Key) -> ModelFile | None:
    folder, file_name = key
    return session.scalar(_of(kind).where(ModelFile.folder == folder, ModelFile.file_name == file_name))


def _try_sums(found: Found, report: ScanReport) -> Sums | None:
    """The file's sums; when it has none that can be told, the report says why."""
    try:
        return sums_of(found.path)
    except BrokenHeader as error:
        why = str(error)
    except OSError as error:
        why = error.strerror or "it cannot be read"
    report.unreadable.append(Unreadable("/".join(filter(None, found.key)), why))
    return None
