"""What the assets of jobs need of others, and what their calls answer."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from app.characters.assets_restoring import Restored
from app.characters.job_folder import LeftOut
from app.characters.job_manifest import Version


class Picture(Protocol):
    """What a job needs to know of a reference picture."""

    @property
    def id(self) -> str: ...
    @property
    def extension(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def size_bytes(self) -> int: ...
    @property
    def sha256(self) -> str: ...


class Pictures(Protocol):
    """Where reference pictures come from."""

    def get(self, image_id: str) -> Picture:
        """Raises InvalidInput for what is no id, NotFound."""

    def picture_of(self, image_id: str) -> bytes:
        """The picture's bytes. Raises as `get`, and StorageUnavailable."""


class References(Protocol):
    """Remembers which job uses which picture."""

    def add(self, job_id: str, image_ids: Iterable[str]) -> None: ...
    def remove_job(self, job_id: str) -> None: ...


@dataclass(frozen=True)
class Associated:
    """associated: an address for each picture, in the order asked; missing: ids that nothing is known of."""

    associated: list[str]
    missing: list[str]


@dataclass(frozen=True)
class Persisted:
    """stored: paths that were put into the store; unchanged: how many it had already; left_out: what does not count.

    version: the number under which the finals that were replaced are kept; None when none were.
    """

    job_id: str
    stored: list[str]
    unchanged: int
    left_out: list[LeftOut]
    version: int | None


@dataclass(frozen=True)
class Kept:
    """A version of the finals. created: whether it was made just now; else there was one like them already."""

    version: Version
    created: bool


@dataclass(frozen=True)
class BroughtBack:
    """version: whose files the finals are now; kept_as: the number under which those before are kept, None: not anew.

    restored: what changed on this machine; None when it has no folder of the job.
    """

    version: Version
    kept_as: int | None
    restored: Restored | None
