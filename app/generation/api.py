"""Generation over HTTP and WebSocket: parse, ask, answer."""

from __future__ import annotations

import asyncio
import contextlib
from concurrent.futures import Future
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response, WebSocket
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from app import live
from app.bodies import LimitedRoute
from app.conditional import already_held, picture_headers, quoted
from app.errors import PROBLEM_TYPE, WrongState
from app.generation import metrics
from app.generation.album import Output
from app.generation.inputs import (
    INFERENCE_BODY,
    JOB_BODY,
    InferenceRequest,
    JobRequest,
    as_asked,
    read_inference,
    read_job,
    to_generation_request,
)
from app.generation.job import GenerationJob
from app.generation.ledger import Ended
from app.generation.references import References
from app.generation.service import Generation, Order, succeeded
from app.generation.state import JobState
from app.generation.views import BackendView, InferenceAnswer, JobPage, JobView, StatsView

router = APIRouter(tags=["generation"], route_class=LimitedRoute)

JOBS = "/api/v1/generation-jobs"


def _problems(**told: str) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of refusals, each by its status: `_404="there is no such job"`."""
    return {
        int(status.removeprefix("_")): {"description": why, "content": {PROBLEM_TYPE: {}}}
        for status, why in told.items()
    }


_NONE = _problems(_404="there is no such job")
_STATE = _NONE | _problems(_409="the job's state does not permit it")
_BUSY = _problems(_413="the picture is too large", _429="the queue is full; Retry-After says when to come again")


async def _generation(connection: HTTPConnection) -> Generation:
    generation: Generation = connection.app.state.generation
    return generation


async def _references(connection: HTTPConnection) -> References:
    references: References = connection.app.state.references
    return references


Service = Annotated[Generation, Depends(_generation)]
ReferencesOf = Annotated[References, Depends(_references)]


@router.post(
    "/inference",
    openapi_extra=INFERENCE_BODY,
    responses=_BUSY
    | _problems(
        _409="the job was cancelled",
        _502="the backend failed",
        _503="out of memory, or the backend cannot be reached",
        _504="it took too long",
    ),
)
async def infer(request: Request, generation: Service, references: ReferencesOf) -> InferenceAnswer:
    """Make pictures and wait for them; whoever hangs up wants them no longer."""
    asked, uploaded = await read_inference(request)
    waiter: Future[Ended] = Future()
    job, _ = await run_in_threadpool(_create, generation, references, asked, uploaded, waiter)
    ending = asyncio.wrap_future(waiter)
    hanging_up = asyncio.ensure_future(_hung_up(request))
    either: list[asyncio.Future[Any]] = [ending, hanging_up]
    try:
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not ending.done():
            await run_in_threadpool(_cancel, generation, job.id)
        return InferenceAnswer.of(succeeded(await ending))
    finally:
        hanging_up.cancel()


@router.post(JOBS, status_code=201, openapi_extra=JOB_BODY, responses=_BUSY)
async def create(request: Request, response: Response, generation: Service, references: ReferencesOf) -> JobView:
    """Queue a job; answered at once."""
    asked, uploaded = await read_job(request)
    job, position = await run_in_threadpool(_create, generation, references, asked, uploaded, None)
    response.headers["Location"] = f"{JOBS}/{job.id}"
    return JobView.showing(job, position=position, progress=(0, 0))


@router.get(JOBS)
def find(
    generation: Service,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    page_size: Annotated[int, Query(ge=1, le=100)] = 20,
    state: JobState | None = None,
    kind: Literal["text-to-image", "edit"] | None = None,
) -> JobPage:
    jobs, total = generation.page(page=page, page_size=page_size, state=state, kind=kind)
    return JobPage(jobs=_views(generation, jobs), total=total, page=page, page_size=page_size)


@router.get(f"{JOBS}/stats")
def stats(generation: Service) -> StatsView:
    told = generation.stats()
    return StatsView(
        **told.counts, median_seconds=told.median_seconds, queue_limit=told.queue_limit, places=told.places
    )


@router.get(f"{JOBS}/{{job_id}}", responses=_NONE)
def get(job_id: str, generation: Service) -> JobView:
    return _views(generation, [generation.get(job_id)])[0]


@router.delete(f"{JOBS}/{{job_id}}", status_code=204, responses=_STATE)
def delete(job_id: str, generation: Service) -> None:
    generation.delete(job_id)


@router.post(f"{JOBS}/{{job_id}}/cancel", responses=_STATE)
def cancel(job_id: str, generation: Service) -> JobView:
    return _views(generation, [generation.cancel(job_id)])[0]


@router.post(f"{JOBS}/{{job_id}}/retry", responses=_STATE)
def retry(job_id: str, generation: Service) -> JobView:
    job, position = generation.retry(job_id)
    return JobView.showing(job, position=position, progress=(0, 0))


@router.get(
    f"{JOBS}/{{job_id}}/image",
    response_class=Response,
    responses=_NONE
    | _problems(_410="the pictures of this job are no longer kept")
    | {304: {"description": "unchanged"}},
)
def image(
    job_id: str,
    request: Request,
    generation: Service,
    number: Annotated[int, Query(ge=1, le=4)] = 1,
    size: Annotated[int | None, Query(ge=16, le=1024, description="longer side of a thumbnail, in pixels")] = None,
) -> Response:
    """One picture as its file, or a small WEBP of it."""
    picture = generation.picture(job_id, number)
    etag = quoted(picture["sha256"] if size is None else f"{picture['sha256']}-{size}")
    headers = picture_headers(etag)
    if already_held(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=headers)
    data, content_type = generation.read(picture, size)
    return Response(data, headers=headers, media_type=content_type)


@router.get("/api/v1/backends")
def backends(generation: Service) -> BackendView:
    return BackendView.of(generation.backend)


@router.get("/metrics", response_class=Response)
def tell_metrics(generation: Service) -> Response:
    """For Prometheus."""
    text, content_type = metrics.of(generation)
    return Response(text, headers={"Content-Type": content_type})


@router.websocket("/ws/generation-jobs")
async def listen(socket: WebSocket, generation: Service, id: str | None = None) -> None:  # noqa: A002
    """A snapshot, then every event of the job called `id`, or of all."""

    def snapshot() -> dict[str, Any]:
        jobs = generation.unfinished() if id is None else [generation.get(id)]
        return {"event": "snapshot", "jobs": [view.model_dump(mode="json") for view in _views(generation, jobs)]}

    await live.tell(socket, generation.channel, id, snapshot)


def _create(
    generation: Generation,
    references: References,
    asked: InferenceRequest,
    uploaded: bytes | None,
    waiter: Future[Ended] | None,
) -> tuple[GenerationJob, int]:
    order = Order(
        request=to_generation_request(asked, references.of(asked, uploaded)),
        seeded=asked.seed is not None,
        output=Output(format=asked.output_format, quality=asked.output_quality),
        urgent=isinstance(asked, JobRequest) and asked.priority == "urgent",
        previews=isinstance(asked, JobRequest) and asked.previews,
        asked=as_asked(asked, uploaded),
    )
    return generation.create(order, waiter)


def _cancel(generation: Generation, job_id: str) -> None:
    # It may have ended between our look and the call: then there is nothing to cancel.
    with contextlib.suppress(WrongState):
        generation.cancel(job_id)


def _views(generation: Generation, jobs: list[GenerationJob]) -> list[JobView]:
    positions = generation.positions(jobs)
    return [JobView.showing(job, position=positions.get(job.id), progress=generation.progress(job.id)) for job in jobs]


async def _hung_up(request: Request) -> None:
    while (await request.receive())["type"] != "http.disconnect":
        pass
