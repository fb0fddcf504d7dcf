"""The assets of jobs over HTTP: parse, ask, answer."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import HTTPConnection

from app.characters.assets import AssetPersistenceService
from app.characters.assets_restoring import Restored
from app.characters.contract import ContractRoute, answers
from app.characters.job_manifest import Asset, Version
from app.sentences import CLEAN

router = APIRouter(prefix="/api/mv/jobs/{job_id}", tags=["job assets"], route_class=ContractRoute)

MOST_IMAGES = 100


async def _assets(connection: HTTPConnection) -> AssetPersistenceService:
    service: AssetPersistenceService = connection.app.state.job_assets
    return service


Service = Annotated[AssetPersistenceService, Depends(_assets)]
ImageId = Annotated[str, Field(max_length=100), CLEAN]


class AssociateRequest(BaseModel):
    """Which reference pictures the job uses from now on."""

    model_config = ConfigDict(extra="forbid", strict=True)

    image_ids: list[ImageId] = Field(min_length=1, max_length=MOST_IMAGES)


class AssociateAnswer(BaseModel):
    """associated: an address for each picture, those of links into the bucket for a while; missing: unknown ids."""

    associated: list[str]
    missing: list[str]


class LeftOutView(BaseModel):
    """A file of the job's folder that is not stored, and why."""

    path: str
    why: str


class PersistAnswer(BaseModel):
    """stored: paths that are new or different in the store; version: the number of the finals that were replaced."""

    job_id: str
    stored: list[str]
    unchanged: int
    left_out: list[LeftOutView]
    version: int | None


class RestoreAnswer(BaseModel):
    """restored: paths that were fetched; set_aside: those in whose place there was something else.

    set_aside_in: the folder beside the job's where that lies now.
    """

    job_id: str
    restored: list[str]
    unchanged: int
    set_aside: list[str]
    set_aside_in: str | None

    @classmethod
    def of(cls, restored: Restored) -> RestoreAnswer:
        return cls(**vars(restored))


class AssetView(BaseModel):
    """One stored file. path: below the job's folder; url: a link into the bucket, while cloud serving is on."""

    path: str
    key: str
    size_bytes: int
    sha256: str
    content_type: str
    url: str | None


class VersionView(BaseModel):
    """The finals as they once were; the newest has the highest number."""

    version: int
    kept_at: datetime
    files: list[AssetView]


class AssetsAnswer(BaseModel):
    """A job as it is stored. metadata: its own, what its folder's metadata.json says."""

    job_id: str
    persisted_at: datetime | None
    assets: list[AssetView]
    total: int
    size_bytes: int
    metadata: dict[str, Any] | None


class VersionsAnswer(BaseModel):
    job_id: str
    versions: list[VersionView]


class BackupAnswer(VersionView):
    """created: false when a version like the finals was kept already."""

    created: bool


class BroughtBackAnswer(VersionView):
    """kept_as: the number under which the finals before are kept now; restored: what changed on this machine."""

    kept_as: int | None
    restored: RestoreAnswer | None


class CleanupAnswer(BaseModel):
    job_id: str
    removed: list[str]


@router.post("/character_references", responses=answers(400, 409, 413, 422))
def associate(job_id: str, request: AssociateRequest, assets: Service) -> AssociateAnswer:
    """Give the job reference pictures, which cannot be deleted from then on; once more changes nothing."""
    done = assets.associate_character_images_with_job(job_id, request.image_ids, assets.folder_of(job_id))
    return AssociateAnswer(associated=done.associated, missing=done.missing)


@router.post("/persist", responses=answers(400, 404, 409, 422))
def persist(job_id: str, assets: Service) -> PersistAnswer:
    """Store the job's folder, whole or not at all; finals that are replaced are kept as a version."""
    done = assets.persist_job_assets(job_id, assets.folder_of(job_id))
    left_out = [LeftOutView(path=one.path, why=one.why) for one in done.left_out]
    return PersistAnswer(
        job_id=done.job_id, stored=done.stored, unchanged=done.unchanged, left_out=left_out, version=done.version
    )


@router.post("/restore", responses=answers(400, 404, 409, 422))
def restore(job_id: str, assets: Service) -> RestoreAnswer:
    """Bring a stored job back into its folder, byte for byte; only what is missing or different is fetched."""
    return RestoreAnswer.of(assets.download_job_assets(job_id, assets.folder_of(job_id)))


@router.post("/backup", responses=answers(400, 404, 409))
def backup(job_id: str, assets: Service) -> BackupAnswer:
    """Keep the stored finals as a version."""
    kept = assets.backup(job_id)
    return BackupAnswer(**_told(kept.version, assets), created=kept.created)


@router.get("/assets", responses=answers(400, 404))
def listing(job_id: str, assets: Service) -> AssetsAnswer:
    """The job's files as they are stored, and its metadata."""
    stored = assets.assets(job_id)
    files = stored.files.items()
    return AssetsAnswer(
        job_id=job_id,
        persisted_at=stored.persisted_at,
        assets=_views(files, assets),
        total=len(files),
        size_bytes=sum(asset.size_bytes for _, asset in files),
        metadata=None if stored.metadata is None else json.loads(stored.metadata),
    )


@router.get("/versions", responses=answers(400, 404))
def versions(job_id: str, assets: Service) -> VersionsAnswer:
    """The finals as they once were, the oldest first."""
    kept = assets.assets(job_id).versions
    return VersionsAnswer(job_id=job_id, versions=[VersionView(**_told(one, assets)) for one in kept])


@router.post("/versions/{version}/restore", responses=answers(400, 404, 409, 422))
def restore_version(job_id: str, version: Annotated[int, Path(ge=1, le=10**9)], assets: Service) -> BroughtBackAnswer:
    """Make a version the finals again, in the store and in the job's folder; those of now are kept first."""
    done = assets.restore_version(job_id, version, assets.folder_of(job_id))
    restored = None if done.restored is None else RestoreAnswer.of(done.restored)
    return BroughtBackAnswer(**_told(done.version, assets), kept_as=done.kept_as, restored=restored)


@router.delete("/assets", responses=answers(400, 404, 409))
def cleanup(job_id: str, assets: Service) -> CleanupAnswer:
    """Remove the intermediates from the store; finals, versions and metadata stay, and so does the job's folder."""
    return CleanupAnswer(job_id=job_id, removed=assets.cleanup(job_id))


def _told(version: Version, assets: AssetPersistenceService) -> dict[str, Any]:
    return {"version": version.number, "kept_at": version.kept_at, "files": _views(version.files.items(), assets)}


def _views(files: Iterable[tuple[str, Asset]], assets: AssetPersistenceService) -> list[AssetView]:
    return [
        AssetView(
            path=path,
            key=one.key,
            size_bytes=one.size_bytes,
            sha256=one.sha256,
            content_type=one.content_type,
            url=assets.link_to(one.key),
        )
        for path, one in sorted(files)
    ]
