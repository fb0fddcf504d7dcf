"""behave's side: its hooks, and one matcher a keyword that looks every sentence up in the library.

behave has no option for us to read a feature before it does, so features outside the common dialect are
refused when `environment.py` is loaded, which is before behave parses anything.
"""

from __future__ import annotations

import logging
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from behave.matchers import Match, Matcher
from behave.model_core import Status
from behave.model_type import Argument, FileLocation
from behave.runner import the_step_registry  # behave.step_registry.registry is another, unused object

from support import backends, bdd, dialect, leaks, running, scenarios
from support.record import Observer, RecordWriter, ScenarioRecord
from support.world import fresh_home

__all__ = ["after_all", "after_scenario", "before_all", "before_scenario"]

ROOT = Path(__file__).resolve().parent.parent
BROKEN = (Status.failed, Status.error, Status.hook_error, Status.undefined)


class _Sentence(Matcher):  # type: ignore[misc]
    """Finds a sentence of one keyword in the library; an undefined one is behave's to report."""

    NAME = "proofsheet"

    def __init__(self, kind: str) -> None:
        def perform(context: Any, sentence: str) -> None:
            context.run.perform(kind, sentence)

        super().__init__(perform, "{sentence}", kind)
        self._kind = kind

    def compile(self) -> _Sentence:
        return self

    @property
    def regex_pattern(self) -> str:
        return ".*"

    def match(self, step_text: str) -> Match | None:
        """A match that behave shows with the place of the sentence's own definition."""
        found = bdd.LIBRARY.matching(self._kind, step_text)
        if not found:
            return None
        match = Match(self.func, [Argument(0, len(step_text), step_text, step_text, "sentence")])
        match.location = FileLocation(str(found[0].file), found[0].func.__code__.co_firstlineno)
        return match


class _Session:
    """One behave run: its environment, its observers, and the records that its scenarios fill."""

    def __init__(self, options: Any) -> None:
        self.environment = backends.environment(
            options.get("backend"), options.get("transport"), options.get("studio-url")
        )
        self.observers: list[Observer] = []
        self._ends = ExitStack()
        self._temporary = self._ends.enter_context(leaks.own_temporary_folder())
        self._template: Path | None = None
        self._records: dict[str, dict[tuple[int, str], ScenarioRecord]] = {}
        self.undefined: dict[str, str] = {}
        if "record" in options:
            writer = RecordWriter(Path(options["record"]), f"behave-{self.environment.transport}")
            self._ends.callback(writer.close)
            self.observers.append(writer)

    def record(self, scenario: Any) -> ScenarioRecord:
        path = Path(scenario.filename).resolve()
        if str(path) not in self._records:
            dialect.check(path)
            found = scenarios.records(path, ROOT, "behave", self.environment.labels)
            self._records[str(path)] = {(r.line, r.name): r for r in found}
        return self._records[str(path)][scenario.line, scenario.name]

    def start(self, record: ScenarioRecord) -> running.ScenarioRun:
        if self._template is None:
            self._template = fresh_home(self._temporary)
        return running.ScenarioRun(record, self.environment, self.observers, self._template)

    def close(self) -> None:
        self._ends.close()


def _refuse(message: str) -> None:
    print(message, file=sys.stderr)
    sys.exit(2)


def _register() -> None:
    try:
        bdd.load()
        dialect.check_all(scenarios.feature_files(ROOT))
    except (bdd.StepError, dialect.FeatureRefused) as error:
        _refuse(str(error))
    for kind in bdd.KINDS:
        the_step_registry.steps[kind].append(_Sentence(kind))


def before_all(context: Any) -> None:
    context.config.setup_logging(level=logging.WARNING)
    try:
        context.session = _Session(context.config.userdata)
    except backends.NoSuchBackend as error:
        _refuse(str(error))


def before_scenario(context: Any, scenario: Any) -> None:
    session: _Session = context.session
    context.run = None
    record = session.record(scenario)
    if reason := session.environment.skip_reason(set(record.tags)):
        scenario.skip(reason)
        running.skip(record, reason, session.observers)
        return
    context.run = session.start(record)


def after_scenario(context: Any, scenario: Any) -> None:
    if context.run is None:
        return
    for step in scenario.all_steps:
        if step.status == Status.undefined:
            context.session.undefined[bdd.snippet(step.step_type, step.name)] = step.name
            if context.run.record.status == "passed":  # else behave did not come to it
                context.run.undefined()
            break
    fault = context.run.finish()
    if fault is not None:
        raise fault


def after_all(context: Any) -> None:
    session: _Session | None = getattr(context, "session", None)
    if session is None:
        return
    session.close()
    if session.undefined:
        snippets = "\n\n".join(session.undefined)
        # behave keeps what hooks print to itself.
        print(f"\nSentences that are not written yet; add to steps/:\n\n{snippets}", file=sys.__stdout__)


# At import, not in before_all: `behave --dry-run` runs no hooks.
_register()
