"""The studio's generation as the characters' painter."""

from __future__ import annotations

from app.characters.port import FileFormat, Painted, Portrait, Sitting
from app.errors import NotConfigured, ProviderFailed, StudioError
from app.generation.album import Output, OutputFormat
from app.generation.faults import BackendFailed
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

    def paint(self, sitting: Sitting) -> Painted:
        """See Painter. Why it cannot be painted is told as characters tell it: by whose fault it is."""
        try:
            ended = self._generation.make(_order(sitting))
        except StudioError as fault:
            raise _told(fault) from fault
        seeds = [int(picture["seed"]) for picture in ended.job.pictures]
        portraits = [Portrait(data, seed) for data, seed in zip(ended.files, seeds, strict=True)]
        return Painted(portraits, _failures(sitting.count - len(portraits), (ended.job.painted or {})["warnings"]))


def _order(sitting: Sitting) -> Order:
    request = GenerationRequest(
        prompt=sitting.prompt,
        negative_prompt=sitting.negative_prompt,
        true_cfg_scale=AVOIDING if sitting.negative_prompt else 1.0,
        width=sitting.width,
        height=sitting.height,
        num_images=sitting.count,
        seed=sitting.seed or 0,
    )
    return Order(
        request=request,
        seeded=sitting.seed is not None,
        output=Output(format=FORMATS[sitting.output_format]),
        asked={"prompt": sitting.prompt, "num_images": sitting.count},
    )


def _failures(missing: int, warnings: list[str]) -> list[str]:
    """Why each missing picture is missing, as the backend warned of it."""
    told = [warning for warning in warnings if warning.startswith("picture ")][:missing]
    return told + ["a picture is missing, and the backend gave no reason"] * (missing - len(told))


def _told(fault: StudioError) -> StudioError:
    """A job keeps its fault by its code; every other one is told as it is."""
    if fault.code == NotConfigured.code:
        return NotConfigured(fault.message)
    # Of the backend's own doing, whichever its name: its token, its account, its model, the picture itself.
    if isinstance(fault, BackendFailed) or fault.status == BackendFailed.status:
        return ProviderFailed(fault.message)
    return fault
