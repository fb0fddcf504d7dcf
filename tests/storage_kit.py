"""An empty store of each kind, for the tests that each must pass: a folder, and a bucket of a real S3 server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.storage.folder import FolderStore
from app.storage.port import ObjectStore
from support.servers.s3 import Bucket, shared_server
from tests.s3 import skip_unless_available, store_of


@pytest.fixture(scope="module")
def one_bucket() -> Iterator[Bucket]:
    """For all tests of this file: the first object of a new bucket takes the server a fifth of a second."""
    skip_unless_available()
    bucket = shared_server().bucket()
    yield bucket
    bucket.close()


@pytest.fixture(params=["local", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[ObjectStore]:
    """A store that holds nothing."""
    if request.param == "local":
        yield FolderStore(tmp_path / "store")
        return
    store = store_of(request.getfixturevalue("one_bucket"))
    yield store
    store.delete_all([stored.key for stored in store.list()])
    store.close()


def keys(store: ObjectStore, prefix: str = "") -> list[str]:
    return sorted(stored.key for stored in store.list(prefix))
