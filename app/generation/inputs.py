"""A request for pictures as it comes over HTTP: every field checked, whichever content type carries it."""

from __future__ import annotations

import json
import re
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit, urlunsplit

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from pydantic_core import PydanticCustomError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from app.generation.album import OutputFormat
from app.generation.forms import fields_of
from app.generation.port import LARGEST_SIDE, SEEDS, SIDE_STEP, GenerationRequest, Lora, Scheduler
from app.sentences import CLEAN, SAID

LONGEST_PROMPT = 2000
LONGEST_ADDRESS = 8000
MOST_LORAS = 8
MOST_CHARACTER_REFERENCES = 4
JSON = "application/json"
FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
# By how their names begin, in small letters: HeunDiscreteScheduler is one, too.
_WITHOUT_FLOW = ("heun", "deis", "ddim", "euler")


def _flowing(value: object) -> object:
    if isinstance(value, str) and value.casefold().startswith(_WITHOUT_FLOW):
        raise PydanticCustomError(
            "scheduler_without_flow",
            "scheduler must be FlowMatchEuler, UniPC or DPMSolver++; {name} cannot work with flow matching",
            {"name": value[:40]},
        )
    return value


_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)


def _image_id(value: str) -> str:
    if _UUID.fullmatch(value) is None:
        said = "must be the UUID of a stored character reference, {value} is none"
        raise PydanticCustomError("no_image_id", said, {"value": repr(value[:64])})
    return value.lower()


Prompt = Annotated[str, Field(max_length=LONGEST_PROMPT), CLEAN]
Name = Annotated[str, Field(max_length=300), CLEAN, SAID]
ImageId = Annotated[str, AfterValidator(_image_id)]
Side = Annotated[
    int, Field(multiple_of=SIDE_STEP, le=LARGEST_SIDE, description="pixels; at least what the backend says")
]
Scale = Annotated[float, Field(ge=0, le=20, allow_inf_nan=False)]
FlowScheduler = Annotated[Scheduler, BeforeValidator(_flowing)]


class LoraInput(BaseModel):
    """A LoRA by its file name without extension; scale 0 leaves the picture as it is."""

    model_config = ConfigDict(extra="forbid", strict=True)

    name: Name
    scale: Annotated[float, Field(ge=-4, le=4, allow_inf_nan=False)] = 1.0


class InferenceRequest(BaseModel):
    """One request for pictures. The smallest side is the backend's own, and checked by the service."""

    model_config = ConfigDict(extra="forbid", strict=True)

    prompt: Annotated[Prompt, SAID]
    prompt_2: Prompt = ""
    negative_prompt: Annotated[Prompt, Field(description="has an effect with true_cfg_scale above 1")] = ""
    negative_prompt_2: Annotated[Prompt, Field(description="has an effect with true_cfg_scale above 1")] = ""
    image: str | None = Field(
        default=None,
        description="a reference image: a data URL of a PNG, JPEG or WebP picture of at most 10 MiB, "
        "or the UUID of a stored character reference",
    )
    image_url: str | None = Field(
        default=None, max_length=LONGEST_ADDRESS, description="an http or https address of a reference image"
    )
    character_references: list[ImageId] = Field(
        default=[],
        max_length=MOST_CHARACTER_REFERENCES,
        description="UUIDs of stored character references, whose likeness is kept; beside image or image_url, too",
    )
    width: Side = 1024
    height: Side = 1024
    steps: int = Field(default=28, ge=1, le=50, description="inference steps")
    guidance_scale: Scale = 3.5
    true_cfg_scale: Scale = 1.0
    num_images: int = Field(default=1, ge=1, le=4)
    seed: int | None = Field(default=None, ge=0, le=SEEDS - 1, description="of the first picture; null: any, told")
    output_format: OutputFormat = "PNG"
    output_quality: int = Field(default=90, ge=1, le=100, description="of JPEG and WEBP")
    scheduler: FlowScheduler = "FlowMatchEuler"
    loras: list[LoraInput] = Field(default=[], max_length=MOST_LORAS)
    checkpoint: Name | None = Field(default=None, description="null: the backend's own")


class JobRequest(InferenceRequest):
    """A request for pictures that are fetched later. previews: whether to show the picture as it becomes."""

    priority: Literal["normal", "urgent"] = Field(default="normal", description="urgent ones overtake those that wait")
    previews: bool = False


Asked = TypeVar("Asked", bound=InferenceRequest)


async def read_inference(request: Request) -> tuple[InferenceRequest, bytes | None]:
    """What is asked for, and the picture that was uploaded with it. Raises RequestValidationError."""
    return await _read(request, InferenceRequest)


async def read_job(request: Request) -> tuple[JobRequest, bytes | None]:
    """What is asked for, and the picture that was uploaded with it. Raises RequestValidationError."""
    return await _read(request, JobRequest)


def to_generation_request(request: InferenceRequest, references: tuple[bytes, ...]) -> GenerationRequest:
    """What the backend is asked for. A seed that was not asked for is 0: whoever queues it chooses one."""
    return GenerationRequest(
        prompt=request.prompt,
        prompt_2=request.prompt_2,
        negative_prompt=request.negative_prompt,
        negative_prompt_2=request.negative_prompt_2,
        width=request.width,
        height=request.height,
        num_inference_steps=request.steps,
        guidance_scale=request.guidance_scale,
        true_cfg_scale=request.true_cfg_scale,
        seed=request.seed or 0,
        num_images=request.num_images,
        references=references,
        loras=tuple(Lora(lora.name, lora.scale) for lora in request.loras),
        scheduler=request.scheduler,
        checkpoint=request.checkpoint,
    )


def as_asked(request: InferenceRequest, uploaded: bytes | None = None) -> dict[str, Any]:
    """Every field for others to see: a picture as what it came as, an address without user, password and query."""
    fields = request.model_dump(mode="json")
    if uploaded is not None:
        fields["image"] = "an uploaded file"
    elif request.image is not None:
        kind, comma, _ = request.image.partition(",")
        fields["image"] = f"{kind},…" if comma else request.image
    if request.image_url is not None:
        fields["image_url"] = _without_secrets(request.image_url)
    return fields


async def _read(request: Request, model: type[Asked]) -> tuple[Asked, bytes | None]:
    try:
        given, uploaded = await _given(request, model)
    except ClientDisconnect as error:
        # Told as a bad request, not as a fault of ours; nobody hears it.
        raise HTTPException(400, "the request ended before it was complete") from error
    try:
        return model.model_validate(given), uploaded
    except ValidationError as error:
        faults = error.errors(include_url=False)
        raise RequestValidationError([fault | {"loc": ("body", *fault["loc"])} for fault in faults]) from error


async def _given(request: Request, model: type[BaseModel]) -> tuple[object, bytes | None]:
    content_type = request.headers.get("content-type", "")
    kind = content_type.partition(";")[0].strip().lower()
    if kind == JSON:
        return _parsed(await request.body()), None
    if kind in FORMS:
        return await fields_of(request, model)
    said = f"Content-Type must be {JSON}, {FORMS[0]} or {FORMS[1]}, {content_type[:40]!r} is not"
    raise RequestValidationError([{"type": "content_type", "loc": ("header", "Content-Type"), "msg": said}])


def _parsed(body: bytes) -> object:
    if not body:
        raise RequestValidationError([{"type": "missing", "loc": ("body",), "msg": "Field required", "input": None}])
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        fault = {"type": "json_invalid", "loc": ("body",), "msg": "JSON decode error", "ctx": {"error": str(error)}}
        raise RequestValidationError([fault]) from error


def _without_secrets(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "no address"
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _described(model: type[InferenceRequest]) -> dict[str, Any]:
    """What OpenAPI says of a body: the same fields as JSON, and as a form with `image` a file.

    Both schemas stand on their own: OpenAPI reads a reference from the document's root, which is not here.
    """
    as_json = model.model_json_schema()
    as_json["properties"]["loras"]["items"] = as_json.pop("$defs")[LoraInput.__name__]
    told = "a picture file, or as in JSON; image, lists and numbers are written as text"
    as_form = as_json | {
        "properties": as_json["properties"]
        | {
            "image": {"type": "string", "format": "binary", "title": "Image", "description": told},
            "loras": {"type": "string", "title": "Loras", "description": 'JSON: [{"name": …, "scale": …}]'},
            "character_references": {
                "type": "string",
                "title": "Character References",
                "description": 'JSON: ["6f1c2c1e-…", …]',
            },
        }
    }
    return {
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": as_json}, FORMS[0]: {"schema": as_form}},
        },
        "responses": {
            "422": {"description": "The input cannot be accepted", "content": {"application/problem+json": {}}}
        },
    }


INFERENCE_BODY = _described(InferenceRequest)
JOB_BODY = _described(JobRequest)
