"""Generation over HTTP: parse, ask, answer."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import HTTPConnection

from app.bodies import LimitedRoute
from app.errors import InvalidInput
from app.generation.port import SEEDS, GenerationRequest, NotApplied
from app.generation.service import LARGEST_SIDE, SIDE_STEP, Generated, Generation, Output, OutputFormat
from app.recipes.pictures import CONTENT_TYPES
from app.sentences import CLEAN, SAID

router = APIRouter(tags=["generation"], route_class=LimitedRoute)

Prompt = Annotated[str, Field(max_length=2000), CLEAN]
Side = Annotated[int, Field(multiple_of=SIDE_STEP, le=LARGEST_SIDE, description="pixels")]
Scale = Annotated[float, Field(ge=0, le=20, allow_inf_nan=False)]

_DATA_URL = re.compile(r"data:image/(?:png|jpeg|webp);base64,", re.IGNORECASE)


async def _generation(connection: HTTPConnection) -> Generation:
    generation: Generation = connection.app.state.generation
    return generation


Service = Annotated[Generation, Depends(_generation)]


class InferenceRequest(BaseModel):
    """One request for pictures. The smallest side is the backend's own."""

    model_config = ConfigDict(extra="forbid", strict=True)

    prompt: Annotated[Prompt, SAID]
    prompt_2: Prompt = ""
    negative_prompt: Annotated[Prompt, Field(description="has an effect with true_cfg_scale above 1")] = ""
    image: str | None = Field(default=None, description="a reference image as a data URL: PNG, JPEG or WebP, 10 MiB")
    width: Side = 1024
    height: Side = 1024
    steps: int = Field(default=28, ge=1, le=50, description="inference steps")
    guidance_scale: Scale = 3.5
    true_cfg_scale: Scale = 1.0
    num_images: int = Field(default=1, ge=1, le=4)
    seed: int | None = Field(default=None, ge=0, le=SEEDS - 1, description="of the first picture; null: any, told")
    output_format: OutputFormat = "PNG"
    output_quality: int = Field(default=90, ge=1, le=100, description="of JPEG and WEBP")

    def wanted(self) -> GenerationRequest:
        return GenerationRequest(
            prompt=self.prompt,
            prompt_2=self.prompt_2,
            negative_prompt=self.negative_prompt,
            width=self.width,
            height=self.height,
            num_inference_steps=self.steps,
            guidance_scale=self.guidance_scale,
            true_cfg_scale=self.true_cfg_scale,
            num_images=self.num_images,
            references=() if self.image is None else (_from_data_url(self.image),),
        )


class NotAppliedView(BaseModel):
    name: str
    why: str

    @classmethod
    def of(cls, idle: NotApplied) -> NotAppliedView:
        return cls(name=idle.name, why=idle.why)


class InferenceAnswer(BaseModel):
    """images: data URLs, in the order of their seeds; seed: of the first; inference_time: seconds."""

    images: list[str]
    seed: int
    inference_time: float
    backend: str
    applied: dict[str, Any]
    not_applied: list[NotAppliedView]

    @classmethod
    def of(cls, made: Generated, output: Output, backend: str) -> InferenceAnswer:
        content_type = CONTENT_TYPES[output.format]
        return cls(
            images=[f"data:{content_type};base64,{base64.b64encode(data).decode()}" for data in made.pictures],
            seed=made.seeds[0],
            inference_time=made.inference_seconds,
            backend=backend,
            applied=made.applied,
            not_applied=[NotAppliedView.of(idle) for idle in made.not_applied],
        )


class BackendView(BaseModel):
    """What the studio's image backend can do; applied, not_applied: its optimisations."""

    backend: str
    offers: list[str]
    smallest_side: int
    applied: list[str]
    not_applied: list[NotAppliedView]


@router.post("/inference")
def infer(request: InferenceRequest, generation: Service) -> InferenceAnswer:
    """Make pictures and wait for them."""
    output = Output(format=request.output_format, quality=request.output_quality)
    made = generation.generate(request.wanted(), seed=request.seed, output=output)
    return InferenceAnswer.of(made, output, generation.backend.name)


@router.get("/api/v1/backends")
def backends(generation: Service) -> BackendView:
    backend = generation.backend
    return BackendView(
        backend=backend.name,
        offers=sorted(backend.offers),
        smallest_side=backend.smallest_side,
        applied=list(backend.applied),
        not_applied=[NotAppliedView.of(idle) for idle in backend.not_applied],
    )


def _from_data_url(url: str) -> bytes:
    start = _DATA_URL.match(url)
    if start is None:
        raise InvalidInput(
            "image must be a data URL of a PNG, JPEG or WebP picture: data:image/png;base64,…", field="image"
        )
    try:
        return base64.b64decode(url[start.end() :], validate=True)
    except binascii.Error as error:
        raise InvalidInput("image must hold its picture in base64, this is not base64", field="image") from error
