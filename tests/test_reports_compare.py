"""The comparison of the two runners: every difference is red, and named."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from reports.compare import differences
from support.record import ScenarioRecord
from tests import reports_sample as sample
from tests.test_reports_glossary import Sentence, without_meaning

Run = list[ScenarioRecord]


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Run, Run]:
    run = sample.run_of(tmp_path)
    return run, copy.deepcopy(run)


def test_two_equal_runs_of_all_features_agree(runs: tuple[Run, Run], tmp_path: Path) -> None:
    assert differences(*runs, [], tmp_path) == []


def test_a_scenario_that_one_runner_lost_is_named(runs: tuple[Run, Run], tmp_path: Path) -> None:
    lost = runs[1].pop(0)
    assert differences(*runs, [], tmp_path) == [
        f"features/recipes/sharing.feature:{lost.line} “A saved picture tells its recipe” is written, "
        "and behave did not find it"
    ]


def test_a_scenario_that_no_feature_holds_is_named(runs: tuple[Run, Run], tmp_path: Path) -> None:
    runs[0][0].line = runs[1][0].line = 99
    found = differences(*runs, [], tmp_path)
    assert (
        "sharing.feature:99 “A saved picture tells its recipe” is what pytest ran, and no feature holds it" in found[1]
    )


def test_two_verdicts_on_one_scenario_are_a_difference(runs: tuple[Run, Run], tmp_path: Path) -> None:
    runs[1][0].status = "failed"
    (found,) = differences(*runs, [], tmp_path)
    assert found.endswith("is passed under pytest and failed under behave")


def test_one_verdict_at_two_sentences_is_a_difference(runs: tuple[Run, Run], tmp_path: Path) -> None:
    sample.fail(runs[0][2], 1, "failed", "no")
    (found,) = differences(*runs, [], tmp_path)[:1]
    assert "“a picture of 1024 × 640 is made” is failed under pytest" in found


def test_a_sentence_that_no_scenario_uses_is_a_difference(runs: tuple[Run, Run], tmp_path: Path) -> None:
    unused = Sentence("when", "the moon is painted", without_meaning)
    assert differences(*runs, [unused], tmp_path) == [
        "no scenario uses “When the moon is painted” of steps/test_reports_glossary"
    ]
