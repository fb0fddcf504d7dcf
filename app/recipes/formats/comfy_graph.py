"""ComfyUI's graph, whichever form it came in: nodes with inputs, an input a value or a link to another node's output.

What people wire up has no end: everything is walked without recursion into the graph's depth, each node once, and
texts that double with every node they pass stop growing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.recipes.formats import values

MOST_NODES = 5_000
LONGEST_TEXT = 200_000

_DEEPEST = 60
_PART = re.compile(r"(?:string|text|str|prompt|input)[_ ]?(?:[0-9]{1,2}|[a-z])", re.IGNORECASE | re.ASCII)
_TEXT_INPUTS = (
    "populated_text", "value", "text", "string", "prompt", "wildcard_text", "text_positive", "positive_prompt",
    "positive", "STRING",
)  # fmt: skip
# Nodes that lend both prompts their style hand them out one after the other.
_SECOND_TEXTS = ("text_negative", "negative_prompt", "negative")
_NUMBER_INPUTS = ("value", "seed", "int", "float", "number", "Value", "Number", "INT", "FLOAT")
_NO_TEXTS = ("model", "clip", "vae", "image", "images", "mask", "latent")


@dataclass(frozen=True)
class Link:
    """The output `slot` of a node."""

    node: str
    slot: int


@dataclass(frozen=True)
class Node:
    """kind: ComfyUI's class_type. inputs: a Link or a value each, in the order in which they are written."""

    name: str
    kind: str
    inputs: Mapping[str, Any]

    def links(self, *skipped: str) -> list[Link]:
        return [value for name, value in self.inputs.items() if isinstance(value, Link) and name not in skipped]

    def link(self, *names: str) -> Link | None:
        """The first of these inputs that is linked."""
        return next((found for name in names if isinstance(found := self.inputs.get(name), Link)), None)


@dataclass(frozen=True)
class Graph:
    """All nodes by name."""

    nodes: Mapping[str, Node]
    _texts: dict[Link, str | None] = field(default_factory=dict)

    def node(self, link: Link | None) -> Node | None:
        return self.nodes.get(link.node) if link else None

    def upstream(self, ends: Iterable[str]) -> list[Node]:
        """Every node that `ends` depend on, and they themselves; each after those that it depends on."""
        ordered: list[Node] = []
        seen: set[str] = set()
        waiting = [(name, False) for name in reversed(list(ends))]
        while waiting:
            name, done = waiting.pop()
            node = self.nodes.get(name)
            if node is None or (name in seen and not done):
                continue
            if done:
                ordered.append(node)
                continue
            seen.add(name)
            waiting.append((name, True))
            waiting += [(link.node, False) for link in reversed(node.links())]
        return ordered

    def through(self, start: Node, *names: str) -> Iterator[Node]:
        """`start`, then what its inputs of these names lead to, and theirs; the nearest first, each once."""
        waiting, seen = [start], {start.name}
        while waiting:
            node = waiting.pop(0)
            yield node
            for name in names:
                found = self.node(node.link(name))
                if found is not None and found.name not in seen:
                    seen.add(found.name)
                    waiting.append(found)

    def number(self, value: Any, *names: str) -> Any:
        """The number at `value`; behind a link that of the node's input of one of these names, or its only one."""
        for _ in range(_DEEPEST):
            if not isinstance(value, Link):
                return value
            node = self.node(value)
            if node is None:
                return None
            wanted = [*names, *_NUMBER_INPUTS]
            linked = [link for link in node.links() if len(node.inputs) == 1]
            value = next((node.inputs[name] for name in wanted if name in node.inputs), linked[0] if linked else None)
        return None

    def text(self, value: Any, depth: int = 0) -> str | None:
        """The text at `value`, or behind it, put together by the nodes on the way."""
        if not isinstance(value, Link):
            return value if isinstance(value, str) else None
        node = self.node(value)
        if node is None or depth > _DEEPEST:
            return None
        if value not in self._texts:
            self._texts[value] = None  # a circle ends here
            self._texts[value] = self._text_of(node, value.slot, depth + 1)
        return self._texts[value]

    def _text_of(self, node: Node, slot: int, depth: int) -> str | None:
        if slot == 1 and any(name in node.inputs for name in _SECOND_TEXTS):
            return next((self.text(node.inputs[name], depth) for name in _SECOND_TEXTS if name in node.inputs), None)
        parts = [value for name, value in node.inputs.items() if _PART.fullmatch(name)]
        if len(parts) > 1 and any(word in node.kind.lower() for word in ("concat", "join", "combine", "append")):
            between = next((v for n, v in node.inputs.items() if n in ("delimiter", "separator")), "")
            texts = [found for part in parts if (found := self.text(part, depth))]
            joined = (between if isinstance(between, str) else "").join(texts)
            return joined[:LONGEST_TEXT]
        for name in _TEXT_INPUTS:
            found = self.text(node.inputs.get(name), depth)
            if found:
                return found
        for name, value in node.inputs.items():
            found = self.text(value, depth) if name not in _NO_TEXTS and isinstance(value, Link) else None
            if found:
                return found
        # Boxes of other packs call it what they like (Text, input_text, a widget without a name): the longest is it.
        plain = [value for value in node.inputs.values() if isinstance(value, str)]
        return max(plain, key=len, default=None)


def from_api(said: Mapping[str, Any]) -> Graph:
    """The graph of the API's form: {name: {"class_type": …, "inputs": {name: value or [node, output]}}}."""
    found = {
        name: node for name, node in said.items() if isinstance(node, dict) and isinstance(node.get("class_type"), str)
    }
    nodes = {}
    for name, node in list(found.items())[:MOST_NODES]:
        inputs = {key: _input(value, found) for key, value in values.mapping(node.get("inputs")).items()}
        nodes[name] = Node(name, node["class_type"], inputs)
    return Graph(nodes)


def _input(value: Any, nodes: Mapping[str, Any]) -> Any:
    if isinstance(value, list) and len(value) == 2 and isinstance(value[1], int) and isinstance(value[0], (str, int)):
        return Link(str(value[0]), value[1]) if str(value[0]) in nodes else value
    if isinstance(value, dict) and "__value__" in value:
        return value["__value__"]
    return value
