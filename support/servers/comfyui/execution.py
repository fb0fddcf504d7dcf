"""One prompt run from its first node to its last, each event told as it happens."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from support.servers.comfyui.agenda import Agenda
from support.servers.comfyui.cache import Cache, Kept, inputs_of, is_link
from support.servers.comfyui.files import Folders
from support.servers.comfyui.interruption import Gone, Interruption
from support.servers.comfyui.nodes.registry import (
    Context,
    Interrupted,
    NodeClass,
    OutOfMemoryError,
    run,
    type_name,
)
from support.servers.comfyui.progress import Format, Progress, preview, preview_with_metadata
from support.servers.comfyui.queue import Item
from support.servers.comfyui.seen import Outcome
from support.servers.comfyui.socket import Sockets
from support.servers.comfyui.temper import Temper
from support.servers.comfyui.trouble import Trouble

STEP_TAKES_AT_LEAST_SECONDS = 0.001
PREVIEWS = ("auto", "latent2rgb", "taesd")
MEMORY_TIP = (
    "This error means you ran out of memory on your GPU.\n\nTIPS: If the workflow worked before you might have "
    "accidentally set the batch_size to a large number."
)


@dataclass(frozen=True)
class Bench:
    """What a prompt is run with."""

    nodes: Mapping[str, NodeClass]
    folders: Folders
    cache: Cache
    sockets: Sockets
    interruption: Interruption
    temper: Temper
    crash: Callable[[], None]
    cut: Callable[[], None]


@dataclass
class Execution:
    """One run. `node` is the one that runs now, and told to its client when that comes back in the meantime."""

    item: Item
    bench: Bench
    node: str | None = None
    outcome: Outcome = "running"
    messages: list[list[Any]] = field(default_factory=list)
    _executed: list[str] = field(default_factory=list)
    _told: dict[str, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._extra_data = {**self.item.extra_data, **self.item.secrets}
        self.client_id = self._extra_data.get("client_id")
        self._progress = Progress(self.item.prompt_id)

    def perform(self) -> None:
        """Run the prompt. Raises Gone when the server ends meanwhile; everything else becomes the outcome."""
        bench = self.bench
        if bench.temper.begin_seconds > 0:
            bench.temper.clock.sleep(bench.temper.begin_seconds, unless=bench.interruption.ended)
        bench.interruption.forget()
        self._memory_pixels = bench.temper.memory_pixels
        self._message("execution_start", {})
        bench.cache.begin(self.item.graph)
        cached = [node_id for node_id in self.item.graph if bench.cache.get(node_id) is not None]
        self._message("execution_cached", {"nodes": cached})
        agenda = Agenda(
            self.item.graph, self.item.outputs, bench.nodes, lambda node_id: bench.cache.get(node_id) is not None
        )
        modes = bench.temper.failures.of_next_prompt()
        self._trouble = Trouble(modes, agenda, bench.interruption, crash=bench.crash, cut=bench.cut)
        while (node_id := agenda.next()) is not None:
            bench.interruption.check_ended()
            if not self._one(node_id, agenda.class_of(node_id)):
                break
            agenda.done(node_id)
        else:
            self.outcome = "success"
            self._message("execution_success", {})
        self.node = None

    @property
    def entry(self) -> dict[str, Any]:
        """What the history says of it."""
        succeeded = self.outcome == "success"
        return {
            "prompt": self.item.public,
            "outputs": dict(self._told),
            "status": {
                "status_str": "success" if succeeded else "error",
                "completed": succeeded,
                "messages": self.messages,
            },
            "meta": {
                node_id: {"node_id": node_id, "display_node": node_id, "parent_node": None, "real_node_id": node_id}
                for node_id in self._told
            },
        }

    def _one(self, node_id: str, node_class: NodeClass) -> bool:
        """Run a node, or repeat what it gave before. False when it failed."""
        kept = self.bench.cache.get(node_id)
        if kept is not None:
            self._repeat(node_id, kept)
            return True
        inputs: dict[str, Any] = {}
        try:
            self._tell("progress_state", self._progress.began(node_id))
            inputs = self._inputs(node_id)
            if self.client_id is not None:
                self.node = node_id
                self._tell("executing", self._about(node_id))
            kept = self._run(node_id, node_class, inputs)
        except Gone:
            raise
        except Interrupted:
            self.outcome = "interrupted"
            self._message("execution_interrupted", self._at(node_id, node_class), to_all=True)
            return False
        except Exception as error:
            self.bench.interruption.check_ended()
            self.outcome = "error"
            self._message("execution_error", self._at(node_id, node_class) | self._fault(error, node_class, inputs))
            return False
        self.bench.cache.keep(node_id, kept)
        self._tell("progress_state", self._progress.finished(node_id))
        self._executed.append(node_id)
        return True

    def _repeat(self, node_id: str, kept: Kept) -> None:
        if self.client_id is not None:
            self._tell("executed", {**self._about(node_id), "output": kept.ui})
        # The real 0.8 forgets what was cached when nobody listens: such a history has no outputs.
        if kept.ui is not None and (self.client_id is not None or self.bench.temper.version.keeps_cached_outputs):
            self._told[node_id] = kept.ui
        self._tell("progress_state", self._progress.finished(node_id))

    def _run(self, node_id: str, node_class: NodeClass, inputs: dict[str, Any]) -> Kept:
        self._trouble.before(node_id, node_class)
        self.bench.interruption.check()
        context = self._context(node_id, inputs)
        result = run(node_class, inputs, context)
        self._memory_pixels = context.memory_pixels
        ui = result.ui or None
        if ui is not None:
            self._told[node_id] = ui
            if self.client_id is not None:
                self._tell("executed", {**self._about(node_id), "output": ui})
        return Kept(result.outputs, ui)

    def _inputs(self, node_id: str) -> dict[str, Any]:
        """A node's inputs, each link replaced by what it leads to."""
        found = {}
        for name, value in inputs_of(self.item.graph, node_id).items():
            if not is_link(value):
                found[name] = value
                continue
            kept = self.bench.cache.get(value[0])
            slot = int(value[1])
            found[name] = kept.outputs[slot] if kept is not None and slot < len(kept.outputs) else None
        return found

    def _context(self, node_id: str, inputs: dict[str, Any]) -> Context:
        wants = self._extra_data.get("preview_method") in PREVIEWS and self.bench.temper.version.previews_by_prompt
        pictures = inputs.get("images")
        frames = len(pictures) if isinstance(pictures, list) else 1
        sent: list[Image.Image] = []

        def send_image(image: Image.Image) -> None:
            self.bench.interruption.check()
            self._step(node_id, len(sent), frames, image, "PNG")
            sent.append(image)

        return Context(
            folders=self.bench.folders,
            prompt=self.item.graph,
            extra_data=self._extra_data,
            progress=lambda step, of, image: self._after_step(node_id, step, of, image if wants else None),
            send_image=send_image,
            memory_pixels=self._memory_pixels,
            wants_previews=wants,
            node_id=node_id,
        )

    def _after_step(self, node_id: str, step: int, of: int, image: Image.Image | None) -> None:
        """An inference step: the time that it takes, then what is told of it. Raises Interrupted."""
        self._trouble.at_step(node_id, step, of)
        interruption, temper = self.bench.interruption, self.bench.temper
        interruption.wakes.wait(STEP_TAKES_AT_LEAST_SECONDS * self._trouble.slowness)
        seconds = temper.step_seconds * self._trouble.slowness
        if seconds > 0:
            temper.clock.sleep(seconds, unless=interruption.wakes)
        interruption.check()
        self._step(node_id, min(step, of), of, image, "JPEG")

    def _step(self, node_id: str, value: int, of: int, image: Image.Image | None, kind: Format) -> None:
        self._tell("progress_state", self._progress.step(node_id, value, of))
        described = self.bench.sockets.supports(self.client_id, "supports_preview_metadata")
        fit = kind == "JPEG"
        if image is not None and described:
            place = self._progress.place(node_id)
            self.bench.sockets.post(preview_with_metadata(image, kind, place, fit=fit), self.client_id)
        self._tell("progress", {"value": value, "max": of, "prompt_id": self.item.prompt_id, "node": node_id})
        if image is not None and not described:
            self.bench.sockets.post(preview(image, kind, fit=fit), self.client_id)

    def _tell(self, event: str, data: dict[str, Any]) -> None:
        """To the prompt's client; to everybody when it named none."""
        self.bench.sockets.send(event, data, self.client_id)

    def _message(self, event: str, data: dict[str, Any], *, to_all: bool = False) -> None:
        """An event that the history keeps. to_all: even when the prompt named no client."""
        data = {**data, "prompt_id": self.item.prompt_id, "timestamp": int(time.time() * 1000)}
        self.messages.append([event, data])
        if self.client_id is not None or to_all:
            self._tell(event, data)

    def _about(self, node_id: str) -> dict[str, Any]:
        return {"node": node_id, "display_node": node_id, "prompt_id": self.item.prompt_id}

    def _at(self, node_id: str, node_class: NodeClass) -> dict[str, Any]:
        return {"node_id": node_id, "node_type": node_class.name, "executed": list(self._executed)}

    def _fault(self, error: Exception, node_class: NodeClass, inputs: dict[str, Any]) -> dict[str, Any]:
        tip = MEMORY_TIP if isinstance(error, OutOfMemoryError) else ""
        hidden = {"PROMPT": self.item.graph, "EXTRA_PNGINFO": self._extra_data.get("extra_pnginfo")}
        seen = {name: hidden.get(kind) for name, kind in node_class.hidden.items()}
        return {
            "exception_message": f"{error}\n{tip}",
            "exception_type": type_name(error),
            "traceback": traceback.format_tb(error.__traceback__),
            "current_inputs": {name: [_shown(value)] for name, value in (inputs | seen).items()},
            "current_outputs": list(self.item.graph),
        }


def _shown(value: Any) -> Any:
    """An input as `execution_error` tells it: pictures as the tensors that they are in the real server."""
    if value is None or isinstance(value, (int, float, str)):
        return value
    if isinstance(value, list) and value and isinstance(value[0], Image.Image):
        return f"tensor([[[[…]]]])  # {len(value)} of {value[0].width}×{value[0].height}"
    return str(value)
