"""The studio's generation as the characters' painter."""

from __future__ import annotations

from app.characters.port import FileFormat, Portrait, Sitting
from app.generation.album import Output, OutputFormat
from app.generation.port import GenerationRequest
from app.generation.service import Generation, Order

# A negative prompt has an effect only above 1; 4 is what diffusers' own Kontext examples use.
AVOIDING = 4.0
FORMATS: dict[FileFormat, OutputFormat] = {"png": "PNG", "jpg": "JPEG", "webp": "WEBP"}


class Portraits:
    """A characters.port.Painter on the image backend, in turn with everybody else who wants pictures."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation

    @property
    def name(self) -> str:
        return self._generation.backend.name

    def paint(self, sitting: Sitting) -> list[Portrait]:
        request = GenerationRequest(
            prompt=sitting.prompt,
            negative_prompt=sitting.negative_prompt,
            true_cfg_scale=AVOIDING if sitting.negative_prompt else 1.0,
            width=sitting.width,
            height=sitting.height,
            num_images=sitting.count,
            seed=sitting.seed or 0,
        )
        order = Order(
            request=request,
            seeded=sitting.seed is not None,
            output=Output(format=FORMATS[sitting.output_format]),
            asked={"prompt": sitting.prompt, "num_images": sitting.count},
        )
        ended = self._generation.make(order)
        seeds = [int(picture["seed"]) for picture in ended.job.pictures]
        return [Portrait(data, seed) for data, seed in zip(ended.files, seeds, strict=True)]
