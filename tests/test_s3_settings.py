"""What a store's settings must be, said at the start."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from app.settings import Settings, explain
from app.storage.building import build_store
from app.storage.presigning import Keys
from app.storage.s3_settings import S3Settings
from support.processes import Process
from support.studios import StudioDidNotStart

RIGHT: dict[str, Any] = {
    "storage_backend": "s3",
    "storage_bucket": "pictures",
    "aws_access_key_id": "AKIDEXAMPLE",
    "aws_secret_access_key": "the-secret",
    "aws_endpoint_url": "http://127.0.0.1:9000",
}


def faults(**changes: Any) -> str:
    with pytest.raises(ValidationError) as refused:
        Settings.exactly(**{**RIGHT, **changes})
    assert "the-secret" not in str(refused.value)
    return explain(refused.value)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"storage_bucket": None}, "STORAGE_BUCKET: Value error, STORAGE_BACKEND=s3 needs the name of the bucket"),
        ({"storage_bucket": ""}, "STORAGE_BUCKET: Value error, STORAGE_BACKEND=s3 needs the name of the bucket"),
        ({"storage_bucket": "No Name"}, "STORAGE_BUCKET: Value error, this is no bucket's name"),
        ({"storage_bucket": "a..b"}, "STORAGE_BUCKET: Value error, this is no bucket's name"),
        ({"storage_bucket": "a/b"}, "STORAGE_BUCKET: Value error, this is no bucket's name"),
        ({"storage_backend": "gcs"}, "STORAGE_BACKEND: Input should be 'local' or 's3'"),
        ({"aws_secret_access_key": None}, "set both, or neither"),
        ({"aws_access_key_id": None}, "set both, or neither"),
        ({"aws_access_key_id": ""}, "set both, or neither"),
        ({"aws_region": "eu central"}, "AWS_REGION: Value error, this is no region's name"),
        ({"aws_endpoint_url": "s3.example.com"}, "it should be such as https://s3.example.com:9000"),
        ({"aws_endpoint_url": "ftp://s3.example.com"}, "AWS_ENDPOINT_URL: Value error, this is no address"),
        ({"aws_endpoint_url": "http://s3.example.com:port"}, "AWS_ENDPOINT_URL: Value error, this is no address"),
        ({"aws_endpoint_url": "http://me:the-secret@s3.example.com"}, "no keys, ? or # belong into this address"),
        ({"presigned_url_expiry": 0}, "PRESIGNED_URL_EXPIRY: Input should be greater than or equal to 1"),
        ({"presigned_url_expiry": 604_801}, "PRESIGNED_URL_EXPIRY: Input should be less than or equal to 604800"),
        ({"asset_backup_limit": 0}, "ASSET_BACKUP_LIMIT: Input should be greater than or equal to 1"),
    ],
)
def test_a_store_that_could_not_be_used_is_refused_at_the_start(changes: dict[str, Any], told: str) -> None:
    assert told in faults(**changes)


@pytest.mark.parametrize("expiry", [1, 604_800])
def test_the_longest_and_the_shortest_links_are_accepted(expiry: int) -> None:
    assert Settings.exactly(**RIGHT, presigned_url_expiry=expiry).presigned_url_expiry == expiry


def test_what_other_programs_have_in_the_environment_does_not_matter_to_a_studio_on_the_folder() -> None:
    Settings.exactly(aws_access_key_id="AKID", aws_endpoint_url="nonsense", aws_region="no region", storage_bucket="X")


def test_a_bucket_is_found_by_what_the_settings_say() -> None:
    given = Settings.exactly(**RIGHT, aws_session_token="token", aws_region="eu-central-1", presigned_url_expiry=60)
    assert S3Settings.of(given) == S3Settings(
        bucket="pictures",
        region="eu-central-1",
        endpoint="http://127.0.0.1:9000",
        keys=Keys("AKIDEXAMPLE", "the-secret", "token"),
        expiry_seconds=60,
    )
    alone = Settings.exactly(storage_backend="s3", storage_bucket="pictures")
    assert S3Settings.of(alone) == S3Settings(bucket="pictures")
    store = build_store(alone)
    assert store.name == "s3"
    store.close()


def test_nothing_that_is_printed_of_the_settings_shows_a_secret() -> None:
    given = Settings.exactly(**RIGHT, aws_session_token="the-token", replicate_api_token="r8-token")
    shown = f"{given!r} {given} {S3Settings.of(given)!r} {given.model_dump()}"
    for secret in ("AKIDEXAMPLE", "the-secret", "the-token", "r8-token"):
        assert secret not in shown


def test_a_studio_without_a_bucket_says_so_and_does_not_start(tmp_path: Path) -> None:
    studio = Process("app", "--port", "0", folder=tmp_path, settings={"studio_home": tmp_path, "storage_backend": "s3"})
    with pytest.raises(StudioDidNotStart, match="needs the name of the bucket"):
        studio.start()
