"""Records and pictures are kept together or not at all, and pictures are served to the byte."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text
from starlette.requests import Request

from app.characters.faults import RangeNotSatisfiable
from app.characters.order import Order as CharacterOrder
from app.characters.service import Characters
from app.characters.serving import serve
from app.clock import SystemClock
from app.database import Database
from app.errors import NotFound, StorageUnavailable, TooLarge, Unavailable
from app.generation.mock import MockBackend
from app.generation.portraits import Portraits
from app.recipes.pictures import check
from app.recipes.service import Draft, Recipes, Wanted
from app.recipes.stripping import Intake
from app.storage.folder import FolderStore
from support import pictures
from tests.desk import Desk

CAPTAIN = CharacterOrder("a captain with a red coat", num_images=2, seed=7)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'studio.db'}")
    database.create_tables()
    yield database
    database.close()


@pytest.fixture
def recipes(database: Database, tmp_path: Path) -> Recipes:
    return Recipes(database=database, clock=SystemClock(), folder=tmp_path / "recipes")


@pytest.fixture
def characters(database: Database, tmp_path: Path) -> Iterator[Characters]:
    painter = MockBackend(clock=SystemClock(), step_seconds=0, memory_pixels=10**7)
    (tmp_path / "desk").mkdir()
    with Desk(tmp_path / "desk").generation(painter) as generation:
        yield Characters(
            database=database,
            clock=SystemClock(),
            store=FolderStore(tmp_path / "store"),
            painter=Portraits(generation),
            pictures=Intake(),
        )


def drop(database: Database, table: str) -> None:
    with database.session() as session:
        session.execute(text(f"DROP TABLE {table}"))


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_recipe_that_cannot_be_recorded_leaves_no_picture(
    recipes: Recipes, database: Database, tmp_path: Path
) -> None:
    drop(database, "recipes")
    with pytest.raises(Unavailable):
        recipes.save(Draft("a", pictures.png_with_text(None)))
    assert files(tmp_path / "recipes") == []


def test_a_recipe_whose_picture_cannot_be_written_is_not_recorded(recipes: Recipes, tmp_path: Path) -> None:
    (tmp_path / "recipes").write_text("a file in the way")
    with pytest.raises(StorageUnavailable):
        recipes.save(Draft("a", pictures.png_with_text(None)))
    assert recipes.find(Wanted()).total == 0


def test_characters_that_cannot_be_recorded_leave_no_picture(
    characters: Characters, database: Database, tmp_path: Path
) -> None:
    drop(database, "character_references")
    with pytest.raises(Unavailable):
        characters.generate(CAPTAIN)
    assert files(tmp_path / "store") == []


def test_characters_that_cannot_be_stored_are_not_recorded(characters: Characters, tmp_path: Path) -> None:
    (tmp_path / "store").write_text("a file in the way")
    with pytest.raises(StorageUnavailable):
        characters.generate(CAPTAIN)
    assert characters.page(page=1, page_size=10).total == 0


@pytest.mark.parametrize(
    ("search", "found"), [("50%", ["50% grey"]), ("_", ["snake_case"]), ("\\", ["back\\slash"]), ("50 k", ["500 km"])]
)
def test_signs_of_a_pattern_are_searched_as_they_are(recipes: Recipes, search: str, found: list[str]) -> None:
    for name in ("50% grey", "500 km", "snake_case", "snakeXcase", "back\\slash"):
        recipes.save(Draft(name, pictures.png_with_text(None)))
    words = recipes.find(Wanted(search=search), order="name")
    assert [recipe.name for recipe in words.items] == found


def test_pages_show_each_recipe_once_under_every_order(recipes: Recipes) -> None:
    for name in ("b", "a", "B", "c", "a"):
        recipes.save(Draft(name, pictures.png_with_text(None)))
    for order in ("name", "name:desc", "date", "date:asc", "loras_count", "opened:asc", "random:7"):
        pages = [recipes.find(Wanted(), order=order, page=page, page_size=2).items for page in (1, 2, 3, 4)]
        seen = [recipe.id for items in pages for recipe in items]
        assert len(seen) == len(set(seen)) == 5


def test_a_recipe_is_gone_with_its_picture(recipes: Recipes, tmp_path: Path) -> None:
    saved = recipes.save(Draft("a", pictures.png_with_text(None)))
    recipes.delete([saved.id])
    with pytest.raises(NotFound):
        recipes.get(saved.id)


def unfolding_to(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes, one bit a pixel, as large as is said."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    lines = zlib.compress(bytes(((width + 7) // 8 + 1) * height), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", lines) + chunk(b"IEND", b"")


def test_36_megapixels_are_taken_and_one_row_more_is_not() -> None:
    assert check(unfolding_to(6000, 6000)).width == 6000
    for sides in ((6000, 6001), (9000, 9000), (30_000, 30_000)):
        with pytest.raises(TooLarge, match="megapixels"):
            check(unfolding_to(*sides))


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-9", 0, 9),
        ("bytes=10-", 10, None),
        ("bytes=-5", -5, None),
        ("bytes=-9999999", 0, None),
        ("bytes=3-9999999", 3, None),
    ],
)
def test_a_range_is_answered_with_those_bytes(characters: Characters, asked: str, first: int, last: int | None) -> None:
    ((record, data), _) = characters.generate(CAPTAIN).pictures
    answer = serve(asks({"range": asked}), record, lambda: characters.open(record))
    expected = data[first : None if last is None else last + 1]
    start = len(data) - len(expected) if last is None else first
    assert (answer.status_code, answer.body) == (206, expected)
    assert answer.headers["content-range"] == f"bytes {start}-{start + len(expected) - 1}/{len(data)}"
    assert answer.headers["content-length"] == str(len(expected))


@pytest.mark.parametrize("senseless", ["bytes=5-2", "bytes=-", "bytes=0-1,4-5", "lines=1-2", "bytes=a-b"])
def test_a_senseless_range_is_answered_with_the_whole(characters: Characters, senseless: str) -> None:
    ((record, data), _) = characters.generate(CAPTAIN).pictures
    answer = serve(asks({"range": senseless}), record, lambda: characters.open(record))
    assert (answer.status_code, answer.body) == (200, data)


def test_a_range_past_the_end_is_answered_416(characters: Characters) -> None:
    ((record, data), _) = characters.generate(CAPTAIN).pictures
    for asked in (f"bytes={len(data)}-", "bytes=-0"):
        with pytest.raises(RangeNotSatisfiable) as refused:
            serve(asks({"range": asked}), record, lambda: characters.open(record))
        assert refused.value.headers["Content-Range"] == f"bytes */{len(data)}"


def test_a_picture_that_changed_is_sent_whole_and_one_that_is_held_is_not_sent(characters: Characters) -> None:
    ((record, data), _) = characters.generate(CAPTAIN).pictures
    changed = serve(asks({"range": "bytes=0-1", "if-range": '"old"'}), record, lambda: characters.open(record))
    assert (changed.status_code, changed.body) == (200, data)
    held = serve(asks({"if-none-match": f'"old", "{record.sha256}"'}), record, lambda: characters.open(record))
    assert (held.status_code, held.body) == (304, b"")


def test_head_tells_the_length_and_sends_nothing(characters: Characters) -> None:
    ((record, data), _) = characters.generate(CAPTAIN).pictures
    answer = serve(asks({}, "HEAD"), record, lambda: characters.open(record))
    assert (answer.status_code, answer.body, answer.headers["content-length"]) == (200, b"", str(len(data)))


def asks(headers: dict[str, str], method: str = "GET") -> Request:
    raw = [(name.encode(), value.encode()) for name, value in headers.items()]
    return Request({"type": "http", "method": method, "path": "/", "headers": raw})
