"""Settings of other programs' pictures, fitted to what a request takes; every adaptation is told."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field

from app.generation.inputs import LONGEST_PROMPT
from app.generation.port import LARGEST_SIDE, SEEDS, SIDE_STEP, Scheduler
from app.recipes.port import Adapted

MOST_STEPS = 50
LARGEST_GUIDANCE = 20.0
LARGEST_SCALE = 4.0

# Names of samplers in the field's programs (small letters and digits alone), by the scheduler that they mean.
# Ancestral and stochastic ones (Euler a, DPM++ SDE) are other samplers: no scheduler of flow matching is them.
_SCHEDULERS: dict[str, Scheduler] = {
    "euler": "FlowMatchEuler",
    "keuler": "FlowMatchEuler",
    "flowmatcheuler": "FlowMatchEuler",
    "flowmatcheulerdiscrete": "FlowMatchEuler",
    "flowmatcheulerdiscretescheduler": "FlowMatchEuler",
    "unipc": "UniPC",
    "unipcbh2": "UniPC",
    "unipcmultistep": "UniPC",
    "unipcmultistepscheduler": "UniPC",
    "dpmpp2m": "DPMSolver++",
    "kdpmpp2m": "DPMSolver++",
    "dpmsolverpp": "DPMSolver++",
    "dpmsolvermultistep": "DPMSolver++",
    "dpmsolvermultistepscheduler": "DPMSolver++",
}
# A plan of noise behind a sampler's name: flow matching has its own.
_PLAN = re.compile(r"(?:karras|exponential|sgmuniform|simple|beta|normal)$")
_PLAIN_PLANS = frozenset({"", "simple", "normal", "automatic"})
_NO_SIGN = re.compile(r"[^a-z0-9]")
_LORA_TAG = re.compile(r"\s*<(?:lora|lyco):[^<>\n]*>", re.IGNORECASE)


@dataclass
class Told:
    """What was adapted, in the order in which it was met."""

    adapted: list[Adapted] = field(default_factory=list)

    def tell(self, name: str, why: str) -> None:
        self.adapted.append(Adapted(name, why))


def prompt(name: str, text: str, told: Told) -> str:
    """The prompt without LoRA tags, which are asked for apart, and no longer than a request may be."""
    kept = "".join(c for c in _LORA_TAG.sub("", text) if c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs"))
    if len(kept) <= LONGEST_PROMPT:
        return kept
    told.tell(name, f"cut to {LONGEST_PROMPT} characters, it has {len(kept)}")
    cut = kept[:LONGEST_PROMPT]
    return cut[: cut.rfind(" ")] if " " in cut[-200:] else cut


def size(width: int | None, height: int | None, smallest: int, told: Told) -> dict[str, int]:
    """width and height in pixels as a request takes them, of the same shape where that can be; {} for none."""
    if width is None or height is None:
        return {}
    shrink = min(1.0, LARGEST_SIDE / max(width, height))
    fitted = {"width": _side(width * shrink, smallest), "height": _side(height * shrink, smallest)}
    if fitted != {"width": width, "height": height}:
        told.tell("size", f"{fitted['width']}×{fitted['height']} in place of {width}×{height}")
    return fitted


def steps(wanted: int | None, told: Told) -> int | None:
    return _whole_within("num_inference_steps", wanted, 1, MOST_STEPS, told)


def guidance(name: str, wanted: float | None, told: Told) -> float | None:
    return None if wanted is None else _within(name, wanted, 0.0, LARGEST_GUIDANCE, told)


def scale(lora: str, strength: float, told: Told) -> float:
    return _within(f"LoRA {lora}", strength, -LARGEST_SCALE, LARGEST_SCALE, told)


def seed(wanted: int | None, told: Told) -> int | None:
    """None for any; -1 means that in the field's programs."""
    if wanted is None or wanted < 0:
        return None
    if wanted >= SEEDS:
        told.tell("seed", f"{wanted % SEEDS} in place of {wanted}: seeds end at {SEEDS - 1} here")
    return wanted % SEEDS


def scheduler(sampler: str | None, plan: str | None, told: Told) -> Scheduler | None:
    """The scheduler that a recipe's sampler means, or the one that it names itself; None for none of ours."""
    named = [name for name in (sampler, plan) if name]
    if not named:
        return None
    found = next((meant for name in named if (meant := _meant(name)) is not None), None)
    if found is None:
        told.tell("sampler", f"{named[0]} is left out: FlowMatchEuler, UniPC and DPMSolver++ can be had")
    elif found not in named:
        told.tell("sampler", f"{found} in place of {named[0]}")
    if plan and _meant(plan) is None and _plain(plan) not in _PLAIN_PLANS:
        told.tell("scheduler", f"{plan} is left out: flow matching has a plan of its own")
    return found


def _meant(name: str) -> Scheduler | None:
    plain = _plain(name)
    return _SCHEDULERS.get(plain) or _SCHEDULERS.get(_PLAN.sub("", plain))


def _plain(name: str) -> str:
    return _NO_SIGN.sub("", name.casefold().replace("++", "pp"))


def _side(pixels: float, smallest: int) -> int:
    least = -(-smallest // SIDE_STEP) * SIDE_STEP
    return min(max(round(pixels / SIDE_STEP) * SIDE_STEP, least), LARGEST_SIDE)


def _whole_within(name: str, wanted: int | None, least: int, most: int, told: Told) -> int | None:
    if wanted is None:
        return None
    fitted = min(max(wanted, least), most)
    if fitted != wanted:
        told.tell(name, f"{fitted} in place of {wanted}: at least {least} and at most {most} are taken")
    return fitted


def _within(name: str, wanted: float, least: float, most: float, told: Told) -> float:
    fitted = min(max(float(wanted), least), most)
    if fitted != wanted:
        told.tell(name, f"{fitted:g} in place of {wanted:g}: at least {least:g} and at most {most:g} are taken")
    return fitted
