"""The characters' records: each call one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from app.characters.tables import CharacterReference, CharacterRequest
from app.database import Database

_ONE = select(*CharacterReference.__table__.columns).where(CharacterReference.id == bindparam("image_id"))


@dataclass(frozen=True)
class Page:
    """Some of the records, and how many there are in all."""

    items: list[CharacterReference]
    total: int


class Book:
    """The records of reference pictures, and of the calls that were sent with a key of their own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, records: Sequence[CharacterReference]) -> None:
        with self._database.session() as session:
            session.add_all(records)

    def add_found(self, record: CharacterReference) -> None:
        """The same for one that somebody else may be adding now, who wins then."""
        try:
            self.add([record])
        except IntegrityError:
            return

    def get(self, image_id: str) -> CharacterReference | None:
        # Without a session, at a third of the cost: every fetch of a picture begins with it.
        with self._database.transaction() as connection:
            row = connection.execute(_ONE, {"image_id": image_id}).one_or_none()
        return None if row is None else CharacterReference(**row._mapping)

    def several(self, image_ids: Sequence[str]) -> list[CharacterReference]:
        """Those that are there, in the order of `image_ids`."""
        with self._database.session() as session:
            found = session.scalars(select(CharacterReference).where(CharacterReference.id.in_(image_ids)))
            by_id = {record.id: record for record in found}
        return [by_id[image_id] for image_id in image_ids if image_id in by_id]

    def page(self, *, page: int, page_size: int) -> Page:
        """The newest first, each set in its order; pages count from 1."""
        newest = select(CharacterReference).order_by(
            CharacterReference.created_at.desc(), CharacterReference.place, CharacterReference.id
        )
        with self._database.session() as session:
            total = session.scalar(select(func.count(CharacterReference.id))) or 0
            rows = session.scalars(newest.offset((page - 1) * page_size).limit(page_size))
            return Page(items=list(rows), total=total)

    def change(self, image_id: str, **facts: Any) -> None:
        with self._database.transaction() as connection:
            connection.execute(update(CharacterReference).where(CharacterReference.id == image_id).values(**facts))

    def remove(self, image_id: str) -> None:
        with self._database.transaction() as connection:
            connection.execute(delete(CharacterReference).where(CharacterReference.id == image_id))

    def any_lag(self) -> bool:
        """Whether there are pictures that the bucket does not have."""
        return self._database.holds("character_references", "NOT in_cloud")

    def lagging(self) -> list[CharacterReference]:
        """The pictures that the bucket does not have, the oldest first."""
        behind = select(CharacterReference).where(~CharacterReference.in_cloud)
        with self._database.session() as session:
            return list(session.scalars(behind.order_by(CharacterReference.created_at, CharacterReference.id)))

    def claim(self, request: CharacterRequest, *, forget_before: datetime) -> CharacterRequest | None:
        """Write down that this call begins; the one that began with its key before, if there is one.

        Calls from before `forget_before` are forgotten first.
        """
        values = {
            "key": request.key,
            "body_sha256": request.body_sha256,
            "holder": request.holder,
            "answer": None,
            "created_at": request.created_at,
        }
        with self._database.transaction() as connection:
            connection.execute(delete(CharacterRequest).where(CharacterRequest.created_at < forget_before))
        while True:
            try:
                with self._database.transaction() as connection:
                    connection.execute(insert(CharacterRequest).values(values))
                    return None
            except IntegrityError:
                with self._database.session() as session:
                    earlier = session.get(CharacterRequest, request.key)
                if earlier is not None:  # else it was freed since, and can be had
                    return earlier

    def give_up(self, request: CharacterRequest) -> None:
        """Forget a call that nobody makes any more, unless somebody has begun it anew."""
        same = (
            CharacterRequest.key == request.key,
            CharacterRequest.holder == request.holder,
            CharacterRequest.created_at == request.created_at,
        )
        with self._database.transaction() as connection:
            connection.execute(delete(CharacterRequest).where(*same, CharacterRequest.answer.is_(None)))

    def answered(self, key: str, answer: dict[str, Any], records: Sequence[CharacterReference]) -> None:
        """Write down the call's pictures and its answer, all at once."""
        with self._database.session() as session:
            session.add_all(records)
            session.execute(update(CharacterRequest).where(CharacterRequest.key == key).values(answer=answer))

    def forget(self, key: str) -> None:
        with self._database.transaction() as connection:
            connection.execute(delete(CharacterRequest).where(CharacterRequest.key == key))
