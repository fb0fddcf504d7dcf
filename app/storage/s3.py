"""A store in a bucket of S3, or of a server that speaks it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from app.errors import NoSuchObject, StorageMisplaced, StorageRefused
from app.storage.port import Link, StoredObject, checked_key, fault_of_key
from app.storage.presigning import Presigner
from app.storage.s3_client import S3Connection
from app.storage.s3_condition import READ_SECONDS, S3Condition
from app.storage.s3_errors import answered
from app.storage.s3_reading import opened
from app.storage.s3_settings import S3Settings
from app.storage.s3_writing import COPY_AT_ONCE_BYTES, PART_BYTES, S3Writer

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

# What DeleteObjects takes at once.
DELETED_AT_ONCE = 1000


class S3Store:
    """An ObjectStore whose objects are those of one bucket, whose name is in the settings.

    The keys of the settings need Read, Write and List (s3:GetObject, s3:PutObject, s3:DeleteObject,
    s3:AbortMultipartUpload, s3:ListBucket), and no more. part_bytes, copy_at_once_bytes: what is larger goes in parts.
    """

    name = "s3"

    def __init__(
        self, settings: S3Settings, *, part_bytes: int = PART_BYTES, copy_at_once_bytes: int = COPY_AT_ONCE_BYTES
    ) -> None:
        self._bucket = settings.bucket
        self._connection = S3Connection(settings)
        self._writer = S3Writer(self._connection, part_bytes=part_bytes, copy_at_once_bytes=copy_at_once_bytes)
        # With a client of its own, which gives up sooner.
        self._asking = S3Connection(settings, read_seconds=READ_SECONDS)
        self._condition = S3Condition(self._asking, failed_at=lambda: self._connection.failed_at)
        self._presigner = Presigner(
            bucket=settings.bucket,
            region=settings.region,
            endpoint=settings.endpoint,
            expiry_seconds=settings.expiry_seconds,
            keys=self._connection.keys,
        )

    def put(self, key: str, data: bytes | BinaryIO, content_type: str, *, only_if_absent: bool = False) -> None:
        self._writer.put(checked_key(key), data, content_type, only_if_absent=only_if_absent)

    def open(self, key: str) -> BinaryIO:
        return opened(self._connection, checked_key(key))

    def read(self, key: str) -> bytes:
        checked_key(key)

        def read(client: S3Client) -> bytes:
            with closing(client.get_object(Bucket=self._bucket, Key=key)["Body"]) as body:
                data: bytes = body.read()
            return data

        return self._connection.call(read, key)

    def stat(self, key: str) -> StoredObject:
        answer = self._head(key)
        return StoredObject(
            key, answer["ContentLength"], answer.get("ContentType"), answer["LastModified"].astimezone(UTC)
        )

    def copy(self, source: str, target: str) -> None:
        checked_key(target)
        found = self._head(source)
        if source == target:
            return  # which S3 refuses
        described = {
            "ContentType": found.get("ContentType", "application/octet-stream"), "Metadata": found["Metadata"]
        }  # fmt: skip
        self._writer.copy(source, target, size_bytes=found["ContentLength"], etag=found["ETag"], described=described)

    def delete(self, key: str) -> None:
        checked_key(key)
        self._connection.call(lambda client: client.delete_object(Bucket=self._bucket, Key=key), key)

    def delete_all(self, keys: Iterable[str]) -> None:
        left = iter([checked_key(key) for key in keys])
        while batch := list(islice(left, DELETED_AT_ONCE)):
            self._delete_batch(batch)

    def list(self, prefix: str = "") -> Iterator[StoredObject]:
        if not prefix.isprintable():
            return  # no key holds it, and no question to a bucket can
        token: Any = {}

        def page(client: S3Client) -> Any:
            return client.list_objects_v2(Bucket=self._bucket, Prefix=prefix, **token)

        while True:
            answer = self._connection.call(page)
            for found in answer.get("Contents", ()):
                if fault_of_key(found["Key"]) is None:
                    yield StoredObject(found["Key"], found["Size"], None, found["LastModified"].astimezone(UTC))
            if not answer.get("IsTruncated"):
                return
            token = {"ContinuationToken": answer["NextContinuationToken"]}

    def url(self, key: str, *, filename: str | None = None) -> Link | None:
        return self._presigner.link(checked_key(key), filename=filename)

    def condition(self, within_seconds: float = 1.0) -> str:
        return self._condition.now(within_seconds)

    def close(self) -> None:
        self._connection.close()
        self._condition.close()
        self._asking.close()

    def _head(self, key: str) -> Any:
        """What S3 tells of an object. Raises NoSuchObject."""
        checked_key(key)
        try:
            return self._connection.call(lambda client: client.head_object(Bucket=self._bucket, Key=key), key)
        except (StorageMisplaced, StorageRefused):
            # The answer to HEAD has no body: whether object or bucket is missing, or why it is refused, GET tells.
            answer = self._connection.call(lambda client: client.get_object(Bucket=self._bucket, Key=key), key)
            answer["Body"].close()
            return answer

    def _delete_batch(self, keys: Sequence[str]) -> None:
        wanted: Any = {"Objects": [{"Key": key} for key in keys], "Quiet": True}
        answer = self._connection.call(lambda client: client.delete_objects(Bucket=self._bucket, Delete=wanted))
        for fault in answer.get("Errors", ()):
            explained = answered(
                fault.get("Code", ""), 0, fault.get("Message", ""), self._connection.settings, fault.get("Key")
            )
            if not isinstance(explained, NoSuchObject):
                raise explained
