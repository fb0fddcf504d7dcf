"""The assets of jobs over HTTP, in a studio with all that belongs to it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.settings import Settings
from app.studio import build_studio
from tests.s3 import bucket, skip_unless_available

__all__ = ["bucket"]

JOB = "/api/mv/jobs/film-7"
UNKNOWN = "0f6a1a1e-9d6b-4a53-8f4e-0d6b2f6f1a09"


class Studio:
    """A studio that is asked in-process."""

    def __init__(self, home: Path, **settings: Any) -> None:
        self.home = home
        self._app = build_studio(Settings.exactly(studio_home=home, **settings))
        self._loop = asyncio.Runner()
        transport = httpx.ASGITransport(self._app, raise_app_exceptions=False)
        self._client = httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1")
        self._life = self._app.router.lifespan_context(self._app)
        self._loop.run(self._life.__aenter__())

    def ask(self, method: str, path: str, status: int = 200, **more: Any) -> Any:
        answer = self._loop.run(self._client.request(method, path, **more))
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def close(self) -> None:
        self._loop.run(self._client.aclose())
        self._loop.run(self._life.__aexit__(None, None, None))
        self._loop.close()

    def write(self, path: str, data: bytes) -> None:
        place = self.home / "jobs" / "film-7" / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)

    def pictures(self, count: int = 2) -> list[str]:
        made = self.ask(
            "POST",
            "/api/mv/generate_character_reference",
            json={"character_description": "a cat", "num_images": count, "include_base64": False},
        )
        return [image["id"] for image in made["images"]]


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[Studio]:
    studio = Studio(tmp_path / "home")
    yield studio
    studio.close()


def test_a_job_from_its_first_picture_to_its_cleanup(studio: Studio) -> None:
    one, two = studio.pictures()
    given = studio.ask("POST", f"{JOB}/character_references", json={"image_ids": [one, UNKNOWN, two]})
    assert given == {
        "associated": [f"/api/mv/get_character_reference/{one}", f"/api/mv/get_character_reference/{two}"],
        "missing": [UNKNOWN],
    }
    refused = studio.ask("DELETE", f"/api/mv/character_references/{one}", 409)
    assert "film-7" in refused["detail"]["message"]
    studio.write("final/video.mp4", b"the film")
    studio.write("metadata.json", b'{"title": "Cats"}')
    studio.write("scenes/.hidden", b"h")
    stored = studio.ask("POST", f"{JOB}/persist")
    assert stored == {
        "job_id": "film-7",
        "stored": ["final/video.mp4", "metadata.json"],
        "unchanged": 2,
        "left_out": [{"path": "scenes/.hidden", "why": "it is hidden"}],
        "version": None,
    }
    told = studio.ask("GET", f"{JOB}/assets")
    assert (told["total"], told["metadata"]) == (3, {"title": "Cats"})
    assert told["assets"][2] | {"sha256": ""} == {
        "path": "final/video.mp4",
        "key": "videos/film-7/final/video.mp4",
        "size_bytes": 8,
        "sha256": "",
        "content_type": "video/mp4",
        "url": None,
    }
    assert studio.ask("POST", f"{JOB}/backup")["created"]
    studio.write("final/video.mp4", b"another")
    assert studio.ask("POST", f"{JOB}/persist")["version"] is None
    assert [one["version"] for one in studio.ask("GET", f"{JOB}/versions")["versions"]] == [1]
    back = studio.ask("POST", f"{JOB}/versions/1/restore")
    assert (back["version"], back["kept_as"], back["restored"]["restored"]) == (1, 2, ["final/video.mp4"])
    assert studio.ask("POST", f"{JOB}/restore")["restored"] == []
    gone = studio.ask("DELETE", f"{JOB}/assets")
    assert gone["removed"] == sorted(f"character_reference/{image}.png" for image in (one, two))
    studio.ask("DELETE", f"/api/mv/character_references/{one}", 204)


@pytest.mark.parametrize(
    ("method", "path", "status", "told"),
    [
        ("POST", "/api/mv/jobs/a%20b/persist", 400, ("ValidationError", "invalid_input")),
        ("POST", "/api/mv/jobs/.../restore", 400, ("ValidationError", "invalid_input")),
        ("GET", f"/api/mv/jobs/{'a' * 65}/assets", 400, ("ValidationError", "invalid_input")),
        ("GET", "/api/mv/jobs/%EF%BC%91/versions", 400, ("ValidationError", "invalid_input")),
        ("DELETE", "/api/mv/jobs/a%00/assets", 400, ("ValidationError", "invalid_input")),
        ("POST", f"{JOB}/persist", 404, ("NotFound", "job_folder_empty")),
        ("POST", f"{JOB}/restore", 404, ("NotFound", "job_not_stored")),
        ("POST", f"{JOB}/backup", 404, ("NotFound", "job_not_stored")),
        ("GET", f"{JOB}/assets", 404, ("NotFound", "job_not_stored")),
        ("GET", f"{JOB}/versions", 404, ("NotFound", "job_not_stored")),
        ("DELETE", f"{JOB}/assets", 404, ("NotFound", "job_not_stored")),
        ("POST", f"{JOB}/versions/1/restore", 404, ("NotFound", "job_not_stored")),
        ("POST", f"{JOB}/versions/0/restore", 422, ("ValidationError", "invalid_input")),
        ("POST", f"{JOB}/versions/v1/restore", 422, ("ValidationError", "invalid_input")),
    ],
)
def test_refusals_have_the_published_form(
    studio: Studio, method: str, path: str, status: int, told: tuple[str, str]
) -> None:
    refused = studio.ask(method, path, status)
    assert (refused["detail"]["error"], refused["code"]) == told


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"image_ids": ["../../etc/passwd"]}, 400),
        ({"image_ids": [UNKNOWN.upper()]}, 400),
        ({"image_ids": []}, 422),
        ({"image_ids": [UNKNOWN] * 101}, 422),
        ({"image_ids": [7]}, 422),
        ({"image_ids": "x"}, 422),
        ({"image_ids": [UNKNOWN], "more": 1}, 422),
        ({"image_ids": ["a\0"]}, 422),
        ({}, 422),
    ],
)
def test_ids_that_are_none_are_refused_and_nothing_is_stored(studio: Studio, body: object, status: int) -> None:
    told = studio.ask("POST", f"{JOB}/character_references", status, json=body)
    assert told["detail"]["error"] == "ValidationError"
    assert not (studio.home / "jobs").exists()


def test_a_malformed_id_among_good_ones_associates_none(studio: Studio) -> None:
    [one] = studio.pictures(1)
    studio.ask("POST", f"{JOB}/character_references", 400, json={"image_ids": [one, "x"]})
    assert not (studio.home / "jobs").exists()
    studio.ask("DELETE", f"/api/mv/character_references/{one}", 204)


def test_links_are_told_only_while_cloud_serving_is_on(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    skip_unless_available()
    settings = request.getfixturevalue("bucket").settings
    studio = Studio(tmp_path / "one", serve_from_cloud=True, **settings)
    [one] = studio.pictures(1)
    [url] = studio.ask("POST", f"{JOB}/character_references", json={"image_ids": [one]})["associated"]
    stored = httpx.get(url, trust_env=False)
    assert (stored.status_code, stored.headers["content-type"]) == (200, "image/png")
    [told] = studio.ask("GET", f"{JOB}/assets")["assets"]
    assert "X-Amz-Signature" in told["url"]
    studio.close()
    other = Studio(tmp_path / "two", **settings)
    assert other.ask("POST", f"{JOB}/restore")["restored"] == [f"character_reference/{one}.png"]
    assert [one["url"] for one in other.ask("GET", f"{JOB}/assets")["assets"]] == [None]
    # The other machine has heard of the picture now, and that the job uses it.
    assert "film-7" in other.ask("DELETE", f"/api/mv/character_references/{one}", 409)["detail"]["message"]
    other.close()


def test_a_store_that_may_only_be_read_is_told_and_changes_nothing(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    skip_unless_available()
    bucket = request.getfixturevalue("bucket")
    studio = Studio(tmp_path / "one", **bucket.read_only().settings)
    studio.write("scenes/1.png", b"1")
    told = studio.ask("POST", f"{JOB}/persist", 503)
    assert (told["detail"]["error"], told["code"]) == ("StorageError", "storage_refused")
    studio.close()
    writer = Studio(tmp_path / "two", **bucket.settings)
    writer.write("scenes/1.png", b"1")
    writer.ask("POST", f"{JOB}/persist")
    writer.close()
    reader = Studio(tmp_path / "three", **bucket.read_only().settings)
    assert reader.ask("POST", f"{JOB}/restore")["restored"] == ["scenes/1.png"]
    reader.close()


def test_two_that_ask_together_never_mix(studio: Studio) -> None:
    ids = studio.pictures(2)
    service = studio._app.state.job_assets
    folder = service.folder_of("film-7")

    def give(image_id: str) -> object:
        try:
            return service.associate_character_images_with_job("film-7", [image_id], folder)
        except Exception as error:
            return getattr(error, "code", error)

    with ThreadPoolExecutor(8) as threads:
        told = list(threads.map(give, ids * 8))
    assert {one for one in told if isinstance(one, str)} <= {"job_busy"}
    studio.ask("POST", f"{JOB}/character_references", json={"image_ids": ids})
    assert studio.ask("GET", f"{JOB}/assets")["total"] == 2
