"""Data of any size through every store, piece by piece: on a folder, and on a bucket of a real S3 server."""

from __future__ import annotations

import contextlib
import io
import os

import pytest

from app.storage.port import ObjectStore
from tests.storage_kit import keys, one_bucket, store

__all__ = ["one_bucket", "store"]

MIB = 1024 * 1024


@pytest.mark.parametrize("size_bytes", [0, 1, 5 * MIB - 1, 5 * MIB, 5 * MIB + 1, 10 * MIB, 13 * MIB + 7])
def test_data_of_any_size_is_kept_byte_for_byte(store: ObjectStore, size_bytes: int) -> None:
    data = os.urandom(size_bytes)
    store.put("from bytes", data, "video/mp4")
    store.put("from a stream", io.BytesIO(data), "video/mp4")
    assert store.read("from bytes") == store.read("from a stream") == data
    assert store.stat("from a stream").size_bytes == size_bytes
    store.copy("from a stream", "copied.mp4")
    assert store.read("copied.mp4") == data
    assert store.stat("copied.mp4").content_type == "video/mp4"


def test_a_stream_is_put_from_its_position_even_if_it_reads_in_crumbs(store: ObjectStore) -> None:
    class Crumbs(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            return super().read(min(size or 1, 700_001))

    data = os.urandom(6 * MIB)
    stream = Crumbs(data)
    stream.seek(5)
    store.put("crumbs", stream, "video/mp4")
    assert store.read("crumbs") == data[5:]


def test_a_stream_that_fails_leaves_nothing(store: ObjectStore) -> None:
    class Breaking(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() > 6 * MIB:
                raise RuntimeError("the caller's own trouble")
            return super().read(min(size or 1, MIB))

    store.put("kept", b"old", "text/plain")
    for key in ("kept", "new"):
        with pytest.raises(RuntimeError, match="own trouble"):
            store.put(key, Breaking(bytes(20 * MIB)), "video/mp4")
    assert keys(store) == ["kept"]
    assert store.read("kept") == b"old"


def test_a_stream_is_read_from_wherever_it_is_sought_to(store: ObjectStore) -> None:
    data = os.urandom(3 * MIB)
    store.put("film", data, "video/mp4")
    with store.open("film") as stream:
        assert stream.seekable()
        assert stream.read(10) == data[:10]
        for position in (2 * MIB, 7, 100, 2 * MIB + 1, 0, 3 * MIB - 1):
            assert stream.seek(position) == position
            assert stream.read(5) == data[position : position + 5]
        assert stream.seek(-4, os.SEEK_END) == 3 * MIB - 4
        assert stream.read() == data[-4:]
        assert (stream.read(), stream.read(1)) == (b"", b"")
        stream.seek(9 * MIB)
        assert stream.read() == b""
        stream.seek(1)
        assert stream.read() == data[1:]
    assert stream.closed


def test_an_empty_object_is_a_stream_too(store: ObjectStore) -> None:
    store.put("empty", b"", "text/plain")
    with store.open("empty") as stream:
        assert (stream.read(), stream.seek(0, os.SEEK_END), stream.read(3)) == (b"", 0, b"")


def test_what_is_read_is_of_one_edition(store: ObjectStore) -> None:
    old, new = bytes(8 * MIB), b"\1" * (8 * MIB)
    store.put("film", old, "video/mp4")
    with store.open("film") as stream:
        found = stream.read(MIB)
        store.put("film", new, "video/mp4")
        with contextlib.suppress(Exception):  # it may say that it cannot go on, but never go on with the other
            stream.seek(6 * MIB)
            found += stream.read()
    assert set(found) == {0}
