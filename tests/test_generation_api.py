"""Generation jobs at the edge: what is refused, how a picture is served, what a monitor and a listener get."""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets.sync.client
from PIL import Image
from websockets.exceptions import ConnectionClosed

from app.errors import Unavailable
from app.home import living_in, name_of
from app.settings import Settings
from app.studio import build_studio
from support.pictures import drawn
from support.sockets import ServedStudio
from support.waiting import until

JOBS = "/api/v1/generation-jobs"
SMALL = {"prompt": "a red circle", "width": 64, "height": 96, "steps": 2, "seed": 5}


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[httpx.Client]:
    with served(tmp_path) as client:
        yield client


@contextmanager
def served(home: Path, **settings: Any) -> Iterator[httpx.Client]:
    studio = ServedStudio(build_studio(Settings.exactly(studio_home=home, **settings)))
    try:
        with httpx.Client(base_url=studio.address, trust_env=False) as client:
            yield client
    finally:
        studio.close()


def completed(studio: httpx.Client, **more: Any) -> dict[str, Any]:
    """A job that was asked for, once it is completed."""
    answer = studio.post(JOBS, json=SMALL | more)
    assert answer.status_code == 201, answer.text
    address = answer.headers["Location"]
    until(lambda: studio.get(address).json()["state"] == "completed")
    job: dict[str, Any] = studio.get(address).json()
    assert job["state"] == "completed"
    return job


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", f"{JOBS}/unknown", 404, "not_found"),
        ("DELETE", f"{JOBS}/unknown", 404, "not_found"),
        ("POST", f"{JOBS}/unknown/cancel", 404, "not_found"),
        ("POST", f"{JOBS}/unknown/retry", 404, "not_found"),
        ("GET", f"{JOBS}/unknown/image", 404, "not_found"),
        ("GET", f"{JOBS}?page=0", 422, "invalid_input"),
        ("GET", f"{JOBS}?page_size=101", 422, "invalid_input"),
        ("GET", f"{JOBS}?state=lost", 422, "invalid_input"),
        ("GET", f"{JOBS}?kind=video", 422, "invalid_input"),
        ("PUT", JOBS, 405, "method_not_allowed"),
    ],
)
def test_what_is_not_there_is_told_apart(studio: httpx.Client, method: str, path: str, status: int, code: str) -> None:
    answer = studio.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_statistics_are_not_taken_for_a_job(studio: httpx.Client) -> None:
    completed(studio)
    told = studio.get(f"{JOBS}/stats").json()
    assert (told["completed"], told["pending"], told["failed"]) == (1, 0, 0)
    assert told["median_seconds"] > 0


def test_a_picture_is_served_as_its_own_kind_and_not_sent_twice(studio: httpx.Client) -> None:
    job = completed(studio, output_format="JPEG")
    picture = studio.get(job["pictures"][0]["url"])
    assert (picture.headers["content-type"], len(picture.content)) == ("image/jpeg", job["pictures"][0]["size_bytes"])
    again = studio.get(job["pictures"][0]["url"], headers={"If-None-Match": picture.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


@pytest.mark.parametrize(("size", "sides"), [(32, (21, 32)), (1024, (64, 96)), (16, (11, 16))])
def test_a_thumbnail_keeps_the_shape_and_is_never_larger(
    studio: httpx.Client, size: int, sides: tuple[int, int]
) -> None:
    job = completed(studio)
    answer = studio.get(f"{JOBS}/{job['id']}/image", params={"size": size})
    assert answer.headers["content-type"] == "image/webp"
    with Image.open(io.BytesIO(answer.content)) as image:
        assert image.size == sides
    assert answer.headers["etag"] != studio.get(f"{JOBS}/{job['id']}/image").headers["etag"]


@pytest.mark.parametrize("size", [0, 15, 1025, -1])
def test_a_thumbnail_of_another_size_is_refused(studio: httpx.Client, size: int) -> None:
    answer = studio.get(f"{JOBS}/{completed(studio)['id']}/image", params={"size": size})
    assert (answer.status_code, answer.json()["field"]) == (422, "size")


def test_a_picture_of_a_number_that_there_is_not_is_refused(studio: httpx.Client) -> None:
    job = completed(studio, num_images=2)
    assert [picture["seed"] for picture in job["pictures"]] == [5, 6]
    answer = studio.get(f"{JOBS}/{job['id']}/image", params={"number": 3})
    assert (answer.status_code, answer.json()["field"]) == (404, "number")


def test_the_list_has_pages_and_filters(studio: httpx.Client) -> None:
    made = [completed(studio, seed=seed)["id"] for seed in range(5)]
    first = studio.get(JOBS, params={"page_size": 2}).json()
    last = studio.get(JOBS, params={"page_size": 2, "page": 3}).json()
    assert ([job["id"] for job in first["jobs"]], first["total"]) == ([made[4], made[3]], 5)
    assert [job["id"] for job in last["jobs"]] == [made[0]]
    assert studio.get(JOBS, params={"state": "failed"}).json()["total"] == 0
    assert studio.get(JOBS, params={"kind": "text-to-image"}).json()["total"] == 5
    assert studio.get(JOBS, params={"kind": "edit"}).json()["total"] == 0


def test_monitors_read_what_has_happened(studio: httpx.Client) -> None:
    completed(studio, num_images=3)
    answer = studio.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=")
    told = dict(line.rsplit(" ", 1) for line in answer.text.splitlines() if not line.startswith("#"))
    assert told["proofsheet_pictures_total"] == "3.0"
    assert told["proofsheet_painting_seconds_count"] == "1.0"
    assert float(told["proofsheet_painting_seconds_sum"]) > 0
    assert told["proofsheet_jobs_running"] == "0.0"


def test_listening_to_a_job_that_there_is_not_is_refused_with_the_reason(studio: httpx.Client) -> None:
    address = str(studio.base_url).replace("http", "ws")
    with websockets.sync.client.connect(f"{address}/ws/generation-jobs?id=unknown", proxy=None) as socket:
        with pytest.raises(ConnectionClosed) as closed:
            socket.recv(timeout=5)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, "no generation job" in closed.value.rcvd.reason) == (4404, True)


def test_who_hangs_up_frees_the_place(tmp_path: Path) -> None:
    with served(tmp_path, mock_step_seconds=0.05) as studio:
        with pytest.raises(httpx.ReadTimeout):
            studio.post("/inference", json=SMALL | {"steps": 50}, timeout=0.2)
        until(lambda: studio.get(f"{JOBS}/stats").json()["cancelled"])
        told = studio.get(f"{JOBS}/stats").json()
        assert (told["cancelled"], told["running"], told["pending"]) == (1, 0, 0)
        assert completed(studio, steps=1)["state"] == "completed"


def test_a_studio_that_closes_does_not_keep_those_who_wait(tmp_path: Path) -> None:
    studio = ServedStudio(build_studio(Settings.exactly(studio_home=tmp_path, mock_step_seconds=30)))
    outcome: list[object] = []

    def wait() -> None:
        try:
            outcome.append(httpx.post(f"{studio.address}/inference", json=SMALL, trust_env=False).status_code)
        except httpx.TransportError as error:
            outcome.append(error)

    waiting = threading.Thread(target=wait)
    waiting.start()
    until(lambda: httpx.get(f"{studio.address}{JOBS}/stats", trust_env=False).json()["running"])
    studio.close()
    waiting.join(10)
    assert len(outcome) == 1


def test_two_studios_do_not_live_in_one_home(tmp_path: Path) -> None:
    with living_in(tmp_path), pytest.raises(Unavailable, match="another studio lives in"), living_in(tmp_path):
        pass
    with living_in(tmp_path):
        pass  # the first has gone


def test_a_home_keeps_its_name(tmp_path: Path) -> None:
    first = name_of(tmp_path)
    assert name_of(tmp_path) == first
    (tmp_path / "other").mkdir()
    assert name_of(tmp_path / "other") != first


def test_a_reference_that_had_an_effect_is_told_with_the_job(studio: httpx.Client) -> None:
    job = completed(studio, image=f"data:image/png;base64,{base64.b64encode(drawn('red', 'circle')).decode()}")
    assert (job["kind"], job["applied"]["image"]) == ("edit", "1 reference image")
