"""The library over HTTP: parse, ask, answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import HTTPConnection

from app.library.service import Library, ScanReport
from app.library.tables import ModelFile
from app.model_files import ModelKind

MAX_PAGE_SIZE = 100


class _KindConvertor(Convertor[str]):
    """A kind in an address; any other word leads elsewhere, so that /api/lm/downloads stays its own."""

    regex = "|".join(ModelKind)

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("model_kind", _KindConvertor())
router = APIRouter(prefix="/api/lm/{kind:model_kind}", tags=["library"])


async def _library(connection: HTTPConnection) -> Library:
    library = connection.app.state.library
    assert isinstance(library, Library)
    return library


Models = Annotated[Library, Depends(_library)]


class ModelView(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    file_name: str
    folder: str
    kind: ModelKind
    size_bytes: int
    sha256: str
    autov2: str
    autov3: str | None
    added_at: datetime

    @classmethod
    def of(cls, model: ModelFile) -> ModelView:
        return cls.model_validate(model)


class ModelPage(BaseModel):
    items: list[ModelView]
    total: int
    page: int
    page_size: int


@router.get("")
def page(
    kind: ModelKind,
    library: Models,
    *,
    page: Annotated[int, Query(ge=1, le=10**9)] = 1,
    page_size: Annotated[int, Query(ge=1, le=MAX_PAGE_SIZE)] = 20,
    search: Annotated[str | None, Query(max_length=200)] = None,
    sum_: Annotated[str | None, Query(alias="hash", max_length=100, description="SHA-256, AutoV2 or AutoV3")] = None,
) -> ModelPage:
    found = library.page(kind, page=page, page_size=page_size, search=search, sum_=sum_)
    items = [ModelView.of(model) for model in found.items]
    return ModelPage(items=items, total=found.total, page=page, page_size=page_size)


@router.post("/scan")
def scan(kind: ModelKind, library: Models) -> ScanReport:
    return library.scan(kind)


@router.get("/{model_id}")
def get(kind: ModelKind, model_id: str, library: Models) -> ModelView:
    return ModelView.of(library.get(kind, model_id))
