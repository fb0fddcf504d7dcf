"""Downloads over HTTP and WebSocket: parse, ask, answer."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, WebSocket
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import HTTPConnection

from app import live
from app.downloads.addresses import fault_of_address, without_secrets
from app.downloads.service import DownloadQueue
from app.downloads.sources import Order
from app.downloads.state import DownloadState
from app.downloads.tables import Download
from app.errors import InvalidInput
from app.model_files import ModelKind

router = APIRouter(tags=["downloads"])


async def _queue(connection: HTTPConnection) -> DownloadQueue:
    queue = connection.app.state.downloads
    assert isinstance(queue, DownloadQueue)
    return queue


Queue = Annotated[DownloadQueue, Depends(_queue)]


class DownloadRequest(BaseModel):
    """Either addresses, or a version on the hub; the hub itself says a version's kind and SHA-256."""

    model_config = ConfigDict(extra="forbid")

    urls: list[Annotated[str, Field(max_length=8000)]] | None = Field(default=None, min_length=1, max_length=100)
    sha256: str | None = Field(default=None, pattern="^[0-9a-fA-F]{64}$", description="promised, of a single address")
    kind: ModelKind | None = Field(default=None, description="of what the addresses give; loras when left out")
    model_version_id: int | None = Field(default=None, gt=0, lt=2**53, strict=True)

    def orders(self) -> list[Order]:
        """What is asked for. Raises InvalidInput naming the field that cannot be meant."""
        if self.urls is None and self.model_version_id is None:
            raise InvalidInput("say what to download: urls, or model_version_id", field="urls")
        if self.urls is None:
            for name in ("sha256", "kind"):
                if getattr(self, name) is not None:
                    raise InvalidInput(f"{name}: the hub says it for a version; leave it out", field=name)
            return [Order(model_version_id=self.model_version_id)]
        if self.model_version_id is not None:
            raise InvalidInput("give urls or model_version_id, not both", field="model_version_id")
        if self.sha256 is not None and len(self.urls) > 1:
            raise InvalidInput(f"sha256: one sum cannot be promised of {len(self.urls)} addresses", field="sha256")
        for place, url in enumerate(self.urls):
            fault = fault_of_address(url)
            if fault is not None:
                raise InvalidInput(f"urls.{place}: {fault}", field=f"urls.{place}")
        promised = self.sha256.lower() if self.sha256 else None
        return [Order(url=url, kind=self.kind or ModelKind.LORAS, sha256=promised) for url in self.urls]


class ErrorView(BaseModel):
    code: str
    message: str


class DownloadView(BaseModel):
    """A download as others see it. error: why it failed, or, while it waits, what it waits for to pass."""

    id: str
    name: str | None
    url: str
    model_version_id: int | None
    kind: ModelKind | None
    state: DownloadState
    bytes_done: int
    bytes_total: int | None
    attempt: int
    waiting_until: datetime | None
    error: ErrorView | None
    created_at: datetime
    sha256: str | None

    @classmethod
    def of(cls, download: Download) -> DownloadView:
        error = None
        if download.error_code is not None:
            error = ErrorView(code=download.error_code, message=download.error_message or "")
        return cls(
            id=download.id,
            name=download.name,
            url=without_secrets(download.url),
            model_version_id=download.model_version_id,
            kind=download.model_kind,
            state=download.status,
            bytes_done=download.bytes_done,
            bytes_total=download.bytes_total,
            attempt=download.attempt,
            waiting_until=download.waiting_until,
            error=error,
            created_at=download.created_at,
            sha256=download.sha256,
        )


class DownloadList(BaseModel):
    downloads: list[DownloadView]

    @classmethod
    def of(cls, downloads: list[Download]) -> DownloadList:
        return cls(downloads=[DownloadView.of(download) for download in downloads])


@router.post("/api/lm/download", status_code=202)
def enqueue(request: DownloadRequest, queue: Queue) -> DownloadList:
    return DownloadList.of(queue.enqueue(request.orders()))


@router.get("/api/lm/downloads")
def find(queue: Queue, state: DownloadState | None = None) -> DownloadList:
    return DownloadList.of(queue.find() if state is None else queue.find(state))


@router.get("/api/lm/downloads/{download_id}")
def get(download_id: str, queue: Queue) -> DownloadView:
    return DownloadView.of(queue.get(download_id))


@router.post("/api/lm/downloads/{download_id}/cancel")
def cancel(download_id: str, queue: Queue) -> DownloadView:
    return DownloadView.of(queue.cancel(download_id))


@router.post("/api/lm/downloads/{download_id}/retry")
def retry(download_id: str, queue: Queue) -> DownloadView:
    return DownloadView.of(queue.retry(download_id))


@router.websocket("/ws/download-progress")
async def progress(socket: WebSocket, queue: Queue, id: str | None = None) -> None:  # noqa: A002
    """A snapshot, then every event of the download called `id`, or of all."""

    def snapshot() -> dict[str, Any]:
        downloads = [download for download in queue.find() if id in (None, download.id)]
        return {"event": "snapshot", **DownloadList.of(downloads).model_dump(mode="json")}

    await live.tell(socket, queue.channel, id, snapshot)
