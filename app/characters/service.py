"""Characters: has reference pictures painted, keeps them, and finds them again."""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

from sqlalchemy import func, select

from app.characters.port import FileFormat, Painter, Portrait, Sitting
from app.characters.tables import CharacterReference
from app.clock import Clock
from app.database import Database
from app.errors import InvalidInput, NoSuchObject, NotFound
from app.storage.port import ObjectStore

FOLDER = "character_references"
CONTENT_TYPES: dict[FileFormat, str] = {"png": "image/png", "jpg": "image/jpeg", "webp": "image/webp"}
# Pixels, width by height: each exactly of its ratio, and multiples of 16.
SIZES = {
    "1:1": (512, 512),
    "3:4": (384, 512),
    "4:3": (512, 384),
    "9:16": (288, 512),
    "16:9": (512, 288),
}
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)


class Malformed(InvalidInput):
    """400: it could never mean anything, whatever is stored."""

    status = 400


@dataclass(frozen=True)
class Order:
    """Which pictures of which character are wanted. seed: the same gives the same set."""

    character_description: str
    num_images: int = 4
    aspect_ratio: str = "1:1"
    negative_prompt: str = ""
    seed: int | None = None
    output_format: FileFormat = "png"


@dataclass(frozen=True)
class Made:
    """A set that was made: each picture's record with its bytes, and the parameters that had an effect."""

    pictures: list[tuple[CharacterReference, bytes]] = field(repr=False)
    model_used: str
    parameters_used: dict[str, Any]
    made_at: datetime


@dataclass(frozen=True)
class Page:
    items: list[CharacterReference]
    total: int


class Characters:
    """Reference pictures: the records in the database, the pictures in the store."""

    def __init__(self, *, database: Database, clock: Clock, store: ObjectStore, painter: Painter) -> None:
        self._database = database
        self._clock = clock
        self._store = store
        self._painter = painter

    def generate(self, order: Order) -> Made:
        """Have the pictures painted and keep them all, or none.

        Raises Malformed for a blank description, Unavailable when they cannot be painted or stored.
        """
        if not order.character_description.strip():
            raise Malformed(
                "character_description must not be blank: describe the character", field="character_description"
            )
        sitting = _sitting(order)
        portraits = self._painter.paint(sitting)
        made_at = self._clock.now()
        kept = [self._record(order, portrait, place, made_at) for place, portrait in enumerate(portraits)]
        pictures = [(record, portrait.data) for record, portrait in zip(kept, portraits, strict=True)]
        self._keep(pictures)
        return Made(
            pictures=pictures,
            model_used=self._painter.name,
            parameters_used=_parameters(order, sitting, portraits[0].seed),
            made_at=made_at,
        )

    def get(self, image_id: str) -> CharacterReference:
        """Raises Malformed, NotFound."""
        if _UUID.fullmatch(image_id) is None:
            raise Malformed(f"{image_id[:64]!r} is no image ID; one is a UUID in small letters", field="image_id")
        with self._database.session() as session:
            record = session.get(CharacterReference, image_id)
        if record is None:
            raise _not_found(image_id)
        return record

    def open(self, record: CharacterReference) -> BinaryIO:
        """The picture's bytes, seekable; the caller closes them. Raises NotFound, StorageUnavailable."""
        try:
            return self._store.open(record.key)
        except NoSuchObject as error:
            raise _not_found(record.id) from error

    def read(self, image_id: str) -> bytes:
        """One picture's bytes. Raises Malformed, NotFound, StorageUnavailable."""
        with self.open(self.get(image_id)) as stream:
            return stream.read()

    def page(self, *, page: int, page_size: int) -> Page:
        """The newest first, each set in its order; pages count from 1."""
        newest = select(CharacterReference).order_by(
            CharacterReference.created_at.desc(), CharacterReference.place, CharacterReference.id
        )
        with self._database.session() as session:
            total = session.scalar(select(func.count(CharacterReference.id))) or 0
            rows = session.scalars(newest.offset((page - 1) * page_size).limit(page_size))
            return Page(items=list(rows), total=total)

    def _record(self, order: Order, portrait: Portrait, place: int, made_at: datetime) -> CharacterReference:
        image_id = str(uuid.uuid4())
        return CharacterReference(
            id=image_id,
            key=f"{FOLDER}/{image_id}.{order.output_format}",
            content_type=CONTENT_TYPES[order.output_format],
            size_bytes=len(portrait.data),
            sha256=hashlib.sha256(portrait.data).hexdigest(),
            character_description=order.character_description,
            model_used=self._painter.name,
            seed=portrait.seed,
            place=place,
            created_at=made_at,
        )

    def _keep(self, pictures: list[tuple[CharacterReference, bytes]]) -> None:
        """Store every picture, then record them in one transaction; a failure takes the stored ones back."""
        stored: list[str] = []
        try:
            for record, data in pictures:
                self._store.put(record.key, data, record.content_type, only_if_absent=True)
                stored.append(record.key)
            with self._database.session() as session:
                session.add_all(record for record, _ in pictures)
        except BaseException:
            for key in stored:
                self._store.delete(key)
            raise


def _sitting(order: Order) -> Sitting:
    width, height = SIZES[order.aspect_ratio]
    return Sitting(
        prompt=order.character_description,
        negative_prompt=order.negative_prompt,
        width=width,
        height=height,
        count=order.num_images,
        seed=order.seed,
        output_format=order.output_format,
    )


def _parameters(order: Order, sitting: Sitting, seed: int) -> dict[str, Any]:
    used = {
        "num_images": order.num_images,
        "aspect_ratio": order.aspect_ratio,
        "width": sitting.width,
        "height": sitting.height,
        "seed": seed,
        "output_format": order.output_format,
    }
    return used | ({"negative_prompt": order.negative_prompt} if order.negative_prompt else {})


def _not_found(image_id: str) -> NotFound:
    return NotFound(f"Character reference image with ID {image_id} not found", field="image_id")
