"""Allure's side: a scenario as its author wrote it, over plain allure-pytest, which knows nothing of Gherkin.

allure-pytest's listener stays in place and serves ordinary tests. The reporter that it writes through is
replaced: what it would say of a scenario is said from the scenario's record instead, and the container file
that it writes for every fixture, with nothing in it for a reader, is not written.
"""

from __future__ import annotations

import hashlib
import inspect
import json
import time
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from allure_commons.model2 import Label, TestResult
from allure_commons.reporter import AllureReporter

from support.files import Files
from support.record import Attachment, ScenarioRecord, Status, StepRecord

# The bridge to pytest puts an unfilled record on every scenario's item, so that one which never runs is labelled too.
SCENARIO = pytest.StashKey[ScenarioRecord]()

HARNESS = "Proof of the harness"
# Labels that allure-pytest adds and no reader asks for.
_NOISE = {"parentSuite", "suite", "subSuite", "host", "thread", "framework", "language", "package"}
_LABEL_TAGS = {"severity", "owner", "layer", "clause"}
_LINK_TAGS = {"issue", "tms", "link"}
_STATUS: dict[Status, str] = {"undefined": "broken"}
_CAPTURED = {"log", "stdout", "stderr"}


def plugin(config: pytest.Config) -> AllureBridge | None:
    """What both observes scenarios and is a pytest plugin; None unless Allure results were asked for."""
    folder = getattr(config.option, "allure_report_dir", None)
    return AllureBridge(config, Path(folder).resolve()) if folder else None


class AllureBridge:
    """Writes one result for each attempt at a scenario; ordinary tests go the way of allure-pytest."""

    def __init__(self, config: pytest.Config, folder: Path) -> None:
        self._config = config
        self._folder = folder
        self._files = Files()
        config.add_cleanup(self._files.close)
        self._item: pytest.Item | None = None
        self._attempts: list[ScenarioRecord] = []
        self._starts: dict[int, float] = {}

    def pytest_sessionstart(self) -> None:
        # Not when configured: that comes to a conftest's plugins before it comes to allure-pytest.
        listener = self._config.pluginmanager.get_plugin("allure_listener")
        if listener is not None:
            listener.allure_logger = _Reporter(self)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> None:
        # Before whichever plugin runs the item: its result is closed in there.
        self._item = item
        self._attempts.clear()
        self._starts.clear()

    def scenario_started(self, scenario: ScenarioRecord) -> None: ...

    def step_started(self, scenario: ScenarioRecord, step: StepRecord) -> None:
        self._starts[id(step)] = time.time()

    def attached(self, scenario: ScenarioRecord, step: StepRecord | None, evidence: Attachment, body: bytes) -> None:
        self._files.write(self._folder / _source(evidence), body)

    def step_finished(self, scenario: ScenarioRecord, step: StepRecord) -> None: ...

    def scenario_finished(self, scenario: ScenarioRecord) -> None:
        self._attempts.append(scenario)

    @property
    def scenario(self) -> ScenarioRecord | None:
        """The scenario that runs now, or ran last in this item; None in an ordinary test."""
        if self._attempts:
            return self._attempts[-1]
        return self._item.stash.get(SCENARIO, None) if self._item is not None else None

    def write(self, result: TestResult) -> bool:
        """Write what allure-pytest closes, if it is a scenario's; False if it is an ordinary test's.

        Attempts before the last are written as well: Allure shows them as retries of one scenario.
        """
        last = self.scenario
        if last is None:
            if self._item is not None:
                _describe_test(result, self._item)
            return False
        for scenario in self._attempts[:-1]:
            self._write(self._result(scenario))
        self._write({**self._result(last), **self._pytests_view(last, result)})
        # Rerunning closes a result after each attempt, or one after all of them: none is written twice.
        self._attempts.clear()
        return True

    def _write(self, result: dict[str, Any]) -> None:
        file = self._folder / f"{result['uuid']}-result.json"
        self._files.write(file, json.dumps(result, ensure_ascii=False).encode())

    def _pytests_view(self, scenario: ScenarioRecord, result: TestResult) -> dict[str, Any]:
        """What only pytest knows: that a scenario failed before it began or after it ended, and the traceback."""
        details = result.statusDetails
        message, trace = (details.message or "", details.trace or "") if details else ("", "")
        if scenario.status in ("passed", "skipped") and result.status in ("failed", "broken", "skipped"):
            reason = scenario.reason or message.removeprefix("Skipped: ")
            shown = {"message": reason} if result.status == "skipped" else {"message": message, "trace": trace}
            return {"status": result.status, "statusDetails": shown}
        if scenario.status == "broken":
            return {"statusDetails": {"message": scenario.reason, "trace": trace}}
        return {}

    def _result(self, scenario: ScenarioRecord) -> dict[str, Any]:
        start = int(scenario.started * 1000) or int(time.time() * 1000)
        path = _titles(scenario)
        values = [f"{name}={value}" for name, value in scenario.example.items()]
        # From the words alone: the same on every machine, in every folder, and after lines have moved.
        case = _digest(scenario.uri, scenario.name)
        return {
            "uuid": str(uuid4()),
            "name": _name(scenario),
            "fullName": f"{scenario.uri}: {scenario.name}",
            "testCaseId": case,
            "historyId": _digest(case, *values),
            "titlePath": path,
            "status": _STATUS.get(scenario.status, scenario.status),
            "statusDetails": _details(scenario),
            "description": "\n".join(line.strip() for line in scenario.description.splitlines()),
            "start": start,
            "stop": start + int(scenario.seconds * 1000),
            "labels": _labels(scenario, path),
            "links": self._links(scenario),
            "parameters": [{"name": name, "value": value} for name, value in scenario.example.items()],
            "steps": [self._step(step, start) for step in scenario.steps],
            "attachments": [_reference(one) for one in scenario.attachments],
        }

    def _step(self, step: StepRecord, otherwise: int) -> dict[str, Any]:
        attachments = [_reference(one) for one in step.attachments]
        if step.doc_string is not None:
            attachments.insert(0, self._attach("text", "text/plain", "txt", step.doc_string))
        if step.table:
            rows = ("\t".join(cell.replace("\t", " ") for cell in row) for row in step.table)
            attachments.insert(0, self._attach("table", "text/tab-separated-values", "tsv", "\n".join(rows)))
        start = int(self._starts.get(id(step), otherwise / 1000) * 1000)
        result: dict[str, Any] = {
            "name": f"{step.keyword.strip()} {step.text}",
            "status": _STATUS.get(step.status, step.status),
            "start": start,
            "stop": start + int(step.seconds * 1000),
            "attachments": attachments,
        }
        if step.status in ("failed", "broken", "undefined"):
            # Allure folds the scenario's message into the step that has the very same one.
            result["statusDetails"] = _unwritten(step) if step.status == "undefined" else {"message": step.message}
        return result

    def _attach(self, name: str, media_type: str, extension: str, text: str) -> dict[str, str]:
        source = f"{uuid4()}-attachment.{extension}"
        self._files.write(self._folder / source, text.encode())
        return {"name": name, "type": media_type, "source": source}

    def _links(self, scenario: ScenarioRecord) -> list[dict[str, str]]:
        patterns: dict[str, str] = dict(self._config.option.allure_link_pattern)
        found = []
        for kind, value in _split(scenario.tags):
            # Without --allure-link-pattern there is no address: the label alone then, not a dead link.
            if kind in _LINK_TAGS and kind in patterns:
                found.append({"type": kind, "name": value, "url": patterns[kind].format(value)})
        return found


# allure-commons has no types, and each of its methods is called by allure-pytest with arguments of its choice.
_Untyped: Any = AllureReporter


class _Reporter(_Untyped):  # type: ignore[misc]
    """allure-pytest's reporter, with scenarios written from their records and fixtures not told."""

    def __init__(self, bridge: AllureBridge) -> None:
        super().__init__()
        self._bridge = bridge

    def stop_group(self, uuid: str, **_: Any) -> None:
        self._items.pop(uuid)

    def close_test(self, uuid: str) -> None:
        result = self._items.get(uuid)
        if result is not None and self._bridge.write(result):
            self._items.pop(uuid)
            self._items.cleanup()
        else:
            super().close_test(uuid)

    def attach_data(self, uuid: str, body: Any, name: str | None = None, **more: Any) -> None:
        # A scenario's evidence lies in its steps; what pytest captured beside it belongs to the terminal.
        if name not in _CAPTURED or self._bridge.scenario is None:
            super().attach_data(uuid, body, name=name, **more)


def _describe_test(result: TestResult, item: pytest.Item) -> None:
    """Tell an ordinary test in words: what it proves, in which module, under an epic of its own."""
    labels = [label for label in result.labels if label.name not in _NOISE]
    named = {label.name for label in labels}
    module = inspect.getdoc(getattr(item, "module", None)) or ""
    feature = module.partition("\n")[0].rstrip(".") or _words(item.path.stem)
    for name, value in (("epic", HARNESS), ("feature", feature)):
        if name not in named:
            labels.append(Label(name=name, value=value))
    result.labels = labels
    result.titlePath = [HARNESS, feature]
    if result.name == item.name:
        name, bracket, rest = item.name.partition("[")
        result.name = _words(name) + (f" [{rest}" if bracket else "")


def _words(name: str) -> str:
    return name.removeprefix("test_").replace("_", " ").capitalize()


def _titles(scenario: ScenarioRecord) -> list[str]:
    """Noun, feature and rule: the shelves that a reader finds a scenario on."""
    folders = scenario.uri.split("/")
    noun = folders[-2] if len(folders) > 2 else folders[0]
    titles = [noun.replace("_", " ").replace("-", " ").title(), scenario.feature]
    return [*titles, scenario.rule] if scenario.rule else titles


def _name(scenario: ScenarioRecord) -> str:
    """The author's name; rows of an outline whose name does not tell them apart say their values."""
    untold = [f"{name} {value}" for name, value in scenario.example.items() if value not in scenario.name]
    if not untold or len(untold) < len(scenario.example):
        return scenario.name
    return f"{scenario.name} ({', '.join(untold)})"


def _labels(scenario: ScenarioRecord, path: list[str]) -> list[dict[str, str]]:
    labels = list(zip(("epic", "feature", "story"), path, strict=False))
    for tag, (kind, value) in zip(scenario.tags, _split(scenario.tags), strict=True):
        if kind in _LABEL_TAGS or kind in _LINK_TAGS:
            labels.append((kind, value))
        else:
            labels.append(("tag", tag))
    return [{"name": name, "value": value} for name, value in (*labels, *scenario.environment.items())]


def _split(tags: list[str]) -> list[tuple[str, str]]:
    return [(kind, value) if value else ("tag", tag) for tag in tags for kind, _, value in [tag.partition(".")]]


def _details(scenario: ScenarioRecord) -> dict[str, str]:
    missing = next((step for step in scenario.steps if step.status == "undefined"), None)
    if missing is not None:
        return _unwritten(missing)
    return {"message": scenario.reason} if scenario.reason else {}


def _unwritten(step: StepRecord) -> dict[str, str]:
    """In words for a reader; the code to paste goes where a developer unfolds it."""
    return {"message": f"Sentence not written yet: {step.keyword.strip()} {step.text}", "trace": step.message}


def _reference(evidence: Attachment) -> dict[str, str]:
    return {"name": evidence.name, "type": evidence.media_type, "source": _source(evidence)}


def _source(evidence: Attachment) -> str:
    stem, dot, extension = evidence.file.rpartition(".")
    return f"{stem}-attachment{dot}{extension}" if dot else f"{extension}-attachment"


def _digest(*parts: str) -> str:
    return hashlib.md5("\0".join(parts).encode(), usedforsecurity=False).hexdigest()
