"""Which inputs of a request had an effect on its pictures, by the names of the call, and which had none, and why."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from app.generation.album import Output
from app.generation.port import GenerationRequest, NotApplied, Painting


def effects_of(
    request: GenerationRequest, output: Output, painting: Painting
) -> tuple[dict[str, Any], list[dict[str, str]]]:
    """What was applied, with its values, and what was not, each with name and why."""
    idle = [*_idle(request), *painting.not_applied]
    without = {one.name for one in idle}
    if any(lora.scale for lora in request.loras):
        without.discard("loras")
    applied = {name: value for name, value in _given(request, output).items() if name not in without}
    return applied | {"checkpoint": painting.checkpoint}, [asdict(one) for one in idle]


def _given(request: GenerationRequest, output: Output) -> dict[str, Any]:
    given: dict[str, Any] = {
        "prompt": request.prompt,
        "width": request.width,
        "height": request.height,
        "steps": request.num_inference_steps,
        "guidance_scale": request.guidance_scale,
        "scheduler": request.scheduler,
        "seed": request.seed,
        "num_images": request.num_images,
        "output_format": output.format,
    }
    if request.prompt_2:
        given["prompt_2"] = request.prompt_2
    if request.references:
        count = len(request.references)
        given["image"] = f"{count} reference image{'' if count == 1 else 's'}"
    if request.loras:
        given["loras"] = [asdict(lora) for lora in request.loras if lora.scale]
    if output.format != "PNG":
        given["output_quality"] = output.quality
    if request.avoids:
        given["true_cfg_scale"] = request.true_cfg_scale
        given |= {name: text for name in ("negative_prompt", "negative_prompt_2") if (text := getattr(request, name))}
    return given


def _idle(request: GenerationRequest) -> list[NotApplied]:
    idle = [NotApplied("loras", f"{lora.name} has the scale 0") for lora in request.loras if not lora.scale]
    if not request.avoids:
        idle += [
            NotApplied(name, "it has an effect only with a true_cfg_scale above 1")
            for name in ("negative_prompt", "negative_prompt_2")
            if getattr(request, name)
        ]
        if request.true_cfg_scale > 1:
            idle.append(NotApplied("true_cfg_scale", "it has an effect only with a negative prompt"))
    return idle
