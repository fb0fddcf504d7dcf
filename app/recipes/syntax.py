"""A recipe's LoRAs as prompts name them: `<lora:neon-city:0.8>`."""

from __future__ import annotations

from pathlib import PurePosixPath

from app.model_files import SUFFIXES
from app.recipes.linking import Links
from app.recipes.recipe import RecipeLora


def syntax_of(loras: tuple[RecipeLora, ...], links: Links) -> str:
    """One tag for each LoRA that is used, under the name of its file where the library has it."""
    return " ".join(f"<lora:{name_of(lora, links)}:{_number(lora.strength)}>" for lora in loras if not lora.excluded)


def name_of(lora: RecipeLora, links: Links) -> str:
    """The file name without folder and extension: what web UIs and the studio's backends find a LoRA by."""
    model = links.lora(lora)
    return model.name if model is not None else stem_of(lora.name)


def stem_of(name: str) -> str:
    """`styles\\neon-city.safetensors` is neon-city; v1.5 keeps its point."""
    path = PurePosixPath(name.replace("\\", "/"))
    return path.stem if path.suffix.lower() in SUFFIXES else path.name


def _number(strength: float) -> str:
    """As short as it can be said: 0.8, 1, -0.25."""
    text = repr(round(strength, 4) + 0.0)
    return text.removesuffix(".0")
