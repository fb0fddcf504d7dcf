"""What listeners hear of a generation job."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from app.events import Event
from app.generation.job import GenerationJob
from app.generation.state import JobState

_KINDS = {JobState.PENDING: "queued", JobState.RUNNING: "started"}


def change_of(job: GenerationJob, now: datetime, *, position: int | None = None) -> Event:
    """That its state has changed: 'queued', 'started', 'completed', 'failed', 'cancelled'."""
    data: dict[str, Any] = {"state": job.state, "attempts": job.attempts, "at": now.isoformat()}
    if job.status is JobState.PENDING:
        data |= {"position": position}
    if job.status is JobState.FAILED and job.error is not None:
        data |= {"code": job.error["code"], "message": job.error["message"]}
    if job.status is JobState.COMPLETED:
        data |= {"pictures": pictures_of(job)}
    return Event(job.id, _KINDS.get(job.status, job.state), data)


def wait_of(job_id: str, attempts: int, until: datetime, why: str, now: datetime) -> Event:
    """That a passing fault is waited for, and that another attempt follows."""
    data = {"state": "running", "attempts": attempts, "until": until.isoformat(), "why": why, "at": now.isoformat()}
    return Event(job_id, "waiting", data)


def progress_of(job_id: str, step: int, of: int, preview: bytes | None, now: datetime) -> Event:
    """That an inference step is done; a slow listener may miss it. preview: as a data URL."""
    data: dict[str, Any] = {"state": "running", "step": step, "of": of, "at": now.isoformat()}
    if preview is not None:
        kind = "png" if preview.startswith(b"\x89PNG") else "jpeg"
        data |= {"preview": f"data:image/{kind};base64,{base64.b64encode(preview).decode()}"}
    return Event(job_id, "progress", data, droppable=True)


def pictures_of(job: GenerationJob) -> list[dict[str, Any]]:
    """The job's pictures as others see them: where to fetch each; none once they are kept no longer."""
    if not job.kept:
        return []
    fields = ("number", "seed", "width", "height", "content_type", "size_bytes")
    return [
        {"url": f"/api/v1/generation-jobs/{job.id}/image?number={picture['number']}"}
        | {name: picture[name] for name in fields}
        for picture in job.pictures
    ]
