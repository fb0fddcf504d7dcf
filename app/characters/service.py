"""Characters: has reference pictures painted, takes others in, keeps them, and finds them again."""

from __future__ import annotations

import hashlib
import re
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from app.characters.book import Book, Page
from app.characters.catching_up import CatchingUp
from app.characters.faults import InUse, Malformed
from app.characters.idempotency import Call, Calls
from app.characters.names import harmless
from app.characters.order import Made, Order, Shot, paint
from app.characters.places import EXTENSIONS, FOLDER, Places
from app.characters.port import LARGEST_BYTES, CheckedPicture, Painter, PictureCheck
from app.characters.tables import CharacterReference
from app.clock import Clock
from app.database import Database
from app.errors import InvalidInput, NoSuchObject, NotFound, StudioError, TooLarge
from app.storage.port import Link, ObjectStore

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.ASCII)

UsedBy = Callable[[str], Sequence[str]]
"""The ids of the jobs that use the picture of that id now."""


@dataclass(frozen=True)
class Uploaded:
    """A picture that was taken in. warnings: what did not go as it should have, each in a sentence."""

    record: CharacterReference
    warnings: list[str] = field(default_factory=list)


class Characters:
    """Reference pictures: the records in the database, the pictures in this machine's folder and in the bucket.

    cloud: None without a bucket. users: told of everybody who may need a picture that shall be deleted.
    holder: this studio's name, the same after a restart.
    """

    def __init__(
        self,
        *,
        database: Database,
        clock: Clock,
        painter: Painter,
        pictures: PictureCheck,
        store: ObjectStore,
        cloud: ObjectStore | None = None,
        serve_from_cloud: bool = False,
        users: Sequence[UsedBy] = (),
        holder: str = "",
    ) -> None:
        self._clock = clock
        self._painter = painter
        self._pictures = pictures
        self._users = users
        self._book = Book(database)
        self._calls = Calls(book=self._book, clock=clock, holder=holder)
        self._places = Places(local=store, cloud=cloud, serve_from_cloud=serve_from_cloud)
        self._catching_up = CatchingUp(book=self._book, places=self._places)

    def start(self) -> None:
        """Bring what the bucket lacks into it, in the background, if there is any."""
        self._catching_up.start()

    def catch_up(self) -> int:
        """Put into the bucket what it lacks; how many pictures that were."""
        return self._catching_up.run()

    def close(self) -> None:
        self._calls.close()
        self._catching_up.close()

    def generate(self, order: Order, call: Call | None = None) -> Made:
        """Have the pictures painted, and keep those that came of it.

        call: with it, the same call again is answered as before, and nothing is painted. Raises Malformed for a
        blank description, KeyReused, ProviderFailed when no picture came of it, and what the painter raises.
        """
        if not order.character_description.strip():
            raise Malformed(
                "character_description must not be blank: describe the character", field="character_description"
            )
        if call is None:
            return self._make(order, lambda made: self._book.add(_records(made)))
        answer = self._calls.begin(call)
        if answer is not None:
            return self._again(answer)
        answered = False
        try:
            made = self._make(order, lambda made: self._book.answered(call.key, made.remembered(), _records(made)))
            answered = True
        finally:
            self._calls.end(call, answered=answered)
        return made

    def upload(self, data: bytes, filename: str) -> Uploaded:
        """Take a picture in, without what it says of places, cameras and people.

        filename: what the caller calls it; it is told again, made harmless, and used for nothing else. Raises
        InvalidInput, TooLarge, StorageUnavailable.
        """
        picture = self._pictures.accept(data, field="file")
        record = self._record(picture, origin="uploaded")
        record.filename = harmless(filename) or f"{record.id}.{record.extension}"
        taken = Uploaded(record)
        self._keep([(record, picture.data)], taken.warnings, lambda: self._book.add([record]))
        return taken

    def get(self, image_id: str) -> CharacterReference:
        """Raises Malformed, NotFound; StorageUnavailable when only the bucket could know of it."""
        if _UUID.fullmatch(image_id) is None:
            raise Malformed(f"{image_id[:64]!r} is no image ID; one is a UUID in small letters", field="image_id")
        record = self._book.get(image_id) or self._found(image_id)
        if record is None:
            raise _not_found(image_id)
        return record

    def link(self, record: CharacterReference) -> Link | None:
        """A link to it in the bucket; None when it is not there, or the bucket cannot be used now."""
        return self._places.link(record)

    def served_as(self, record: CharacterReference) -> Link | None:
        """The link that is answered in the picture's place; None: the picture itself."""
        return self._places.link(record) if self._places.serves_from_cloud else None

    @property
    def serves_from_cloud(self) -> bool:
        return self._places.serves_from_cloud

    def open(self, record: CharacterReference) -> BinaryIO:
        """The picture's bytes, seekable; the caller closes them. Raises NotFound, StorageUnavailable."""
        try:
            return self._places.open(record)
        except NoSuchObject as error:
            raise _not_found(record.id) from error

    def picture_of(self, image_id: str) -> bytes:
        """One picture's bytes. Raises Malformed, NotFound, StorageUnavailable."""
        with self.open(self.get(image_id)) as stream:
            return stream.read()

    def thumbnail(self, record: CharacterReference, side: int) -> bytes:
        """A small WebP, its longer side at most `side` pixels. Raises NotFound, StorageUnavailable."""
        with self.open(record) as stream:
            return self._pictures.thumbnail(stream.read(), side)

    def page(self, *, page: int, page_size: int) -> Page:
        """The newest first, each set in its order; pages count from 1."""
        return self._book.page(page=page, page_size=page_size)

    def label(self, image_id: str, label: str | None) -> CharacterReference:
        """Call it so from now on; None takes the label away. Raises Malformed, NotFound."""
        record = self.get(image_id)
        self._book.change(record.id, label=label)
        record.label = label
        return record

    def delete(self, image_id: str) -> None:
        """Remove it from both places. Raises Malformed, NotFound, InUse; StorageUnavailable when nothing was."""
        record = self.get(image_id)
        jobs = [job for used_by in self._users for job in used_by(record.id)]
        if jobs:
            raise InUse(record.id, jobs)
        if record.in_cloud:
            # Cut off after this, it is one that the bucket lacks, and comes back whole.
            self._book.change(record.id, in_cloud=False)
        try:
            self._places.remove_from_cloud(record)
        except StudioError:
            self._book.change(record.id, in_cloud=True)
            raise
        self._book.remove(record.id)
        self._places.remove_locally(record.key)

    def _make(self, order: Order, write_down: Callable[[Made], None]) -> Made:
        shots, warnings = paint(self._painter, self._pictures, order)
        pictures = [(self._painted(order, shot, place), shot.picture.data) for place, shot in enumerate(shots)]
        made = Made(
            pictures=pictures,
            model_used=self._painter.name,
            parameters_used=order.parameters(shots[0].seed if order.seed is None else order.seed),
            made_at=self._clock.now(),
            warnings=warnings,
        )
        self._keep(pictures, warnings, lambda: write_down(made))
        return made

    def _keep(
        self,
        pictures: list[tuple[CharacterReference, bytes]],
        warnings: list[str],
        write_down: Callable[[], None],
    ) -> None:
        """Store every picture, then write them all down; a failure takes the stored ones back.

        warnings: gains one when the bucket does not have them all, before anything is written down.
        """
        stored: list[str] = []
        warning = ""
        try:
            for record, data in pictures:
                kept = self._places.keep(record.key, data, record.content_type, but_not_in_cloud=warning)
                stored.append(record.key)
                record.in_cloud, warning = kept.in_cloud, kept.warning
            warnings += [warning] if warning else []
            write_down()
        except BaseException:
            for key in stored:
                self._places.take_back(key)
            raise

    def _again(self, answer: dict[str, Any]) -> Made:
        records = self._book.several(answer["image_ids"])
        pictures = []
        for record in records:
            with self.open(record) as stream:
                pictures.append((record, stream.read()))
        return Made.again(answer, pictures)

    def _found(self, image_id: str) -> CharacterReference | None:
        """The record of a picture that the bucket has and this studio has not heard of; now it has."""
        stored = self._places.found(image_id)
        if stored is None or stored.size_bytes > LARGEST_BYTES:
            return None
        try:
            picture = self._pictures.check(self._places.read_cloud(stored.key), field=stored.key)
        except (InvalidInput, TooLarge, NoSuchObject):
            return None
        record = self._record(picture, origin="found", image_id=image_id, key=stored.key)
        record.in_cloud = True
        self._places.keep_locally(record.key, picture.data, record.content_type)
        self._book.add_found(record)
        return self._book.get(image_id)

    def _painted(self, order: Order, shot: Shot, place: int) -> CharacterReference:
        record = self._record(shot.picture, origin="generated", place=place)
        record.character_description = order.character_description
        record.model_used = self._painter.name
        record.seed = shot.seed
        return record

    def _record(
        self, picture: CheckedPicture, *, origin: str, place: int = 0, image_id: str = "", key: str = ""
    ) -> CharacterReference:
        image_id = image_id or str(uuid.uuid4())
        extension = EXTENSIONS[picture.content_type]
        return CharacterReference(
            id=image_id,
            key=key or f"{FOLDER}/{image_id}.{extension}",
            extension=extension,
            content_type=picture.content_type,
            size_bytes=len(picture.data),
            sha256=hashlib.sha256(picture.data).hexdigest(),
            width=picture.width,
            height=picture.height,
            origin=origin,
            in_cloud=False,
            place=place,
            created_at=self._clock.now(),
        )


def _records(made: Made) -> list[CharacterReference]:
    return [record for record, _ in made.pictures]


def _not_found(image_id: str) -> NotFound:
    return NotFound(f"Character reference image with ID {image_id} not found", field="image_id")
