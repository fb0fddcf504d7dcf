"""The summary of a run: Markdown for a CI page, a table for a terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports.verdict import MARKS, WORDS, Tally, Verdict, duration, finding, guilty
from support.record import ScenarioRecord, Status

_ICONS: dict[Status, str] = {"failed": "❌", "broken": "💥", "undefined": "✏️", "passed": "✅", "skipped": "⏭️"}
_Entry = Callable[[ScenarioRecord], str]
_STYLES: dict[Status, str] = {
    "failed": "bold red",
    "broken": "bold red",
    "undefined": "bold yellow",
    "passed": "green",
    "skipped": "dim",
}


def markdown(verdict: Verdict, title: str) -> str:
    """The table of features, then what failed with what was found, then what was not run and why."""
    whole = verdict.whole
    lines = [f"# {title}", "", f"**{verdict.headline()}** in {duration(whole.seconds)}.", ""]
    environment = _environment(verdict.record)
    if environment:
        lines += [f"Run on: {environment}.", ""]
    lines += ["| feature | verdict | scenarios | time |", "| --- | --- | --- | ---: |"]
    lines += [_row(tally) for tally in verdict.features]
    lines += [_section("What does not hold", verdict.with_status(["failed", "broken", "undefined"]), _failure)]
    lines += [_section("Not run, and why", verdict.with_status(["skipped"]), _skip)]
    again = [s for s in verdict.with_status(["passed"]) if s.attempt]
    lines += [_section("Held only when tried again", again, lambda s: f"- {_where(s)}: attempt {s.attempt + 1}")]
    return "\n".join(line for line in lines if line is not None).rstrip() + "\n"


def print_table(verdict: Verdict, console: Console, reports: Mapping[str, Path]) -> None:
    """Print feature × verdict, how many, how long, and where each report is."""
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("feature")
    table.add_column("verdict")
    table.add_column("scenarios")
    table.add_column("time", justify="right")
    for tally in verdict.features:
        table.add_row(*_cells(tally))
    if len(verdict.features) > 1:
        table.add_section()
        table.add_row(*_cells(verdict.whole), style="bold")
    console.print(table)
    for scenario in verdict.with_status(["failed", "broken", "undefined"]):
        console.print(Text(f"{MARKS[scenario.status]} {scenario.uri}:{scenario.line} {scenario.name}", "bold red"))
        step = guilty(scenario)
        if step is not None:
            console.print(Text(f"    {step.keyword.strip()} {step.text}"))
        console.print(Text("\n".join(f"      {line}" for line in finding(scenario).splitlines())))
    console.print(Text(verdict.headline(), "bold red" if not verdict.holds else "bold green"))
    for name, path in reports.items():
        console.print(Text(f"  {name:<11}{path}"), soft_wrap=True)


def _cells(tally: Tally) -> tuple[Text, ...]:
    mark = Text(f"{MARKS[tally.status]} {WORDS[tally.status]}", _STYLES[tally.status])
    return Text(tally.name), mark, Text(tally.words()), Text(duration(tally.seconds))


def _row(tally: Tally) -> str:
    verdict = f"{_ICONS[tally.status]} {WORDS[tally.status]}"
    return f"| {_cell(tally.name)} | {verdict} | {tally.words()} | {duration(tally.seconds)} |"


def _section(title: str, scenarios: Iterable[ScenarioRecord], entry: _Entry) -> str:
    entries = [entry(scenario) for scenario in scenarios]
    return "\n".join(["", f"## {title}", "", *entries]) if entries else ""


def _failure(scenario: ScenarioRecord) -> str:
    step = guilty(scenario)
    # A fence longer than any in the message keeps a message with back-ticks in one block.
    found = finding(scenario)
    fence = "`" * max(3, _longest_ticks(found) + 1)
    sentence = f"\n> {step.keyword.strip()} {step.text}\n" if step else ""
    return f"### {_ICONS[scenario.status]} {_where(scenario)}\n{sentence}\n{fence}\n{found}\n{fence}\n"


def _skip(scenario: ScenarioRecord) -> str:
    return f"- {_where(scenario)}: {scenario.reason or 'no reason was given'}"


def _where(scenario: ScenarioRecord) -> str:
    rule = f" › {scenario.rule}" if scenario.rule else ""
    # A value that the name tells already needs no second telling.
    values = ", ".join(f"{name} {value}" for name, value in scenario.example.items() if value not in scenario.name)
    return f"{scenario.feature}{rule} › {scenario.name}" + (f" ({values})" if values else "")


def _longest_ticks(text: str) -> int:
    longest = run = 0
    for character in text:
        run = run + 1 if character == "`" else 0
        longest = max(longest, run)
    return longest


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _environment(record: Iterable[ScenarioRecord]) -> str:
    values: dict[str, set[str]] = {}
    for scenario in record:
        for name, value in scenario.environment.items():
            values.setdefault(name, set()).add(value)
    return ", ".join(f"{name} {' and '.join(sorted(found))}" for name, found in sorted(values.items()))
