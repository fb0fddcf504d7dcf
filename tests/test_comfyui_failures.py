"""ComfyUI's double fails as it is told to: by name, in mid-prompt, for as long as was said, and alone on a port."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.clock import VirtualClock
from support.servers.comfyui import FAILURES, ComfyUI, FailureMode
from support.waiting import until
from tests.comfyui_client import Client, client_of, painting, picture

ROOT = Path(__file__).parent.parent


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def client(clock: VirtualClock) -> Iterator[Client]:
    with ComfyUI(clock=clock) as double, client_of(double) as client:
        yield client


def error_of(entry: dict[str, Any]) -> dict[str, Any]:
    name, data = entry["status"]["messages"][-1]
    assert (name, entry["status"]["status_str"], entry["status"]["completed"]) == ("execution_error", "error", False)
    found: dict[str, Any] = data
    return found


def test_there_is_no_failure_of_another_name(client: Client) -> None:
    name: Any = "earthquake"
    with pytest.raises(ValueError, match="there is no failure 'earthquake'; there are out of memory, node error"):
        client.double.fails(name)


@pytest.mark.parametrize(("name", "times"), [("unknown model", 2), ("old version", 1), ("node error", 0)])
def test_what_cannot_be_counted_is_not(client: Client, name: FailureMode, times: int) -> None:
    with pytest.raises(ValueError, match="until works_again"):
        client.double.fails(name, times=times)


def test_a_counted_failure_ends_by_itself(client: Client) -> None:
    client.double.fails("node error", times=2)
    states = [client.run(painting(seed=seed))["status"]["status_str"] for seed in range(3)]
    assert states == ["error", "error", "success"]


def test_an_uncounted_failure_ends_with_works_again(client: Client) -> None:
    client.double.fails("node error")
    assert [client.run(painting())["status"]["status_str"] for _ in range(3)] == ["error"] * 3
    client.double.works_again()
    assert client.run(painting())["status"]["status_str"] == "success"


# In a prompt


def test_out_of_memory_is_told_as_torch_and_comfyui_tell_it(client: Client) -> None:
    client.double.fails("out of memory")
    error = error_of(client.run(painting()))
    assert (error["exception_type"], error["node_type"]) == ("torch.OutOfMemoryError", "KSampler")
    assert error["exception_message"].startswith("Allocation on device")
    assert "\nThis error means you ran out of memory on your GPU.\n\nTIPS: " in error["exception_message"]


def test_only_more_pixels_than_there_is_memory_for_are_too_many(client: Client) -> None:
    client.double.has_memory_for(64 * 64)
    assert client.run(painting(side=64))["status"]["completed"]
    error = error_of(client.run(painting(side=128)))
    assert (error["exception_type"], error["node_type"]) == ("torch.OutOfMemoryError", "KSampler")
    assert client.run(painting(side=64, seed=2))["status"]["completed"]


def test_a_graph_without_a_sampler_fails_at_its_output(client: Client) -> None:
    client.double.fails("node error")
    assert error_of(client.run(picture()))["node_id"] == "2"
    assert client.double.pictures() == []


def test_a_full_disk_stops_the_saving_and_nothing_else(client: Client) -> None:
    client.double.fails("full disk")
    error = error_of(client.run(painting(steps=1)))
    assert (error["exception_type"], error["node_type"]) == ("OSError", "SaveImage")
    assert error["exception_message"] == "[Errno 28] No space left on device\n"
    assert set(error["executed"]) == {"1", "2", "3", "4", "5"}
    assert client.double.pictures() == []


def test_slow_makes_each_step_ten_times_as_long(client: Client, clock: VirtualClock) -> None:
    client.double.step_seconds = 1
    client.double.fails("slow", times=1)
    prompt_id = client.submit(painting(steps=1))
    assert until(lambda: clock.sleepers == 1)
    clock.advance(timedelta(seconds=9))
    assert clock.sleepers == 1
    clock.advance(timedelta(seconds=1))
    assert client.history(prompt_id)["status"]["completed"]


def test_slow_takes_ten_milliseconds_of_real_time_a_step(client: Client) -> None:
    client.double.fails("slow")
    began = time.perf_counter()
    client.run(painting(steps=40))
    assert time.perf_counter() - began >= 0.400


@pytest.mark.parametrize("graph", [painting(steps=4), picture()])
def test_a_hanging_prompt_ends_only_when_it_is_interrupted(
    client: Client, clock: VirtualClock, graph: dict[str, Any]
) -> None:
    client.double.fails("hang", times=1)
    prompt_id = client.submit(graph)
    assert until(lambda: client.double.running() == prompt_id)
    clock.advance(timedelta(days=1))
    assert client.get(f"/history/{prompt_id}").json() == {}
    client.interrupt(prompt_id)
    assert client.history(prompt_id)["status"]["messages"][-1][0] == "execution_interrupted"
    assert client.run(graph)["status"]["completed"]


def test_a_hang_is_in_the_middle_of_the_steps(client: Client) -> None:
    client.double.fails("hang")
    with client.listening() as ear:
        client.submit(painting(steps=4))
        told = [event["data"]["value"] for event in ear.hear_what_is_there() if event["type"] == "progress"]
    assert told == [1]


def test_a_restart_in_mid_prompt_loses_it_and_everything_else(client: Client) -> None:
    client.run(picture(1))
    client.double.fails("restart", times=1)
    with client.listening() as ear:
        lost = client.submit(painting(steps=4))
        assert ear.is_cut
    assert until(lambda: client.double.prompts()[1].outcome == "lost")

    def up() -> bool:
        try:
            return bool(client.get("/history").json() == {})
        except httpx.TransportError:
            return False

    assert until(up)
    assert client.get("/queue").json() == {"queue_running": [], "queue_pending": []}
    entry = client.run(painting(steps=4), prompt_id=lost)
    assert (entry["status"]["completed"], entry["prompt"][0]) == (True, 0)
    assert [seen.outcome for seen in client.double.prompts()] == ["success", "lost", "success"]


def test_dropped_sockets_in_mid_prompt_do_not_stop_it(client: Client) -> None:
    client.double.fails("dropped sockets", times=1)
    with client.listening() as ear, client.listening("somebody else") as other:
        prompt_id = client.submit(painting(steps=4))
        assert (ear.is_cut, other.is_cut) == (True, True)
    assert client.history(prompt_id)["status"]["completed"]
    with client.listening() as ear:
        assert ear.hear_all(client.submit(painting(steps=4, seed=2)))


# Of the server


def test_an_unknown_model_is_a_checkpoint_that_is_no_longer_listed(client: Client) -> None:
    client.double.fails("unknown model")
    answer = client.post("/prompt", json={"prompt": painting()})
    [error] = answer.json()["node_errors"]["1"]["errors"]
    assert (answer.status_code, error["type"]) == (400, "value_not_in_list")
    assert error["details"] == "ckpt_name: 'proofsheet.safetensors' not in []"
    client.double.works_again()
    assert client.run(painting())["status"]["completed"]


def test_it_has_the_checkpoints_and_loras_that_it_was_given(client: Client) -> None:
    client.double.has_checkpoint("a.safetensors", "b.safetensors")
    client.double.has_lora()
    assert client.get("/models/checkpoints").json() == ["a.safetensors", "b.safetensors"]
    assert client.get("/models/loras").json() == []
    assert client.post("/prompt", json={"prompt": painting()}).status_code == 400
    client.double.fails("unknown model")
    client.double.works_again()
    assert client.get("/models/checkpoints").json() == ["a.safetensors", "b.safetensors"]


@pytest.mark.parametrize("status", [400, 500])
def test_it_refuses_every_prompt_for_as_long_as_was_said(client: Client, status: int) -> None:
    client.double.fails("refuses", times=1, status=status)
    refused = client.post("/prompt", json={"prompt": picture()})
    assert refused.status_code == status
    assert client.post("/prompt", json={"prompt": picture()}).json()["number"] == 0


def test_a_restart_keeps_the_port_and_the_pictures_and_forgets_the_rest(client: Client) -> None:
    shown = picture(1) | {"3": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}}}
    images = [ui["images"][0] for ui in client.run(shown)["outputs"].values()]
    address = client.double.url
    with client.listening() as ear:
        client.double.restarts()
        assert ear.is_cut
    assert client.double.url == address
    assert client.get("/history").json() == {}
    saved, temporary = (client.get("/view", params=image).status_code for image in images)
    assert (saved, temporary) == (200, 404)
    entry = client.run(shown)
    assert (entry["prompt"][0], dict(entry["status"]["messages"])["execution_cached"]["nodes"]) == (0, [])


def test_a_restart_loses_what_ran_and_what_waited(client: Client, clock: VirtualClock) -> None:
    client.double.step_seconds = 60
    client.submit(painting())
    client.submit(picture())
    assert until(lambda: clock.sleepers == 1)
    client.double.restarts()
    assert (client.double.running(), client.double.pending()) == (None, [])
    assert [seen.outcome for seen in client.double.prompts()] == ["lost", "lost"]
    assert client.run(picture())["status"]["completed"]


def test_while_it_is_down_connections_are_refused_and_then_it_is_back_on_its_port(client: Client) -> None:
    client.run(picture())
    address = client.double.url
    client.double.goes_down()
    client.double.goes_down()
    with pytest.raises(httpx.ConnectError):
        client.get("/prompt")
    client.double.comes_back()
    client.double.comes_back()
    assert (client.double.url, client.get("/history").json()) == (address, {})


def test_its_port_is_nobody_elses_while_it_is_down(client: Client) -> None:
    client.double.goes_down()
    with pytest.raises(OSError, match="in use"):
        ComfyUI(port=int(client.double.url.rpartition(":")[2]))


def test_it_can_be_closed_while_it_is_down() -> None:
    double = ComfyUI()
    double.goes_down()
    double.close()


def test_dropped_sockets_are_cut_once(client: Client) -> None:
    with client.listening("me") as ear:
        client.double.drops_sockets()
        assert ear.is_cut
    with client.listening("me") as ear:
        assert ear.hear_all(client.submit(picture(), client_id="me"))


def test_it_is_busy_with_a_prompt_of_somebody_else(client: Client, clock: VirtualClock) -> None:
    client.double.step_seconds = 1
    theirs = client.double.is_busy_with("them", steps=3)
    assert client.double.running() == theirs
    mine = client.submit(picture())
    assert client.double.pending() == [mine]
    with client.listening("them") as ear:
        for step in range(3):
            assert until(lambda: clock.sleepers == 1)
            clock.advance(timedelta(seconds=1))
            assert ear.hear_until("progress")["data"]["value"] == step + 1
    assert client.history(mine)["status"]["completed"]


# Alone


def test_it_serves_alone_and_ends_when_interrupted() -> None:
    command = [sys.executable, "-m", "support.servers.comfyui", "--port", "0", "--profile", "0.3"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().removeprefix("listening on ").strip()
        stats = httpx.get(f"{address}/system_stats", trust_env=False).json()
        process.send_signal(signal.SIGINT)
        log = process.stdout.read()
        assert process.wait(10) == 0
    assert stats["system"]["comfyui_version"] == "0.3.64"
    assert "GET /system_stats: 200" in log


def test_it_fails_alone_by_every_name() -> None:
    command = [sys.executable, "-m", "support.servers.comfyui", "--help"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert all(name in " ".join(told.split()) for name in FAILURES)
    command = [sys.executable, "-m", "support.servers.comfyui", "--failure", "refuses"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline().removeprefix("listening on ").strip()
        assert httpx.post(f"{address}/prompt", json={"prompt": picture()}, trust_env=False).status_code == 400
        process.send_signal(signal.SIGINT)
        process.stdout.read()
        assert process.wait(10) == 0


def test_a_deaf_server_takes_the_word_to_stop_and_goes_on(client: Client, clock: VirtualClock) -> None:
    client.double.step_seconds = 1
    client.double.fails("deaf", times=1)
    prompt_id = client.submit(painting(steps=2))
    assert until(lambda: clock.sleepers == 1)
    assert client.post("/interrupt", json={"prompt_id": prompt_id}).status_code == 200
    for _ in range(2):
        assert until(lambda: clock.sleepers == 1)
        clock.advance(timedelta(seconds=1))
    assert client.history(prompt_id)["status"]["completed"]


def test_a_part_is_refused_and_the_rest_is_painted(client: Client) -> None:
    client.double.fails("refuses a part", times=1)
    graph = picture() | {"9": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "z"}}}
    answer = client.post("/prompt", json={"prompt": graph})
    assert (answer.status_code, list(answer.json()["node_errors"])) == (200, ["9"])
    assert list(client.history(answer.json()["prompt_id"])["outputs"]) == ["2"]
