"""/api/jobs: one shape for prompts that wait, run, or have ended, however they ended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from support.servers.comfyui.edge import not_possible
from support.servers.comfyui.machine import Machine
from support.servers.comfyui.profile import Version
from support.servers.comfyui.queue import Item
from support.servers.comfyui.replies import refused, said, told
from support.servers.comfyui.routes import is_canonical_uuid

Job = dict[str, Any]

SHOWN_MEDIA = ("images", "video", "audio")
ENDS = ("execution_success", "execution_error", "execution_interrupted")


class _Wrong(Exception):
    """The query asks for what there is not; the message is answered."""


def routes(machine: Machine) -> list[Route]:
    calls = _Calls(machine)
    return [
        Route("/api/jobs", calls.all, methods=["GET"]),
        Route("/api/jobs/{job_id}", calls.one, methods=["GET"]),
        Route("/api/jobs/cancel", calls.cancel_several, methods=["POST"]),
        Route("/api/jobs/{job_id}/cancel", calls.cancel, methods=["POST"]),
    ]


class _Calls:
    def __init__(self, machine: Machine) -> None:
        self._machine = machine

    @property
    def _version(self) -> Version:
        return self._machine.temper.version

    async def all(self, request: Request) -> Response:
        if not self._version.tells_jobs:
            return refused(404)
        query = request.query_params
        try:
            wanted = _statuses(query.get("status"), self._version.statuses)
            by = _among(query.get("sort_by", "created_at"), "sort_by", ("created_at", "execution_duration"))
            order = _among(query.get("sort_order", "desc"), "sort_order", ("asc", "desc"))
            limit = _whole(query["limit"], "limit") if "limit" in query else None
            if limit is not None and limit <= 0:
                raise _Wrong("limit must be a positive integer")
            offset = max(_whole(query.get("offset", "0"), "offset"), 0)
        except _Wrong as wrong:
            return told({"error": str(wrong)}, 400)
        jobs = [job for job in self._jobs() if job["status"] in wanted]
        if query.get("workflow_id"):
            jobs = [job for job in jobs if job.get("workflow_id") == query["workflow_id"]]
        jobs.sort(key=_duration if by == "execution_duration" else _created, reverse=order == "desc")
        page = jobs[offset:] if limit is None else jobs[offset : offset + limit]
        has_more = offset + len(page) < len(jobs)
        pagination = {"offset": offset, "limit": limit, "total": len(jobs), "has_more": has_more}
        return told({"jobs": page, "pagination": pagination})

    async def one(self, request: Request) -> Response:
        if not self._version.tells_jobs:
            return refused(404)
        job_id = request.path_params["job_id"]
        life = self._machine.life
        ended = life.history.of(job_id)
        if job_id in ended:
            return told(self._of_entry(job_id, ended[job_id], whole=True))
        running, waiting = life.queue.snapshot()
        for items, status in ((running, "in_progress"), (waiting, "pending")):
            for item in items:
                if item.prompt_id == job_id:
                    return told(self._of_item(item, status, whole=self._version.cancels_jobs))
        return told({"error": "Job not found"}, 404)

    async def cancel(self, request: Request) -> Response:
        if not self._version.cancels_jobs:
            return not_possible({"GET", "HEAD"})
        return told({"cancelled": self._cancel(request.path_params["job_id"])})

    async def cancel_several(self, request: Request) -> Response:
        if not self._version.cancels_jobs:
            return not_possible({"GET", "HEAD"})
        try:
            asked = await said(request)
        except ValueError:
            return told({"error": "Request body must be valid JSON"}, 400)
        job_ids = asked.get("job_ids") if isinstance(asked, dict) else None
        if not isinstance(job_ids, list):
            return told({"error": "job_ids must be a list"}, 400)
        wrong = [one if isinstance(one, str) else repr(one) for one in job_ids if not is_canonical_uuid(one)]
        if wrong:
            return told({"error": "job_ids contains invalid id(s)", "invalid_ids": wrong}, 400)
        # Those that wait first: the end of the running one would let the next begin, and be done before its turn here.
        queue = self._machine.life.queue
        deleted = [queue.delete(job_id) for job_id in job_ids]
        return told({"cancelled": any([*deleted, *map(self._cancel, job_ids)])})

    def _cancel(self, job_id: str) -> bool:
        """Whether anything was cancelled; what has ended, or is unknown, is left alone."""
        life = self._machine.life
        return life.queue.delete(job_id) or life.queue.if_running(job_id, life.interruption.ask)

    def _jobs(self) -> list[Job]:
        life = self._machine.life
        running, waiting = life.queue.snapshot()
        return [
            *(self._of_item(item, "in_progress") for item in running),
            *(self._of_item(item, "pending") for item in waiting),
            *(self._of_entry(prompt_id, entry) for prompt_id, entry in life.history.page().items()),
        ]

    def _of_item(self, item: Item, status: str, *, whole: bool = False) -> Job:
        job = {
            "id": item.prompt_id,
            "status": status,
            "priority": item.number,
            "create_time": item.extra_data.get("create_time"),
            "outputs_count": 0,
            "previewable_outputs_count": 0 if self._version.cancels_jobs else None,
            "workflow_id": _workflow_id(item.extra_data),
        }
        job = _known(job)
        if whole:
            job["workflow"] = {"prompt": item.graph, "extra_data": item.extra_data}
        return job

    def _of_entry(self, prompt_id: str, entry: Job, *, whole: bool = False) -> Job:
        number, _, graph, extra_data, _ = entry["prompt"]
        told_by = dict(entry["status"]["messages"])
        end: Job = next((told_by[name] for name in ENDS if name in told_by), {})
        pictures = _pictures(entry["outputs"])
        job = {
            "id": prompt_id,
            "status": self._status(entry),
            "priority": number,
            "create_time": extra_data.get("create_time"),
            "execution_start_time": told_by["execution_start"]["timestamp"],
            "execution_end_time": end.get("timestamp"),
            "execution_error": told_by.get("execution_error"),
            "outputs_count": sum(len(items) for ui in entry["outputs"].values() for items in _lists(ui).values()),
            "previewable_outputs_count": len(pictures) if self._version.cancels_jobs else None,
            "preview_output": next(iter(sorted(pictures, key=lambda one: one.get("type") != "output")), None),
            "workflow_id": _workflow_id(extra_data),
        }
        job = _known(job)
        if whole:
            job["outputs"] = entry["outputs"]
            job["execution_status"] = entry["status"]
            job["workflow"] = {"prompt": graph, "extra_data": extra_data}
        return job

    def _status(self, entry: Job) -> str:
        if entry["status"]["completed"]:
            return "completed"
        interrupted = any(name == "execution_interrupted" for name, _ in entry["status"]["messages"])
        return "cancelled" if interrupted and self._version.cancels_jobs else "failed"


def _workflow_id(extra_data: dict[str, Any]) -> object:
    """The id of the front end's workflow, as far as it sent one along."""
    workflow = (extra_data.get("extra_pnginfo") or {}).get("workflow") or {}
    return workflow.get("id")


def _known(job: Job) -> Job:
    """Without what is not known."""
    return {name: value for name, value in job.items() if value is not None}


def _lists(ui: dict[str, Any]) -> dict[str, list[Job]]:
    """What a node showed, by medium; "animated" is a mark, not a medium."""
    return {
        medium: [item for item in items if isinstance(item, dict)]
        for medium, items in ui.items()
        if isinstance(items, list) and medium != "animated"
    }


def _pictures(outputs: dict[str, Any]) -> list[Job]:
    return [
        {**item, "nodeId": node_id, "mediaType": medium}
        for node_id, ui in outputs.items()
        for medium, items in _lists(ui).items()
        for item in items
        if medium in SHOWN_MEDIA
    ]


def _statuses(asked: str | None, known: Sequence[str]) -> Sequence[str]:
    if not asked:
        return known
    wanted = [one.strip().lower() for one in asked.split(",") if one.strip()]
    strange = [one for one in wanted if one not in known]
    if strange:
        raise _Wrong(f"Invalid status value(s): {', '.join(strange)}. Valid values: {', '.join(known)}")
    return wanted


def _among(asked: str, name: str, known: Sequence[str]) -> str:
    if asked.lower() not in known:
        raise _Wrong(f"{name} must be {' or '.join(repr(one) for one in known)}")
    return asked.lower()


def _whole(asked: str, name: str) -> int:
    try:
        return int(asked)
    except ValueError:
        raise _Wrong(f"{name} must be an integer") from None


def _created(job: Job) -> int:
    return int(job.get("create_time", 0))


def _duration(job: Job) -> int:
    start, end = job.get("execution_start_time", 0), job.get("execution_end_time", 0)
    return int(end - start) if start and end else 0
