"""What listeners hear of a download."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.downloads.state import DownloadState
from app.downloads.tables import Download
from app.events import Event


def change_of(download: Download, now: datetime) -> Event:
    """That its state has changed: called like the state, and 'started' when it runs."""
    data = _told_of(download, now)
    if download.status is DownloadState.WAITING and download.waiting_until is not None:
        data |= {"until": download.waiting_until.isoformat(), "why": download.error_message}
    if download.status is DownloadState.FAILED:
        data |= {"code": download.error_code, "message": download.error_message}
    if download.status is DownloadState.COMPLETED:
        data |= {"sha256": download.sha256}
    kind = "started" if download.status is DownloadState.RUNNING else download.status.value
    return Event(download.id, kind, data)


def progress_of(download: Download, now: datetime) -> Event:
    """That bytes have arrived; a slow listener may miss it."""
    return Event(download.id, "progress", _told_of(download, now), droppable=True)


def _told_of(download: Download, now: datetime) -> dict[str, Any]:
    return {
        "name": download.name,
        "state": download.state,
        "attempt": download.attempt,
        "bytes_done": download.bytes_done,
        "bytes_total": download.bytes_total,
        "at": now.isoformat(),
    }
