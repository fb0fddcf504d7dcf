"""Which jobs use which reference pictures, as the database keeps it."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import delete, insert, select

from app.characters.tables import CharacterReference, JobReference
from app.clock import Clock
from app.database import Database


class JobReferences:
    """The pictures that jobs use; a picture that is used is not deleted."""

    def __init__(self, *, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, job_id: str, image_ids: Iterable[str]) -> None:
        """The job uses these pictures, as far as they are known and it does not use them already."""
        ids = set(image_ids)
        if not ids:
            return
        with self._database.writing() as connection:
            used = select(JobReference.image_id).where(JobReference.job_id == job_id)
            wanted = ids - set(connection.scalars(used))
            known = select(CharacterReference.id).where(CharacterReference.id.in_(wanted))
            rows = [
                {"job_id": job_id, "image_id": image_id, "created_at": self._clock.now()}
                for image_id in connection.scalars(known)
            ]
            if rows:
                connection.execute(insert(JobReference), rows)

    def remove_job(self, job_id: str) -> None:
        """The job uses no picture any more."""
        with self._database.transaction() as connection:
            connection.execute(delete(JobReference).where(JobReference.job_id == job_id))

    def jobs_using(self, image_id: str) -> list[str]:
        """The ids of the jobs that use a picture, in order."""
        using = select(JobReference.job_id).where(JobReference.image_id == image_id).order_by(JobReference.job_id)
        with self._database.transaction() as connection:
            return list(connection.scalars(using))
