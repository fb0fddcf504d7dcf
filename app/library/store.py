"""The catalogue's rows in the database: read all at once, checked, written with whatever else changes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import Connection, Select, String, Table, delete, event, insert, select, type_coerce
from sqlalchemy.orm import Session, SessionTransaction

from app.database import Database
from app.library.bulk import nothing_to_collect
from app.library.hashes import AUTOV2_DIGITS, AUTOV3_DIGITS
from app.library.model import Model, Place, Renamed, folded
from app.library.tables import ModelFile
from app.model_files import ModelKind

# SQLite takes 32,766 values in a statement.
CHUNK = 5000

_TABLE = cast(Table, ModelFile.__table__)
_NAMES = tuple(Model.__dataclass_fields__)
# As they stand there: what is damaged must not hide what is not, and reading is three times as fast.
_RAW = [type_coerce(_TABLE.c[name], String) for name in _NAMES]
Follower = Callable[[Session, Renamed], None]
_UNREADABLE = (ValueError, TypeError, LookupError, AttributeError)
_SHA256 = re.compile("[0-9a-f]{64}").fullmatch
_AUTOV3 = re.compile(f"[0-9a-f]{{{AUTOV3_DIGITS}}}").fullmatch
_KINDS = {str(kind): kind for kind in ModelKind}
_NUMBER = (int, type(None))
_WORD = (str, type(None))
_TRUTH = (True, False)


@dataclass(frozen=True)
class Damaged:
    """A row that makes no sense. kind, place: as far as they can be read; why: in words."""

    id: str
    kind: ModelKind | None
    place: Place
    excluded: bool
    why: str


@dataclass(frozen=True)
class Rows:
    """rootless: the ids of those that an older studio wrote, which knew one root a kind."""

    models: list[Model] = field(default_factory=list)
    damaged: list[Damaged] = field(default_factory=list)
    rootless: set[str] = field(default_factory=set)


class Store:
    """The table of model files."""

    def __init__(self, database: Database) -> None:
        self._database = database
        # What was read before, by id: a row that reads the same is the same model.
        self._read_before: dict[str, tuple[tuple[Any, ...], Model]] = {}

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction, which begins with its first statement, and from then on nobody else writes."""
        with self._database.session() as session:
            if self._database.dialect == "sqlite":
                event.listen(session, "after_begin", _take_the_turn)
            yield session

    def load(self, library: str, first_roots: Mapping[ModelKind, str], kind: ModelKind | None = None) -> Rows:
        """Every row of a library, or of one of its kinds; one whose kind cannot be read may be of any.

        first_roots: where the rows of an older studio lie, which knew one root a kind.
        """
        condition = _TABLE.c.library == library
        if kind is not None:
            condition &= _TABLE.c.kind.not_in([other for other in ModelKind if other != kind])
        with nothing_to_collect():
            with self._database.transaction() as connection:
                rows = connection.execute(select(*_RAW).where(condition)).all()
            return self._read(rows, first_roots, is_part=kind is not None)

    def _read(self, rows: Iterable[Sequence[Any]], first_roots: Mapping[ModelKind, str], *, is_part: bool) -> Rows:
        found, before = Rows(), self._read_before
        now: dict[str, tuple[tuple[Any, ...], Model]] = {}
        for one in rows:
            row = tuple(one)
            known = before.get(row[0])
            said = known[1] if known is not None and known[0] == row and row[3] else _said(row, first_roots)
            if isinstance(said, Damaged):
                found.damaged.append(said)
                continue
            now[said.id] = (row, said)
            found.models.append(said)
            if not row[3]:
                found.rootless.add(said.id)
        self._read_before = {**before, **now} if is_part else now
        return found

    def at(self, session: Session, model: Model) -> list[str]:
        """The ids of the rows that stand for a model's place, whatever else they say."""
        rows: Select[tuple[str]] = select(_TABLE.c.id).where(
            _TABLE.c.library == model.library,
            _TABLE.c.kind == model.kind,
            _TABLE.c.root.in_((model.root, "")),
            _TABLE.c.folder == model.folder,
            _TABLE.c.file_name == model.file_name,
        )
        return list(session.scalars(rows))

    def replace(self, session: Session, put: Sequence[Model], drop: Iterable[str] = ()) -> None:
        """Write these in their rows' places, and remove those. All go first, so that two may change places."""
        gone = [*(model.id for model in put), *drop]
        for begin in range(0, len(gone), CHUNK):
            session.execute(delete(_TABLE).where(_TABLE.c.id.in_(gone[begin : begin + CHUNK])))
        for begin in range(0, len(put), CHUNK):
            session.execute(insert(_TABLE), [_row_of(model) for model in put[begin : begin + CHUNK]])

    def forget(self, library: str) -> None:
        """Remove every row of a library."""
        with self._database.transaction() as connection:
            connection.execute(delete(_TABLE).where(_TABLE.c.library == library))


class Changing:
    """A change of the library under way: what is put and dropped here is so once it ends well, and not before.

    session: one transaction, for whatever must change with the models or not at all.
    """

    def __init__(self, session: Session, store: Store, followers: Iterable[Follower]) -> None:
        self.session = session
        self._store = store
        self._followers = tuple(followers)
        self.puts: dict[str, Model] = {}
        self.drops: set[str] = set()

    def put(self, *models: Model) -> None:
        """These are so now, whatever was known of them before."""
        self._store.replace(self.session, models)
        for model in models:
            self.puts[model.id] = model
            self.drops.discard(model.id)

    def drop(self, *model_ids: str) -> None:
        """These are no more."""
        self._store.replace(self.session, (), model_ids)
        for model_id in model_ids:
            self.puts.pop(model_id, None)
            self.drops.add(model_id)

    def at(self, model: Model) -> list[str]:
        """The ids of the rows at this model's place, legible or not."""
        return self._store.at(self.session, model)

    def tell_renamed(self, before: Model, after: Model) -> None:
        """Have everybody who names the model take part in this transaction."""
        for follower in self._followers:
            follower(self.session, Renamed(after.kind, before, after))


def _take_the_turn(session: Session, transaction: SessionTransaction, connection: Connection) -> None:
    # A transaction that begins by reading cannot go on to write once somebody else has written.
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _row_of(model: Model) -> dict[str, Any]:
    row = {name: getattr(model, name) for name in _NAMES}
    return row | {"tags": list(model.tags), "trained_words": list(model.trained_words), "sought": folded(model.name)}


def _said(row: Sequence[Any], first_roots: Mapping[ModelKind, str]) -> Model | Damaged:
    """A row as a model, or what is wrong with it. It is asked 100,000 times at a start: no loop, no call too many."""
    (
        id_, library, kind, root, folder, file_name, name, size_bytes, mtime_ns, sha256, autov2, autov3,
        added_at, modified_at, base_model, tags, trained_words, favorite, notes, model_id, version_id,
        mature, excluded, preview, stamp, fault,
    ) = row  # fmt: skip
    try:
        known = _KINDS[kind]
        if not root:
            root = first_roots[known]
        if file_name.rpartition(".")[0] != name or not type(name) is type(folder) is type(root) is str:
            why = "its name is not that of its file"
        elif not type(size_bytes) is type(mtime_ns) is int or size_bytes < 0:
            why = f"its size is {size_bytes!r}, its time {mtime_ns!r}"
        elif not _SHA256(sha256) or autov2 != sha256[:AUTOV2_DIGITS] or not (autov3 is None or _AUTOV3(autov3)):
            why = "its hashes are none"
        elif not base_model or not type(base_model) is type(notes) is type(stamp) is str:
            why = "its base model or its notes are no text"
        elif type(model_id) not in _NUMBER or type(version_id) not in _NUMBER:
            why = "its numbers at the hub are none"
        elif favorite not in _TRUTH or mature not in _TRUTH or excluded not in _TRUTH:
            why = "what must be yes or no is neither"
        elif type(preview) not in _WORD or type(fault) not in _WORD:
            why = "what lies beside it is no file"
        else:
            added = _moment(added_at)
            return Model(
                id_, library, known, root, folder, file_name, name, size_bytes, mtime_ns, sha256, autov2, autov3,
                added, added if modified_at is None or modified_at == added_at else _moment(modified_at),
                base_model, _texts(tags), _texts(trained_words), bool(favorite), notes, model_id, version_id,
                bool(mature), bool(excluded), preview, stamp, fault,
            )  # fmt: skip
    except _UNREADABLE as error:
        why = f"what stands there is of another type: {error}"
    return Damaged(id_, _KINDS.get(kind), (str(root), str(folder), str(file_name)), excluded in (True, "1"), why)


def _moment(value: Any) -> datetime:
    """A moment as the database's driver gives it: SQLite's is text, in UTC."""
    moment = value if type(value) is datetime else datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _texts(value: Any) -> tuple[str, ...]:
    """A list of texts as the database's driver gives it. Raises TypeError, ValueError for anything else."""
    return _told(value) if type(value) is str else _checked(value)


# Most lists are those of many models.
@lru_cache(maxsize=10_000)
def _told(written: str) -> tuple[str, ...]:
    return _checked(json.loads(written))


def _checked(texts: Any) -> tuple[str, ...]:
    if type(texts) is not list or not all(type(one) is str for one in texts):
        raise TypeError(f"{texts!r} is no list of texts")
    return tuple(texts)
