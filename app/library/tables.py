"""The library as the database keeps it: an index of files, rebuilt from the disk by a scan."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime


class ModelFile(Base):
    """One file of weights.

    folder: below its kind's folder, with '/', empty for the kind's folder itself.
    name: the file's name without suffix; sought: the same, case-folded, for searches.
    size_bytes, mtime_ns: what the disk said when it was hashed; a scan hashes again when they differ.
    sha256, autov2, autov3: hexadecimal, lower case; autov3 is None when the file's header gives none.
    """

    __tablename__ = "model_files"
    __table_args__ = (UniqueConstraint("kind", "folder", "file_name"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    folder: Mapped[str]
    file_name: Mapped[str]
    name: Mapped[str]
    sought: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    mtime_ns: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    autov2: Mapped[str] = mapped_column(String(10), index=True)
    autov3: Mapped[str | None] = mapped_column(String(12), index=True)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
