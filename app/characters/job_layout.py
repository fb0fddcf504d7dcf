"""Where a job's files lie: below its own folder on this machine, and under keys in the store."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from app.errors import InvalidInput
from app.storage.content_types import content_type_of as known_content_type_of
from app.storage.port import checked_key

JOBS = "videos"
FINAL = "final"
INTERMEDIATE = "intermediate"
PENDING = "pending"
REFERENCES = "character_reference"
METADATA = "metadata.json"
SCRIPT = "script.json"
FOLDERS = (REFERENCES, "scenes", "audio", "uploads", FINAL)

_JOB_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", re.ASCII)


class MalformedJob(InvalidInput):
    """400: no job could ever be called so."""

    status = 400


def checked_job(job_id: str) -> str:
    """The id itself, if a job may be called so. Raises MalformedJob."""
    if _JOB_ID.fullmatch(job_id) is None:
        raise MalformedJob(
            f"{job_id[:64]!r} is no job ID; one has 1 to 64 letters, digits, _ or -, and begins with a letter or digit",
            field="job_id",
        )
    return job_id


def key_of(job_id: str, path: str) -> str:
    """The key of the file at `path` below the job's folder. Raises InvalidInput with what no store could hold."""
    below = path if path.startswith(f"{FINAL}/") else f"{INTERMEDIATE}/{path}"
    return checked_key(f"{JOBS}/{job_id}/{below}")


def path_of(job_id: str, key: str) -> str:
    """The file's path below the job's folder. Raises InvalidInput for a key that is none of a job's files."""
    below = checked_key(key).removeprefix(f"{JOBS}/{job_id}/")
    path = below.removeprefix(f"{INTERMEDIATE}/")
    fault = fault_of(path)
    if fault is None and key_of(job_id, path) != key:
        fault = f"it is no key of job {job_id!r}"
    if fault is not None:
        raise InvalidInput(f"the object {key[:100]!r} is none of the job's files: {fault}", field="key")
    return path


def fault_of(path: str) -> str | None:
    """Why a file at `path` is none of a job's, in a sentence; None when it is one."""
    first, *rest = path.split("/")
    if not rest:
        return None if path in (METADATA, SCRIPT) else f"a job keeps {METADATA}, {SCRIPT} and {', '.join(FOLDERS)}"
    if first not in FOLDERS:
        return f"a job's folders are {', '.join(FOLDERS)}"
    return None


def content_type_of(path: str) -> str:
    """By the extension; what is not known is of no particular kind, so that a page among it does not run as one."""
    return known_content_type_of(path) or "application/octet-stream"


def versioned(path: str, number: int) -> str:
    """Where version `number` of a final is kept: `final/video_v1.mp4` for `final/video.mp4`."""
    name = PurePosixPath(path)
    return name.with_name(f"{name.stem}_v{number}{name.suffix}").as_posix()
