"""Many at once, too many, and a studio that is killed: no job is lost, mixed up or painted twice.

The same tests serve `make test`, in a few seconds each, and `make load`, with LOAD=long, in minutes.
"""

from __future__ import annotations

import base64
import http.client
import json
import os
import random
import secrets
import socket
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from websockets.sync.client import ClientConnection, connect

from support.waiting import until
from tests.served import FINAL, JOBS, PATIENCE, Caller, StudioProcess, asked, at_once, listening


@dataclass(frozen=True)
class Size:
    """How much load. jobs: while memory is looked at; seconds: instead of them; unheard: while somebody sleeps."""

    kills: int
    jobs: int
    seconds: float
    unheard: int


LOAD = Size(3, jobs=200, seconds=0, unheard=40)
if os.environ.get("LOAD") == "long":
    LOAD = Size(50, jobs=0, seconds=30, unheard=100)
CLIENTS = 10
MAY_GROW = 1.05
tells_memory = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's memory in /proc")


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StudioProcess]:
    with StudioProcess(tmp_path_factory.mktemp("studio") / "home") as studio:
        yield studio


def test_jobs_of_ten_clients_at_once_are_neither_lost_nor_mixed(studio: StudioProcess) -> None:
    def work(client: int) -> list[bytes]:
        with Caller(studio.address) as caller:
            ids = [caller.create(asked(client, number)) for number in range(10)]
            assert [caller.ended(job_id)["state"] for job_id in ids] == ["completed"] * 10
            return [caller.picture(job_id) for job_id in ids]

    at_the_same_time = at_once(work, range(CLIENTS))
    with Caller(studio.address) as caller:
        one_by_one = [[caller.painted(asked(client, n)) for n in range(10)] for client in range(CLIENTS)]
    assert at_the_same_time == one_by_one
    assert len({picture for pictures in one_by_one for picture in pictures}) == 10 * CLIENTS


def test_eight_clients_who_wait_each_get_what_they_would_get_alone(studio: StudioProcess) -> None:
    def work(client: int) -> list[bytes]:
        with Caller(studio.address) as caller:
            answers = [caller.inferred(asked(client, number, num_images=2)) for number in range(5)]
            return [base64.b64decode(image.partition(",")[2]) for answer in answers for image in answer["images"]]

    at_the_same_time = at_once(work, range(8))
    assert at_the_same_time == [work(client) for client in range(8)]
    assert len({picture for pictures in at_the_same_time for picture in pictures}) == 8 * 10


@tells_memory
def test_memory_stays_flat_under_load(tmp_path: Path) -> None:
    with StudioProcess(tmp_path / "home") as studio:
        warm = _peak_while_painting(studio, jobs=LOAD.jobs // 2, seconds=LOAD.seconds / 3)
        loaded = _peak_while_painting(studio, jobs=LOAD.jobs, seconds=LOAD.seconds)
    assert loaded < warm * MAY_GROW, f"{warm:,} bytes after the first jobs, {loaded:,} after the rest"


@tells_memory
def test_a_listener_who_never_reads_costs_nobody_anything_and_hears_every_change_at_last(tmp_path: Path) -> None:
    heard: list[Any] = []
    # As many bytes as to fill every buffer on the way, of which the system's own has room for some megabytes.
    sketched = {"steps": 50, "previews": True, "width": 256, "height": 256}
    with StudioProcess(tmp_path / "home") as studio:
        warm = _peak_while_painting(studio, jobs=LOAD.unheard // 2, **sketched)
        with _asleep(studio.address) as sleeper, listening(studio.address, heard.append):
            loaded = _peak_while_painting(studio, jobs=LOAD.unheard, **sketched)
            assert until(lambda: _finals(heard) == LOAD.unheard, within=PATIENCE)
            late = _read_to_the_last_end(sleeper, LOAD.unheard)
    assert loaded < warm * MAY_GROW, f"{warm:,} bytes while everybody read, {loaded:,} while one slept"
    assert _steps(heard) == LOAD.unheard * 50
    assert _steps(late) < LOAD.unheard * 50, "it was told everything: nothing was ever held back"
    assert _changes(late) == _changes(heard)


def test_who_comes_too_many_is_told_when_to_come_again_and_the_accepted_finish(tmp_path: Path) -> None:
    settings = {"GENERATION_QUEUE_LIMIT": "5", "MOCK_STEP_SECONDS": "0.02"}
    with StudioProcess(tmp_path / "home", **settings) as studio:

        def work(client: int) -> list[tuple[int, str | None, Any]]:
            with Caller(studio.address) as caller:
                replies = [caller.ask("POST", JOBS, asked(client, number, steps=10)) for number in range(6)]
                return [(reply.status, reply.headers["Retry-After"], reply.json) for reply in replies]

        replies = [reply for replies in at_once(work, range(CLIENTS)) for reply in replies]
        refused = [reply for reply in replies if reply[0] != 201]
        assert refused
        assert {(status, told["code"]) for status, _, told in refused} == {(429, "queue_full")}
        assert all(int(after or 0) >= 1 for _, after, _ in refused)
        with Caller(studio.address) as caller:
            ended = [caller.ended(told["id"])["state"] for status, _, told in replies if status == 201]
            assert ended == ["completed"] * (len(replies) - len(refused))
            assert len(caller.all_jobs()) == len(ended)


def test_a_studio_that_is_killed_loses_no_job_and_paints_none_twice(tmp_path: Path) -> None:
    seed = secrets.randbits(32)
    chance = random.Random(seed)
    studio = StudioProcess(tmp_path / "home", MOCK_STEP_SECONDS="0.02")
    accepted: dict[str, Any] = {}
    for kill in range(LOAD.kills):
        studio.start()
        accepted |= _create_until_killed(studio, [asked(kill, number, steps=5) for number in range(8)], chance)
    with studio, Caller(studio.address) as caller:
        jobs = {job["id"]: caller.ended(job["id"]) for job in caller.all_jobs()}
        assert accepted.keys() <= jobs.keys(), f"chance {seed}"
        assert {(job["state"], len(job["pictures"])) for job in jobs.values()} == {("completed", 1)}, f"chance {seed}"
        assert [path.name for path in studio.pictures] == sorted(f"{job_id}-1.png" for job_id in jobs), f"chance {seed}"
        for job_id, body in accepted.items():
            assert caller.picture(job_id) == caller.painted(body), f"chance {seed}"


def _peak_while_painting(studio: StudioProcess, *, jobs: int, seconds: float = 0, **more: Any) -> int:
    """The most bytes that the studio held while ten clients had so many jobs done, or so long."""
    end = time.monotonic() + seconds
    share = 1_000_000 if seconds else jobs // CLIENTS
    peaks: list[int] = []

    def work(client: int) -> None:
        with Caller(studio.address) as caller:
            for number in range(share):
                if seconds and time.monotonic() > end:
                    return
                caller.painted(asked(client, number, **more))
                peaks.append(studio.resident_bytes)

    at_once(work, range(CLIENTS))
    return max(peaks)


def _asleep(address: str) -> ClientConnection:
    """A listener whose buffers are as small as can be, and who does not read them."""
    parts = address.removeprefix("http://").split(":")
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    line.connect((parts[0], int(parts[1])))
    uri = f"ws://{parts[0]}:{parts[1]}/ws/generation-jobs"
    return connect(uri, sock=line, proxy=None, compression=None, max_queue=1, ping_interval=None)


def _read_to_the_last_end(sleeper: ClientConnection, jobs: int) -> list[Any]:
    heard: list[Any] = []
    while _finals(heard) < jobs:
        heard.append(json.loads(sleeper.recv(PATIENCE.total_seconds())))
    return heard


def _finals(heard: list[Any]) -> int:
    return sum(event["event"] in FINAL for event in heard)


def _steps(heard: list[Any]) -> int:
    return sum(event["event"] == "progress" for event in heard)


def _changes(heard: list[Any]) -> list[tuple[str, str]]:
    return [(event["id"], event["event"]) for event in heard if event["event"] not in ("snapshot", "progress")]


def _create_until_killed(studio: StudioProcess, bodies: list[Any], chance: random.Random) -> dict[str, Any]:
    """The jobs that were accepted before the kill, which comes at any moment between two of the studio's words."""
    left = chance.randrange(1, 8 * len(bodies) // 2)
    due = threading.Event()

    def hear(event: Any) -> None:
        nonlocal left
        left -= 1
        if left <= 0 and not due.is_set():
            due.set()
            studio.kill()

    accepted: dict[str, Any] = {}
    with listening(studio.address, hear), Caller(studio.address) as caller:
        try:
            for body in bodies:
                accepted[caller.create(body)] = body
        except (OSError, http.client.HTTPException):
            pass  # killed while it was asked: what was not answered was not promised
        assert due.wait(PATIENCE.total_seconds()), "the studio fell silent before its time had come"
    return accepted
