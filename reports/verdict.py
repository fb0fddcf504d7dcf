"""What a run comes to: by feature and over all, in the words that every report uses."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from reports import ReportError
from support.record import ScenarioRecord, Status, StepRecord, read_record

# Worst first: a feature's verdict is that of its worst scenario.
WORDS: dict[Status, str] = {
    "failed": "promise broken",
    "broken": "could not go on",
    "undefined": "sentence not written yet",
    "passed": "holds",
    "skipped": "not run",
}
_PLURAL: dict[Status, str] = {
    "failed": "promises broken",
    "undefined": "sentences not written yet",
    "passed": "hold",
}
MARKS: dict[Status, str] = {"failed": "✘", "broken": "✘", "undefined": "?", "passed": "✔", "skipped": "–"}
RED: frozenset[Status] = frozenset({"failed", "broken", "undefined"})


@dataclass
class Tally:
    """How the scenarios of one feature, or of a run, came out."""

    name: str
    counts: Counter[Status] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, scenario: ScenarioRecord) -> None:
        self.counts[scenario.status] += 1
        self.seconds += scenario.seconds

    @property
    def total(self) -> int:
        return self.counts.total()

    @property
    def ran(self) -> int:
        return self.total - self.counts["skipped"]

    @property
    def status(self) -> Status:
        return next((status for status in WORDS if self.counts[status]), "skipped")

    @property
    def red(self) -> bool:
        return self.status in RED

    def words(self) -> str:
        """Such as '12 hold, 1 promise broken, 2 not run'."""
        parts = []
        for status in ("passed", "failed", "broken", "undefined", "skipped"):
            count = self.counts[status]
            words = WORDS[status] if count == 1 else _PLURAL.get(status, WORDS[status])
            parts += [f"{count} {words}"] if count else []
        return ", ".join(parts) or "nothing"


@dataclass(frozen=True)
class Verdict:
    """A run, tallied. features: in order of their files."""

    record: Sequence[ScenarioRecord]
    features: Sequence[Tally]
    whole: Tally

    @property
    def holds(self) -> bool:
        """Nothing is red, and at least one scenario ran."""
        return not self.whole.red and self.whole.ran > 0

    def with_status(self, statuses: Iterable[Status]) -> list[ScenarioRecord]:
        wanted = set(statuses)
        return [scenario for scenario in self.record if scenario.status in wanted]

    def headline(self) -> str:
        if self.whole.red:
            return f"Not everything holds: {self.whole.words()}"
        if not self.whole.ran:
            return f"Nothing was run: {self.whole.words()}"
        return f"Everything that was run holds: {self.whole.words()}"


def verdict_of(record: Sequence[ScenarioRecord]) -> Verdict:
    features: dict[str, Tally] = {}
    whole = Tally("All features")
    for scenario in record:
        features.setdefault(scenario.uri, Tally(scenario.feature)).add(scenario)
        whole.add(scenario)
    return Verdict(record, list(features.values()), whole)


def read_run(folder: Path) -> list[ScenarioRecord]:
    """The record of a run. Raises ReportError if there is none, if it is empty, or if it is damaged."""
    if not folder.is_dir():
        raise ReportError(f"there is no record of a run at {folder}; run the features first: pytest features")
    try:
        record = read_record(folder)
    except ValueError as error:
        raise ReportError(f"the record of the run is damaged: {error}") from error
    if not record:
        raise ReportError(f"the record at {folder} holds no scenario; run the features first: pytest features")
    return record


def guilty(scenario: ScenarioRecord) -> StepRecord | None:
    """The sentence at which a scenario went red; none when it did so outside its sentences."""
    return next((step for step in scenario.steps if step.status in RED), None)


def finding(scenario: ScenarioRecord) -> str:
    """What was found: the message of the sentence that failed, or the reason that the scenario gives."""
    step = guilty(scenario)
    if step is not None and step.status == "undefined":
        # Its message is code to paste: the runner has shown that to whoever can use it.
        return "This sentence is not written yet."
    if step is not None and step.message:
        return step.message.strip()
    return scenario.reason.strip() or WORDS[scenario.status]


def duration(seconds: float) -> str:
    """Such as '4 ms', '2.3 s' or '1 min 5 s'."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s"
