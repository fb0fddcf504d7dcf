"""/api/jobs: one shape for what waits, runs and is done; filters, order, pages. Older servers do not have it."""

from __future__ import annotations

from typing import Any

from tests.comfyui.graphs import empty, save, saved
from tests.comfyui.interaction import interaction
from tests.comfyui.normal import Json
from tests.comfyui.visit import Visit


def _job(at: Visit, told: dict[str, Any]) -> Json:
    priority = type(told["priority"]).__name__ if "priority" in told else None
    if "workflow" in told:
        told = told | {
            "workflow": {"prompt": sorted(told["workflow"]["prompt"]), "extra": told["workflow"]["extra_data"]}
        }
    return at.plain(told | {"priority": priority})


def _shown(at: Visit, job_id: str) -> Json:
    answer = at.get(f"/api/jobs/{job_id}")
    if answer.status_code != 200:
        return at.told(answer)
    return {"order": list(answer.json()), "job": _job(at, answer.json())}


def _ours(at: Visit, ids: list[str], query: str = "") -> Json:
    answer = at.get(f"/api/jobs{query}")
    if answer.status_code != 200:
        return at.told(answer)
    return [at.plain(job["id"]) for job in answer.json()["jobs"] if job["id"] in ids]


@interaction()
def an_unknown_job_is_not_found(at: Visit) -> Json:
    return {
        "unknown": at.asked("GET", "/api/jobs/11111111-2222-4333-8444-555555555555"),
        "no uuid": at.asked("GET", "/api/jobs/unknown"),
        "deleted": at.asked("DELETE", "/api/jobs/unknown"),
    }


@interaction()
def wrong_questions_to_the_jobs_are_refused(at: Visit) -> Json:
    asked = (
        "status=done",
        "status=completed,done,gone",
        "sort_by=name",
        "sort_order=up",
        "limit=0",
        "limit=-1",
        "limit=many",
        "offset=first",
        "limit=",
        "status=",
        "sort_by=",
        "limit=1.5",
    )
    told = {}
    for query in asked:
        answer = at.get(f"/api/jobs?{query}")
        told[query] = at.told(answer) if answer.status_code != 200 else 200
    return told


@interaction()
def a_completed_job(at: Visit) -> Json:
    workflow = {"extra_pnginfo": {"workflow": {"id": "flow-1"}}}
    return _shown(at, at.run(saved(at.chance(), at.called("prefix"), batch=2), extra_data=workflow).prompt_id)


@interaction()
def a_failed_job(at: Visit) -> Json:
    return _shown(at, at.run({"1": empty(at.chance()), "2": save("1", f"../../{at.called('prefix')}")}).prompt_id)


@interaction(checkpoint=True)
def a_running_and_a_waiting_job(at: Visit) -> Json:
    with at.busy() as running:
        waiting = at.queue(saved(at.chance(), at.called("prefix")), label="waiting")
        shown = {"running": _shown(at, running), "waiting": _shown(at, waiting)}
        ids = [running, waiting]
        filters = ("in_progress", "pending", "pending,in_progress", "PENDING", "completed")
        return shown | {state: _ours(at, ids, f"?status={state}") for state in filters}


@interaction(checkpoint=True)
def an_interrupted_job(at: Visit) -> Json:
    at.forget()
    with at.busy() as running:
        at.stop(running)
        return _shown(at, running)


@interaction()
def a_list_of_jobs_tells_its_page(at: Visit) -> Json:
    first = at.run(saved(at.chance(), at.called("prefix")), label="first").prompt_id
    answer = at.get("/api/jobs?limit=1")
    if answer.status_code != 200:
        return at.told(answer)
    body = answer.json()
    page = dict(body["pagination"])
    total = page.pop("total")
    more = page.pop("has_more")
    everything = at.get("/api/jobs").json()
    return {
        "keys": list(body),
        "page": page,
        "more": more == (total > 1),
        "job": _job(at, body["jobs"][0]),
        "newest": body["jobs"][0]["id"] == first,
        "without a limit": [everything["pagination"]["limit"], everything["pagination"]["has_more"]],
        "all": len(everything["jobs"]) == total,
        "past the end": at.get(f"/api/jobs?offset={total + 5}").json()["jobs"],
        "negative offset": at.get("/api/jobs?offset=-5").json()["pagination"]["offset"],
    }


@interaction()
def jobs_are_filtered_and_sorted(at: Visit) -> Json:
    good = at.run(saved(at.chance(), at.called("prefix")), label="good").prompt_id
    flow = at.called("flow")
    extra = {"extra_pnginfo": {"workflow": {"id": flow}}}
    bad = at.run({"1": empty(at.chance()), "2": save("1", f"../../{at.called('x')}")}, label="bad", extra_data=extra)
    ids = [good, bad.prompt_id]
    asked = (
        "",
        "?sort_order=asc",
        "?status=completed",
        "?status=failed",
        "?status=failed,completed",
        "?status=pending",
        f"?workflow_id={flow}",
        "?workflow_id=another",
        "?sort_by=created_at&sort_order=DESC",
    )
    told = {query.replace(flow, "flow"): _ours(at, ids, query) for query in asked}
    by_duration = at.get("/api/jobs?sort_by=execution_duration&sort_order=asc")
    return told | {"by duration": by_duration.status_code}


@interaction()
def jobs_cannot_be_cancelled_yet(at: Visit) -> Json:
    return {
        "one": at.asked("POST", "/api/jobs/unknown/cancel"),
        "some": at.asked("POST", "/api/jobs/cancel", json={"job_ids": []}),
    }
