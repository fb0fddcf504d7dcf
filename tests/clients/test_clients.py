"""Published clients work against the double: they paint, see progress, get pictures, upload, stop, read the queue."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from support.pictures import drawn, same_pixels
from support.servers.comfyui import ComfyUI
from tests.clients.published import CLIENTS, Client, Deed
from tests.comfyui.graphs import Graph, sampled

STEPS = 4
STEP_SECONDS = 0.15


def that_can(deed: Deed) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("client", [client for client in CLIENTS if deed in client.deeds], ids=str)


@pytest.fixture
def double(client: Client, tmp_path: Path) -> Iterator[ComfyUI]:
    if client.missing:
        pytest.skip(client.missing)
    with ComfyUI(folder=tmp_path / "comfyui", step_seconds=STEP_SECONDS, front_end=client.pages) as comfyui:
        yield comfyui


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return new(tmp_path / "home")


def new(folder: Path) -> Path:
    folder.mkdir()
    return folder


def written(graph: Graph, folder: Path) -> Path:
    """The graph as people save it: with the titles that clients find nodes by."""
    titles = {"SaveImage": "Save Image"}
    for node in graph.values():
        node["_meta"] = {"title": titles.get(node["class_type"], node["class_type"])}
    path = folder / "graph.json"
    path.write_text(json.dumps(graph), "utf-8")
    return path


@that_can("paint")
def test_a_client_gets_the_picture_that_the_server_has_kept(client: Client, double: ComfyUI, home: Path) -> None:
    graph = written(sampled("proofsheet.safetensors", "client", seed=7, steps=STEPS), home)
    told = client.asked("paint", double, graph, new(home / "pictures"), home=home)
    (prompt,) = double.prompts()
    (kept,) = double.pictures()
    assert (told["prompt_id"], prompt.outcome) == (prompt.prompt_id, "success"), double.log()
    assert [Path(path).read_bytes() for path in told["pictures"]] == [kept.read_bytes()]
    assert saw_it_paint(client, told["progress"]), told["progress"]


def saw_it_paint(client: Client, progress: list[list[int]]) -> bool:
    every = [[step, STEPS] for step in range(1, STEPS + 1)]
    if client.tells_each_step:
        return progress == every
    return len(progress) > 1 and progress == [step for step in every if step in progress]


@pytest.mark.parametrize("client", [client for client in CLIENTS if client.takes_from_socket], ids=str)
def test_a_client_gets_a_picture_that_is_only_sent(client: Client, double: ComfyUI, home: Path) -> None:
    kept = sampled("proofsheet.safetensors", "client", seed=7, steps=STEPS)
    sent = {**kept, "9": {"class_type": "SaveImageWebsocket", "inputs": {"images": ["8", 0]}}}
    pictures = []
    # In this order: what is sent from the cache can be over before a client that submits first has its socket open.
    for name, graph in {"sent": sent, "kept": kept}.items():
        folder = new(home / name)
        (path,) = client.asked("paint", double, written(graph, folder), folder, home=home)["pictures"]
        pictures.append(Path(path).read_bytes())
    assert same_pixels(*pictures)
    assert len(double.pictures()) == 1


@that_can("upload")
def test_a_client_uploads_a_picture(client: Client, double: ComfyUI, home: Path, tmp_path: Path) -> None:
    picture = home / "reference one.png"
    picture.write_bytes(drawn("red", "circle"))
    told = client.asked("upload", double, picture, home=home)
    kept = tmp_path / "comfyui" / "input" / told["subfolder"] / told["name"]
    assert kept.read_bytes() == picture.read_bytes()


@that_can("stop")
def test_a_client_stops_what_it_has_queued(client: Client, double: ComfyUI, home: Path) -> None:
    graph = written(sampled("proofsheet.safetensors", "client", seed=7, steps=2000), home)
    told = client.asked("stop", double, graph, home=home)
    (prompt,) = double.prompts()
    assert told == {"prompt_id": prompt.prompt_id, "end": "interrupted"}
    assert (prompt.outcome, double.pictures()) == ("interrupted", [])


@that_can("queue")
def test_a_client_reads_the_queue(client: Client, double: ComfyUI, home: Path) -> None:
    running = double.is_busy_with("somebody-else", steps=2000)
    graph = sampled("proofsheet.safetensors", "client", seed=7, steps=2000)
    waiting = [
        httpx.post(f"{double.url}/prompt", json={"prompt": graph}).raise_for_status().json()["prompt_id"]
        for _ in range(2)
    ]
    assert client.asked("queue", double, home=home) == {"running": [running], "pending": waiting}
