"""Downloads over HTTP and WebSocket: parse, ask, answer."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, WebSocket
from starlette.requests import HTTPConnection

from app import live
from app.downloads.download import Download
from app.downloads.forms import DownloadRequest, PriorityRequest
from app.downloads.service import DownloadQueue
from app.downloads.state import DownloadState
from app.downloads.views import DownloadList, DownloadPage, DownloadView, RemovedView, StatsView, views_of
from app.errors import PROBLEM_TYPE

router = APIRouter(tags=["downloads"])

MAX_LIMIT = 1000

_Answers = dict[int | str, dict[str, Any]]
_NONE: _Answers = {404: {"description": "there is no such download", "content": {PROBLEM_TYPE: {}}}}
_STATE: _Answers = _NONE | {
    409: {"description": "the download's state does not permit it", "content": {PROBLEM_TYPE: {}}}
}
_TAKEN: _Answers = {409: {"description": "download_id stands for something else", "content": {PROBLEM_TYPE: {}}}}


async def _queue(connection: HTTPConnection) -> DownloadQueue:
    queue = connection.app.state.downloads
    assert isinstance(queue, DownloadQueue)
    return queue


Queue = Annotated[DownloadQueue, Depends(_queue)]
Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT)]
# A turn; whoever puts one before all others makes a negative one.
Cursor = Annotated[str | None, Query(pattern="^-?[0-9]{1,18}$", description="next_cursor of the page before")]


@router.post("/api/lm/download", status_code=202, responses=_TAKEN)
def enqueue(request: DownloadRequest, queue: Queue) -> DownloadList:
    """Queue what is asked for; what is in flight already is shared."""
    request.check()
    asked = queue.enqueue(queue.orders_of(request), download_id=request.download_id, hurried=request.priority == "high")
    return _list(queue, asked)


@router.get("/api/lm/downloads")
def find(
    queue: Queue,
    state: Annotated[list[DownloadState] | None, Query()] = None,
    limit: Limit = 100,
    cursor: Cursor = None,
) -> DownloadPage:
    """In the order of the queue; the order in which they were asked for, the hurried first."""
    after = None if cursor is None else int(cursor)
    found = queue.find(*(state or ()), limit=limit + 1, after=after)
    shown = found[:limit]
    more = str(shown[-1].turn) if len(found) > limit else None
    return DownloadPage(downloads=views_of(queue, shown), next_cursor=more)


@router.delete("/api/lm/downloads", responses={409: {"description": "those have not ended"}})
def remove(queue: Queue, state: Annotated[list[DownloadState], Query(min_length=1)]) -> RemovedView:
    """Forget the downloads that ended so; their models stay."""
    return RemovedView(removed=queue.remove(state))


@router.get("/api/lm/downloads/history")
def history(queue: Queue, limit: Limit = 100) -> DownloadList:
    """What has ended, newest first; each model once, however often it was tried."""
    return _list(queue, queue.history(limit))


@router.get("/api/lm/downloads/stats")
def stats(queue: Queue) -> StatsView:
    found = queue.stats()
    counts = {DownloadState(state): count for state, count in found.counts.items()}
    return StatsView(states=counts, bytes_per_second=round(found.bytes_per_second))


@router.post("/api/lm/downloads/retry-failed")
def retry_failed(queue: Queue) -> DownloadList:
    """Queue all failed ones again; answers which."""
    return _list(queue, queue.retry_failed())


@router.get("/api/lm/downloads/{download_id}", responses=_NONE)
def get(download_id: str, queue: Queue) -> DownloadView:
    return _view(queue, queue.get(download_id))


@router.post("/api/lm/downloads/{download_id}/pause", responses=_STATE)
def pause(download_id: str, queue: Queue) -> DownloadView:
    return _view(queue, queue.pause(download_id))


@router.post("/api/lm/downloads/{download_id}/resume", responses=_STATE)
def resume(download_id: str, queue: Queue) -> DownloadView:
    return _view(queue, queue.resume(download_id))


@router.post("/api/lm/downloads/{download_id}/cancel", responses=_STATE)
def cancel(download_id: str, queue: Queue) -> DownloadView:
    return _view(queue, queue.cancel(download_id))


@router.post("/api/lm/downloads/{download_id}/skip", responses=_STATE)
def skip(download_id: str, queue: Queue) -> DownloadView:
    return _view(queue, queue.skip(download_id))


@router.post("/api/lm/downloads/{download_id}/retry", responses=_STATE)
def retry(download_id: str, queue: Queue) -> DownloadView:
    return _view(queue, queue.retry(download_id))


@router.post("/api/lm/downloads/{download_id}/priority", responses=_STATE)
def prioritise(download_id: str, request: PriorityRequest, queue: Queue) -> DownloadView:
    """high: before all others; normal: to the end."""
    return _view(queue, queue.prioritise(download_id, hurried=request.priority == "high"))


@router.websocket("/ws/download-progress")
async def progress(socket: WebSocket, queue: Queue, id: str | None = None) -> None:  # noqa: A002
    """A snapshot, then every event of the download called `id`, or of all.

    The snapshot without `id` holds what has not ended. An `id` that nothing is called yet may be listened to.
    """

    def snapshot() -> dict[str, Any]:
        found = queue.in_flight() if id is None else queue.called(id)
        return {"event": "snapshot", **_list(queue, found).model_dump(mode="json")}

    await live.tell(socket, queue.channel, id, snapshot)


def _view(queue: DownloadQueue, download: Download) -> DownloadView:
    return views_of(queue, [download])[0]


def _list(queue: DownloadQueue, downloads: list[Download]) -> DownloadList:
    return DownloadList(downloads=views_of(queue, downloads))
