"""The library over HTTP and WebSocket: parse, ask, answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, WebSocket
from pydantic import BaseModel, ConfigDict, Field
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import HTTPConnection

from app import live
from app.errors import PROBLEM_TYPE
from app.library.listing import DEFAULT_ORDER, Wanted
from app.library.model import Model
from app.library.service import Library
from app.model_files import ModelKind

MAX_PAGE_SIZE = 100
MAX_IDS = 10_000
NO_MODEL: dict[int | str, dict[str, Any]] = {
    404: {"description": "there is no such model", "content": {PROBLEM_TYPE: {}}}
}


class _KindConvertor(Convertor[str]):
    """A kind in an address; any other word leads elsewhere, so that /api/lm/downloads stays its own."""

    regex = "|".join(ModelKind)

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("model_kind", _KindConvertor())
router = APIRouter(prefix="/api/lm/{kind:model_kind}", tags=["library"])
live_router = APIRouter(tags=["library"])


async def _library(connection: HTTPConnection) -> Library:
    library = connection.app.state.library
    assert isinstance(library, Library)
    return library


Models = Annotated[Library, Depends(_library)]


class ModelView(BaseModel):
    """A model; preview_url is null when there is none, or when it is hidden."""

    model_config = ConfigDict(from_attributes=True, protected_namespaces=())

    id: str
    library: str
    kind: ModelKind
    root: str
    folder: str
    file_name: str
    name: str
    size_bytes: int
    mtime_ns: int
    sha256: str
    autov2: str
    autov3: str | None
    base_model: str
    tags: list[str]
    trained_words: list[str]
    favorite: bool
    notes: str
    model_id: int | None
    model_version_id: int | None
    mature: bool
    excluded: bool
    preview: str | None
    sidecar_fault: str | None
    added_at: datetime
    modified_at: datetime
    preview_url: str | None = None
    preview_hidden: bool = False

    @classmethod
    def of(cls, model: Model, *, safe_mode: bool) -> ModelView:
        view = cls.model_validate(model)
        view.preview_hidden = safe_mode and model.mature
        if model.preview is not None and not view.preview_hidden:
            view.preview_url = f"/api/lm/{model.kind}/{model.id}/preview"
        return view


class ModelPage(BaseModel):
    items: list[ModelView]
    total: int
    page: int
    page_size: int


class ToldView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    file: str
    why: str


class SameHash(BaseModel):
    sha256: str
    models: list[ModelView]


class SameName(BaseModel):
    name: str
    models: list[ModelView]


class DuplicatesView(BaseModel):
    by_hash: list[SameHash]
    by_name: list[SameName]


class VerifyRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    ids: Annotated[list[str], Field(max_length=MAX_IDS)] | None = Field(description="null for all of the kind")


class VerificationView(BaseModel):
    verified: int
    changed: list[ModelView]
    missing: list[ToldView]


@router.get("")
def page(
    kind: ModelKind,
    library: Models,
    *,
    page: Annotated[int, Query(ge=1, le=10**9)] = 1,
    page_size: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE)] = 20,
    sort: Annotated[str, Query(max_length=20, description="name, date or size, with :asc or :desc")] = DEFAULT_ORDER,
    search: Annotated[str | None, Query(max_length=200)] = None,
    sum_: Annotated[str | None, Query(alias="hash", max_length=100, description="SHA-256, AutoV2 or AutoV3")] = None,
    base_model: Annotated[list[str], Query(max_length=100, description="one of these")] = [],  # noqa: B006
    tag: Annotated[list[str], Query(max_length=100, description="all of these")] = [],  # noqa: B006
    favorite: bool | None = None,
    mature: bool | None = None,
    folder: Annotated[str | None, Query(max_length=1000, description="empty for the root")] = None,
    recursive: bool = True,
    excluded: Annotated[bool, Query(description="those that are excluded, and they alone")] = False,
) -> ModelPage:
    wanted = Wanted(
        search=search,
        sum_=sum_,
        base_models=tuple(base_model),
        tags=tuple(tag),
        favorite=favorite,
        mature=mature,
        folder=folder,
        recursive=recursive,
        excluded=excluded,
    )
    found = library.page(kind, wanted, page=page, page_size=page_size, order=sort)
    return ModelPage(items=views_of(library, found.items), total=found.total, page=page, page_size=page_size)


@router.post("/scan")
def scan(kind: ModelKind, library: Models, full: Annotated[bool, Query(description="hash every file")] = False) -> Any:
    """Make the list match the disk; told live at /ws/init-progress."""
    return library.scan(kind, full=full).as_json()


@router.get("/duplicates")
def duplicates(kind: ModelKind, library: Models) -> DuplicatesView:
    found = library.duplicates(kind)
    return DuplicatesView(
        by_hash=[SameHash(sha256=group[0].sha256, models=views_of(library, group)) for group in found.by_hash],
        by_name=[SameName(name=group[0].name, models=views_of(library, group)) for group in found.by_name],
    )


@router.post("/verify", responses=NO_MODEL)
def verify(kind: ModelKind, request: VerifyRequest, library: Models) -> VerificationView:
    """Hash files again, whatever their size and time say."""
    found = library.verify(kind, request.ids)
    return VerificationView(
        verified=found.verified,
        changed=views_of(library, found.changed),
        missing=[ToldView.model_validate(told) for told in found.missing],
    )


@router.get("/{model_id}", responses=NO_MODEL)
def get(kind: ModelKind, model_id: str, library: Models) -> ModelView:
    return view_of(library, library.get(kind, model_id))


@live_router.websocket("/ws/init-progress")
async def progress(socket: WebSocket, library: Models) -> None:
    """The scans under way, then every event of all scans."""
    await live.tell(socket, library.progress.channel, None, library.progress.snapshot)


def view_of(library: Library, model: Model) -> ModelView:
    return ModelView.of(model, safe_mode=library.safe_mode())


def views_of(library: Library, models: list[Model]) -> list[ModelView]:
    safe_mode = library.safe_mode()
    return [ModelView.of(model, safe_mode=safe_mode) for model in models]
