"""One specification, two runners: their scenarios and verdicts must be the same, and those of the features."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from reports.features import Features, line_of, uris_under
from reports.glossary import Definition, entries
from support.record import ScenarioRecord

Key = tuple[str, int, str]


def differences(
    pytest: Sequence[ScenarioRecord],
    behave: Sequence[ScenarioRecord],
    definitions: Iterable[Definition],
    root: Path,
) -> list[str]:
    """What the two runs and the features below `root` disagree about, in sentences; empty if they agree."""
    features = Features(root, uris_under(root))
    written = {(file.uri, line_of(pickle), pickle["name"]) for file in features.files for pickle in file.pickles}
    runs = {"pytest": pytest, "behave": behave}
    found = [line for name, run in runs.items() for line in _scenarios(name, {s.key for s in run}, written)]
    found += _verdicts(pytest, behave)
    unused = [entry for entry in entries(definitions, root) if not entry.uses]
    return found + [f"no scenario uses “{entry.keyword} {entry.pattern}” of steps/{entry.source}" for entry in unused]


def _scenarios(runner: str, ran: set[Key], written: set[Key]) -> Iterator[str]:
    for key in sorted(written - ran):
        yield f"{_shown(key)} is written, and {runner} did not find it"
    for key in sorted(ran - written):
        yield f"{_shown(key)} is what {runner} ran, and no feature holds it"


def _verdicts(pytest: Sequence[ScenarioRecord], behave: Sequence[ScenarioRecord]) -> Iterator[str]:
    other = {scenario.key: scenario for scenario in behave}
    for ours in pytest:
        theirs = other.get(ours.key)
        if theirs is None:
            continue
        if ours.status != theirs.status:
            yield f"{_shown(ours.key)} is {ours.status} under pytest and {theirs.status} under behave"
            continue
        for mine, its in zip(ours.steps, theirs.steps, strict=False):
            if (mine.text, mine.status) != (its.text, its.status):
                yield (
                    f"{_shown(ours.key)}: “{mine.text}” is {mine.status} under pytest, "
                    f"“{its.text}” is {its.status} under behave"
                )
        counts = len(ours.steps), len(theirs.steps)
        if counts[0] != counts[1]:
            yield f"{_shown(ours.key)} has {counts[0]} sentences under pytest and {counts[1]} under behave"


def _shown(key: Key) -> str:
    uri, line, name = key
    return f"{uri}:{line} “{name}”"
