"""What listeners hear of a download."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from app.downloads.download import Download
from app.downloads.state import DownloadState
from app.events import Event


def change_of(download: Download, told: str, now: datetime) -> Event:
    """That its state has changed. told: the table's word for the move; 'queued' for a new one."""
    data = _told_of(download, now)
    if download.status is DownloadState.WAITING and download.waiting_until is not None:
        data |= {"until": download.waiting_until.isoformat(), "why": download.error_message}
    if download.status is DownloadState.FAILED:
        data |= {"code": download.error_code, "message": download.error_message}
    if download.status is DownloadState.COMPLETED:
        data |= {"sha256": download.sha256, "files": download.stored}
    return Event(download.id, told, data)


def progress_of(download: Download, bytes_done: int, bytes_per_second: float, now: datetime) -> Event:
    """That bytes have arrived; a slow listener may miss it."""
    data = _told_of(download, now) | {"bytes_done": bytes_done, "bytes_per_second": round(bytes_per_second)}
    return Event(download.id, "progress", data, droppable=True)


def _told_of(download: Download, now: datetime) -> dict[str, Any]:
    return {
        "name": download.name,
        "state": download.state,
        "attempt": download.attempt,
        "bytes_done": download.bytes_done,
        "bytes_total": download.bytes_total,
        "at": now.isoformat(),
    }
