"""`python -m reports install | render | gate | compare`: get the renderers, print the sheet, ask the gates."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from rich.console import Console

from reports import ReportError, node
from reports.acceptance import write_acceptance
from reports.allure import AllureReport
from reports.compare import differences
from reports.glossary import entries, page
from reports.summary import markdown, print_table
from reports.verdict import Verdict, read_run, verdict_of
from support import bdd

NAME = "Proofsheet"


def main(arguments: list[str] | None = None) -> int:
    """The exit status: 0 if everything holds, 1 if not, 2 if no report could be made."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.do(options))
    except ReportError as error:
        print(f"No report: {error}", file=sys.stderr)
        return 2


def install(_: argparse.Namespace) -> int:
    print("The renderers are installed." if node.install() else "The renderers were installed already.")
    return 0


def render(options: argparse.Namespace) -> int:
    """Write every report there is data for, print the table, and return the verdict."""
    verdict = verdict_of(read_run(options.record))
    options.out.mkdir(parents=True, exist_ok=True)
    reports = _written(options, verdict)
    print_table(verdict, Console(highlight=False), reports)
    return 0 if verdict.holds else 1


def gate(options: argparse.Namespace) -> int:
    objections = _allure(options, verdict_of(read_run(options.record))).gate()
    print(objections or "The gate is open: nothing failed.")
    return 1 if objections else 0


def compare(options: argparse.Namespace) -> int:
    """Say where the two runners, the features and the step library disagree."""
    record = read_run(options.pytest)
    found = differences(record, read_run(options.behave), _library(), options.root)
    for line in found:
        print(f"✘ {line}")
    print(f"{len(found)} differences" if found else f"pytest and behave agree on all {len(record)} scenarios.")
    return 1 if found else 0


def _written(options: argparse.Namespace, verdict: Verdict) -> dict[str, Path]:
    out: Path = options.out
    reports = {"summary": out / "summary.md", "glossary": out / "glossary.html", "acceptance": out / "acceptance.html"}
    # The summary needs nothing but the record: it is there even where a renderer fails.
    reports["summary"].write_text(markdown(verdict, options.name), "utf-8")
    node.install()
    write_acceptance(verdict.record, options.record, options.root, reports["acceptance"], options.name)
    if any(options.allure.glob("*-result.json")):
        reports["report"] = _allure(options, verdict).render()
    reports["glossary"].write_text(_glossary(options), "utf-8")
    return dict(reversed(reports.items()))


def _glossary(options: argparse.Namespace) -> str:
    return page(entries(_library(), options.root), f"{options.name}: the sentences")


def _library() -> list[bdd.StepDefinition]:
    try:
        return bdd.load()
    except bdd.StepError as error:
        raise ReportError(f"the step library cannot be read: {error}") from error


def _allure(options: argparse.Namespace, verdict: Verdict) -> AllureReport:
    output = options.out / "allure"
    return AllureReport(options.allure, output, options.history, options.name, verdict.record, options.single_file)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m reports", description=__doc__)
    commands = parser.add_subparsers(required=True)
    commands.add_parser("install", help="install the renderers that the lock file names").set_defaults(do=install)
    for name, do, about in (
        ("render", render, "write the reports, print the summary, exit with the verdict"),
        ("gate", gate, "ask Allure's quality gate"),
    ):
        command = commands.add_parser(name, help=about)
        command.set_defaults(do=do)
        _add_paths(command)
    both = commands.add_parser("compare", help="fail unless pytest, behave, the features and the sentences agree")
    both.set_defaults(do=compare)
    both.add_argument("--pytest", type=Path, required=True, help="the record of the run under pytest")
    both.add_argument("--behave", type=Path, required=True, help="the record of the run under behave")
    both.add_argument("--root", type=Path, default=Path(), help="the folder that holds features/")
    return parser


def _add_paths(command: argparse.ArgumentParser) -> None:
    history = os.environ.get("PROOFSHEET_HISTORY", "build/history/allure.jsonl")
    command.add_argument("--record", type=Path, default=Path("build/record"), help="the record of the run")
    command.add_argument("--allure", type=Path, default=Path("build/allure-results"), help="Allure's results")
    command.add_argument("--out", type=Path, default=Path("build/report"), help="where the reports go")
    command.add_argument("--history", type=Path, default=Path(history), help="Allure's history, kept over runs")
    command.add_argument("--root", type=Path, default=Path(), help="the folder that holds features/")
    command.add_argument("--name", default=NAME, help="what the reports are headed")
    command.add_argument("--single-file", action="store_true", help="Allure's report as one file")


if __name__ == "__main__":
    sys.exit(main())
