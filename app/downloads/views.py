"""Downloads as others see them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from pydantic import BaseModel

from app.downloads.addresses import without_secrets
from app.downloads.download import Download
from app.downloads.orders import SourceKind
from app.downloads.service import DownloadQueue
from app.downloads.state import DownloadState
from app.model_files import ModelKind


class ErrorView(BaseModel):
    code: str
    message: str


class DownloadView(BaseModel):
    """One download. error: why it failed, or, while it waits, what it waits for to pass.

    place: in the queue, 1 for the next. bytes_per_second: None unless it runs. files: below the root of its kind,
    once it is completed.
    """

    id: str
    name: str | None
    source: SourceKind
    url: str
    model_id: int | None
    model_version_id: int | None
    kind: ModelKind | None
    relative_path: str | None
    state: DownloadState
    place: int | None
    bytes_done: int
    bytes_total: int | None
    bytes_per_second: int | None
    attempt: int
    waiting_until: datetime | None
    error: ErrorView | None
    created_at: datetime
    ended_at: datetime | None
    sha256: str | None
    files: list[str]

    @classmethod
    def showing(cls, download: Download, *, place: int | None, bytes_per_second: float | None) -> DownloadView:
        error = None
        if download.error_code is not None:
            error = ErrorView(code=download.error_code, message=download.error_message or "")
        return cls(
            id=download.id,
            name=download.name,
            source=SourceKind(download.source),
            url=without_secrets(download.url),
            model_id=download.model_id,
            model_version_id=download.model_version_id,
            kind=download.model_kind,
            relative_path=download.relative_path,
            state=download.status,
            place=place,
            bytes_done=download.bytes_done,
            bytes_total=download.bytes_total,
            bytes_per_second=None if bytes_per_second is None else round(bytes_per_second),
            attempt=download.attempt,
            waiting_until=download.waiting_until,
            error=error,
            created_at=download.created_at,
            ended_at=download.ended_at,
            sha256=download.sha256,
            files=download.stored,
        )


class DownloadList(BaseModel):
    downloads: list[DownloadView]


class DownloadPage(DownloadList):
    """next_cursor: what to ask for to see those that follow; None at the end."""

    next_cursor: str | None


class StatsView(BaseModel):
    """states: how many downloads are in each; bytes_per_second: of all that run, together."""

    states: dict[DownloadState, int]
    bytes_per_second: int


class RemovedView(BaseModel):
    removed: int


def views_of(queue: DownloadQueue, downloads: Sequence[Download]) -> list[DownloadView]:
    places = queue.places(downloads)
    return [
        DownloadView.showing(
            download, place=places.get(download.id), bytes_per_second=queue.bytes_per_second(download.id)
        )
        for download in downloads
    ]
