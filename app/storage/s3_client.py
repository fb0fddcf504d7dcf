"""boto3, met here alone: imported and built when the bucket is first used, 260 ms that no start shall cost."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from app.errors import StorageUnavailable, StorageUnreachable
from app.storage.presigning import Keys, is_by_path
from app.storage.s3_errors import told
from app.storage.s3_settings import S3Settings

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_s3.client import S3Client

T = TypeVar("T")

CONNECT_SECONDS = 2.0
# Whoever waits for a store that hangs is told within five seconds.
READ_SECONDS = 4.5
CONNECTIONS = 32
# What fails at once is tried a second time: a connection that the server closed while it was idle, a moment's 503.
# What fails late is not: both attempts together must be over within five seconds.
AT_ONCE_SECONDS = 0.3
PAUSE_SECONDS = 0.1

_making = threading.Lock()


@cache
def _session() -> Session:
    """One for the process: it has read what boto3 knows of S3 (40 ms)."""
    import boto3  # noqa: PLC0415

    for name in ("boto3", "botocore", "urllib3"):
        # What they tell of each call holds keys and signatures, whatever level the studio's own log has.
        logging.getLogger(name).setLevel(logging.WARNING)
    return boto3.session.Session()


class S3Connection:
    """The one client of a bucket, and how its calls are made: in two attempts, their errors told as the studio's."""

    def __init__(self, settings: S3Settings, *, read_seconds: float = READ_SECONDS) -> None:
        self.settings = settings
        self._read_seconds = read_seconds
        self._client: S3Client | None = None
        self._closed = threading.Event()
        # When a call last found the store out of order, by time.monotonic().
        self.failed_at = 0.0

    def call(self, work: Callable[[S3Client], T], key: str | None = None, *, attempts: int = 2) -> T:
        """What `work` returns. Raises the studio's errors. key: the object that it is about."""
        began = time.monotonic()
        try:
            return work(self.client())
        except Exception as error:
            explained = told(error, self.settings, key)
            late = time.monotonic() - began > AT_ONCE_SECONDS
            if isinstance(explained, StorageUnavailable):
                self.failed_at = time.monotonic()
            if not isinstance(explained, StorageUnreachable) or late or attempts == 1:
                raise explained from error
        self._closed.wait(PAUSE_SECONDS)
        return self.call(work, key, attempts=1)

    def client(self) -> S3Client:
        """The client, made when first asked for. Raises StorageUnavailable once closed, botocore's errors else."""
        if self._client is None:
            with _making:
                if self._client is None:
                    self._client = self._made()
        if self._closed.is_set():
            raise StorageUnavailable("the store has been closed")
        return self._client

    def keys(self) -> Keys:
        """The keys as they are now: those of the settings, else what boto3's own chain finds. Raises StorageRefused."""
        if self.settings.keys is not None:
            return self.settings.keys
        from botocore.exceptions import BotoCoreError, NoCredentialsError  # noqa: PLC0415

        try:
            with _making:
                found: Any = _session().get_credentials()
            if found is None:
                raise NoCredentialsError
            now = found.get_frozen_credentials()
        except BotoCoreError as error:
            raise told(error, self.settings) from error
        return Keys(now.access_key, now.secret_key, now.token)

    def close(self) -> None:
        self._closed.set()
        with _making:
            if self._client is not None:
                self._client.close()

    def _made(self) -> S3Client:
        from botocore.config import Config  # noqa: PLC0415
        from botocore.handlers import add_expect_header  # noqa: PLC0415

        settings = self.settings
        keys = settings.keys
        made: S3Client = _session().client(
            "s3",
            region_name=settings.region,
            endpoint_url=settings.endpoint,
            aws_access_key_id=keys.access_key if keys else None,
            aws_secret_access_key=keys.secret_key if keys else None,
            aws_session_token=keys.token if keys else None,
            config=Config(
                signature_version="s3v4",
                connect_timeout=CONNECT_SECONDS,
                read_timeout=self._read_seconds,
                retries={"total_max_attempts": 1},
                max_pool_connections=CONNECTIONS,
                tcp_keepalive=True,
                ignore_configured_endpoint_urls=True,
                # Checksums in trailers are Amazon's alone; other servers refuse them or keep them as data.
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                s3={"addressing_style": "path" if is_by_path(settings.bucket, settings.endpoint) else "virtual"},
            ),
        )
        # It waits a second for a go-ahead that only large bodies are worth; ours are in parts.
        made.meta.events.unregister("before-call.s3", add_expect_header)
        return made
