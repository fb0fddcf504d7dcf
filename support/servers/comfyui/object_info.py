"""GET /object_info: every node class as clients read it, in the shape of its generation."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.routing import Route

from support.servers.comfyui.files import Folders
from support.servers.comfyui.nodes.registry import InputInfo, NodeClass
from support.servers.comfyui.replies import told


def routes(nodes: Mapping[str, NodeClass], folders: Folders) -> list[Route]:
    """The two routes, to be mounted under / and /api."""

    async def every_class(request: Request) -> Any:
        return told(object_info(nodes, folders))

    async def one_class(request: Request) -> Any:
        name = request.path_params["name"]
        return told(object_info({name: nodes[name]} if name in nodes else {}, folders))

    return [Route("/object_info", every_class), Route("/object_info/{name}", one_class)]


def object_info(nodes: Mapping[str, NodeClass], folders: Folders) -> dict[str, Any]:
    """All classes by name, the options of lists as they are now."""
    return {name: _modern(one, folders) if one.modern else _legacy(one, folders) for name, one in nodes.items()}


def _legacy(one: NodeClass, folders: Folders) -> dict[str, Any]:
    inputs: dict[str, dict[str, Any]] = {
        category: {name: _short(info) for name, info in declared.items()}
        for category, declared in _inputs(one, folders)
    }
    if one.hidden:
        inputs["hidden"] = dict(one.hidden)
    told_of = {
        "input": inputs,
        "input_order": {category: list(declared) for category, declared in inputs.items()},
        "output": list(one.outputs),
        "output_is_list": [False] * len(one.outputs),
        "output_name": list(one.output_names),
        "name": one.name,
        "display_name": one.display_name or one.name,
        "description": "",
        "python_module": one.module,
        "category": one.category,
        "output_node": one.output_node,
    }
    marks = {"deprecated": one.deprecated, "experimental": one.experimental}
    return told_of | {mark: True for mark, is_so in marks.items() if is_so}


def _modern(one: NodeClass, folders: Folders) -> dict[str, Any]:
    inputs: dict[str, dict[str, Any]] = {category: dict(declared) for category, declared in _inputs(one, folders)}
    if one.hidden:
        inputs["hidden"] = {name: [kind] for name, kind in one.hidden.items()}
    return {
        "input": inputs,
        "input_order": {category: list(declared) for category, declared in inputs.items()},
        "output": list(one.outputs),
        "output_is_list": [False] * len(one.outputs),
        "output_name": list(one.output_names),
        "output_tooltips": [None] * len(one.outputs),
        **({"output_matchtypes": None} if one.tells_match_types else {}),
        "name": one.name,
        "display_name": one.display_name,
        "description": "",
        "python_module": one.module,
        "category": one.category,
        "output_node": one.output_node,
        "deprecated": one.deprecated,
        "experimental": one.experimental,
        "api_node": False,
    }


def _inputs(one: NodeClass, folders: Folders) -> list[tuple[str, dict[str, InputInfo]]]:
    """Required ones always, optional ones where there are any."""
    return [
        (category, told_of) for category, told_of in one.inputs(folders).items() if told_of or category == "required"
    ]


def _short(info: InputInfo) -> list[Any]:
    """An input without options is written as its type alone, unless it takes anything."""
    kind, options = info
    return [kind, options] if options or kind == "*" else [kind]
