"""What the model library costs with 10,000 and 100,000 models: its start, its scan, its look-ups, its searches."""

from __future__ import annotations

import hashlib
import os
import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from app.clock import SystemClock
from app.database import Database
from app.library.catalogue import Model
from app.library.hashes import sha256_of
from app.library.listing import Wanted
from app.library.service import Library
from app.library.store import Store
from app.model_files import ModelKind
from support import builders, leaks
from tests.performance.measuring import Figure, alternating, seconds

KIND = ModelKind.LORAS
SMALL, LARGE = 10_000, 100_000
LIMITS = {
    "a warm start, until the first answer": 1.0,
    "a scan with nothing changed": 1.0,
    "a look-up by SHA-256": 1.0,
    "a page of 50, 95 of 100": 5.0,
    "a search, some words misspelt, 95 of 100": 10.0,
}
ROUNDS, CALLS, LOOKS = 5, 60, 20_000
HASHED_BYTES = 512 * 1024 * 1024
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
STYLES = ["film", "neon", "ink", "watercolour", "pastel", "noir", "chrome", "velvet", "paper", "glass", "amber", "mist"]
SUBJECTS = ["city", "portrait", "forest", "harbour", "street", "garden", "castle", "desert", "garment", "creature"]
BASES = ["SDXL 1.0", "Flux.1 D", "SD 1.5", "Illustrious", "Pony", "Unknown"]


def figures() -> Iterator[Figure]:
    """At 10,000 models, beside the limits; then at 100,000, beside three times those."""
    with leaks.own_temporary_folder() as folder:
        before: dict[str, float] = {}
        for count in (SMALL, LARGE):
            yield from _with(folder, count, before)
        yield _hashing(folder)


def _with(folder: Path, count: int, before: dict[str, float]) -> Iterator[Figure]:
    """before: what each took with fewer models; filled here."""
    database = Database(f"sqlite:///{folder / f'{count}.db'}")
    database.create_tables()
    root = folder / f"models-{count}"
    models = list(_models(root, count))
    store = Store(database)
    with store.session() as session:
        store.replace(session, models)
    library = _opened(database, root)
    times = 1 if count == SMALL else 3
    for what, (value, unit) in _taken(database, library, root, models).items():
        yield Figure(f"library: {what}, {count:,} models", value, unit, LIMITS[what] * times)
        if what in before:
            yield Figure("the same, grown since the figure above for a tenth of them", value / before[what], "times")
        before[what] = value
    library.close()
    database.close()


def _taken(database: Database, library: Library, root: Path, models: Sequence[Model]) -> dict[str, tuple[float, str]]:
    start = statistics.median(seconds(lambda: _opened(database, root).page(KIND)) for _ in range(ROUNDS))
    for model in models:
        model.path.parent.mkdir(parents=True, exist_ok=True)
        model.path.write_bytes(_WEIGHTS)
        os.utime(model.path, ns=(model.mtime_ns, model.mtime_ns))
    first = library.scan(KIND)
    if (first.found, first.added, first.gone) != (len(models), 0, 0):
        raise AssertionError(f"the files are not those of the index: {first}")
    scan = statistics.median(seconds(lambda: library.scan(KIND)) for _ in range(ROUNDS))
    sums = [model.sha256 for model in random.Random(1).choices(models, k=LOOKS)]
    look = statistics.median(seconds(lambda: _look_up(library, sums)) for _ in range(ROUNDS)) / LOOKS
    return {
        "a warm start, until the first answer": (start, "s"),
        "a scan with nothing changed": (scan, "s"),
        "a look-up by SHA-256": (look * 1e6, "µs"),
        "a page of 50, 95 of 100": (_slow(list(_pages(library, len(models)))), "ms"),
        "a search, some words misspelt, 95 of 100": (_slow(list(_searches(library))), "ms"),
    }


def _look_up(library: Library, sums: Sequence[str]) -> None:
    known_as = library.known_as
    for sum_ in sums:
        if not known_as(sum_):
            raise AssertionError(f"{sum_} is not found")


Work = Callable[[], object]


def _pages(library: Library, count: int) -> Iterator[Work]:
    """Any page, in any order, with any filter."""
    chance = random.Random(2)
    for number in range(CALLS):
        order = ("name", "date:desc", "size")[number % 3]
        wanted = (Wanted(), Wanted(base_models=["Flux.1 D"]), Wanted(tags=["neon"]), Wanted(favorite=True))[number % 4]
        page = chance.randrange(1, count // 50) if wanted == Wanted() else 1
        yield lambda page=page, order=order, wanted=wanted: library.page(  # type: ignore[misc]
            KIND, wanted, page=page, page_size=50, order=order
        )


def _searches(library: Library) -> Iterator[Work]:
    """One, two and three words; each third one with a slip of the pen."""
    chance = random.Random(3)
    for number in range(CALLS):
        words = [chance.choice(STYLES), chance.choice(SUBJECTS), str(chance.randrange(1000))][: 1 + number % 3]
        if number % 3 == 0:
            words[0] = words[0][:2] + "x" + words[0][2:]
        wanted = Wanted(search=" ".join(words))
        yield lambda wanted=wanted: library.page(KIND, wanted, page_size=50)  # type: ignore[misc]


def _slow(works: Sequence[Work]) -> float:
    """Milliseconds that 95 of 100 do not exceed, once each has been done."""
    for work in works:
        work()
    return statistics.quantiles([seconds(work) for work in works], n=100)[94] * 1000


_WEIGHTS = builders.safetensors("one", 400)


def _models(root: Path, count: int) -> Iterator[Model]:
    chance = random.Random(4)
    for number in range(count):
        name = f"{chance.choice(STYLES)}-{chance.choice(SUBJECTS)}-{number}"
        moment = NOON + timedelta(seconds=number)
        sum_ = hashlib.sha256(name.encode()).hexdigest()
        yield Model(
            id=f"{number:032x}",
            library="default",
            kind=KIND,
            root=str(root),
            folder=f"folder-{number % 100}",
            file_name=f"{name}.safetensors",
            name=name,
            size_bytes=len(_WEIGHTS),
            mtime_ns=int(moment.timestamp()) * 10**9,
            sha256=sum_,
            autov2=sum_[:10],
            autov3=None,
            added_at=moment,
            modified_at=moment,
            base_model=chance.choice(BASES),
            tags=tuple(chance.sample(STYLES, 2)),
            favorite=number % 50 == 0,
        )


def _opened(database: Database, root: Path) -> Library:
    return Library(database=database, clock=SystemClock(), roots_of=lambda kind: [root])


def _hashing(folder: Path) -> Figure:
    """Hashing one file, beside what hashlib takes alone; the limit is that divided by 0.9."""
    path = folder / "weights.bin"
    with path.open("wb") as file:
        for _ in range(HASHED_BYTES // (1024 * 1024)):
            file.write(os.urandom(1024 * 1024))

    def alone() -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    taken = alternating({"ours": lambda: sha256_of(path), "alone": alone}, ROUNDS)
    path.unlink()
    what = f"library: hashing {HASHED_BYTES // 1024**2} MiB, against hashlib alone at 90 %"
    return Figure(what, taken["ours"], "s", taken["alone"] / 0.9)


if __name__ == "__main__":
    for figure in figures():
        limit = "" if figure.limit is None else f", limit {figure.limit:.3f}, ratio {figure.ratio:.2f}"
        print(f"{figure.what}: {figure.value:.3f} {figure.unit}{limit}")
