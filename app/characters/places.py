"""The two places of a reference picture: the folder of this machine, always, and the bucket, where there is one."""

from __future__ import annotations

import io
import logging
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from app.characters.tables import CharacterReference
from app.errors import NoSuchObject, StorageUnavailable
from app.storage.port import Link, ObjectStore, StoredObject

FOLDER = "character_references"
EXTENSIONS = {"image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
# What a caller waits for a first look at the bucket, of the five seconds that a bucket may take.
_LOOK_WITHIN_SECONDS = 3.0

log = logging.getLogger("app.characters")


@dataclass(frozen=True)
class Kept:
    """Where a picture is kept. warning: why the bucket does not have it; "" when nothing is wrong."""

    in_cloud: bool
    warning: str = ""


class Places:
    """Puts pictures into the folder first, then into the bucket; finds them in whichever can be read.

    cloud: None when there is no bucket. serve_from_cloud: whether pictures are answered as links into it.
    """

    def __init__(self, *, local: ObjectStore, cloud: ObjectStore | None, serve_from_cloud: bool) -> None:
        self._local = local
        self.cloud = cloud
        self._serve_from_cloud = serve_from_cloud

    @property
    def serves_from_cloud(self) -> bool:
        return self._serve_from_cloud and self.cloud is not None

    def keep(self, key: str, data: bytes, content_type: str, *, but_not_in_cloud: str = "") -> Kept:
        """Put a new picture into both. The folder must take it: raises Conflict, StorageUnavailable.

        but_not_in_cloud: the warning of the picture before, which would be this one's, too, after as long a wait.
        """
        self._local.put(key, data, content_type, only_if_absent=True)
        if self.cloud is None or but_not_in_cloud:
            return Kept(in_cloud=False, warning=but_not_in_cloud)
        try:
            self.lift(key, data, content_type)
        except StorageUnavailable as error:
            log.warning("%s is kept on this machine only: %s", key, error.message)
            return Kept(in_cloud=False, warning=f"kept on this machine only: {error.message}")
        return Kept(in_cloud=True)

    def lift(self, key: str, data: bytes, content_type: str) -> None:
        """Put a picture of the folder into the bucket; the same again does no harm. Raises StorageUnavailable."""
        assert self.cloud is not None
        self.cloud.put(key, data, content_type)

    def link(self, record: CharacterReference) -> Link | None:
        """A link to the picture in the bucket; None when it is not there, or the bucket cannot be used now."""
        if self.cloud is None or not record.in_cloud or self.cloud.condition(_LOOK_WITHIN_SECONDS):
            return None
        return self.cloud.url(record.key)

    def local(self, record: CharacterReference) -> BinaryIO | None:
        """The picture in the folder, seekable; None when it is not there, or not whole."""
        try:
            stream = self._local.open(record.key)
        except NoSuchObject:
            return None
        if stream.seek(0, io.SEEK_END) != record.size_bytes:
            stream.close()
            return None
        stream.seek(0)
        return stream

    def open(self, record: CharacterReference) -> BinaryIO:
        """The picture, seekable, from the folder or else the bucket. Raises NoSuchObject, StorageUnavailable."""
        stream = self.local(record)
        if stream is not None:
            return stream
        if self.cloud is None or not record.in_cloud:
            raise NoSuchObject(f"there is no object {record.key!r}")
        return self.cloud.open(record.key)

    def found(self, image_id: str) -> StoredObject | None:
        """The object that the bucket has of that picture. Raises StorageUnavailable."""
        if self.cloud is None:
            return None
        fitting = {f"{FOLDER}/{image_id}.{extension}" for extension in EXTENSIONS.values()}
        listed = self.cloud.list(f"{FOLDER}/{image_id}.")
        return next((stored for stored in listed if stored.key in fitting), None)

    def read_cloud(self, key: str) -> bytes:
        """Raises NoSuchObject, StorageUnavailable."""
        assert self.cloud is not None
        return self.cloud.read(key)

    def keep_locally(self, key: str, data: bytes, content_type: str) -> None:
        """Put what the bucket has into the folder, too; that the folder cannot take it does no harm."""
        with suppress(StorageUnavailable):
            self._local.put(key, data, content_type)

    def take_back(self, key: str) -> None:
        """Remove what was put in and is not recorded. Never fails: why it is taken back is what shall be told."""
        for place in (self._local, self.cloud):
            with suppress(StorageUnavailable):
                if place is not None:
                    place.delete(key)

    def remove_from_cloud(self, record: CharacterReference) -> None:
        """Raises StorageUnavailable when the bucket has it and cannot be made to let it go."""
        if self.cloud is None:
            return
        try:
            self.cloud.delete(record.key)
        except StorageUnavailable:
            if record.in_cloud:
                raise

    def remove_locally(self, key: str) -> None:
        self._local.delete(key)
