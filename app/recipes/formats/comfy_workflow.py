"""ComfyUI's other form, the editor's workflow, made into the graph that it would have run.

    {"nodes": [{"id", "type", "mode", "inputs": [{"name", "type", "link", "widget": {"name"}}], "outputs":
     [{"type"}], "widgets_values": […]}], "links": [[id, from node, output, to node, input, type]],
     "definitions": {"subgraphs": [{"id", "nodes", "links": [{…}], "inputs", "outputs"}]}}

A node whose type is a subgraph's id stands for all of that; inside, node -10 is its inputs, -20 its outputs. mode 2:
never runs; 4: bypassed, each output is the input of the same type. Reroutes, primitives and set/get pairs exist in the
editor alone. Source: the ComfyUI editor's saved workflows, versions 0.4 and 1.0.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.recipes.formats import values
from app.recipes.formats.comfy_graph import MOST_NODES, Graph, Link, Node
from app.recipes.formats.comfy_widgets import widgets_of

_NEVER, _BYPASSED = 2, 4
# These exist in the editor alone; links are followed through them.
_EDITORS = ("Reroute", "PrimitiveNode", "SetNode", "GetNode", "Note", "MarkdownNote")
_INPUTS, _OUTPUTS = -10, -20
_DEEPEST = 12


class _Unset:
    """An input of a subgraph that its user left as it was: the widget inside counts."""


_UNSET = _Unset()


@dataclass
class _Level:
    """One graph: the workflow, or one use of a subgraph.

    links: {id: (node, output)}. chosen: {(node, widget): value}, what the node that stands for this subgraph sets
    inside it; node "-1" is the subgraph's own input of that name.
    """

    prefix: str
    nodes: dict[Any, dict[str, Any]]
    links: dict[Any, tuple[Any, int]]
    outputs: dict[int, Any]
    definition: Mapping[str, Any]
    above: _Level | None = None
    stands_for: dict[str, Any] = field(default_factory=dict)
    chosen: dict[tuple[str, str], Any] = field(default_factory=dict)
    below: dict[Any, _Level] = field(default_factory=dict)
    setters: dict[str, Any] = field(default_factory=dict)
    known: dict[Any, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Way:
    """Where a link leads on to."""

    level: _Level
    link: Any


def from_workflow(said: Mapping[str, Any]) -> Graph:
    """The graph that the workflow would have run; nodes that never run are left out."""
    definitions = {
        str(each["id"]): each
        for each in map(values.mapping, values.listed(values.mapping(said.get("definitions")).get("subgraphs")))
        if "id" in each
    }
    nodes: dict[str, Node] = {}
    for level, raw in _all_nodes(said, definitions):
        name = _name(level, raw)
        nodes[name] = Node(name, str(raw.get("type")), _inputs(level, raw))
    return Graph(nodes)


def _all_nodes(said: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[tuple[_Level, dict[str, Any]]]:
    """Every node that runs, with the level it is on; the levels are complete before the first is given out."""
    found: list[tuple[_Level, dict[str, Any]]] = []
    waiting = [(_level("", said, None, {}), 0)]
    while waiting and len(found) < MOST_NODES:
        level, depth = waiting.pop()
        for identity, raw in level.nodes.items():
            if raw.get("mode") in (_NEVER, _BYPASSED) or str(raw.get("type")).startswith(_EDITORS):
                continue
            definition = definitions.get(str(raw.get("type")))
            if definition is None:
                found.append((level, raw))
            elif depth < _DEEPEST and len(found) + len(waiting) < MOST_NODES:
                level.below[identity] = _level(f"{_name(level, raw)}:", definition, level, raw)
                waiting.append((level.below[identity], depth + 1))
    return iter(found[:MOST_NODES])


def _level(prefix: str, graph: Mapping[str, Any], above: _Level | None, stands_for: dict[str, Any]) -> _Level:
    links: dict[Any, tuple[Any, int]] = {}
    outputs: dict[int, Any] = {}
    for raw in values.listed(graph.get("links")):
        if isinstance(raw, dict):
            row = [raw.get(key) for key in ("id", "origin_id", "origin_slot", "target_id", "target_slot")]
        else:
            row = [*raw[:5]] if isinstance(raw, list) else []
        if len(row) < 5 or not all(isinstance(part, (int, str)) for part in row):
            continue
        links[row[0]] = (row[1], row[2] if isinstance(row[2], int) else 0)
        if row[3] == _OUTPUTS and isinstance(row[4], int):
            outputs[row[4]] = row[0]
    nodes = {
        node["id"]: node
        for node in map(values.mapping, values.listed(graph.get("nodes")))
        if isinstance(node.get("id"), (int, str))
    }
    made = _Level(prefix, nodes, links, outputs, graph, above, stands_for, _chosen(stands_for))
    setting = [node for node in nodes.values() if node.get("type") == "SetNode"]
    made.setters = {_first_widget(node): next((put.get("link") for put in _puts(node)), None) for node in setting}
    return made


def _chosen(stands_for: Mapping[str, Any]) -> dict[tuple[str, str], Any]:
    """Newer workflows list in proxyWidgets which widget inside each of the node's own values belongs to."""
    proxies = values.listed(values.mapping(stands_for.get("properties")).get("proxyWidgets"))
    listed = values.listed(stands_for.get("widgets_values"))
    if len(proxies) != len(listed):
        return {}
    pairs = zip(proxies, listed, strict=True)
    return {(str(p[0]), str(p[1])): v for p, v in pairs if isinstance(p, list) and len(p) >= 2 and v is not None}


def _name(level: _Level, raw: Mapping[str, Any]) -> str:
    return f"{level.prefix}{raw['id']}"


def _inputs(level: _Level, raw: Mapping[str, Any]) -> dict[str, Any]:
    """Widgets by their names, then what is linked, which counts more."""
    inputs = widgets_of(raw)
    inputs |= {widget: value for (node, widget), value in level.chosen.items() if node == str(raw["id"])}
    for put in map(values.mapping, values.listed(raw.get("inputs"))):
        if isinstance(put.get("name"), str) and put.get("link") is not None:
            found = _behind(level, put["link"])
            if not isinstance(found, _Unset):
                inputs[put["name"]] = found
    return inputs


def _behind(level: _Level, link: Any) -> Any:
    """What a link leads to: a Link to a node that runs, a primitive's value, None, or _UNSET."""
    way: list[tuple[_Level, Any]] = []
    found: Any = _Way(level, link)
    while isinstance(found, _Way):
        level, link = found.level, found.link
        if not isinstance(link, (int, str)):
            found = None
        elif link in level.known:
            found = level.known[link]
        else:
            level.known[link] = None  # a circle ends here
            way.append((level, link))
            found = _next(level, link)
    for passed, each in way:
        passed.known[each] = found
    return found


def _next(level: _Level, link: Any) -> Any:
    """One step along a link: what `_behind` gives, or the _Way on."""
    identity, slot = level.links.get(link, (None, 0))
    if identity == _INPUTS and level.above is not None:
        put = _put(level, slot)
        linked = put is not None and put.get("link") is not None
        return _Way(level.above, put["link"]) if put and linked else _own_value(level, slot, put)
    raw = level.nodes.get(identity)
    if raw is None or raw.get("mode") == _NEVER:
        return None
    if raw.get("mode") == _BYPASSED:
        return _Way(level, _past(raw, slot))
    if identity in level.below:
        return _Way(level.below[identity], level.below[identity].outputs.get(slot))
    return _editors(level, raw) if str(raw.get("type")).startswith(_EDITORS) else Link(_name(level, raw), slot)


def _editors(level: _Level, raw: Mapping[str, Any]) -> Any:
    """What a node leads to that exists in the editor alone."""
    if raw.get("type") == "PrimitiveNode":
        return next(iter(values.listed(raw.get("widgets_values"))), None)
    if raw.get("type") == "GetNode":
        return _Way(level, level.setters.get(_first_widget(raw)))
    return _Way(level, next((put.get("link") for put in _puts(raw)), None))


def _puts(raw: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [values.mapping(put) for put in values.listed(raw.get("inputs"))]


def _input_name(level: _Level, slot: int) -> str | None:
    own = values.listed(level.definition.get("inputs"))
    return values.line(values.mapping(own[slot]).get("name")) if 0 <= slot < len(own) else None


def _put(level: _Level, slot: int) -> dict[str, Any] | None:
    """The input of the node that stands for this subgraph, by the name of the subgraph's own."""
    puts = _puts(level.stands_for)
    named = next((put for put in puts if put.get("name") == _input_name(level, slot)), None)
    return named if named is not None else puts[slot] if 0 <= slot < len(puts) else None


def _own_value(level: _Level, slot: int, put: Mapping[str, Any] | None) -> Any:
    """The value that the node which stands for this subgraph has for an input; older ones have one for each widget."""
    chosen = level.chosen.get(("-1", _input_name(level, slot) or ""))
    widgets = [each for each in _puts(level.stands_for) if values.mapping(each.get("widget"))]
    listed = values.listed(level.stands_for.get("widgets_values"))
    if chosen is None and put in widgets and len(listed) == len(widgets):
        chosen = listed[widgets.index(dict(put or {}))]
    return _UNSET if chosen is None else chosen


def _past(raw: Mapping[str, Any], slot: int) -> Any:
    """The link of the input that a bypassed node's output stands for: the same type, the same place if it can be."""
    outputs, puts = values.listed(raw.get("outputs")), _puts(raw)
    kind = values.mapping(outputs[slot]).get("type") if 0 <= slot < len(outputs) else None
    fitting = [put for put in puts if put.get("type") == kind and put.get("link") is not None]
    same_place = [put for put in fitting if 0 <= slot < len(puts) and put is puts[slot]]
    return next((put.get("link") for put in [*same_place, *fitting]), None)


def _first_widget(raw: Mapping[str, Any]) -> str:
    return str(next(iter(values.listed(raw.get("widgets_values"))), ""))
