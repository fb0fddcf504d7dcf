"""Recipes become generation jobs: what a backend cannot take as it is, is fitted or left out, and told."""

from __future__ import annotations

from typing import Any

from app.errors import InvalidInput
from app.generation import fitting
from app.generation.fitting import Told
from app.generation.inputs import MOST_LORAS, JobRequest, LoraInput, as_asked, to_generation_request
from app.generation.service import Generation, Order
from app.model_files import SUFFIXES
from app.recipes.port import Sent, Wish
from app.recipes.recipe import RecipeSettings

JOBS = "/api/v1/generation-jobs"
_NOT_OWNED = "left out: the library does not have it"


class RecipeJobs:
    """Paints recipes with the studio's own generation."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation

    def paint(self, wish: Wish) -> Sent:
        """Queue a job with these settings. Raises InvalidInput for a recipe without a prompt, QueueFull."""
        told = Told()
        asked = self._request(wish, told)
        request = to_generation_request(asked, ())
        order = Order(request=request, seeded=asked.seed is not None, asked=as_asked(asked))
        job, _ = self._generation.create(order)
        return Sent(job_id=job.id, url=f"{JOBS}/{job.id}", adapted=tuple(told.adapted))

    def _request(self, wish: Wish, told: Told) -> JobRequest:
        settings = wish.settings
        prompt = fitting.prompt("prompt", settings.prompt or "", told)
        if not prompt.strip():
            raise InvalidInput(
                "this recipe names no prompt; give it one before it is sent", field="prompt", code="no_prompt"
            )
        # Asked only where it matters: a server may have to be asked for it.
        there = self._generation.backend.details() if wish.loras or wish.checkpoints else {}
        known: dict[str, Any] = {
            "guidance_scale": fitting.guidance("guidance_scale", settings.guidance_scale, told),
            "true_cfg_scale": fitting.guidance("true_cfg_scale", settings.true_cfg_scale, told),
            "steps": fitting.steps(settings.num_inference_steps, told),
            "seed": fitting.seed(settings.seed, told),
            "scheduler": fitting.scheduler(settings.sampler, settings.scheduler, told),
            "checkpoint": _checkpoint(wish, there, told),
        }
        size = fitting.size(settings.width, settings.height, self._generation.backend.smallest_side, told)
        negative = fitting.prompt("negative_prompt", settings.negative_prompt or "", told)
        _tell_the_rest(settings, negative, told)
        given = {name: value for name, value in known.items() if value is not None} | size
        loras = _loras(wish, there, told)
        return JobRequest.model_validate({"prompt": prompt, "negative_prompt": negative, "loras": loras, **given})


def _loras(wish: Wish, there: dict[str, object], told: Told) -> list[LoraInput]:
    """The LoRAs that somebody has, the backend alone or the library; by name, as the backend asks for them."""
    listed = _names(there, "loras")
    # Without a list nobody can say, and the library decides; with one, only what the backend has can be painted.
    loras: list[LoraInput] = []
    for lora in wish.loras:
        if (listed and _matching(lora.name, listed) is None) or not (listed or lora.owned):
            told.tell(f"LoRA {lora.name}", "left out: the backend does not have it" if listed else _NOT_OWNED)
        elif len(loras) == MOST_LORAS:
            told.tell(f"LoRA {lora.name}", f"left out: at most {MOST_LORAS} LoRAs are taken")
        else:
            loras.append(LoraInput(name=lora.name, scale=fitting.scale(lora.name, lora.strength, told)))
    return loras


def _checkpoint(wish: Wish, there: dict[str, object], told: Told) -> str | None:
    if not wish.checkpoints:
        return None
    listed = _names(there, "checkpoints")
    found = next((match for name in wish.checkpoints if (match := _matching(name, listed)) is not None), None)
    if found is None:
        told.tell("checkpoint", f"painted with the backend's own; it does not have {wish.checkpoints[0]}")
    return found


def _names(there: dict[str, object], kind: str) -> list[str]:
    listed = there.get(kind)
    return [str(name) for name in listed] if isinstance(listed, list) else []


def _matching(name: str, listed: list[str]) -> str | None:
    return next((one for one in listed if _stem(one) == _stem(name)), None)


def _stem(name: str) -> str:
    base = name.replace("\\", "/").rpartition("/")[2]
    stem, dot, ending = base.rpartition(".")
    return (stem if dot and f".{ending.lower()}" in SUFFIXES else base).casefold()


def _tell_the_rest(settings: RecipeSettings, negative: str, told: Told) -> None:
    """What no field of a request stands for."""
    if settings.clip_skip is not None and settings.clip_skip > 1:
        told.tell("clip_skip", f"left out, it was {settings.clip_skip}: these models read their text to the end")
    if settings.denoising_strength is not None and settings.denoising_strength < 1:
        told.tell("denoising_strength", "left out: there is no picture to start from")
    if negative and (settings.true_cfg_scale or 1) <= 1:
        told.tell("negative_prompt", "has no effect: the recipe names no true_cfg_scale above 1")
