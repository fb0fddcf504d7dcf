"""Studios and doubles as processes of their own, and the clients that load them."""

from __future__ import annotations

import http.client
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from support.processes import Process
from support.waiting import until

JOBS = "/api/v1/generation-jobs"
PATIENCE = timedelta(seconds=60)
FINAL = ("completed", "failed", "cancelled")
COLOURS = ("red", "green", "blue", "yellow", "purple")
SHAPES = ("circle", "square", "triangle")

T = TypeVar("T")
R = TypeVar("R")
Asked = dict[str, Any]


def asked(client: int, number: int, **more: Any) -> Asked:
    """What one client asks for; no other client, and no other number, asks for the same."""
    prompt = f"a {COLOURS[number % 5]} {SHAPES[client % 3]}, picture {number} of client {client}"
    return {"prompt": prompt, "seed": 1000 * client + number, "width": 64, "height": 64, "steps": 2, **more}


class StudioProcess(Process):
    """`python -m app` living in `home`. settings: by their names in the environment."""

    def __init__(self, home: Path, **settings: str) -> None:
        super().__init__("app", "--port", "0", "--home", str(home), folder=home.parent, settings=settings)
        self.home = home

    @property
    def pictures(self) -> list[Path]:
        """The files that its jobs have left, finished or not."""
        return sorted((self.home / "store").rglob("*.*"))


class DoubleProcess(Process):
    """ComfyUI's double by itself, which comes back on its port."""

    def __init__(self, folder: Path, *, step_seconds: float = 0.0) -> None:
        super().__init__("support.servers.comfyui", "--step-seconds", str(step_seconds), folder=folder)

    def start(self, *more: str) -> None:
        port = urlsplit(self.address).port
        super().start(*(() if port is None else ("--port", str(port))), *more)


@dataclass(frozen=True)
class Reply:
    status: int
    headers: http.client.HTTPMessage
    content: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.content)


class Caller:
    """One client's connection, kept open; for one thread. Half of httpx's cost: the load is the studio's."""

    def __init__(self, address: str) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(address).netloc, timeout=PATIENCE.total_seconds())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def ask(self, method: str, path: str, body: Asked | None = None) -> Reply:
        sent = None if body is None else json.dumps(body).encode()
        self._connection.request(method, path, sent, {} if sent is None else {"Content-Type": "application/json"})
        response = self._connection.getresponse()
        return Reply(response.status, response.headers, response.read())

    def get(self, path: str) -> Any:
        reply = self.ask("GET", path)
        assert reply.status == 200, reply.content
        return reply.json

    def create(self, body: Asked) -> str:
        """The id of a job that was accepted."""
        reply = self.ask("POST", JOBS, body)
        assert reply.status == 201, reply.content
        return str(reply.json["id"])

    def job(self, job_id: str) -> Any:
        return self.get(f"{JOBS}/{job_id}")

    def ended(self, job_id: str) -> Any:
        """The job once it has ended; as it is, when that takes too long."""
        until(lambda: self.job(job_id)["state"] in FINAL, within=PATIENCE)
        return self.job(job_id)

    def picture(self, job_id: str) -> bytes:
        reply = self.ask("GET", f"{JOBS}/{job_id}/image")
        assert reply.status == 200, reply.content
        return reply.content

    def painted(self, body: Asked) -> bytes:
        """The picture of a job that is waited for."""
        job = self.ended(self.create(body))
        assert job["state"] == "completed", job["error"]
        return self.picture(job["id"])

    def inferred(self, body: Asked) -> Any:
        reply = self.ask("POST", "/inference", body)
        assert reply.status == 200, reply.content
        return reply.json

    def all_jobs(self) -> list[Any]:
        """Every job there is, the newest first."""
        first = self.get(f"{JOBS}?page_size=100")
        pages = range(2, 2 + (first["total"] - 1) // 100)
        return [
            *first["jobs"],
            *(job for page in pages for job in self.get(f"{JOBS}?page_size=100&page={page}")["jobs"]),
        ]


def at_once(work: Callable[[T], R], of: Sequence[T]) -> list[R]:
    """What each gave, every one on a thread of its own, all begun at the same moment."""
    begin = threading.Barrier(len(of))

    def begun(one: T) -> R:
        begin.wait(PATIENCE.total_seconds())
        return work(one)

    with ThreadPoolExecutor(len(of)) as threads:
        return list(threads.map(begun, of))


@contextmanager
def listening(address: str, on_event: Callable[[Any], None], *, path: str = "/ws/generation-jobs") -> Iterator[None]:
    """Every event of every job, told to `on_event` on a thread of its own, until the end or until it is cut."""
    with connect(f"ws{address.removeprefix('http')}{path}", proxy=None, compression=None) as socket:

        def read() -> None:
            with suppress(ConnectionClosed):
                for message in socket:
                    on_event(json.loads(message))

        reader = threading.Thread(target=read, name="listener")
        reader.start()
        try:
            yield
        finally:
            socket.close()
            reader.join()
