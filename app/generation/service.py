"""Generation: checks what is asked, paints one request at a time, and writes its settings into each picture."""

from __future__ import annotations

import secrets
import threading
import time
from dataclasses import dataclass, replace
from typing import Any, Literal

from app.errors import InvalidInput
from app.generation.port import SEEDS, GenerationRequest, ImageBackend, NotApplied, OnProgress, Picture
from app.recipes import a1111
from app.recipes.pictures import check, encode
from app.recipes.recipe import RecipeSettings

LARGEST_SIDE = 1024
SIDE_STEP = 16

OutputFormat = Literal["PNG", "JPEG", "WEBP"]


@dataclass(frozen=True)
class Output:
    """As which file a picture is wanted; quality: 1 to 100, of JPEG and WEBP."""

    format: OutputFormat = "PNG"
    quality: int = 90


@dataclass(frozen=True)
class Generated:
    """What was made: pictures as files, the seed of each, seconds of painting, and what had an effect."""

    pictures: tuple[bytes, ...]
    seeds: tuple[int, ...]
    inference_seconds: float
    applied: dict[str, Any]
    not_applied: tuple[NotApplied, ...]


class Generation:
    """Has pictures made by one backend, for one caller at a time; the others wait for their turn."""

    def __init__(self, *, backend: ImageBackend) -> None:
        self.backend = backend
        self._turn = threading.Lock()

    def generate(
        self,
        request: GenerationRequest,
        *,
        seed: int | None,
        output: Output,
        on_progress: OnProgress = lambda step, of: None,
    ) -> Generated:
        """Pictures of `request`; `seed` None chooses one, and the answer says which.

        Raises InvalidInput for what this backend cannot paint, TooLarge for a reference that is too large.
        """
        self._check(request)
        request = replace(request, seed=secrets.randbelow(SEEDS) if seed is None else seed)
        with self._turn:
            began = time.perf_counter()
            painted = self.backend.generate(request, on_progress)
            seconds = time.perf_counter() - began
        applied, not_applied = _effects(request, output)
        return Generated(
            pictures=tuple(self._file(request, picture, output) for picture in painted),
            seeds=tuple(picture.seed for picture in painted),
            inference_seconds=seconds,
            applied=applied,
            not_applied=not_applied,
        )

    def _check(self, request: GenerationRequest) -> None:
        for name, side in (("width", request.width), ("height", request.height)):
            if side < self.backend.smallest_side:
                raise InvalidInput(f"{name} must be at least {self.backend.smallest_side}, {side} is not", field=name)
            if side > LARGEST_SIDE:
                raise InvalidInput(f"{name} must be at most {LARGEST_SIDE}, {side} is not", field=name)
            if side % SIDE_STEP:
                raise InvalidInput(f"{name} must be a multiple of {SIDE_STEP}, {side} is not", field=name)
        if request.references and "references" not in self.backend.offers:
            raise InvalidInput(f"image: the {self.backend.name} backend takes no reference image", field="image")
        for reference in request.references:
            check(reference, field="image")

    def _file(self, request: GenerationRequest, picture: Picture, output: Output) -> bytes:
        settings = RecipeSettings(
            prompt=request.prompt,
            negative_prompt=request.negative_prompt if request.avoids else None,
            num_inference_steps=request.num_inference_steps,
            guidance_scale=float(request.guidance_scale),
            true_cfg_scale=float(request.true_cfg_scale) if request.avoids else None,
            seed=picture.seed,
            width=picture.image.width,
            height=picture.image.height,
            checkpoint=self.backend.name,
        )
        return encode(picture.image, kind=output.format, quality=output.quality, parameters=a1111.write(settings))


def _effects(request: GenerationRequest, output: Output) -> tuple[dict[str, Any], tuple[NotApplied, ...]]:
    """Which inputs had an effect, by the names of the call, and which had none, and why."""
    applied: dict[str, Any] = {
        "prompt": request.prompt,
        "width": request.width,
        "height": request.height,
        "steps": request.num_inference_steps,
        "guidance_scale": request.guidance_scale,
        "seed": request.seed,
        "num_images": request.num_images,
        "output_format": output.format,
    }
    if request.prompt_2:
        applied["prompt_2"] = request.prompt_2
    if request.references:
        applied["image"] = f"{len(request.references)} reference image"
    if output.format != "PNG":
        applied["output_quality"] = output.quality
    if request.avoids:
        return applied | {"negative_prompt": request.negative_prompt, "true_cfg_scale": request.true_cfg_scale}, ()
    idle = []
    if request.negative_prompt:
        idle.append(NotApplied("negative_prompt", "it has an effect only with a true_cfg_scale above 1"))
    if request.true_cfg_scale > 1:
        idle.append(NotApplied("true_cfg_scale", "it has an effect only with a negative prompt"))
    return applied, tuple(idle)
