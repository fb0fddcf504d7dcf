"""What storage takes: links beside boto3's, and a gigabyte through the store in little memory."""

from __future__ import annotations

import json
import statistics
import sys
from collections.abc import Iterator
from typing import Any

import boto3
from botocore.config import Config

from app.storage.presigning import Keys, Presigner
from app.storage.s3 import S3Store
from app.storage.s3_settings import S3Settings
from support.servers.s3 import S3Server, available
from tests.performance.measuring import ROOT, Figure, alternating, run, seconds

MIB = 1024 * 1024
GIB = 1024 * MIB
LINKS = 1000
SETTINGS = S3Settings(bucket="pictures", endpoint="http://127.0.0.1:9000", keys=Keys("AKIDEXAMPLE", "secret-key"))

# In a process of its own: what this one has held before is not taken for the store's. Arguments: a bucket's settings.
STREAMS = """
import io, json, resource, sys, threading
from app.settings import Settings
from app.storage.building import build_store

MIB = 1024 * 1024
settings = Settings.exactly(**json.loads(sys.argv[1]))
store = build_store(settings)


class Pieces(io.RawIOBase):
    def __init__(self, size_bytes):
        self.left = size_bytes
    def readable(self):
        return True
    def readinto(self, buffer):
        size_bytes = min(len(buffer), self.left)
        self.left -= size_bytes
        return size_bytes


def through(size_bytes):
    store.put("film.mp4", io.BufferedReader(Pieces(size_bytes), MIB), "video/mp4")
    with store.open("film.mp4") as stream:
        read = sum(len(piece) for piece in iter(lambda: stream.read(MIB), b""))
    assert read == size_bytes, read
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


before = through(64 * MIB)
print((through(1024 * MIB) - before) / 1024)
store.close()
"""


def figures() -> Iterator[Figure]:
    """Every figure of storage, cheapest first."""
    yield from _links()
    yield from _imports()
    if why := available():
        print(f"not measured against a server: {why}", file=sys.stderr)
        return
    with S3Server() as server:
        yield from _server(server)


def _links() -> Iterator[Figure]:
    keys = [f"character_references/{number:08}.png" for number in range(LINKS)]
    presigner = _presigner()
    client = _boto3_client()

    def ours() -> None:
        for key in keys:
            presigner.link(key)

    def boto3s() -> None:
        for key in keys[: LINKS // 10]:
            client.generate_presigned_url("get_object", {"Bucket": "pictures", "Key": key}, ExpiresIn=3600)

    def anew() -> None:
        _boto3_client().generate_presigned_url("get_object", {"Bucket": "pictures", "Key": "a"}, ExpiresIn=3600)

    taken = alternating({"ours": ours, "boto3": boto3s, "anew": anew, "first": lambda: _presigner().link("a")}, 15)
    each, boto3_warm = taken["ours"] / LINKS * 1000, taken["boto3"] / (LINKS // 10) * 1000
    yield Figure("a presigned link, warm", each, "ms", 0.02)
    yield Figure("the same against boto3, warm", each, "ms", boto3_warm)
    yield Figure("the first presigned link of a studio", taken["first"] * 1000, "ms")
    yield Figure("the same against boto3 with a new client", taken["first"] * 1000, "ms", taken["anew"] * 1000)
    hundred = statistics.median(seconds(lambda: [presigner.link(key) for key in keys[:100]]) for _ in range(15))
    yield Figure("100 presigned links", hundred * 1000, "ms", 5.0)


def _imports() -> Iterator[Figure]:
    studio = "from app.storage.building import build_store; from app.settings import Settings;"
    made = f"{studio} build_store(Settings.exactly(storage_backend='s3', storage_bucket='pictures'))"
    taken = alternating({"without": lambda: run(ROOT, "-c", studio), "with": lambda: run(ROOT, "-c", made)}, rounds=5)
    yield Figure("a store on S3 at the studio's start", (taken["with"] - taken["without"]) * 1000, "ms")


def _server(server: S3Server) -> Iterator[Figure]:
    bucket = server.bucket()
    store = S3Store(S3Settings(bucket.name, endpoint=server.url, keys=_keys_of(bucket.settings)))
    store.put("a", b"x" * 1000, "image/png")
    client = server.client
    with client(bucket.identity) as peer:

        def boto3_reads() -> None:
            peer.get_object(Bucket=bucket.name, Key="a")["Body"].read()

        taken = alternating(
            {"ours": lambda: store.read("a"), "boto3": boto3_reads, "condition": store.condition}, rounds=101
        )
    yield Figure("an object of 1 kB read from a bucket on loopback", taken["ours"] * 1000, "ms")
    yield Figure("the same against boto3 alone", taken["ours"] * 1000, "ms", taken["boto3"] * 1000)
    yield Figure("the store's condition, known", taken["condition"] * 1000, "ms", 0.02)
    store.close()
    grown = float(run(ROOT, "-c", STREAMS, json.dumps(bucket.settings)))
    yield Figure("memory that 1 GiB put and read takes more than 64 MiB", grown, "MiB", 16.0)


def _presigner() -> Presigner:
    keys = SETTINGS.keys
    assert keys is not None
    return Presigner(
        bucket=SETTINGS.bucket,
        region=SETTINGS.region,
        endpoint=SETTINGS.endpoint,
        expiry_seconds=3600,
        keys=lambda: keys,
    )


def _keys_of(settings: dict[str, Any]) -> Keys:
    return Keys(settings["aws_access_key_id"], settings["aws_secret_access_key"])


def _boto3_client() -> Any:
    keys = SETTINGS.keys
    assert keys is not None
    return boto3.client(
        "s3",
        endpoint_url=SETTINGS.endpoint,
        region_name=SETTINGS.region,
        aws_access_key_id=keys.access_key,
        aws_secret_access_key=keys.secret_key,
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}),
    )
