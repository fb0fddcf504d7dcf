"""Characters over HTTP: parse, ask, answer."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import HTTPConnection

from app.characters.contract import ContractRoute
from app.characters.port import FileFormat
from app.characters.service import Characters, Made, Order
from app.characters.serving import serve
from app.characters.tables import CharacterReference
from app.sentences import CLEAN

router = APIRouter(prefix="/api/mv", tags=["characters"], route_class=ContractRoute)

NO_FILTER = "this studio's backend has no such filter; what it may paint is decided by its model"


async def _characters(connection: HTTPConnection) -> Characters:
    characters: Characters = connection.app.state.characters
    return characters


Service = Annotated[Characters, Depends(_characters)]


class GenerateRequest(BaseModel):
    """A character to be seen. The two filters are part of the published call; the answer tells what they did."""

    model_config = ConfigDict(extra="forbid", strict=True)

    character_description: Annotated[str, Field(max_length=2000), CLEAN]
    num_images: int = Field(default=4, ge=1, le=4)
    aspect_ratio: Literal["1:1", "3:4", "4:3", "9:16", "16:9"] = "1:1"
    negative_prompt: Annotated[str, Field(max_length=2000), CLEAN] | None = None
    seed: int | None = Field(default=None, ge=0, le=2**32 - 1)
    output_format: FileFormat = "png"
    safety_filter_level: Literal["block_low_and_above", "block_medium_and_above", "block_only_high"] | None = None
    person_generation: Literal["dont_allow", "allow_adult", "allow_all"] | None = None
    include_base64: bool = True

    def order(self) -> Order:
        return Order(
            character_description=self.character_description,
            num_images=self.num_images,
            aspect_ratio=self.aspect_ratio,
            negative_prompt=self.negative_prompt or "",
            seed=self.seed,
            output_format=self.output_format,
        )

    def not_applied(self) -> list[dict[str, str]]:
        asked = ("safety_filter_level", "person_generation")
        return [{"name": name, "why": NO_FILTER} for name in asked if getattr(self, name) is not None]


class ImageView(BaseModel):
    """One picture. path: its address below the studio's; base64: left out when that was asked for."""

    id: str
    path: str
    base64: str | None = None
    cloud_url: str | None = None

    @classmethod
    def of(cls, record: CharacterReference, data: bytes | None) -> ImageView:
        view = cls(id=record.id, path=_address(record.id), cloud_url=None)
        return view if data is None else view.model_copy(update={"base64": base64.b64encode(data).decode()})


class MetadataView(BaseModel):
    character_description: str
    model_used: str
    num_images_requested: int
    num_images_generated: int
    parameters_used: dict[str, Any]
    not_applied: list[dict[str, str]]
    generation_timestamp: datetime


class GenerateAnswer(BaseModel):
    images: list[ImageView]
    metadata: MetadataView

    @classmethod
    def of(cls, request: GenerateRequest, made: Made) -> dict[str, Any]:
        """JSON-ready; a picture's base64 is no member at all when it was not wanted."""
        answer = cls(
            images=[ImageView.of(record, data) for record, data in made.pictures],
            metadata=MetadataView(
                character_description=request.character_description,
                model_used=made.model_used,
                num_images_requested=request.num_images,
                num_images_generated=len(made.pictures),
                parameters_used=made.parameters_used,
                not_applied=request.not_applied(),
                generation_timestamp=made.made_at,
            ),
        )
        left_out = None if request.include_base64 else {"images": {"__all__": {"base64"}}}
        return answer.model_dump(mode="json", exclude=left_out)


class ReferenceView(BaseModel):
    """A reference picture in a list."""

    id: str
    image_url: str
    character_description: str
    model_used: str
    seed: int
    content_type: str
    size_bytes: int
    created_at: datetime

    @classmethod
    def of(cls, record: CharacterReference) -> ReferenceView:
        return cls(
            id=record.id,
            image_url=_address(record.id),
            character_description=record.character_description,
            model_used=record.model_used,
            seed=record.seed,
            content_type=record.content_type,
            size_bytes=record.size_bytes,
            created_at=record.created_at,
        )


class ReferencePage(BaseModel):
    items: list[ReferenceView]
    total: int
    page: int
    page_size: int


@router.post("/generate_character_reference", response_model=GenerateAnswer, response_model_exclude_unset=True)
def generate(request: GenerateRequest, characters: Service) -> dict[str, Any]:
    """Have one to four reference pictures of a character made."""
    return GenerateAnswer.of(request, characters.generate(request.order()))


@router.get("/get_character_reference/{image_id}", response_class=Response)
@router.head("/get_character_reference/{image_id}", include_in_schema=False)
def picture(image_id: str, request: Request, characters: Service) -> Response:
    """The picture itself: whole, in part (Range), or not again (If-None-Match)."""
    record = characters.get(image_id)
    return serve(request, record, lambda: characters.open(record))


@router.get("/character_references")
def page(
    characters: Service,
    page: Annotated[int, Query(ge=1, le=10**9)] = 1,
    page_size: Annotated[int, Query(ge=1, le=100)] = 20,
) -> ReferencePage:
    found = characters.page(page=page, page_size=page_size)
    items = [ReferenceView.of(record) for record in found.items]
    return ReferencePage(items=items, total=found.total, page=page, page_size=page_size)


def _address(image_id: str) -> str:
    return f"/api/mv/get_character_reference/{image_id}"
