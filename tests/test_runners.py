"""Features are test files to pytest and features to behave: everything that either runner can do, works."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.record import read_record
from tests.project import Project

STEPS = """
from pathlib import Path


@given("a studio")
def a_studio(world):
    world.client.health().must()


@when("it is asked")
def asked(world):
    world.ask(world.client.health())


@then("it answers")
def answers(world):
    world.answered.must()


@then("it breaks its promise about {string}")
def breaks(world, what):
    from support.promise import hold
    hold(False, f"it keeps {what}", f"it lost {what}", world.evidence)


@then("it answers the second time")
def second(world):
    marker = Path("tried")
    tried = marker.exists()
    marker.touch()
    assert tried, "not yet"


@given("these things")
def things(world, table: dict[str, str]):
    world.things = table
"""

FEATURE = """
Feature: Planted
  For nobody.

  @severity.blocker
  Scenario: One that holds
    Given a studio
    When it is asked
    Then it answers

  Scenario: One that breaks
    Given a studio
    And these things
      | colour | red |
      | size   | 7   |
    When it is asked
    Then it breaks its promise about "colour"
    And it answers

  Rule: Rows
    Scenario Outline: Row <what>
      Given a studio
      When it is asked
      Then it answers

      Examples: two
        | what |
        | a    |
        | b    |
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.steps(STEPS)
    made.feature(FEATURE)
    return made


@pytest.mark.parametrize(
    ("arguments", "counts"),
    [
        (["-k", "holds"], "1 passed, 3 deselected"),
        (["-m", "severity.blocker"], "1 passed, 3 deselected"),
        (["features/planted.feature::One that holds"], "1 passed"),
        (["features/planted.feature::Row <what>"], "2 passed"),
        (["features", "-n", "2"], "1 failed, 3 passed"),
        (["features", "--transport", "http"], "1 failed, 3 passed"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_pytest_selects_and_runs_scenarios_as_it_does_tests(
    project: Project, arguments: list[str], counts: str
) -> None:
    assert counts in project.pytest(*arguments).text


def test_the_last_failures_alone_are_run_again(project: Project) -> None:
    project.run("-m", "pytest", "features")
    again = project.run("-m", "pytest", "features", "--lf")
    assert "1 failed" in again.text
    assert "passed" not in again.text


def test_a_rerun_is_recorded_as_another_attempt(project: Project) -> None:
    project.feature("Feature: Twice\n  Scenario: Twice\n    When it is asked\n    Then it answers the second time\n")
    run = project.pytest("features", "--reruns", "1", "--record", "record")
    assert run.status == 0
    assert "1 passed, 1 rerun" in run.text
    [scenario] = read_record(project.folder / "record")
    assert (scenario.status, scenario.attempt) == ("passed", 1)


@pytest.mark.parametrize("workers", [[], ["-n", "2"]], ids=["in one process", "in two"])
@pytest.mark.parametrize("verbose", [[], ["-v"]], ids=["terse", "verbose"])
def test_the_gherkin_reporter_reads_as_the_feature_does(
    project: Project, workers: list[str], verbose: list[str]
) -> None:
    shown = project.pytest("features", "--gherkin-terminal-reporter", *workers, *verbose).text
    assert shown.count("Feature: Planted") == 1
    assert shown.count("Rule: Rows") == 1
    assert "✓ Scenario: One that holds" in shown
    assert shown.count("✗ Scenario: One that breaks") == 1
    assert '✗ Then it breaks its promise about "colour"' in shown
    assert "Promise: it keeps colour" in shown
    assert "Found: it lost colour" in shown
    assert "Nearest evidence:" in shown
    assert "GET /health" in shown
    assert "- And it answers  (not run)" in shown
    assert "| colour | red |" in shown
    assert "1 failed, 3 passed" in shown
    assert shown.count("✓ When it is asked") == 4
    # Only -v tells the times of a scenario that holds.
    assert shown.count(" ms)") == (12 if verbose else 3)


def test_a_broken_promise_reads_the_same_under_behave(project: Project) -> None:
    shown = project.behave().text
    assert "Promise: it keeps colour" in shown
    assert "Found: it lost colour" in shown
    assert "GET /health" in shown


def test_behave_runs_without_any_option_and_dry(project: Project) -> None:
    assert "3 scenarios passed, 1 failed" in project.behave().text
    assert project.behave("--dry-run").status == 0


def test_both_runners_record_the_same_verdicts(project: Project) -> None:
    project.pytest("features", "--record", "one")
    project.behave("-D", "record=other")
    one, other = (read_record(project.folder / name) for name in ("one", "other"))
    assert [(s.key, s.status, [t.status for t in s.steps]) for s in one] == [
        (s.key, s.status, [t.status for t in s.steps]) for s in other
    ]
    assert [s.status for s in one] == ["passed", "failed", "passed", "passed"]
