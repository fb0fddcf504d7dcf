"""Allure: a scenario as its author wrote it, nothing that says nothing, and a history that survives a move."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from reports import ReportError, node
from reports.allure import AllureReport
from reports.verdict import read_run
from tests import reports_sample as sample

Results = dict[str, dict[str, Any]]
ORDINARY = '''"""The hub double is honest."""
import pytest
def test_a_bad_range_is_refused(tmp_path): pass
@pytest.mark.parametrize("size", [1])
def test_sizes(size): print("noise")
'''


def replayed(folder: Path, *more: str, attempt: int = 0) -> Path:
    run = sample.run_of(folder)
    next(scenario for scenario in run if scenario.name == "A third download waits").attempt = attempt
    sample.write(run, folder / "record")
    sample.replay(folder, folder / "record", folder / "results", *more)
    return folder / "results"


def results_in(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(file.read_text("utf-8")) for file in sorted(folder.glob("*-result.json"))]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    (folder / "test_hub.py").write_text(ORDINARY, "utf-8")
    replayed(folder, "test_hub.py", "--allure-link-pattern", "issue:https://issues.example/{}")
    return folder


@pytest.fixture(scope="module")
def results(folder: Path) -> Results:
    return {result["name"]: result for result in results_in(folder / "results")}


def labels_of(result: dict[str, Any]) -> dict[str, str]:
    return {label["name"]: label["value"] for label in result["labels"]}


def test_a_scenario_stands_under_noun_feature_and_rule(results: Results) -> None:
    result = results["A saved picture tells its recipe"]
    labels = labels_of(result)
    assert result["titlePath"] == ["Recipes", "Recipes are shared as pictures", "A picture carries its recipe"]
    assert [labels["epic"], labels["feature"], labels["story"]] == result["titlePath"]


def test_tags_become_severity_owner_clause_and_link(results: Results) -> None:
    result = results["A saved picture tells its recipe"]
    expected = {"severity": "critical", "owner": "maria", "clause": "recipes-3", "issue": "GEN-12"}
    assert expected.items() <= labels_of(result).items()
    assert result["links"] == [{"type": "issue", "name": "GEN-12", "url": "https://issues.example/GEN-12"}]


def test_without_a_pattern_an_issue_is_no_dead_link(tmp_path: Path) -> None:
    assert [link for result in results_in(replayed(tmp_path)) for link in result.get("links", [])] == []


def test_labels_that_say_nothing_are_not_written(results: Results) -> None:
    noise = {"host", "thread", "framework", "language", "package", "parentSuite", "suite", "subSuite"}
    assert [noise & labels_of(result).keys() for result in results.values()] == [set()] * len(results)


def test_every_sentence_is_a_step_with_its_evidence(results: Results) -> None:
    given, when, then, also = results["A saved picture tells its recipe"]["steps"]
    assert given["name"] == 'Given a recipe named "Alpine dawn":'
    assert [(a["name"], a["type"]) for a in given["attachments"]] == [("table", "text/tab-separated-values")]
    assert [a["type"] for a in when["attachments"]] == ["image/webp"]
    assert [a["name"] for a in then["attachments"]] == ["text", "GET /recipes/7 → 200"]
    assert also["attachments"] == []


def test_every_attachment_lies_where_the_result_says(folder: Path, results: Results) -> None:
    owners = [owner for result in results.values() for owner in (result, *result.get("steps", []))]
    sources = {attachment["source"] for owner in owners for attachment in owner.get("attachments", [])}
    assert sources == {file.name for file in (folder / "results").glob("*-attachment*")}
    assert (folder / "results/hut-attachment.webp").read_bytes() == sample.BODIES["hut.webp"]


def test_a_broken_promise_is_failed_and_speaks_for_itself(results: Results) -> None:
    result = results["A recipe keeps the size of its picture (width 1024, height 640)"]
    assert result["status"] == "failed"
    assert result["statusDetails"] == {"message": sample.FAILURE} == result["steps"][2]["statusDetails"]


def test_a_row_of_an_outline_tells_its_values(results: Results) -> None:
    result = results["A recipe keeps the size of its picture (width 512, height 768)"]
    assert result["parameters"] == [{"name": "width", "value": "512"}, {"name": "height", "value": "768"}]


def test_a_sentence_not_written_is_said_in_words_with_the_code_folded(results: Results) -> None:
    result = results["A waiting download can be moved to the front"]
    assert result["status"] == "broken"
    expected = 'Sentence not written yet: When "flux-kontext" is moved to the front'
    assert result["statusDetails"]["message"] == expected
    assert [step["status"] for step in result["steps"]] == ["passed", "broken", "skipped"]


def test_what_could_not_go_on_is_broken(results: Results) -> None:
    result = results["Every download ends"]
    assert result["status"] == "broken"
    assert "left behind" in result["statusDetails"]["message"]


def test_a_skipped_scenario_has_its_labels_and_its_reason(results: Results) -> None:
    result = results["A model is loaded while the next one is downloaded"]
    assert result["status"] == "skipped"
    assert result["statusDetails"] == {"message": "the mock backend has no GPU"}
    assert {"epic": "Downloads", "tag": "needs.gpu"}.items() <= labels_of(result).items()


def test_the_prose_of_feature_and_rule_is_the_description(results: Results) -> None:
    description = results["A saved picture tells its recipe"]["description"]
    assert description.startswith("A photographer sends a picture to a friend.")
    assert description.endswith("\n\nReaders of other makes put their settings elsewhere.")


def test_nothing_is_written_for_fixtures(folder: Path) -> None:
    assert list((folder / "results").glob("*-container.json")) == []


def test_ordinary_tests_are_the_proof_of_the_harness(results: Results) -> None:
    result = results["A bad range is refused"]
    assert result["titlePath"] == ["Proof of the harness", "The hub double is honest"]
    assert {"epic": "Proof of the harness"}.items() <= labels_of(result).items()
    assert results["Sizes [1]"]["parameters"] == [{"name": "size", "value": "1"}]


def test_the_history_of_a_scenario_survives_a_move_to_another_machine(tmp_path: Path, results: Results) -> None:
    elsewhere = {result["name"]: result["historyId"] for result in results_in(replayed(tmp_path))}
    here = {name: result["historyId"] for name, result in results.items() if name in elsewhere}
    assert here == elsewhere
    assert len(set(here.values())) == 8


def test_every_attempt_is_written_and_the_last_one_counts(tmp_path: Path) -> None:
    tried = [r for r in results_in(replayed(tmp_path, attempt=2)) if r["name"] == "A third download waits"]
    assert sorted(result["status"] for result in tried) == ["failed", "failed", "passed"]
    assert len({result["historyId"] for result in tried}) == 1


def test_a_rerun_is_written_once_for_each_time_it_ran(tmp_path: Path) -> None:
    statuses = [result["status"] for result in results_in(replayed(tmp_path, "--reruns", "1"))]
    assert {status: statuses.count(status) for status in statuses} == {
        "passed": 4,
        "skipped": 1,
        "failed": 2,
        "broken": 4,
    }


def test_two_processes_write_what_one_would(tmp_path: Path, results: Results) -> None:
    shared = {result["name"]: result["status"] for result in results_in(replayed(tmp_path, "-n", "2"))}
    assert shared == {name: results[name]["status"] for name in shared}
    assert len(shared) == 8


@pytest.fixture(scope="module")
def report(folder: Path) -> AllureReport:
    node.install()
    record = read_run(folder / "record")
    report = AllureReport(folder / "results", folder / "out", folder / "history.jsonl", "Our sheet", record)
    report.render()
    return report


def widget(report: AllureReport, name: str) -> Any:
    return json.loads((report.output / "widgets" / name).read_text("utf-8"))


def test_the_report_bears_our_name_and_opens_pictures(report: AllureReport) -> None:
    html = (report.output / "index.html").read_text("utf-8")
    assert "<title> Our sheet </title>" in html
    assert "test-result-attachment" in html


def test_opening_the_report_tells_nobody(report: AllureReport) -> None:
    assert "gtag" not in (report.output / "index.html").read_text("utf-8")


def test_the_tree_is_noun_feature_rule(report: AllureReport) -> None:
    names = {group["name"] for group in widget(report, "tree.json")["groupsById"].values()}
    assert {"Recipes", "Downloads", "Proof of the harness", "A picture carries its recipe"} <= names


def test_what_went_wrong_is_named_in_plain_words(report: AllureReport) -> None:
    nodes = widget(report, "categories.json")["nodes"].values()
    names = {one["name"] for one in nodes if one["type"] == "category"}
    assert names == {"Promise broken", "Sentence not written yet", "Something was left behind", "Not run"}


def test_history_grows_with_every_report(report: AllureReport) -> None:
    before = len(report.history.read_text("utf-8").splitlines())
    report.render()
    assert len(report.history.read_text("utf-8").splitlines()) == before + 1


def test_the_gate_objects_to_a_broken_promise(report: AllureReport) -> None:
    assert "number of failed tests" in report.gate()


def test_nothing_to_render_is_an_error_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ReportError, match="--alluredir"):
        AllureReport(tmp_path, tmp_path / "out", tmp_path / "history", "Our sheet").render()
