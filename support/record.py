"""What a run did, written down once by either runner, for every report to read.

A run's record is a folder of `*.ndjson` files, one a process, one line a finished scenario; beside them
lie the attachments. The reports (terminal, Allure, Cucumber HTML, summary, glossary) and the comparison
of the two runners all read this, so they cannot disagree about what happened.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, Protocol

from support.files import Files

# passed: held. failed: a promise was broken. broken: the suite or the studio could not go on.
# undefined: the sentence is not written yet. skipped: not run, and `reason` says why.
Status = Literal["passed", "failed", "broken", "undefined", "skipped"]


@dataclass
class Attachment:
    """Evidence: a picture, an exchange, a log.

    name: what it is, in words. media_type: 'image/webp', 'application/json', 'text/plain'.
    file: name of the file inside the record's folder.
    """

    name: str
    media_type: str
    file: str


@dataclass
class StepRecord:
    """One sentence of one scenario, as rendered. seconds: how long it took; 0 when it did not run."""

    keyword: str
    text: str
    line: int
    status: Status = "skipped"
    seconds: float = 0.0
    message: str = ""
    table: list[list[str]] | None = None
    doc_string: str | None = None
    definition: str | None = None
    pattern: str | None = None
    attachments: list[Attachment] = field(default_factory=list)


@dataclass
class ScenarioRecord:
    """One scenario (or one row of an outline) as one runner saw it.

    uri: the feature file from the project's root, with '/'. line: of the scenario, or of the row.
    started: seconds since the epoch. attempt: 0, or more for a rerun.
    environment: what it ran on, such as {"backend": "mock", "transport": "in-process"}.
    description: the prose of the feature, the rule and the scenario, a blank line between them.
    example: of an outline's row, its columns and values.
    """

    runner: Literal["pytest", "behave"]
    uri: str
    line: int
    feature: str
    rule: str | None
    keyword: str
    name: str
    tags: list[str]
    steps: list[StepRecord]
    status: Status = "skipped"
    reason: str = ""
    started: float = 0.0
    seconds: float = 0.0
    attempt: int = 0
    environment: dict[str, str] = field(default_factory=dict)
    attachments: list[Attachment] = field(default_factory=list)
    description: str = ""
    example: dict[str, str] = field(default_factory=dict)

    def unfilled(self) -> ScenarioRecord:
        """A copy for another attempt: the same sentences, none of them run."""
        return replace(self, steps=[replace(step, attachments=[]) for step in self.steps], attachments=[])

    @property
    def key(self) -> tuple[str, int, str]:
        return self.uri, self.line, self.name


class Observer(Protocol):
    """Whoever wants to see a run while it happens; the bridges call these, in this order."""

    def scenario_started(self, scenario: ScenarioRecord) -> None: ...
    def step_started(self, scenario: ScenarioRecord, step: StepRecord) -> None: ...
    def attached(
        self, scenario: ScenarioRecord, step: StepRecord | None, evidence: Attachment, body: bytes
    ) -> None: ...
    def step_finished(self, scenario: ScenarioRecord, step: StepRecord) -> None: ...
    def scenario_finished(self, scenario: ScenarioRecord) -> None: ...


class RecordWriter:
    """An observer that writes the record. folder: is made; name: unique among the run's processes."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._files = Files()
        self._file = (folder / f"{name}.ndjson").open("a", encoding="utf-8")

    def scenario_started(self, scenario: ScenarioRecord) -> None: ...

    def step_started(self, scenario: ScenarioRecord, step: StepRecord) -> None: ...

    def step_finished(self, scenario: ScenarioRecord, step: StepRecord) -> None: ...

    def attached(self, scenario: ScenarioRecord, step: StepRecord | None, evidence: Attachment, body: bytes) -> None:
        self._files.write(self._folder / evidence.file, body)

    def scenario_finished(self, scenario: ScenarioRecord) -> None:
        self._file.write(json.dumps(asdict(scenario), ensure_ascii=False) + "\n")
        self._file.flush()

    def close(self) -> None:
        self._file.close()
        self._files.close()


def read_record(folder: Path) -> list[ScenarioRecord]:
    """Every scenario of a run, in order of file and line; of reruns the last attempt.

    Raises ValueError for a damaged line, naming the file and the line.
    """
    latest: dict[tuple[object, ...], ScenarioRecord] = {}
    for scenario in _lines(folder):
        # The same scenario on another backend is another verdict.
        key = (*scenario.key, *sorted(scenario.environment.items()))
        known = latest.get(key)
        if known is None or scenario.attempt >= known.attempt:
            latest[key] = scenario
    return sorted(latest.values(), key=lambda s: (s.key, sorted(s.environment.items())))


def _lines(folder: Path) -> Iterator[ScenarioRecord]:
    for file in sorted(folder.glob("*.ndjson")):
        for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
            try:
                yield scenario_from(json.loads(line))
            except (ValueError, TypeError, KeyError) as error:
                raise ValueError(f"{file}:{number}: not a scenario's record: {error}") from error


def scenario_from(data: dict[str, Any]) -> ScenarioRecord:
    """A record from its JSON form. Raises TypeError or KeyError when it is none."""
    steps = [StepRecord(**{**s, "attachments": _attachments(s)}) for s in data["steps"]]
    return ScenarioRecord(**{**data, "steps": steps, "attachments": _attachments(data)})


def _attachments(data: dict[str, Any]) -> list[Attachment]:
    return [Attachment(**a) for a in data["attachments"]]
