"""The assets of jobs: kept in the store whole or not at all, brought back byte for byte."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path

from app.characters.assets_restoring import Restored, Restoring
from app.characters.assets_results import Associated, BroughtBack, Kept, Persisted, Picture, Pictures, References
from app.characters.assets_supplies import copied, local, metadata_of, name_of, pictures_in, supplies_of
from app.characters.job_change import Change, Supply
from app.characters.job_folder import JobFolder, LeftOut, folder_errors
from app.characters.job_layout import FINAL, JOBS, METADATA, REFERENCES, checked_job, content_type_of, key_of
from app.characters.job_manifest import Manifest, Version, sums
from app.characters.job_store import JobStore, View
from app.characters.job_turns import Turns
from app.characters.job_writing import JobWriter
from app.clock import Clock
from app.errors import NotFound, StorageUnavailable, StudioError
from app.storage.port import ObjectStore

PICTURES = "character_references"


class AssetPersistenceService:
    """Keeps the files of jobs.

    A job's folder holds `final/`, `scenes/`, `audio/`, `uploads/` and `character_reference/` with whatever is below
    them, `metadata.json` and `script.json`; what else is in it is left out, and told. Two calls never change one job
    at the same time: the second one is told so (Conflict `job_busy`). All methods raise MalformedJob for an id that
    no job could have, and StorageUnavailable when the store cannot be used; the job is then as it was.

    pictures: where reference pictures come from. holder: the studio's name, asked for when it is needed. limit:
    versions that are kept. links: whether addresses lead into the store, where it has some.
    """

    def __init__(
        self,
        *,
        store: ObjectStore,
        pictures: Pictures,
        references: References,
        clock: Clock,
        folder: Path,
        holder: Callable[[], str],
        limit: int = 10,
        links: bool = False,
    ) -> None:
        self._store = store
        self._pictures = pictures
        self._references = references
        self._folder = folder
        self._limit = limit
        self._links = links
        self._turns = Turns(store, holder=holder, clock=clock, limit=limit)

    def folder_of(self, job_id: str) -> Path:
        """The job's folder on this machine, which need not exist."""
        return self._folder / checked_job(job_id)

    def persist_character_reference(
        self, image_id: str, local_image_path: str | Path, job_id: str | None = None
    ) -> str:
        """Keep a picture from this machine as that reference picture, or as the job's copy of it; its key.

        Raises InvalidInput for what is no id or no picture's name, FolderUnavailable when the file cannot be read.
        """
        path = Path(local_image_path)
        name = name_of(image_id, path.suffix.lower().removeprefix(".").replace("jpeg", "jpg"))
        if job_id is None:
            with folder_errors(image_id), path.open("rb") as stream:
                self._store.put(f"{PICTURES}/{name}", stream, content_type_of(name))
            return f"{PICTURES}/{name}"
        with folder_errors(checked_job(job_id)):
            supply = local(path, content_type_of(name))
        with self._turns.of(job_id, "given pictures"), self._turns.writing(job_id) as writer:
            writer.carry_out(Change(supplies={f"{REFERENCES}/{name}": supply}))
        self._references.add(job_id, [image_id])
        return key_of(job_id, f"{REFERENCES}/{name}")

    def associate_character_images_with_job(
        self, job_id: str, image_ids: Sequence[str], local_base_path: str | Path
    ) -> Associated:
        """Give the job copies of reference pictures, in the store and in its folder; again changes nothing.

        local_base_path: the job's folder. Raises InvalidInput for what is no id, and nothing is associated then.
        """
        checked_job(job_id)
        found: dict[str, Picture] = {}
        missing: list[str] = []
        for image_id in dict.fromkeys(image_ids):
            try:
                found[image_id] = self._pictures.get(image_id)
            except NotFound:
                missing.append(image_id)
        if found:
            with self._turns.of(job_id, "given pictures"):
                self._associate(JobFolder(job_id, Path(local_base_path)), list(found.values()))
            self._references.add(job_id, found)
        urls = [self.get_character_reference_url(one.id, job_id, one.extension) for one in found.values()]
        return Associated(urls, missing)

    def get_character_reference_url(self, image_id: str, job_id: str | None = None, extension: str = "png") -> str:
        """Where the picture, or the job's copy of it, can be read now; whether it exists is not looked up.

        A link into the store, made now and never kept, where links are wanted and the store has some; else the
        studio's own address of the picture. Raises InvalidInput.
        """
        name = name_of(image_id, extension)
        if self._links:
            key = f"{PICTURES}/{name}" if job_id is None else key_of(checked_job(job_id), f"{REFERENCES}/{name}")
            link = self._store.url(key)
            if link is not None:
                return link.url
        return f"/api/mv/get_character_reference/{image_id}"

    def persist_job_assets(self, job_id: str, local_base_path: str | Path) -> Persisted:
        """Store what is new or different in the job's folder, whole or not at all; what is not there stays stored.

        local_base_path: the job's folder. Finals that are replaced are kept as a version first. Raises NotFound
        when the folder holds no file of a job, InvalidInput when its metadata is no JSON object, Conflict.
        """
        folder = JobFolder(checked_job(job_id), Path(local_base_path))
        with self._turns.of(job_id, "persisted"):
            with folder_errors(job_id):
                self._restoring(folder).finish()
            found = folder.look()
            if not found.paths:
                raise NotFound(
                    f"there is no file of job {job_id!r} in its folder on this machine; restore it, or put some there",
                    field="job_id",
                    code="job_folder_empty",
                )
            metadata = metadata_of(folder) if METADATA in found.paths else None
            supplies = supplies_of(folder, [path for path in found.paths if path != METADATA])
            with self._turns.writing(job_id) as writer:
                persisted = self._persist(writer, supplies, metadata, found.left_out)
        self._references.add(job_id, pictures_in(supplies))
        return persisted

    def download_job_assets(self, job_id: str, local_base_path: str | Path) -> Restored:
        """Bring every file of a stored job into its folder, byte for byte; all of them, or none.

        local_base_path: the job's folder. Files with other contents are set aside. Raises NotFound for a job that
        was never stored.
        """
        folder = JobFolder(checked_job(job_id), Path(local_base_path))
        with self._turns.of(job_id, "restored"):
            folder.look()
            view = self._view(job_id)
            restored = self._restoring(folder).restore(partial(self._view, job_id))
        pictures = pictures_in(view.manifest.files)
        for image_id in pictures:
            with suppress(StudioError):  # a machine that has not heard of it finds it in the bucket
                self._pictures.get(image_id)
        self._references.add(job_id, pictures)
        return restored

    def assets(self, job_id: str) -> Manifest:
        """The job as it is stored, its own metadata included. Raises NotFound."""
        return self._view(checked_job(job_id)).manifest

    def link_to(self, key: str) -> str | None:
        """A link to one of the job's objects, made now and never kept; None where none is wanted, or to be had."""
        link = self._store.url(key) if self._links else None
        return None if link is None else link.url

    def backup(self, job_id: str) -> Kept:
        """Keep the finals as a version, unless one like them is kept. Raises NotFound when there are none."""
        with self._turns.of(checked_job(job_id), "backed up"), self._turns.writing(job_id) as writer:
            before = self._stored(writer)
            if not before.finals:
                raise NotFound(f"job {job_id!r} has no finals that could be kept", field="job_id", code="no_finals")
            same = next((one for one in before.versions if one.sums == sums(before.finals)), None)
            if same is not None:
                return Kept(same, created=False)
            after = writer.carry_out(Change(keep_finals=True))
            made = _made(before, after)
            if made is None:
                raise StorageUnavailable(
                    f"the store has lost the finals of job {job_id!r}; persist it once more from a machine that has "
                    "them",
                    code="asset_damaged",
                )
            return Kept(made, created=True)

    def restore_version(self, job_id: str, number: int, local_base_path: str | Path) -> BroughtBack:
        """Make the finals what they were, in the store and in the job's folder if there is one.

        Those of now are kept as a version first, unless one like them is. Raises NotFound.
        """
        folder = JobFolder(checked_job(job_id), Path(local_base_path))
        with self._turns.of(job_id, "brought back"):
            folder.look()
            with self._turns.writing(job_id) as writer:
                before = self._stored(writer)
                version = before.version(number)
                if version is None:
                    there = ", ".join(str(one.number) for one in before.versions) or "none"
                    raise NotFound(f"job {job_id!r} has no version {number}; there is: {there}", field="version")
                after = before
                if sums(before.finals) != version.sums:
                    gone = frozenset(before.finals) - frozenset(version.files)
                    after = writer.carry_out(Change(version=version, removed=gone, keep_finals=True))
            made = _made(before, after)
            look = partial(self._view, job_id)
            restored = self._restoring(folder).restore(look, exactly=f"{FINAL}/") if folder.exists else None
        return BroughtBack(version, None if made is None else made.number, restored)

    def cleanup(self, job_id: str) -> list[str]:
        """Remove the intermediates from the store: all but finals, versions and metadata; the paths that went.

        The folder on this machine stays. Raises NotFound for a job that was never stored.
        """
        with self._turns.of(checked_job(job_id), "cleaned up"), self._turns.writing(job_id) as writer:
            before = self._stored(writer)
            gone = frozenset(before.files) - frozenset(before.finals)
            if gone:
                writer.carry_out(Change(removed=gone))
        self._references.remove_job(job_id)
        return sorted(gone)

    def _persist(
        self, writer: JobWriter, supplies: Mapping[str, Supply], metadata: str | None, left_out: Sequence[LeftOut]
    ) -> Persisted:
        before = writer.manifest
        versions = {one.key: version.number for version in before.versions for one in version.files.values()}
        left_out = list(left_out)
        wanted = {}
        for path, supply in supplies.items():
            number = versions.get(key_of(before.job_id, path))
            if number is None:
                wanted[path] = supply
            else:
                left_out.append(LeftOut(path, f"version {number} of the finals is kept under this name; rename it"))
        lost = self._lost(before)
        new = {
            path: supply
            for path, supply in wanted.items()
            if path in lost or path not in before.files or before.files[path].sha256 != supply.sha256
        }
        told = metadata is not None and metadata != before.metadata
        after = before
        if new or told or before.persisted_at is None:
            keep = any(path in before.finals for path in new)
            after = writer.carry_out(Change(supplies=new, keep_finals=keep, metadata=metadata if told else None))
        made = _made(before, after)
        stored = sorted([*new, METADATA] if told else new)
        unchanged = len(wanted) - len(new) + (metadata is not None and not told)
        return Persisted(before.job_id, stored, unchanged, left_out, None if made is None else made.number)

    def _lost(self, manifest: Manifest) -> set[str]:
        """Paths whose objects are gone from the store, or have another size."""
        if not manifest.files:
            return set()
        sizes = {found.key: found.size_bytes for found in self._store.list(f"{JOBS}/{manifest.job_id}/")}
        return {path for path, asset in manifest.files.items() if sizes.get(asset.key) != asset.size_bytes}

    def _associate(self, folder: JobFolder, pictures: Sequence[Picture]) -> None:
        wanted = {f"{REFERENCES}/{one.id}.{one.extension}": one for one in pictures}
        view = JobStore(self._store, folder.job_id).look()
        if _lacking(view.manifest, wanted) or not view.quiet:
            with self._turns.writing(folder.job_id) as writer:
                new = _lacking(writer.manifest, wanted)
                if new:
                    writer.carry_out(Change(supplies={path: copied(new[path], self._pictures) for path in new}))
        for path, one in wanted.items():
            if folder.sum_of(path) != (one.size_bytes, one.sha256):
                folder.write(path, self._pictures.picture_of(one.id))

    def _stored(self, writer: JobWriter) -> Manifest:
        """The job in this turn; raises NotFound where it was never stored."""
        return writer.manifest if writer.manifest.persisted_at is not None else writer.job.view().manifest

    def _view(self, job_id: str) -> View:
        return JobStore(self._store, job_id).view()

    def _restoring(self, folder: JobFolder) -> Restoring:
        return Restoring(self._store, folder, limit=self._limit)


def _made(before: Manifest, after: Manifest) -> Version | None:
    """The version that a change has made; None when it made none."""
    return next((one for one in after.versions if before.version(one.number) is None), None)


def _lacking(manifest: Manifest, wanted: Mapping[str, Picture]) -> dict[str, Picture]:
    """What the stored job has not got, or has with other contents."""
    files = manifest.files
    return {path: one for path, one in wanted.items() if path not in files or files[path].sha256 != one.sha256}
