"""Characters in generation: their references reach the backend, their jobs keep them, their portraits come from it."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from app.characters.port import Sitting
from app.errors import InvalidInput, NotConfigured, NotFound, ProviderFailed, Unavailable
from app.generation.album import Output, with_settings
from app.generation.faults import BackendDown, BackendFailed, OutOfMemory
from app.generation.inputs import InferenceRequest
from app.generation.mock import MockBackend
from app.generation.port import Attempt, GenerationRequest, Lora, NotApplied, Painting, Picture, Watch
from app.generation.portraits import Portraits
from app.generation.references import References
from app.generation.service import Order
from app.recipes import a1111
from app.settings import Settings
from app.studio import build_studio
from support import pictures
from support.clock import VirtualClock
from support.in_process import InProcessStudio
from support.waiting import until
from tests.desk import Desk
from tests.easel import Eye
from tests.painters import Painter

FIRST, SECOND, UNKNOWN = (f"6f1c2c1e-0000-4000-8000-00000000000{number}" for number in range(3))
RED = pictures.drawn("red", "circle", size=(256, 256))
BLUE = pictures.drawn("blue", "square", size=(256, 256))
STORED = {FIRST: RED, SECOND: BLUE}
SITTING = Sitting("a captain", "", 64, 64, 3, 7, "png")


def stored(image_id: str) -> bytes:
    if image_id not in STORED:
        raise NotFound(image_id)
    return STORED[image_id]


def references_of(uploaded: bytes | None = None, **asked: Any) -> tuple[bytes, ...]:
    def fetch(url: str) -> bytes:
        return BLUE

    request = InferenceRequest.model_validate({"prompt": "x", **asked})
    return References(fetch=fetch, character=stored).of(request, uploaded)


# What is asked for


def test_characters_come_in_the_order_in_which_they_were_named() -> None:
    assert references_of(character_references=[SECOND, FIRST]) == (BLUE, RED)


def test_characters_come_behind_the_requests_own_picture() -> None:
    assert references_of(RED, character_references=[SECOND]) == (RED, BLUE)
    assert references_of(image=FIRST, character_references=[SECOND]) == (RED, BLUE)
    assert references_of(image_url="https://hub.example/a.png", character_references=[FIRST]) == (BLUE, RED)


def test_an_id_in_capitals_is_the_same() -> None:
    assert references_of(character_references=[FIRST.upper()]) == (RED,)


def test_a_character_that_there_is_none_of_is_refused_by_its_field() -> None:
    with pytest.raises(InvalidInput, match=UNKNOWN) as refused:
        references_of(character_references=[FIRST, UNKNOWN])
    assert refused.value.field == "character_references"


@pytest.mark.parametrize("second", [FIRST, FIRST.upper()])
def test_a_character_that_is_named_twice_is_refused(second: str) -> None:
    with pytest.raises(InvalidInput, match="twice"):
        references_of(character_references=[FIRST, second])


@pytest.mark.parametrize(
    "given", [["../../etc/passwd"], ["6f1c2c1e"], [FIRST + "0"], [5], [None], FIRST, [FIRST] * 5, [FIRST + "\n"]]
)
def test_what_names_no_characters_is_refused(given: object) -> None:
    with pytest.raises(ValueError, match="character_references"):
        InferenceRequest.model_validate({"prompt": "x", "character_references": given})


# What the backend makes of it


@contextmanager
def studio(folder: Path) -> Iterator[httpx.Client]:
    running = InProcessStudio(
        build_studio(Settings.exactly(studio_home=folder), clock=VirtualClock()), lambda cause: None
    )
    try:
        with httpx.Client(transport=running.transport(), base_url=running.address, timeout=30) as client:
            yield client
    finally:
        running.close()


def made(client: httpx.Client, count: int) -> list[str]:
    asked = {"character_description": "a captain with a red circle", "num_images": count, "include_base64": False}
    answer = client.post("/api/mv/generate_character_reference", json=asked)
    return [image["id"] for image in answer.json()["images"]]


def test_two_characters_stand_side_by_side_in_the_mocks_picture() -> None:
    backend = MockBackend(clock=VirtualClock(), step_seconds=0, memory_pixels=10**9)
    request = GenerationRequest("together", width=512, height=256, num_inference_steps=1, references=(RED, BLUE))
    image = backend.generate(request, Attempt("a"), Eye()).pictures[0].image
    halves = [image.crop((0, 0, 256, 256)), image.crop((256, 0, 512, 256))]
    assert [pictures.main_colour(png(half)) for half in halves] == ["red", "blue"]


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def test_a_backend_that_takes_one_reference_refuses_two(tmp_path: Path) -> None:
    with Desk(tmp_path).generation(Painter()) as generation:
        request = GenerationRequest("x", width=64, height=64, references=(RED, BLUE))
        with pytest.raises(InvalidInput, match="takes one reference image, 2 are given"):
            generation.create(Order(request=request, seeded=True))


def test_the_pictures_own_settings_name_the_characters(tmp_path: Path) -> None:
    with studio(tmp_path) as client:
        ids = made(client, 2)
        asked = {"prompt": "at sea", "width": 64, "height": 64, "steps": 1, "character_references": ids}
        body = client.post("/inference", json=asked).json()
        assert body["applied"]["image"] == "2 reference images"
        job = client.get(f"/api/v1/generation-jobs/{body['job_id']}").json()
        assert (job["request"]["character_references"], job["kind"]) == (ids, "edit")
        with Image.open(io.BytesIO(client.get(f"/api/v1/generation-jobs/{job['id']}/image").content)) as image:
            assert f"Character references: {' '.join(ids)}" in image.info["parameters"]


def test_settings_that_had_no_effect_are_not_written_and_the_others_are_read_again() -> None:
    idle = ("steps", "guidance_scale", "scheduler", "negative_prompt", "true_cfg_scale", "loras")
    request = GenerationRequest(
        "a captain", negative_prompt="fog", true_cfg_scale=4.0, seed=7, width=8, height=8, loras=(Lora("ink"),)
    )
    picture = Picture(Image.new("RGB", (8, 8)), 7)
    painting = Painting((picture,), "flux", (), tuple(NotApplied(name, "so it is") for name in idle))
    file = with_settings(request, painting, picture, Output(), (FIRST, SECOND))
    with Image.open(io.BytesIO(file)) as image:
        read = a1111.read(image.info["parameters"])
    assert read.confidence == 1
    assert read.settings.said() == {"prompt": "a captain", "seed": 7, "width": 8, "height": 8, "checkpoint": "flux"}


# Jobs keep their characters


def test_a_job_that_waits_or_is_painted_uses_its_characters_and_no_others(tmp_path: Path) -> None:
    go_on = threading.Event()

    def wait(request: GenerationRequest, attempt: Attempt, watch: Watch) -> None:
        go_on.wait(10)

    with Desk(tmp_path).generation(Painter(wait)) as generation:
        jobs = []
        for asked in ({"character_references": [FIRST]}, {"image": SECOND.upper()}, {}):
            request = GenerationRequest("x", width=64, height=64)
            jobs.append(generation.create(Order(request=request, seeded=True, asked=asked))[0].id)
        assert until(lambda: generation.stats().counts["running"] == 1)
        assert generation.jobs_using(FIRST) == jobs[:1]
        assert generation.jobs_using(SECOND) == jobs[1:2]
        assert generation.jobs_using(UNKNOWN) == []
        go_on.set()
        assert until(lambda: generation.stats().counts["completed"] == 3)
        assert generation.jobs_using(FIRST) == []


def test_a_character_that_a_job_uses_is_not_deleted_and_the_job_is_named(tmp_path: Path) -> None:
    clock = VirtualClock()
    settings = Settings.exactly(studio_home=tmp_path, mock_step_seconds=10)
    running = InProcessStudio(build_studio(settings, clock=clock), lambda cause: None)
    with httpx.Client(transport=running.transport(), base_url=running.address, timeout=30) as client:
        taken = client.post("/api/mv/upload_character_reference", files={"file": ("a.png", RED, "image/png")}).json()
        asked = {"prompt": "at sea", "width": 64, "height": 64, "character_references": [taken["image_id"]]}
        job = client.post("/api/v1/generation-jobs", json=asked).json()["id"]
        address = f"/api/mv/character_references/{taken['image_id']}"
        refused = client.delete(address)
        assert (refused.status_code, refused.json()["detail"]["details"]["jobs"]) == (409, [job])
        client.post(f"/api/v1/generation-jobs/{job}/cancel")
        assert client.delete(address).status_code == 204
    running.close()


# Portraits


class Half(Painter):
    """Paints every other picture."""

    def generate(self, request: GenerationRequest, attempt: Attempt, watch: Watch) -> Painting:
        painting = super().generate(request, attempt, watch)
        missing = tuple(f"picture {number} was not painted: NSFW" for number in range(2, request.num_images + 1, 2))
        return Painting(painting.pictures[::2], painting.checkpoint, (*missing, "painted at 8×8"), ())


def test_of_a_sitting_that_failed_in_part_the_rest_is_kept_and_counted(tmp_path: Path) -> None:
    with Desk(tmp_path).generation(Half()) as generation:
        painted = Portraits(generation).paint(SITTING)
    assert [one.seed for one in painted.portraits] == [7, 9]
    assert painted.failures == ["picture 2 was not painted: NSFW"]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (BackendFailed("NSFW content"), ProviderFailed),
        (NotConfigured("REPLICATE_API_TOKEN is not set"), NotConfigured),
        (OutOfMemory("too large"), Unavailable),
        (BackendDown("it restarts", wait_seconds=0), Unavailable),
    ],
)
def test_a_sitting_that_failed_is_told_by_whose_fault_it_was(
    tmp_path: Path, fault: Exception, told: type[Exception]
) -> None:
    def fail(request: GenerationRequest, attempt: Attempt, watch: Watch) -> None:
        raise fault

    with Desk(tmp_path).generation(Painter(fail)) as generation, pytest.raises(Exception, match=str(fault)) as raised:
        Portraits(generation).paint(SITTING)
    assert getattr(raised.value, "status", None) == told.status  # type: ignore[attr-defined]
    if told in (ProviderFailed, NotConfigured):
        assert isinstance(raised.value, told)
