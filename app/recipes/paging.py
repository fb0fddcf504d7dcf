"""One page of the recipes that are wanted, in any order, without reading more rows than it must."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, text

from app.recipes import index
from app.recipes.asking import Wanted
from app.recipes.dealing import Deal, Dealt
from app.recipes.ordering import Ordering, Place

# Up to so many it is quicker to put them in order than to walk along the order until enough are found.
_FEW = 500
_CHUNK = 400
_LARGEST_CHUNK = 20_000


@dataclass(frozen=True)
class Cut:
    """Which part of what is found: `size` places after `skip` others, or after the place `after`."""

    size: int
    skip: int = 0
    after: Place | None = None

    @property
    def facts(self) -> dict[str, Any]:
        """The parameters of `Ordering.sql`."""
        facts: dict[str, Any] = {"size": self.size, "skip": self.skip}
        return facts if self.after is None else facts | {"after_key": self.after.key, "after_number": self.after.number}


def places(rows: Connection, wanted: Wanted, ordering: Ordering, cut: Cut) -> tuple[list[Place], int]:
    """The places of the page, and how many recipes are wanted in all."""
    dialect = rows.dialect.name
    match = index.match(wanted, dialect)
    if ordering.seed is None and (match is None or ordering.key == "number"):
        total = _count(rows, match)
        return (_asked(rows, ordering, cut, match) if cut.skip < total else []), total
    found = None if match is None else _numbers(rows, match)
    total = _count(rows, None) if found is None else len(found)
    if cut.skip >= total:
        return [], total
    if ordering.seed is not None:
        return _dealt(rows, found, total, ordering, cut), total
    if total <= _FEW:
        return _asked(rows, ordering, cut, match), total
    along = _along(rows, ordering, cut.after)
    return list(
        islice((place for place in along if place.number in (found or ())), cut.skip, cut.skip + cut.size)
    ), total


def _count(rows: Connection, match: str | None) -> int:
    if match is None:
        return rows.exec_driver_sql("SELECT count(*) FROM recipes WHERE deleted_at IS NULL").scalar() or 0
    return rows.scalar(text(index.COUNTING[rows.dialect.name]), {"match": match}) or 0


def _numbers(rows: Connection, match: str) -> set[int]:
    return set(json.loads(rows.scalar(text(index.NUMBERS[rows.dialect.name]), {"match": match}) or "[]"))


def _asked(rows: Connection, ordering: Ordering, cut: Cut, match: str | None) -> list[Place]:
    """As the database itself puts them in order."""
    query = ordering.sql(rows.dialect.name, matching=match is not None, after=cut.after is not None)
    return [Place(key, number) for number, key in rows.execute(text(query), cut.facts | {"match": match}).all()]


def _along(rows: Connection, ordering: Ordering, after: Place | None) -> Iterator[Place]:
    """Every recipe in that order, read in chunks that grow."""
    size = _CHUNK
    while True:
        chunk = _asked(rows, ordering, Cut(size, after=after), None)
        yield from chunk
        if len(chunk) < size:
            return
        after, size = chunk[-1], min(2 * size, _LARGEST_CHUNK)


def _dealt(rows: Connection, found: set[int] | None, total: int, ordering: Ordering, cut: Cut) -> list[Place]:
    """In an order by chance: dealt until enough of the wanted are found, or all of those put in order.

    A cursor goes on with its own deal, in which a recipe that was saved later may have no place.
    """
    assert ordering.seed is not None
    start = None if cut.after is None else Dealt.of(int(cut.after.key))
    highest = rows.exec_driver_sql("SELECT max(number) FROM recipes").scalar() or 1
    bits = highest.bit_length() if start is None else start.bits
    deal = Deal(ordering.seed, bits)
    step = 1 if ordering.upwards else -1
    first = (0 if ordering.upwards else len(deal) - 1) if start is None else start.place + step
    end = len(deal) if ordering.upwards else -1
    candidates = (cut.skip + cut.size) * len(deal) // max(total, 1)
    if candidates < total:
        numbers = _dealing(rows, found, deal, range(first, end, step))
    else:
        numbers = _in_order(rows, found, deal, range(first, end, step))
    page = islice(numbers, cut.skip, cut.skip + cut.size)
    return [Place(Dealt(bits, deal.place_of(number)).key, number) for number in page]


def _dealing(rows: Connection, found: set[int] | None, deal: Deal, along: range) -> Iterator[int]:
    """Card by card; those that are no wanted recipe are laid aside."""
    for begin in range(0, len(along), _CHUNK):
        numbers = [deal.number_at(place) for place in along[begin : begin + _CHUNK]]
        wanted = _living(rows, numbers) if found is None else found
        yield from (number for number in numbers if number in wanted)


def _in_order(rows: Connection, found: set[int] | None, deal: Deal, along: range) -> Iterator[int]:
    numbers = _living(rows, None) if found is None else found
    at = {deal.place_of(number): number for number in numbers if number < len(deal)}
    return (at[place] for place in sorted(at, reverse=along.step < 0) if place in along)


def _living(rows: Connection, numbers: list[int] | None) -> set[int]:
    """Which of these numbers belong to a recipe; which there are at all, when none are named."""
    among = "" if numbers is None else f" AND number IN ({', '.join(map(str, numbers))})"
    return set(rows.exec_driver_sql(f"SELECT number FROM recipes WHERE deleted_at IS NULL{among}").scalars().all())
