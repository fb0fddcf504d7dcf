"""The characters' reference pictures as the database keeps them; their bytes are in the stores."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, Boolean, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime


class CharacterReference(Base):
    """One reference picture.

    key: of its object, in the folder and in the bucket alike; in_cloud: whether the bucket has it, too.
    origin: `generated`, `uploaded`, or `found` in the bucket by a studio that had not heard of it.
    place: its number in the set it was made with, from 0. character_description, model_used and seed are those
    of generated pictures alone; filename is what an uploaded one was sent as. width, height: pixels.
    """

    __tablename__ = "character_references"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    key: Mapped[str] = mapped_column(String(255))
    extension: Mapped[str] = mapped_column(String(8))
    content_type: Mapped[str] = mapped_column(String(32))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    width: Mapped[int | None]
    height: Mapped[int | None]
    origin: Mapped[str] = mapped_column(String(16))
    in_cloud: Mapped[bool] = mapped_column(Boolean)
    label: Mapped[str | None] = mapped_column(Text)
    filename: Mapped[str | None] = mapped_column(Text)
    character_description: Mapped[str | None] = mapped_column(Text)
    model_used: Mapped[str | None] = mapped_column(Text)
    seed: Mapped[int | None] = mapped_column(BigInteger)
    place: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class CharacterRequest(Base):
    """A call that was sent with an Idempotency-Key. body_sha256: of what was asked; answer: None while it runs.

    holder: the studio that runs it.
    """

    __tablename__ = "character_requests"

    key: Mapped[str] = mapped_column(String(255), primary_key=True)
    body_sha256: Mapped[str] = mapped_column(String(64))
    holder: Mapped[str] = mapped_column(String(64))
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class JobReference(Base):
    """A reference picture that a job uses, and must therefore stay. job_id: as callers name their jobs.

    No foreign key: a row is only made where the picture exists, and a picture in use is not deleted.
    """

    __tablename__ = "job_references"

    job_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    image_id: Mapped[str] = mapped_column(String(36), primary_key=True, index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
