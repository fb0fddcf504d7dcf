"""What it takes to bring a job of 1,005 objects back from a real S3 server on loopback, and to put it there."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from app.characters.job_moving import THREADS
from app.settings import Settings
from app.storage.building import build_store
from support import leaks
from support.servers.s3 import APP, Bucket, S3Server, available
from tests.job_desk import JOB, Desk
from tests.performance.measuring import Figure, alternating, seconds

OBJECTS = 1005
BYTES = 20_000
ROUNDS = 5
LEAST_A_SECOND = 300


def figures() -> Iterator[Figure]:
    """Beside boto3's own calls on as many threads, with one client, as its documents advise; none without a server."""
    if available():
        return
    with leaks.own_temporary_folder() as folder, S3Server() as server:
        bucket = server.bucket()
        store = build_store(Settings.exactly(studio_home=folder, **bucket.settings))
        source, empty, peer = Desk(folder / "source", store), Desk(folder / "empty", store), folder / "peer"
        files = {f"scenes/act {n % 7}/{n:04}.png": b"%07d" % n * (BYTES // 7) for n in range(OBJECTS - 1)}
        source.write(files | {"final/video.mp4": b"film" * BYTES})
        persisted = seconds(source.persist)
        with server.client(APP) as client:
            taken = alternating(
                {
                    "ours": lambda: _afresh(empty.home, empty.restore),
                    "boto3": lambda: _afresh(peer, lambda: _by_boto3(client, bucket, peer)),
                },
                rounds=ROUNDS,
            )
        assert empty.files() == source.files()
        again = seconds(empty.restore)
        store.close()
    ours, boto3 = (taken[name] / OBJECTS * 1000 for name in ("ours", "boto3"))
    job = f"a job of {OBJECTS:,} objects of {BYTES // 1000} KB"
    yield Figure(f"{job} restored, each object", ours, "ms", 1000 / LEAST_A_SECOND)
    yield Figure("the same, every sum checked, against boto3's download_file on as many threads", ours, "ms", boto3)
    yield Figure("the same in objects a second", 1000 / ours, "objects/s")
    yield Figure("restored once more, nothing missing", again, "s")
    yield Figure("persisted, each object", persisted / OBJECTS * 1000, "ms")


def _afresh(folder: Path, work: Callable[[], object]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    work()


def _by_boto3(client: Any, bucket: Bucket, folder: Path) -> None:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket.name, Prefix=f"videos/{JOB}/")
    keys = [found["Key"] for page in pages for found in page["Contents"]]
    for parent in {(folder / key).parent for key in keys}:
        parent.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(lambda key: client.download_file(bucket.name, key, str(folder / key)), keys))
