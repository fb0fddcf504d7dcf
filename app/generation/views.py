"""Generation as others see it: answers, jobs, the backend."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from app.generation.job import GenerationJob
from app.generation.ledger import Ended
from app.generation.port import ImageBackend, NotApplied
from app.generation.state import JobState
from app.generation.telling import pictures_of


class NotAppliedView(BaseModel):
    name: str
    why: str

    @classmethod
    def of(cls, idle: NotApplied) -> NotAppliedView:
        return cls(name=idle.name, why=idle.why)


class InferenceAnswer(BaseModel):
    """images: data URLs, in the order of their seeds; seed: of the first; inference_time: seconds of painting."""

    images: list[str]
    seed: int
    inference_time: float
    backend: str
    checkpoint: str
    applied: dict[str, Any]
    not_applied: list[NotAppliedView]
    warnings: list[str]
    job_id: str

    @classmethod
    def of(cls, ended: Ended) -> InferenceAnswer:
        job = ended.job
        painted = job.painted or {}
        return cls(
            images=[
                f"data:{picture['content_type']};base64,{base64.b64encode(data).decode()}"
                for picture, data in zip(job.pictures, ended.files, strict=True)
            ],
            seed=job.request["seed"],
            inference_time=job.seconds or 0.0,
            backend=job.backend,
            checkpoint=painted["checkpoint"],
            applied=painted["applied"],
            not_applied=painted["not_applied"],
            warnings=painted["warnings"],
            job_id=job.id,
        )


class PictureView(BaseModel):
    """One picture of a job; url: where to fetch it; width, height: pixels."""

    number: int
    url: str
    seed: int
    width: int
    height: int
    content_type: str
    size_bytes: int


class JobErrorView(BaseModel):
    """Why a job failed; node: of the workflow, where one is at fault."""

    code: str
    message: str
    node: str | None = None
    field: str | None = None


class JobView(BaseModel):
    """A job as others see it.

    position: 1 for the next, null once it waits no longer. step, of: inference steps done, and of how many.
    waiting_until: while a passing fault is waited for; another attempt follows. seconds: of painting.
    """

    id: str
    kind: str
    state: JobState
    priority: str
    position: int | None
    step: int
    of: int
    attempts: int
    prompt: str
    request: dict[str, Any]
    seed: int
    backend: str
    checkpoint: str | None
    pictures: list[PictureView]
    warnings: list[str]
    applied: dict[str, Any]
    not_applied: list[NotAppliedView]
    error: JobErrorView | None
    waiting_until: datetime | None
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    seconds: float | None

    @classmethod
    def showing(cls, job: GenerationJob, *, position: int | None, progress: tuple[int, int]) -> JobView:
        painted = job.painted or {}
        steps = int(job.request["num_inference_steps"])
        step, of = (steps, steps) if job.status is JobState.COMPLETED else progress
        return cls(
            id=job.id,
            kind=job.kind,
            state=job.status,
            priority="normal" if job.urgency else "urgent",
            position=position,
            step=step,
            of=of or steps,
            attempts=job.attempts,
            prompt=job.request["prompt"],
            request=job.asked,
            seed=job.request["seed"],
            backend=job.backend,
            checkpoint=painted.get("checkpoint"),
            pictures=[PictureView(**picture) for picture in pictures_of(job)],
            warnings=painted.get("warnings", []),
            applied=painted.get("applied", {}),
            not_applied=painted.get("not_applied", []),
            error=None if job.error is None else JobErrorView.model_validate(job.error),
            waiting_until=job.waiting_until,
            created_at=job.created_at,
            started_at=job.started_at,
            ended_at=job.ended_at,
            seconds=job.seconds,
        )


class JobPage(BaseModel):
    """The newest first; pages count from 1. total: of all pages."""

    jobs: list[JobView]
    total: int
    page: int
    page_size: int


class StatsView(BaseModel):
    """Jobs by state. median_seconds: of painting; queue_limit: how many may wait; places: painted at once."""

    pending: int
    running: int
    completed: int
    failed: int
    cancelled: int
    median_seconds: float | None
    queue_limit: int
    places: int


class BackendView(BaseModel):
    """What the studio's image backend can do; applied, not_applied: its optimisations."""

    backend: str
    offers: list[str]
    smallest_side: int
    places: int
    applied: list[str]
    not_applied: list[NotAppliedView]
    details: dict[str, Any] = Field(description="of this backend alone: its servers, checkpoints, LoRAs")

    @classmethod
    def of(cls, backend: ImageBackend) -> BackendView:
        return cls(
            backend=backend.name,
            offers=sorted(backend.offers),
            smallest_side=backend.smallest_side,
            places=backend.places,
            applied=list(backend.applied),
            not_applied=[NotAppliedView.of(idle) for idle in backend.not_applied],
            details=backend.details(),
        )
