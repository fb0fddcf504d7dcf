"""A pytest plugin that runs a record again: the observer is told what happened then, as the bridge to pytest does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from support import allure_bridge
from support.record import Observer, ScenarioRecord, StepRecord, read_record

OBSERVER = pytest.StashKey[Observer | None]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--replay", type=Path)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    # As early as a conftest's plugin: allure-pytest has not made its listener yet.
    config.stash[OBSERVER] = plugin = allure_bridge.plugin(config)
    if plugin is not None:
        config.pluginmanager.register(plugin, "replay-bridge")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> None:
    for scenario in read_record(session.config.option.replay):
        name = f"{scenario.name}:{scenario.line}"
        item = Scenario.from_parent(session, name=name, nodeid=f"{scenario.uri}::{scenario.line}")
        item.stash[allure_bridge.SCENARIO] = scenario
        if scenario.status == "skipped":
            item.add_marker(pytest.mark.skip(reason=scenario.reason))
        items.append(item)


class Scenario(pytest.Item):
    """One recorded scenario, told again."""

    def runtest(self) -> None:
        observer, scenario = self.config.stash[OBSERVER], self.stash[allure_bridge.SCENARIO]
        if observer is not None:
            for attempt in range(scenario.attempt):
                before = replace(scenario, attempt=attempt, status="failed", reason="not at the first try")
                tell(observer, before, self.config.option.replay)
            tell(observer, scenario, self.config.option.replay)
        if scenario.status == "failed":
            raise AssertionError(scenario.reason)
        if scenario.status != "passed":
            raise RuntimeError(scenario.reason)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        return str(excinfo.value)

    def reportinfo(self) -> Any:
        return self.stash[allure_bridge.SCENARIO].uri, 0, self.name


def tell(observer: Observer, scenario: ScenarioRecord, folder: Path) -> None:
    """Tell an observer a whole scenario, in the order in which a bridge would."""
    observer.scenario_started(scenario)
    for step in scenario.steps:
        if step.status != "skipped":
            observer.step_started(scenario, step)
            _attach(observer, scenario, step, folder)
            observer.step_finished(scenario, step)
    _attach(observer, scenario, None, folder)
    observer.scenario_finished(scenario)


def _attach(observer: Observer, scenario: ScenarioRecord, step: StepRecord | None, folder: Path) -> None:
    for one in (step or scenario).attachments:
        observer.attached(scenario, step, one, (folder / one.file).read_bytes())
