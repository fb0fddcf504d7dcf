"""Characters over HTTP: parse, ask, answer."""

from __future__ import annotations

import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse, RedirectResponse
from pydantic import AfterValidator
from pydantic_core import PydanticCustomError
from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import HTTPConnection

from app.characters.contract import PREFIX, ContractRoute, answers
from app.characters.idempotency import Call
from app.characters.service import Characters
from app.characters.serving import serve
from app.characters.uploads import UPLOAD_BODY, read_upload
from app.characters.views import (
    ConfigView,
    GenerateAnswer,
    GenerateRequest,
    LabelRequest,
    LinkView,
    ReferencePage,
    ReferenceView,
    UploadAnswer,
)
from app.conditional import already_held, picture_headers, quoted
from app.settings import Settings


class _Anything(Convertor[str]):
    """Whatever stands in an ID's place, so that it is told as none: slashes, and line ends, which `path` overlooks."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anything", _Anything())
router = APIRouter(prefix=PREFIX, tags=["characters"], route_class=ContractRoute)

# A link works for a while: what is answered now is not the answer for ever, and tells no other page where it led.
FOR_NOW = {"Cache-Control": "private, no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}
PICTURES: dict[str, Any] = {kind: {"schema": {"type": "string"}} for kind in ("image/png", "image/jpeg", "image/webp")}
FETCHED: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The picture, or where it is in the bucket",
        "content": {"application/json": {"schema": LinkView.model_json_schema()}, **PICTURES},
    },
    206: {"description": "A part of the picture", "content": PICTURES},
    302: {"description": "A link into the bucket"},
    304: {"description": "The caller has it already"},
}
SMALL: dict[int | str, dict[str, Any]] = {
    200: {"description": "A small picture", "content": {"image/webp": {"schema": {"type": "string"}}}},
    304: {"description": "The caller has it already"},
}


async def _characters(connection: HTTPConnection) -> Characters:
    characters: Characters = connection.app.state.characters
    return characters


async def _settings(connection: HTTPConnection) -> Settings:
    settings: Settings = connection.app.state.settings
    return settings


def _visible(key: str) -> str:
    if 1 <= len(key) <= 255 and all("!" <= character <= "~" for character in key):
        return key
    raise PydanticCustomError(
        "idempotency_key", "Idempotency-Key must be 1 to 255 visible ASCII characters, such as a UUID"
    )


Service = Annotated[Characters, Depends(_characters)]
ImageId = Annotated[str, Path(description="a UUID in small letters", json_schema_extra={"format": "uuid"})]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        description="of the caller's choice; the same call with it again is answered as before",
        json_schema_extra={"minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
    ),
    AfterValidator(lambda key: key if key is None else _visible(key)),
]


@router.post(
    "/generate_character_reference",
    response_model=GenerateAnswer,
    response_model_exclude_unset=True,
    responses=answers(400, 422, 429, 500, 502),
)
def generate(request: GenerateRequest, characters: Service, idempotency_key: IdempotencyKey = None) -> GenerateAnswer:
    """Have one to four reference pictures of a character made."""
    call = None
    if idempotency_key is not None:
        digest = hashlib.sha256(request.model_dump_json().encode()).hexdigest()
        call = Call(key=idempotency_key, body_sha256=digest)
    made = characters.generate(request.order(), call)
    return GenerateAnswer.of(request, made, [characters.link(record) for record, _ in made.pictures])


@router.post(
    "/upload_character_reference",
    response_model=UploadAnswer,
    response_model_exclude_unset=True,
    openapi_extra=UPLOAD_BODY,
    responses=answers(413, 422),
)
async def upload(request: Request, characters: Service) -> UploadAnswer:
    """Take in a PNG, JPEG or WebP picture: byte for byte, except that what it says of places and cameras goes."""
    sent = await read_upload(request)
    return UploadAnswer.of(await run_in_threadpool(characters.upload, sent.data, sent.filename))


@router.get(
    "/get_character_reference/{image_id:anything}",
    response_class=Response,
    responses=answers(400, 404, 416, 422) | FETCHED,
)
@router.head("/get_character_reference/{image_id:anything}", include_in_schema=False)
def picture(
    image_id: ImageId,
    request: Request,
    characters: Service,
    *,
    redirect: Annotated[bool, Query(description="where a link would be told, lead there")] = False,
    proxy: Annotated[bool, Query(description="the picture itself, wherever it is; more than redirect")] = False,
) -> Response:
    """The picture: whole, in part (Range), or not again (If-None-Match); or a link to it in the bucket."""
    record = characters.get(image_id)
    link = None if proxy else characters.served_as(record)
    if link is None:
        return serve(request, record, lambda: characters.open(record))
    if redirect:
        return RedirectResponse(link.url, 302, headers=FOR_NOW)
    return JSONResponse(LinkView.of(record, link).model_dump(), headers=FOR_NOW)


@router.get("/character_references", responses=answers(422))
def page(
    characters: Service,
    page: Annotated[int, Query(ge=1, le=10**9)] = 1,
    page_size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> ReferencePage:
    """The reference pictures, the newest first."""
    found = characters.page(page=page, page_size=page_size)
    items = [ReferenceView.of(record) for record in found.items]
    return ReferencePage(items=items, total=found.total, page=page, page_size=page_size)


@router.get(
    "/character_references/{image_id:anything}/thumbnail",
    response_class=Response,
    responses=answers(400, 404, 422) | SMALL,
)
@router.head("/character_references/{image_id:anything}/thumbnail", include_in_schema=False)
def thumbnail(
    image_id: ImageId,
    request: Request,
    characters: Service,
    size: Annotated[int, Query(ge=16, le=1024, description="pixels of the longer side")] = 256,
) -> Response:
    """A small WebP of the picture."""
    record = characters.get(image_id)
    etag = quoted(f"{record.sha256}-{size}")
    if already_held(request.headers.get("if-none-match"), etag):
        return Response(status_code=304, headers=picture_headers(etag))
    return Response(characters.thumbnail(record, size), headers=picture_headers(etag), media_type="image/webp")


@router.patch("/character_references/{image_id:anything}", responses=answers(400, 404, 422))
def label(image_id: ImageId, request: LabelRequest, characters: Service) -> ReferenceView:
    """Give the picture a label, or take it away."""
    return ReferenceView.of(characters.label(image_id, request.label))


@router.delete("/character_references/{image_id:anything}", status_code=204, responses=answers(400, 404, 409))
def delete(image_id: ImageId, characters: Service) -> None:
    """Remove the picture; refused while a job uses it."""
    characters.delete(image_id)


@router.get("/config/debug", responses=answers())
def config(characters: Service, settings: Annotated[Settings, Depends(_settings)]) -> ConfigView:
    """How pictures are kept and answered."""
    return ConfigView(
        SERVE_FROM_CLOUD=settings.serve_from_cloud,
        STORAGE_BACKEND=settings.storage_backend,
        PRESIGNED_URL_EXPIRY=settings.presigned_url_expiry,
        cloud_serving_enabled=characters.serves_from_cloud,
    )
