"""A request for pictures at the edge: what comes is what was meant, and what cannot be meant names its field."""

from __future__ import annotations

import asyncio
import json
import math
import string
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI, Request
from hypothesis import given, settings
from hypothesis import strategies as st

from app.bodies import LARGEST_BODY_BYTES, LimitedRoute
from app.errors import answer_with_problems
from app.generation.inputs import (
    INFERENCE_BODY,
    JOB_BODY,
    InferenceRequest,
    JobRequest,
    as_asked,
    read_inference,
    read_job,
    to_generation_request,
)
from app.generation.port import GenerationRequest, Lora
from support import pictures

FOX = "a 🦊 with a 🎩, 日本の灯台, Zürich – «50 %»"
UUID = "0d9f2c1e-6a55-4f0e-9d0c-3f7f4b6f8a10"
PICTURE = pictures.drawn("red", "circle")
EVERYTHING: dict[str, Any] = {
    "prompt": FOX,
    "prompt_2": "at dawn\n\tin May",
    "negative_prompt": "fog",
    "negative_prompt_2": "rain",
    "image": UUID,
    "image_url": "https://hub.example/a.png",
    "character_references": ["6f1c2c1e-0000-4000-8000-000000000001", "6f1c2c1e-0000-4000-8000-000000000002"],
    "width": 512,
    "height": 256,
    "steps": 4,
    "guidance_scale": 2.5,
    "true_cfg_scale": 4.0,
    "num_images": 2,
    "seed": 7,
    "output_format": "WEBP",
    "output_quality": 80,
    "scheduler": "UniPC",
    "loras": [{"name": "neon-city", "scale": -0.5}, {"name": "soft-light", "scale": 1.0}],
    "checkpoint": "mock",
}
JOB = EVERYTHING | {"priority": "urgent", "previews": True}
FORM_TYPES = ("multipart/form-data", "application/x-www-form-urlencoded")


class Desk:
    """An app that answers with what it read; as the studio's own routes read it."""

    def __init__(self) -> None:
        router = APIRouter(route_class=LimitedRoute)

        @router.post("/inference", openapi_extra=INFERENCE_BODY)
        async def infer(request: Request) -> dict[str, Any]:
            return self._answer(*await read_inference(request))

        @router.post("/jobs", openapi_extra=JOB_BODY)
        async def create(request: Request) -> dict[str, Any]:
            return self._answer(*await read_job(request))

        self.app = FastAPI()
        self.app.include_router(router)
        answer_with_problems(self.app)
        self.uploaded: bytes | None = None

    def _answer(self, asked: InferenceRequest, uploaded: bytes | None) -> dict[str, Any]:
        self.uploaded = uploaded
        return asked.model_dump()

    def post(self, path: str, **request: Any) -> httpx.Response:
        async def posted() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url="http://studio") as client:
                return await client.post(path, **request)

        return asyncio.run(posted())

    def send(self, path: str, body: Any) -> httpx.Response:
        """The body as JSON as Python writes it: NaN and Infinity too."""
        return self.post(path, content=json.dumps(body), headers={"Content-Type": "application/json"})

    def fill_in(self, path: str, fields: dict[str, str], kind: str = "multipart/form-data") -> httpx.Response:
        if kind == "multipart/form-data":
            return self.post(path, files={name: (None, value) for name, value in fields.items()})
        return self.post(path, data=fields)


@pytest.fixture
def desk() -> Iterator[Desk]:
    yield Desk()


def refused(answer: httpx.Response) -> tuple[int, str]:
    """The status and the field at fault of a problem document."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json().get("field", "")


def as_texts(fields: dict[str, Any]) -> dict[str, str]:
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in fields.items()}


@pytest.mark.parametrize(("path", "asked"), [("/inference", EVERYTHING), ("/jobs", JOB)])
def test_every_field_arrives_as_it_was_sent_as_json(desk: Desk, path: str, asked: dict[str, Any]) -> None:
    assert set(asked) == set((JobRequest if path == "/jobs" else InferenceRequest).model_fields)
    answer = desk.send(path, asked)
    assert (answer.status_code, answer.json(), desk.uploaded) == (200, asked, None)


@pytest.mark.parametrize("kind", FORM_TYPES)
@pytest.mark.parametrize(("path", "asked"), [("/inference", EVERYTHING), ("/jobs", JOB)])
def test_a_form_says_the_same_as_json(desk: Desk, path: str, asked: dict[str, Any], kind: str) -> None:
    answer = desk.fill_in(path, as_texts(asked), kind)
    assert (answer.status_code, answer.json(), desk.uploaded) == (200, asked, None)


def test_a_prompt_alone_is_enough(desk: Desk) -> None:
    sent, filled_in = desk.send("/jobs", {"prompt": "x"}), desk.fill_in("/jobs", {"prompt": "x"})
    assert sent.json() == filled_in.json() == JobRequest(prompt="x").model_dump()
    assert (sent.json()["seed"], sent.json()["checkpoint"], sent.json()["priority"]) == (None, None, "normal")


def test_an_uploaded_picture_comes_as_its_bytes(desk: Desk) -> None:
    answer = desk.post("/inference", data={"prompt": FOX}, files={"image": ("a.png", PICTURE, "image/png")})
    assert (answer.status_code, answer.json()["prompt"], answer.json()["image"]) == (200, FOX, None)
    assert desk.uploaded == PICTURE


def test_an_upload_without_a_byte_is_an_upload_still(desk: Desk) -> None:
    assert desk.post("/inference", data={"prompt": "x"}, files={"image": ("a.png", b"")}).status_code == 200
    assert desk.uploaded == b""


def test_what_a_browser_sends_for_fields_that_were_left_empty_counts_as_not_sent(desk: Desk) -> None:
    left_empty = (
        b'--b\r\nContent-Disposition: form-data; name="prompt"\r\n\r\nx\r\n'
        b'--b\r\nContent-Disposition: form-data; name="seed"\r\n\r\n\r\n'
        b'--b\r\nContent-Disposition: form-data; name="checkpoint"\r\n\r\n\r\n'
        b'--b\r\nContent-Disposition: form-data; name="image"; filename=""\r\n\r\n\r\n--b--\r\n'
    )
    answer = desk.post("/inference", content=left_empty, headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert (answer.status_code, answer.json()["seed"], desk.uploaded) == (200, None, None)


def test_a_picture_as_text_in_a_form_may_be_as_large_as_in_json(desk: Desk) -> None:
    url = "data:image/png;base64," + "A" * 3_000_000
    assert desk.fill_in("/inference", {"prompt": "x", "image": url}).json()["image"] == url


REFUSED: list[tuple[str, Any]] = [
    ("prompt", ""),
    ("prompt", " \n"),
    ("prompt", "x" * 2001),
    ("prompt", "x" * 200_000),
    ("prompt", "a\x00b"),
    ("prompt", "a\x1bb"),
    ("prompt", "\ud83e"),
    ("prompt", None),
    ("prompt", 5),
    ("prompt_2", "x" * 2001),
    ("prompt_2", "\x07"),
    ("negative_prompt", "\x7f"),
    ("negative_prompt_2", "x" * 2001),
    ("image", 5),
    ("image_url", ["https://hub.example"]),
    ("image_url", "https://hub.example/" + "a" * 8000),
    ("width", -1),
    ("width", 257),
    ("width", 1040),
    ("width", 2**70),
    ("width", "256"),
    ("width", 256.0),
    ("width", True),
    ("width", math.nan),
    ("height", -1),
    ("height", 2**70),
    ("steps", 0),
    ("steps", -1),
    ("steps", 51),
    ("steps", 2**70),
    ("steps", math.inf),
    ("guidance_scale", -0.1),
    ("guidance_scale", 20.1),
    ("guidance_scale", math.nan),
    ("guidance_scale", math.inf),
    ("guidance_scale", -math.inf),
    ("guidance_scale", 2**70),
    ("guidance_scale", "3.5"),
    ("guidance_scale", True),
    ("true_cfg_scale", -1),
    ("true_cfg_scale", 20.1),
    ("true_cfg_scale", math.nan),
    ("num_images", 0),
    ("num_images", 5),
    ("num_images", 1.5),
    ("seed", -1),
    ("seed", 2**32),
    ("seed", 2**70),
    ("seed", 1.0),
    ("output_format", "GIF"),
    ("output_format", "png"),
    ("output_quality", 0),
    ("output_quality", 101),
    ("scheduler", "magic"),
    ("scheduler", ""),
    ("scheduler", None),
    ("checkpoint", " "),
    ("checkpoint", "x" * 301),
    ("checkpoint", "a\x00"),
    ("loras", {}),
    ("loras", "neon-city"),
    ("loras", [{"name": str(number)} for number in range(9)]),
    ("loras.0", ["neon-city"]),
    ("loras.0.name", [{}]),
    ("loras.0.name", [{"name": ""}]),
    ("loras.0.name", [{"name": "a\x00b"}]),
    ("loras.1.scale", [{"name": "a"}, {"name": "b", "scale": 4.1}]),
    ("loras.0.scale", [{"name": "a", "scale": -4.1}]),
    ("loras.0.scale", [{"name": "a", "scale": math.nan}]),
    ("loras.0.scale", [{"name": "a", "scale": "1"}]),
    ("loras.0.strength", [{"name": "a", "strength": 1}]),
    ("priority", "low"),
    ("priority", 1),
    ("previews", "true"),
    ("previews", 1),
    ("colour", "red"),
]


@pytest.mark.parametrize(("field", "value"), REFUSED, ids=[f"{name}-{str(value)[:20]!r}" for name, value in REFUSED])
def test_what_cannot_be_meant_is_refused_naming_its_field(desk: Desk, field: str, value: Any) -> None:
    answer = desk.send("/jobs", {"prompt": "x"} | {field.partition(".")[0]: value})
    assert refused(answer) == (422, field)
    assert answer.json()["detail"].startswith(field)
    assert len(answer.json()["detail"]) < 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("prompt", "x"),
        ("prompt", "x" * 2000),
        ("prompt", "a\n\tb"),
        ("width", 1024),
        ("height", 16),
        ("steps", 1),
        ("steps", 50),
        ("guidance_scale", 0),
        ("guidance_scale", 20),
        ("true_cfg_scale", 0),
        ("true_cfg_scale", 20),
        ("num_images", 1),
        ("num_images", 4),
        ("seed", None),
        ("seed", 0),
        ("seed", 2**32 - 1),
        ("output_quality", 1),
        ("output_quality", 100),
        ("checkpoint", "x" * 300),
        ("image_url", "https://hub.example/".ljust(8000, "a")),
        ("loras", []),
        ("loras", [{"name": str(number), "scale": 4.0} for number in range(8)]),
        ("loras", [{"name": "a", "scale": -4.0}]),
        ("scheduler", "DPMSolver++"),
    ],
)
def test_the_last_value_that_is_allowed_is_taken(desk: Desk, field: str, value: Any) -> None:
    answer = desk.send("/jobs", {"prompt": "x"} | {field: value})
    assert (answer.status_code, answer.json()[field]) == (200, value)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_is_told_as_such(desk: Desk, value: float) -> None:
    detail = desk.send("/inference", {"prompt": "x", "guidance_scale": value}).json()["detail"]
    assert detail == f"guidance_scale must be a finite number, {value} is not"


@pytest.mark.parametrize("path", ["/inference", "/jobs"])
def test_priority_and_previews_belong_to_jobs_alone(desk: Desk, path: str) -> None:
    for field, value in (("priority", "urgent"), ("previews", True)):
        answer = desk.send(path, {"prompt": "x", field: value})
        expected = (200, None) if path == "/jobs" else (422, field)
        assert (answer.status_code, answer.json().get("field")) == expected


@pytest.mark.parametrize("name", ["Heun", "DEIS", "DDIM", "Euler", "EulerDiscrete", "HeunDiscreteScheduler"])
def test_a_scheduler_that_cannot_work_is_refused_with_the_reason(desk: Desk, name: str) -> None:
    answer = desk.send("/inference", {"prompt": "x", "scheduler": name})
    assert refused(answer) == (422, "scheduler")
    assert answer.json()["detail"] == (
        f"scheduler must be FlowMatchEuler, UniPC or DPMSolver++; {name} cannot work with flow matching"
    )


def test_an_unknown_scheduler_is_refused_with_the_three_that_there_are(desk: Desk) -> None:
    detail = desk.send("/inference", {"prompt": "x", "scheduler": "magic {0}"}).json()["detail"]
    assert detail == "scheduler must be 'FlowMatchEuler', 'UniPC' or 'DPMSolver++', 'magic {0}' is not"


@pytest.mark.parametrize("kind", FORM_TYPES)
@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("prompt", ""),
        ("prompt", "x" * 200_000),
        ("prompt", "a\x00b"),
        ("width", "wide"),
        ("width", "257"),
        ("width", "256.0"),
        ("width", "1" * 5000),
        ("steps", "0"),
        ("seed", "-1"),
        ("seed", str(2**70)),
        ("guidance_scale", "NaN"),
        ("guidance_scale", "Infinity"),
        ("guidance_scale", "a lot"),
        ("previews", "perhaps"),
        ("previews", "1"),
        ("loras", "neon-city"),
        ("loras", "[" * 100_000),
        ("loras", "{}"),
        ("loras.0.scale", '[{"name": "a", "scale": "1"}]'),
        ("loras.0.scale", '[{"name": "a", "scale": NaN}]'),
        ("priority", "low"),
        ("colour", "red"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_form_is_refused_for_the_same_reasons(desk: Desk, field: str, text: str, kind: str) -> None:
    answer = desk.fill_in("/jobs", {"prompt": "x"} | {field.partition(".")[0]: text}, kind)
    assert refused(answer) == (422, field)
    assert answer.json()["detail"].startswith(field)


@pytest.mark.parametrize(("text", "meant"), [("true", True), ("False", False), (" TRUE ", True)])
def test_a_form_says_true_and_false_as_programs_write_them(desk: Desk, text: str, meant: bool) -> None:
    assert desk.fill_in("/jobs", {"prompt": "x", "previews": text}).json()["previews"] is meant


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ([("image", ("a.png", PICTURE)), ("image", ("b.png", PICTURE))], "image"),
        ([("image", ("a.png", PICTURE)), ("image", (None, UUID))], "image"),
        ([("image", (None, UUID)), ("image", ("a.png", PICTURE))], "image"),
        ([("seed", (None, "1")), ("seed", (None, "2"))], "seed"),
        ([("prompt", (None, "y"))], "prompt"),
        ([("loras", ("loras.json", b"[]"))], "loras"),
        ([("colour", ("a.png", PICTURE))], "colour"),
    ],
)
def test_what_comes_twice_or_as_a_file_by_mistake_is_refused(desk: Desk, parts: list[Any], field: str) -> None:
    assert refused(desk.post("/inference", files=[("prompt", (None, "x")), *parts])) == (422, field)


@pytest.mark.parametrize(
    ("body", "detail"),
    [
        (b"", "body is missing"),
        (b"{", "body is not JSON"),
        (b"not json", "body is not JSON"),
        (b"\xff\xfe\x00", "body is not JSON"),
        (b"[" * 100_000, "body is not JSON"),
        (b'{"seed": ' + b"9" * 5000 + b"}", "body is not JSON"),
        (b"[]", "body must be an object"),
        (b"null", "body must be an object"),
        (b'"prompt"', "body must be an object"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_broken_json_is_told_as_such(desk: Desk, body: bytes, detail: str) -> None:
    answer = desk.post("/inference", content=body, headers={"Content-Type": "application/json"})
    assert refused(answer) == (422, "body")
    assert answer.json()["detail"].startswith(detail)


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        ("multipart/form-data", b"--b\r\n"),
        ("multipart/form-data; boundary=b", b"nothing of a form"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"),
        ("application/x-www-form-urlencoded", "&".join(f"f{n}=1" for n in range(200)).encode()),
    ],
)
def test_a_broken_form_is_told_as_such(desk: Desk, content_type: str, body: bytes) -> None:
    answer = desk.post("/inference", content=body, headers={"Content-Type": content_type})
    assert refused(answer) == (422, "body")
    assert "is not a form" in answer.json()["detail"]


@pytest.mark.parametrize("content_type", [None, "text/plain", "application/xml", "application/json-lines", "nonsense"])
def test_another_content_type_is_refused_with_those_that_are_taken(desk: Desk, content_type: str | None) -> None:
    headers = {} if content_type is None else {"Content-Type": content_type}
    answer = desk.post("/inference", content=b'{"prompt": "x"}', headers=headers)
    assert refused(answer) == (422, "Content-Type")
    assert "application/json" in answer.json()["detail"] and "multipart/form-data" in answer.json()["detail"]


def test_a_content_type_may_say_more_and_say_it_in_capitals(desk: Desk) -> None:
    headers = {"Content-Type": "Application/JSON; charset=utf-8"}
    assert desk.post("/inference", content=b'{"prompt": "x"}', headers=headers).status_code == 200


@pytest.mark.parametrize("content_type", ["application/json", *FORM_TYPES])
def test_more_than_a_request_may_have_is_refused_as_too_large(desk: Desk, content_type: str) -> None:
    async def endless() -> Any:
        yield b'--b\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'
        for _ in range(LARGEST_BODY_BYTES // 1_000_000 + 2):
            yield b"x" * 1_000_000

    headers = {"Content-Type": content_type + ("; boundary=b" if content_type.startswith("multi") else "")}
    answer = desk.post("/inference", content=endless(), headers=headers)
    assert refused(answer)[0] == 413


@pytest.mark.parametrize(
    ("content_type", "half"),
    [(b"application/json", b'{"prom'), (b"multipart/form-data; boundary=b", b"--b\r\nContent-Disp")],
)
def test_a_client_that_goes_in_the_middle_is_no_fault_of_ours(desk: Desk, content_type: bytes, half: bytes) -> None:
    came: list[dict[str, Any]] = [
        {"type": "http.request", "body": half, "more_body": True},
        {"type": "http.disconnect"},
    ]
    told: list[Any] = []

    async def receive() -> dict[str, Any]:
        return came.pop(0)

    async def send(message: Any) -> None:
        told.append(message)

    scope: dict[str, Any] = {
        "type": "http", "method": "POST", "path": "/inference", "query_string": b"", "http_version": "1.1",
        "headers": [(b"content-type", content_type)],
    }  # fmt: skip
    asyncio.run(desk.app(scope, receive, send))
    assert told[0]["status"] == 400


@settings(deadline=None)
@given(
    st.dictionaries(st.sampled_from(sorted(JOB)), st.text(string.printable) | st.integers() | st.floats(), max_size=4)
)
def test_whatever_comes_is_taken_or_refused_and_never_crashes(fields: dict[str, Any]) -> None:
    desk = Desk()
    sent, filled_in = desk.send("/jobs", fields), desk.fill_in("/jobs", as_texts(fields))
    assert {sent.status_code, filled_in.status_code} <= {200, 422}


def test_the_backend_is_asked_for_exactly_what_was_asked() -> None:
    request = JobRequest.model_validate(JOB)
    assert to_generation_request(request, (PICTURE,)) == GenerationRequest(
        prompt=FOX,
        prompt_2="at dawn\n\tin May",
        negative_prompt="fog",
        negative_prompt_2="rain",
        width=512,
        height=256,
        num_inference_steps=4,
        guidance_scale=2.5,
        true_cfg_scale=4.0,
        seed=7,
        num_images=2,
        references=(PICTURE,),
        loras=(Lora("neon-city", -0.5), Lora("soft-light", 1.0)),
        scheduler="UniPC",
        checkpoint="mock",
    )


def test_what_was_asked_is_shown_whole_but_for_pictures_and_secrets() -> None:
    url = "https://me:secret@hub.example/a.png?signature=secret#secret"
    asked = JobRequest.model_validate(JOB | {"image": "data:image/png;base64,AAAA", "image_url": url})
    shown = as_asked(asked)
    assert shown == JOB | {"image": "data:image/png;base64,…", "image_url": "https://hub.example/a.png"}
    assert json.loads(json.dumps(shown)) == shown
    assert as_asked(JobRequest.model_validate(JOB))["image"] == UUID
    assert as_asked(JobRequest(prompt="x"), PICTURE)["image"] == "an uploaded file"
    assert as_asked(JobRequest(prompt="x", image_url="http://[nonsense"))["image_url"] == "no address"


@pytest.mark.parametrize(("path", "model"), [("/inference", InferenceRequest), ("/jobs", JobRequest)])
def test_both_content_types_are_described_with_every_field(
    desk: Desk, path: str, model: type[InferenceRequest]
) -> None:
    call = desk.app.openapi()["paths"][path]["post"]
    content = call["requestBody"]["content"]
    as_json, as_form = (content[kind]["schema"] for kind in ("application/json", "multipart/form-data"))
    assert set(as_json["properties"]) == set(as_form["properties"]) == set(model.model_fields)
    assert as_form["properties"]["image"]["format"] == "binary"
    assert as_json["properties"]["loras"]["items"]["properties"].keys() == {"name", "scale"}
    assert "$ref" not in json.dumps(content)
    assert "422" in call["responses"]
