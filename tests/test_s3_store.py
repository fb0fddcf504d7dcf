"""A bucket on a real S3 server: nothing kept by halves, nothing read of two editions, little held in memory."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from app.errors import Conflict, StorageUnavailable, StorageUnreachable
from app.settings import Settings
from app.storage.building import build_store
from app.storage.port import ObjectStore
from app.storage.s3 import S3Store
from support import leaks
from support.processes import ROOT
from support.servers.s3 import Bucket, S3Server
from tests.cutting import Cutting
from tests.s3 import bucket, own_server, settings_of, store_of

__all__ = ["bucket", "own_server"]

MIB = 1024 * 1024


def test_an_upload_that_is_cut_short_leaves_no_object_and_no_parts(bucket: Bucket) -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() >= 11 * MIB:
                raise OSError("the disk that it comes from")
            return super().read(min(size or 1, MIB))

    store = store_of(bucket)
    with pytest.raises(OSError, match="the disk"):
        store.put("film", Breaking(bytes(30 * MIB)), "video/mp4")
    store.put("film", b"first", "video/mp4")
    with pytest.raises(Conflict):
        store.put("film", io.BytesIO(bytes(11 * MIB)), "video/mp4", only_if_absent=True)
    assert (bucket.keys(), bucket.read("film"), bucket.unfinished()) == (["film"], b"first", [])
    store.close()


def test_a_store_killed_during_an_upload_shows_nothing_of_it(own_server: S3Server) -> None:
    bucket = own_server.bucket()
    store = store_of(bucket)

    class Killing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() >= 11 * MIB and own_server.runs:
                own_server.kill()
            return super().read(min(size or 1, MIB))

    with pytest.raises(StorageUnreachable):
        store.put("film", Killing(bytes(30 * MIB)), "video/mp4")
    own_server.start()
    assert bucket.keys() == []
    store.put("film", io.BytesIO(bytes(11 * MIB)), "video/mp4", only_if_absent=True)
    assert store.stat("film").size_bytes == 11 * MIB
    store.close()


@pytest.mark.parametrize("size_bytes", [3, 11 * MIB])
def test_a_creation_whose_answer_is_lost_knows_its_own_work(bucket: Bucket, size_bytes: int) -> None:
    data = os.urandom(size_bytes)
    done = b"uploadId" if size_bytes > MIB else b"PUT "
    with Cutting(bucket.server.url) as line:
        store = store_of(bucket, aws_endpoint_url=line.url)
        line.loses_the_answer_to(b"POST " if size_bytes > MIB else b"PUT ", with_=done)
        store.put("film", data, "video/mp4", only_if_absent=True)
        assert line.lost == 1
        with pytest.raises(Conflict):
            store.put("film", data, "video/mp4", only_if_absent=True)
        line.loses_the_answer_to(b"PUT " if size_bytes < MIB else b"POST ", with_=done)
        with pytest.raises(Conflict):
            store.put("film", data, "video/mp4", only_if_absent=True)
        store.close()
    assert bucket.read("film") == data


def test_a_stream_goes_on_where_its_connection_broke(bucket: Bucket) -> None:
    data = os.urandom(6 * MIB)
    bucket.put("film", data, "video/mp4")
    with Cutting(bucket.server.url) as line:
        store = store_of(bucket, aws_endpoint_url=line.url)
        line.cuts_after(2 * MIB)
        with store.open("film") as stream:
            assert stream.read() == data
        assert line.cut == 1
        store.close()


def test_a_stream_says_that_its_object_was_replaced(bucket: Bucket) -> None:
    bucket.put("film", bytes(8 * MIB), "video/mp4")
    store = store_of(bucket)
    with store.open("film") as stream:
        stream.read(10)
        bucket.put("film", b"\1" * (8 * MIB), "video/mp4")
        stream.seek(6 * MIB)
        with pytest.raises(StorageUnavailable, match="replaced"):
            stream.read(10)
    store.close()


def test_an_object_of_any_size_goes_through_in_little_memory(bucket: Bucket) -> None:
    class Zeros(io.RawIOBase):
        left = 64 * MIB

        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            size_bytes = min(len(buffer), self.left)
            buffer[:size_bytes] = bytes(size_bytes)
            self.left -= size_bytes
            return size_bytes

    store = store_of(bucket)
    store.put("small", b"", "text/plain")  # whatever the first call of all takes
    tracemalloc.start()
    try:
        store.put("film", io.BufferedReader(Zeros()), "video/mp4")
        with store.open("film") as stream:
            read = sum(len(piece) for piece in iter(lambda: stream.read(MIB), b""))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert read == 64 * MIB
    assert peak < 32 * MIB
    store.close()


def test_what_others_keep_in_the_bucket_is_left_out(bucket: Bucket) -> None:
    for key in ("mine.png", ".hidden", "folder/.keep"):
        bucket.put(key, b"")
    store = store_of(bucket)
    assert [stored.key for stored in store.list()] == ["mine.png"]
    store.close()


def test_nothing_is_left_of_a_store_that_is_closed(bucket: Bucket) -> None:
    store_of(bucket).close()
    settled = store_of(bucket)
    settled.condition(10)
    settled.close()
    before = leaks.Traces.now()
    store = store_of(bucket)
    store.put("a", b"x", "text/plain")
    with store.open("a") as stream:
        stream.read()
    store.condition(10)
    store.close()
    leaks.check(before)
    with pytest.raises(StorageUnavailable, match="closed"):
        store.read("a")


@pytest.fixture
def run() -> Iterator[Callable[[str], None]]:
    """Runs Python in a process of its own, because this one has imported everything."""

    def run(program: str) -> None:
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    yield run


def test_boto3_is_not_imported_before_the_bucket_is_used(run: Callable[[str], None], tmp_path: Path) -> None:
    run(f"""
import sys
from app.settings import Settings
from app.studio import build_studio
settings = Settings.exactly(studio_home={str(tmp_path)!r}, storage_backend="s3", storage_bucket="pictures",
                            aws_access_key_id="AKIA", aws_secret_access_key="secret")
studio = build_studio(settings)
assert "X-Amz-Signature" in studio.state.store.url("character_references/a.png").url
studio.state.store.close()
assert not [name for name in sys.modules if name.startswith(("boto", "s3transfer"))]
""")


def test_the_folder_is_the_store_unless_a_bucket_is_asked_for(tmp_path: Path) -> None:
    store = build_store(Settings.exactly(studio_home=tmp_path, aws_access_key_id="left over"))
    assert store.name == "local"
    store.put("a", b"x", "text/plain")
    assert (tmp_path / "store" / "a").read_bytes() == b"x"


def test_a_link_of_a_store_needs_no_answer_of_the_store(bucket: Bucket) -> None:
    store: ObjectStore = S3Store(settings_of(bucket))
    link = store.url("not/there.png")
    assert link is not None
    assert (link.expires_in_seconds, httpx.get(link.url).status_code) == (3600, 404)
    store.close()
