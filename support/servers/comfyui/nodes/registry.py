"""What a node class is, and how one node is run.

The double's own data: an IMAGE is a list of Pillow images (RGB or RGBA) of one size, its batch; a MASK a list
of images of mode F from 0 to 1; LATENT, MODEL, CLIP, VAE and CONDITIONING are the dataclasses of `material`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from support.servers.comfyui.files import Folders

MAX_RESOLUTION = 16384

Images = list[Image.Image]
# An input's type and options, as GET /object_info shows them: ("INT", {"default": 8}), (["euler", "heun"], {}).
InputInfo = tuple[str | list[str], dict[str, Any]]


class Interrupted(Exception):
    """The prompt was interrupted; raised by `Context.progress` and let through by every node."""

    __module__, __qualname__ = "comfy.model_management", "InterruptProcessingException"


class OutOfMemoryError(RuntimeError):
    """What torch raises when the card has no room; the engine shows type and message as torch's."""

    __module__, __qualname__ = "torch", "OutOfMemoryError"


@dataclass
class Context:
    """What a node may know of the prompt that it runs in.

    progress: told each inference step, and raises Interrupted. prompt: the whole graph, extra_data: as it
    was submitted; both end in PNG text. memory_pixels: how many are left to the prompt's pictures, None for as
    many as one likes; a sampler takes its own. send_image: a frame to the client, for SaveImageWebsocket.
    wants_previews: whether progress should come with pictures.
    """

    folders: Folders
    prompt: dict[str, Any] = field(default_factory=dict)
    extra_data: dict[str, Any] = field(default_factory=dict)
    progress: Callable[[int, int, Image.Image | None], None] = lambda step, of, preview: None
    send_image: Callable[[Image.Image], None] = lambda image: None
    memory_pixels: int | None = None
    wants_previews: bool = False
    node_id: str = ""


@dataclass(frozen=True)
class NodeResult:
    """outputs: one value a slot; ui: what `executed` and the history tell, such as {"images": [...]}."""

    outputs: tuple[Any, ...] = ()
    ui: dict[str, Any] | None = None


@dataclass(frozen=True)
class Input:
    """One input. among: the options of a list, which may be files that come and go; hidden ones are plain strings."""

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)
    among: Callable[[Folders], list[str]] | None = None

    def info(self, folders: Folders, *, modern: bool) -> InputInfo:
        if self.among is None:
            return self.kind, dict(self.options)
        if modern:
            return "COMBO", {**self.options, "multiselect": False, "options": self.among(folders)}
        return self.among(folders), dict(self.options)


@dataclass(frozen=True)
class NodeClass:
    """A node class. function: called with the context and the inputs by name; gives outputs, or a NodeResult.

    validate: ComfyUI's VALIDATE_INPUTS: called with the folders and the inputs named in `validates`; True or
    what is wrong. fingerprint: its IS_CHANGED: what beside the inputs decides whether it runs again.
    modern: declared in ComfyUI's V3 way, which /object_info writes down differently. tells_match_types: whether it
    does so with output_matchtypes, as versions after 0.3.64 do.
    """

    name: str
    function: Callable[..., Any]
    required: Mapping[str, Input]
    optional: Mapping[str, Input]
    hidden: Mapping[str, str]
    outputs: tuple[str, ...]
    output_node: bool
    category: str
    module: str
    display_name: str | None
    output_names: tuple[str, ...]
    modern: bool
    validates: tuple[str, ...]
    validate: Callable[..., bool | str] | None
    fingerprint: Callable[..., str] | None
    experimental: bool
    deprecated: bool
    tells_match_types: bool = True

    def inputs(self, folders: Folders) -> dict[str, dict[str, InputInfo]]:
        """{"required": {name: info}, "optional": {…}}, the options of lists as they are now."""
        return {
            "required": {name: one.info(folders, modern=self.modern) for name, one in self.required.items()},
            "optional": {name: one.info(folders, modern=self.modern) for name, one in self.optional.items()},
        }


NODES: dict[str, NodeClass] = {}


def node(
    name: str,
    *,
    category: str,
    outputs: tuple[str, ...] = (),
    required: Mapping[str, Input] | None = None,
    optional: Mapping[str, Input] | None = None,
    hidden: Mapping[str, str] | None = None,
    output_node: bool = False,
    module: str = "nodes",
    display_name: str | None = None,
    output_names: tuple[str, ...] | None = None,
    validates: tuple[str, ...] = (),
    validate: Callable[..., bool | str] | None = None,
    fingerprint: Callable[..., str] | None = None,
    experimental: bool = False,
    deprecated: bool = False,
    modern: bool | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Enter a function among NODES. module: the Python module of the real node; those in comfy_extras are modern."""

    def enter(function: Callable[..., Any]) -> Callable[..., Any]:
        NODES[name] = NodeClass(
            name=name,
            function=function,
            required=required or {},
            optional=optional or {},
            hidden=hidden or {},
            outputs=outputs,
            output_node=output_node,
            category=category,
            module=module,
            display_name=display_name,
            output_names=outputs if output_names is None else output_names,
            modern=module.startswith("comfy_extras.") if modern is None else modern,
            validates=validates,
            validate=validate,
            fingerprint=fingerprint,
            experimental=experimental,
            deprecated=deprecated,
        )
        return function

    return enter


def run(node_class: NodeClass, inputs: dict[str, Any], context: Context) -> NodeResult:
    """One node, its links resolved to values. Inputs that the class does not know are left out.

    Raises what the node raises: Interrupted, OutOfMemoryError, OSError for a full disk, …
    """
    known = {name: value for name, value in inputs.items() if name in {**node_class.required, **node_class.optional}}
    made = node_class.function(context, **known)
    return made if isinstance(made, NodeResult) else NodeResult(outputs=tuple(made))


def fingerprint(node_class: NodeClass, inputs: dict[str, Any], folders: Folders) -> str | None:
    """What beside class and inputs decides whether the node runs again; None for nothing. Links are None.

    A file that cannot be read counts as changed each time, as the real server has it (NaN).
    """
    if node_class.fingerprint is None:
        return None
    return node_class.fingerprint(folders, **{name: inputs.get(name) for name in node_class.required})


def type_name(error: BaseException) -> str:
    """An error's type as `execution_error` shows it: with its module, unless that is builtins."""
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def whole(default: int, least: int, most: int, **more: Any) -> Input:
    return Input("INT", {"default": default, "min": least, "max": most, **more})


def real(default: float, least: float, most: float, **more: Any) -> Input:
    return Input("FLOAT", {"default": default, "min": least, "max": most, **more})


def choice(*options: str, **more: Any) -> Input:
    return Input("COMBO", more, among=lambda folders: list(options))


def model_file(folder: str, **more: Any) -> Input:
    """One of the model files that the double has in `folder` now."""
    return Input("COMBO", more, among=lambda folders: list(folders.models.get(folder, [])))
