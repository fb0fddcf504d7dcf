"""What callers send about downloads, checked before anything is asked of the queue."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from app.downloads.orders import SourceKind
from app.errors import InvalidInput
from app.model_files import ModelKind
from app.sentences import CLEAN

Priority = Literal["high", "normal"]
# What stands in an address where a download's id does.
RESERVED = ("history", "stats", "retry-failed")
# SQLite's integers end at 63 bits, JavaScript's at 53.
_Number = Annotated[int, Field(gt=0, lt=2**53, strict=True)]
_Text = Annotated[str, Field(max_length=1000), CLEAN]


class DownloadRequest(BaseModel):
    """Addresses, or a version on the hub, or a file in a repository; a hub itself says a version's kind and SHA-256."""

    model_config = ConfigDict(extra="forbid")

    urls: list[Annotated[str, Field(max_length=8000), CLEAN]] | None = Field(default=None, min_length=1, max_length=100)
    source: SourceKind | None = Field(default=None, description="may be left out: the other fields tell")
    model_id: _Number | None = Field(default=None, description="alone: its latest version")
    model_version_id: _Number | None = None
    file: _Text | None = Field(default=None, description="a name among the version's files; the primary one by default")
    repo_id: _Text | None = Field(default=None, description="on Hugging Face, such as owner/name")
    revision: _Text | None = Field(default=None, description="main by default")
    filename: _Text | None = Field(default=None, description="a file in the repository, with its folder")
    kind: ModelKind | None = Field(default=None, description="of what has no kind by itself; loras by default")
    relative_path: _Text | None = Field(default=None, description="a folder below the library root")
    sha256: str | None = Field(default=None, pattern="^[0-9a-fA-F]{64}$", description="promised, of a single file")
    priority: Priority = Field(default="normal", description="high: before all others")
    download_id: str | None = Field(
        default=None, pattern="^[A-Za-z0-9_-]{1,64}$", description="what the caller calls it; asked twice, it is one"
    )

    def check(self) -> None:
        """Raise InvalidInput for an id that could not be asked for, or would stand for several."""
        if self.download_id in RESERVED:
            raise InvalidInput(f"download_id: {self.download_id!r} is a word of the studio's own", field="download_id")
        if self.download_id is not None and len(self.urls or ()) > 1:
            raise InvalidInput(
                f"download_id: {len(self.urls or ())} downloads cannot be called alike; leave it out",
                field="download_id",
            )


class PriorityRequest(BaseModel):
    model_config = ConfigDict(extra="forbid")

    priority: Priority
