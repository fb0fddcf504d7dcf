"""An order by chance that can be walked along from any place: the recipes' numbers, dealt like cards."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

# Of each round: enough for what follows in the order of saving not to follow at equal distances in any other.
_ROUNDS = 4
_BYTES = 8
_PLACE_BITS = 48


class Deal:
    """The numbers below 2**bits in an order that the seed decides; each has one place, counted from 0.

    A round multiplies with an odd number, which carries what is small upwards, then folds the upper half
    onto the lower one; each can be undone, so that no two numbers have the same place.
    """

    def __init__(self, seed: str, bits: int) -> None:
        self._mask = (1 << bits) - 1
        self._half = bits // 2 + 1
        drawn = hashlib.sha512(f"{bits}:{seed}".encode("utf-8", "replace")).digest()
        parts = [
            int.from_bytes(drawn[start : start + _BYTES], "big") for start in range(0, 2 * _ROUNDS * _BYTES, _BYTES)
        ]
        self._rounds = [(factor | 1, more) for factor, more in zip(parts[::2], parts[1::2], strict=True)]
        self._undoing = [(pow(factor, -1, 1 << bits), more) for factor, more in reversed(self._rounds)]

    def __len__(self) -> int:
        return self._mask + 1

    def number_at(self, place: int) -> int:
        for factor, more in self._rounds:
            place = (place * factor + more) & self._mask
            place ^= place >> self._half
        return place

    def place_of(self, number: int) -> int:
        for factor, more in self._undoing:
            number ^= number >> self._half
            number = ((number - more) * factor) & self._mask
        return number


@dataclass(frozen=True)
class Dealt:
    """A place in a deal of 2**bits numbers; `key` is both in one, for a cursor."""

    bits: int
    place: int

    @property
    def key(self) -> int:
        return self.bits << _PLACE_BITS | self.place

    @classmethod
    def of(cls, key: int) -> Dealt:
        """Raises ValueError for what is none."""
        bits, place = key >> _PLACE_BITS, key & (1 << _PLACE_BITS) - 1
        if not 1 <= bits <= _PLACE_BITS or place >> bits:
            raise ValueError(f"{key} is no place in a deal")
        return cls(bits, place)
