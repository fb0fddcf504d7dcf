"""One prompt from its submission to its end: by the socket's events, and by asking where it is silent or cut."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from app.generation.comfyui.errors import Interrupted, Lost, NoAnswer, fault_of_execution
from app.generation.comfyui.line import Broken, Event, Line
from app.generation.comfyui.wire import Entry, Wire
from app.generation.comfyui.workflow import Workflow
from app.generation.faults import BackendDown, BackendFailed
from app.generation.port import Watch

CHECK_EVERY_SECONDS = 0.05
# A prompt may wait or load in silence; so long until we ask whether it is there at all.
ASK_AFTER_SECONDS = 1.0
ASK_WITHIN_SECONDS = 0.9
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.01, 0.25
REOPEN_EVERY_SECONDS = 1.0
# A preview follows its step, later where the server's processor is busy.
PREVIEW_WITHIN_SECONDS = 0.5
# Nobody listens there any more, or somebody who does not answer.
REFUSED_FOR_SECONDS, SILENT_FOR_SECONDS = 0.5, 30.0
# Between two looks a prompt may go from the queue to the history: once in neither proves nothing.
MISSES = 2

Outputs = Mapping[str, Any]


class Progress:
    """How far all pictures of an attempt have come, told strictly rising; of: inference steps in all."""

    def __init__(self, watch: Watch, of: int) -> None:
        self._watch = watch
        self._of = of
        self._told = 0

    def reached(self, step: int, preview: bytes | None = None) -> None:
        """Raises as the watch does."""
        step = min(step, self._of)
        if step > self._told:
            self._told = step
            self._watch.progress(step, self._of, preview)


@dataclass
class Prompt:
    """A prompt on a server. number: None until it is known; before: inference steps done in earlier prompts."""

    id: str
    workflow: Workflow
    steps: int
    number: float | None = None
    before: int = 0
    done: dict[str, int] = field(default_factory=dict)

    def step(self, sampler: str, value: float, of: float) -> int:
        """Count what one sampler has done; the steps of all."""
        if sampler in {branch.sampler for branch in self.workflow.branches} and of > 0:
            self.done[sampler] = max(self.done.get(sampler, 0), round(self.steps * min(value / of, 1)))
        return self.before + sum(self.done.values())


class Follower:
    """Sees one prompt to its end.

    Two sources, and neither is believed alone: events may be missed (a cut line, a submission before the
    socket was open), and an empty history may mean queued, running, lost or forgotten.
    """

    def __init__(self, wire: Wire, line: Line, watch: Watch, progress: Progress, prompt: Prompt) -> None:
        self._wire = wire
        self._line = line
        self._watch = watch
        self._progress = progress
        self._prompt = prompt
        self._outputs: dict[str, Any] = {}
        self._succeeded = False
        self._untold: int | None = None
        self._stepped_at = 0.0
        self._misses = 0
        self._ask_at = 0.0
        self._unanswered_since: float | None = None

    def outputs(self, *, ask_first: bool = False) -> Outputs:
        """What its output nodes told, once it has ended well.

        ask_first: it was submitted earlier, and may have ended before anybody listened. Raises Stopped,
        BackendDown (NoAnswer, Lost, Interrupted), OutOfMemory, BackendFailed, InvalidInput.
        """
        self._ask_at = time.monotonic() + (0 if ask_first else ASK_AFTER_SECONDS)
        ended: Outputs | None = None
        while ended is None:
            try:
                ended = self._listen()
            except Broken:
                ended = self._ask_until_open()
        return ended

    def _listen(self) -> Outputs:
        """By events, until the end. Raises Broken when the line is cut."""
        while True:
            self._watch.check()
            event = self._line.receive(CHECK_EVERY_SECONDS)
            ended = self._hear(event)
            if ended is None and time.monotonic() >= self._ask_at:
                ended = self._asked()
                # Missed once, so it may be lost: the next look follows at once.
                self._ask_at = time.monotonic() + (0 if self._misses else ASK_AFTER_SECONDS)
            if ended is not None:
                return ended

    def _ask_until_open(self) -> Outputs | None:
        """By asking, until the end, or until the line is open again (None)."""
        pause, reopen_at = FIRST_PAUSE_SECONDS, 0.0
        while True:
            self._watch.check()
            ended = self._asked()
            if ended is None and self._is_there and time.monotonic() >= reopen_at:
                if self._line.open():
                    return self._asked()  # what ended before the line was open was told to nobody
                reopen_at = time.monotonic() + REOPEN_EVERY_SECONDS
            if ended is not None:
                return ended
            self._watch.stopping.wait(pause)
            pause = min(2 * pause, LONGEST_PAUSE_SECONDS)

    def _hear(self, event: Event | None) -> Outputs | None:
        """Take in one event, or the silence; the outputs when it was the last."""
        if event is None:
            if time.monotonic() - self._stepped_at >= PREVIEW_WITHIN_SECONDS:
                self._tell()
            return None
        if event.preview is not None:
            # It follows its step at once; alone, it may be of somebody else's prompt, told to everybody.
            self._tell(event.preview)
            return None
        self._tell()
        data = event.data
        if data.get("prompt_id") != self._prompt.id:
            return None
        self._ask_at = time.monotonic() + ASK_AFTER_SECONDS
        if event.name == "progress":
            self._stepped(data)
        elif event.name == "execution_cached":
            for node in data.get("nodes") or []:
                self._prompt.step(str(node), 1, 1)
        elif event.name == "executed":
            self._outputs[str(data.get("node"))] = data.get("output")
        elif event.name == "execution_error":
            raise fault_of_execution(data, self._prompt.workflow, where=self._wire.name)
        elif event.name == "execution_interrupted":
            raise Interrupted(self._wire.name)
        elif event.name == "execution_success":
            self._succeeded = True
        elif event.name == "executing" and data.get("node") is None:
            return self._end()
        return None

    def _stepped(self, data: Mapping[str, Any]) -> None:
        value, of = data.get("value"), data.get("max")
        if isinstance(value, int | float) and isinstance(of, int | float):
            self._untold = self._prompt.step(str(data.get("node")), value, of)
            self._stepped_at = time.monotonic()
        if not self._watch.wants_previews:
            self._tell()

    def _tell(self, preview: bytes | None = None) -> None:
        if self._untold is not None:
            step, self._untold = self._untold, None
            self._progress.reached(step, preview if self._watch.wants_previews else None)

    def _end(self) -> Outputs | None:
        """It has ended: what we heard, when that is all, else what the history knows."""
        wanted = {branch.output for branch in self._prompt.workflow.branches}
        if self._succeeded and wanted <= self._outputs.keys():
            return self._outputs
        self._ask_at = time.monotonic()
        return None

    @property
    def _is_there(self) -> bool:
        return self._misses == 0 and self._unanswered_since is None

    def _asked(self) -> Outputs | None:
        """One look that may go unanswered for a while. Raises BackendDown after that, and what `_look` does."""
        try:
            found = self._look()
        except (Lost, Interrupted):
            raise  # answers, too
        except BackendDown as fault:
            now = time.monotonic()
            since = self._unanswered_since = self._unanswered_since or now
            refused = isinstance(fault, NoAnswer) and fault.refused
            if now - since >= (REFUSED_FOR_SECONDS if refused else SILENT_FOR_SECONDS):
                raise
            return None
        self._unanswered_since = None
        return found

    def _look(self) -> Outputs | None:
        """What the history knows; None while the prompt waits or runs. Raises Lost, and how the prompt failed."""
        entry = self._wire.history(self._prompt.id, timeout=ASK_WITHIN_SECONDS)
        if entry is not None and self._prompt.number in (None, entry.number):
            return concluded(entry, self._prompt.workflow, where=self._wire.name)
        if self._prompt.id in self._wire.queue(timeout=ASK_WITHIN_SECONDS):
            self._misses = 0
        else:
            self._misses += 1
            if self._misses >= MISSES:
                raise Lost(self._wire.name)
        return None


def concluded(entry: Entry, workflow: Workflow, *, where: str) -> Outputs:
    """What a prompt that has ended gave. Raises OutOfMemory, BackendFailed, InvalidInput, Interrupted."""
    if entry.succeeded:
        return entry.outputs
    error = entry.message("execution_error")
    if error is not None:
        raise fault_of_execution(error, workflow, where=where)
    if entry.message("execution_interrupted") is not None:
        raise Interrupted(where)
    raise BackendFailed(f"{where} says that the prompt failed, and not why")
