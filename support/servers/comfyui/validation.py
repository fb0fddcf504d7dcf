"""What POST /prompt says of a graph before it is queued, error by error as ComfyUI 0.8.0 says it.

The graph's numbers and texts are converted in place, as the real server does: what is queued, shown in the
history and written into PNG text is the converted graph.
"""

from __future__ import annotations

import traceback
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any

from support.servers.comfyui.files import Folders
from support.servers.comfyui.nodes.registry import InputInfo, NodeClass, type_name

Error = dict[str, Any]
# Lists of options longer than this are told by their length alone.
OPTIONS_TOLD = 20
# The real server's recursion ends in a chain of about this many nodes.
DEEPEST = 960


@dataclass(frozen=True)
class Validated:
    """What became of a graph. outputs: the output nodes that will run, in the graph's order.

    error: why nothing runs (answered 400), or None. node_errors: by node id, also beside good outputs.
    crash: what the real server stumbles over (answered 500, as for a graph that is a number), or None.
    """

    error: Error | None = None
    node_errors: dict[str, Any] = field(default_factory=dict)
    outputs: list[str] = field(default_factory=list)
    crash: str | None = None


@dataclass(frozen=True)
class _Verdict:
    good: bool
    errors: list[Error]


def validate(
    graph: Any, nodes: Mapping[str, NodeClass], targets: list[str] | None = None, *, folders: Folders
) -> Validated:
    """Check any JSON as a graph. targets: the output nodes that shall run (partial_execution_targets); None: all."""
    try:
        outputs = _outputs(graph, nodes, targets)
    except _Refused as refused:
        return Validated(error=refused.error)
    except Exception as crash:  # the real server has no check here either: whatever it is ends in a 500
        return Validated(crash=f"{type_name(crash)}: {crash}")
    check = _Check(graph, nodes, folders)
    failed = {node: check.errors_of(node) for node in outputs}
    good = [node for node, verdict in failed.items() if verdict.good]
    node_errors = check.node_errors()
    if good:
        return Validated(node_errors=node_errors, outputs=good)
    told = [f"{one['message']}: {one['details']}" for verdict in failed.values() for one in verdict.errors]
    error = _error("prompt_outputs_failed_validation", "Prompt outputs failed validation", "\n".join(told), {})
    return Validated(error=error, node_errors=node_errors)


class _Refused(Exception):
    """The whole graph is refused before any node is looked at."""

    def __init__(self, error: Error) -> None:
        super().__init__(error["message"])
        self.error = error


def _error(kind: str, message: str, details: str, extra_info: dict[str, Any]) -> Error:
    return {"type": kind, "message": message, "details": details, "extra_info": extra_info}


def _outputs(graph: Any, nodes: Mapping[str, NodeClass], targets: Any) -> list[str]:
    """The graph's output nodes among the targets. Raises _Refused, and anything for what is no graph."""
    outputs = []
    for name in graph:
        if "class_type" not in graph[name]:
            message = "Cannot execute because a node is missing the class_type property."
            raise _Refused(_error("invalid_prompt", message, f"Node ID '#{name}'", {}))
        class_type = graph[name]["class_type"]
        if class_type not in nodes:
            message = f"Cannot execute because node {class_type} does not exist."
            raise _Refused(_error("invalid_prompt", message, f"Node ID '#{name}'", {}))
        if nodes[class_type].output_node and (targets is None or name in targets):
            outputs.append(name)
    if not outputs:
        raise _Refused(_error("prompt_no_outputs", "Prompt has no outputs", "", {}))
    return outputs


class _Check:
    """One walk through a graph, from its outputs upwards; a node's verdict is found once and kept."""

    def __init__(self, graph: dict[str, Any], nodes: Mapping[str, NodeClass], folders: Folders) -> None:
        self._graph = graph
        self._nodes = nodes
        self._folders = folders
        self._verdicts: dict[str, _Verdict] = {}
        self._dependent: dict[str, list[str]] = {}
        self._open: list[str] = []

    def errors_of(self, output: str) -> _Verdict:
        try:
            verdict = self._walk(output)
        except Exception as error:  # as the real server: any exception is a verdict
            extra = {"exception_type": type_name(error), "traceback": traceback.format_tb(error.__traceback__)}
            told = _error("exception_during_validation", "Exception when validating node", str(error), extra)
            verdict = self._verdicts[output] = _Verdict(False, [told])
        if not verdict.good:
            # Every node known to be wrong by now depends on this output, says the real server.
            for node, one in self._verdicts.items():
                if not one.good and one.errors:
                    self._dependent.setdefault(node, []).append(output)
        return verdict

    def node_errors(self) -> dict[str, Any]:
        return {
            node: {
                "errors": self._verdicts[node].errors,
                "dependent_outputs": dependent,
                "class_type": self._graph[node]["class_type"],
            }
            for node, dependent in self._dependent.items()
        }

    def _walk(self, output: str) -> _Verdict:
        """The verdict on a node and on all before it, without Python's recursion."""
        self._open = [output]
        stack = [self._node(output)]
        answer: _Verdict | Exception | None = None
        while True:
            try:
                before = stack[-1].throw(answer) if isinstance(answer, Exception) else stack[-1].send(answer)
            except StopIteration as ended:
                answer = ended.value
            except Exception as error:  # goes to the node that asked, where it becomes a reason
                answer = error
            else:
                answer = self._known(before)
                if answer is None:
                    self._open.append(before)
                    stack.append(self._node(before))
                continue
            stack.pop()
            self._open.pop()
            if not stack:
                if isinstance(answer, Exception):
                    raise answer
                assert answer is not None  # noqa: S101
                return answer

    def _known(self, node: str) -> _Verdict | Exception | None:
        if node in self._open:
            # The real server goes round until its recursion ends; nothing of that is left in its answer.
            return _Verdict(False, [])
        if len(self._open) >= DEEPEST:
            return RecursionError("maximum recursion depth exceeded")
        return self._verdicts.get(node)

    def _node(self, node: str) -> Generator[str, _Verdict | None, _Verdict]:
        """One node's verdict. Yields the nodes whose verdict it needs first."""
        inputs, node_class = self._graph[node]["inputs"], self._nodes[self._graph[node]["class_type"]]
        declared = node_class.inputs(self._folders)
        errors: list[Error] = []
        good = True
        for name, info in {**declared["required"], **declared["optional"]}.items():
            if name not in inputs:
                if name in declared["required"]:
                    extra = {"input_name": name}
                    errors.append(_error("required_input_missing", "Required input is missing", name, extra))
            elif isinstance(inputs[name], list):
                problem = self._link(name, inputs[name], info)
                if problem is not None:
                    errors.append(problem)
                else:
                    good &= yield from self._linked(name, inputs[name], info)
            else:
                problem = _value(name, inputs, info, checked=name not in node_class.validates)
                errors += [problem] if problem is not None else []
        errors += self._custom(node_class, inputs)
        verdict = self._verdicts[node] = _Verdict(good and not errors, errors)
        return verdict

    def _link(self, name: str, link: list[Any], info: InputInfo) -> Error | None:
        about: dict[str, Any] = {"input_name": name, "input_config": info}
        if len(link) != 2:
            message = "Bad linked input, must be a length-2 list of [node_id, slot_index]"
            return _error("bad_linked_input", message, name, {**about, "received_value": link})
        origin = self._nodes[self._graph[link[0]]["class_type"]]
        # A list where the real one has a list: an exception's message says which it was.
        received = (list(origin.outputs) if origin.modern else origin.outputs)[link[1]]
        if fits(received, info[0]):
            return None
        details = f"{name}, received_type({received}) mismatch input_type({info[0]})"
        return _error(
            "return_type_mismatch",
            "Return type mismatch between linked nodes",
            details,
            {**about, "received_type": received, "linked_node": link},
        )

    def _linked(self, name: str, link: list[Any], info: InputInfo) -> Generator[str, _Verdict | None, bool]:
        """Whether the node that the link leads to is good."""
        try:
            verdict = yield link[0]
        except Exception as error:  # as the real server: the reason is kept with the node at fault
            extra = {
                "input_name": name,
                "input_config": info,
                "exception_message": str(error),
                "exception_type": type_name(error),
                "traceback": traceback.format_tb(error.__traceback__),
                "linked_node": link,
            }
            message = "Exception when validating inner node"
            told = _error("exception_during_inner_validation", message, str(error), extra)
            self._verdicts[link[0]] = _Verdict(False, [told])
            return False
        return verdict is not None and verdict.good

    def _custom(self, node_class: NodeClass, inputs: dict[str, Any]) -> list[Error]:
        """What the class itself objects to. A linked input has no value yet."""
        if node_class.validate is None:
            return []
        given = {
            name: None if isinstance(inputs[name], list) else inputs[name]
            for name in node_class.validates
            if name in inputs
        }
        answer = node_class.validate(self._folders, **given)
        if answer is True:
            return []
        message = "Custom validation failed for node"
        return [
            _error("custom_validation_failed", message, f"{name} - {answer}" if answer else name, {"input_name": name})
            for name in given
        ]


def fits(received: str | list[str], wanted: str | list[str]) -> bool:
    """Whether an output of one type may be linked to an input of the other. "*" fits all; "A,B" is A or B."""
    if received == wanted or "*" in (received, wanted):
        return True
    if not isinstance(received, str) or not isinstance(wanted, str):
        return False
    has, takes = ({kind.strip() for kind in types.split(",")} for types in (received, wanted))
    return "*" in has | takes or bool(has & takes)


def _value(name: str, inputs: dict[str, Any], info: InputInfo, *, checked: bool) -> Error | None:
    """Convert a plain value in place, then check it. checked: False where the class checks it itself."""
    kind, options = info
    value = inputs[name]
    about: dict[str, Any] = {"input_name": name, "input_config": info}
    try:
        if isinstance(value, dict) and "__value__" in value:
            value = inputs[name] = value["__value__"]
        convert = {"INT": int, "FLOAT": float, "STRING": str, "BOOLEAN": bool}.get(str(kind))
        if convert is not None:
            value = inputs[name] = convert(value)
    except Exception as error:  # whatever Python makes of the conversion
        return _error(
            "invalid_input_type",
            f"Failed to convert an input value to a {kind} value",
            f"{name}, {value}, {error}",
            {**about, "received_value": value, "exception_message": str(error)},
        )
    if not checked:
        return None
    about["received_value"] = value
    if "min" in options and value < options["min"]:
        return _error("value_smaller_than_min", f"Value {value} smaller than min of {options['min']}", name, about)
    if "max" in options and value > options["max"]:
        return _error("value_bigger_than_max", f"Value {value} bigger than max of {options['max']}", name, about)
    among = options.get("options", []) if kind == "COMBO" else kind
    if isinstance(among, str) or value in among:
        return None
    told = f"(list of length {len(among)})" if len(among) > OPTIONS_TOLD else str(among)
    about["input_config"] = None if len(among) > OPTIONS_TOLD else info
    return _error("value_not_in_list", "Value not in list", f"{name}: '{value}' not in {told}", about)
