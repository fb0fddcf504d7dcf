"""The last known condition of a bucket: looked up in the background, so that nobody waits for one that hangs."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from app.errors import StorageMisplaced, StorageRefused, StudioError
from app.storage.s3_client import S3Connection
from app.storage.s3_errors import named

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

FRESH_SECONDS = 2.0
# A store that has not answered for so long is out of order.
PATIENCE_SECONDS = 1.0
# The client gives up then; a studio that ends in the meantime waits for that.
READ_SECONDS = 2.0
# One that was out of order is not waited for, but given the chance to show that it is well again.
BRIEF_SECONDS = 0.05


class S3Condition:
    """Looks for the bucket when it is asked and what it knows is old: two seconds, or older than a failure.

    failed_at: when somebody's call failed, by time.monotonic(). All by the machine's own time: the store lives by it.
    """

    def __init__(self, connection: S3Connection, *, failed_at: Callable[[], float]) -> None:
        self._connection = connection
        self._failed_at = failed_at
        self._lock = threading.Lock()
        self._known: str | None = None
        self._looked_at = 0.0
        self._looking: threading.Thread | None = None
        self._looking_since = 0.0

    def now(self, within_seconds: float) -> str:
        with self._lock:
            known = self._known
            if known is not None and self._is_fresh():
                return known
            if self._looking is None:
                self._looking_since = time.monotonic()
                self._looking = threading.Thread(target=self._look, name="store-condition", daemon=True)
                self._looking.start()
            looking = self._looking
        looking.join(min(within_seconds, BRIEF_SECONDS) if known else within_seconds)
        with self._lock:
            if self._looking is looking and time.monotonic() - self._looking_since >= PATIENCE_SECONDS:
                self._known = self._known or f"{named(self._connection.settings)} does not answer"
            if self._known is None:
                return f"{named(self._connection.settings)} has not answered yet"
            return self._known

    def close(self) -> None:
        with self._lock:
            looking = self._looking
        if looking is not None:
            looking.join()

    def _is_fresh(self) -> bool:
        return time.monotonic() - self._looked_at < FRESH_SECONDS and self._failed_at() < self._looked_at

    def _look(self) -> None:
        began = time.monotonic()
        found = self._found()
        with self._lock:
            self._known, self._looked_at, self._looking = found, began, None

    def _found(self) -> str:
        bucket = self._connection.settings.bucket
        try:
            self._connection.call(lambda client: client.head_bucket(Bucket=bucket))
        except (StorageRefused, StorageMisplaced):
            # The answer to HEAD has no body that could say why: a listing has.
            return self._why(bucket)
        except StudioError as error:
            return error.message
        return ""

    def _why(self, bucket: str) -> str:
        def listed(client: S3Client) -> None:
            client.list_objects_v2(Bucket=bucket, MaxKeys=1)

        try:
            self._connection.call(listed)
        except StudioError as error:
            return error.message
        return ""
