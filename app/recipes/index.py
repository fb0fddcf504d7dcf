"""The index that recipes are found by: FTS5 on SQLite, a text search vector on PostgreSQL, fed with the same tokens.

A recipe's entry is written in the transaction that writes its row, so it is never behind. What recipes are filtered
by is in it too, in a column of facts: a search with any filters is one question to one index.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, select

from app.database import after_upgrade, created_with
from app.recipes.asking import FIELDS, Wanted
from app.recipes.search import fold_spaces, terms, tokens
from app.recipes.tables import RECIPES, Recipe

SQLITE = "sqlite"
_C = RECIPES.c
INDEXED: tuple[ColumnElement[Any], ...] = (
    _C.number, _C.name, _C.tags, _C.settings, _C.loras, _C.base_model, _C.checkpoint_version_id, _C.favorite, _C.folder,
)  # fmt: skip
"""What of a recipe its entry is made of."""
Said = Recipe | Row[*tuple[Any, ...]]
# Every sign belongs to a word: `50%` is one. What is beyond ASCII this tokenizer takes for letters anyway.
_SIGNS = "!\"#$%&''()*+,-./:;<=>?@[\\]^_`{|}~".replace('"', '""')
_BEGINNINGS = " ".join(map(str, range(1, 13)))
_FACTS = "facts"
_COLUMNS = (*FIELDS, _FACTS)
# A vector of PostgreSQL has no columns: a token begins with its column's letter instead.
_MARKS = dict(zip(_COLUMNS, "tglpf", strict=True))
# A vector holds at most a mebibyte.
_MOST_BYTES = 900_000
# A fact begins like no word, so that none is in the way of the words that begin like it.
_ALL = "=all"
_SHORTEST_HASH, _LONGEST_HASH = 8, 64

_TABLES = {
    SQLITE: (
        f"CREATE VIRTUAL TABLE recipe_words USING fts5({', '.join(_COLUMNS)}, "
        # A beginning that is not in the index by itself costs ten times as much: the words that begin so are merged.
        f"detail=column, columnsize=0, prefix='{_BEGINNINGS}', tokenize=\"ascii tokenchars '{_SIGNS}'\")",
        # What is written at once is kept together up to so many bytes; smaller pieces would be merged again and again.
        "INSERT INTO recipe_words (recipe_words, rank) VALUES ('hashsize', 16777216)",
    ),
    "postgresql": (
        "CREATE TABLE recipe_words (number BIGINT PRIMARY KEY, words TSVECTOR NOT NULL)",
        "CREATE INDEX ix_recipe_words ON recipe_words USING gin (words)",
    ),
}
MATCHING = {
    SQLITE: "SELECT rowid FROM recipe_words WHERE recipe_words MATCH :match",
    "postgresql": "SELECT number FROM recipe_words WHERE words @@ CAST(:match AS tsquery)",
}
"""The numbers of the recipes that a `match` finds; each dialect in its own words."""
COUNTING = {dialect: f"SELECT count(*) FROM ({found}) AS found" for dialect, found in MATCHING.items()}
# As one value: fetched row by row they would take five times as long.
NUMBERS = {
    SQLITE: f"SELECT json_group_array(rowid) FROM ({MATCHING[SQLITE]})",
    "postgresql": f"SELECT CAST(coalesce(json_agg(number), '[]') AS text) FROM ({MATCHING['postgresql']}) AS found",
}
"""The same as a list in JSON."""
NUMBER = {SQLITE: "rowid", "postgresql": "number"}


@created_with(RECIPES)
def tables(dialect: str) -> Sequence[str]:
    """The statements that make the index's own tables."""
    return _TABLES[dialect]


def put(connection: Connection, recipes: Iterable[Said]) -> None:
    """Write the entries of these recipes, or rows of INDEXED; those that are there already are replaced."""
    if connection.dialect.name == SQLITE:
        rows = [(recipe.number, *map(" ".join, _entry(recipe))) for recipe in recipes]
        if rows:
            connection.exec_driver_sql("DELETE FROM recipe_words WHERE rowid = ?", [(row[0],) for row in rows])
            asked = ", ".join("?" for _ in rows[0])
            connection.exec_driver_sql(
                f"INSERT INTO recipe_words (rowid, {', '.join(_COLUMNS)}) VALUES ({asked})", rows
            )
        return
    vectors = [(recipe.number, _vector(recipe)) for recipe in recipes]
    if vectors:
        connection.exec_driver_sql(
            "INSERT INTO recipe_words (number, words) VALUES (%s, array_to_tsvector(%s::text[])) "
            "ON CONFLICT (number) DO UPDATE SET words = EXCLUDED.words",
            vectors,
        )


@after_upgrade
def remake(connection: Connection) -> None:
    """Make the index's tables and every entry, whatever there was."""
    connection.exec_driver_sql("DROP TABLE IF EXISTS recipe_words")
    for statement in tables(connection.dialect.name):
        connection.exec_driver_sql(statement)
    found = connection.execute(select(*INDEXED).where(_C.deleted_at.is_(None)).order_by(_C.number))
    for chunk in found.partitions(500):
        put(connection, chunk)


def drop(connection: Connection, numbers: Iterable[int]) -> None:
    """Remove the entries of these recipes."""
    gone = [(number,) for number in numbers]
    if gone:
        lite = connection.dialect.name == SQLITE
        connection.exec_driver_sql(f"DELETE FROM recipe_words WHERE {'rowid = ?' if lite else 'number = %s'}", gone)


def match(wanted: Wanted, dialect: str) -> str | None:
    """What finds the wanted ones in the index; None when nothing is asked of it."""
    question = _Sqlite() if dialect == SQLITE else _PostgreSQL()
    columns = [name for name in FIELDS if name in wanted.fields] or list(FIELDS)
    needed = [question.begins(columns, term) for term in terms(wanted.search)]
    needed += [_any(question, facts) for facts in _asked(wanted)]
    refused = [question.is_(_fact("tag", tag)) for tag in wanted.tag_exclude]
    if wanted.favorite is False:
        refused.append(question.is_(_fact("favorite")))
    if not needed and not refused:
        return None
    return question.all_of(needed or [question.is_(_ALL)], refused)


def using(name: str, hashes: Iterable[str], version: int | None, dialect: str) -> str:
    """What finds the recipes that may use a model: by its file's name, one of its hashes, its version at the hub."""
    question = _Sqlite() if dialect == SQLITE else _PostgreSQL()
    facts = [(_fact("model", plain_name(name)), False), (_fact("version", str(version)), False)]
    facts += [fact for hash_ in hashes for kind in ("lora", "checkpoint") for fact in _hash_facts(kind, hash_)]
    return _any(question, facts)


@lru_cache(maxsize=10_000)
def plain_name(name: str) -> str:
    """A model's name without folder, ending and capitals."""
    path = PurePosixPath(fold_spaces(name).replace("\\", "/"))
    return path.stem if path.suffix in (".safetensors", ".ckpt", ".pt", ".pth", ".bin", ".gguf") else path.name


Fact = tuple[str, bool]
"""A fact, and whether it may go on: `=lora#abc` also means `=lora#abcd`."""


def _asked(wanted: Wanted) -> Iterator[list[Fact]]:
    """Of each list one fact must hold."""
    for tag in wanted.tag_include:
        yield [(_fact("tag", tag), False)]
    if wanted.base_models:
        yield [(_fact("base", name), False) for name in wanted.base_models]
    if wanted.favorite:
        yield [(_fact("favorite"), False)]
    if wanted.folder is not None:
        yield [(_fact("below" if wanted.recursive else "folder", wanted.folder), False)]
    for kind, hash_ in (("lora", wanted.lora_hash), ("checkpoint", wanted.checkpoint_hash)):
        if hash_ is not None:
            yield _hash_facts(kind, hash_)


def _hash_facts(kind: str, hash_: str) -> list[Fact]:
    """The hash itself, what begins with it, and what it begins with: one content, told at different lengths."""
    plain = _plain_hash(hash_)
    shorter = [(f"={kind}#{plain[:length]}", False) for length in range(_SHORTEST_HASH, len(plain))]
    return [(f"={kind}#{plain}", len(plain) >= _SHORTEST_HASH), *shorter]


def _plain_hash(hash_: str) -> str:
    """As one token, however it is written."""
    return "".join(filter(str.isalnum, hash_.lower()))[:_LONGEST_HASH]


def _entry(recipe: Said) -> list[set[str]]:
    """The tokens of a recipe, column by column."""
    said = recipe.settings
    loras = [lora["name"] for lora in recipe.loras]
    return [
        tokens([recipe.name]),
        tokens(recipe.tags),
        tokens([*loras, said.get("checkpoint")]),
        tokens([said.get("prompt")]),
        set(_facts(recipe)),
    ]


def _facts(recipe: Said) -> Iterator[str]:
    yield _ALL
    yield from (_fact("tag", tag) for tag in recipe.tags)
    if recipe.base_model:
        yield _fact("base", recipe.base_model)
    if recipe.favorite:
        yield _fact("favorite")
    yield _fact("folder", recipe.folder)
    parts = recipe.folder.split("/") if recipe.folder else []
    yield from (_fact("below", "/".join(parts[:deep])) for deep in range(len(parts) + 1))
    said = recipe.settings
    versions = [recipe.checkpoint_version_id, *(lora.get("model_version_id") for lora in recipe.loras)]
    yield from (_fact("version", str(version)) for version in versions if version is not None)
    models = [("lora", lora["name"], lora.get("hash")) for lora in recipe.loras]
    for kind, name, hash_ in [*models, ("checkpoint", said.get("checkpoint"), said.get("checkpoint_hash"))]:
        if name:
            yield _fact("model", plain_name(name))
        if hash_:
            yield f"={kind}#{_plain_hash(hash_)}"


# Most facts are those of many recipes.
@lru_cache(maxsize=10_000)
def _fact(kind: str, value: str = "") -> str:
    """A fact as one token, whatever its value holds."""
    told = blake2b(fold_spaces(value).encode(), digest_size=8).hexdigest()
    return f"={kind}={told}"


def _vector(recipe: Said) -> list[str]:
    """All tokens, each behind its column's letter; facts first, so that they are in it however long a prompt is."""
    columns = list(zip(_MARKS.values(), _entry(recipe), strict=True))
    found, size = [], 0
    for mark, words in reversed(columns):
        for word in sorted(words):
            size += len(word.encode()) + 1
            if size < _MOST_BYTES:
                found.append(mark + word)
    return found


class _Sqlite:
    """Questions in FTS5's words. Source: sqlite.org/fts5.html, section 3."""

    def begins(self, columns: Sequence[str], term: str) -> str:
        return f"{{{' '.join(columns)}}} : {self._quoted(term)} *"

    def is_(self, fact: str, *, may_go_on: bool = False) -> str:
        return f"{_FACTS} : {self._quoted(fact)}{' *' if may_go_on else ''}"

    def any_of(self, questions: Sequence[str]) -> str:
        return f"({' OR '.join(questions)})"

    def all_of(self, needed: Sequence[str], refused: Sequence[str]) -> str:
        wanted = " AND ".join(f"({question})" for question in needed)
        return f"({wanted}) NOT {self.any_of(refused)}" if refused else wanted

    def _quoted(self, token: str) -> str:
        return '"' + token.replace('"', '""') + '"'


class _PostgreSQL:
    """Questions as a tsquery."""

    def begins(self, columns: Sequence[str], term: str) -> str:
        return self.any_of([f"{self._quoted(_MARKS[name] + term)}:*" for name in columns])

    def is_(self, fact: str, *, may_go_on: bool = False) -> str:
        return f"{self._quoted(_MARKS[_FACTS] + fact)}{':*' if may_go_on else ''}"

    def any_of(self, questions: Sequence[str]) -> str:
        return f"({' | '.join(questions)})"

    def all_of(self, needed: Sequence[str], refused: Sequence[str]) -> str:
        return " & ".join([*needed, *(f"!{question}" for question in refused)])

    def _quoted(self, token: str) -> str:
        escaped = token.replace("\\", "\\\\").replace("'", "''")
        return f"'{escaped}'"


_Question = _Sqlite | _PostgreSQL


def _any(question: _Question, facts: Sequence[Fact]) -> str:
    return question.any_of([question.is_(fact, may_go_on=may_go_on) for fact, may_go_on in facts])
