"""The library as the database keeps it: an index of files, rebuilt from the disk by a scan."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, BigInteger, Boolean, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime


class ModelFile(Base):
    """One file of weights.

    library: the name of the library whose folders it lies in; root: the one of them that it lies below, as an
    absolute path; empty for a row of an older studio, which knew one root a kind.
    folder: below its root, with '/', empty for the root itself.
    name: the file's name without suffix; sought: the same, case-folded.
    size_bytes, mtime_ns: what the disk said when it was hashed; a scan hashes again when they differ.
    sha256, autov2, autov3: hexadecimal, lower case; autov3 is None when the file's header gives none.
    model_id, model_version_id: the hub's. mature: its preview is not for everybody. excluded: out of everything.
    preview: the name of the picture or film beside it. sidecar_stamp: what the disk said of its sidecars when they
    were read; sidecar_fault: why they could not be, None when they could.
    modified_at: when anything of this was last changed.
    """

    __tablename__ = "model_files"
    __table_args__ = (UniqueConstraint("library", "kind", "root", "folder", "file_name"),)

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    library: Mapped[str] = mapped_column(String(64), server_default="default")
    kind: Mapped[str] = mapped_column(String(16))
    root: Mapped[str] = mapped_column(server_default="")
    folder: Mapped[str]
    file_name: Mapped[str]
    name: Mapped[str]
    sought: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    mtime_ns: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64), index=True)
    autov2: Mapped[str] = mapped_column(String(10), index=True)
    autov3: Mapped[str | None] = mapped_column(String(12), index=True)
    base_model: Mapped[str] = mapped_column(server_default="Unknown")
    tags: Mapped[list[str]] = mapped_column(JSON, server_default="[]")
    trained_words: Mapped[list[str]] = mapped_column(JSON, server_default="[]")
    favorite: Mapped[bool] = mapped_column(Boolean, server_default=false())
    notes: Mapped[str] = mapped_column(server_default="")
    model_id: Mapped[int | None] = mapped_column(BigInteger)
    model_version_id: Mapped[int | None] = mapped_column(BigInteger)
    mature: Mapped[bool] = mapped_column(Boolean, server_default=false())
    excluded: Mapped[bool] = mapped_column(Boolean, server_default=false())
    preview: Mapped[str | None]
    sidecar_stamp: Mapped[str] = mapped_column(server_default="")
    sidecar_fault: Mapped[str | None]
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
    modified_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
