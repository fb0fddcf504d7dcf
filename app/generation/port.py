"""The port to an image backend: what is asked of it, what it answers, what it says about itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from PIL import Image

# Called after each inference step as (step, of), step rising strictly from 1 to `of`.
OnProgress = Callable[[int, int], None]

SEEDS = 2**32


@dataclass(frozen=True)
class GenerationRequest:
    """What shall be painted. Every field changes the picture, or the backend tells why it does not.

    width, height: pixels. true_cfg_scale: above 1, and with a negative prompt, what that names is avoided.
    seed: of the first picture; picture k has seed + k, counted on from 0 after 2**32 - 1.
    references: pictures as files (PNG, JPEG, WebP) that were checked, whose likeness is kept.
    """

    prompt: str
    prompt_2: str = ""
    negative_prompt: str = ""
    width: int = 1024
    height: int = 1024
    num_inference_steps: int = 28
    guidance_scale: float = 3.5
    true_cfg_scale: float = 1.0
    seed: int = 0
    num_images: int = 1
    references: tuple[bytes, ...] = ()

    @property
    def avoids(self) -> bool:
        """Whether the negative prompt takes effect. Source: FluxKontextPipeline's do_true_cfg."""
        return self.true_cfg_scale > 1 and bool(self.negative_prompt)

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


class ImageBackend(Protocol):
    """Paints pictures. Called by one thread at a time.

    offers: what it can do, in the words of `@needs.…`: seeds, sizes, batches, references, colours, shapes,
    negative-prompts, … smallest_side: pixels. applied: optimisations that are at work.
    """

    name: str
    offers: frozenset[str]
    smallest_side: int
    applied: tuple[str, ...]
    not_applied: tuple[NotApplied, ...]

    def generate(self, request: GenerationRequest, on_progress: OnProgress) -> list[Picture]:
        """`request.num_images` pictures, in the order of their seeds.

        Raises InvalidInput for what this backend cannot paint, Unavailable when it cannot paint now.
        """
