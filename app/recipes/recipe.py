"""What a recipe says: the settings that made a picture, and the LoRAs with their strengths."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True)
class RecipeLora:
    """One LoRA as the picture names it.

    hash: as written there (lower case), None when it names none. model_version_id: the hub's. excluded:
    kept in the recipe, but not used.
    """

    name: str
    strength: float = 1.0
    hash: str | None = None
    model_version_id: int | None = None
    excluded: bool = False


@dataclass(frozen=True)
class RecipeSettings:
    """The settings of one picture, in diffusers' names; None: the picture does not say.

    width, height: pixels. denoising_strength: 0 (kept as it was) to 1 (made new). Prompts are kept to
    the letter, LoRA tags in them included.
    """

    prompt: str | None = None
    negative_prompt: str | None = None
    num_inference_steps: int | None = None
    sampler: str | None = None
    scheduler: str | None = None
    guidance_scale: float | None = None
    true_cfg_scale: float | None = None
    seed: int | None = None
    width: int | None = None
    height: int | None = None
    checkpoint: str | None = None
    checkpoint_hash: str | None = None
    clip_skip: int | None = None
    denoising_strength: float | None = None

    def said(self) -> dict[str, Any]:
        """Only what is known, JSON-ready."""
        return {f.name: value for f in fields(self) if (value := getattr(self, f.name)) is not None}


@dataclass(frozen=True)
class Reading:
    """What a picture's text says about how it was made.

    format: 'a1111', or None when nothing was recognised; confidence: 0 (none) to 1 (certain). What follows
    base_model and checkpoint_version_id (the hub's) only our own pictures say, mature also Civitai's.
    """

    format: str | None = None
    confidence: float = 0.0
    settings: RecipeSettings = field(default_factory=RecipeSettings)
    loras: tuple[RecipeLora, ...] = ()
    base_model: str | None = None
    checkpoint_version_id: int | None = None
    title: str | None = None
    tags: tuple[str, ...] = ()
    source: str | None = None
    favorite: bool | None = None
    rating: int | None = None
    mature: bool | None = None


def lora_view(lora: RecipeLora) -> dict[str, Any]:
    """A LoRA, JSON-ready; without a hash when none is known."""
    return {name: value for name, value in asdict(lora).items() if value is not None}
