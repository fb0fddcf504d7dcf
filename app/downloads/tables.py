"""The downloads as the database keeps them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Base, UtcDateTime
from app.downloads.state import DownloadState
from app.model_files import ModelKind


class Download(Base):
    """One download.

    turn: its place in the queue, smallest first; a retried one goes to the end.
    name, kind: unknown (None) until the hub has said them, when only a version was asked for.
    sha256: the promised one, in lower case; once completed, the one that was found.
    bytes_done: the most that any attempt has reached.
    """

    __tablename__ = "downloads"

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    turn: Mapped[int] = mapped_column(index=True)
    url: Mapped[str]
    model_version_id: Mapped[int | None]
    name: Mapped[str | None]
    kind: Mapped[str | None] = mapped_column(String(16))
    sha256: Mapped[str | None] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(16), index=True)
    attempt: Mapped[int] = mapped_column(default=0)
    bytes_done: Mapped[int] = mapped_column(BigInteger, default=0)
    bytes_total: Mapped[int | None] = mapped_column(BigInteger)
    waiting_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error_code: Mapped[str | None] = mapped_column(String(32))
    error_message: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    @property
    def status(self) -> DownloadState:
        return DownloadState(self.state)

    @property
    def label(self) -> str:
        """What to call it in a sentence, also before its name is known."""
        return self.name or f"version {self.model_version_id}"

    @property
    def model_kind(self) -> ModelKind | None:
        return ModelKind(self.kind) if self.kind else None
