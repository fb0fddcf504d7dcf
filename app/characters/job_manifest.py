"""What a stored job consists of: its manifest, the last object written and the one that makes the others count."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from app.characters.job_layout import METADATA, key_of, path_of, versioned
from app.errors import InvalidInput, StorageUnavailable

MAX_MANIFEST_BYTES = 64 * 1024 * 1024
MAX_METADATA_BYTES = 1024 * 1024
MAX_METADATA_DEPTH = 100
MEMBER = "job_assets"
FORM = 1
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True)
class Asset:
    """One file of a job. key: of its object."""

    key: str
    size_bytes: int
    sha256: str
    content_type: str


@dataclass(frozen=True)
class Version:
    """The finals as they once were. files: by the paths that they had; each asset's key is that of the kept copy."""

    number: int
    kept_at: datetime
    files: Mapping[str, Asset]

    @property
    def sums(self) -> dict[str, str]:
        return sums(self.files)


@dataclass(frozen=True)
class Manifest:
    """A job as the store holds it. files: by their paths below the job's folder; metadata: the job's own, as text."""

    job_id: str
    persisted_at: datetime | None = None
    files: Mapping[str, Asset] = field(default_factory=dict)
    versions: tuple[Version, ...] = ()
    metadata: str | None = None

    @property
    def key(self) -> str:
        return key_of(self.job_id, METADATA)

    @property
    def finals(self) -> dict[str, Asset]:
        return {path: asset for path, asset in self.files.items() if path.startswith("final/")}

    @property
    def keys(self) -> set[str]:
        """Every object that belongs to the job, the manifest's own among them."""
        kept = (asset.key for version in self.versions for asset in version.files.values())
        return {self.key, *(asset.key for asset in self.files.values()), *kept}

    @property
    def sums(self) -> set[str]:
        """The SHA-256 of everything that the store has of the job, versions included."""
        kept = (asset.sha256 for version in self.versions for asset in version.files.values())
        return {*(asset.sha256 for asset in self.files.values()), *kept}

    def version(self, number: int) -> Version | None:
        return next((version for version in self.versions if version.number == number), None)


def sums(files: Mapping[str, Asset]) -> dict[str, str]:
    return {path: asset.sha256 for path, asset in files.items()}


def checked_metadata(data: bytes) -> str:
    """A job's own metadata as text. Raises InvalidInput unless it is a JSON object in UTF-8 of at most 1 MiB."""
    fault = None
    if len(data) > MAX_METADATA_BYTES:
        fault = f"it has {len(data):,} bytes, at most {MAX_METADATA_BYTES:,} are kept"
    else:
        try:
            found = json.loads(data.decode("utf-8"))
            # Half characters, and numbers that are none, could be read but never told again.
            json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
            if not isinstance(found, dict):
                fault = "it is JSON, but no object"
            elif _is_deep(found):
                fault = f"its parts lie within each other more than {MAX_METADATA_DEPTH} times"
        except (ValueError, RecursionError):
            fault = "it cannot be read as JSON in UTF-8"
    if fault is not None:
        raise InvalidInput(f"{METADATA} must be a JSON object in UTF-8: {fault}", field=METADATA)
    return data.decode("utf-8")


def _is_deep(found: Any) -> bool:
    level = [found]
    for _ in range(MAX_METADATA_DEPTH):
        inner = [part for one in level if isinstance(one, dict | list) for part in _parts(one)]
        if not inner:
            return False
        level = inner
    return True


def _parts(one: dict[str, Any] | list[Any]) -> Iterable[Any]:
    return one.values() if isinstance(one, dict) else one


def as_bytes(manifest: Manifest) -> bytes:
    """The object's content: the job's own metadata as it was, and beside it what the store holds."""
    own = {} if manifest.metadata is None else json.loads(manifest.metadata)
    ours = {
        "form": FORM,
        "job_id": manifest.job_id,
        "persisted_at": None if manifest.persisted_at is None else manifest.persisted_at.isoformat(),
        "assets": _listed(manifest.files),
        "versions": [
            {"version": one.number, "kept_at": one.kept_at.isoformat(), "files": _listed(one.files, with_path=True)}
            for one in manifest.versions
        ],
        "metadata_text": manifest.metadata,
    }
    return json.dumps({**own, MEMBER: ours}, ensure_ascii=True).encode()


def from_bytes(job_id: str, data: bytes) -> Manifest:
    """The manifest in an object. One that somebody else has put there is metadata without assets.

    Nothing in it is believed before it was looked at: keys of other jobs, paths that lead elsewhere and sums that are
    none make it damaged. Raises StorageUnavailable then.
    """
    try:
        found = json.loads(data)
        if not isinstance(found, dict) or MEMBER not in found:
            return Manifest(job_id, metadata=checked_metadata(data))
        return _read(job_id, found[MEMBER])
    except (InvalidInput, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise StorageUnavailable(
            f"the manifest of job {job_id!r} is damaged ({key_of(job_id, METADATA)}); persist the job once more from "
            "the machine that has its files, after this object was removed",
            code="manifest_damaged",
        ) from error


def _read(job_id: str, ours: Mapping[str, Any]) -> Manifest:
    if ours["form"] != FORM or ours["job_id"] != job_id:
        raise ValueError("of another form, or of another job")
    files = {path_of(job_id, one["key"]): _asset(one) for one in ours["assets"]}
    text = ours["metadata_text"]
    manifest = Manifest(
        job_id,
        persisted_at=None if ours["persisted_at"] is None else datetime.fromisoformat(ours["persisted_at"]),
        files=files,
        versions=tuple(_version(job_id, one) for one in ours["versions"]),
        metadata=None if text is None else checked_metadata(text.encode()),
    )
    if METADATA in files or displaced(files, files):
        raise ValueError("two of its files cannot be in one folder")
    return manifest


def _version(job_id: str, told: Mapping[str, Any]) -> Version:
    number = int(told["version"])
    if number < 1:
        raise ValueError("a version without a number")
    files = {}
    for one in told["files"]:
        path, asset = path_of(job_id, key_of(job_id, one["path"])), _asset(one)
        if not path.startswith("final/") or asset.key != version_key(job_id, path, number):
            raise ValueError("a version that is kept nowhere")
        files[path] = asset
    return Version(number, datetime.fromisoformat(told["kept_at"]), files)


def version_key(job_id: str, path: str, number: int) -> str:
    return key_of(job_id, versioned(path, number))


def _asset(told: Mapping[str, Any]) -> Asset:
    asset = Asset(str(told["key"]), int(told["size_bytes"]), str(told["sha256"]), str(told["content_type"]))
    if asset.size_bytes < 0 or _SHA256.fullmatch(asset.sha256) is None:
        raise ValueError("a size or a sum that is none")
    return asset


def _listed(files: Mapping[str, Asset], *, with_path: bool = False) -> list[dict[str, Any]]:
    return [
        {
            **({"path": path} if with_path else {}),
            "key": asset.key,
            "size_bytes": asset.size_bytes,
            "sha256": asset.sha256,
            "content_type": asset.content_type,
        }
        for path, asset in sorted(files.items())
    ]


def displaced(files: Iterable[str], by: Iterable[str]) -> set[str]:
    """Those files that cannot be in one folder with the others: one is a file where the other needs a folder."""
    others = set(by)
    folders = {parent for path in others for parent in _parents(path)}
    return {path for path in files if path in folders or not others.isdisjoint(_parents(path))}


def _parents(path: str) -> Iterable[str]:
    parts = path.split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts)))
