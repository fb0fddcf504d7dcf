"""In which order recipes are shown, and where in it a page ends: a cursor that holds while others save."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass

from app.errors import InvalidInput
from app.recipes import index
from app.recipes.dealing import Dealt

_KEYS = {
    "date": ("number", "desc"),
    "name": ("folded_name", "asc"),
    "loras_count": ("lora_count", "desc"),
    "opened": ("opened_at", "desc"),
    "random": ("", "asc"),
}
_LARGEST = 2**63 - 1


@dataclass(frozen=True)
class Place:
    """Where a recipe stands in an order: by its key and, among equals, its number."""

    key: str | int
    number: int


@dataclass(frozen=True)
class Ordering:
    """key: a column; none for an order by chance, which `seed` decides. upwards: the smallest first."""

    name: str
    key: str
    upwards: bool
    seed: str | None = None

    def sql(self, dialect: str, *, matching: bool, after: bool) -> str:
        """The statement for one page of (number, key), to be executed with match, after_…, size and skip."""
        way, beyond = ("ASC", ">") if self.upwards else ("DESC", "<")
        if matching and self.key == "number":
            # The index lies in this order itself.
            number = index.NUMBER[dialect]
            conditions = [f"{number} {beyond} :after_number"] if after else []
            found = " AND ".join([index.MATCHING[dialect], *conditions])
            return f"{found.replace('SELECT', f'SELECT {number},', 1)} ORDER BY {number} {way} LIMIT :size OFFSET :skip"
        conditions = ["deleted_at IS NULL"]
        if matching:
            conditions.append(f"number IN ({index.MATCHING[dialect]})")
        if after:
            conditions.append(f"({self.key}, number) {beyond} (:after_key, :after_number)")
        return (
            f"SELECT number, {self.key} FROM recipes WHERE {' AND '.join(conditions)} "
            f"ORDER BY {self.key} {way}, number {way} LIMIT :size OFFSET :skip"
        )

    def cursor(self, place: Place) -> str:
        return base64.urlsafe_b64encode(json.dumps([self.name, place.key, place.number]).encode()).decode().rstrip("=")

    def place(self, cursor: str) -> Place:
        """Raises InvalidInput for what is no cursor of this order."""
        try:
            told = json.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
            name, key, number = told
            right = _is_whole(number) and (isinstance(key, str) if self.key == "folded_name" else _is_whole(key))
            if name != self.name or not right:
                raise _no_cursor(cursor)
            if self.seed is not None:
                Dealt.of(key)
        except (binascii.Error, ValueError, TypeError, RecursionError) as error:
            raise _no_cursor(cursor) from error
        return Place(key, number)


def ordering(order: str) -> Ordering:
    """`date`, `name`, `loras_count`, `opened` or `random:SEED`, each perhaps with `:asc` or `:desc` behind it.

    Else the newest, A, the most LoRAs, the last opened come first. A random order is the same for the same seed.
    Raises InvalidInput for any other.
    """
    what, *rest = order.split(":")
    way = rest.pop() if rest and rest[-1] in ("asc", "desc") else None
    if what not in _KEYS or (bool(rest) != (what == "random")):
        raise InvalidInput(
            f"sort {order[:64]!r} is none; date, name, loras_count, opened and random:SEED are, "
            "each perhaps with :asc or :desc behind it",
            field="sort",
        )
    key, usual = _KEYS[what]
    seed = ":".join(rest) if what == "random" else None
    return Ordering(name=order, key=key, upwards=(way or usual) == "asc", seed=seed)


def _is_whole(value: object) -> bool:
    """Whether it is a number that a database can hold."""
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST


def _no_cursor(cursor: str) -> InvalidInput:
    return InvalidInput(
        f"cursor {cursor[:64]!r} is none of this order; take next_cursor of a page, with the same sort", field="cursor"
    )
