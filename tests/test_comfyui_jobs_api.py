"""The engine of ComfyUI's double is honest about /api/jobs, and about what other versions do otherwise."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from support.clock import VirtualClock
from support.servers.comfyui import ComfyUI, Profile
from support.waiting import until
from tests.comfyui_client import Client, client_of, painting, picture

UNKNOWN = "ffffffff-ffff-4fff-ffff-ffffffffffff"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


def client_with(profile: Profile, clock: VirtualClock) -> Iterator[Client]:
    with ComfyUI(profile=profile, clock=clock) as double, client_of(double) as client:
        yield client


@pytest.fixture
def client(clock: VirtualClock) -> Iterator[Client]:
    yield from client_with("0.8", clock)


@pytest.fixture
def old(clock: VirtualClock) -> Iterator[Client]:
    yield from client_with("0.3", clock)


@pytest.fixture
def new(clock: VirtualClock) -> Iterator[Client]:
    yield from client_with("0.38", clock)


def stand(client: Client, clock: VirtualClock) -> str:
    """The id of a prompt that stands in its first inference step."""
    client.double.step_seconds = 60
    prompt_id = client.submit(painting(steps=1))
    assert until(lambda: clock.sleepers == 1)
    return prompt_id


def one_of_each(client: Client, clock: VirtualClock) -> dict[str, str]:
    """A completed, a failed, an interrupted, a running and a waiting prompt."""
    completed = client.submit(picture())
    client.history(completed)
    client.double.fails("node error", times=1)
    failed = client.submit(painting(seed=8))
    client.history(failed)
    interrupted = stand(client, clock)
    client.interrupt(interrupted)
    client.history(interrupted)
    running = stand(client, clock)
    pending = client.submit(picture(4))
    return {
        "completed": completed,
        "failed": failed,
        "interrupted": interrupted,
        "in_progress": running,
        "pending": pending,
    }


def ids(client: Client, query: str) -> list[str]:
    return [job["id"] for job in client.get(f"/api/jobs?{query}").json()["jobs"]]


# 0.8


def test_a_completed_job_has_its_times_its_outputs_and_a_preview(client: Client) -> None:
    workflow = {"extra_pnginfo": {"workflow": {"id": "wf"}}}
    prompt_id = client.submit(picture(batch=2), extra_data=workflow, number=3)
    entry = client.history(prompt_id)
    job = client.get(f"/api/jobs/{prompt_id}").json()
    assert (job["id"], job["status"], job["priority"], job["workflow_id"]) == (prompt_id, "completed", 3.0, "wf")
    assert job["create_time"] <= job["execution_start_time"] <= job["execution_end_time"]
    image = entry["outputs"]["2"]["images"][0]
    assert (job["outputs_count"], job["preview_output"]) == (2, {**image, "nodeId": "2", "mediaType": "images"})
    assert (job["outputs"], job["execution_status"]) == (entry["outputs"], entry["status"])
    assert job["workflow"] == {"prompt": entry["prompt"][2], "extra_data": entry["prompt"][3]}


def test_a_saved_picture_is_the_preview_before_a_temporary_one(client: Client) -> None:
    one, two = picture().values()
    shown = {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}}
    prompt_id = client.submit({"1": one, "2": shown, "3": two})
    client.history(prompt_id)
    assert client.get(f"/api/jobs/{prompt_id}").json()["preview_output"]["nodeId"] == "3"


def test_a_failed_job_has_its_error_and_no_preview(client: Client) -> None:
    client.double.fails("node error")
    prompt_id = client.submit(painting())
    messages = dict(client.history(prompt_id)["status"]["messages"])
    job = client.get(f"/api/jobs/{prompt_id}").json()
    assert (job["status"], job["outputs_count"], job["outputs"]) == ("failed", 0, {})
    assert job["execution_error"] == messages["execution_error"]
    assert "preview_output" not in job


def test_jobs_in_the_list_are_told_without_their_graphs(client: Client) -> None:
    client.run(picture())
    [job] = client.get("/api/jobs").json()["jobs"]
    assert not {"outputs", "execution_status", "workflow"} & set(job)


def test_a_job_that_runs_or_waits_has_the_same_shape(client: Client, clock: VirtualClock) -> None:
    running = stand(client, clock)
    waiting = client.submit(picture())
    for prompt_id, status in ((running, "in_progress"), (waiting, "pending")):
        job = client.get(f"/api/jobs/{prompt_id}").json()
        assert set(job) == {"id", "status", "priority", "create_time", "outputs_count"}
        assert (job["id"], job["status"], job["outputs_count"]) == (prompt_id, status, 0)


def test_jobs_are_filtered_by_their_state_and_an_interrupted_one_has_failed(
    client: Client, clock: VirtualClock
) -> None:
    each = one_of_each(client, clock)
    assert ids(client, "status=completed") == [each["completed"]]
    assert set(ids(client, "status=failed")) == {each["failed"], each["interrupted"]}
    assert set(ids(client, "status=IN_PROGRESS,%20pending")) == {each["in_progress"], each["pending"]}
    assert set(ids(client, "")) == set(ids(client, "status=")) == set(each.values())


def test_jobs_are_filtered_by_their_workflow(client: Client) -> None:
    mine = client.submit(picture(1), extra_data={"extra_pnginfo": {"workflow": {"id": "mine"}}})
    client.history(client.submit(picture(2)))
    assert ids(client, "workflow_id=mine") == [mine]


def test_jobs_are_sorted_newest_first_or_by_how_long_they_took(client: Client) -> None:
    slow = client.submit(painting(steps=40))
    client.history(slow)
    quick = client.submit(picture())
    client.history(quick)
    assert ids(client, "") == ids(client, "sort_by=created_at&sort_order=DESC") == [quick, slow]
    assert ids(client, "sort_order=asc") == [slow, quick]
    assert ids(client, "sort_by=execution_duration") == [slow, quick]
    assert ids(client, "sort_by=execution_duration&sort_order=asc") == [quick, slow]


def test_jobs_come_in_pages(client: Client) -> None:
    made = [client.submit(picture(n)) for n in range(3)]
    client.history(made[-1])

    def page(query: str) -> tuple[int, dict[str, Any]]:
        answer = client.get(f"/api/jobs?{query}").json()
        return len(answer["jobs"]), answer["pagination"]

    assert page("") == (3, {"offset": 0, "limit": None, "total": 3, "has_more": False})
    assert page("limit=2") == (2, {"offset": 0, "limit": 2, "total": 3, "has_more": True})
    assert page("limit=2&offset=2") == (1, {"offset": 2, "limit": 2, "total": 3, "has_more": False})
    assert page("offset=-4") == (3, {"offset": 0, "limit": None, "total": 3, "has_more": False})
    assert page("offset=9") == (0, {"offset": 9, "limit": None, "total": 3, "has_more": False})


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("status=bad,failed", "Invalid status value(s): bad. Valid values: pending, in_progress, completed, failed"),
        (
            "status=cancelled",
            "Invalid status value(s): cancelled. Valid values: pending, in_progress, completed, failed",
        ),
        ("sort_by=name", "sort_by must be 'created_at' or 'execution_duration'"),
        ("sort_order=up", "sort_order must be 'asc' or 'desc'"),
        ("limit=0", "limit must be a positive integer"),
        ("limit=few", "limit must be an integer"),
        ("limit=", "limit must be an integer"),
        ("offset=some", "offset must be an integer"),
    ],
)
def test_a_query_that_means_nothing_is_answered_400(client: Client, query: str, error: str) -> None:
    answer = client.get(f"/api/jobs?{query}")
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_an_unknown_job_is_answered_404(client: Client) -> None:
    answer = client.get("/api/jobs/unknown")
    assert (answer.status_code, answer.json()) == (404, {"error": "Job not found"})


@pytest.mark.parametrize("path", [f"/api/jobs/{UNKNOWN}/cancel", "/api/jobs/cancel"])
def test_jobs_cannot_be_cancelled_there_yet(client: Client, path: str) -> None:
    assert client.post(path, json={"job_ids": []}).status_code == 405


# 0.38


def test_a_newer_version_says_so(new: Client) -> None:
    assert new.get("/system_stats").json()["system"]["comfyui_version"] == "0.38.0"


def test_an_interrupted_job_is_cancelled_in_a_newer_version(new: Client, clock: VirtualClock) -> None:
    each = one_of_each(new, clock)
    assert ids(new, "status=cancelled") == [each["interrupted"]]
    assert ids(new, "status=failed") == [each["failed"]]
    assert new.get(f"/api/jobs/{each['interrupted']}").json()["status"] == "cancelled"


def test_a_job_is_cancelled_whether_it_runs_or_waits(new: Client, clock: VirtualClock) -> None:
    running = stand(new, clock)
    waiting = new.submit(picture())
    for prompt_id in (waiting, running):
        assert new.post(f"/api/jobs/{prompt_id}/cancel").json() == {"cancelled": True}
    assert new.history(running)["status"]["messages"][-1][0] == "execution_interrupted"
    assert new.get(f"/api/jobs/{waiting}").status_code == 404
    for prompt_id in (running, UNKNOWN):
        answer = new.post(f"/api/jobs/{prompt_id}/cancel")
        assert (answer.status_code, answer.json()) == (200, {"cancelled": False})


def test_several_jobs_are_cancelled_at_once(new: Client, clock: VirtualClock) -> None:
    running = stand(new, clock)
    waiting = [new.submit(picture(n)) for n in range(2)]
    answer = new.post("/api/jobs/cancel", json={"job_ids": [running, UNKNOWN, *waiting]})
    assert answer.json() == {"cancelled": True}
    assert new.history(running)["status"]["status_str"] == "error"
    assert [seen.outcome for seen in new.double.prompts()] == ["interrupted", "deleted", "deleted"]
    assert new.post("/api/jobs/cancel", json={"job_ids": [running, UNKNOWN]}).json() == {"cancelled": False}


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"no json", {"error": "Request body must be valid JSON"}),
        (b"[]", {"error": "job_ids must be a list"}),
        (b"{}", {"error": "job_ids must be a list"}),
        (b'{"job_ids": [{}, "x"]}', {"error": "job_ids contains invalid id(s)", "invalid_ids": ["{}", "x"]}),
    ],
)
def test_a_cancellation_that_means_nothing_is_answered_400(new: Client, body: bytes, error: Any) -> None:
    answer = new.post("/api/jobs/cancel", content=body)
    assert (answer.status_code, answer.json()) == (400, error)


@pytest.mark.parametrize("prompt_id", ["mine", UNKNOWN.upper(), UNKNOWN.replace("-", ""), f"{{{UNKNOWN}}}", 5, ""])
def test_a_newer_version_takes_only_canonical_uuids_as_prompt_ids(new: Client, prompt_id: Any) -> None:
    answer = new.post("/prompt", json={"prompt": picture(), "prompt_id": prompt_id})
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_prompt_id")
    assert answer.json()["error"]["message"] == "prompt_id must be a valid UUID"
    assert new.double.prompts() == []


def test_a_newer_version_keeps_a_canonical_uuid_and_makes_one_for_null(new: Client) -> None:
    assert new.submit(picture(), prompt_id=UNKNOWN) == UNKNOWN
    made = new.submit(picture(), prompt_id=None)
    assert str(uuid.UUID(made)) == made != UNKNOWN


def test_a_waiting_job_shows_its_graph_in_a_newer_version(new: Client, clock: VirtualClock) -> None:
    stand(new, clock)
    job = new.get(f"/api/jobs/{new.submit(picture())}").json()
    assert (job["workflow"]["prompt"], job["previewable_outputs_count"]) == (picture(), 0)


# 0.3.64


def test_an_older_version_knows_no_jobs(old: Client) -> None:
    prompt_id = old.submit(picture())
    for path in ("/api/jobs", f"/api/jobs/{prompt_id}"):
        assert old.get(path).status_code == 404


def test_an_older_version_says_so(old: Client) -> None:
    assert old.get("/system_stats").json()["system"]["comfyui_version"] == "0.3.64"
    assert old.get("/features").json() == {"supports_preview_metadata": True, "max_upload_size": 104857600}


def test_an_older_version_sends_no_previews_for_the_asking(old: Client) -> None:
    with old.listening() as ear:
        heard = ear.hear_all(old.submit(painting(), extra_data={"preview_method": "latent2rgb"}))
    assert {event["type"] for event in heard} >= {"progress"}
    assert "picture" not in {event["type"] for event in heard}


def test_an_older_version_shows_api_keys_until_the_prompt_is_done(old: Client, clock: VirtualClock) -> None:
    stand(old, clock)
    prompt_id = old.submit(picture(), extra_data={"api_key_comfy_org": "secret"})
    assert "secret" in old.get("/queue").text
    clock.advance(timedelta(minutes=1))
    assert "secret" not in str(old.history(prompt_id))


def test_an_older_version_keeps_the_outputs_of_a_cached_prompt_of_nobody(old: Client) -> None:
    first = old.run(picture(), client_id=None)
    assert old.run(picture(), client_id=None)["outputs"] == first["outputs"]


def test_a_server_can_become_an_old_one_and_recover(client: Client) -> None:
    client.double.fails("old version")
    assert (client.double.profile, client.get("/api/jobs").status_code) == ("0.3", 404)
    client.double.works_again()
    assert (client.double.profile, client.get("/api/jobs").status_code) == ("0.8", 200)
