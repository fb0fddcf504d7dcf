"""An object of a bucket as a seekable stream that holds one piece of it at a time."""

from __future__ import annotations

import io
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from app.errors import Conflict, NoSuchObject, StorageUnavailable
from app.storage.s3_client import S3Connection

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

BUFFER_BYTES = 256 * 1024
# How far ahead it is cheaper to read on than to ask anew.
SKIP_BYTES = 64 * 1024


class S3Stream(io.RawIOBase):
    """Reads one edition of one object; a seek costs nothing until the next read, which asks for the rest from there.

    A connection that breaks is taken up again where it broke. Raises NoSuchObject when made.
    """

    def __init__(self, connection: S3Connection, key: str) -> None:
        super().__init__()
        self._connection = connection
        self._key = key
        self._position = 0
        self._body: Any = None
        self._body_at = 0
        answer = connection.call(lambda client: client.get_object(Bucket=self._bucket, Key=key), key)
        self._body = answer["Body"]
        self._etag = answer["ETag"]
        self.size_bytes = answer["ContentLength"]

    @property
    def _bucket(self) -> str:
        return self._connection.settings.bucket

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size_bytes}[whence]
        if start + offset < 0:
            raise ValueError(f"there is nothing before an object's first byte: {start + offset}")
        self._position = start + offset
        return self._position

    def readinto(self, buffer: Any) -> int:
        wanted = min(len(buffer), max(self.size_bytes - self._position, 0))
        if wanted == 0:
            return 0
        try:
            piece = self._connection.call(lambda client: self._piece(client, wanted), self._key)
        except (Conflict, NoSuchObject) as error:
            raise StorageUnavailable(f"the object {self._key!r} was replaced while it was read") from error
        buffer[: len(piece)] = piece
        self._position += len(piece)
        return len(piece)

    def close(self) -> None:
        self._drop()
        super().close()

    def _piece(self, client: S3Client, wanted: int) -> bytes:
        """Up to `wanted` bytes from the position on; what breaks while they come is asked for anew."""
        try:
            ahead = self._position - self._body_at
            if self._body is None or not 0 <= ahead <= SKIP_BYTES:
                self._ask_anew(client)
            elif ahead:
                self._body_at += len(self._body.read(ahead))
            piece: bytes = self._body.read(wanted)
        except BaseException:
            self._drop()
            raise
        self._body_at += len(piece)
        return piece

    def _ask_anew(self, client: S3Client) -> None:
        self._drop()
        span = f"bytes={self._position}-{self.size_bytes - 1}"
        answer = client.get_object(Bucket=self._bucket, Key=self._key, Range=span, IfMatch=self._etag)
        self._body, self._body_at = answer["Body"], self._position

    def _drop(self) -> None:
        """Give the connection back: to the others when all was read, else it is of no use any more."""
        body, self._body = self._body, None
        if body is not None:
            with suppress(OSError):
                body.close()


def opened(connection: S3Connection, key: str) -> io.BufferedReader:
    """The object's stream, read in pieces of 256 KiB however small the reader asks."""
    return io.BufferedReader(S3Stream(connection, key), BUFFER_BYTES)
