"""What a generation job costs: over HTTP on SQLite with the mock, and through ComfyUI's double."""

from __future__ import annotations

import itertools
import statistics
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from app.clock import SystemClock
from app.database import Base, Database
from app.generation.backends import build_backend
from app.generation.comfyui.backend import ComfyUIBackend
from app.generation.job import GenerationJob, kept_fields
from app.generation.port import Attempt, GenerationRequest, ImageBackend
from app.generation.state import JobState
from app.settings import Settings
from app.studio import build_studio
from support import leaks
from support.processes import Process
from support.servers.comfyui import ComfyUI
from tests.easel import Eye
from tests.performance.measuring import Figure, alternating, seconds
from tests.served import JOBS, PATIENCE, Caller, DoubleProcess, StudioProcess, at_once, listening

ROUNDS, BLOCK = 5, 30
CLIENTS, JOBS_EACH = 10, 30
KEPT = 10_000
SMALL = GenerationRequest(prompt="a red circle", width=64, height=64, num_inference_steps=4, seed=7)


@dataclass
class Queue:
    """A job queue to be measured: where it is asked, and who has heard which of its jobs end."""

    address: str
    path: str
    body: dict[str, Any]
    ended: set[Any]
    heard: threading.Condition

    def hear(self, event: Any) -> None:
        if event["event"] == "completed":
            with self.heard:
                self.ended.add(event["id"])
                self.heard.notify_all()

    def wait(self, jobs: set[Any]) -> None:
        with self.heard:
            if not self.heard.wait_for(lambda: jobs <= self.ended, PATIENCE.total_seconds()):
                raise RuntimeError(f"{len(jobs - self.ended)} of {len(jobs)} jobs did not end")

    def one(self, caller: Caller) -> tuple[float, float]:
        """Seconds until a job is accepted, and until its end is heard."""
        began = time.perf_counter()
        job_id = caller.ask("POST", self.path, self.body).json["id"]
        accepted = time.perf_counter() - began
        self.wait({job_id})
        return accepted, time.perf_counter() - began

    def many(self, clients: int = CLIENTS, jobs_each: int = JOBS_EACH) -> None:
        """The jobs of several clients at once, to the last one's end."""

        def work(_: int) -> list[Any]:
            with Caller(self.address) as caller:
                return [caller.ask("POST", self.path, self.body).json["id"] for _ in range(jobs_each)]

        self.wait({job_id for ids in at_once(work, range(clients)) for job_id in ids})


def figures() -> Iterator[Figure]:
    """Every figure of generation, cheapest first."""
    yield _mock_picture()
    with leaks.own_temporary_folder() as folder:
        yield from _comfyui(folder)
        yield from _jobs(folder)
        yield from _lists(folder)


def _mock_picture() -> Figure:
    mock = build_backend(Settings.exactly(backend="mock"), SystemClock())
    taken = [seconds(partial(_painted, mock, seed)) for seed in range(200)]
    return Figure("the mock's picture of 64×64", _ms(taken), "ms", 5.0)


def _jobs(folder: Path) -> Iterator[Figure]:
    (folder / "bare").mkdir()
    bare = Process("tests.performance.peers", str(folder / "bare"), folder=folder)
    # More may wait than are asked for at once: what is measured here is no refusal.
    with StudioProcess(folder / "studio", GENERATION_QUEUE_LIMIT="5000") as studio, bare:
        body = {"prompt": "a red circle", "width": 64, "height": 64, "steps": 4}
        with (
            _queue(studio, body) as ours,
            _queue(bare, {"prompt": "a red circle"}, path="/jobs", channel="/ws") as theirs,
        ):
            submit, whole = _one_by_one(ours, theirs)
            yield Figure("a job submitted", submit[0], "ms", 3.0)
            yield Figure("the same against a bare job queue on FastAPI and SQLAlchemy", submit[0], "ms", submit[1])
            yield Figure("a job submitted, and heard to be completed", whole[0], "ms", 15.0)
            yield Figure("the same against the bare queue", whole[0], "ms", whole[1])
            taken = alternating({"ours": ours.many, "theirs": theirs.many}, rounds=3)
            each, bare_each = (taken[name] * 1000 / CLIENTS / JOBS_EACH for name in ("ours", "theirs"))
            yield Figure(f"a job of {CLIENTS} clients at once, {CLIENTS * JOBS_EACH} in all", each, "ms", 5.0)
            yield Figure("the same against the bare queue", each, "ms", bare_each)
            yield Figure("/health under that load, slowest of a hundred", _health_under(ours), "ms", 200.0)


def _one_by_one(*queues: Queue) -> tuple[list[float], list[float]]:
    """For each queue, the median of a submission, and of a whole job, in ms; in blocks, taken in turns."""
    taken: list[list[tuple[float, float]]] = [[] for _ in queues]
    with ExitStack() as opened:
        callers = [opened.enter_context(Caller(queue.address)) for queue in queues]
        for number in range(ROUNDS + 1):
            for queue, caller, times in zip(queues, callers, taken, strict=True):
                block = [queue.one(caller) for _ in range(BLOCK)]
                if number:  # the first is to warm up
                    times.extend(block)
    return [_ms([one for one, _ in times]) for times in taken], [_ms([whole for _, whole in times]) for times in taken]


def _health_under(ours: Queue) -> float:
    """The 99th percentile, in ms, while ten clients have their jobs done."""
    taken: list[float] = []
    with ThreadPoolExecutor(1) as threads, Caller(ours.address) as caller:
        loaded = threads.submit(ours.many, jobs_each=2 * JOBS_EACH)
        while not loaded.done():
            taken.append(seconds(lambda: caller.get("/health")))
        loaded.result()
    return statistics.quantiles(taken, n=100)[-1] * 1000


def _lists(folder: Path) -> Iterator[Figure]:
    home = folder / "lists"
    _keep_many(Settings.exactly(studio_home=home))
    filters = itertools.product(("", *JobState), ("", "text-to-image", "edit"), (1, 20, 250, 500))
    paths = [_list(page, state=state, kind=kind) for state, kind, page in filters]
    with StudioProcess(home) as studio, Caller(studio.address) as caller:
        taken: dict[str, list[float]] = {path: [] for path in paths}
        for _ in range(9):  # all of them in turns, so that a busy moment is nobody's alone
            for path in paths:
                taken[path].append(seconds(partial(caller.get, path)))
    medians = [_ms(times) for times in taken.values()]
    yield Figure(f"a page of 20 of {KEPT:,} jobs, any filter, any page", statistics.median(medians), "ms", 10.0)
    yield Figure("the same, the slowest filter and page", max(medians), "ms", 10.0)


def _list(page: int, **chosen: str) -> str:
    return f"{JOBS}?page={page}" + "".join(f"&{name}={value}" for name, value in chosen.items() if value)


def _keep_many(settings: Settings) -> None:
    """Jobs of every state that ends and of both kinds in the studio's table, as if they had been done."""
    build_studio(settings)  # makes the tables
    ends = [*[JobState.COMPLETED] * 18, JobState.FAILED, JobState.CANCELLED]
    jobs = [vars(_kept(number, ends[number % len(ends)])) for number in range(KEPT)]
    database = Database(settings.database)
    with database.transaction() as rows:
        rows.execute(insert(Base.metadata.tables["generation_jobs"]), jobs)
    database.close()


def _kept(number: int, state: JobState) -> GenerationJob:
    moment = datetime.now(UTC)
    kind = "edit" if number % 7 == 0 else "text-to-image"
    picture = {"number": 1, "key": f"{number}.png", "seed": 7, "width": 64, "height": 64,
               "content_type": "image/png", "size_bytes": 4000, "sha256": "0" * 64}  # fmt: skip
    applied = {name: value for name, value in asdict(SMALL).items() if name != "references"}
    painted = {"pictures": [picture], "checkpoint": "mock", "warnings": [], "applied": applied, "not_applied": []}
    return GenerationJob(
        id=str(uuid.UUID(int=number)), turn=number, urgency=1, kind=kind, state=state, request=kept_fields(SMALL),
        reference_keys=[], asked=applied, output={"format": "PNG", "quality": 90}, previews=False, backend="mock",
        attempts=1, attempt_id=None, attempt_open=False, place=None, holder=None, lease_until=None, waiting_until=None,
        painted=painted if state is JobState.COMPLETED else None, kept=state is JobState.COMPLETED, error=None,
        created_at=moment, started_at=moment, ended_at=moment, seconds=0.002,
    )  # fmt: skip


def _comfyui(folder: Path) -> Iterator[Figure]:
    started = []
    for _ in range(11):
        began = time.perf_counter()
        with ComfyUI():
            started.append(time.perf_counter() - began)
    yield Figure("ComfyUI's double: started in this process", _ms(started), "ms", 50.0)
    with DoubleProcess(folder) as double:
        trivial = _ms(_straight(double, _trivial, 100))
        yield Figure("the double: a trivial prompt (EmptyImage, SaveImage), submitted to done", trivial, "ms", 10.0)
        yield from _backend(double)
        settings = {"BACKEND": "comfyui", "COMFYUI_URLS": double.address}
        with StudioProcess(folder / "through", **settings) as studio, Caller(double.address) as caller:
            body = {"prompt": "a red circle", "width": 64, "height": 64, "steps": 4}
            with _queue(studio, body) as ours:
                ours.many(1, 3)
                graph = next(reversed(caller.get("/history").values()))["prompt"][2]
                taken = alternating({"jobs": lambda: ours.many(10, 10), "straight": lambda: _flood(double, graph)}, 3)
        each, straight = (taken[name] * 10 for name in ("jobs", "straight"))
        yield Figure("a job of 100 at once through the double, from 10 clients", each, "ms")
        yield Figure("the same against the double's own time for such a prompt", each, "ms", straight)


def _backend(double: DoubleProcess) -> Iterator[Figure]:
    """What the backend adds to the double's own time for the very same graphs."""
    backend = ComfyUIBackend(
        urls=[double.address], workflow="checkpoint", checkpoint=None, clip=(), vae=None, denoise=0.75,
        clock=SystemClock(),
    )  # fmt: skip
    seeds = itertools.count(1000)
    try:
        _painted(backend, next(seeds))
        with Caller(double.address) as caller:
            graph = next(reversed(caller.get("/history").values()))["prompt"][2]
        ours, alone = [], []
        for _ in range(ROUNDS):
            ours += [seconds(lambda: _painted(backend, next(seeds))) for _ in range(BLOCK)]
            alone += _straight(double, lambda _: _seeded(graph, next(seeds)), BLOCK)
    finally:
        backend.close()
    yield Figure("the ComfyUI backend over the double's own time, a job", _ms(ours) - _ms(alone), "ms", 15.0)


def _painted(backend: ImageBackend, seed: int) -> None:
    backend.generate(replace(SMALL, seed=seed), Attempt(id=str(uuid.uuid4())), Eye())


def _straight(double: DoubleProcess, graph: Callable[[int], Any], count: int) -> list[float]:
    """Seconds of each prompt from its submission to the event that ends it, asked of the double itself."""
    ended, name = threading.Semaphore(0), uuid.uuid4().hex

    def hear(event: Any) -> None:
        if event["type"] == "executing" and event["data"]["node"] is None:
            ended.release()

    def work(caller: Caller, number: int) -> None:
        caller.ask("POST", "/prompt", {"prompt": graph(number), "client_id": name})
        if not ended.acquire(timeout=PATIENCE.total_seconds()):
            raise RuntimeError("the prompt did not end")

    with listening(double.address, hear, path=f"/ws?clientId={name}"), Caller(double.address) as caller:
        return [seconds(partial(work, caller, number)) for number in range(count)]


def _flood(double: DoubleProcess, graph: Any) -> None:
    """As many such prompts as 100 jobs have, one after another."""
    begin = time.perf_counter_ns() % 2**31
    _straight(double, lambda number: _seeded(graph, begin + number), 100)


def _seeded(graph: Any, seed: int) -> Any:
    """The graph with another seed, so that nothing but its loader and its texts is known already."""
    return {
        name: node | {"inputs": {**node["inputs"], "seed": seed}} if "seed" in node["inputs"] else node
        for name, node in graph.items()
    }


def _trivial(number: int) -> Any:
    empty = {"width": 64, "height": 64, "batch_size": 1, "color": number}
    return {
        "1": {"class_type": "EmptyImage", "inputs": empty},
        "2": {"class_type": "SaveImage", "inputs": {"images": ["1", 0], "filename_prefix": "trivial"}},
    }


@contextmanager
def _queue(
    server: Process, body: dict[str, Any], *, path: str = JOBS, channel: str = "/ws/generation-jobs"
) -> Iterator[Queue]:
    queue = Queue(server.address, path, body, set(), threading.Condition())
    with listening(server.address, queue.hear, path=channel):
        yield queue


def _ms(taken: list[float]) -> float:
    return statistics.median(taken) * 1000
