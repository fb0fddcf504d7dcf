"""Characters alone: on a database and stores of their own, by a clock and a painter that the test decides over."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from PIL import Image

from app.characters.port import Painted, Portrait, Sitting
from app.characters.service import Characters
from app.characters.tables import CharacterReference
from app.database import Database
from app.errors import StorageUnavailable, StudioError
from app.recipes.stripping import Intake
from app.storage.folder import FolderStore
from app.storage.port import Link
from support.clock import VirtualClock

KINDS = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}


def picture(colour: int = 1, kind: str = "PNG", side: int = 16, **how: Any) -> bytes:
    """A small picture of one colour as a file."""
    buffer = io.BytesIO()
    Image.new("RGB", (side, side), (colour * 7919) & 0xFFFFFF).save(buffer, kind, **how)
    return buffer.getvalue()


class ScriptedPainter:
    """Paints pictures of one colour, by the seed. fails: why, for each picture that does not come, in turn.

    refuses: what is raised instead of painting; sends: what comes in a picture's place; gate: waited for.
    """

    name = "scripted"

    def __init__(self) -> None:
        self.sittings: list[Sitting] = []
        self.fails: Sequence[str] = ()
        self.refuses: StudioError | None = None
        self.sends: bytes | None = None
        self.gate: threading.Event | None = None
        self.begun = threading.Event()

    def paint(self, sitting: Sitting) -> Painted:
        self.sittings.append(sitting)
        self.begun.set()
        if self.gate is not None:
            assert self.gate.wait(30)
        if self.refuses is not None:
            raise self.refuses
        first = 100 if sitting.seed is None else sitting.seed
        made = [
            Portrait(picture(first + number, KINDS[sitting.output_format]), first + number)
            for number in range(sitting.count - len(self.fails))
        ]
        if self.sends is not None:
            made[-1] = Portrait(self.sends, made[-1].seed)
        return Painted(made, self.fails)


class Bucket(FolderStore):
    """A bucket that is a folder. trouble: what every call of it is refused for; read_only: what every change is.

    It gives links that nobody can open: they say which object they are of.
    """

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.trouble: StorageUnavailable | None = None
        self.read_only: StorageUnavailable | None = None
        self.calls: list[str] = []

    name = "s3"

    def put(self, key: str, data: bytes | BinaryIO, content_type: str, *, only_if_absent: bool = False) -> None:
        self._asked(f"put {key}", self.trouble or self.read_only)
        super().put(key, data, content_type, only_if_absent=only_if_absent)

    def open(self, key: str) -> BinaryIO:
        self._asked(f"open {key}", self.trouble)
        return super().open(key)

    def delete(self, key: str) -> None:
        self._asked(f"delete {key}", self.trouble or self.read_only)
        super().delete(key)

    def list(self, prefix: str = "") -> Iterator[Any]:
        self._asked(f"list {prefix}", self.trouble)
        return super().list(prefix)

    def url(self, key: str, *, filename: str | None = None) -> Link | None:
        return Link(f"https://bucket.example/{key}?X-Amz-Signature=0123abcd", 3600)

    def condition(self, within_seconds: float = 1.0) -> str:
        return "" if self.trouble is None else self.trouble.message

    def _asked(self, call: str, trouble: StorageUnavailable | None) -> None:
        self.calls.append(call)
        if trouble is not None:
            raise trouble


class Desk:
    """One studio's characters, restarted at will. settings: of Characters, beside the desk's own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = VirtualClock()
        self.painter = ScriptedPainter()
        self.store = FolderStore(folder / "store")
        self.bucket = Bucket(folder / "bucket")
        self.database = Database(f"sqlite:///{folder / 'characters.db'}")
        self.database.create_tables()

    @contextmanager
    def characters(self, **settings: Any) -> Iterator[Characters]:
        chosen: dict[str, Any] = {
            "database": self.database,
            "clock": self.clock,
            "painter": self.painter,
            "pictures": Intake(),
            "store": self.store,
            "cloud": self.bucket,
            "holder": "me",
        }
        characters = Characters(**chosen | settings)
        characters.start()
        try:
            yield characters
        finally:
            characters.close()

    @property
    def stored(self) -> list[str]:
        return [stored.key for stored in self.store.list()]

    @property
    def in_bucket(self) -> list[str]:
        return [stored.key for stored in FolderStore(self.folder / "bucket").list()]

    def records(self) -> list[CharacterReference]:
        with self.characters(cloud=None) as characters:
            return characters.page(page=1, page_size=100).items
