"""The recipe book as one archive over HTTP: given away, and taken in."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from app.bodies import ArchiveRoute, LimitedRoute
from app.errors import InvalidInput
from app.recipes.api_forms import body_of_form, form_of
from app.recipes.api_services import ExchangeOf, problems
from app.recipes.exchange import Received
from app.recipes.shares import attachment

router = APIRouter(prefix="/api/lm", tags=["recipes"], route_class=LimitedRoute)
large = APIRouter(prefix="/api/lm", tags=["recipes"], route_class=ArchiveRoute)

ZIP = "application/zip"
_ARCHIVE = {"type": "string", "format": "binary", "description": "an archive of recipes, at most 4 GiB"}


class FailedMemberView(BaseModel):
    name: str
    why: str


class ReceivedView(BaseModel):
    """added, skipped: recipes, the latter there already. failed: members of the archive that could not be taken."""

    added: int
    skipped: int
    failed: list[FailedMemberView]

    @classmethod
    def of(cls, told: Received) -> ReceivedView:
        failed = [FailedMemberView(name=one.name, why=one.why) for one in told.failed]
        return cls(added=told.added, skipped=told.skipped, failed=failed)


@router.get("/recipes/export", response_class=Response, responses={200: {"content": {ZIP: {}}}})
def export(exchange: ExchangeOf) -> StreamingResponse:
    """All recipes with their pictures, hidden ones too: the whole book, for another studio or a safe place."""
    headers = {"Content-Disposition": attachment("recipes.zip"), "Cache-Control": "private, no-store"}
    return StreamingResponse(exchange.archive(), media_type=ZIP, headers=headers)


@large.post(
    "/recipes/import",
    openapi_extra=body_of_form(["archive"], archive=_ARCHIVE),
    responses=problems(_413="the archive is too large, or unpacks to too much"),
)
async def receive(request: Request, exchange: ExchangeOf) -> ReceivedView:
    """Take in what is not there yet, exactly as it was; damaged members are told of, and the rest is kept."""
    async with form_of(request, most_files=1) as form:
        archive = form.get("archive")
        if not isinstance(archive, UploadFile) or len(form.multi_items()) != 1:
            raise InvalidInput("send one archive, a file called archive, and nothing else", field="archive")
        return ReceivedView.of(await run_in_threadpool(exchange.receive, archive.file))
