"""What one ComfyUI server has, read from /object_info class by class, so that a job is refused before it is queued."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from app.errors import InvalidInput, StudioError
from app.generation.comfyui.workflow import Graph
from app.generation.faults import BackendFailed

MOST_NAMES = 10
LONGEST_NAME = 80

NodeInfo = Mapping[str, Any]

# The inputs that name a file of each kind.
CHECKPOINTS = ("CheckpointLoaderSimple", "ckpt_name")
DIFFUSION_MODELS = ("UNETLoader", "unet_name")
TEXT_ENCODERS = ("DualCLIPLoader", "clip_name1")
VAES = ("VAELoader", "vae_name")
LORAS = ("LoraLoader", "lora_name")

# How a choice is called, and the field of a request that makes it; None: a setting or the studio does.
_CHOICES: dict[str, tuple[str, str | None]] = {
    "ckpt_name": ("checkpoint", "checkpoint"),
    "unet_name": ("diffusion model", "checkpoint"),
    "lora_name": ("LoRA", "loras"),
    "sampler_name": ("sampler", "scheduler"),
    "scheduler": ("scheduler", "scheduler"),
    "clip_name1": ("text encoder", None),
    "clip_name2": ("text encoder", None),
    "vae_name": ("VAE", None),
}


class Catalogue:
    """One server's node classes and files, as last read; `forget` has them read anew.

    read: the entry of one class in /object_info, None for a class that is not there. Class by class, because
    the whole is megabytes.
    """

    def __init__(self, read: Callable[[str], NodeInfo | None]) -> None:
        self._read = read
        self._known: dict[str, NodeInfo | None] = {}

    def forget(self) -> None:
        self._known.clear()

    def node(self, class_type: str) -> NodeInfo | None:
        if class_type not in self._known:
            self._known[class_type] = self._read(class_type)
        return self._known[class_type]

    def names(self, kind: tuple[str, str]) -> tuple[str, ...]:
        """The files of one kind, as the server names them."""
        class_type, name = kind
        info = self.node(class_type)
        return (choices_of(info, name) or ()) if info is not None else ()

    def file(self, kind: tuple[str, str], wanted: str, *, field: str | None) -> str:
        """The file of this kind with that name, extension and folder left out or not.

        field: of the request that names it; None for a setting. Raises InvalidInput for the former,
        BackendFailed for the latter, telling what there is.
        """
        found = matching(self.names(kind), wanted)
        if len(found) == 1:
            return found[0]
        if not found:
            raise missing(kind[1], wanted, self.names(kind), field=field)
        called, _ = _CHOICES[kind[1]]
        raise _fault(f"{called} {_short(wanted)} is there more than once: {_listed(found)}; name its folder too", field)

    def chosen(self, kind: tuple[str, str], asked: str | None, *, setting: str | None) -> str:
        """The file that a request asks for, else the one of the settings, else the first. Raises as `file` does."""
        if asked is not None:
            return self.file(kind, asked, field=_CHOICES[kind[1]][1])
        if setting is not None:
            return self.file(kind, setting, field=None)
        names = self.names(kind)
        if not names:
            raise BackendFailed(f"this backend has no {_CHOICES[kind[1]][0]}")
        return names[0]

    def encoders(self, settings: Sequence[str]) -> tuple[str, str]:
        """CLIP-L and T5: those of the settings, else those whose names say so. Raises BackendFailed."""
        if len(settings) == 2:
            first, second = (self.file(TEXT_ENCODERS, name, field=None) for name in settings)
            return first, second
        names = self.names(TEXT_ENCODERS)
        clip_l = next((name for name in names if "clip_l" in name.lower()), None)
        t5 = next((name for name in names if "t5" in name.lower()), None)
        if settings or clip_l is None or t5 is None:
            raise BackendFailed(f"COMFYUI_CLIP must name two text encoders; this backend has {_listed(names)}")
        return clip_l, t5

    def check(self, graph: Graph) -> None:
        """Raises as `file` does unless every class is there, and every choice is one that the server offers."""
        for node in graph.values():
            class_type = str(node["class_type"])
            info = self.node(class_type)
            if info is None:
                raise BackendFailed(f"node {class_type} is not on this backend; a newer ComfyUI may have it")
            for name, value in node["inputs"].items():
                choices = choices_of(info, name) if isinstance(value, str) else None
                if choices is not None and value not in choices:
                    raise missing(name, value, choices, field=_CHOICES.get(name, (name, None))[1])


def choices_of(info: NodeInfo, name: str) -> tuple[str, ...] | None:
    """What may be chosen for one input; None for an input that is no choice, or an upload.

    Two spellings: `[["a", "b"], {…}]`, and `["COMBO", {"options": ["a", "b"]}]` of newer classes.
    """
    inputs = info.get("input") or {}
    spec = (inputs.get("required") or {}).get(name) or (inputs.get("optional") or {}).get(name)
    if not isinstance(spec, Sequence) or isinstance(spec, str) or not spec:
        return None
    options = spec[1] if len(spec) > 1 and isinstance(spec[1], Mapping) else {}
    if options.get("image_upload"):
        return None  # the list of files was read before ours was uploaded
    listed = options.get("options") if spec[0] == "COMBO" else spec[0]
    return tuple(str(choice) for choice in listed) if isinstance(listed, list) else None


def matching(names: Sequence[str], wanted: str) -> tuple[str, ...]:
    """The names that `wanted` may mean: exactly that; else without extension; else without folder as well."""
    if wanted in names:
        return (wanted,)
    stem = _without_extension(wanted)
    whole = tuple(name for name in names if _without_extension(name) == stem)
    return whole or tuple(name for name in names if _without_extension(name).rpartition("/")[2] == stem)


def missing(name: str, wanted: str, there: Sequence[str], *, field: str | None) -> StudioError:
    """That something is not on this backend, and what is: InvalidInput when a request chose it, else BackendFailed."""
    called, _ = _CHOICES.get(name, (name, None))
    return _fault(f"{called} {_short(wanted)} is not on this backend; it has {_listed(there)}", field)


def _fault(message: str, field: str | None) -> StudioError:
    return BackendFailed(message) if field is None else InvalidInput(message, field=field)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(names[:MOST_NAMES])
    more = len(names) - MOST_NAMES
    return f"{shown} and {more} more" if more > 0 else shown or "none"


def _short(name: str) -> str:
    return name if len(name) <= LONGEST_NAME else f"{name[:LONGEST_NAME]}…"


def _slashed(name: str) -> str:
    return name.replace("\\", "/")  # a server on Windows names its folders so


def _without_extension(name: str) -> str:
    path = PurePosixPath(_slashed(name))
    known = path.suffix.lower() in {".safetensors", ".ckpt", ".pt", ".pth", ".bin", ".sft", ".gguf"}
    return str(path.with_suffix("")) if known else str(path)
