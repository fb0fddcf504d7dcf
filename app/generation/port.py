"""The ports of generation: what is asked of an image backend, what it answers, where an attempt runs."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, Protocol

from PIL import Image

SEEDS = 2**32
# Of a picture, in pixels; the smallest side is the backend's own.
LARGEST_SIDE = 1024
SIDE_STEP = 16

Scheduler = Literal["FlowMatchEuler", "UniPC", "DPMSolver++"]
ConditionName = Literal["starting", "ready", "degraded", "failed"]


@dataclass(frozen=True)
class Lora:
    """A LoRA by its file name without extension, and how strongly it works; 0 leaves the picture as it is."""

    name: str
    scale: float = 1.0


@dataclass(frozen=True)
class GenerationRequest:
    """What shall be painted. Every field changes the picture, or the backend tells why it does not.

    width, height: pixels. true_cfg_scale: above 1, and with a negative prompt, what that names is avoided.
    seed: of the first picture; picture k has seed + k, counted on from 0 after 2**32 - 1.
    references: pictures as files (PNG, JPEG, WebP) that were checked, whose likeness is kept.
    checkpoint: None for the backend's own.
    """

    prompt: str
    prompt_2: str = ""
    negative_prompt: str = ""
    negative_prompt_2: str = ""
    width: int = 1024
    height: int = 1024
    num_inference_steps: int = 28
    guidance_scale: float = 3.5
    true_cfg_scale: float = 1.0
    seed: int = 0
    num_images: int = 1
    references: tuple[bytes, ...] = field(default=(), repr=False)
    loras: tuple[Lora, ...] = ()
    scheduler: Scheduler = "FlowMatchEuler"
    checkpoint: str | None = None

    @property
    def avoids(self) -> bool:
        """Whether the negative prompts take effect. Source: FluxKontextPipeline's do_true_cfg."""
        return self.true_cfg_scale > 1 and bool(self.negative_prompt or self.negative_prompt_2)

    def seed_of(self, number: int) -> int:
        """The seed of picture `number`, counted from 0."""
        return (self.seed + number) % SEEDS


@dataclass(frozen=True)
class Picture:
    """One painted picture, RGB, exactly as large as asked, and the seed that alone gives it again."""

    image: Image.Image = field(repr=False)
    seed: int


@dataclass(frozen=True)
class NotApplied:
    """Something that was asked for or could be had, and why it has no effect."""

    name: str
    why: str


@dataclass(frozen=True)
class Painting:
    """What an attempt gave: the pictures in the order of their seeds, and what the caller should know of them.

    checkpoint: the one that painted; warnings: sentences, such as that one of four pictures could not be saved.
    """

    pictures: tuple[Picture, ...]
    checkpoint: str
    warnings: tuple[str, ...] = ()
    not_applied: tuple[NotApplied, ...] = ()


@dataclass(frozen=True)
class Attempt:
    """One attempt at a job. id: a UUID in small letters, known to nobody else; number: counted from 1.

    place: where an earlier life of the studio had put this very attempt (an address, as the backend told
    it to `Watch.placed`); the backend then looks there first, so that nothing is painted twice.
    """

    id: str
    number: int = 1
    place: str | None = None


class Stopped(Exception):
    """The attempt shall end now; raised by `Watch.check` and let through by the backend."""


class Cancelled(Stopped):
    """Nobody wants the picture any more: the backend ends the work wherever it runs, then lets this through."""


class Leaving(Stopped):
    """The studio closes: the backend leaves the work as it is, to be taken up by the next start."""


class Watch(Protocol):
    """The studio's eye on one attempt: hears of its progress, tells it to stop. Called by the attempt's own thread.

    stopping: set once `check` would raise, so that a wait can end at once.
    """

    stopping: threading.Event
    wants_previews: bool

    def check(self) -> None:
        """Raises Cancelled or Leaving. To be called at least once a second, and between two steps."""

    def placed(self, where: str) -> None:
        """The attempt is about to be handed to `where`; written down before this returns."""

    def progress(self, step: int, of: int, preview: bytes | None = None) -> None:
        """Inference step `step` of `of` is done; preview: a small JPEG or PNG. Raises as `check` does."""


@dataclass(frozen=True)
class Condition:
    """How a backend is; why: what is wrong, in a sentence, when it is not ready."""

    name: ConditionName
    why: str = ""


class ImageBackend(Protocol):
    """Paints pictures.

    offers: what it can do, in the words of `@needs.…`: seeds, sizes, batches, references, several-references,
    colours, shapes, negative-prompts, steps, previews, … smallest_side: pixels. places: how many attempts may
    run at the same time, each on a thread of its own. applied: optimisations that are at work.
    """

    name: str
    offers: frozenset[str]
    smallest_side: int
    applied: tuple[str, ...]
    not_applied: tuple[NotApplied, ...]

    @property
    def places(self) -> int: ...

    def generate(self, request: GenerationRequest, attempt: Attempt, watch: Watch) -> Painting:
        """`request.num_images` pictures, in the order of their seeds.

        Raises Stopped as the watch does, and what `app.generation.faults` names: BackendDown when another
        attempt may help, OutOfMemory, BackendFailed, and InvalidInput for what this backend cannot paint.
        """

    def abandon(self, attempt: Attempt) -> None:
        """End an attempt of an earlier life of the studio that nobody wants any more. Raises BackendDown."""

    def condition(self) -> Condition:
        """How it is now; quick (at most 200 ms), and never raises."""

    def details(self) -> dict[str, object]:
        """What /api/v1/backends tells beside the rest, JSON-ready: servers, checkpoints, LoRAs."""

    def leave(self) -> None:
        """The studio closes: who waits in here, even to end an attempt, lets go with Leaving."""

    def close(self) -> None:
        """Give back what it holds; no attempt runs any more."""


@dataclass(frozen=True, order=True)
class Ticket:
    """A job's place in the queue: the urgent first, then first come, first served."""

    urgency: int
    turn: int
    job_id: str = field(compare=False)


class Dispatcher(Protocol):
    """Where a generation job runs: on this process's threads, or on a distributed engine's workers.

    It knows tickets alone. What is true of a job stands in its row, which guards against a ticket that is
    handed out twice.
    """

    def start(self, work: Callable[[str], None]) -> None:
        """Begin to call `work(job_id)`, once for each ticket, on up to the agreed number of threads."""

    def submit(self, ticket: Ticket) -> None: ...

    def withdraw(self, ticket: Ticket) -> bool:
        """Take a ticket back; False when its work has begun, or it is unknown."""

    def close(self, *, within_seconds: float) -> None:
        """Hand out no more tickets and wait for what runs; whoever runs has been told to leave."""
