"""Replicate's double answers as its documents say, and refuses what they refuse."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest
from PIL import Image

from support.clock import VirtualClock
from support.servers.replicate import FLUX_2_PRO, FLUX_DEV, KONTEXT_PRO, SDXL, TOKEN, Replicate
from support.waiting import until
from tests.stranger_to_replicate import client, ended, order, problem
from tests.studio_of_replicate import double, slow_double


@pytest.fixture
def api() -> Iterator[tuple[Replicate, httpx.Client]]:
    with double() as made, client(made) as line:
        yield made, line


# Who may ask


@pytest.mark.parametrize("token", ["", "r8_somebodyelses"])
def test_without_the_right_token_nothing_is_answered(api: tuple[Replicate, httpx.Client], token: str) -> None:
    made, _ = api
    with client(made, token) as stranger:
        assert problem(order(stranger)) == (401, "Unauthenticated", 401)
    assert made.predictions() == []


def test_the_older_form_of_the_header_is_taken_too(api: tuple[Replicate, httpx.Client]) -> None:
    made, _ = api
    assert httpx.get(f"{made.url}/v1/predictions", headers={"Authorization": f"Token {TOKEN}"}).status_code == 200


# Orders


@pytest.mark.parametrize("model", [FLUX_DEV, KONTEXT_PRO, FLUX_2_PRO, SDXL])
def test_an_order_becomes_a_picture(api: tuple[Replicate, httpx.Client], model: str) -> None:
    _, line = api
    answer = order(line, model)
    assert answer.status_code == 201
    prediction = ended(line, answer.json())
    assert (prediction["status"], prediction["error"], prediction["data_removed"]) == ("succeeded", None, False)
    output = prediction["output"]
    address = output[0] if isinstance(output, list) else output
    file = httpx.get(address, trust_env=False)
    assert file.headers["content-type"].startswith("image/")
    with Image.open(io.BytesIO(file.content)) as image:
        image.load()


def test_what_is_not_waited_for_is_answered_at_once_as_starting() -> None:
    with slow_double() as (made, clock), client(made) as line:
        answer = order(line)
        assert answer.json()["status"] in ("starting", "processing")
        assert answer.headers["location"] == answer.json()["urls"]["get"]
        assert answer.json()["output"] is None
        assert "completed_at" not in answer.json()
        assert until(lambda: clock.sleepers)


def test_what_is_waited_for_is_answered_with_its_end() -> None:
    with double(), Replicate() as made, client(made) as line:
        assert order(line, headers={"Prefer": "wait=5"}).json()["status"] == "succeeded"


def test_what_is_waited_for_in_vain_is_answered_as_it_is() -> None:
    with slow_double() as (made, _), client(made) as line:
        assert order(line, headers={"Prefer": "wait"}).json()["status"] in ("starting", "processing")


@pytest.mark.parametrize(
    ("inputs", "field"),
    [
        ({"num_inference_steps": 51}, "input.num_inference_steps"),
        ({"num_inference_steps": 0}, "input.num_inference_steps"),
        ({"num_inference_steps": 2.5}, "input.num_inference_steps"),
        ({"num_inference_steps": True}, "input.num_inference_steps"),
        ({"aspect_ratio": "7:5"}, "input.aspect_ratio"),
        ({"prompt": 5}, "input.prompt"),
        ({"image": "my-picture.png"}, "input.image"),
    ],
)
def test_inputs_that_the_schema_does_not_take_are_refused(
    api: tuple[Replicate, httpx.Client], inputs: dict[str, Any], field: str
) -> None:
    made, line = api
    answer = order(line, input=inputs)
    assert problem(answer) == (422, "Input validation failed", 422)
    assert [one["field"] for one in answer.json()["invalid_fields"]] == [field]
    assert field in answer.json()["detail"]
    assert made.predictions() == []


def test_a_prompt_is_needed(api: tuple[Replicate, httpx.Client]) -> None:
    _, line = api
    answer = line.post("/v1/predictions", json={"version": FLUX_DEV, "input": {}})
    assert answer.json()["detail"] == "- input: prompt is required\n"


@pytest.mark.parametrize("version", ["nobody/nothing", SDXL.partition(":")[0], f"{FLUX_DEV}:{'0' * 64}"])
def test_what_is_no_model_or_needs_its_version_is_refused(api: tuple[Replicate, httpx.Client], version: str) -> None:
    _, line = api
    assert problem(order(line, version)) == (422, "Invalid version or not permitted", 422)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"input": {}}'])
def test_what_is_no_order_is_refused(api: tuple[Replicate, httpx.Client], body: bytes) -> None:
    made, line = api
    assert problem(line.post("/v1/predictions", content=body))[0] == 422
    assert made.predictions() == []


def test_the_same_seed_gives_the_same_bytes_and_another_others(api: tuple[Replicate, httpx.Client]) -> None:
    made, line = api
    for seed in (7, 7, 8):
        ended(line, order(line, input={"seed": seed}).json())
    first, again, other = (one.file for one in made.predictions())
    assert first == again
    assert first != other


# Their course


def test_states_and_logs_follow_the_clock() -> None:
    with slow_double() as (made, clock), client(made) as line:
        made.starts_slowly(60)
        prediction = order(line, input={"num_inference_steps": 2}).json()
        address = prediction["urls"]["get"]
        assert until(lambda: clock.sleepers)
        assert line.get(address).json()["status"] == "starting"
        clock.advance(timedelta(seconds=60))
        assert until(lambda: line.get(address).json()["status"] == "processing")
        assert until(lambda: clock.sleepers)
        clock.advance(timedelta(seconds=10))
        assert until(lambda: "| 1/2 [" in line.get(address).json()["logs"])
        assert until(lambda: clock.sleepers)
        clock.advance(timedelta(seconds=10))
        body = ended(line, prediction)
        assert body["status"] == "succeeded"
        assert body["metrics"]["predict_time"] == 20


def test_a_cancelled_one_stays_cancelled_and_gives_nothing() -> None:
    with slow_double() as (made, clock), client(made) as line:
        prediction = order(line).json()
        assert line.post(prediction["urls"]["cancel"]).json()["status"] == "canceled"
        assert until(lambda: not clock.sleepers)
        assert ended(line, prediction)["output"] is None


def test_one_that_has_ended_cannot_be_cancelled(api: tuple[Replicate, httpx.Client]) -> None:
    _, line = api
    prediction = ended(line, order(line).json())
    assert line.post(prediction["urls"]["cancel"]).json()["status"] == "succeeded"


def test_after_an_hour_input_output_and_file_are_gone() -> None:
    clock = VirtualClock()
    with double(clock=clock) as made, client(made) as line:
        prediction = ended(line, order(line).json())
        file = prediction["output"][0]
        clock.advance(timedelta(minutes=59))
        assert httpx.get(file, trust_env=False).status_code == 200
        clock.advance(timedelta(minutes=1))
        assert httpx.get(file, trust_env=False).status_code == 404
        later = line.get(prediction["urls"]["get"]).json()
        assert (later["data_removed"], later["input"], later["output"]) == (True, {}, None)


# The list


def test_the_list_comes_in_pages_of_a_hundred_the_newest_first() -> None:
    with slow_double() as (made, _), client(made) as line:
        for seed in range(101):
            order(line, input={"seed": seed})
        first = line.get("/v1/predictions").json()
        second = line.get(first["next"]).json()
        seeds = [one["input"]["seed"] for page in (first, second) for one in page["results"]]
        assert seeds == list(reversed(range(101)))
        assert (len(first["results"]), second["next"]) == (100, None)


def test_the_list_begins_where_it_is_asked_to() -> None:
    clock = VirtualClock()
    with double(clock=clock) as made, client(made) as line:
        order(line)
        clock.advance(timedelta(minutes=1))
        order(line, input={"seed": 8})
        since = clock.now().isoformat()
        found = line.get("/v1/predictions", params={"created_after": since}).json()["results"]
        assert [one["input"]["seed"] for one in found] == [8]


# Models and files


def test_a_model_tells_what_it_takes(api: tuple[Replicate, httpx.Client]) -> None:
    _, line = api
    body = line.get(f"/v1/models/{FLUX_DEV}").json()
    schemas = body["latest_version"]["openapi_schema"]["components"]["schemas"]
    assert schemas["Input"]["required"] == ["prompt"]
    assert schemas["Input"]["properties"]["aspect_ratio"]["allOf"] == [{"$ref": "#/components/schemas/aspect_ratio"}]
    assert "1:1" in schemas["aspect_ratio"]["enum"]


@pytest.mark.parametrize("path", ["/v1/models/nobody/nothing", "/v1/predictions/none", "/v1/nothing"])
def test_what_is_not_there_is_answered_404(api: tuple[Replicate, httpx.Client], path: str) -> None:
    _, line = api
    assert problem(line.get(path))[0] == 404


def test_a_file_that_was_uploaded_is_a_reference(api: tuple[Replicate, httpx.Client]) -> None:
    made, line = api
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(buffer, "PNG")
    kept = line.post("/v1/files", files={"content": ("a.png", buffer.getvalue(), "image/png")}).json()
    assert kept["size"] == len(buffer.getvalue())
    ended(line, order(line, input={"image": kept["urls"]["get"]}).json())
    ended(line, order(line).json())
    with_it, without = (one.file for one in made.predictions())
    assert with_it != without
