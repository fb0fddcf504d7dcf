"""What ComfyUI says when something goes wrong, in the studio's words: a sentence, never a traceback or a path.

BackendDown
├── NoAnswer        nothing, or nothing of use, came back over the wire
├── Lost            the server knows the prompt no longer
└── Interrupted     somebody else stopped the prompt
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from app.errors import InvalidInput, StudioError
from app.generation.comfyui.workflow import Workflow
from app.generation.faults import BackendDown, BackendFailed, OutOfMemory

LONGEST_MESSAGE = 300

# ComfyUI's inputs, and the fields of a request that fill them.
FIELDS = {
    "ckpt_name": "checkpoint",
    "unet_name": "checkpoint",
    "lora_name": "loras",
    "sampler_name": "scheduler",
    "scheduler": "scheduler",
    "width": "width",
    "height": "height",
    "steps": "steps",
    "cfg": "true_cfg_scale",
    "guidance": "guidance_scale",
    "seed": "seed",
}
# Refusals of a value; the others (a missing input, a broken link) are the studio's own fault.
OF_VALUES = {"value_not_in_list", "value_smaller_than_min", "value_bigger_than_max"}

# A path alone in quotation marks may hold spaces; one in running text ends at the first.
_QUOTED_PATH = re.compile(r"(['\"])(?:[A-Za-z]:)?[\\/][^'\"\n]*?([^'\"\\/\n]*)\1")
_PATH = re.compile(r"(?<![\w:/\\.])(?:[A-Za-z]:)?(?:[\\/][^\\/\s'\":;,()]+)+[\\/]?")


class NoAnswer(BackendDown):
    """The server could not be reached, broke off, or let the studio wait too long. refused: nobody listens there."""

    def __init__(self, message: str, *, refused: bool = False) -> None:
        super().__init__(message)
        self.refused = refused


class Lost(BackendDown):
    """A prompt is neither in the history nor in the queue: the server was restarted, or somebody emptied its queue."""

    def __init__(self, where: str) -> None:
        super().__init__(f"{where} knows the prompt no longer; it may have been restarted", wait_seconds=0)


class Interrupted(BackendDown):
    """Somebody else stopped the prompt, at ComfyUI's own front end or with an interrupt that named none.

    A passing fault: whoever asked for the picture did not stop it, and another attempt paints it. Who stops
    it each time gets her way at the last attempt.
    """

    def __init__(self, where: str) -> None:
        super().__init__(f"somebody else interrupted the prompt on {where}", wait_seconds=0)


def sentence_of(message: object) -> str:
    """The first line of a message, of readable length, with the names of files instead of their paths."""
    lines = [line.strip() for line in str(message).splitlines() if line.strip()]
    line = lines[0] if lines else "it gave no reason"
    line = _QUOTED_PATH.sub(lambda found: f"{found[1]}{found[2]}{found[1]}", line)
    line = _PATH.sub(lambda found: re.split(r"[\\/]", found[0].rstrip("\\/"))[-1], line)
    return line if len(line) <= LONGEST_MESSAGE else f"{line[: LONGEST_MESSAGE - 1]}…"


def fault_of_execution(data: Mapping[str, Any], workflow: Workflow, *, where: str) -> StudioError:
    """What an `execution_error` means: OutOfMemory, InvalidInput for a text that no encoder reads, BackendFailed."""
    kind, message = str(data.get("exception_type", "")), str(data.get("exception_message", ""))
    if "OutOfMemory" in kind or "out of memory" in message.lower():
        return OutOfMemory(f"{where} has no memory for this picture; a smaller one may fit")
    if data.get("node_type") == "CLIPTextEncodeFlux" and kind == "KeyError":
        # The node looks for T5 in the checkpoint's encoders, and only there can it be missing.
        return InvalidInput("prompt_2: this checkpoint has no second text encoder", field="prompt_2")
    node = _node(data, workflow)
    if "No space left" in message:
        return BackendFailed(f"{node} failed: the disk of {where} is full", node=node)
    return BackendFailed(f"{node} failed: {sentence_of(message)}", node=node)


def fault_of_refusal(body: Mapping[str, Any], workflow: Workflow) -> StudioError:
    """What a 400 to POST /prompt means: InvalidInput for a value of the request, else BackendFailed."""
    for number, error in _node_errors(body):
        node, said = workflow.name_of(number), _said(error)
        name = str((error.get("extra_info") or {}).get("input_name", ""))
        if error.get("type") in OF_VALUES and name in FIELDS:
            return InvalidInput(f"{FIELDS[name]} was refused by {node}: {said}", field=FIELDS[name])
        return BackendFailed(f"{node} was refused: {said}", node=node)
    whole = body.get("error")
    said = _said(whole) if isinstance(whole, Mapping) else "it gave no reason"
    return BackendFailed(f"the workflow was refused: {said}")


def refused_outputs(body: Mapping[str, Any], workflow: Workflow) -> dict[int, str]:
    """The pictures that will not be painted although the prompt was taken, by number, and why, as warnings."""
    refused: dict[int, str] = {}
    for number, error in _node_errors(body):
        outputs = (body["node_errors"][number] or {}).get("dependent_outputs") or []
        for branch in workflow.branches:
            if branch.output in outputs or branch.output == number:
                why = f"{workflow.name_of(number)}: {_said(error)}"
                refused.setdefault(branch.number, f"picture {branch.number + 1} was not painted: {why}")
    return refused


def _node(data: Mapping[str, Any], workflow: Workflow) -> str:
    number = str(data.get("node_id", ""))
    if number in workflow.graph or not data.get("node_type"):
        return workflow.name_of(number)
    return f"{data['node_type']} ({number})"


def _node_errors(body: Mapping[str, Any]) -> Iterable[tuple[str, Mapping[str, Any]]]:
    found = body.get("node_errors")
    for number, told in (found if isinstance(found, Mapping) else {}).items():
        for error in told.get("errors") or [] if isinstance(told, Mapping) else []:
            if isinstance(error, Mapping):
                yield str(number), error


def _said(error: Mapping[str, Any]) -> str:
    message, details = str(error.get("message", "")).strip(), str(error.get("details", "")).strip()
    return sentence_of(f"{message}: {details}" if message and details else message or details)
