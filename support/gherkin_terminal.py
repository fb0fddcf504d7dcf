"""`--gherkin-terminal-reporter`: a run that reads like its features, also without -v, also under xdist.

pytest-bdd's own reporter shows nothing without -v, repeats the feature for every scenario and refuses
xdist. This one takes its option over: each feature once, its scenarios, their sentences; the failing one
marked, those after it shown as not run; tables, texts and reasons where they belong.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import asdict
from typing import Any

import pytest

from support.record import ScenarioRecord, StepRecord, scenario_from

MARKS = {"passed": "✓", "failed": "✗", "broken": "✗", "undefined": "?", "skipped": "-"}
COLOURS = {
    "passed": {"green": True},
    "failed": {"red": True},
    "broken": {"red": True},
    "undefined": {"yellow": True},
    "skipped": {"yellow": True},
}
NAME = "proofsheet-gherkin-terminal"


def configure(config: pytest.Config) -> None:
    """Take the option over, before pytest-bdd sees it."""
    if not getattr(config.option, "gherkin_terminal_reporter", False):
        return
    config.option.gherkin_terminal_reporter = False
    config.option.tell_scenarios = True  # travels to xdist's workers with the other options
    printer = GherkinTerminal(config, verbosity=config.option.verbose)
    # pytest's own progress, dots and node ids, would stand between our lines.
    config.option.verbose = -1
    config.pluginmanager.register(printer, NAME)


def tell(config: pytest.Config, report: pytest.TestReport, record: ScenarioRecord) -> None:
    """Let the record travel with the report, from a worker too; and let a failure read as the feature does."""
    if getattr(config.option, "tell_scenarios", False):
        report.proofsheet = asdict(record)  # type: ignore[attr-defined]
    if report.failed:
        report.longrepr = "\n".join(lines_of(record, in_full=True))


class GherkinTerminal:
    """Prints each feature when its last scenario has ended.

    verbosity: of -v; above 0 shows tables, texts and times, too.
    """

    def __init__(self, config: pytest.Config, verbosity: int) -> None:
        self._config = config
        self._in_full = verbosity > 0
        self._expected: dict[str, set[str]] = defaultdict(set)
        self._ended: dict[str, set[str]] = defaultdict(set)
        self._told: dict[str, list[ScenarioRecord]] = defaultdict(list)

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        self._expect([item.nodeid for item in items])

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:
        self._expect(ids)

    def _expect(self, ids: list[str]) -> None:
        for nodeid in ids:
            self._expected[nodeid.partition("::")[0]].add(nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        if not hasattr(report, "proofsheet"):
            return None
        category = "skipped" if report.skipped else report.outcome
        return ("rerun" if report.outcome == "rerun" else category), "", ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: Any) -> None:
        file = report.nodeid.partition("::")[0]
        data = getattr(report, "proofsheet", None)
        if data is not None and report.outcome != "rerun":
            record = scenario_from(data)
            self._told[file].append(record)
            if report.failed:
                report.longrepr = f"{record.uri}:{record.line}: “{record.name}”, shown above"
        if report.when == "teardown":
            self._ended[file].add(report.nodeid)
            if self._ended[file] >= self._expected[file]:
                self._print(file)

    def pytest_sessionfinish(self) -> None:
        for file in list(self._told):
            self._print(file)

    def _print(self, file: str) -> None:
        records = sorted(self._told.pop(file, []), key=lambda r: r.line)
        if not records:
            return
        terminal = self._config.pluginmanager.getplugin("terminalreporter")
        write = terminal.write_line
        terminal.ensure_newline()
        write("")
        write(f"Feature: {records[0].feature}", bold=True)
        rule: str | None = None
        for record in records:
            if record.rule != rule:
                rule = record.rule
                write("")
                write(f"  Rule: {rule}", purple=True)
            for line in lines_of(record, self._in_full):
                write(line, **COLOURS[record.status])


def lines_of(record: ScenarioRecord, in_full: bool) -> list[str]:
    """A scenario as lines: its name, its verdict, its sentences.

    in_full: with tables, texts and times; one that does not hold is told in full anyway.
    """
    in_full = in_full or record.status not in ("passed", "skipped")
    indent = "    " if record.rule else "  "
    lines = [f"{indent}{MARKS[record.status]} {record.keyword}: {record.name}"]
    if record.status == "skipped":
        lines.append(f"{indent}    skipped: {record.reason}")
    for step in record.steps:
        lines += [f"{indent}  {line}" for line in _step_lines(step, in_full, ran=record.status != "skipped")]
    told = any(step.message for step in record.steps)
    if record.status not in ("passed", "skipped") and not told:
        lines += [f"{indent}    {line}" for line in record.reason.splitlines()]
    return lines


def _step_lines(step: StepRecord, in_full: bool, ran: bool) -> list[str]:
    suffix = "  (not run)" if step.status == "skipped" and ran else ""
    if in_full and step.status == "passed":
        suffix = f"  ({step.seconds * 1000:.0f} ms)"
    lines = [f"{MARKS[step.status]} {step.keyword} {step.text}{suffix}"]
    if step.table and in_full:
        widths = [max(len(row[i]) for row in step.table) for i in range(len(step.table[0]))]
        lines += [
            "    | " + " | ".join(c.ljust(w) for c, w in zip(row, widths, strict=True)) + " |" for row in step.table
        ]
    if step.doc_string is not None and in_full:
        lines += ['    """', *(f"    {line}" for line in step.doc_string.splitlines()), '    """']
    lines += [f"    {line}" for line in step.message.splitlines()]
    return lines
