"""Objects put into a bucket and copied in it: with one call where that is enough, else in parts."""

from __future__ import annotations

import io
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from itertools import chain
from operator import methodcaller
from typing import TYPE_CHECKING, Any, BinaryIO, Literal

from app.errors import Conflict, NoSuchObject, StudioError
from app.storage.s3_client import S3Connection

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import CompletedPartTypeDef

MIB = 1024 * 1024
PART_BYTES = 8 * MIB
# S3 takes 10,000 parts of one object: from here on they are larger, for 560 GiB in all.
SMALL_PARTS = 1000
LARGE_PART_BYTES = 64 * MIB
# A copy by one call is answered when it is done, which must be before the answer counts as late.
COPY_AT_ONCE_BYTES = 256 * MIB
# An object's metadata names the call that made it: so a call whose answer was lost knows its own work.
MADE_BY = "made-by"


class S3Writer:
    """Puts and copies objects, each wholly or not at all; the parts of a failed one are taken back.

    part_bytes, copy_at_once_bytes: what is larger is put, or copied, in parts.
    """

    def __init__(
        self, connection: S3Connection, *, part_bytes: int = PART_BYTES, copy_at_once_bytes: int = COPY_AT_ONCE_BYTES
    ) -> None:
        self._connection = connection
        self._part_bytes = part_bytes
        self._copy_at_once_bytes = copy_at_once_bytes

    def put(self, key: str, data: bytes | BinaryIO, content_type: str, *, only_if_absent: bool) -> None:
        """Raises Conflict where there is an object and only_if_absent."""
        made_by = uuid.uuid4().hex
        condition: Any = {"IfNoneMatch": "*"} if only_if_absent else {}
        described: Any = {"ContentType": content_type or "application/octet-stream", "Metadata": {MADE_BY: made_by}}
        parts = self._parts(io.BytesIO(data) if isinstance(data, bytes) else data)
        first, second = next(parts), next(parts, b"")
        if second:
            pieces = chain((first, second), parts)
            self._in_parts(key, "upload_part", ({"Body": piece} for piece in pieces), described, condition)
            return

        def put(client: S3Client) -> None:
            client.put_object(Bucket=self._bucket, Key=key, Body=first, **described, **condition)

        self._call_once(key, put, made_by)

    def copy(self, source: str, target: str, *, size_bytes: int, etag: str, described: dict[str, Any]) -> None:
        """Raises NoSuchObject. described: ContentType and Metadata of the source, which parts do not bring along."""
        origin: Any = {"CopySource": {"Bucket": self._bucket, "Key": source}, "CopySourceIfMatch": etag}
        if size_bytes <= self._copy_at_once_bytes:
            self._connection.call(lambda client: client.copy_object(Bucket=self._bucket, Key=target, **origin), source)
            return
        step = max(min(LARGE_PART_BYTES, self._copy_at_once_bytes), -(-size_bytes // 10_000))

        spans = (f"bytes={start}-{min(start + step, size_bytes) - 1}" for start in range(0, size_bytes, step))
        parts = ({"CopySourceRange": span, **origin} for span in spans)
        self._in_parts(target, "upload_part_copy", parts, described, {})

    @property
    def _bucket(self) -> str:
        return self._connection.settings.bucket

    def _parts(self, data: BinaryIO) -> Iterator[bytes]:
        """The data in pieces, at least one, of which an empty one is the only one."""
        number = 0
        while True:
            size_bytes = self._part_bytes if number < SMALL_PARTS else max(self._part_bytes, LARGE_PART_BYTES)
            piece = _exactly(data, size_bytes)
            if piece or number == 0:
                yield piece
            if len(piece) < size_bytes:
                return
            number += 1

    def _in_parts(
        self,
        key: str,
        operation: Literal["upload_part", "upload_part_copy"],
        parts: Iterable[dict[str, Any]],
        described: dict[str, Any],
        condition: dict[str, Any],
    ) -> None:
        call = self._connection.call
        named: Any = {"Bucket": self._bucket, "Key": key}
        begun = call(lambda client: client.create_multipart_upload(**named, **described), key)
        named["UploadId"] = begun["UploadId"]
        done: list[CompletedPartTypeDef] = []
        try:
            for number, part in enumerate(parts, 1):
                send = methodcaller(operation, **named, **part, PartNumber=number)
                answer = call(send, key)
                done.append({"PartNumber": number, "ETag": answer.get("CopyPartResult", answer)["ETag"]})

            def complete(client: S3Client) -> None:
                client.complete_multipart_upload(**named, MultipartUpload={"Parts": done}, **condition)

            self._call_once(key, complete, described["Metadata"].get(MADE_BY, ""))
        except BaseException:
            # A store that hangs cannot take the parts back either; a bucket's lifecycle rule can, later.
            with suppress(StudioError):
                call(lambda client: client.abort_multipart_upload(**named), key, attempts=1)
            raise

    def _call_once(self, key: str, work: Callable[[S3Client], None], made_by: str) -> None:
        """Make a call that cannot be made twice; a second attempt that finds its own work done is content."""
        try:
            self._connection.call(work, key)
        except (Conflict, NoSuchObject):
            if not made_by or self._made_by(key) != made_by:
                raise

    def _made_by(self, key: str) -> str | None:
        try:
            answer = self._connection.call(lambda client: client.head_object(Bucket=self._bucket, Key=key), key)
        except StudioError:
            return None
        return answer["Metadata"].get(MADE_BY)


def _exactly(data: BinaryIO, size_bytes: int) -> bytes:
    """That many bytes, fewer only at the end: one read of a pipe or of a connection may bring less."""
    pieces = []
    while size_bytes > 0 and (piece := data.read(size_bytes)):
        pieces.append(piece)
        size_bytes -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)
