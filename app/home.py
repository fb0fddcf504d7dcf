"""The studio's home: one studio at a time lives in it, and it has a name that outlasts a restart."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from app.errors import Unavailable


@contextmanager
def living_in(home: Path) -> Iterator[None]:
    """Keep other studios out of `home`; the lock ends with the process, however that ends.

    Raises Unavailable when another studio lives there.
    """
    lock = FileLock(home / ".studio.lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise Unavailable(f"another studio lives in {home}; give this one another STUDIO_HOME") from error
    try:
        yield
    finally:
        lock.release()


def name_of(home: Path) -> str:
    """The name of the studio that lives in `home`, given at its first start: a UUID."""
    path = home / ".studio-name"
    try:
        return path.read_text("ascii")
    except FileNotFoundError:
        name = str(uuid.uuid4())
        path.write_text(name, "ascii")
        return name
