"""The port to a store of objects: what every store does, returns and refuses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import BinaryIO, Protocol

from app.errors import InvalidInput

LONGEST_KEY_BYTES = 1024
LONGEST_PART_BYTES = 255


@dataclass(frozen=True)
class StoredObject:
    """One object without its data, which has size_bytes. content_type: None where a listing does not tell it.

    modified_at: when it was put or copied there, in UTC, to the second at least.
    """

    key: str
    size_bytes: int
    content_type: str | None
    modified_at: datetime


@dataclass(frozen=True)
class Link:
    """An address at which anybody can read one object for expires_in_seconds from now, at least."""

    url: str = field(repr=False)  # whoever reads it in a log can open it
    expires_in_seconds: int


class ObjectStore(Protocol):
    """Objects under keys such as `character_references/<id>.png`. Fit to be used by many threads at once.

    Every method raises InvalidInput for a key that `checked_key` refuses, and StorageUnavailable (which of its
    kinds says what to look at), its cause kept, when the store cannot be used; "not found" is never said for any
    other reason. A store that hangs is given up within five seconds.
    """

    @property
    def name(self) -> str:
        """`local` or `s3`."""

    def put(self, key: str, data: bytes | BinaryIO, content_type: str, *, only_if_absent: bool = False) -> None:
        """Store all of `data` or nothing; an object of that key is replaced.

        data: a stream is read from its position to its end, piece by piece. only_if_absent: raise Conflict, the
        object there untouched, instead of replacing it.
        """

    def open(self, key: str) -> BinaryIO:
        """The object's data as a seekable stream, read piece by piece, that the caller closes. Raises NoSuchObject.

        All of it is of one edition: reading fails with StorageUnavailable where the object is replaced meanwhile.
        """

    def read(self, key: str) -> bytes:
        """The object's data. Raises NoSuchObject."""

    def stat(self, key: str) -> StoredObject:
        """The object without its data. Raises NoSuchObject."""

    def copy(self, source: str, target: str) -> None:
        """Have the store itself copy an object, all of it or nothing; `target` is replaced. Raises NoSuchObject."""

    def delete(self, key: str) -> None:
        """Remove the object; one that is not there is already removed."""

    def delete_all(self, keys: Iterable[str]) -> None:
        """Remove the objects, many with one call where the store can; those that are not there are already removed.

        When it fails, some are removed and some are not.
        """

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        """Every object whose key begins with `prefix`, in an order that is the store's own. Nothing is held in memory.

        What is put or deleted meanwhile may be in it or not; what others keep there under keys that `checked_key`
        refuses is not.
        """

    def url(self, key: str, *, filename: str | None = None) -> Link | None:
        """An address at which anybody can read the object for a while; None when the store has none.

        Whether the object exists is not looked up. filename: what a browser shall save it as.
        """

    def condition(self, within_seconds: float = 1.0) -> str:
        """What keeps the store from being used, in a sentence; "" when nothing does. Never raises.

        Looked up at most every two seconds, at once after a failure, and never waited for longer than
        `within_seconds`: till then it is told as it was last known. What takes longer than a second is out of order.
        """

    def close(self) -> None:
        """Give back connections and threads; nothing may be asked any more."""


def checked_key(key: str) -> str:
    """The key itself, if every store can hold it: relative, no `..`, no empty or hidden part.

    Raises InvalidInput with what is wrong. Spaces, umlauts and any other printable text are fine.
    """
    fault = fault_of_key(key)
    if fault is not None:
        raise InvalidInput(f"the object key {key[:100]!r} {fault}", field="key")
    return key


def fault_of_key(key: str) -> str | None:
    """Why not every store can hold that key, as the end of a sentence; None when each can."""
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
