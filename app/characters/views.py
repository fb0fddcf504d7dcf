"""Characters as callers ask for them and are told of them."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.characters.contract import PREFIX
from app.characters.order import Made, Order
from app.characters.port import FileFormat
from app.characters.service import Uploaded
from app.characters.tables import CharacterReference
from app.sentences import CLEAN, SAID
from app.storage.port import Link

NO_FILTER = "this studio's backend has no such filter; what it may paint is decided by its model"


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
    """One picture. path: its address below the studio's; base64: left out when that was asked for.

    cloud_url: a link into the bucket that works for a while; null when the bucket does not have it.
    """

    id: str
    path: str
    base64: str | None = None
    cloud_url: str | None = None

    @classmethod
    def of(cls, record: CharacterReference, data: bytes | None, link: Link | None) -> ImageView:
        shown = {} if data is None else {"base64": base64.b64encode(data).decode()}
        return cls(id=record.id, path=address(record.id), cloud_url=None if link is None else link.url, **shown)


class MetadataView(BaseModel):
    """warnings: what did not go as it should have; left out when there is nothing to tell."""

    character_description: str
    model_used: str
    num_images_requested: int
    num_images_generated: int
    parameters_used: dict[str, Any]
    not_applied: list[dict[str, str]]
    generation_timestamp: datetime
    warnings: list[str] = []


class GenerateAnswer(BaseModel):
    """The set that was made."""

    images: list[ImageView]
    metadata: MetadataView

    @classmethod
    def of(cls, request: GenerateRequest, made: Made, links: list[Link | None]) -> GenerateAnswer:
        """Members that say nothing are not set."""
        warned = {"warnings": made.warnings} if made.warnings else {}
        images = zip(made.pictures, links, strict=True)
        return cls(
            images=[
                ImageView.of(record, data if request.include_base64 else None, link) for (record, data), link in images
            ],
            metadata=MetadataView(
                character_description=request.character_description,
                model_used=made.model_used,
                num_images_requested=request.num_images,
                num_images_generated=len(made.pictures),
                parameters_used=made.parameters_used,
                not_applied=request.not_applied(),
                generation_timestamp=made.made_at,
                **warned,
            ),
        )


class LinkView(BaseModel):
    """Where the picture is: a link into the bucket that works for a while, and its key there."""

    image_id: str
    image_url: str
    storage_backend: Literal["s3"] = "s3"
    expires_in_seconds: int
    cloud_path: str

    @classmethod
    def of(cls, record: CharacterReference, link: Link) -> LinkView:
        return cls(
            image_id=record.id,
            image_url=link.url,
            expires_in_seconds=link.expires_in_seconds,
            cloud_path=record.key,
        )


class UploadAnswer(BaseModel):
    """file_size: bytes that are kept, after what is private was taken out. warnings: left out when there are none."""

    image_id: str
    image_url: str
    filename: str
    content_type: str
    file_size: int
    warnings: list[str] = []

    @classmethod
    def of(cls, taken: Uploaded) -> UploadAnswer:
        record = taken.record
        warned = {"warnings": taken.warnings} if taken.warnings else {}
        return cls(
            image_id=record.id,
            image_url=address(record.id),
            filename=record.filename or "",
            content_type=record.content_type,
            file_size=record.size_bytes,
            **warned,
        )


class ReferenceView(BaseModel):
    """A reference picture in a list.

    character_description, model_used and seed are those of a generated picture, filename that of an uploaded one.
    width, height: pixels; null for pictures of studios that did not note them.
    """

    id: str
    image_url: str
    thumbnail_url: str
    origin: Literal["generated", "uploaded", "found"]
    label: str | None
    filename: str | None
    character_description: str | None
    model_used: str | None
    seed: int | None
    content_type: str
    size_bytes: int
    width: int | None
    height: int | None
    in_cloud: bool
    created_at: datetime

    @classmethod
    def of(cls, record: CharacterReference) -> ReferenceView:
        same = set(cls.model_fields) - {"image_url", "thumbnail_url"}
        return cls(
            image_url=address(record.id),
            thumbnail_url=f"{PREFIX}/character_references/{record.id}/thumbnail",
            **{name: getattr(record, name) for name in same},
        )


class ReferencePage(BaseModel):
    items: list[ReferenceView]
    total: int
    page: int
    page_size: int


class LabelRequest(BaseModel):
    """What a picture shall be called; null takes its label away."""

    model_config = ConfigDict(extra="forbid", strict=True)

    label: Annotated[str, Field(max_length=200), CLEAN, SAID] | None


class ConfigView(BaseModel):
    """How pictures are kept and answered; nothing of it is secret."""

    SERVE_FROM_CLOUD: bool
    STORAGE_BACKEND: Literal["local", "s3"]
    PRESIGNED_URL_EXPIRY: int
    cloud_serving_enabled: bool


def address(image_id: str) -> str:
    return f"{PREFIX}/get_character_reference/{image_id}"
