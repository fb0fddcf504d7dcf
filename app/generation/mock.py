"""The mock painter: draws the colour and the shape that a prompt names, computed from the whole request."""

from __future__ import annotations

import io
import math
from datetime import timedelta

from PIL import Image, ImageFilter

from app.clock import Clock
from app.errors import InvalidInput
from app.generation.drawing import paint
from app.generation.faults import OutOfMemory
from app.generation.port import Attempt, Condition, GenerationRequest, NotApplied, Painting, Picture, Watch

CHECKPOINT = "mock"
PREVIEW_SIDE = 128
LONGEST_NAP = timedelta(seconds=1)


class MockBackend:
    """An ImageBackend without a model: deterministic, in milliseconds, with Pillow alone.

    The subject's colour and shape are the first that the prompt names, else the prompt decides; where and
    how large it stands, and the background's texture, follow from every field that takes effect. A
    reference keeps its subject in place and takes the prompt's colour; several stand side by side. Every
    LoRA name is known, and tints the texture.

    step_seconds: how long an inference step takes. memory_pixels: how many pixels all pictures of a
    request may have together. It is degraded after an out-of-memory, until a picture succeeds.
    """

    name = "mock"
    offers = frozenset(
        {"seeds", "sizes", "batches", "references", "several-references", "colours", "shapes", "negative-prompts"}
        | {"loras", "steps", "previews"}
    )
    smallest_side = 64
    # Painting holds the interpreter's lock most of the time: more places would only wait for each other.
    places = 2
    applied: tuple[str, ...] = ()
    not_applied: tuple[NotApplied, ...] = ()

    def __init__(self, *, clock: Clock, step_seconds: float, memory_pixels: int) -> None:
        self._clock = clock
        self._step = timedelta(seconds=step_seconds)
        self._memory_pixels = memory_pixels
        self._condition = Condition("ready")

    def generate(self, request: GenerationRequest, attempt: Attempt, watch: Watch) -> Painting:
        """See ImageBackend. Raises Stopped, OutOfMemory, InvalidInput for a checkpoint that is not its own."""
        if request.checkpoint not in (None, CHECKPOINT):
            raise InvalidInput(
                f"checkpoint {request.checkpoint!r} is not on this backend; it has {CHECKPOINT}", field="checkpoint"
            )
        self._take_memory(request)
        self._infer(request, watch)
        pictures = []
        for number in range(request.num_images):
            watch.check()
            seed = request.seed_of(number)
            pictures.append(Picture(image=paint(request, seed), seed=seed))
        self._condition = Condition("ready")
        return Painting(pictures=tuple(pictures), checkpoint=CHECKPOINT)

    def abandon(self, attempt: Attempt) -> None:
        """Nothing to end: its work never outlives the process that did it."""

    def condition(self) -> Condition:
        return self._condition

    def details(self) -> dict[str, object]:
        return {
            "checkpoints": [CHECKPOINT],
            "memory_pixels": self._memory_pixels,
            "step_seconds": self._step.total_seconds(),
        }

    def leave(self) -> None:
        """Nobody waits for more than the watch, which tells everybody."""

    def close(self) -> None:
        """It holds nothing."""

    def _take_memory(self, request: GenerationRequest) -> None:
        needed = request.num_images * request.width * request.height
        if needed <= self._memory_pixels:
            return
        message = (
            f"{request.num_images} × {request.width}×{request.height} are {needed:,} pixels, and there is memory for "
            f"{self._memory_pixels:,}: {_what_fits(self._memory_pixels, request, self.smallest_side)}"
        )
        self._condition = Condition("degraded", f"out of memory: {message}")
        raise OutOfMemory(message)

    def _infer(self, request: GenerationRequest, watch: Watch) -> None:
        """Every inference step in its time, each told with what there is to see of the first picture."""
        sketch: Image.Image | None = None
        of = request.num_inference_steps
        for step in range(1, of + 1):
            watch.check()
            self._wait(watch)
            preview = None
            if watch.wants_previews:
                sketch = sketch or paint(request, request.seed, longest_side=PREVIEW_SIDE)
                preview = _blurred(sketch, 1 - step / of)
            watch.progress(step, of, preview)

    def _wait(self, watch: Watch) -> None:
        """One step's time; the watch is asked at least once a second."""
        if not self._step:
            return
        end = self._clock.now() + self._step
        while (left := end - self._clock.now()) > timedelta():
            self._clock.sleep(min(left, LONGEST_NAP).total_seconds(), unless=watch.stopping)
            watch.check()


def _what_fits(memory_pixels: int, request: GenerationRequest, smallest_side: int) -> str:
    """What could be asked for instead, in words."""
    at_once = memory_pixels // (request.width * request.height)
    if at_once:
        return f"at most {at_once} of this size would fit"
    side = math.isqrt(memory_pixels) // 16 * 16
    if side < smallest_side:
        return "no picture fits"
    return f"one of {side}×{side} would fit"


def _blurred(sketch: Image.Image, how_much: float) -> bytes:
    """A JPEG of the sketch; how_much: 1 shows next to nothing of it, 0 all."""
    buffer = io.BytesIO()
    sketch.filter(ImageFilter.GaussianBlur(how_much * max(sketch.size) / 4)).save(buffer, "JPEG", quality=75)
    return buffer.getvalue()
