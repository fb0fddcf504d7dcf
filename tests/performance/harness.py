"""What the harness itself costs: a trivial scenario under each runner, a report of 300, a request, an import."""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Iterator
from pathlib import Path

from support import backends, leaks
from support.world import World, fresh_home
from tests.performance.measuring import ROOT, Figure, alternating, run, seconds
from tests.project import Project

SCENARIOS = 300
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


def figures() -> Iterator[Figure]:
    """Every figure of the harness, cheapest first."""
    yield _import()
    yield from _in_process()
    with tempfile.TemporaryDirectory() as folder:
        yield from _runners(Path(folder))


def _import() -> Figure:
    taken = alternating(
        {
            "studio": lambda: run(ROOT, "-c", "import app.studio"),
            "nothing": lambda: run(ROOT, "-c", "pass"),
        },
        rounds=5,
    )
    return Figure("import of the mock studio", taken["studio"] - taken["nothing"], "s", 0.6)


def _in_process() -> Iterator[Figure]:
    environment = backends.environment("mock")
    with tempfile.TemporaryDirectory() as folder:
        # As in a run: a world looks for what is left in its process's own folder for temporary files.
        leaks.own_temporary_folder(Path(folder) / "temporary")
        template = fresh_home(Path(folder))
        world = World(environment, template)
        ask = world.client.generation.backends
        requests = [seconds(ask) for _ in range(500)]
        health = [seconds(world.client.health) for _ in range(200)]
        world.close()
        worlds = [seconds(lambda: _open_and_close(environment, template)) for _ in range(50)]
        tempfile.tempdir = None
    yield Figure("one request in-process, from memory", statistics.median(requests) * 1000, "ms", 0.4)
    yield Figure("one request in-process, with the database and the disk", statistics.median(health) * 1000, "ms")
    yield Figure("a world: studio built, started, asked once, ended", statistics.median(worlds) * 1000, "ms")


def _open_and_close(environment: backends.Environment, template: Path) -> None:
    world = World(environment, template)
    world.client.generation.backends()
    world.close()


def _runners(folder: Path) -> Iterator[Figure]:
    """A trivial scenario's cost: the time of 300 of them less the time of one, so that starting costs nothing."""
    many, one = _project(folder / "many", SCENARIOS), _project(folder / "one", 1)
    pytest = ("-m", "pytest", "features", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "--alluredir", "results")
    behave = ("-m", "behave", "--format", "null", "--no-summary")
    taken = alternating(
        {
            "pytest many": lambda: run(many.folder, *pytest, "--clean-alluredir"),
            "pytest one": lambda: run(one.folder, *pytest, "--clean-alluredir"),
            "behave many": lambda: run(many.folder, *behave),
            "behave one": lambda: run(one.folder, *behave),
        },
        rounds=3,
    )
    for runner, limit in (("pytest", 6.0), ("behave", 3.0)):
        cost = (taken[f"{runner} many"] - taken[f"{runner} one"]) / (SCENARIOS - 1) * 1000
        with_results = " with Allure results" if runner == "pytest" else ""
        yield Figure(f"a scenario of 5 sentences and 5 requests under {runner}{with_results}", cost, "ms", limit)
    whole = statistics.median(seconds(lambda: _with_report(many)) for _ in range(3))
    yield Figure(f"{SCENARIOS} of them on two cores, with the report", whole, "s", 5.0)


def _with_report(project: Project) -> None:
    record, results = project.folder / "record", project.folder / "results"
    run(project.folder, "-m", "pytest", "features", "-q", "-n", "2", "-p", "no:cacheprovider", "--record", str(record),
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
