"""The characters' reference pictures as the database keeps them; their bytes are in the store."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime


class CharacterReference(Base):
    """One reference picture. key: of its object; place: its number in the set it was made with, from 0."""

    __tablename__ = "character_references"

    id: Mapped[str] = mapped_column(String(36), primary_key=True)
    key: Mapped[str] = mapped_column(String(255))
    content_type: Mapped[str] = mapped_column(String(32))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    character_description: Mapped[str] = mapped_column(Text)
    model_used: Mapped[str] = mapped_column(String(64))
    seed: Mapped[int] = mapped_column(BigInteger)
    place: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
