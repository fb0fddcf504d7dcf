"""The record tells what happened: what a runner reads otherwise, hides or loses is in it all the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from support.record import ScenarioRecord, read_record
from tests.project import Project

STEPS = '''
import threading


@given("this")
def this(world, text):
    assert text == 'three quotes: """', text


@given("these")
def these(world, table):
    assert table[0]["a"] == "c" + chr(92) + "d", table


@given("a thread that fails")
def failing(world):
    def fail():
        raise ValueError("nobody caught this")
    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()


@when("it is asked")
def asked(world):
    world.ask(world.client.health())


@when("it breaks")
def breaks(world):
    assert False, "it is broken"


@then("it answers")
def answers(world):
    world.answered.must()
'''


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    made.steps(STEPS)
    return made


def recorded(project: Project, feature: str) -> list[list[ScenarioRecord]]:
    """What pytest and what behave recorded of a feature."""
    project.feature(f"Feature: Planted\n{feature}")
    project.pytest("features", "--record", "one")
    project.behave("-D", "record=other")
    return [read_record(project.folder / name) for name in ("one", "other")]


def test_texts_and_cells_reach_the_step_as_the_reference_parser_reads_them(project: Project) -> None:
    feature = (
        '  Scenario: One\n    Given this\n      """\n      three quotes: \\"\\"\\"\n      """\n'
        "    And these\n      | a    |\n      | c\\\\d |\n    When it is asked\n    Then it answers\n"
    )
    for run in recorded(project, feature):
        assert [(s.status, s.reason) for s in run] == [("passed", "")]


def test_a_thread_that_fails_unseen_breaks_its_scenario_under_both_runners(project: Project) -> None:
    for run in recorded(
        project, "  Scenario: One\n    Given a thread that fails\n    When it is asked\n    Then it answers\n"
    ):
        assert [s.status for s in run] == ["broken"]
        assert "nobody caught this" in run[0].reason


def test_a_sentence_that_never_ran_is_not_recorded_as_passed(project: Project) -> None:
    for run in recorded(
        project, "  Scenario: One\n    When it breaks\n    Then it answers\n    And nobody wrote this\n"
    ):
        assert [step.status for step in run[0].steps] == ["failed", "skipped", "skipped"]


def test_a_scenario_whose_world_cannot_be_made_is_recorded_as_broken(project: Project) -> None:
    project.plant("support/world.py", "        self.clock = VirtualClock()\n", '        raise OSError("no room")\n')
    for run in recorded(project, "  Scenario: One\n    When it is asked\n    Then it answers\n"):
        assert [(s.status, s.reason) for s in run] == [("broken", "OSError: no room")]
