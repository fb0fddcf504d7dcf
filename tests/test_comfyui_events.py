"""The engine of ComfyUI's double is honest about its WebSocket: who hears what, in which order, in which form."""

from __future__ import annotations

import io
import json
import struct
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from PIL import Image
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from support.clock import VirtualClock
from support.servers.comfyui import ComfyUI
from support.servers.comfyui.socket import WAITING_BYTES
from support.waiting import until
from tests.comfyui_client import Client, Event, client_of, painting, picture

PREVIEWED = {"preview_method": "latent2rgb"}
DESCRIBED = json.dumps({"type": "feature_flags", "data": {"supports_preview_metadata": True}})


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def client(clock: VirtualClock) -> Iterator[Client]:
    with ComfyUI(clock=clock) as double, client_of(double) as client:
        yield client


def kinds(events: list[Event]) -> list[str]:
    return [event["type"] for event in events]


def brief(event: Event) -> str:
    """An event in a few words: its kind, the node it is about, and how far that is."""
    data = event["data"]
    match event["type"]:
        case "progress_state":
            node = list(data["nodes"].values())[-1]
            return f"{node['node_id']} {node['state']} {node['value']:g}/{node['max']:g}"
        case "progress":
            return f"progress {data['node']} {data['value']}/{data['max']}"
        case "status":
            return f"status {data['status']['exec_info']['queue_remaining']}"
        case "executing" | "executed":
            return f"{event['type']} {data['node']}"
        case kind:
            return str(kind)


# The greeting


def test_a_socket_is_greeted_with_the_queue_and_its_own_id(client: Client) -> None:
    with client.socket("me") as ear:
        greeting = {"status": {"exec_info": {"queue_remaining": 0}}, "sid": "me"}
        assert ear.hear() == {"type": "status", "data": greeting}


def test_a_socket_without_an_id_is_given_one_of_32_hex_digits(client: Client) -> None:
    for query in ("", "?clientId="):
        with connect(f"ws{client.double.url.removeprefix('http')}/ws{query}", proxy=None) as connection:
            sid = json.loads(connection.recv(timeout=5))["data"]["sid"]
            assert len(bytes.fromhex(sid)) == 16
            assert sid == sid.lower()


def test_the_socket_is_below_api_too(client: Client) -> None:
    with client.listening("me", path="/api/ws") as ear:
        prompt_id = client.submit(picture(), client_id="me")
        assert ear.hear_all(prompt_id)


def test_feature_flags_are_answered_in_kind_and_only_as_the_first_message(client: Client) -> None:
    with client.listening() as ear:
        ear.connection.send(DESCRIBED)
        answer = ear.hear()
        assert (answer["type"], answer["data"]) == ("feature_flags", client.get("/features").json())
        ear.connection.send(DESCRIBED)
        assert ear.hear_what_is_there() == []


def test_broken_messages_are_ignored(client: Client) -> None:
    with client.listening() as ear:
        for message in ("garbage", "[]", "5", b"\x00\x01", '{"type": '):
            ear.connection.send(message)
        ear.connection.send(DESCRIBED)
        assert ear.hear()["type"] == "feature_flags"


def test_a_message_that_is_not_about_features_uses_up_the_first_one(client: Client) -> None:
    with client.listening() as ear:
        ear.connection.send('{"type": "hello"}')
        ear.connection.send(DESCRIBED)
        assert ear.hear_what_is_there() == []


def test_a_socket_of_a_page_from_elsewhere_is_refused(client: Client) -> None:
    url = f"ws{client.double.url.removeprefix('http')}/ws"
    with (
        pytest.raises(InvalidStatus) as refusal,
        connect(url, proxy=None, additional_headers={"Origin": "http://evil"}),
    ):
        pass
    assert refusal.value.response.status_code == 403


def test_a_socket_at_another_address_is_answered_404(client: Client) -> None:
    url = f"ws{client.double.url.removeprefix('http')}/events"
    with pytest.raises(InvalidStatus) as refusal, connect(url, proxy=None):
        pass
    assert refusal.value.response.status_code == 404


def test_asking_for_the_socket_without_an_upgrade_is_answered_400(client: Client) -> None:
    answer = client.get("/ws")
    assert (answer.status_code, answer.text.splitlines()[0]) == (400, "No WebSocket UPGRADE hdr: None")


# The order of events


def test_the_events_of_a_trivial_prompt_come_in_order(client: Client) -> None:
    with client.listening() as ear:
        heard = ear.hear_all(client.submit(picture()))
    assert [brief(event) for event in heard] == [
        "status 1",
        "status 1",
        "execution_start",
        "execution_cached",
        "1 running 0/1",
        "executing 1",
        "1 finished 1/1",
        "2 running 0/1",
        "executing 2",
        "executed 2",
        "2 finished 1/1",
        "execution_success",
        "status 0",
        "executing None",
    ]


def test_an_inference_step_is_told_as_progress_of_its_node(client: Client) -> None:
    with client.listening() as ear:
        prompt_id = client.submit(painting(steps=2))
        heard = ear.hear_all(prompt_id)
    told = [brief(event) for event in heard if event["type"] in ("progress", "progress_state")]
    assert [line for line in told if "4" in line.split()[:2]] == [
        "4 running 0/1",
        "4 running 1/2",
        "progress 4 1/2",
        "4 running 2/2",
        "progress 4 2/2",
        "4 finished 2/2",
    ]
    progress = next(event["data"] for event in heard if event["type"] == "progress")
    assert progress == {"value": 1, "max": 2, "prompt_id": prompt_id, "node": "4"}


def test_a_node_is_described_wholly_in_the_progress_state(client: Client) -> None:
    with client.listening() as ear:
        prompt_id = client.submit(picture())
        state = ear.hear_until("progress_state")["data"]
    about = {"node_id": "1", "prompt_id": prompt_id, "display_node_id": "1", "parent_node_id": None}
    node = {"value": 0.0, "max": 1.0, "state": "running", **about, "real_node_id": "1"}
    assert state == {"prompt_id": prompt_id, "nodes": {"1": node}}


def test_executed_tells_what_the_history_will_tell(client: Client) -> None:
    with client.listening() as ear:
        prompt_id = client.submit(picture(batch=2))
        executed = ear.hear_until("executed")["data"]
    output = client.history(prompt_id)["outputs"]["2"]
    assert executed == {"node": "2", "display_node": "2", "output": output, "prompt_id": prompt_id}


def test_the_end_is_told_once_the_history_has_it(client: Client) -> None:
    with client.listening() as ear:
        for colour in range(5):
            prompt_id = client.submit(picture(colour))
            ear.hear_all(prompt_id)
            assert prompt_id in client.get(f"/history/{prompt_id}").json()


def test_a_prompt_that_is_cached_is_executed_again_without_running(client: Client) -> None:
    client.run(picture())
    with client.listening() as ear:
        heard = ear.hear_all(client.submit(picture()))
    told = [brief(event) for event in heard]
    assert told[2:] == [
        "execution_start",
        "execution_cached",
        "executed 2",
        "2 finished 1/1",
        "execution_success",
        "status 0",
        "executing None",
    ]
    assert heard[3]["data"]["nodes"] == ["1", "2"]


def test_a_failure_is_told_with_its_node_and_ends_the_prompt(client: Client) -> None:
    client.double.fails("node error")
    with client.listening() as ear:
        prompt_id = client.submit(painting(steps=2))
        heard = ear.hear_all(prompt_id)
    assert kinds(heard)[-3:] == ["execution_error", "status", "executing"]
    error = heard[-3]["data"]
    assert set(error) == {
        *("prompt_id", "node_id", "node_type", "executed", "exception_message", "exception_type", "traceback"),
        *("current_inputs", "current_outputs", "timestamp"),
    }
    assert (error["node_id"], error["node_type"], error["exception_type"]) == ("4", "KSampler", "RuntimeError")
    assert (set(error["executed"]), set(error["current_outputs"])) == ({"1", "2", "3"}, set("123456"))
    assert (error["current_inputs"]["steps"], error["current_inputs"]["sampler_name"]) == ([2], ["euler"])
    entry = client.history(prompt_id)
    assert (entry["status"]["status_str"], entry["status"]["completed"], entry["outputs"]) == ("error", False, {})
    assert entry["status"]["messages"][-1] == ["execution_error", error]


def test_an_interrupt_is_told_and_ends_the_prompt(client: Client, clock: VirtualClock) -> None:
    client.double.step_seconds = 60
    with client.listening() as ear:
        prompt_id = client.submit(painting())
        assert until(lambda: clock.sleepers == 1)
        client.interrupt(prompt_id)
        heard = ear.hear_all(prompt_id)
    assert kinds(heard)[-3:] == ["execution_interrupted", "status", "executing"]
    assert "progress" not in kinds(heard)
    about = {key: value for key, value in heard[-3]["data"].items() if key not in ("executed", "timestamp")}
    assert about == {"prompt_id": prompt_id, "node_id": "4", "node_type": "KSampler"}


# Who hears what


def test_everybody_hears_the_status_and_only_the_prompts_client_the_rest(client: Client) -> None:
    with client.listening("me") as mine, client.listening("you") as yours:
        mine.hear_all(client.submit(painting(steps=2), client_id="me"))
        assert set(kinds(yours.hear_what_is_there())) == {"status"}


def test_without_a_client_id_progress_goes_to_everybody_and_execution_to_nobody(client: Client) -> None:
    with client.listening("me") as mine, client.listening("you") as yours:
        client.run(painting(steps=2), client_id=None, extra_data=PREVIEWED)
        for ear in (mine, yours):
            assert set(kinds(ear.hear_what_is_there())) == {"status", "progress_state", "progress", "picture"}


def test_without_a_client_id_an_interrupt_is_told_to_everybody(client: Client, clock: VirtualClock) -> None:
    client.double.step_seconds = 60
    with client.listening("you") as ear:
        prompt_id = client.submit(painting(), client_id=None)
        assert until(lambda: clock.sleepers == 1)
        client.interrupt(prompt_id)
        assert ear.hear_until("execution_interrupted")["data"]["prompt_id"] == prompt_id
        assert "executing" not in kinds(ear.hear_what_is_there())


def test_a_deletion_is_told_once_and_that_of_the_last_one_that_waits_twice(client: Client, clock: VirtualClock) -> None:
    client.double.step_seconds = 60
    client.submit(painting())
    waiting = [client.submit(picture(colour)) for colour in range(2)]
    assert until(lambda: clock.sleepers == 1)
    with client.listening("you") as ear:
        client.post("/queue", json={"delete": waiting[:1]})
        assert [brief(event) for event in ear.hear_what_is_there()] == ["status 2"]
        client.post("/queue", json={"delete": ["unknown", waiting[1]]})
        assert [brief(event) for event in ear.hear_what_is_there()] == ["status 1", "status 1"]


def test_a_client_that_opens_its_socket_after_submitting_can_miss_the_end(client: Client) -> None:
    client.run(picture())
    with client.listening() as ear:
        assert ear.hear_what_is_there() == []


def test_whoever_comes_back_while_its_prompt_runs_is_told_the_node(client: Client, clock: VirtualClock) -> None:
    client.double.step_seconds = 60
    client.submit(painting(), client_id="me")
    assert until(lambda: clock.sleepers == 1)
    with client.listening("me") as ear:
        assert ear.hear() == {"type": "executing", "data": {"node": "4"}}
    with client.listening("you") as ear:
        assert ear.hear_what_is_there() == []


def test_whoever_comes_back_after_its_prompt_is_told_no_node(client: Client) -> None:
    client.run(painting(), client_id="me")
    with client.listening("me") as ear:
        assert ear.hear_what_is_there() == []


def test_a_second_socket_of_the_same_id_replaces_the_first(client: Client) -> None:
    with client.listening("me") as old, client.listening("me") as new:
        new.hear_all(client.submit(picture(), client_id="me"))
        assert old.hear_what_is_there() == []


def test_closing_the_replaced_socket_leaves_the_new_one_deaf(client: Client) -> None:
    with client.listening("me") as old, client.listening("me") as new:
        old.connection.close()
        client.run(picture(), client_id="me")
        assert new.hear_what_is_there() == []


def test_a_client_that_does_not_read_holds_up_nobody_and_is_cut_off_in_the_end(client: Client) -> None:
    url = f"ws{client.double.url.removeprefix('http')}/ws?clientId=deaf"
    # A failure tells its node's inputs: each of these prompts has two megabytes to say to its client.
    client.double.fails("node error")
    graph = picture() | {
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "x" * 10**6}}
    }
    with connect(url, proxy=None, max_queue=1, max_size=None) as deaf, client.listening("me") as mine:
        for _ in range(WAITING_BYTES // 10**6 + 20):
            client.submit(graph, client_id="deaf")
        assert until(lambda: client.get("/prompt").json()["exec_info"]["queue_remaining"] == 0)
        client.double.works_again()
        assert mine.hear_all(client.submit(picture(), client_id="me"))
        with pytest.raises(ConnectionClosed):
            while True:
                deaf.recv(timeout=5)


# Pictures


def test_previews_are_sent_only_when_asked_for(client: Client) -> None:
    with client.listening() as ear:
        for method in (None, "none", "default", "nonsense"):
            heard = ear.hear_all(client.submit(painting(seed=len(str(method))), extra_data={"preview_method": method}))
            assert "picture" not in kinds(heard)
        heard = ear.hear_all(client.submit(painting(steps=2, seed=9), extra_data={"preview_method": "auto"}))
    at = kinds(heard)
    first = at.index("progress")
    assert at[first - 1 : first + 5] == [
        "progress_state",
        "progress",
        "picture",
        "progress_state",
        "progress",
        "picture",
    ]


def test_a_preview_is_a_jpeg_of_512_pixels_after_two_numbers(client: Client) -> None:
    with client.listening() as ear:
        client.submit(painting(), extra_data=PREVIEWED)
        data = ear.hear_until("picture")["data"]
    assert struct.unpack(">II", data[:8]) == (1, 1)
    with Image.open(io.BytesIO(data[8:])) as image:
        assert (image.format, image.size) == ("JPEG", (512, 512))


def test_a_client_that_supports_it_is_told_what_a_preview_is_of(client: Client) -> None:
    with client.listening() as ear:
        ear.connection.send(DESCRIBED)
        ear.hear_until("feature_flags")
        prompt_id = client.submit(painting(steps=1), extra_data=PREVIEWED)
        heard = ear.hear_all(prompt_id)
    at = kinds(heard)
    assert at[at.index("picture") + 1] == "progress"
    [data] = [event["data"] for event in heard if event["type"] == "picture"]
    kind, length = struct.unpack(">II", data[:8])
    told = json.loads(data[8 : 8 + length])
    assert (kind, told["image_type"], told["node_id"], told["prompt_id"]) == (4, "image/jpeg", "4", prompt_id)
    assert set(told) == {*("node_id", "prompt_id", "display_node_id", "parent_node_id", "real_node_id", "image_type")}
    assert data[8 + length :][:2] == b"\xff\xd8"


def test_a_picture_over_the_socket_is_a_png_and_no_file(client: Client) -> None:
    graph = picture(batch=2)
    graph["2"] = {"class_type": "SaveImageWebsocket", "inputs": {"images": ["1", 0]}}
    with client.listening() as ear:
        heard = ear.hear_all(client.submit(graph))
    pictures = [event["data"] for event in heard if event["type"] == "picture"]
    assert [struct.unpack(">II", data[:8]) for data in pictures] == [(1, 2), (1, 2)]
    with Image.open(io.BytesIO(pictures[0][8:])) as image:
        assert (image.format, image.size) == ("PNG", (16, 16))
    assert client.double.pictures() == []
    told = [brief(event) for event in heard if event["type"] == "progress"]
    assert told == ["progress 2 0/2", "progress 2 1/2"]


# Time


def test_a_step_takes_a_millisecond_of_real_time_at_least(client: Client) -> None:
    began = time.perf_counter()
    client.run(painting(steps=100))
    assert time.perf_counter() - began >= 0.100


def test_a_step_takes_as_long_by_the_clock_as_was_said(client: Client, clock: VirtualClock) -> None:
    client.double.step_seconds = 10
    with client.listening() as ear:
        prompt_id = client.submit(painting(steps=2))
        for _ in range(2):
            assert until(lambda: clock.sleepers == 1)
            clock.advance(timedelta(seconds=9))
            assert client.double.running() == prompt_id
            clock.advance(timedelta(seconds=1))
            ear.hear_until("progress")
        assert client.history(prompt_id)["status"]["completed"]
