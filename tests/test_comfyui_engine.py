"""The engine of ComfyUI's double is honest about HTTP: prompts, the queue, the history, stopping, the cache."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from support.clock import VirtualClock
from support.leaks import Traces, own_temporary_folder
from support.servers.comfyui import ComfyUI
from support.servers.comfyui.cache import Cache, Kept
from support.servers.comfyui.files import Folders
from support.servers.comfyui.nodes import NODES
from support.waiting import until
from tests.comfyui_client import Client, client_of, painting, picture

CRASHED = "500 Internal Server Error\n\nServer got itself in trouble"


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def double(clock: VirtualClock) -> Iterator[ComfyUI]:
    with ComfyUI(clock=clock) as double:
        yield double


@pytest.fixture
def client(double: ComfyUI) -> Iterator[Client]:
    with client_of(double) as client:
        yield client


@pytest.fixture
def held(client: Client, clock: VirtualClock) -> str:
    """The id of a prompt that stands in its first inference step, until the clock is moved."""
    client.double.step_seconds = 60
    prompt_id = client.submit(painting(steps=2))
    assert until(lambda: clock.sleepers == 1)
    return prompt_id


def let_go(clock: VirtualClock, client: Client) -> None:
    client.double.step_seconds = 0
    clock.advance(timedelta(minutes=1))


# Addresses and methods


def test_an_unknown_address_is_answered_404_in_words(client: Client) -> None:
    for path in ("/nothing", "/interrupt", "/prompt/", "/jobs", "/api/nothing"):
        answer = client.get(path)
        assert (answer.status_code, answer.text) == (404, "404: Not Found"), path
        assert answer.headers["content-type"] == "text/plain; charset=utf-8"


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/prompt", "GET,HEAD,POST"),
        ("DELETE", "/api/queue", "GET,HEAD,POST"),
        ("POST", "/nothing", "GET,HEAD"),
        ("POST", "/system_stats", "GET,HEAD"),
    ],
)
def test_another_method_is_answered_405_with_those_that_there_are(
    client: Client, method: str, path: str, allowed: str
) -> None:
    answer = client.http.request(method, client.double.url + path)
    assert (answer.status_code, answer.text) == (405, "405: Method Not Allowed")
    assert answer.headers["allow"] == allowed


def test_every_route_exists_below_api_too(client: Client) -> None:
    for path in ("/prompt", "/queue", "/history", "/features", "/system_stats", "/object_info/SaveImage"):
        assert client.get(path).json() == client.get("/api" + path).json()
    answer = client.post("/api/prompt", json={"prompt": picture()})
    assert client.history(answer.json()["prompt_id"])["status"]["completed"]


def test_head_is_answered_like_get_without_the_body(client: Client) -> None:
    answer = client.http.head(client.double.url + "/prompt")
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", "37")


def test_options_is_answered_200_everywhere(client: Client) -> None:
    for path in ("/prompt", "/nothing"):
        answer = client.http.options(client.double.url + path)
        assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("http://evil.example", 403),
        ("http://localhost:{port}", 403),
        ("http://127.0.0.1:1", 403),
        ("http://127.0.0.1:{port}", 200),
        ("http://127.0.0.1", 200),
        ("null", 200),
    ],
)
def test_a_page_from_elsewhere_is_answered_403_without_a_word(client: Client, origin: str, status: int) -> None:
    origin = origin.format(port=client.double.url.rpartition(":")[2])
    for method in ("GET", "OPTIONS"):
        answer = client.http.request(method, client.double.url + "/prompt", headers={"Origin": origin})
        assert answer.status_code == status
        assert (answer.content == b"") == (status == 403 or method == "OPTIONS")


def test_pages_are_looked_at_only_where_the_host_is_this_machine(client: Client) -> None:
    headers = {"Host": "studio.example", "Origin": "http://evil.example"}
    assert client.get("/prompt", headers=headers).status_code == 200


def test_json_is_written_as_aiohttp_writes_it(client: Client) -> None:
    answer = client.get("/prompt")
    assert answer.text == '{"exec_info": {"queue_remaining": 0}}'
    assert answer.headers["content-type"] == "application/json; charset=utf-8"


def test_it_says_what_it_can_do(client: Client) -> None:
    assert client.get("/features").json() == {
        "supports_preview_metadata": True,
        "max_upload_size": 104857600,
        "extension": {"manager": {"supports_v4": True}},
    }


def test_it_says_what_it_is(client: Client) -> None:
    stats = client.get("/system_stats").json()
    assert stats["system"]["comfyui_version"] == "0.8.0"
    assert set(stats["system"]) >= {"os", "ram_total", "ram_free", "python_version", "pytorch_version", "argv"}
    names = ["name", "type", "index", "vram_total", "vram_free", "torch_vram_total", "torch_vram_free"]
    assert [list(device) for device in stats["devices"]] == [names]


# Submitting


def test_an_accepted_prompt_is_told_its_id_and_its_number(client: Client) -> None:
    answers = [client.post("/prompt", json={"prompt": picture()}).json() for _ in range(2)]
    assert [answer["number"] for answer in answers] == [0, 1]
    assert [answer["node_errors"] for answer in answers] == [{}, {}]
    assert all(str(uuid.UUID(answer["prompt_id"])) == answer["prompt_id"] for answer in answers)


def test_the_content_type_of_a_body_is_not_looked_at(client: Client) -> None:
    body = json.dumps({"prompt": picture()}).encode()
    assert client.post("/prompt", content=body, headers={"Content-Type": "image/png"}).status_code == 200


@pytest.mark.parametrize("body", [b"", b"no json", b'{"prompt": {"\xff": 1}}', b"null", b"5", b'"prompt"'])
def test_a_body_that_is_no_object_is_answered_500(client: Client, body: bytes) -> None:
    answer = client.post("/prompt", content=body)
    assert (answer.status_code, answer.text) == (500, CRASHED)


@pytest.mark.parametrize(
    "asked",
    [
        {"prompt": picture(), "number": "first"},
        {"prompt": None},
        {"prompt": {"1": 5}},
        {"prompt": picture(), "extra_data": None, "client_id": "a"},
    ],
)
def test_what_does_not_fit_is_answered_500_not_422(client: Client, asked: Any) -> None:
    answer = client.post("/prompt", json=asked)
    assert (answer.status_code, answer.text) == (500, CRASHED)
    assert client.double.prompts() == []


@pytest.mark.parametrize("body", [{}, []])
def test_a_body_without_a_prompt_is_answered_400(client: Client, body: Any) -> None:
    answer = client.post("/prompt", json=body)
    error = {
        "type": "no_prompt",
        "message": "No prompt provided",
        "details": "No prompt provided",
        "extra_info": {},
    }
    assert (answer.status_code, answer.json()) == (400, {"error": error, "node_errors": {}})


def test_a_refused_prompt_uses_up_a_number(client: Client) -> None:
    client.post("/prompt", json={})
    assert client.post("/prompt", json={"prompt": {}}).json()["error"]["type"] == "prompt_no_outputs"
    assert client.post("/prompt", json={"prompt": picture()}).json()["number"] == 2


def test_a_number_is_echoed_as_a_float_and_uses_up_none(client: Client) -> None:
    given = client.post("/prompt", json={"prompt": picture(), "number": "7"})
    assert '"number": 7.0' in given.text
    assert client.post("/prompt", json={"prompt": picture()}).json()["number"] == 0


def test_the_first_front_prompt_is_not_in_front(client: Client, clock: VirtualClock) -> None:
    client.double.begins_slowly(1)
    first = client.post("/prompt", json={"prompt": picture(), "front": True}).json()
    ordinary, front = (
        client.post("/prompt", json={"prompt": picture(), "front": is_front}).json() for is_front in (False, True)
    )
    assert [first["number"], ordinary["number"], front["number"]] == [0, 1, -2]
    assert client.double.pending() == [front["prompt_id"], ordinary["prompt_id"]]


def test_a_prompt_id_of_the_clients_own_is_kept_and_a_second_one_not_refused(client: Client) -> None:
    assert client.submit(picture(1), prompt_id="my own") == "my own"
    assert client.history("my own")["prompt"][0] == 0
    client.submit(picture(2), prompt_id="my own")
    assert until(lambda: client.history("my own")["prompt"][0] == 1)
    assert list(client.get("/history").json()) == ["my own"]


def test_two_waiting_prompts_of_one_number_and_one_id_are_answered_500_and_yet_queued(
    client: Client, held: str, clock: VirtualClock
) -> None:
    asked = {"number": 5, "prompt_id": "twin"}
    assert client.post("/prompt", json={"prompt": picture(1), **asked}).status_code == 200
    assert client.post("/prompt", json={"prompt": picture(2), **asked}).status_code == 500
    assert client.double.pending() == ["twin", "twin"]


def test_a_client_id_goes_into_the_extra_data(client: Client) -> None:
    entry = client.run(picture(), client_id="me", extra_data={"note": 1})
    extra_data = entry["prompt"][3]
    assert (extra_data["client_id"], extra_data["note"]) == ("me", 1)
    assert isinstance(extra_data["create_time"], int)


def test_an_api_key_is_never_shown(client: Client, held: str, clock: VirtualClock) -> None:
    prompt_id = client.submit(picture(), extra_data={"api_key_comfy_org": "secret", "auth_token_comfy_org": "secret"})
    assert "secret" not in client.get("/queue").text
    let_go(clock, client)
    client.history(prompt_id)
    assert "secret" not in client.get("/history").text + client.get("/api/jobs").text


def test_only_the_targets_run(client: Client) -> None:
    graph = picture(1) | {"3": {"class_type": "PreviewImage", "inputs": {"images": ["1", 0]}}}
    entry = client.run(graph, partial_execution_targets=["3"])
    assert (list(entry["outputs"]), entry["prompt"][4]) == (["3"], ["3"])


def test_one_good_output_is_enough_and_the_others_are_told(client: Client) -> None:
    graph = picture(1) | {"3": {"class_type": "SaveImage", "inputs": {"filename_prefix": "x"}}}
    answer = client.post("/prompt", json={"prompt": graph})
    assert answer.status_code == 200
    assert answer.json()["node_errors"]["3"]["errors"][0]["type"] == "required_input_missing"
    entry = client.history(answer.json()["prompt_id"])
    assert (list(entry["outputs"]), entry["status"]["status_str"]) == (["2"], "success")


# The queue


def test_the_queue_shows_five_members_of_each_prompt(client: Client, held: str) -> None:
    waiting = client.submit(picture())
    queue = client.get("/queue").json()
    assert [item[1] for item in queue["queue_running"]] == [held]
    [number, prompt_id, graph, extra_data, outputs] = queue["queue_pending"][0]
    assert (number, prompt_id, graph, outputs) == (1, waiting, picture(), ["2"])
    assert extra_data["client_id"] == "somebody"
    assert client.get("/prompt").json() == {"exec_info": {"queue_remaining": 2}}


def test_a_waiting_prompt_is_deleted_and_the_running_one_is_not(client: Client, held: str, clock: VirtualClock) -> None:
    first, second = client.submit(picture(1)), client.submit(picture(2))
    answer = client.post("/queue", json={"delete": [first, held, "unknown"]})
    assert (answer.status_code, answer.content) == (200, b"")
    assert (client.double.running(), client.double.pending()) == (held, [second])
    let_go(clock, client)
    assert client.history(held)["status"]["completed"]
    assert client.history(second)["status"]["completed"]
    assert client.get(f"/history/{first}").json() == {}
    assert [seen.outcome for seen in client.double.prompts()] == ["success", "deleted", "success"]


def test_clearing_takes_only_what_waits(client: Client, held: str) -> None:
    client.submit(picture())
    client.post("/queue", json={"clear": True})
    assert (client.double.running(), client.double.pending()) == (held, [])


def test_a_number_decides_who_is_next(client: Client, held: str, clock: VirtualClock) -> None:
    ids = [client.submit(picture(n), number=number) for n, number in enumerate((30, 10, 20))]
    assert client.double.pending() == [ids[1], ids[2], ids[0]]
    let_go(clock, client)
    client.history(ids[0])
    assert list(client.get("/history").json()) == [held, ids[1], ids[2], ids[0]]


# The history


def test_an_entry_tells_the_prompt_its_outputs_and_its_messages(client: Client) -> None:
    prompt_id = client.submit(picture(batch=2))
    entry = client.history(prompt_id)
    assert list(entry) == ["prompt", "outputs", "status", "meta"]
    names = [f"picture_{number:05}_.png" for number in (1, 2)]
    images = [{"filename": name, "subfolder": "", "type": "output"} for name in names]
    assert entry["outputs"] == {"2": {"images": images}}
    assert entry["meta"] == {"2": {"node_id": "2", "display_node": "2", "parent_node": None, "real_node_id": "2"}}
    assert (entry["status"]["status_str"], entry["status"]["completed"]) == ("success", True)
    messages = entry["status"]["messages"]
    assert [name for name, _ in messages] == ["execution_start", "execution_cached", "execution_success"]
    assert all(data["prompt_id"] == prompt_id and data["timestamp"] > 1e12 for _, data in messages)
    assert [path.name for path in client.double.pictures()] == names


def test_a_prompt_that_has_not_ended_is_answered_like_one_that_is_unknown(client: Client, held: str) -> None:
    waiting = client.submit(picture())
    for prompt_id in (held, waiting, "unknown"):
        answer = client.get(f"/history/{prompt_id}")
        assert (answer.status_code, answer.json()) == (200, {})


def test_the_history_pages_from_the_newest_and_with_an_offset_from_the_oldest(client: Client) -> None:
    ids = [client.submit(picture(n)) for n in range(4)]
    client.history(ids[-1])

    def page(query: str) -> list[int]:
        return [ids.index(prompt_id) for prompt_id in client.get(f"/history?{query}").json()]

    assert page("") == [0, 1, 2, 3]
    assert page("max_items=2") == [2, 3]
    assert page("max_items=9") == [0, 1, 2, 3]
    assert page("max_items=0") == []
    assert page("offset=1&max_items=2") == [1, 2]
    assert page("offset=3") == [3]
    assert page("offset=9") == []
    assert client.get("/history?max_items=two").status_code == 500


def test_the_history_is_deleted_in_part_and_whole(client: Client) -> None:
    ids = [client.submit(picture(n)) for n in range(3)]
    client.history(ids[-1])
    client.post("/history", json={"delete": [ids[0], "unknown"]})
    assert list(client.get("/history").json()) == ids[1:]
    client.post("/history", json={"clear": True})
    assert client.get("/history").json() == {}


# Stopping


def test_a_targeted_interrupt_ends_the_prompt_within_its_step(client: Client, held: str) -> None:
    client.interrupt(held)
    status = client.history(held)["status"]
    assert (status["status_str"], status["completed"]) == ("error", False)
    name, data = status["messages"][-1]
    assert name == "execution_interrupted"
    assert (data["node_id"], data["node_type"], set(data["executed"])) == ("4", "KSampler", {"1", "2", "3"})
    assert client.double.pictures() == []
    assert client.double.prompts()[0].outcome == "interrupted"


def test_a_targeted_interrupt_leaves_every_other_prompt_alone(client: Client, held: str, clock: VirtualClock) -> None:
    client.interrupt("unknown")
    client.interrupt(client.submit(picture()))
    let_go(clock, client)
    assert client.history(held)["status"]["completed"]


def test_an_interrupt_without_an_id_stops_somebody_elses_prompt(client: Client) -> None:
    theirs = client.double.is_busy_with("somebody else")
    client.interrupt()
    assert client.history(theirs)["status"]["status_str"] == "error"
    assert client.double.prompts()[0].client_id == "somebody else"


def test_an_interrupt_between_running_and_the_first_node_is_lost(client: Client, clock: VirtualClock) -> None:
    client.double.begins_slowly(1)
    prompt_id = client.submit(painting(steps=1))
    assert until(lambda: client.double.running() == prompt_id and clock.sleepers == 1)
    client.interrupt(prompt_id)
    client.interrupt()
    clock.advance(timedelta(seconds=1))
    assert client.history(prompt_id)["status"]["completed"]


def test_an_interrupt_of_nothing_does_not_stop_the_next_prompt(client: Client) -> None:
    client.interrupt()
    assert client.run(painting(steps=1))["status"]["completed"]


def test_outputs_made_before_an_interrupt_stay(client: Client, clock: VirtualClock) -> None:
    client.double.step_seconds = 60
    graph = painting() | {
        "7": {"class_type": "EmptyImage", "inputs": {"width": 16, "height": 16, "batch_size": 1, "color": 1}},
        "8": {"class_type": "SaveImage", "inputs": {"images": ["7", 0], "filename_prefix": "early"}},
    }
    prompt_id = client.submit(graph)
    assert until(lambda: clock.sleepers == 1 and client.double.running() == prompt_id)
    client.interrupt(prompt_id)
    entry = client.history(prompt_id)
    made = [path.name for path in client.double.pictures()]
    assert [image["filename"] for ui in entry["outputs"].values() for image in ui["images"]] == made
    assert made == ["early_00001_.png"]


@pytest.mark.parametrize("body", [b"", b"no json"])
def test_an_interrupt_needs_no_body(client: Client, held: str, body: bytes) -> None:
    assert client.post("/interrupt", content=body).status_code == 200
    assert client.history(held)["status"]["status_str"] == "error"


# The cache


def cached(entry: dict[str, Any]) -> set[str]:
    return set(dict(entry["status"]["messages"])["execution_cached"]["nodes"])


def test_the_same_graph_again_names_the_old_files_and_makes_none(client: Client) -> None:
    first, second = client.run(picture()), client.run(picture())
    assert second["outputs"] == first["outputs"]
    assert (cached(first), cached(second)) == (set(), {"1", "2"})
    assert len(client.double.pictures()) == 1


def test_a_cached_answer_may_name_a_file_that_is_gone(client: Client) -> None:
    client.run(picture())
    client.double.pictures()[0].unlink()
    image = client.run(picture())["outputs"]["2"]["images"][0]
    assert client.get("/view", params=image).status_code == 404


def test_a_cached_prompt_of_nobody_has_no_outputs_in_its_history(client: Client) -> None:
    client.run(picture(), client_id=None)
    entry = client.run(picture(), client_id=None)
    assert (entry["outputs"], entry["meta"], entry["status"]["completed"]) == ({}, {}, True)


def test_a_changed_text_runs_its_own_branch_again_and_nothing_else(client: Client) -> None:
    client.run(painting(text="a red circle"))
    assert cached(client.run(painting(text="a blue circle"))) == {"1", "3"}
    assert cached(client.run(painting(text="a blue circle", seed=2))) == {"1", "2", "3"}


def test_only_the_newest_prompt_is_cached(client: Client) -> None:
    client.run(picture(1))
    client.run(painting())
    assert cached(client.run(picture(1))) == set()


def test_the_ids_of_nodes_do_not_matter_to_the_cache(client: Client) -> None:
    client.run(picture(1))
    one, two = picture(1).values()
    renamed = {"a": one, "b": two | {"inputs": {**two["inputs"], "images": ["a", 0]}}}
    assert cached(client.run(renamed)) == {"a", "b"}


def test_of_two_nodes_that_are_the_same_one_runs(client: Client) -> None:
    graph = picture(1)
    entry = client.run(graph | {"3": graph["2"]})
    assert entry["outputs"]["2"] == entry["outputs"]["3"]
    assert len(client.double.pictures()) == 1


def test_another_output_of_the_same_node_is_another_input(tmp_path: Path) -> None:
    cache = Cache(NODES, Folders(tmp_path))
    graph = picture()
    cache.begin(graph)
    cache.keep("2", Kept((), None))
    graph["2"]["inputs"]["images"] = ["1", 1]
    cache.begin(graph)
    assert cache.get("2") is None


def test_what_failed_is_not_cached(client: Client) -> None:
    client.double.fails("full disk", times=1)
    assert client.run(picture())["status"]["status_str"] == "error"
    assert cached(client.run(picture())) == {"1"}
    assert len(client.double.pictures()) == 1


def test_free_memory_forgets_the_cache_and_unloading_models_does_not(client: Client) -> None:
    client.run(picture())
    client.post("/free", json={"unload_models": True})
    assert cached(client.run(picture())) == {"1", "2"}
    client.post("/free", json={"free_memory": True})
    assert until(lambda: cached(client.run(picture())) == set())
    assert client.post("/free").status_code == 500


# What it remembers, and what it leaves behind


def test_it_remembers_each_request_with_its_body_and_its_answer(client: Client) -> None:
    client.get("/history?max_items=1")
    client.post("/prompt", json={"prompt": {}})
    client.get("/nothing")
    with client.listening("me"):
        pass
    seen = [(one.method, one.path, one.query, one.body, one.status) for one in client.double.requests]
    assert seen == [
        ("GET", "/history", "max_items=1", b"", 200),
        ("POST", "/prompt", "", b'{"prompt":{}}', 400),
        ("GET", "/nothing", "", b"", 404),
        ("GET", "/ws", "clientId=me", b"", 101),
    ]
    assert client.double.log().splitlines()[0] == "GET /history?max_items=1: 200"


def test_it_remembers_each_prompt(client: Client) -> None:
    prompt_id = client.submit(picture(3), client_id="me", number=4)
    client.history(prompt_id)
    [seen] = client.double.prompts()
    assert (seen.prompt_id, seen.client_id, seen.graph, seen.number) == (prompt_id, "me", picture(3), 4.0)
    assert until(lambda: client.double.prompts()[0].outcome == "success")


def test_nothing_is_left_behind_whatever_it_was_doing() -> None:
    with own_temporary_folder():
        before = Traces.now()
        clock = VirtualClock()
        double = ComfyUI(clock=clock, step_seconds=60)
        with client_of(double) as client, client.listening() as ear:
            client.submit(painting())
            client.submit(painting(seed=2))
            assert until(lambda: clock.sleepers == 1)
            double.close()
            double.close()
            assert ear.is_cut
        assert until(lambda: not Traces.now().since(before))
        assert [seen.outcome for seen in double.prompts()] == ["lost", "lost"]


def test_a_taken_port_is_refused_and_leaves_nothing_behind(double: ComfyUI) -> None:
    with own_temporary_folder():
        before = Traces.now()
        with pytest.raises(OSError, match="in use"):
            ComfyUI(port=int(double.url.rpartition(":")[2]))
        assert Traces.now().since(before) == []


def test_a_folder_of_ones_own_outlives_it(tmp_path: Path) -> None:
    with ComfyUI(folder=tmp_path) as double, client_of(double) as client:
        client.run(picture())
    assert [path.name for path in (tmp_path / "output").iterdir()] == ["picture_00001_.png"]


def test_forty_prompts_of_four_clients_at_once_are_all_done_and_none_is_mixed_up(double: ComfyUI) -> None:
    with httpx.Client(trust_env=False, verify=False) as http:
        clients = [Client(double, http, f"client {number}") for number in range(4)]
        ids = {
            client.submit(picture(10 * place + number, prefix=f"c{place}"), client_id=client.name): place
            for place, client in enumerate(clients)
            for number in range(10)
        }
        for prompt_id, place in ids.items():
            image = clients[0].history(prompt_id)["outputs"]["2"]["images"][0]
            assert image["filename"].startswith(f"c{place}_")
    assert len(double.pictures()) == 40
