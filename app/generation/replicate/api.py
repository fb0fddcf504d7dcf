"""The address that Replicate tells of its predictions: parse, prove, pass on."""

from __future__ import annotations

import json
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool
from starlette.requests import HTTPConnection

from app.bodies import LimitedRoute
from app.errors import PROBLEM_TYPE, InvalidInput, NotFound
from app.generation.replicate.webhooks import PATH, HearsWebhooks


class WebhookRoute(LimitedRoute):
    """A route that takes a prediction as JSON, its reference images as data URLs included."""

    largest_body_bytes: ClassVar[int] = 4 * 1024 * 1024
    way_out: ClassVar[str] = "a webhook is smaller"


router = APIRouter(tags=["generation"], route_class=WebhookRoute)


async def _hearing(connection: HTTPConnection) -> HearsWebhooks:
    backend = connection.app.state.generation.backend
    if not isinstance(backend, HearsWebhooks):
        raise NotFound(f"this studio paints with the {backend.name} backend, which is told nothing by webhooks")
    return backend


@router.post(
    PATH,
    status_code=200,
    response_class=Response,
    responses={
        401: {"description": "the webhook is not proven", "content": {PROBLEM_TYPE: {}}},
        404: {"description": "this studio has another backend", "content": {PROBLEM_TYPE: {}}},
        413: {"description": "the webhook is too large", "content": {PROBLEM_TYPE: {}}},
    },
)
async def webhook(request: Request, backend: Annotated[HearsWebhooks, Depends(_hearing)]) -> Response:
    """A prediction has ended; the same webhook twice changes nothing, nor does one of somebody else's prediction."""
    body = await request.body()
    await run_in_threadpool(backend.hear, request.headers, body, _told)
    return Response(status_code=200)


def _told(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise InvalidInput("a webhook's body must be JSON") from error
