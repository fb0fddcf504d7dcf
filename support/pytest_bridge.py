"""pytest's side: *.feature files are test files, pytest-bdd runs them, every sentence comes from the library.

pytest-bdd looks a step up by trying every fixture, drops twins, and does not await async steps. So it is
given three catch-all definitions, and the sentence itself is found and run by support/.
"""

from __future__ import annotations

import re
import types
from collections import defaultdict
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from pytest_bdd import given, parsers, scenario, then, when
from pytest_bdd.feature import get_feature

from support import allure_bridge, backends, bdd, dialect, gherkin_terminal, leaks, running, scenarios
from support.record import Observer, RecordWriter, ScenarioRecord
from support.world import fresh_home

ENVIRONMENT = pytest.StashKey[backends.Environment]()
OBSERVERS = pytest.StashKey[list[Observer]]()
TEMPORARY = pytest.StashKey[Path]()
TEMPLATE = pytest.StashKey[Path]()
SCENARIO = allure_bridge.SCENARIO
RUN = pytest.StashKey[running.ScenarioRun]()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("proofsheet", "the studio under acceptance")
    group.addoption("--backend", help="the image backend (default: BACKEND, else mock)")
    group.addoption("--transport", choices=["in-process", "http"], help="how the studio is reached")
    group.addoption("--studio-url", help="run against the studio at this address instead of one of our own")
    group.addoption("--record", type=Path, help="write what happened to this folder, for the reports")


_TAG = re.compile(r"@([^@\s]+)")


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    options = config.option
    try:
        environment = backends.environment(options.backend, options.transport, options.studio_url)
        bdd.load()
    except (backends.NoSuchBackend, bdd.StepError) as error:
        raise pytest.UsageError(str(error)) from error
    config.stash[ENVIRONMENT] = environment
    config.stash[OBSERVERS] = []
    ends = ExitStack()
    config.stash[TEMPORARY] = ends.enter_context(leaks.own_temporary_folder())
    config.add_cleanup(ends.close)
    if options.record and not options.collectonly and not _controls_workers(config):
        writer = RecordWriter(options.record, f"{environment.transport}-{_worker(config)}")
        config.stash[OBSERVERS].append(writer)
        config.add_cleanup(writer.close)
    for tag in _tags(config.rootpath):
        config.addinivalue_line("markers", f"{tag}: a tag of a feature")
    gherkin_terminal.configure(config)
    if (allure := allure_bridge.plugin(config)) is not None:
        config.stash[OBSERVERS].append(allure)
        config.pluginmanager.register(allure, "proofsheet-allure")


def _worker(config: pytest.Config) -> str:
    return str(getattr(config, "workerinput", {}).get("workerid", "main"))


def _controls_workers(config: pytest.Config) -> bool:
    return bool(getattr(config.option, "numprocesses", None)) and not hasattr(config, "workerinput")


def _tags(root: Path) -> set[str]:
    """Every tag in the project's features, so that --strict-markers knows them.

    Read as lines, not as Gherkin: parsing every feature would take seconds at each start. A line of a doc string that
    looks like tags makes a marker that nobody uses.
    """
    lines = (line for path in scenarios.feature_files(root) for line in _lines_of(path))
    return {tag for line in lines if line.lstrip().startswith("@") for tag in _TAG.findall(line.partition(" #")[0])}


def _lines_of(path: Path) -> list[str]:
    # A file that cannot be read is refused when it is collected, by its name.
    return path.read_text("utf-8", errors="replace").splitlines() if path.is_file() else []


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.Collector | None:
    if file_path.suffix == ".feature":
        module: pytest.Collector = FeatureFile.from_parent(parent, path=file_path)
        return module
    return None


class FeatureFile(pytest.Module):
    """A feature as a test file; each scenario, and each row of an outline, is an item in its author's words."""

    def _getobj(self) -> types.ModuleType:
        return types.ModuleType(self.path.stem)

    def collect(self) -> Iterable[pytest.Item | pytest.Collector]:
        try:
            dialect.check(self.path)
            yield from self._items()
        except (dialect.FeatureRefused, backends.NoSuchBackend) as error:
            raise self.CollectError(str(error)) from error

    def _items(self) -> Iterator[pytest.Item]:
        environment = self.config.stash[ENVIRONMENT]
        by_name: dict[str, list[ScenarioRecord]] = defaultdict(list)
        outlines = get_feature(str(self.path.parent), self.path.name).scenarios
        unfilled = scenarios.records(self.path, self.config.rootpath, "pytest", environment.labels)
        names = scenarios.template_names(self.path, self.config.rootpath)
        for record, name in zip(unfilled, names, strict=True):
            by_name[name].append(record)
        for name in outlines:
            function = scenario(self.path.name, name, features_base_dir=str(self.path.parent))(_nothing_more)
            shown = name.replace("::", ":").replace("[", "(").replace("]", ")")
            setattr(self.obj, shown, function)
            for item, record in zip(self._genfunctions(shown, function), by_name[name], strict=True):
                item.stash[SCENARIO] = record
                item.location = (scenarios.uri_of(self.path, self.config.rootpath), record.line - 1, item.name)
                if reason := environment.skip_reason(set(record.tags)):
                    item.add_marker(pytest.mark.skip(reason=reason))
                yield item


def _nothing_more() -> None:
    """What pytest-bdd calls after the last sentence."""


class _Sentence(parsers.StepParser):
    """Matches every sentence: which definition it has is the library's business."""

    def is_matching(self, name: str) -> bool:
        return True

    def parse_arguments(self, name: str) -> dict[str, Any]:
        return {"sentence": name}


@given(_Sentence("given"))
def _given(request: pytest.FixtureRequest, sentence: str) -> None:
    __tracebackhide__ = True
    request.node.stash[RUN].perform("given", sentence)


@when(_Sentence("when"))
def _when(request: pytest.FixtureRequest, sentence: str) -> None:
    __tracebackhide__ = True
    request.node.stash[RUN].perform("when", sentence)


@then(_Sentence("then"))
def _then(request: pytest.FixtureRequest, sentence: str) -> None:
    __tracebackhide__ = True
    request.node.stash[RUN].perform("then", sentence)


def pytest_bdd_before_scenario(request: pytest.FixtureRequest) -> None:
    item, config = request.node, request.config
    if TEMPLATE not in config.stash:
        config.stash[TEMPLATE] = fresh_home(config.stash[TEMPORARY])
    record = item.stash[SCENARIO].unfilled()
    record.attempt = getattr(item, "execution_count", 1) - 1
    observers = config.stash[OBSERVERS]
    item.stash[RUN] = running.ScenarioRun(record, config.stash[ENVIRONMENT], observers, config.stash[TEMPLATE])


def pytest_bdd_after_scenario(request: pytest.FixtureRequest) -> None:
    fault = request.node.stash[RUN].finish()
    if fault is not None:
        raise fault


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome: Any = yield
    report = outcome.get_result()
    if SCENARIO not in item.stash:
        return
    if report.when == "setup" and report.skipped:
        record = item.stash[SCENARIO].unfilled()
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
        observers = item.config.stash[OBSERVERS]
        running.skip(record, reason.removeprefix("Skipped: "), observers)
        gherkin_terminal.tell(item.config, report, record)
    elif report.when == "call" and RUN in item.stash:
        gherkin_terminal.tell(item.config, report, item.stash[RUN].record)
        del item.stash[RUN]
