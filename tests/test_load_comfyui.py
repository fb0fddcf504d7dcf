"""Load and sudden ends on the way through ComfyUI: its double and the studio are processes that can be killed."""

from __future__ import annotations

import os
import random
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from support.waiting import until
from tests.served import FINAL, PATIENCE, Caller, DoubleProcess, StudioProcess, asked, at_once, listening

KILLS = 25 if os.environ.get("LOAD") == "long" else 2
CLIENTS = 10
STEP_SECONDS = 0.02


@pytest.fixture
def double(tmp_path: Path) -> Iterator[DoubleProcess]:
    with DoubleProcess(tmp_path, step_seconds=STEP_SECONDS) as double:
        yield double


def studio_of(double: DoubleProcess, folder: Path) -> StudioProcess:
    return StudioProcess(folder / "home", BACKEND="comfyui", COMFYUI_URLS=double.address)


def test_jobs_of_ten_clients_through_comfyui_are_neither_lost_nor_mixed(tmp_path: Path) -> None:
    with DoubleProcess(tmp_path) as double, studio_of(double, tmp_path) as studio:

        def work(client: int) -> list[bytes]:
            with Caller(studio.address) as caller:
                ids = [caller.create(asked(client, number)) for number in range(10)]
                assert [caller.ended(job_id)["state"] for job_id in ids] == ["completed"] * 10
                return [caller.picture(job_id) for job_id in ids]

        at_the_same_time = at_once(work, range(CLIENTS))
        assert _painted(double) == {asked(client, n)["prompt"]: 1 for client in range(CLIENTS) for n in range(10)}
        with Caller(studio.address) as caller:
            one_by_one = [[caller.painted(asked(client, n)) for n in range(10)] for client in range(CLIENTS)]
    assert at_the_same_time == one_by_one
    assert len({picture for pictures in one_by_one for picture in pictures}) == 10 * CLIENTS


def test_a_studio_that_is_killed_finds_its_prompts_again_and_has_none_painted_twice(
    tmp_path: Path, double: DoubleProcess
) -> None:
    seed = secrets.randbits(32)
    chance = random.Random(seed)
    studio = studio_of(double, tmp_path)
    ids: list[str] = []
    for kill in range(KILLS):
        studio.start()
        with Caller(studio.address) as caller:
            ids += [caller.create(asked(kill, number, steps=10)) for number in range(2)]
        _after_events(studio.address, chance.randrange(1, 24), studio.kill)
    with studio, Caller(studio.address) as caller:
        jobs = [caller.ended(job_id) for job_id in ids]
        assert [(job["state"], len(job["pictures"])) for job in jobs] == [("completed", 1)] * len(ids), f"chance {seed}"
        assert _painted(double) == {job["prompt"]: 1 for job in jobs}, f"chance {seed}"
        assert len(studio.pictures) == len(ids), f"chance {seed}"
        assert [caller.picture(job["id"]) for job in jobs] == [_alone(caller, job) for job in jobs], f"chance {seed}"


def test_a_comfyui_that_is_killed_is_given_the_job_once_more(tmp_path: Path, double: DoubleProcess) -> None:
    heard: list[Any] = []
    with studio_of(double, tmp_path) as studio, Caller(studio.address) as caller:
        with listening(studio.address, heard.append):
            job_id = caller.create(asked(0, 0, steps=50))
            assert until(lambda: any(event["event"] == "progress" for event in heard), within=PATIENCE)
            double.kill()
            assert until(lambda: any(event["event"] == "waiting" for event in heard), within=PATIENCE)
            double.start()
            job = caller.ended(job_id)
            assert until(lambda: any(event["event"] in FINAL for event in heard), within=PATIENCE)
        assert (job["state"], len(job["pictures"])) == ("completed", 1), job["error"]
        assert _painted(double) == {job["prompt"]: 1}
        # Another attempt has failed meanwhile where the server needs longer than the first back-off to come back.
        assert job["attempts"] in (2, 3)
        waits = ["waiting"] * (job["attempts"] - 1)
        changes = [event["event"] for event in heard if event["event"] not in ("snapshot", "progress")]
        assert changes == ["queued", "started", *waits, "completed"]
        assert caller.picture(job_id) == _alone(caller, job)


def _painted(double: DoubleProcess) -> Counter[str]:
    """How often each prompt was submitted in this life of the double, by its text.

    One that comes again under its own id takes its earlier entry's place, and shows as a number that is missing.
    """
    with Caller(double.address) as caller:
        entries = [entry["prompt"] for entry in caller.get("/history").values()]
    assert sorted(entry[0] for entry in entries) == list(range(len(entries))), "some were submitted again"
    texts = [node["inputs"]["text"] for entry in entries for node in entry[2].values() if _is_prompt(node)]
    return Counter(text for text in texts if text)


def _is_prompt(node: Any) -> bool:
    return bool(node["class_type"] == "CLIPTextEncode")


def _alone(caller: Caller, job: Any) -> bytes:
    """The picture that the same request gives when nothing happens."""
    wanted = {name: job["request"][name] for name in ("prompt", "seed", "width", "height", "steps")}
    return caller.painted(wanted)


def _after_events(address: str, count: int, act: Callable[[], None]) -> None:
    """Do it when so many events have been heard, or nothing is left to happen."""
    due = threading.Event()
    heard = 0
    ended: set[str] = set()

    def hear(event: Any) -> None:
        nonlocal heard
        heard += 1
        ended.update([event["id"]] if event["event"] in FINAL else [])
        if heard > count or len(ended) == 2:
            due.set()

    with listening(address, hear):
        assert due.wait(PATIENCE.total_seconds()), "the studio fell silent before its time had come"
        act()
