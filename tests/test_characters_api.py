"""Characters over HTTP: the published fields, whole pictures and parts of them, and refusals in the published form."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from tests.character_desk import picture
from tests.character_studio import API, GENERATE, GET, LIST, UPLOAD, CharacterStudio

UNKNOWN = "6f1c2c1e-0000-4000-8000-000000000000"


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[CharacterStudio]:
    studio = CharacterStudio(tmp_path / "home")
    yield studio
    studio.close()


def test_a_set_is_answered_in_the_published_fields(studio: CharacterStudio) -> None:
    answer = studio.generate(seed=7, negative_prompt="a hat", safety_filter_level="block_only_high")
    assert set(answer) == {"images", "metadata"}
    assert [set(image) for image in answer["images"]] == [{"id", "path", "base64", "cloud_url"}] * 4
    for image in answer["images"]:
        assert (image["path"], image["cloud_url"]) == (f"{GET}/{image['id']}", None)
        assert studio.client.get(image["path"]).content == base64.b64decode(image["base64"])
    metadata = answer["metadata"]
    assert set(metadata) == {
        "character_description", "model_used", "num_images_requested", "num_images_generated", "parameters_used",
        "not_applied", "generation_timestamp",
    }  # fmt: skip
    assert (metadata["num_images_requested"], metadata["num_images_generated"]) == (4, 4)
    assert metadata["parameters_used"]["seed"] == 7
    assert [one["name"] for one in metadata["not_applied"]] == ["safety_filter_level"]
    assert datetime.fromisoformat(metadata["generation_timestamp"]) == studio.clock.now()


def test_base64_is_no_member_where_it_is_not_wanted(studio: CharacterStudio) -> None:
    answer = studio.generate(include_base64=False, num_images=1)
    assert [set(image) for image in answer["images"]] == [{"id", "path", "cloud_url"}]


@pytest.mark.parametrize("count", [0, 5, -1, 2.5, 2.0, "abc", "2", True, None, [1], {}])
def test_a_count_that_cannot_be_is_refused_and_nothing_is_painted(studio: CharacterStudio, count: Any) -> None:
    answer = studio.client.post(GENERATE, json={"character_description": "a captain", "num_images": count})
    assert studio.refused(answer) == (422, "ValidationError", "invalid_input")
    assert answer.json()["detail"]["details"]["field"] == "num_images"
    assert (studio.files, studio.client.get("/api/v1/generation-jobs").json()["total"]) == ([], 0)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"character_description": " \n\t"}, 400, "character_description"),
        ({}, 422, "character_description"),
        ({"character_description": None}, 422, "character_description"),
        ({"character_description": "x" * 2001}, 422, "character_description"),
        ({"character_description": "a\0b"}, 422, "character_description"),
        ({"character_description": "x", "seed": -1}, 422, "seed"),
        ({"character_description": "x", "seed": 2**32}, 422, "seed"),
        ({"character_description": "x", "aspect_ratio": "2:1"}, 422, "aspect_ratio"),
        ({"character_description": "x", "output_format": "gif"}, 422, "output_format"),
        ({"character_description": "x", "more": 1}, 422, "more"),
        ([], 422, "body"),
    ],
)
def test_what_cannot_be_accepted_is_told_by_its_field(
    studio: CharacterStudio, body: Any, status: int, field: str
) -> None:
    answer = studio.client.post(GENERATE, json=body)
    assert studio.refused(answer)[:2] == (status, "ValidationError")
    assert answer.json()["detail"]["details"]["field"] == field


def test_what_is_not_json_is_refused_in_the_published_form(studio: CharacterStudio) -> None:
    for content in (b"{", b"\xff\xfe", b"", b'{"character_description": "\\ud800"}'):
        answer = studio.client.post(GENERATE, content=content, headers={"content-type": "application/json"})
        assert studio.refused(answer)[1] == "ValidationError"


def test_a_picture_is_whole_in_part_or_not_sent_again(studio: CharacterStudio) -> None:
    image_id = studio.one()
    whole = studio.get(image_id)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "image/png")
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert (whole.headers["accept-ranges"], int(whole.headers["content-length"])) == ("bytes", len(whole.content))
    size, etag = len(whole.content), whole.headers["etag"]
    for asked, first, last in (
        (f"0-{size}", 0, size - 1),
        ("5-9", 5, 9),
        ("-4", size - 4, size - 1),
        ("9-", 9, size - 1),
    ):
        part = studio.get(image_id, Range=f"bytes={asked}")
        assert (part.status_code, part.content) == (206, whole.content[first : last + 1])
        assert part.headers["content-range"] == f"bytes {first}-{last}/{size}"
    for odd in ("bytes=9-5", "bytes=0-1,4-5", "words=1-2", "bytes=-", "bytes=" + "1" * 30 + "-"):
        assert studio.get(image_id, Range=odd).content == whole.content
    beyond = studio.get(image_id, Range=f"bytes={size}-")
    assert studio.refused(beyond) == (416, "ValidationError", "range_not_satisfiable")
    assert beyond.headers["content-range"] == f"bytes */{size}"
    for held in (etag, f"W/{etag}", f'"other", {etag}', "*"):
        again = studio.get(image_id, If_None_Match=held)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag)
    assert studio.get(image_id, If_None_Match='"other"').status_code == 200
    assert studio.get(image_id, Range="bytes=0-1", If_Range='"other"').status_code == 200


def test_head_tells_what_get_would_send(studio: CharacterStudio) -> None:
    image_id = studio.one()
    got = studio.get(image_id)
    head = studio.client.head(f"{GET}/{image_id}")
    assert (head.status_code, head.content) == (200, b"")
    assert {**head.headers} == {**got.headers}
    studio.files[0].unlink()
    for missing in (image_id, UNKNOWN, "nonsense"):
        assert studio.client.head(f"{GET}/{missing}").status_code == studio.get(missing).status_code >= 400


def test_a_large_picture_comes_in_pieces_and_whole(studio: CharacterStudio, tmp_path: Path) -> None:
    with Image.effect_noise((1200, 1200), 90) as noise:
        buffer = io.BytesIO()
        noise.convert("RGB").save(buffer, "PNG")
    data = buffer.getvalue()
    assert len(data) > 1_000_000
    image_id = studio.upload(data).json()["image_id"]
    assert studio.get(image_id).content == data
    assert studio.get(image_id, Range="bytes=300000-900000").content == data[300_000:900_001]


@pytest.mark.parametrize("query", ["?redirect=true", "?proxy=true", "?redirect=true&proxy=true", "?redirect=false"])
def test_without_cloud_serving_the_picture_itself_is_answered_however_it_is_asked_for(
    studio: CharacterStudio, query: str
) -> None:
    image_id = studio.one()
    assert studio.get(image_id, query).content == studio.get(image_id).content


@pytest.mark.parametrize("query", ["?redirect=perhaps", "?proxy=2", "?proxy="])
def test_a_choice_that_is_none_is_refused(studio: CharacterStudio, query: str) -> None:
    assert studio.refused(studio.get(studio.one(), query))[0] == 422


@pytest.mark.parametrize(
    "image_id",
    ["x", "..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd", "..%5c..%5cwindows", UNKNOWN.upper(), f"{UNKNOWN}%00",
     f"{UNKNOWN}%0a", f"{UNKNOWN}/", f"{UNKNOWN}.png", UNKNOWN.replace("0", "%D9%A0"), "%ff%fe", "a" * 10_000, "%25",
     "%3Cscript%3E", f"character_references/{UNKNOWN}"],
)  # fmt: skip
@pytest.mark.parametrize("method", ["GET", "DELETE", "PATCH"])
def test_an_id_that_is_none_is_told_so(studio: CharacterStudio, image_id: str, method: str) -> None:
    base, body = (GET, None) if method == "GET" else (LIST, {"label": "x"} if method == "PATCH" else None)
    answer = studio.client.request(method, f"{base}/{image_id}", json=body)
    assert studio.refused(answer) == (400, "ValidationError", "invalid_input")
    assert len(answer.text) < 1000


def test_an_id_that_nobody_has_is_told_in_the_published_words(studio: CharacterStudio) -> None:
    calls = [
        studio.get(UNKNOWN),
        studio.client.get(f"{LIST}/{UNKNOWN}/thumbnail"),
        studio.client.patch(f"{LIST}/{UNKNOWN}", json={"label": "x"}),
        studio.client.delete(f"{LIST}/{UNKNOWN}"),
    ]
    for answer in calls:
        assert studio.refused(answer) == (404, "NotFound", "not_found")
        assert answer.json()["detail"]["message"] == f"Character reference image with ID {UNKNOWN} not found"


def test_the_list_is_in_pages_the_newest_first(studio: CharacterStudio) -> None:
    made = [image["id"] for image in studio.generate(include_base64=False, seed=3)["images"]]
    listed = studio.client.get(f"{LIST}?page=2&page_size=3").json()
    assert {key: listed[key] for key in ("total", "page", "page_size")} == {"total": 4, "page": 2, "page_size": 3}
    [item] = listed["items"]
    assert (item["id"], item["seed"], item["origin"], item["label"]) == (made[3], 6, "generated", None)
    assert (item["width"], item["height"], item["character_description"]) == (512, 512, "a captain")
    assert studio.client.get(item["image_url"]).headers["content-length"] == str(item["size_bytes"])
    with Image.open(io.BytesIO(studio.client.get(item["thumbnail_url"]).content)) as small:
        assert (small.format, small.size) == ("WEBP", (256, 256))
    for query in ("page=0", "page_size=0", "page_size=101", "page=x"):
        assert studio.refused(studio.client.get(f"{LIST}?{query}"))[0] == 422


def test_a_thumbnail_is_as_small_as_wanted_and_never_larger_than_the_picture(studio: CharacterStudio) -> None:
    image_id = studio.upload(picture(side=64)).json()["image_id"]
    address = f"{LIST}/{image_id}/thumbnail"
    for size, side in ((16, 16), (64, 64), (1024, 64)):
        answer = studio.client.get(f"{address}?size={size}")
        with Image.open(io.BytesIO(answer.content)) as small:
            assert (small.format, small.size) == ("WEBP", (side, side))
        assert answer.headers["x-content-type-options"] == "nosniff"
        again = studio.client.get(f"{address}?size={size}", headers={"If-None-Match": answer.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert studio.client.head(address).headers["content-type"] == "image/webp"
    for wrong in ("15", "1025", "x"):
        assert studio.refused(studio.client.get(f"{address}?size={wrong}"))[0] == 422


def test_a_label_is_kept_and_one_that_says_nothing_refused(studio: CharacterStudio) -> None:
    image_id = studio.one()
    answer = studio.client.patch(f"{LIST}/{image_id}", json={"label": "Ada, from the left"})
    assert (answer.status_code, answer.json()["label"]) == (200, "Ada, from the left")
    assert studio.client.get(LIST).json()["items"] == [answer.json()]
    for label in ("", " ", "x" * 201, "a\0", 7, ["x"]):
        assert studio.refused(studio.client.patch(f"{LIST}/{image_id}", json={"label": label}))[0] == 422
    assert studio.refused(studio.client.patch(f"{LIST}/{image_id}", json={}))[0] == 422
    assert studio.client.get(LIST).json()["items"] == [answer.json()]
    assert studio.client.patch(f"{LIST}/{image_id}", json={"label": None}).json()["label"] is None


def test_a_deleted_picture_is_gone(studio: CharacterStudio) -> None:
    image_id = studio.one()
    answer = studio.client.delete(f"{LIST}/{image_id}")
    assert (answer.status_code, answer.content, studio.files) == (204, b"", [])
    assert studio.refused(studio.get(image_id))[0] == 404
    assert studio.refused(studio.client.delete(f"{LIST}/{image_id}"))[0] == 404


def test_what_is_configured_is_told_and_nothing_secret(tmp_path: Path) -> None:
    secrets = {"aws_access_key_id": "AKIASECRET", "aws_secret_access_key": "hush-hush", "replicate_api_token": "r8_x"}
    studio = CharacterStudio(tmp_path / "home", serve_from_cloud=True, presigned_url_expiry=60, **secrets)
    answer = studio.client.get(f"{API}/config/debug")
    studio.close()
    assert answer.json() == {
        "SERVE_FROM_CLOUD": True,
        "STORAGE_BACKEND": "local",
        "PRESIGNED_URL_EXPIRY": 60,
        "cloud_serving_enabled": False,
    }


def test_whoever_may_not_call_is_told_in_the_published_form(tmp_path: Path) -> None:
    studio = CharacterStudio(tmp_path / "home", api_keys=("s3cret",))
    calls: list[httpx.Response] = [
        studio.client.get(f"{API}/config/debug"),
        studio.client.post(GENERATE, json={"character_description": "x"}, headers={"X-API-Key": "wrong"}),
        studio.client.post(UPLOAD, files={"file": ("a.png", picture())}, headers={"X-API-Key": ""}),
        studio.client.delete(f"{LIST}/{UNKNOWN}"),
        studio.client.get(f"{GET}/../get_character_reference/{UNKNOWN}"),
    ]
    for answer in calls:
        assert studio.refused(answer) == (401, "AuthenticationError", "not_authenticated")
        assert answer.headers["www-authenticate"] == "ApiKey"
    foreign = studio.client.get(LIST, headers={"Origin": "https://evil.example", "X-API-Key": "s3cret"})
    assert studio.refused(foreign) == (403, "AuthenticationError", "foreign_origin")
    elsewhere = studio.client.get("/api/lm/recipes")
    assert (elsewhere.status_code, isinstance(elsewhere.json()["detail"], str)) == (401, True)
    assert studio.client.get(LIST, headers={"X-API-Key": "s3cret"}).status_code == 200
    assert studio.files == []
    studio.close()


def test_a_database_that_cannot_be_used_is_told_as_storage(studio: CharacterStudio) -> None:
    image_id = studio.one()
    with studio.app.state.health.database.transaction() as connection:
        connection.exec_driver_sql("ALTER TABLE character_references RENAME TO elsewhere")
    assert studio.refused(studio.get(image_id)) == (503, "StorageError", "unavailable")
