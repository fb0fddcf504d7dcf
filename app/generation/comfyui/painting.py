"""One attempt at one request on one server: checked, submitted, followed, fetched."""

from __future__ import annotations

import io
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from PIL import Image

from app.errors import InvalidInput
from app.generation.comfyui import catalogue as has
from app.generation.comfyui.errors import refused_outputs
from app.generation.comfyui.follow import Follower, Progress, Prompt
from app.generation.comfyui.line import Line
from app.generation.comfyui.servers import Server
from app.generation.comfyui.workflow import Branch, Parts, Reference, Workflow, WorkflowName, build
from app.generation.faults import BackendDown, BackendFailed, OutOfMemory
from app.generation.port import Attempt, GenerationRequest, NotApplied, Painting, Picture, Watch

MOST_PICTURES = 4
# The file endings that each kind of reference is uploaded with; ComfyUI itself looks at the bytes.
ENDINGS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}
ORIENTATION = 0x0112
ON_ITS_SIDE = 5


@dataclass(frozen=True)
class Setup:
    """How this studio paints with ComfyUI, from its settings."""

    workflow: WorkflowName
    checkpoint: str | None
    clip: tuple[str, ...]
    vae: str | None
    denoise: float


def prompt_ids(attempt: Attempt) -> list[str]:
    """Every prompt id that an attempt may have used: its own, and one a picture when memory was short."""
    return [attempt.id, *(single_id(attempt, number) for number in range(MOST_PICTURES))]


def single_id(attempt: Attempt, number: int) -> str:
    return str(uuid.uuid5(uuid.UUID(attempt.id), str(number)))


@dataclass(frozen=True)
class Known:
    """A prompt that a server has. number: tells it from an older one of its id."""

    number: float | None


def known_at(server: Server, prompt_id: str) -> Known | None:
    """The prompt of that id, waiting, running or ended; None when the server has none.

    One that somebody interrupted counts for nothing: nothing is left of it to take up.
    """
    for _ in range(2):  # between the two questions it may have gone from the queue to the history
        entry = server.wire.history(prompt_id)
        if entry is not None and (entry.succeeded or entry.message("execution_interrupted") is None):
            return Known(entry.number)
        queue = server.wire.queue()
        if prompt_id in queue:
            return Known(queue.number_of(prompt_id))
    return None


@dataclass
class Sitting:
    """An attempt while it is on one server. taken_up: it may be there already, from an earlier life."""

    server: Server
    setup: Setup
    request: GenerationRequest
    attempt: Attempt
    watch: Watch
    taken_up: bool = False
    warnings: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        request = self.request
        self._progress = Progress(self.watch, request.num_images * request.num_inference_steps)
        used = request.references if self.setup.workflow == "kontext" else request.references[:1]
        self._files = {f"proofsheet-{self.attempt.id}-{at}.{_kind(data)}": data for at, data in enumerate(used, 1)}
        self._references = [_reference(name, data) for name, data in self._files.items()]

    def paint(self) -> Painting:
        """Raises Stopped, InvalidInput, BackendDown, OutOfMemory, BackendFailed."""
        parts = self._checked_parts()
        self.watch.placed(self.server.url)
        if not self.taken_up:
            self._upload()
        count = self.request.num_images
        try:
            pictures = self._painted(self.attempt.id, parts, range(count))
        except OutOfMemory:
            if count == 1:
                raise
            pictures = [
                picture
                for number in range(count)
                for picture in self._painted(single_id(self.attempt, number), parts, [number])
            ]
            self.warnings.append("painted one by one: the server has no memory for all pictures at once")
        return Painting(tuple(pictures), parts.checkpoint, tuple(self.warnings), self._not_applied())

    def _not_applied(self) -> tuple[NotApplied, ...]:
        asked, used = len(self.request.references), len(self._references)
        if asked == used:
            return ()
        return (NotApplied("references", f"only the first of {asked} is used: one picture can be painted over"),)

    def _checked_parts(self) -> Parts:
        """The files to paint with. A refusal is believed only of a catalogue that was read just now."""
        try:
            return self._parts()
        except (InvalidInput, BackendFailed):
            self.server.catalogue.forget()
            return self._parts()

    def _parts(self) -> Parts:
        catalogue, setup, request = self.server.catalogue, self.setup, self.request
        kind = has.DIFFUSION_MODELS if setup.workflow == "kontext" else has.CHECKPOINTS
        checkpoint = catalogue.chosen(kind, request.checkpoint, setting=setup.checkpoint)
        loras = tuple(
            (catalogue.file(has.LORAS, lora.name, field="loras"), lora.scale) for lora in request.loras if lora.scale
        )
        if setup.workflow == "kontext":
            clip, vae = catalogue.encoders(setup.clip), catalogue.chosen(has.VAES, None, setting=setup.vae)
            parts = Parts(checkpoint, loras, clip, vae)
        else:
            parts = Parts(checkpoint, loras)
        catalogue.check(self._workflow(parts).graph)
        return parts

    def _workflow(self, parts: Parts, numbers: Sequence[int] | None = None) -> Workflow:
        return build(
            self.request,
            parts,
            prefix=f"{self.attempt.id}-{self.attempt.number}",
            references=self._references,
            denoise=self.setup.denoise,
            numbers=numbers,
        )

    def _upload(self) -> None:
        for at, (name, data) in enumerate(self._files.items()):
            self.watch.check()
            kept, before = self.server.wire.upload(name, data), self._references[at]
            self._references[at] = Reference(kept, before.width, before.height)

    def _painted(self, prompt_id: str, parts: Parts, numbers: Sequence[int]) -> list[Picture]:
        """The pictures of one prompt: taken up where it is known already, else submitted."""
        wire, workflow = self.server.wire, self._workflow(parts, numbers)
        steps = self.request.num_inference_steps
        prompt = Prompt(prompt_id, workflow, steps, before=numbers[0] * steps)
        refused: Mapping[int, str] = {}
        self.watch.check()
        with Line(wire, self.attempt.id) as line:
            known = known_at(self.server, prompt_id) if self.taken_up else None
            if known is None:
                refused = self._submit(prompt, parts)
            else:
                prompt.number = known.number
            follower = Follower(wire, line, self.watch, self._progress, prompt)
            outputs = follower.outputs(ask_first=known is not None)
        self._progress.reached(prompt.before + len(workflow.branches) * steps)
        return self._fetched(workflow, outputs, refused)

    def _submit(self, prompt: Prompt, parts: Parts) -> Mapping[int, str]:
        """Queue it; what of it was refused. The line is open already: an event before it would be lost."""
        wire, workflow, previews = self.server.wire, prompt.workflow, self.watch.wants_previews
        try:
            submitted = wire.submit(prompt.id, self.attempt.id, workflow, previews=previews)
        except (InvalidInput, BackendFailed):
            # What was there when it was checked may be gone: then that is the better sentence.
            self.server.catalogue.forget()
            self.server.catalogue.check(workflow.graph)
            raise
        prompt.number = submitted.number
        return refused_outputs(submitted.body, workflow)

    def _fetched(self, workflow: Workflow, outputs: Mapping[str, Any], refused: Mapping[int, str]) -> list[Picture]:
        pictures: list[Picture] = []
        missing: list[str] = []
        for branch in workflow.branches:
            self.watch.check()
            data = self._file(branch, outputs)
            if data is None:
                gone = f"picture {branch.number + 1} is not on {self.server.wire.name}"
                missing.append(refused.get(branch.number, gone))
            else:
                pictures.append(Picture(self._decoded(data), branch.seed))
        if not pictures:
            raise BackendFailed(missing[0])
        self.warnings += missing
        return pictures

    def _file(self, branch: Branch, outputs: Mapping[str, Any]) -> bytes | None:
        told = outputs.get(branch.output)
        images = told.get("images") if isinstance(told, Mapping) else None
        if not isinstance(images, list) or not images or not isinstance(images[0], Mapping):
            return None
        try:
            return self.server.wire.view(images[0])
        except BackendDown:
            self.watch.check()
            return self.server.wire.view(images[0])

    def _decoded(self, data: bytes) -> Image.Image:
        wanted = (self.request.width, self.request.height)
        try:
            with Image.open(io.BytesIO(data)) as image:
                if image.size != wanted:
                    sizes = "{}×{} and not {}×{}".format(*image.size, *wanted)
                    raise BackendFailed(f"{self.server.wire.name} painted {sizes}")
                return image.convert("RGB")
        except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
            raise BackendFailed(f"{self.server.wire.name} sent something that is no picture") from error


def _kind(data: bytes) -> str:
    with Image.open(io.BytesIO(data)) as image:
        return ENDINGS.get(image.format or "", "png")


def _reference(name: str, data: bytes) -> Reference:
    """As it will be looked at: a camera's picture may lie on its side, which LoadImage puts right."""
    with Image.open(io.BytesIO(data)) as image:
        width, height = image.size
        if image.getexif().get(ORIENTATION, 1) >= ON_ITS_SIDE:
            width, height = height, width
    return Reference(name, width, height)
