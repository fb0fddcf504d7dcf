"""The summary and the verdict: what a CI page shows, and when a run is green."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from reports import ReportError, __main__
from reports.summary import markdown, print_table
from reports.verdict import duration, read_run, verdict_of
from support.record import ScenarioRecord
from tests import reports_sample as sample


@pytest.fixture
def run(tmp_path: Path) -> list[ScenarioRecord]:
    return sample.run_of(tmp_path)


def only(run: list[ScenarioRecord], *statuses: str) -> list[ScenarioRecord]:
    return [scenario for scenario in run if scenario.status in statuses]


def test_a_run_with_a_broken_promise_does_not_hold(run: list[ScenarioRecord]) -> None:
    assert not verdict_of(run).holds


@pytest.mark.parametrize("status", ["failed", "broken", "undefined"])
def test_one_red_scenario_is_enough(run: list[ScenarioRecord], status: str) -> None:
    assert not verdict_of(only(run, "passed", status)).holds


def test_a_run_holds_when_some_are_skipped_and_the_rest_passed(run: list[ScenarioRecord]) -> None:
    assert verdict_of(only(run, "passed", "skipped")).holds


def test_a_run_of_which_everything_was_skipped_does_not_hold(run: list[ScenarioRecord]) -> None:
    verdict = verdict_of(only(run, "skipped"))
    assert not verdict.holds
    assert verdict.headline() == "Nothing was run: 1 not run"


def test_a_feature_is_as_bad_as_its_worst_scenario(run: list[ScenarioRecord]) -> None:
    recipes = next(tally for tally in verdict_of(run).features if "Recipes" in tally.name)
    assert recipes.status == "failed"
    assert recipes.words() == "3 hold, 1 promise broken"


def test_one_and_many_are_told_apart(run: list[ScenarioRecord]) -> None:
    passed = only(run, "passed")
    assert verdict_of(passed[:1]).whole.words() == "1 holds"
    assert verdict_of([replace(passed[0], line=line) for line in range(51)]).whole.words() == "51 hold"
    assert verdict_of(only(run, "failed") * 2).whole.words() == "2 promises broken"


def test_the_markdown_tells_promise_and_finding_of_each_failure(run: list[ScenarioRecord]) -> None:
    text = markdown(verdict_of(run), "Proofsheet")
    assert "| Recipes are shared as pictures | ❌ promise broken | 3 hold, 1 promise broken |" in text
    assert "> Then the recipe says 1024 × 640" in text
    assert sample.FAILURE in text
    assert "(width 1024, height 640)" in text


def test_the_markdown_tells_why_a_scenario_was_skipped(run: list[ScenarioRecord]) -> None:
    text = markdown(verdict_of(run), "Proofsheet")
    assert "A model is loaded while the next one is downloaded: the mock backend has no GPU" in text


def test_a_finding_with_back_ticks_stays_in_its_block(run: list[ScenarioRecord]) -> None:
    failed = only(run, "failed")
    failed[0].steps[2].message = "```"
    assert "````\n```\n````" in markdown(verdict_of(failed), "Proofsheet")


def test_a_scenario_that_held_at_a_second_try_is_named(run: list[ScenarioRecord]) -> None:
    passed = only(run, "passed")
    passed[0].attempt = 1
    assert "## Held only when tried again" in markdown(verdict_of(passed), "Proofsheet")


def test_the_table_says_where_the_reports_are(run: list[ScenarioRecord]) -> None:
    file = io.StringIO()
    print_table(verdict_of(run), Console(file=file, width=120), {"report": Path("build/report/index.html")})
    printed = file.getvalue()
    assert "Recipes are shared as pictures" in printed
    assert "✘ promise broken" in printed
    assert "report     build/report/index.html" in printed


def test_no_record_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match=r"no record of a run at .*: pytest features"):
        read_run(tmp_path / "nowhere")


def test_an_empty_record_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="holds no scenario"):
        read_run(tmp_path)


def test_a_damaged_record_is_an_error_that_names_the_line(tmp_path: Path) -> None:
    (tmp_path / "main.ndjson").write_text('{"runner": "pytest"}\n', "utf-8")
    with pytest.raises(ReportError, match=r"main\.ndjson:1"):
        read_run(tmp_path)


def test_the_command_ends_with_2_where_there_is_nothing_to_report(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert __main__.main(["render", "--record", str(tmp_path)]) == 2
    assert "holds no scenario" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0, "0 ms"), (0.0042, "4 ms"), (0.9996, "1.0 s"), (2.34, "2.3 s"), (59.99, "1 min 0 s"), (65, "1 min 5 s")],
)
def test_a_duration_is_shown_in_the_unit_that_a_reader_expects(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown
