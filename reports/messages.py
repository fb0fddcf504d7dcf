"""Cucumber Messages from a run's record: what Cucumber itself would have said, had it run these features.

Source: the JSON schema of @cucumber/messages, the version that package.json pins.
"""

from __future__ import annotations

import base64
import platform
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

from reports.features import Features
from support.record import Attachment, ScenarioRecord, Status, StepRecord

Envelope = dict[str, Any]
_T = TypeVar("_T")
PROTOCOL = "34.2.1"
RUN = "run"
# Cucumber knows no difference between a broken promise and a run that could not go on: both are FAILED.
_STATUS: dict[Status, str] = {
    "passed": "PASSED",
    "failed": "FAILED",
    "broken": "FAILED",
    "undefined": "UNDEFINED",
    "skipped": "SKIPPED",
}
_BEFORE, _AFTER = "before-the-scenario", "after-the-scenario"


def messages(record: Sequence[ScenarioRecord], features: Features, folder: Path) -> Iterator[Envelope]:
    """The envelopes of a run, in an order that every reader accepts.

    folder: where the record's attachments lie; one that is missing is left out, and said so in its place.
    """
    yield _meta()
    for file in features.files:
        source = {"uri": file.uri, "data": file.source, "mediaType": "text/x.cucumber.gherkin+plain"}
        yield {"source": source}
        yield {"gherkinDocument": _undented(file.document)}
        yield from ({"pickle": pickle} for pickle in file.pickles)
    yield from _definitions(record)
    began = min((s.started for s in record), default=0.0)
    yield {"testRunStarted": {"id": RUN, "timestamp": _timestamp(began)}}
    for number, scenario in enumerate(record):
        yield from _Case(number, scenario, features.pickle_of(scenario), folder).envelopes()
    ended = max((s.started + s.seconds for s in record), default=0.0)
    success = bool(record) and all(s.status in ("passed", "skipped") for s in record)
    yield {"testRunFinished": {"testRunStartedId": RUN, "success": success, "timestamp": _timestamp(ended)}}


class _Case:
    """One scenario's envelopes: its test case, then what happened at each of its steps."""

    def __init__(self, number: int, scenario: ScenarioRecord, pickle: dict[str, Any], folder: Path) -> None:
        self._id = f"case-{number}"
        self._started = f"started-{number}"
        self._scenario = scenario
        self._pickle = pickle
        self._folder = folder
        self._clock = scenario.started

    def envelopes(self) -> Iterator[Envelope]:
        yield {
            "testCase": {
                "id": self._id,
                "pickleId": self._pickle["id"],
                "testRunStartedId": RUN,
                "testSteps": self._test_steps(),
            }
        }
        started = {"id": self._started, "testCaseId": self._id, "attempt": self._scenario.attempt}
        yield {"testCaseStarted": {**started, "timestamp": _timestamp(self._clock)}}
        steps = [self._step(index) for index in range(len(self._pickle["steps"]))]
        for step in self._with_hook(steps, self._hook()):
            yield from step
        yield from self._attachments(self._scenario.attachments, None)
        finished = {"testCaseStartedId": self._started, "willBeRetried": False}
        yield {"testCaseFinished": {**finished, "timestamp": _timestamp(self._clock)}}

    def _test_steps(self) -> list[dict[str, Any]]:
        steps: list[dict[str, Any]] = []
        for index, pickled in enumerate(self._pickle["steps"]):
            pattern = self._recorded(index).pattern
            found = [_definition_id(pattern)] if pattern else []
            steps.append({"id": self._step_id(index), "pickleStepId": pickled["id"], "stepDefinitionIds": found})
        hook = _BEFORE if self._scenario.status == "skipped" else _AFTER
        return self._with_hook(steps, {"id": self._step_id("hook"), "hookId": hook})

    def _with_hook(self, steps: list[_T], hook: _T) -> list[_T]:
        """Where the verdict is not that of a sentence, one thing more: why it is skipped, or what was left behind."""
        if self._scenario.status == "skipped":
            return [hook, *steps]
        judged = any(step.status in ("failed", "broken", "undefined") for step in self._scenario.steps)
        return steps if judged or self._scenario.status == "passed" else [*steps, hook]

    def _hook(self) -> Iterator[Envelope]:
        yield from self._result(self._step_id("hook"), self._scenario.status, 0.0, self._scenario.reason)

    def _step(self, index: int) -> Iterator[Envelope]:
        step = self._recorded(index)
        identity = self._step_id(index)
        started = {"testCaseStartedId": self._started, "testStepId": identity}
        yield {"testStepStarted": {**started, "timestamp": _timestamp(self._clock)}}
        yield from self._attachments(step.attachments, identity)
        yield from self._result(identity, step.status, step.seconds, step.message, started=True)

    def _result(
        self, step: str, status: Status, seconds: float, message: str, *, started: bool = False
    ) -> Iterator[Envelope]:
        where = {"testCaseStartedId": self._started, "testStepId": step}
        if not started:
            yield {"testStepStarted": {**where, "timestamp": _timestamp(self._clock)}}
        self._clock += seconds
        result: dict[str, Any] = {"status": _STATUS[status], "duration": _timestamp(seconds)}
        if message:
            result["message"] = message
        yield {"testStepFinished": {**where, "testStepResult": result, "timestamp": _timestamp(self._clock)}}

    def _attachments(self, evidence: Sequence[Attachment], step: str | None) -> Iterator[Envelope]:
        for one in evidence:
            yield {"attachment": {**_body(self._folder / one.file, one), **self._place(step)}}

    def _place(self, step: str | None) -> dict[str, Any]:
        place = {"testCaseStartedId": self._started, "timestamp": _timestamp(self._clock)}
        # A reader drops an attachment that belongs to no step: the scenario's own goes to its last one.
        return {**place, "testStepId": step or self._step_id(len(self._pickle["steps"]) - 1)}

    def _recorded(self, index: int) -> StepRecord:
        """The record of the step at `index`; one that did not run, where a skipped scenario recorded none."""
        if index < len(self._scenario.steps):
            return self._scenario.steps[index]
        return StepRecord(keyword="", text=self._pickle["steps"][index]["text"], line=0)

    def _step_id(self, part: int | str) -> str:
        return f"{self._id}-{part}"


def _definitions(record: Sequence[ScenarioRecord]) -> Iterator[Envelope]:
    hooks = {_BEFORE: ("BEFORE_TEST_CASE", "not run, because"), _AFTER: ("AFTER_TEST_CASE", "the scenario is put away")}
    for identity, (kind, name) in hooks.items():
        yield {"hook": {"id": identity, "type": kind, "name": name, "sourceReference": {}}}
    known = {step.pattern: step.definition for scenario in record for step in scenario.steps if step.pattern}
    for pattern, definition in sorted(known.items()):
        reference = {"uri": definition.rpartition(":")[0] or definition} if definition else {}
        expression = {"source": pattern, "type": "CUCUMBER_EXPRESSION"}
        yield {"stepDefinition": {"id": _definition_id(pattern), "pattern": expression, "sourceReference": reference}}


def _undented(node: Any) -> Any:
    """A document whose prose starts at the margin: four spaces before a line are code to a Markdown reader."""
    if isinstance(node, dict):
        return {
            key: "\n".join(line.strip() for line in value.splitlines()) if key == "description" else _undented(value)
            for key, value in node.items()
        }
    return [_undented(one) for one in node] if isinstance(node, list) else node


def _definition_id(pattern: str) -> str:
    return f"sentence {pattern}"


def _body(file: Path, evidence: Attachment) -> dict[str, Any]:
    if not file.is_file():
        missing = f"{evidence.name}: its file is missing from the record"
        return {"body": missing, "contentEncoding": "IDENTITY", "mediaType": "text/plain", "fileName": evidence.name}
    body = base64.b64encode(file.read_bytes()).decode("ascii")
    return {
        "body": body,
        "contentEncoding": "BASE64",
        "mediaType": evidence.media_type,
        "fileName": evidence.name,
    }


def _meta() -> Envelope:
    products = {
        "implementation": {"name": "Proofsheet"},
        "runtime": {"name": platform.python_implementation(), "version": platform.python_version()},
        "os": {"name": platform.system()},
        "cpu": {"name": platform.machine()},
    }
    return {"meta": {"protocolVersion": PROTOCOL, **products}}


def _timestamp(seconds: float) -> dict[str, int]:
    whole = int(seconds)
    return {"seconds": whole, "nanos": int((seconds - whole) * 1e9)}
