"""The port to a store of objects: what every store does, returns and refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol

from app.errors import InvalidInput

LONGEST_KEY_BYTES = 1024
LONGEST_PART_BYTES = 255


@dataclass(frozen=True)
class StoredObject:
    """One object as a listing shows it; size_bytes is that of its data."""

    key: str
    size_bytes: int


class ObjectStore(Protocol):
    """Objects under keys such as `character_references/<id>.png`.

    Every method raises InvalidInput for a key that `checked_key` refuses, and StorageUnavailable, its
    cause kept, when the store cannot be used; "not found" is never said for any other reason.
    """

    def put(self, key: str, data: bytes, content_type: str, *, only_if_absent: bool = False) -> None:
        """Store all of `data` or nothing; an object of that key is replaced.

        only_if_absent: raise Conflict, the object there untouched, instead of replacing it.
        """

    def open(self, key: str) -> BinaryIO:
        """The object's data as a seekable stream that the caller closes. Raises NoSuchObject."""

    def read(self, key: str) -> bytes:
        """The object's data. Raises NoSuchObject."""

    def delete(self, key: str) -> None:
        """Remove the object; one that is not there is already removed."""

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Every object whose key begins with `prefix`, in the order of the keys' code points."""

    def url(self, key: str) -> str | None:
        """An address at which anybody can read the object for a while; None when the store has none.

        Whether the object exists is not looked up.
        """


def checked_key(key: str) -> str:
    """The key itself, if every store can hold it: relative, no `..`, no empty or hidden part.

    Raises InvalidInput with what is wrong. Spaces, umlauts and any other printable text are fine.
    """
    fault = _fault(key)
    if fault is not None:
        raise InvalidInput(f"the object key {key[:100]!r} {fault}", field="key")
    return key


def _fault(key: str) -> str | None:
    if not key.isprintable():
        return "holds a character that cannot be printed"
    if "\\" in key:
        return "holds a backslash; parts are separated by /"
    parts = key.split("/")
    if any(part == "" or part.startswith(".") for part in parts):
        return "has a part that is empty or begins with a dot"
    if len(key.encode()) > LONGEST_KEY_BYTES or any(len(part.encode()) > LONGEST_PART_BYTES for part in parts):
        return f"is longer than {LONGEST_KEY_BYTES} bytes, or one of its parts than {LONGEST_PART_BYTES}"
    return None
