"""Imports of many pictures over HTTP and WebSocket: begun, told of, cancelled."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, WebSocket
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, HTTPConnection

from app import live
from app.bodies import LARGEST_BODY_BYTES, ArchiveRoute, LimitedRoute
from app.errors import InvalidInput, TooLarge
from app.recipes.api_forms import FORM, JSON, as_body, ended_early, kind_of
from app.recipes.api_services import BatchesOf, FetchOf, problems
from app.recipes.batch import AT_A_TIME, MOST_AT_A_TIME, Batch, BatchOrder, BatchState, Item
from app.recipes.batch_sources import MOST_ITEMS, WebItem, files_below
from app.recipes.batch_uploads import Uploads, read_uploads
from app.recipes.inputs import Folder, Tags, json_of, tags_of
from app.recipes.port import Fetch

router = APIRouter(prefix="/api/lm", tags=["recipes"], route_class=LimitedRoute)
large = APIRouter(prefix="/api/lm", tags=["recipes"], route_class=ArchiveRoute)
live_router = APIRouter(tags=["recipes"])

_NONE = problems(_404="there is no such import; a restart forgets them, and keeps what they added")


class ItemInput(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    url: Annotated[str, Field(max_length=8000)]


class _Order(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    at_a_time: Annotated[int, Field(ge=1, le=MOST_AT_A_TIME)] = AT_A_TIME
    tags: Tags = []
    into_folder: Folder = ""


class ImportInput(_Order):
    """folder: below the import folder, '' for all of it; or items: pictures by their addresses."""

    folder: Annotated[str, Field(max_length=1000)] | None = None
    items: Annotated[list[ItemInput], Field(min_length=1, max_length=MOST_ITEMS)] | None = None


class FailedItemView(BaseModel):
    name: str
    why: str


class BatchView(BaseModel):
    """done: of total; skipped: pictures that the recipe book has already."""

    id: str
    state: BatchState
    total: int
    done: int
    added: int
    skipped: int
    failed: list[FailedItemView]

    @classmethod
    def of(cls, batch: Batch) -> BatchView:
        failed = [FailedItemView(name=one.name, why=one.why) for one in batch.failed]
        return cls(id=batch.id, state=batch.state, failed=failed, **batch.counts())


async def _import_folder(connection: HTTPConnection) -> Path:
    folder: Path = connection.app.state.recipe_import_folder
    return folder


ImportFolder = Annotated[Path, Depends(_import_folder)]

_JSON_SCHEMA = ImportInput.model_json_schema()
_JSON_SCHEMA["properties"]["items"]["anyOf"][0]["items"] = _JSON_SCHEMA.pop("$defs")["ItemInput"]
_TEXT = {"type": "string"}
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {"schema": _JSON_SCHEMA},
            FORM: {
                "schema": {
                    "type": "object",
                    "required": ["images"],
                    "properties": {
                        "images": {"type": "array", "items": {"type": "string", "format": "binary"}},
                        "at_a_time": _TEXT,
                        "tags": _TEXT,
                        "into_folder": _TEXT,
                    },
                }
            },
        },
    }
}


@large.post("/recipes/batch-import", status_code=202, openapi_extra=_BODY)
async def begin(request: Request, batches: BatchesOf, fetch: FetchOf, folder: ImportFolder) -> BatchView:
    """Import the pictures of a folder, of addresses, or of this form, a few at a time; damaged ones are told."""
    if kind_of(request) == JSON:
        asked = as_body(ImportInput, json_of(await _small_body(request), "body"))
        items = await run_in_threadpool(_items, asked, fetch, folder)
        order = BatchOrder(items, at_a_time=asked.at_a_time, tags=asked.tags, folder=asked.into_folder)
    elif kind_of(request) == FORM:
        order = _uploaded(await read_uploads(request, file_field="images"))
    else:
        raise InvalidInput(f"Content-Type must be {JSON} or {FORM}", field="Content-Type")
    return BatchView.of(await run_in_threadpool(batches.begin, order))


@router.get("/recipes/batch-import/{batch_id}", responses=_NONE)
def get(batch_id: str, batches: BatchesOf) -> BatchView:
    return BatchView.of(batches.get(batch_id))


@router.post("/recipes/batch-import/{batch_id}/cancel", responses=_NONE)
def cancel(batch_id: str, batches: BatchesOf) -> BatchView:
    """Import nothing more; what has been added stays."""
    return BatchView.of(batches.cancel(batch_id))


@live_router.websocket("/ws/batch-import-progress")
async def listen(socket: WebSocket, batches: BatchesOf, id: str | None = None) -> None:  # noqa: A002
    """A snapshot, then what becomes of each picture of the import called `id`, or of all; at last its end."""

    def snapshot() -> dict[str, Any]:
        found = batches.running() if id is None else [batches.get(id)]
        return {"event": "snapshot", "imports": [BatchView.of(batch).model_dump(mode="json") for batch in found]}

    await live.tell(socket, batches.channel, id, snapshot)


def _items(asked: ImportInput, fetch: Fetch, folder: Path) -> list[Item]:
    if (asked.folder is None) == (asked.items is None):
        raise InvalidInput("send folder or items, one of them", field="folder")
    if asked.items is not None:
        return [WebItem(item.url, fetch) for item in asked.items]
    return list(files_below(folder, asked.folder or ""))


def _uploaded(uploads: Uploads) -> BatchOrder:
    try:
        given: dict[str, Any] = dict(uploads.fields)
        given["tags"] = tags_of(given.get("tags", ""))
        if str(given.get("at_a_time", "")).isdecimal():
            given["at_a_time"] = int(given["at_a_time"])
        asked = as_body(_Order, given)
        if not uploads.files:
            raise InvalidInput("images is missing: send at least one file", field="images")
    except BaseException:
        uploads.dismiss()
        raise
    return BatchOrder(
        uploads.files,
        at_a_time=asked.at_a_time,
        tags=asked.tags,
        folder=asked.into_folder,
        dismiss=uploads.dismiss,
    )


async def _small_body(request: Request) -> bytes:
    """A body that is held in memory, on a route that takes large ones. Raises TooLarge."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > LARGEST_BODY_BYTES:
                raise TooLarge(f"the request has more than {LARGEST_BODY_BYTES // 1024 // 1024} MiB; send it in parts")
    except ClientDisconnect as error:
        raise ended_early() from error
    return bytes(body)
