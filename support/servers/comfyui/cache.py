"""The cache of nodes: what a node gave, kept as long as its class, its inputs and its ancestors stay the same."""

from __future__ import annotations

import hashlib
import json
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from support.servers.comfyui.files import Folders
from support.servers.comfyui.nodes.registry import NodeClass, fingerprint

Graph = dict[str, Any]


@dataclass(frozen=True)
class Kept:
    """What a node gave. ui: what `executed` tells, None for a node that tells nothing."""

    outputs: tuple[Any, ...]
    ui: dict[str, Any] | None


def is_link(value: object) -> bool:
    """Whether an input's value is [node id, slot]."""
    return isinstance(value, list) and len(value) == 2 and isinstance(value[0], str) and type(value[1]) in (int, float)


def inputs_of(graph: Graph, node_id: str) -> dict[str, Any]:
    inputs = graph[node_id].get("inputs") if isinstance(graph[node_id], dict) else None
    return inputs if isinstance(inputs, dict) else {}


def parents(graph: Graph, node_id: str) -> list[str]:
    """The nodes that a node takes its inputs from, in the order of its inputs; a link to nowhere is none."""
    return [value[0] for value in inputs_of(graph, node_id).values() if is_link(value) and value[0] in graph]


class Cache:
    """Only what the newest prompt can use is kept, as in the real server's classic cache."""

    def __init__(self, nodes: Mapping[str, NodeClass], folders: Folders) -> None:
        self._nodes = nodes
        self._folders = folders
        self._kept: dict[str, Kept] = {}
        self._signatures: dict[str, str] = {}

    def begin(self, graph: Graph) -> None:
        """A prompt begins: sign its nodes, and drop what none of them can use."""
        self._signatures = {}
        for node_id in _ancestors_first(graph, graph):
            self._signatures[node_id] = self._sign(graph, node_id)
        used = set(self._signatures.values())
        self._kept = {signature: kept for signature, kept in self._kept.items() if signature in used}

    def get(self, node_id: str) -> Kept | None:
        return self._kept.get(self._signatures.get(node_id, ""))

    def keep(self, node_id: str, kept: Kept) -> None:
        self._kept[self._signatures[node_id]] = kept

    def forget(self) -> None:
        self._kept.clear()

    def _sign(self, graph: Graph, node_id: str) -> str:
        inputs = inputs_of(graph, node_id)
        name = graph[node_id].get("class_type")
        node_class = self._nodes.get(name)
        unique = node_class is not None and "UNIQUE_ID" in node_class.hidden.values()
        signed = {key: self._sign_value(value) for key, value in sorted(inputs.items())}
        member = [name, node_id if unique else None, self._changed(node_class, inputs), signed]
        return hashlib.blake2b(json.dumps(member).encode(), digest_size=20).hexdigest()

    def _sign_value(self, value: Any) -> Any:
        if is_link(value):
            # A link to nowhere, or back into a circle, is never the same twice.
            return {"link": self._signatures.get(value[0]) or uuid.uuid4().hex, "slot": value[1]}
        return {"value": value}

    def _changed(self, node_class: NodeClass | None, inputs: dict[str, Any]) -> str | None:
        if node_class is None:
            return None
        constants = {name: None if is_link(value) else value for name, value in inputs.items()}
        try:
            return fingerprint(node_class, constants, self._folders)
        except Exception:  # the real server calls whatever cannot be read changed
            return uuid.uuid4().hex


def _ancestors_first(graph: Graph, wanted: Iterable[str]) -> list[str]:
    """The wanted nodes and their ancestors, each after its own ancestors; circles are cut somewhere."""
    order: list[str] = []
    seen: set[str] = set()
    # Two visits a node: the first puts its ancestors before it. Chains may be longer than Python's recursion.
    stack = [(node_id, False) for node_id in reversed(list(wanted))]
    while stack:
        node_id, is_ready = stack.pop()
        if is_ready:
            order.append(node_id)
        elif node_id in graph and node_id not in seen:
            seen.add(node_id)
            stack.append((node_id, True))
            stack += [(parent, False) for parent in parents(graph, node_id)]
    return order
