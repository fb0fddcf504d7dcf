"""Running one scenario, the same way for both runners: the world, the sentences, the verdict, the evidence."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from pathlib import Path

from support import bdd
from support.backends import Environment
from support.record import Attachment, Observer, ScenarioRecord, Status, StepRecord
from support.world import World

EXTENSIONS = {"image/webp": "webp", "text/plain": "txt", "application/json": "json"}


def status_of(error: BaseException | None) -> Status:
    """The verdict that an exception means: a broken promise, a sentence not written, or a broken suite."""
    match error:
        case None:
            return "passed"
        case bdd.UndefinedStep():
            return "undefined"
        case AssertionError():
            return "failed"
    return "broken"


def message_of(error: BaseException) -> str:
    """What a report says of an exception; a broken promise speaks for itself, anything else is named."""
    text = str(error)
    return text if isinstance(error, AssertionError | bdd.StepError) else f"{type(error).__name__}: {text}"


class ScenarioRun:
    """One attempt at one scenario. Made when it starts; `finish` ends its world and gives the verdict."""

    def __init__(
        self,
        record: ScenarioRecord,
        environment: Environment,
        observers: Sequence[Observer],
        template: Path | None,
    ) -> None:
        self.record = record
        self._observers = observers
        self._position = 0
        self._began = time.perf_counter()
        record.started = time.time()
        record.status = "passed"
        self._tell("scenario_started")
        try:
            self.world = World(environment, template)
        except Exception as error:
            record.status, record.reason = status_of(error), message_of(error)
            self._tell("scenario_finished")
            raise

    def perform(self, kind: str, sentence: str) -> None:
        """Run the next sentence. Raises whatever is wrong with it, after its verdict has been recorded.

        Its table and doc string are the reference parser's: the runners unescape them differently.
        """
        __tracebackhide__ = True
        step = self._next(sentence)
        began = time.perf_counter()
        self._tell_step("step_started", step)
        error: BaseException | None = None
        try:
            definition = bdd.LIBRARY.find(kind, sentence)
            step.definition, step.pattern = definition.where, definition.pattern
            bdd.call(definition, self.world, sentence, step.table, step.doc_string)
        except BaseException as fault:
            error = fault
            raise
        finally:
            step.seconds = time.perf_counter() - began
            self._judge(step, error)

    def undefined(self) -> None:
        """Note that the next sentence has no definition, for a runner that finds out by itself."""
        step = self.record.steps[self._position]
        self._position += 1
        self._tell_step("step_started", step)
        self._judge(step, bdd.UndefinedStep(f"no definition matches “{step.keyword} {step.text}”"))

    def finish(self) -> Exception | None:
        """End the world; the fault of ending it, unless the scenario had failed before."""
        fault: Exception | None = None
        try:
            self.world.close()
        except Exception as error:
            fault = error
        self._file(None)
        already = self.record.status != "passed"
        if fault is not None and already:
            then = f"\nAnd then: {message_of(fault)}"
            self.record.reason += then
            for step in self.record.steps[self._position - 1 : self._position]:
                step.message += then
        elif fault is not None:
            self.record.status, self.record.reason = status_of(fault), message_of(fault)
        self.record.seconds = time.perf_counter() - self._began
        self._tell("scenario_finished")
        return None if already else fault

    def _next(self, sentence: str) -> StepRecord:
        """The record of the sentence that is to run. Raises StepError when the runner reads another text."""
        steps = self.record.steps
        if self._position >= len(steps) or steps[self._position].text != sentence:
            expected = steps[self._position].text if self._position < len(steps) else "the end of the scenario"
            raise bdd.StepError(f"the runner reads “{sentence}” where the reference parser reads “{expected}”")
        self._position += 1
        return steps[self._position - 1]

    def _judge(self, step: StepRecord, error: BaseException | None) -> None:
        step.status = status_of(error)
        if error is not None:
            step.message = message_of(error)
            self.record.status, self.record.reason = step.status, step.message
        self._file(step)
        self._tell_step("step_finished", step)

    def _file(self, step: StepRecord | None) -> None:
        if not self._observers:
            self.world.evidence.drop()  # making it readable takes time, and nobody would read it
            return
        for piece in self.world.evidence.take():
            # Named by what it is: the same exchange met a hundred times is one file.
            digest = hashlib.blake2b(piece.body, digest_size=16).hexdigest()
            name = f"{digest}.{EXTENSIONS[piece.media_type]}"
            attachment = Attachment(piece.name, piece.media_type, name)
            (self.record if step is None else step).attachments.append(attachment)
            for observer in self._observers:
                observer.attached(self.record, step, attachment, piece.body)

    def _tell(self, what: str) -> None:
        for observer in self._observers:
            getattr(observer, what)(self.record)

    def _tell_step(self, what: str, step: StepRecord) -> None:
        for observer in self._observers:
            getattr(observer, what)(self.record, step)


def skip(record: ScenarioRecord, reason: str, observers: Sequence[Observer]) -> None:
    """Record a scenario that is not run, with its reason."""
    record.status, record.reason, record.started = "skipped", reason, time.time()
    for observer in observers:
        observer.scenario_started(record)
        observer.scenario_finished(record)
