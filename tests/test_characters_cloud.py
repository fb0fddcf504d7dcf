"""Pictures in a real bucket: answered as links that open them alone; and when the bucket is out of order."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest

from support.servers.s3 import Bucket, S3Server
from support.waiting import until
from tests.character_desk import picture
from tests.character_studio import API, GET, LIST, CharacterStudio
from tests.s3 import bucket, own_server

__all__ = ["bucket", "own_server"]
Make = Callable[..., CharacterStudio]
HOURS_OF_TROUBLE = ("storage_unreachable", "storage_timeout", "storage_unavailable")


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Studios with cloud serving on, each in the home of its name."""
    made: list[CharacterStudio] = []

    def build(bucket: Bucket, home: str = "home", **settings: Any) -> CharacterStudio:
        chosen = {**bucket.settings, "serve_from_cloud": True, **settings}
        made.append(CharacterStudio(tmp_path / home, **chosen))
        return made[-1]

    yield build
    for studio in made:
        studio.close()


def test_the_link_that_is_answered_opens_the_picture_and_nothing_else(bucket: Bucket, make: Make) -> None:
    studio = make(bucket)
    first, second = (studio.upload(picture(colour)).json()["image_id"] for colour in (1, 2))
    answer = studio.get(first)
    told = answer.json()
    assert told == {
        "image_id": first,
        "image_url": told["image_url"],
        "storage_backend": "s3",
        "expires_in_seconds": told["expires_in_seconds"],
        "cloud_path": f"character_references/{first}.png",
    }
    assert 3600 <= told["expires_in_seconds"] <= 3600 + 900
    assert answer.headers["cache-control"] == "private, no-store"
    assert "X-Amz-Signature=" in told["image_url"]
    opened = httpx.get(told["image_url"])
    assert (opened.content, opened.headers["content-type"]) == (picture(1), "image/png")
    parts = urlsplit(told["image_url"])
    for wrong in (
        urlunsplit(parts._replace(path=parts.path.replace(first, second))),
        urlunsplit(parts._replace(query="")),
        told["image_url"][:-1] + ("0" if told["image_url"][-1] != "0" else "1"),
    ):
        assert httpx.get(wrong).status_code == 403
    assert httpx.put(told["image_url"], content=b"x").status_code == 403
    assert studio.get(second).json()["image_url"] != told["image_url"]


def test_a_redirect_leads_to_the_picture_in_one_hop(bucket: Bucket, make: Make) -> None:
    studio = make(bucket)
    image_id = studio.upload(picture(kind="WEBP")).json()["image_id"]
    answer = studio.get(image_id, "?redirect=true")
    assert (answer.status_code, answer.content) == (302, b"")
    assert answer.headers["referrer-policy"] == "no-referrer"
    opened = httpx.get(answer.headers["location"])
    assert (opened.status_code, opened.content, opened.history) == (200, picture(kind="WEBP"), [])


def test_through_the_studio_it_comes_whole_in_part_or_not_again(bucket: Bucket, make: Make) -> None:
    data = picture(side=700, kind="PNG")
    studio = make(bucket)
    image_id = studio.upload(data).json()["image_id"]
    studio.files[0].unlink()
    whole = studio.get(image_id, "?proxy=true")
    assert (whole.content, whole.headers["content-type"]) == (data, "image/png")
    assert studio.get(image_id, "?proxy=true&redirect=true", Range="bytes=10-19").content == data[10:20]
    assert studio.get(image_id, "?proxy=true", If_None_Match=whole.headers["etag"]).status_code == 304


@pytest.mark.parametrize("query", ["", "?redirect=true", "?proxy=true"])
def test_head_is_get_without_a_body(bucket: Bucket, make: Make, query: str) -> None:
    studio = make(bucket)
    image_id = studio.upload(picture()).json()["image_id"]
    got, head = studio.get(image_id, query), studio.client.head(f"{GET}/{image_id}{query}")
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert dict(head.headers) == dict(got.headers)


def test_a_set_is_answered_with_links_and_without_serving_from_the_cloud_pictures_come_as_files(
    bucket: Bucket, make: Make
) -> None:
    studio = make(bucket, serve_from_cloud=False)
    [image] = studio.generate(num_images=1)["images"]
    assert httpx.get(image["cloud_url"]).content == studio.get(image["id"]).content
    assert studio.get(image["id"]).headers["content-type"] == "image/png"
    assert studio.client.get(f"{API}/config/debug").json()["cloud_serving_enabled"] is False


def test_what_is_configured_is_told_and_nothing_secret(bucket: Bucket, make: Make) -> None:
    answer = make(bucket, presigned_url_expiry=90).client.get(f"{API}/config/debug")
    assert answer.json() == {
        "SERVE_FROM_CLOUD": True,
        "STORAGE_BACKEND": "s3",
        "PRESIGNED_URL_EXPIRY": 90,
        "cloud_serving_enabled": True,
    }


def test_a_new_machine_opens_what_another_kept(bucket: Bucket, make: Make) -> None:
    image_id = make(bucket, "old").upload(picture(kind="JPEG")).json()["image_id"]
    studio = make(bucket, "new")
    assert httpx.get(studio.get(image_id).json()["image_url"]).content == picture(kind="JPEG")
    assert studio.client.get(LIST).json()["items"][0]["origin"] == "found"


def test_who_may_only_read_keeps_pictures_here_and_says_so(bucket: Bucket, make: Make) -> None:
    studio = make(bucket.read_only())
    told = studio.upload(picture()).json()
    assert told["warnings"][0].startswith("kept on this machine only: ")
    assert studio.get(told["image_id"]).content == picture()
    answer = studio.generate(num_images=2)
    assert [image["cloud_url"] for image in answer["images"]] == [None, None]
    assert answer["metadata"]["warnings"][0].startswith("kept on this machine only: ")
    assert bucket.keys() == []
    assert studio.client.delete(f"{LIST}/{told['image_id']}").status_code == 204


def test_a_store_that_is_down_costs_only_what_is_nowhere_else(own_server: S3Server, make: Make) -> None:
    bucket = own_server.bucket()
    studio = make(bucket)
    here, there = (studio.upload(picture(colour)).json()["image_id"] for colour in (1, 2))
    next(path for path in studio.files if there in path.name).unlink()
    own_server.kill()
    assert until(lambda: "image_url" not in studio.get(here).text[:200])
    assert studio.get(here).content == picture(1)
    for query in ("", "?redirect=true", "?proxy=true"):
        status, error, code = studio.refused(studio.get(there, query))
        assert (status, error, code in HOURS_OF_TROUBLE) == (503, "StorageError", True)
    late = studio.upload(picture(3)).json()
    assert late["warnings"][0].startswith("kept on this machine only: ")
    own_server.start()
    assert until(lambda: studio.get(here).headers["content-type"] == "application/json")
    assert httpx.get(studio.get(there).json()["image_url"]).content == picture(2)
    assert studio.get(late["image_id"]).content == picture(3)
    again = make(bucket, "again", database_url=f"sqlite:///{studio.home / 'studio.db'}")
    assert again.get(late["image_id"]).status_code == 404  # it is on another machine only


def test_pictures_that_were_kept_here_only_are_lifted_at_the_next_start(bucket: Bucket, make: Make) -> None:
    studio = make(bucket.read_only())
    image_id = studio.upload(picture()).json()["image_id"]
    studio.close()
    again = make(bucket)
    assert until(lambda: again.get(image_id).headers["content-type"] == "application/json")
    assert httpx.get(again.get(image_id).json()["image_url"]).content == picture()


def test_no_link_and_no_secret_is_written_anywhere(
    bucket: Bucket, make: Make, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets = [
        str(bucket.settings["aws_secret_access_key"]),
        "r8_a-token-of-ours",
        "s3cret-of-callers",
        "whsec_c2VjcmV0",
    ]
    with caplog.at_level(logging.DEBUG):
        studio = make(
            bucket, api_keys=secrets[2:3], replicate_api_token=secrets[1], replicate_webhook_secret=secrets[3]
        )
        studio.client.headers["X-API-Key"] = secrets[2]
        [image] = studio.generate(num_images=1)["images"]
        told = studio.get(image["id"]).json()
        studio.get(image["id"], "?redirect=true")
        answers = [
            studio.get("6f1c2c1e-0000-4000-8000-000000000000"),
            studio.client.get(f"{API}/config/debug"),
            studio.client.get("/health"),
            studio.client.get(LIST),
            studio.client.post(f"{API}/jobs/night-1/character_references", json={"image_ids": [image["id"]]}),
            studio.client.delete(f"{LIST}/{image['id']}"),
        ]
    links = [told["image_url"], "X-Amz-Signature=" + told["image_url"].partition("X-Amz-Signature=")[2][:64]]
    written = caplog.text + "".join(capsys.readouterr())
    for secret in [*secrets, *links]:
        assert secret not in written
        assert not [answer.text for answer in answers[:4] if secret in answer.text]
    assert "X-Amz-Signature" not in written
    with closing(sqlite3.connect(studio.home / "studio.db")) as database:
        kept = "\n".join(database.iterdump())
    assert f"character_references/{image['id']}.png" in kept or image["id"] in kept
    assert "X-Amz" not in kept
    assert "http://" not in kept
