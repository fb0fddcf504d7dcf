"""One bucket on the S3 server, as its administrator sees it and as a studio is told of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.servers.s3_identities import APP, READ_ONLY, Identity

if TYPE_CHECKING:
    from support.servers.s3 import S3Server


class Bucket:
    """A bucket of its own, empty at first. settings: what a studio needs to use it, by the names of Settings."""

    def __init__(self, server: S3Server, name: str, identity: Identity = APP) -> None:
        self.server = server
        self.name = name
        self.identity = identity

    @property
    def settings(self) -> dict[str, Any]:
        return {"storage_backend": "s3", "storage_bucket": self.name, **self.server.settings_of(self.identity)}

    def read_only(self) -> Bucket:
        """The same bucket, for somebody who may read it and list it."""
        return Bucket(self.server, self.name, READ_ONLY)

    def keys(self, prefix: str = "") -> list[str]:
        """The keys that are there, as the administrator sees them, sorted."""
        with self.server.client() as client:
            pages = client.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
            return sorted(found["Key"] for page in pages for found in page.get("Contents", ()))

    def read(self, key: str) -> bytes:
        with self.server.client() as client:
            data: bytes = client.get_object(Bucket=self.name, Key=key)["Body"].read()
        return data

    def put(self, key: str, data: bytes, content_type: str = "application/octet-stream") -> None:
        with self.server.client() as client:
            client.put_object(Bucket=self.name, Key=key, Body=data, ContentType=content_type)

    def delete(self, key: str) -> None:
        with self.server.client() as client:
            client.delete_object(Bucket=self.name, Key=key)

    def unfinished(self) -> list[str]:
        """The keys of uploads in parts that were neither completed nor taken back."""
        with self.server.client() as client:
            told = client.list_multipart_uploads(Bucket=self.name)
        return [upload["Key"] for upload in told.get("Uploads", ())]

    def close(self) -> None:
        """Remove it with all that is in it. Harmless when the server is gone."""
        if self.server.runs:
            self.server.delete_bucket(self.name)
