"""Buckets on the real S3 server for the tests that need one; where it is not installed, they say so."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from app.settings import Settings
from app.storage.s3 import S3Store
from app.storage.s3_settings import S3Settings
from support.servers.s3 import Bucket, S3Server, available, shared_server


def skip_unless_available() -> None:
    if why := available():
        pytest.skip(f"no S3 server: {why}")


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    """An empty bucket on the server that the whole run shares."""
    skip_unless_available()
    bucket = shared_server().bucket()
    yield bucket
    bucket.close()


@pytest.fixture
def own_server() -> Iterator[S3Server]:
    """A server of the test's own, to be frozen and killed."""
    skip_unless_available()
    with S3Server() as server:
        yield server


def settings_of(bucket: Bucket, **changes: object) -> S3Settings:
    """What a studio with that bucket's settings finds it by; changes: by the names of Settings."""
    return S3Settings.of(Settings.exactly(**{**bucket.settings, **changes}))


def store_of(bucket: Bucket, **changes: object) -> S3Store:
    """The bucket as a store; what is large goes in parts, large being what S3 permits at the least."""
    return S3Store(settings_of(bucket, **changes), part_bytes=5 * 1024 * 1024, copy_at_once_bytes=6 * 1024 * 1024)
