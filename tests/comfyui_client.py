"""A client of ComfyUI's double in its tests: submits graphs, listens, asks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import quote

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from support.servers.comfyui import ComfyUI
from support.waiting import until

PATIENCE_SECONDS = 5.0

Graph = dict[str, Any]
Event = dict[str, Any]


def picture(colour: int = 255, *, side: int = 16, prefix: str = "picture", batch: int = 1) -> Graph:
    """The trivial graph: one colour, saved."""
    inputs = {"width": side, "height": side, "batch_size": batch, "color": colour}
    return {
        "1": {"class_type": "EmptyImage", "inputs": inputs},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": prefix}},
    }


def painting(steps: int = 3, *, seed: int = 1, text: str = "a red circle", side: int = 64) -> Graph:
    """Text to image: checkpoint 1, text 2, latent 3, sampler 4, decoding 5, saving 6."""
    sampler = {"seed": seed, "steps": steps, "cfg": 1.0, "sampler_name": "euler", "scheduler": "simple"}
    links = {"model": ["1", 0], "positive": ["2", 0], "negative": ["2", 0], "latent_image": ["3", 0]}
    return {
        "1": {"class_type": "CheckpointLoaderSimple", "inputs": {"ckpt_name": "proofsheet.safetensors"}},
        "2": {"class_type": "CLIPTextEncode", "inputs": {"text": text, "clip": ["1", 1]}},
        "3": {"class_type": "EmptyLatentImage", "inputs": {"width": side, "height": side, "batch_size": 1}},
        "4": {"class_type": "KSampler", "inputs": {**sampler, "denoise": 1.0, **links}},
        "5": {"class_type": "VAEDecode", "inputs": {"samples": ["4", 0], "vae": ["1", 2]}},
        "6": {"class_type": "SaveImage", "inputs": {"images": ["5", 0], "filename_prefix": "painting"}},
    }


class Ear:
    """One WebSocket, and what was heard on it."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    def hear(self) -> Event:
        """The next event; a picture as {"type": "picture", "data": bytes}. Raises TimeoutError after a while."""
        message = self.connection.recv(timeout=PATIENCE_SECONDS)
        if isinstance(message, bytes):
            return {"type": "picture", "data": message}
        heard: Event = json.loads(message)
        return heard

    def hear_all(self, prompt_id: str) -> list[Event]:
        """Everything up to the prompt's end."""
        heard = [self.hear()]
        while not (heard[-1]["type"] == "executing" and heard[-1]["data"] == {"node": None, "prompt_id": prompt_id}):
            heard.append(self.hear())
        return heard

    def hear_until(self, kind: str) -> Event:
        while (event := self.hear())["type"] != kind:
            pass
        return event

    def hear_what_is_there(self) -> list[Event]:
        """Everything that comes within a moment."""
        heard = []
        try:
            while True:
                message = self.connection.recv(timeout=0.1)
                heard.append({"type": "picture"} if isinstance(message, bytes) else json.loads(message))
        except TimeoutError:
            return heard

    @property
    def is_cut(self) -> bool:
        try:
            while True:
                self.connection.recv(timeout=PATIENCE_SECONDS)
        except ConnectionClosed:
            return True
        except TimeoutError:
            return False


class Client:
    """Asks one double. Names the client id `name` with each prompt, unless told otherwise."""

    def __init__(self, double: ComfyUI, http: httpx.Client, name: str = "somebody") -> None:
        self.double = double
        self.http = http
        self.name = name

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.http.get(self.double.url + path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.http.post(self.double.url + path, **more)

    def submit(self, graph: Graph, **more: Any) -> str:
        """The id of an accepted prompt. client_id=None leaves it out."""
        asked = {"prompt": graph, "client_id": self.name, **more}
        if asked["client_id"] is None:
            del asked["client_id"]
        answer = self.post("/prompt", json=asked)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["prompt_id"])

    def history(self, prompt_id: str) -> dict[str, Any]:
        """The entry of a prompt that ends soon."""
        found = until(lambda: self.get(f"/history/{prompt_id}").json().get(prompt_id))
        assert found, f"prompt {prompt_id} has not ended: {self.get('/queue').text}"
        entry: dict[str, Any] = found
        return entry

    def run(self, graph: Graph, **more: Any) -> dict[str, Any]:
        return self.history(self.submit(graph, **more))

    def interrupt(self, prompt_id: str | None = None) -> None:
        answer = self.post("/interrupt", json={} if prompt_id is None else {"prompt_id": prompt_id})
        assert (answer.status_code, answer.content) == (200, b"")

    @contextmanager
    def listening(self, client_id: str | None = None, *, path: str = "/ws") -> Iterator[Ear]:
        """A socket, opened and greeted."""
        with self.socket(client_id, path=path) as ear:
            assert ear.hear()["type"] == "status"
            yield ear

    @contextmanager
    def socket(self, client_id: str | None = None, *, path: str = "/ws") -> Iterator[Ear]:
        url = f"ws{self.double.url.removeprefix('http')}{path}?clientId={quote(client_id or self.name)}"
        with connect(url, proxy=None) as connection:
            yield Ear(connection)


@contextmanager
def client_of(double: ComfyUI) -> Iterator[Client]:
    # Nothing is encrypted here, and reading the certificates would take 100 ms.
    with httpx.Client(trust_env=False, verify=False) as http:
        yield Client(double, http)
