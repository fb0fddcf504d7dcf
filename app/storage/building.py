"""Which store the settings ask for."""

from __future__ import annotations

from app.settings import Settings
from app.storage.folder import FolderStore
from app.storage.port import ObjectStore


def build_store(settings: Settings) -> ObjectStore:
    """The bucket with STORAGE_BACKEND=s3, else the folder. Nothing is asked of anybody yet."""
    if settings.storage_backend == "local":
        return FolderStore(settings.store_folder)
    from app.storage.s3 import S3Store  # noqa: PLC0415  # not to be paid for by a studio without it
    from app.storage.s3_settings import S3Settings  # noqa: PLC0415

    return S3Store(S3Settings.of(settings))
