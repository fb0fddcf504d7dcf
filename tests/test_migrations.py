"""An older studio's database becomes what a new one is, with everything that it held."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect, select

from app.characters import tables as characters
from app.characters.tables import CharacterReference
from app.clock import SystemClock
from app.database import SCHEMA_VERSION, Base, Database
from app.downloads import tables as downloads
from app.errors import Unavailable
from app.generation import tables as generation
from app.library import tables as library
from app.migrations import upgrade
from app.recipes.service import Recipes, Wanted
from tests.older_schemas import OLDER_SCHEMAS
from tests.postgresql import Server, postgresql_server, postgresql_url

__all__ = ["postgresql_server", "postgresql_url"]
# Every noun's tables are known once they are imported.
NOUNS = (characters, downloads, generation, library)

FROM_2 = """
ALTER TABLE downloads ADD COLUMN "source" VARCHAR(16);
ALTER TABLE downloads ADD COLUMN "asked" TEXT;
ALTER TABLE downloads ADD COLUMN "identity" TEXT;
ALTER TABLE downloads ADD COLUMN "model_id" BIGINT;
ALTER TABLE downloads ADD COLUMN "relative_path" TEXT;
ALTER TABLE downloads ADD COLUMN "ended_at" DATETIME;
ALTER TABLE downloads ADD COLUMN "files" TEXT;
ALTER TABLE downloads ADD COLUMN "partial" TEXT;
ALTER TABLE downloads ADD COLUMN "proof" TEXT;
CREATE INDEX ix_downloads_queue ON downloads (state, turn);
CREATE INDEX ix_downloads_identity ON downloads (identity, ended_at);
CREATE INDEX ix_downloads_ended_at ON downloads (ended_at, turn);
CREATE INDEX ix_downloads_waiting_until ON downloads (waiting_until);
PRAGMA user_version = 3;
"""
"""What the studio of schema 3 made of one of schema 2: columns of their old width, and an index too many."""
UNTIL_3 = {"1": OLDER_SCHEMAS[1], "2": OLDER_SCHEMAS[2], "3": OLDER_SCHEMAS[3], "2, 3": OLDER_SCHEMAS[2] + FROM_2}
HISTORIES = UNTIL_3 | {"4": OLDER_SCHEMAS[4]}

RECIPES = """
INSERT INTO recipes VALUES
('{b}', 'Café at night', 'cafe at night', 'cafe', '["neon"]', '{{"prompt": "a girl''s café", "seed": 7}}',
 '[{{"name": "ink", "strength": 0.8, "hash": "abcdef1234"}}]', 'abcdef1234:0.8', 'a1111', 0.9, '{b}.png', 'image/png',
 64, 32, 9, '{sum}', 3, '2026-03-02 12:00:00.000000'),
('{a}', 'Dawn', 'dawn', 'dawn', '[]', '{{}}', '[]', '', NULL, 0.0, '{a}.webp', 'image/webp',
 8, 8, 5, '{sum}', 1, '2026-03-02 11:00:00.000000');
INSERT INTO model_files VALUES ('one', 'loras', 'styles', 'ink.safetensors', 'ink', 'ink', 9, 1, '{sum}', 'abcdef1234',
 NULL, '2026-03-02 10:00:00.000000');
""".format(a="a" * 32, b="b" * 32, sum="abcdef1234" + "0" * 54)

CHARACTERS = """
INSERT INTO character_references VALUES
('{a}', 'character_references/{a}.png', 'image/png', 9, '{sum}', 'a captain''s café', 'mock', 7, 0,
 '2026-03-02 12:00:00.000000'),
('{b}', 'character_references/{b}.webp', 'image/webp', 5, '{sum}', 'a cook', 'mock', 4294967295, 3,
 '2026-03-02 13:00:00.000000');
""".format(a="a" * 36, b="b" * 36, sum="0" * 64)
CHARACTERS_NOW = [("png", 7, False), ("webp", 2**32 - 1, False)]


@contextmanager
def opened(url: str) -> Iterator[Database]:
    database = Database(url)
    try:
        database.create_tables()
        yield database
    finally:
        database.close()


def made(folder: Path, statements: str) -> str:
    """The URL of an SQLite database that these statements made."""
    path = folder / "studio.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(statements)
    return f"sqlite:///{path}"


def schema_of(url: str) -> dict[str, Any]:
    """Everything that a database is made of, in words that can be compared."""
    engine = create_engine(url)
    looked = inspect(engine)
    tables = {
        name: {
            "columns": {c["name"]: (str(c["type"]), c["nullable"], c["default"]) for c in looked.get_columns(name)},
            "key": looked.get_pk_constraint(name),
            "unique": sorted(json.dumps(one, default=str) for one in looked.get_unique_constraints(name)),
            "indexes": sorted(json.dumps(one, default=str) for one in looked.get_indexes(name)),
        }
        for name in looked.get_table_names()
    }
    if engine.dialect.name == "sqlite":
        with engine.connect() as connection:
            rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").all()
        tables["words"] = {name: "".join(sql.split()) for name, sql in rows}
    engine.dispose()
    return tables


@pytest.fixture
def fresh(tmp_path: Path) -> dict[str, Any]:
    """The schema of a new studio on SQLite."""
    (tmp_path / "fresh").mkdir()
    url = f"sqlite:///{tmp_path / 'fresh' / 'studio.db'}"
    with opened(url):
        return schema_of(url)


@pytest.mark.parametrize("history", HISTORIES)
def test_an_older_database_becomes_what_a_new_one_is(tmp_path: Path, fresh: dict[str, Any], history: str) -> None:
    url = made(tmp_path, HISTORIES[history])
    for _ in range(2):  # the second time there is nothing to do
        with opened(url) as database, database.transaction() as connection:
            assert connection.exec_driver_sql("PRAGMA user_version").scalar_one() == SCHEMA_VERSION
            revisions = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalars().all()
            assert revisions == [str(SCHEMA_VERSION)]
        assert schema_of(url) == fresh


def test_all_revisions_together_make_what_a_new_studio_makes(tmp_path: Path, fresh: dict[str, Any]) -> None:
    url = f"sqlite:///{tmp_path / 'studio.db'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        upgrade(connection, 0)
    engine.dispose()
    built = schema_of(url)
    # The index follows from the recipes, and is made whenever they are there.
    assert set(fresh) - set(built) == {name for name in fresh if name.startswith("recipe_words")}
    assert all(built[name] == fresh[name] for name in built if name != "words")


@pytest.mark.parametrize("history", UNTIL_3)
def test_what_an_older_database_held_is_there_and_found(tmp_path: Path, history: str) -> None:
    with opened(made(tmp_path, HISTORIES[history] + RECIPES)) as database:
        recipes = Recipes(database=database, clock=SystemClock(), folder=tmp_path / "recipes")
        dawn, cafe = recipes.all()
        assert (dawn.name, dawn.number, cafe.name, cafe.number) == ("Dawn", 1, "Café at night", 2)
        assert (cafe.id, cafe.version, cafe.lora_count, cafe.fingerprint) == ("b" * 32, 3, 1, "abcdef1234:0.8")
        assert cafe.reading.settings.seed == 7
        assert (cafe.reading.loras[0].name, cafe.reading.loras[0].excluded) == ("ink", False)
        assert (cafe.favorite, cafe.folder, cafe.modified_at, cafe.opened_at) == (False, "", cafe.created_at, None)
        assert cafe.original_sha256 == cafe.sha256
        for search in ("cafe night", "girl's", "ink", "neon"):
            assert [recipe.id for recipe in recipes.find(Wanted(search=search)).items] == ["b" * 32]
        with database.transaction() as connection:
            found = connection.exec_driver_sql(
                "SELECT library, root, base_model, tags, excluded FROM model_files"
            ).one()
            assert tuple(found) == ("default", "", "Unknown", "[]", 0)


@pytest.mark.parametrize("history", HISTORIES)
def test_the_characters_of_an_older_database_are_there(tmp_path: Path, history: str) -> None:
    with opened(made(tmp_path, HISTORIES[history] + CHARACTERS)) as database, database.session() as session:
        captain, cook = session.scalars(select(CharacterReference).order_by(CharacterReference.id))
        assert (captain.key, captain.extension, captain.seed) == (f"character_references/{'a' * 36}.png", "png", 7)
        assert (cook.key, cook.extension, cook.place) == (f"character_references/{'b' * 36}.webp", "webp", 3)
        assert captain.character_description == "a captain's café"
        assert captain.created_at == datetime(2026, 3, 2, 12, tzinfo=UTC)
        for record in (captain, cook):
            assert (record.origin, record.in_cloud, record.model_used) == ("generated", False, "mock")
            assert (record.label, record.filename, record.width, record.height) == (None, None, None, None)


def test_an_upgrade_that_fails_leaves_everything_as_it_was(tmp_path: Path) -> None:
    in_the_way = "CREATE TABLE kept_recipes (id INTEGER);"
    url = made(tmp_path, OLDER_SCHEMAS[2] + RECIPES + in_the_way)
    before = schema_of(url)
    for _ in range(2):
        with pytest.raises(Unavailable, match="kept_recipes"), opened(url):
            pass
    assert schema_of(url) == before
    with closing(sqlite3.connect(tmp_path / "studio.db")) as connection:
        assert connection.execute("PRAGMA user_version").fetchone() == (2,)
        assert connection.execute("SELECT count(*) FROM recipes").fetchone() == (2,)
        connection.execute("DROP TABLE kept_recipes")
    with opened(url) as database, database.transaction() as rows:
        assert rows.exec_driver_sql("SELECT count(*) FROM recipes").scalar_one() == 2


@pytest.mark.parametrize("history", [None, "1", "3"])
def test_studios_that_start_together_find_the_same_database(tmp_path: Path, history: str | None) -> None:
    url = made(tmp_path, HISTORIES[history] + RECIPES if history else "")

    def start(_: int) -> None:
        with opened(url):
            pass

    with ThreadPoolExecutor(6) as starting:
        list(starting.map(start, range(6)))
    with opened(url) as database, database.transaction() as rows:
        assert rows.exec_driver_sql("SELECT count(*) FROM recipes").scalar_one() == (2 if history else 0)


def test_a_new_studio_starts_without_what_only_older_ones_need(tmp_path: Path) -> None:
    code = f"""
import sys
import app.studio
from app.database import Database
for _ in range(2):
    database = Database("sqlite:///{tmp_path / "studio.db"}")
    database.create_tables()
    database.close()
print(sorted({{"alembic", "watchfiles", "rapidfuzz", "app.migrations"}} & set(sys.modules)))
"""
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"


def _difference(url: str) -> Any:
    """What Alembic would change to make the database what the tables say."""
    engine = create_engine(url)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _ours})
        different = compare_metadata(context, Base.metadata)
    engine.dispose()
    return different


def _ours(name: str | None, kind: str, _: object) -> bool:
    return kind != "table" or name in Base.metadata.tables


def history_on(url: str, found: int) -> None:
    """Make of an empty PostgreSQL database what a studio of that schema left, which made no mark there."""
    engine = create_engine(url)
    with engine.begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", "app/migrations")
        command.upgrade(config, str(found))
        connection.exec_driver_sql("DROP TABLE alembic_version")
        for statement in (RECIPES + CHARACTERS).strip().split(";\n"):
            connection.exec_driver_sql(statement)
    engine.dispose()


@pytest.mark.parametrize("found", [1, 2, 3])
def test_on_postgresql_too(postgresql_server: Server, postgresql_url: str, tmp_path: Path, found: int) -> None:
    with postgresql_server.database() as new:
        with opened(new):
            fresh = schema_of(new)
        assert _difference(new) == []
    history_on(postgresql_url, found)
    for _ in range(2):
        with opened(postgresql_url) as database:
            recipes = Recipes(database=database, clock=SystemClock(), folder=tmp_path / "recipes")
            assert [(one.number, one.name) for one in recipes.all()] == [(1, "Dawn"), (2, "Café at night")]
            assert [one.name for one in recipes.find(Wanted(search="cafe")).items] == ["Café at night"]
            with database.session() as session:
                pictures = session.scalars(select(CharacterReference).order_by(CharacterReference.id)).all()
            assert [(one.extension, one.seed, one.in_cloud) for one in pictures] == CHARACTERS_NOW
    assert schema_of(postgresql_url) == fresh


def test_a_newer_studios_postgresql_is_left_alone(postgresql_url: str) -> None:
    with opened(postgresql_url) as database, database.transaction() as rows:
        rows.exec_driver_sql(f"UPDATE alembic_version SET version_num = '{SCHEMA_VERSION + 1}'")
    with pytest.raises(Unavailable, match="start the newer studio"), opened(postgresql_url):
        pass
