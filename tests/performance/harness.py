"""What the harness itself costs: a trivial scenario under each runner, a report of 300, a request, an import."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx

from app.settings import Settings
from app.studio import build_studio
from support import backends, leaks
from support.world import World, fresh_home
from tests.performance.measuring import ROOT, Figure, alternating, run, seconds
from tests.project import Project

SCENARIOS = 300
BLOCK = 50
STEPS = """
@given("the studio is asked {int}")
def given_asked(world, number):
    world.ask(world.client.generation.backends())


@when("it is asked {int}")
def when_asked(world, number):
    world.ask(world.client.generation.backends())


@then("it answers {int}")
def then_answers(world, number):
    world.ask(world.client.generation.backends()).must()
"""


# What there is without us: pytest-bdd's own steps, one studio for all scenarios, httpx's own way into it.
BARE = """
import asyncio
import tempfile
from pathlib import Path

import httpx
import pytest
from app.settings import Settings
from app.studio import build_studio
from pytest_bdd import given, parsers, scenarios, then, when

scenarios("features/planted.feature")


@pytest.fixture(scope="session")
def ask():
    app = build_studio(Settings.exactly(studio_home=Path(tempfile.mkdtemp())))
    with asyncio.Runner() as loop:
        client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")
        yield lambda: loop.run(client.get("/api/v1/backends"))
        loop.run(client.aclose())


@given(parsers.parse("the studio is asked {number:d}"))
def given_asked(ask, number):
    ask()


@when(parsers.parse("it is asked {number:d}"))
def when_asked(ask, number):
    ask()


@then(parsers.parse("it answers {number:d}"))
def then_answers(ask, number):
    assert ask().status_code == 200
"""


def figures() -> Iterator[Figure]:
    """Every figure of the harness, cheapest first."""
    yield from _import()
    yield from _in_process()
    with tempfile.TemporaryDirectory() as folder:
        yield from _runners(Path(folder))


def _import() -> Iterator[Figure]:
    taken = alternating(
        {
            "studio": lambda: run(ROOT, "-c", "import app.studio"),
            "libraries": lambda: run(ROOT, "-c", "import fastapi, sqlalchemy.orm, pydantic_settings, httpx, PIL.Image"),
            "nothing": lambda: run(ROOT, "-c", "pass"),
        },
        rounds=7,
    )
    studio, libraries = (taken[name] - taken["nothing"] for name in ("studio", "libraries"))
    yield Figure("import of the mock studio", studio, "s", 0.6)
    yield Figure("the same against FastAPI, SQLAlchemy, httpx and Pillow alone", studio, "s", libraries)


def _in_process() -> Iterator[Figure]:
    environment = backends.environment("mock")
    with leaks.own_temporary_folder() as folder:
        template = fresh_home(folder)
        # Made and asked before the world, so that what it holds open is not taken for the world's.
        peer = _HttpxAlone(Path(shutil.copytree(template, folder / "peer")))
        peer.ask()
        world = World(environment, template)
        ask = world.client.generation.backends
        # In blocks: taken one by one in turns, each would pay for waking the other's idle threads.
        taken = alternating({"ours": _block(ask), "httpx": _block(peer.ask)}, rounds=21)
        health = [seconds(world.client.health) for _ in range(200)]
        world.close()
        peer.close()
        worlds = [seconds(lambda: _open_and_close(environment, template)) for _ in range(50)]
    ours, httpx_alone = (taken[name] / BLOCK * 1000 for name in ("ours", "httpx"))
    yield Figure("one request in-process, from memory", ours, "ms", 0.4)
    yield Figure("the same against httpx's ASGITransport", ours, "ms", httpx_alone)
    yield Figure("one request in-process, with the database and the disk", statistics.median(health) * 1000, "ms")
    yield Figure("a world: studio built, started, asked once, ended", statistics.median(worlds) * 1000, "ms")


def _block(ask: Callable[[], object]) -> Callable[[], None]:
    def block() -> None:
        for _ in range(BLOCK):
            ask()

    return block


class _HttpxAlone:
    """httpx's own way into an ASGI application, which keeps no evidence."""

    def __init__(self, home: Path) -> None:
        self._loop = asyncio.Runner()
        app = build_studio(Settings.exactly(studio_home=home))
        self._client = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1")

    def ask(self) -> httpx.Response:
        return self._loop.run(self._client.get("/api/v1/backends"))

    def close(self) -> None:
        self._loop.run(self._client.aclose())
        self._loop.close()


def _open_and_close(environment: backends.Environment, template: Path) -> None:
    world = World(environment, template)
    world.client.generation.backends()
    world.close()


def _runners(folder: Path) -> Iterator[Figure]:
    """A trivial scenario's cost: the time of 300 of them less the time of one, so that starting costs nothing."""
    many, one = _project(folder / "many", SCENARIOS), _project(folder / "one", 1)
    pytest = ("-m", "pytest", "features", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--alluredir", "results")
    behave = ("-m", "behave", "--format", "null", "--no-summary")
    bare = (*pytest[:2], "test_bare.py", *pytest[3:], "--noconftest", "-p", "no:cacheprovider", "--clean-alluredir")
    for project in (many, one):
        (project.folder / "test_bare.py").write_text(BARE, "utf-8")
    taken = alternating(
        {
            "bare many": lambda: run(many.folder, *bare),
            "bare one": lambda: run(one.folder, *bare),
            "pytest many": lambda: run(many.folder, *pytest, "--clean-alluredir"),
            "pytest one": lambda: run(one.folder, *pytest, "--clean-alluredir"),
            "behave many": lambda: run(many.folder, *behave),
            "behave one": lambda: run(one.folder, *behave),
        },
        rounds=3,
    )
    cost = {
        name: (taken[f"{name} many"] - taken[f"{name} one"]) / (SCENARIOS - 1) * 1000
        for name in ("bare", "pytest", "behave")
    }
    trivial = "a scenario of 5 sentences and 5 requests"
    yield Figure(f"{trivial} under behave", cost["behave"], "ms", 3.0)
    yield Figure(f"{trivial} under pytest, with Allure results", cost["pytest"], "ms", 6.0)
    yield Figure("the same against bare pytest-bdd and allure-pytest", cost["pytest"], "ms", cost["bare"])
    whole = statistics.median(seconds(lambda: _with_report(many)) for _ in range(3))
    yield Figure(f"{SCENARIOS} of them as `make report` runs them, with the report", whole, "s", 5.0)


def _with_report(project: Project) -> None:
    record, results = project.folder / "record", project.folder / "results"
    run(project.folder, "-m", "pytest", "features", "-q", "-p", "no:cacheprovider", "--record", str(record),
        "--alluredir", str(results), "--clean-alluredir")  # fmt: skip
    paths = {"record": record, "allure": results, "root": project.folder}
    paths |= {name: project.folder / name for name in ("out", "history")}
    run(ROOT, "-m", "reports", "render", *(f"--{name}={path}" for name, path in paths.items()))


def _project(folder: Path, scenarios: int) -> Project:
    folder.mkdir()
    project = Project(folder)
    project.steps(STEPS)
    body = "".join(
        f"  Scenario: Trivial {n}\n    Given the studio is asked {n}\n    And the studio is asked {n}1\n"
        f"    When it is asked {n}\n    Then it answers {n}\n    And it answers {n}1\n\n"
        for n in range(scenarios)
    )
    project.feature(f"Feature: Trivial\n{body}")
    return project
