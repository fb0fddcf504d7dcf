"""The sampler in pieces: noise, guider, sampler and sigmas as nodes of their own, as FLUX workflows have it."""

from __future__ import annotations

from dataclasses import dataclass

from support.servers.comfyui.nodes.material import Conditioning, Latent, Model
from support.servers.comfyui.nodes.registry import Context, Input, choice, node, real, whole
from support.servers.comfyui.nodes.sampling import SAMPLERS, SCHEDULERS, SEED, Run, sampled

_CUSTOM = "comfy_extras.nodes_custom_sampler"


@dataclass(frozen=True)
class Noise:
    """seed: None for none."""

    seed: int | None


@dataclass(frozen=True)
class Sigmas:
    """A scheduler's steps."""

    scheduler: str
    steps: int
    denoise: float


@dataclass(frozen=True)
class Guider:
    """A model with what guides it."""

    model: Model
    positive: Conditioning
    negative: Conditioning | None = None
    cfg: float = 1.0


@node(
    "RandomNoise",
    category="sampling/custom_sampling/noise",
    module=_CUSTOM,
    outputs=("NOISE",),
    required={"noise_seed": SEED},
)
def random_noise(context: Context, noise_seed: int) -> tuple[Noise]:
    return (Noise(noise_seed),)


@node("DisableNoise", category="sampling/custom_sampling/noise", module=_CUSTOM, outputs=("NOISE",))
def disable_noise(context: Context) -> tuple[Noise]:
    return (Noise(None),)


@node(
    "KSamplerSelect",
    category="sampling/custom_sampling/samplers",
    module=_CUSTOM,
    outputs=("SAMPLER",),
    required={"sampler_name": choice(*SAMPLERS)},
)
def ksampler_select(context: Context, sampler_name: str) -> tuple[str]:
    return (sampler_name,)


@node(
    "BasicScheduler",
    category="sampling/custom_sampling/schedulers",
    module=_CUSTOM,
    outputs=("SIGMAS",),
    required={
        "model": Input("MODEL"),
        "scheduler": choice(*SCHEDULERS),
        "steps": whole(20, 1, 10000),
        "denoise": real(1.0, 0.0, 1.0, step=0.01),
    },
)
def basic_scheduler(context: Context, model: Model, scheduler: str, steps: int, denoise: float) -> tuple[Sigmas]:
    return (Sigmas(scheduler, steps if denoise > 0 else 0, denoise),)


@node(
    "BasicGuider",
    category="sampling/custom_sampling/guiders",
    module=_CUSTOM,
    outputs=("GUIDER",),
    required={"model": Input("MODEL"), "conditioning": Input("CONDITIONING")},
)
def basic_guider(context: Context, model: Model, conditioning: Conditioning) -> tuple[Guider]:
    return (Guider(model, conditioning),)


@node(
    "CFGGuider",
    category="sampling/custom_sampling/guiders",
    module=_CUSTOM,
    outputs=("GUIDER",),
    required={
        "model": Input("MODEL"),
        "positive": Input("CONDITIONING"),
        "negative": Input("CONDITIONING"),
        "cfg": real(8.0, 0.0, 100.0, step=0.1, round=0.01),
    },
)
def cfg_guider(
    context: Context, model: Model, positive: Conditioning, negative: Conditioning, cfg: float
) -> tuple[Guider]:
    return (Guider(model, positive, negative, cfg),)


@node(
    "SamplerCustomAdvanced",
    category="sampling/custom_sampling",
    module=_CUSTOM,
    outputs=("LATENT", "LATENT"),
    output_names=("output", "denoised_output"),
    required={
        "noise": Input("NOISE"),
        "guider": Input("GUIDER"),
        "sampler": Input("SAMPLER"),
        "sigmas": Input("SIGMAS"),
        "latent_image": Input("LATENT"),
    },
)
def sampler_custom_advanced(
    context: Context, *, noise: Noise, guider: Guider, sampler: str, sigmas: Sigmas, latent_image: Latent
) -> tuple[Latent, Latent]:
    run = Run(
        model=guider.model,
        positive=guider.positive,
        negative=guider.negative,
        cfg=guider.cfg,
        steps=sigmas.steps,
        seed=noise.seed,
        settings=(sampler, sigmas.scheduler, sigmas.denoise),
        latent=latent_image,
        keeps=sigmas.denoise < 1 and bool(latent_image.pictures),
    )
    made = sampled(context, run)
    return made, made
