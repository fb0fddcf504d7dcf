"""HTTP towards one ComfyUI server: every answer is checked, every silence told apart by what would help."""

from __future__ import annotations

import base64
import ssl
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx

from app.errors import Unavailable
from app.generation.comfyui.errors import NoAnswer, fault_of_refusal
from app.generation.comfyui.workflow import Workflow
from app.generation.faults import BackendDown, BackendFailed

# A server that loads a checkpoint may keep everybody waiting for seconds.
TIMEOUT = httpx.Timeout(10.0, connect=2.0)
# What another attempt may cure: too long, too many, and what a gateway says of a server that is not up.
PASSING = {408, 425, 429, 500, 502, 503, 504}


class Address:
    """Where a server is, from `http://name:password@host:8188/folder`.

    url: as it is shown and stored, without name and password. Raises Unavailable for what is no address.
    """

    def __init__(self, text: str) -> None:
        parts = urlsplit(text if "://" in text else f"http://{text}")
        try:
            port = "" if parts.port is None else f":{parts.port}"
        except ValueError:
            port = None
        if parts.scheme not in ("http", "https") or not parts.hostname or port is None:
            raise Unavailable(f"{parts.scheme}://{parts.hostname or ''} is no address of a ComfyUI server")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        self.url = f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"
        self.websocket = f"ws{self.url.removeprefix('http')}/ws"
        self.headers: dict[str, str] = {}
        if parts.username is not None:
            pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self.headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"

    @property
    def tls(self) -> ssl.SSLContext | None:
        return _tls() if self.url.startswith("https:") else None


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()  # milliseconds, so once


@dataclass(frozen=True)
class Submitted:
    """A prompt that was taken.

    number: its place in the queue's order; tells it from an older prompt of the same id.
    """

    number: float | None
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Queue:
    """Prompts by their ids, with their numbers."""

    running: Mapping[str, float]
    pending: Mapping[str, float]

    def number_of(self, prompt_id: str) -> float | None:
        return self.running.get(prompt_id, self.pending.get(prompt_id))

    def __contains__(self, prompt_id: str) -> bool:
        return prompt_id in self.running or prompt_id in self.pending


@dataclass(frozen=True)
class Entry:
    """What the history keeps of one prompt. outputs: of each node, as it told them; messages: its events."""

    number: float | None
    succeeded: bool
    outputs: Mapping[str, Any]
    messages: tuple[tuple[str, Mapping[str, Any]], ...]

    def message(self, event: str) -> Mapping[str, Any] | None:
        return next((data for name, data in self.messages if name == event), None)


class Wire:
    """The HTTP line to one server; connects when it is first used. May be used by several threads.

    name: for sentences. answered_at: by time.monotonic, when it last answered anything; is_silent: whether it
    has left a question without an answer since.
    """

    def __init__(self, address: Address) -> None:
        self.address = address
        self.url = address.url
        self.name = f"the server {address.url}"
        self.answered_at: float | None = None
        self.is_silent = False
        self._lock = threading.Lock()
        self._made: httpx.Client | None = None

    def close(self) -> None:
        with self._lock:
            if self._made is not None:
                self._made.close()

    def remaining(self, *, timeout: float | None = None) -> int:
        """How many prompts wait and run there, everybody's."""
        body = self._json("GET", "/prompt", timeout=timeout)
        return int(_mapping(body.get("exec_info")).get("queue_remaining", 0))

    def queue(self, *, timeout: float | None = None) -> Queue:
        body = self._json("GET", "/queue", timeout=timeout)
        return Queue(_numbers(body.get("queue_running")), _numbers(body.get("queue_pending")))

    def history(self, prompt_id: str, *, timeout: float | None = None) -> Entry | None:
        """What is kept of a prompt that has ended; None says nothing about one that has not."""
        found = self._json("GET", f"/history/{prompt_id}", timeout=timeout).get(prompt_id)
        if not isinstance(found, Mapping):
            return None
        status, prompt = _mapping(found.get("status")), found.get("prompt")
        messages = tuple(
            (str(one[0]), _mapping(one[1])) for one in status.get("messages") or [] if isinstance(one, list) and one[1:]
        )
        number = prompt[0] if isinstance(prompt, list) and prompt else None
        return Entry(number, status.get("status_str") != "error", _mapping(found.get("outputs")), messages)

    def submit(self, prompt_id: str, client_id: str, workflow: Workflow, *, previews: bool) -> Submitted:
        """Queue a workflow under our own id. Raises what the refusal means."""
        extra = {"preview_method": "auto" if previews else "none"}
        message = {"prompt": workflow.graph, "prompt_id": prompt_id, "client_id": client_id, "extra_data": extra}
        answer = self._ask("POST", "/prompt", json=message)
        if answer.status_code == 400:
            raise fault_of_refusal(self._body(answer), workflow)
        body = self._checked(answer)
        if body.get("prompt_id") != prompt_id:
            self.delete([str(body.get("prompt_id"))])
            raise BackendFailed(f"{self.name} gives prompts names of its own: this ComfyUI is too old")
        return Submitted(body.get("number"), body)

    def delete(self, prompt_ids: Iterable[str]) -> None:
        """Take prompts that wait out of the queue."""
        self._done("/queue", {"delete": list(prompt_ids)})

    def interrupt(self, prompt_id: str) -> None:
        """Stop a prompt that runs; an old server ignores the id, and stops whichever runs."""
        self._done("/interrupt", {"prompt_id": prompt_id})

    def upload(self, name: str, data: bytes) -> str:
        """Keep a picture in the server's input folder; what LoadImage knows it by."""
        files = {"image": (name, data, "application/octet-stream")}
        body = self._checked(self._ask("POST", "/upload/image", files=files))
        kept, folder = str(body.get("name", name)), str(body.get("subfolder") or "")
        return f"{folder}/{kept}" if folder else kept

    def view(self, image: Mapping[str, Any]) -> bytes | None:
        """A picture's file; None when it is not there any more."""
        query = {name: str(image.get(name) or "") for name in ("filename", "subfolder", "type")}
        answer = self._ask("GET", "/view", params=query)
        if answer.status_code == 404:
            return None
        self._check(answer)
        return answer.content

    def node(self, class_type: str) -> Mapping[str, Any] | None:
        """A node class's entry in /object_info; None when there is no such class."""
        found = self._json("GET", f"/object_info/{class_type}").get(class_type)
        return found if isinstance(found, Mapping) else None

    def stats(self, *, timeout: float) -> Mapping[str, Any]:
        return self._json("GET", "/system_stats", timeout=timeout)

    def _done(self, path: str, message: Mapping[str, Any]) -> None:
        self._check(self._ask("POST", path, json=message))

    def _json(self, method: str, path: str, *, timeout: float | None = None) -> Mapping[str, Any]:
        return self._checked(self._ask(method, path, timeout=TIMEOUT if timeout is None else timeout))

    def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        try:
            answer = self._client().request(method, path, **more)
        except httpx.ConnectError as error:
            raise self._silence("cannot be reached", refused=True) from error
        except httpx.TimeoutException as error:
            raise self._silence("does not answer") from error
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._silence("broke off its answer") from error
        self.heard()
        return answer

    def heard(self) -> None:
        """It has told something, here or elsewhere."""
        self.answered_at, self.is_silent = time.monotonic(), False

    def _silence(self, what: str, *, refused: bool = False) -> NoAnswer:
        self.is_silent = True
        return NoAnswer(f"{self.name} {what}", refused=refused)

    def _checked(self, answer: httpx.Response) -> Mapping[str, Any]:
        self._check(answer)
        return self._body(answer)

    def _check(self, answer: httpx.Response) -> None:
        status = answer.status_code
        if status == 200:
            return
        if status in PASSING:
            raise BackendDown(f"{self.name} failed ({status})")
        if status in (401, 403):
            raise BackendFailed(f"{self.name} does not let the studio in ({status})")
        raise BackendFailed(f"{self.name} does not answer as ComfyUI does ({status})")

    def _body(self, answer: httpx.Response) -> Mapping[str, Any]:
        try:
            body = answer.json()
        except (ValueError, RecursionError) as error:
            raise BackendFailed(f"{self.name} does not answer as ComfyUI does (no JSON)") from error
        if not isinstance(body, Mapping):
            raise BackendFailed(f"{self.name} does not answer as ComfyUI does (no object)")
        return body

    def _client(self) -> httpx.Client:
        with self._lock:
            if self._made is None:
                tls = self.address.tls
                self._made = httpx.Client(
                    base_url=self.url,
                    headers=self.address.headers,
                    timeout=TIMEOUT,
                    trust_env=False,
                    verify=False if tls is None else tls,
                )
            return self._made


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _numbers(items: Any) -> dict[str, float]:
    return {str(item[1]): item[0] for item in items or [] if isinstance(item, list) and len(item) > 1}
