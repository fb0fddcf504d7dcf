"""One visit to a server: names of its own, sockets that are closed, and a queue left empty for the next visitor."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import httpx

from support.waiting import until
from tests.comfyui import normal
from tests.comfyui.ear import Ear
from tests.comfyui.graphs import Graph, sampled, saved
from tests.comfyui.normal import Json

WITHIN = timedelta(seconds=60)
LONG_STEPS = 2000  # nobody waits for the last: it is interrupted
T = TypeVar("T")


class Unanswered(AssertionError):
    """The server did not do in time what the interaction waits for."""


@dataclass(frozen=True)
class Ran:
    """A prompt from its submission to its end. events: as heard; entry: of the history, as it came."""

    prompt_id: str
    events: list[Json]
    entry: dict[str, Any]

    def files(self, node: str) -> list[dict[str, str]]:
        return list(self.entry["outputs"][node]["images"])


def unknown(answer: httpx.Response) -> bool:
    """Whether no route knew the path. The words are aiohttp's affair: a text in one version, nothing in another."""
    if answer.status_code != httpx.codes.NOT_FOUND:
        return False
    return answer.text == "404: Not Found" or answer.headers.get("content-type") == "application/octet-stream"


class Visit:
    """What an interaction speaks to. Everything that it makes up has a name which observations show as <label>."""

    def __init__(self, url: str, web: httpx.Client) -> None:
        self.url = url.rstrip("/")
        self.names: dict[str, str] = {}
        self._web = web
        self._open = ExitStack()
        self._prompts: list[str] = []

    # names

    def called(self, label: str) -> str:
        """A name nobody else has used."""
        return self.known(f"{label.replace(' ', '')[:12]}-{secrets.token_hex(5)}", label)

    def known(self, name: str, label: str) -> str:
        """The same name; observations show it as <label>."""
        # The longest first, so that no name is replaced inside another.
        self.names = dict(sorted(({name: f"<{label}>"} | self.names).items(), key=lambda held: -len(held[0])))
        return name

    def chance(self) -> int:
        """A number that makes a graph unlike all before it, so that no cache knows it."""
        number = random.randrange(1 << 20, 1 << 24)
        self.known(str(number), "number")
        return number

    # HTTP

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self._web.request(method, self.url + path, **more)

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.ask("GET", path, params=params or None)

    def post(self, path: str, json: Json) -> httpx.Response:
        return self.ask("POST", path, json=json)

    def told(self, answer: httpx.Response) -> Json:
        """An answer as an observation: status, content type, body."""
        kind = answer.headers.get("content-type", "").replace(" ", "")
        seen: dict[str, Json] = {"status": answer.status_code, "type": kind}
        if unknown(answer):
            return {"status": answer.status_code, "body": "<of the HTTP library>"}
        if not answer.content:
            return seen | {"body": None}
        if kind.startswith("application/json"):
            return seen | {"body": self.plain(normal.sorted_errors(answer.json()))}
        if kind.startswith("image/"):
            return seen | {"picture": normal.picture(answer.content)}
        return seen | {"body": self.plain(answer.text)}

    def asked(self, method: str, path: str, **more: Any) -> Json:
        return self.told(self.ask(method, path, **more))

    def plain(self, value: Json) -> Json:
        return normal.plain(value, self.names)

    # prompts

    def listen(self, client_id: str | None = None, *, flags: Json = None) -> Ear:
        """A socket, closed when the visit ends. client_id: None makes one up; "" asks without."""
        own = self.called("client") if client_id is None else client_id
        return self._open.enter_context(Ear(self.url, own, flags=flags))

    def submit(self, graph: Json, ear: Ear | None = None, **more: Any) -> httpx.Response:
        """POST /prompt. What is accepted is waited for before the visit ends."""
        body = {"prompt": graph, **({"client_id": ear.client_id} if ear else {}), **more}
        answer = self.post("/prompt", body)
        if answer.status_code == httpx.codes.OK:
            self._prompts.append(answer.json()["prompt_id"])
        return answer

    def queue(self, graph: Graph, ear: Ear | None = None, *, label: str = "prompt", **more: Any) -> str:
        """The id of a prompt that was accepted. Raises Unanswered for any other answer."""
        answer = self.submit(graph, ear, **more)
        if answer.status_code != httpx.codes.OK:
            raise Unanswered(f"not accepted, {answer.status_code}: {answer.text[:500]}")
        return self.known(str(answer.json()["prompt_id"]), label)

    def run(self, graph: Graph, *, label: str = "prompt", ear: Ear | None = None, **more: Any) -> Ran:
        """Listen, submit, hear it to its end, and look it up."""
        ear = ear or self.listen()
        prompt_id = self.queue(graph, ear, label=label, **more)
        return Ran(prompt_id, ear.until_end(prompt_id), self.entry(prompt_id))

    def forget(self) -> None:
        """Have the server run something else, so that its cache, which knows the last prompt alone, is of no use."""
        prefix = self.called("nothing")
        self.entry(self.queue(saved(self.chance(), prefix), label="something else"))
        self.settle()

    def entry(self, prompt_id: str) -> dict[str, Any]:
        """The history's entry, waited for."""
        return self._waited(lambda: self._past(prompt_id), f"prompt {prompt_id} in the history")

    def settle(self) -> None:
        """Wait until nothing runs or waits."""
        self._waited(lambda: self.remaining() == 0, "an empty queue")

    def remaining(self) -> int:
        return int(self.get("/prompt").json()["exec_info"]["queue_remaining"])

    # a server at work

    def checkpoint(self, number: int = 0) -> str:
        """One of the server's checkpoints."""
        options = self._options("CheckpointLoaderSimple", "ckpt_name")
        return self.known(str(options[min(number, len(options) - 1)]), "checkpoint")

    def lora(self) -> str:
        return self.known(str(self._options("LoraLoader", "lora_name")[0]), "LoRA")

    def _options(self, class_type: str, name: str) -> list[str]:
        return list(self.get(f"/object_info/{class_type}").json()[class_type]["input"]["required"][name][0])

    def sampling(self, *, steps: int = 3, seed: int | None = None, **more: Any) -> Graph:
        """A graph that samples with the server's first checkpoint."""
        seed = self.chance() if seed is None else seed
        return sampled(self.checkpoint(), self.called("prefix"), seed=seed, steps=steps, **more)

    @contextmanager
    def busy(self, ear: Ear | None = None, **more: Any) -> Iterator[str]:
        """A long prompt is being sampled; it is stopped afterwards. Yields its id."""
        ear = ear or self.listen()
        prompt_id = self.queue(self.sampling(steps=LONG_STEPS), ear, label="busy", **more)
        ear.until("progress")
        try:
            yield prompt_id
        finally:
            self.stop(prompt_id)

    def stop(self, prompt_id: str) -> dict[str, Any]:
        """Interrupt until the history shows it: an interrupt before the first node is lost."""

        def interrupted() -> dict[str, Any]:
            self.post("/interrupt", {"prompt_id": prompt_id})
            return self._past(prompt_id)

        return self._past(prompt_id) or self._waited(interrupted, f"prompt {prompt_id} to be interrupted")

    def _past(self, prompt_id: str) -> dict[str, Any]:
        return dict(self.get(f"/history/{prompt_id}").json().get(prompt_id, {}))

    @staticmethod
    def _waited(probe: Callable[[], T], what: str) -> T:
        found = until(probe, within=WITHIN)
        if not found:
            raise Unanswered(f"waited {WITHIN.total_seconds():g} s for {what}")
        return found

    def leave(self) -> None:
        """Close the sockets, stop what still runs, wait for an empty queue."""
        self._open.close()
        if self._prompts and self.remaining():
            self.post("/queue", {"delete": self._prompts})
            for running in self.get("/queue").json()["queue_running"]:
                if running[1] in self._prompts:
                    self.stop(running[1])
            self.settle()
