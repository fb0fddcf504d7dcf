"""What the recipe book costs with 10,000 and 100,000 recipes of 60-word prompts: its start, its searches, its pages."""

from __future__ import annotations

import itertools
import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from app.clock import SystemClock
from app.database import Database
from app.recipes import index
from app.recipes.asking import Draft, Wanted
from app.recipes.fingerprint import fingerprint
from app.recipes.search import fold
from app.recipes.service import Recipes
from app.recipes.tables import RECIPES
from support import leaks, recipe_samples
from tests.performance.fts5 import Fts5Alone
from tests.performance.measuring import Figure, alternating, seconds

SMALL, LARGE = 10_000, 100_000
ROUNDS, CALLS, SAVES = 5, 60, 20
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WRITTEN_AT_ONCE = 1000
# As words are in prompts: a few stand in nearly all of them, most in a few.
_BEGINNINGS = (
    "masterpiece",
    "light",
    "neon",
    "portrait",
    "city",
    "fog",
    "velvet",
    "ink",
    "harbour",
    "amber",
    "glass",
    "rain",
)
_ENDINGS = ("", "s", "ed", "like", "-tone", "scape", "ness", "ful", "ist", "work", "glow", "line", "field", "wise", "y")
WORDS = [
    f"{first}{second}{third}"
    for third, second, first in itertools.product(("", *map(str, range(15))), _ENDINGS, _BEGINNINGS)
]
COMMON = list(itertools.accumulate(1 / (rank + 1) for rank in range(len(WORDS))))
LIMITS = {
    "the search index built": 1.0,
    "a warm start, until the first page": 1.0,
    "a search, 95 of 100": 10.0,
    "a page of 50, any order and filter, 95 of 100": 5.0,
    "one by its id": 1.0,
    "saved with its picture, and found": 50.0,
}
Work = Callable[[], object]


def figures() -> Iterator[Figure]:
    """At 10,000 recipes, beside the limits; then at 100,000, beside three times those.

    Building and searching also beside SQLite's FTS5 as it comes: the same texts, its own tokenizer, and nothing of
    tags, filters, accents, other writings, parts of words.
    """
    with leaks.own_temporary_folder() as folder:
        before: dict[str, float] = {}
        for count in (SMALL, LARGE):
            times = 1 if count == SMALL else 3
            for taken in _taken(folder, count):
                limit = taken.peer if taken.what not in LIMITS else LIMITS[taken.what] * times
                yield Figure(f"recipes: {taken.what}, {count:,} recipes", taken.value, taken.unit, limit)
                if taken.what in before:
                    yield Figure(
                        "the same, grown since the figure above for a tenth of them",
                        taken.value / before[taken.what],
                        "times",
                    )
                if taken.what in LIMITS:
                    before[taken.what] = taken.value


@dataclass(frozen=True)
class _Taken:
    """A figure for one number of recipes; peer: what it must not exceed where there is no limit."""

    what: str
    value: float
    unit: str
    peer: float | None = None


def _taken(folder: Path, count: int) -> Iterator[_Taken]:
    database = Database(f"sqlite:///{folder / f'recipes-{count}.db'}")
    database.create_tables()
    with Fts5Alone(folder / f"fts5-{count}.db") as peer:
        built = _fill(database, count, peer)
        yield _Taken("the search index built", built["ours"], "s")
        yield _Taken("the same against FTS5 as it comes", built["ours"], "s", built["peer"])
        yield _Taken("a warm start, until the first page", _start(database, folder), "s")
        recipes = _opened(database, folder)
        asked = list(_asked())
        ours = _slow([lambda words=words: recipes.find(Wanted(search=" ".join(words))) for words in asked])  # type: ignore[misc]
        yield _Taken("a search, 95 of 100", ours, "ms")
        alone = _slow([lambda words=words: peer.search(words, 20) for words in asked])  # type: ignore[misc]
        yield _Taken("the same against FTS5 as it comes, without its rows", ours, "ms", alone)
    yield _Taken("a page of 50, any order and filter, 95 of 100", _slow(list(_pages(recipes, count))), "ms")
    getting = [_getting(recipes, number) for number in range(0, count, count // CALLS)]
    yield _Taken("one by its id", _slow(getting), "ms")
    yield _Taken("saved with its picture, and found", _saves(recipes), "ms")
    recipes.close()
    database.close()


def _opened(database: Database, folder: Path) -> Recipes:
    recipes = Recipes(database=database, clock=SystemClock(), folder=folder / "pictures")
    recipes.start()
    return recipes


def _start(database: Database, folder: Path) -> float:
    def start() -> None:
        recipes = _opened(database, folder)
        assert recipes.find(Wanted()).items
        recipes.close()

    return statistics.median(seconds(start) for _ in range(ROUNDS))


def _asked() -> Iterator[list[str]]:
    """One, two and three words, common and rare ones, whole and begun."""
    chance = random.Random(3)
    for number in range(CALLS):
        words = chance.choices(WORDS, cum_weights=COMMON, k=1 + number % 3)
        if number % 2:
            words[0] = words[0][:4]
        yield words


def _pages(recipes: Recipes, count: int) -> Iterator[Work]:
    chance = random.Random(4)
    orders = ("date", "name", "loras_count", "opened", "random:7")
    filters = (Wanted(), Wanted(favorite=True), Wanted(base_models=["Flux.1 D"]), Wanted(tag_include=["neon"]))
    for order, wanted in itertools.islice(itertools.cycle(itertools.product(orders, filters)), CALLS):
        page = chance.randrange(1, count // 50) if wanted == Wanted() and order == "date" else 1
        yield lambda order=order, wanted=wanted, page=page: recipes.find(  # type: ignore[misc]
            wanted, order=order, page=page, page_size=50
        )


def _getting(recipes: Recipes, number: int) -> Work:
    return lambda: recipes.get(f"{number:032x}")


def _saves(recipes: Recipes) -> float:
    """From the call that saves one until a search has found it, the median."""
    taken = []
    for number in range(SAVES):
        picture = recipe_samples.sample("Automatic1111", "PNG", {"prompt": f"unheard{number} of"})

        def saved(number: int = number, picture: bytes = picture) -> None:
            recipes.save(Draft(name=f"new {number}", picture=picture))
            assert recipes.find(Wanted(search=f"unheard{number}")).total == 1

        taken.append(seconds(saved))
    return statistics.median(taken) * 1000


def _slow(works: Sequence[Work]) -> float:
    """Milliseconds that 95 of 100 do not exceed, once each has been done."""
    for work in works:
        work()
    return statistics.quantiles([seconds(work) for work in works], n=100)[94] * 1000


def _fill(database: Database, count: int, peer: Fts5Alone) -> dict[str, float]:
    """Write so many rows; the seconds that their entries in the index take, and the peer's."""
    rows = list(_rows(count))
    with database.writing() as connection:
        for begin in range(0, count, WRITTEN_AT_ONCE):
            connection.execute(insert(RECIPES), rows[begin : begin + WRITTEN_AT_ONCE])

    def built() -> None:
        with database.writing() as connection:
            index.remake(connection)

    return alternating({"ours": built, "peer": lambda: peer.build(map(_texts, rows))}, 3 if count == SMALL else 1)


def _texts(row: dict[str, Any]) -> tuple[str, str, str, str]:
    loras = " ".join(lora["name"] for lora in row["loras"])
    return row["name"], " ".join(row["tags"]), f"{loras} {row['settings']['checkpoint']}", row["settings"]["prompt"]


def _rows(count: int) -> Iterator[dict[str, Any]]:
    chance = random.Random(5)
    for number in range(count):
        name = f"{chance.choice(WORDS)} {number}"
        loras = [
            {"name": f"lora-{one}", "strength": 0.8, "hash": f"{one:010x}"}
            for one in chance.sample(range(500), number % 4)
        ]
        moment = NOON + timedelta(seconds=number)
        prompt = " ".join(chance.choices(WORDS, cum_weights=COMMON, k=60))
        yield {
            "id": f"{number:032x}",
            "name": name,
            "folded_name": fold(name),
            "tags": chance.sample(["neon", "film", "ink", "noir", "fog"], 2),
            "settings": {"prompt": prompt, "seed": number, "checkpoint": "neonMix"},
            "loras": loras,
            "lora_count": len(loras),
            "fingerprint": fingerprint(loras),
            "format": "a1111",
            "confidence": 1.0,
            "base_model": chance.choice(["SDXL 1.0", "Flux.1 D", "SD 1.5"]),
            "folder": f"folder-{number % 20}",
            "favorite": number % 50 == 0,
            "mature": False,
            "picture": f"{number:032x}.png",
            "content_type": "image/png",
            "width": 64,
            "height": 64,
            "size_bytes": 1000,
            "sha256": f"{number:064x}",
            "original_sha256": f"{number:064x}",
            "embedded_version": 1,
            "version": 1,
            "created_at": moment,
            "modified_at": moment,
            "opened_at": moment if number % 3 == 0 else None,
        }


if __name__ == "__main__":
    for figure in figures():
        limit = "" if figure.limit is None else f", limit {figure.limit:.3f}, ratio {figure.ratio:.2f}"
        print(f"{figure.what}: {figure.value:.3f} {figure.unit}{limit}")
