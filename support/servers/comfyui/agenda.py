"""Which nodes of a graph must run, and in which order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from support.servers.comfyui.cache import Graph, parents
from support.servers.comfyui.nodes.registry import NodeClass


class Agenda:
    """The outputs and those of their ancestors that are not cached; a node is due once its ancestors are done."""

    def __init__(
        self,
        graph: Graph,
        outputs: Iterable[str],
        nodes: Mapping[str, NodeClass],
        is_cached: Callable[[str], bool],
    ) -> None:
        self._graph = graph
        self._nodes = nodes
        self._waits_for: dict[str, dict[str, None]] = {}
        self._feeds: dict[str, list[str]] = {}
        todo = list(outputs)[::-1]
        while todo:
            node_id = todo.pop()
            if node_id in self._waits_for:
                continue
            needed = dict.fromkeys(parent for parent in parents(graph, node_id) if not is_cached(parent))
            self._waits_for[node_id] = needed
            for parent in needed:
                self._feeds.setdefault(parent, []).append(node_id)
            todo += needed

    @property
    def left(self) -> list[str]:
        return list(self._waits_for)

    def class_of(self, node_id: str) -> NodeClass:
        return self._nodes[self._graph[node_id]["class_type"]]

    def next(self) -> str | None:
        """A node that is due, one that brings a picture soonest; None when all are done."""
        due = [node_id for node_id, needed in self._waits_for.items() if not needed]
        return min(due, key=self._away_from_output, default=None)

    def done(self, node_id: str) -> None:
        del self._waits_for[node_id]
        for fed in self._feeds.get(node_id, []):
            self._waits_for[fed].pop(node_id, None)

    def _away_from_output(self, node_id: str) -> int:
        """0 for an output, 1 for what feeds one, 2 for what feeds that; 3 for anything further."""
        ring = [node_id]
        for distance in range(3):
            if any(self.class_of(one).output_node for one in ring):
                return distance
            ring = [fed for one in ring for fed in self._feeds.get(one, []) if fed in self._waits_for]
        return 3
