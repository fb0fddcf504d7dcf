"""The Allure 3 report: what to render, said to allurerc.mjs, and Allure's own gate over the same results."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports import ReportError, node
from support.allure_bridge import HARNESS
from support.record import ScenarioRecord

_CLI = node.PACKAGES / "allure" / "cli.js"
_CONFIG = node.HERE / "allurerc.mjs"
_TRACKING = re.compile(r"<script async src=[^>]*/gtag/js[^>]*></script>\s*<script>.*?gtag\(.*?</script>", re.DOTALL)
# In the order in which a reader is told what a run was on.
_ENVIRONMENT = ("backend", "transport")


@dataclass(frozen=True)
class AllureReport:
    """What is rendered, and where to. results: a folder of Allure results. history: a file that outlives the run."""

    results: Path
    output: Path
    history: Path
    name: str
    record: Sequence[ScenarioRecord] = ()
    single_file: bool = False

    def render(self) -> Path:
        """Render anew and return the page to open. Raises ReportError if there is nothing to render."""
        self._require_results()
        # Allure adds to what lies there: a scenario deleted since would live on.
        shutil.rmtree(self.output, ignore_errors=True)
        self.history.parent.mkdir(parents=True, exist_ok=True)
        printed = self._allure("generate")
        page = self.output / "index.html"
        if not page.is_file():
            raise ReportError(f"Allure wrote no report:\n{printed}")
        page.write_text(_ours(page.read_text("utf-8")), "utf-8")
        return page

    def gate(self) -> str:
        """What Allure's quality gate objects to; empty if it lets the run through."""
        self._require_results()
        return self._allure("quality-gate", may_fail=True)

    def _allure(self, command: str, *, may_fail: bool = False) -> str:
        arguments = [str(_CLI), command, str(self.results.resolve()), "--config", str(_CONFIG)]
        settings = {"PROOFSHEET_ALLURE": json.dumps(self._settings())}
        return node.run(arguments, settings, may_fail=may_fail)

    def _require_results(self) -> None:
        if not any(self.results.glob("*-result.json")):
            raise ReportError(
                f"there are no Allure results in {self.results}; run: pytest features --alluredir {self.results}"
            )

    def _settings(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "output": str(self.output.resolve()),
            "history": str(self.history.resolve()),
            "singleFile": self.single_file,
            "environments": _environments(self.record),
            "variables": _variables(self.record),
            "minTests": max(1, sum(scenario.status != "skipped" for scenario in self.record)),
        }


def _ours(html: str) -> str:
    """Allure's page, which tells nobody that it is read, and shows pictures at once."""
    # No option turns it off: whoever opens the report would be counted by a third party, with the report's id.
    html = _TRACKING.sub("", html)
    head, end, tail = html.rpartition("</body>")
    return f"{head}{(node.HERE / 'allure_page.html').read_text('utf-8')}{end}{tail}"


def _environments(record: Sequence[ScenarioRecord]) -> list[dict[str, Any]]:
    """What to part the report by; nothing where all scenarios ran on the same: a heading over all says nothing."""
    found: dict[str, dict[str, str]] = {}
    for scenario in record:
        labels = {key: scenario.environment[key] for key in _ENVIRONMENT if key in scenario.environment}
        if labels:
            found[", ".join(labels.values())] = labels
    if len(found) < 2:
        return []
    # Tests beside the features ran on no backend: Allure would head them "default".
    found[HARNESS] = {"epic": HARNESS}
    return [
        {"id": re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-"), "name": name, "labels": labels}
        for name, labels in sorted(found.items())
    ]


def _variables(record: Sequence[ScenarioRecord]) -> dict[str, str]:
    """What the run was on, as the head of the report shows it."""
    values: dict[str, set[str]] = {}
    for scenario in record:
        for name, value in scenario.environment.items():
            values.setdefault(name.capitalize(), set()).add(value)
    return {name: ", ".join(sorted(found)) for name, found in values.items()}
