"""acceptance.html: Cucumber Messages that Cucumber's own schema accepts, whatever the run was like."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reports import ReportError, node
from reports.acceptance import write_acceptance
from reports.features import Features
from reports.messages import PROTOCOL, messages
from reports.verdict import read_run
from support.record import ScenarioRecord
from tests import reports_sample as sample

Envelopes = list[dict[str, Any]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    sample.write(sample.run_of(folder), folder / "record", files=2)
    return folder


@pytest.fixture(scope="module")
def said(folder: Path) -> Envelopes:
    record = read_run(folder / "record")
    features = Features(folder, sorted({scenario.uri for scenario in record}))
    return list(messages(record, features, folder / "record"))


@pytest.fixture(scope="module")
def validate() -> Callable[[Any], list[str]]:
    node.install()
    schema = json.loads((node.PACKAGES / "@cucumber/messages/messages.schema.json").read_text("utf-8"))
    by_id = {definition["$id"].rpartition("/")[2]: definition for definition in schema["$defs"].values()}
    return lambda envelope: list(_faults(envelope, schema, schema, by_id, ""))


def _faults(value: Any, rule: dict[str, Any], root: dict[str, Any], by_id: dict[str, Any], where: str) -> Any:
    """What the part of JSON Schema that this schema uses has against `value`."""
    if "$ref" in rule:
        file, _, path = rule["$ref"].partition("#/")
        root = by_id[file.removeprefix("./")] if file else root
        rule = root
        for part in path.split("/") if path else ():
            rule = rule[part]
        yield from _faults(value, rule, root, by_id, where)
        return
    types: dict[str, Any] = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    if "type" in rule and not isinstance(value, types[rule["type"]]):
        yield f"{where}: {value!r} is not of type {rule['type']}"
    if "enum" in rule and value not in rule["enum"]:
        yield f"{where}: {value!r} is none of {rule['enum']}"
    if isinstance(value, dict):
        yield from (f"{where}: {name} is missing" for name in rule.get("required", ()) if name not in value)
        for name, part in value.items():
            if name not in rule.get("properties", {}):
                yield f"{where}: {name} is not known"
            else:
                yield from _faults(part, rule["properties"][name], root, by_id, f"{where}/{name}")
    if isinstance(value, list):
        for number, part in enumerate(value):
            yield from _faults(part, rule["items"], root, by_id, f"{where}/{number}")


def of(said: Envelopes, kind: str) -> list[dict[str, Any]]:
    return [envelope[kind] for envelope in said if kind in envelope]


def results_of(said: Envelopes, name: str) -> list[dict[str, Any]]:
    """The results of a scenario's steps, hooks included, in order; of outlines the last row's."""
    pickle = [p["id"] for p in of(said, "pickle") if p["name"] == name][-1]
    case = next(c for c in of(said, "testCase") if c["pickleId"] == pickle)
    started = next(s["id"] for s in of(said, "testCaseStarted") if s["testCaseId"] == case["id"])
    return [f["testStepResult"] for f in of(said, "testStepFinished") if f["testCaseStartedId"] == started]


def statuses(said: Envelopes, name: str) -> list[str]:
    return [result["status"] for result in results_of(said, name)]


def test_every_message_is_one_that_the_schema_knows(said: Envelopes, validate: Callable[[Any], list[str]]) -> None:
    assert [fault for envelope in said for fault in validate(envelope)] == []


def test_the_schema_refuses_what_is_not_a_message(validate: Callable[[Any], list[str]]) -> None:
    assert validate({"testRunFinished": {"success": "yes"}}) == [
        "/testRunFinished: timestamp is missing",
        "/testRunFinished/success: 'yes' is not of type boolean",
    ]


def test_the_protocol_is_the_one_of_the_installed_schema() -> None:
    package = json.loads((node.HERE / "package.json").read_text("utf-8"))
    assert package["dependencies"]["@cucumber/messages"] == PROTOCOL


def test_every_scenario_is_told_once(said: Envelopes) -> None:
    assert len(of(said, "testCase")) == len(of(said, "testCaseFinished")) == len(of(said, "pickle")) == 8


def test_a_broken_promise_fails_at_its_sentence_with_what_was_found(said: Envelopes) -> None:
    results = results_of(said, "A recipe keeps the size of its picture")
    assert [result["status"] for result in results] == ["PASSED", "PASSED", "FAILED"]
    assert results[2]["message"] == sample.FAILURE


def test_after_a_sentence_that_is_not_written_nothing_runs(said: Envelopes) -> None:
    assert statuses(said, "A waiting download can be moved to the front") == ["PASSED", "UNDEFINED", "SKIPPED"]


def test_a_skipped_scenario_begins_with_its_reason(said: Envelopes) -> None:
    results = results_of(said, "A model is loaded while the next one is downloaded")
    assert {result["status"] for result in results} == {"SKIPPED"}
    assert results[0]["message"] == "the mock backend has no GPU"


def test_what_was_left_behind_fails_after_the_last_sentence(said: Envelopes) -> None:
    results = results_of(said, "Every download ends")
    assert [result["status"] for result in results] == ["PASSED", "PASSED", "PASSED", "FAILED"]
    assert "left behind" in results[-1]["message"]


def test_a_picture_lies_in_the_sentence_that_made_it(said: Envelopes) -> None:
    picture = next(a for a in of(said, "attachment") if a["mediaType"] == "image/webp")
    assert base64.b64decode(picture["body"]) == sample.BODIES["hut.webp"]
    steps = {step["id"]: step for case in of(said, "testCase") for step in case["testSteps"]}
    pickled = {step["id"]: step["text"] for pickle in of(said, "pickle") for step in pickle["steps"]}
    assert pickled[steps[picture["testStepId"]]["pickleStepId"]] == 'a picture is made from "Alpine dawn"'


def test_evidence_whose_file_is_lost_is_said_to_be_lost(folder: Path) -> None:
    record = read_run(folder / "record")
    features = Features(folder, sorted({scenario.uri for scenario in record}))
    said = list(messages(record, features, folder / "elsewhere"))
    assert all("is missing" in attachment["body"] for attachment in of(said, "attachment"))


def test_prose_starts_at_the_margin(said: Envelopes) -> None:
    assert "  Readers of other makes" not in json.dumps(of(said, "gherkinDocument"))


def test_a_feature_that_changed_since_the_run_is_refused(folder: Path) -> None:
    scenario = read_run(folder / "record")[0]
    moved = ScenarioRecord(**{**vars(scenario), "line": 99})
    with pytest.raises(ReportError, match=r"waiting\.feature:99 .* was changed after the run: run it again"):
        Features(folder, [scenario.uri]).pickle_of(moved)


def test_the_page_holds_the_features_and_bears_our_name(folder: Path, tmp_path: Path) -> None:
    node.install()
    page = tmp_path / "acceptance.html"
    write_acceptance(read_run(folder / "record"), folder / "record", folder, page, "Our sheet")
    html = page.read_text("utf-8")
    assert "<title>Our sheet</title>" in html
    assert "A saved picture tells its recipe" in html
    assert base64.b64encode(sample.BODIES["hut.webp"]).decode() in html
