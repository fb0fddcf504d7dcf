"""The samplers: no weights, yet every input that has an effect is seen in the pixels, and the same give the same.

The picture is painted from the positive text (`painting`). A latent that shows something, sampled with a
denoise below 1, and a reference latent keep their subject in its place.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from PIL import Image

from support.servers.comfyui.nodes.material import Conditioning, Latent, Model, chance_of
from support.servers.comfyui.nodes.painting import Wish, noise, painted, recoloured
from support.servers.comfyui.nodes.registry import Context, Input, OutOfMemoryError, choice, node, real, whole

SAMPLERS = (
    "euler", "euler_cfg_pp", "euler_ancestral", "euler_ancestral_cfg_pp", "heun", "heunpp2", "exp_heun_2_x0",
    "exp_heun_2_x0_sde", "dpm_2", "dpm_2_ancestral", "lms", "dpm_fast", "dpm_adaptive", "dpmpp_2s_ancestral",
    "dpmpp_2s_ancestral_cfg_pp", "dpmpp_sde", "dpmpp_sde_gpu", "dpmpp_2m", "dpmpp_2m_cfg_pp", "dpmpp_2m_sde",
    "dpmpp_2m_sde_gpu", "dpmpp_2m_sde_heun", "dpmpp_2m_sde_heun_gpu", "dpmpp_3m_sde", "dpmpp_3m_sde_gpu", "ddpm",
    "lcm", "ipndm", "ipndm_v", "deis", "res_multistep", "res_multistep_cfg_pp", "res_multistep_ancestral",
    "res_multistep_ancestral_cfg_pp", "gradient_estimation", "gradient_estimation_cfg_pp", "er_sde", "seeds_2",
    "seeds_3", "sa_solver", "sa_solver_pece", "ddim", "uni_pc", "uni_pc_bh2",
)  # fmt: skip
SCHEDULERS = (
    "simple", "sgm_uniform", "karras", "exponential", "ddim_uniform", "beta", "normal", "linear_quadratic",
    "kl_optimal",
)  # fmt: skip
SEED = whole(0, 0, 2**64 - 1, control_after_generate=True)


@dataclass(frozen=True)
class Run:
    """One run of a sampler. steps: that are done; settings: sampler, scheduler and what else shapes the steps.

    seed: None without noise. negative: None where there is none. keeps: whether what the latent shows counts.
    """

    model: Model
    positive: Conditioning
    negative: Conditioning | None
    cfg: float
    steps: int
    seed: int | None
    settings: tuple[Any, ...]
    latent: Latent
    keeps: bool

    def chance(self, index: int) -> bytes:
        """What picture `index` of the batch follows from; at a cfg of 1 the negative text has no effect."""
        negative = self.negative.effect() if self.negative is not None and self.cfg != 1 else None
        shown = self.latent.effect()[index] if self.keeps else None
        size = (self.latent.width, self.latent.height)
        noise_number = (self.seed, self.latent.number_of(index))
        guides = (self.positive.effect(), negative, self.cfg)
        return chance_of((self.model, guides, self.steps, self.settings, noise_number, shown, size))

    def picture(self, index: int) -> Image.Image:
        avoided = self.negative.text if self.negative is not None and self.cfg > 1 else ""
        size = (self.latent.width, self.latent.height)
        wish = Wish(self.positive.text, avoided, size, self.chance(index))
        references = self.positive.references
        if self.keeps:
            return self._unmasked(recoloured(self.latent.pictures[index], wish), index)
        return recoloured(references[0], wish) if references else painted(wish)

    def _unmasked(self, made: Image.Image, index: int) -> Image.Image:
        """New where the mask says so, else what was there."""
        if self.latent.mask is None:
            return made
        return Image.composite(made, self.latent.pictures[index], self.latent.mask.resize(made.size))


def sampled(context: Context, run: Run) -> Latent:
    """All steps, each told. Raises OutOfMemoryError before the first, and Interrupted between two."""
    left = context.memory_pixels
    if left is not None and run.latent.pixels > left:
        # Beginning and shape as torch's allocator has them; the figures are the double's.
        raise OutOfMemoryError(
            "Allocation on device 0 would exceed allowed memory. (out of memory)\n"
            f"Requested               : {run.latent.pixels} pixels\nDevice limit            : "
            f"{left} pixels"
        )
    if left is not None:
        # The pictures of one prompt stay until its end: what one sampler made is missing for the next.
        context.memory_pixels = left - run.latent.pixels
    if run.steps < 1:
        return run.latent
    made = tuple(run.picture(index) for index in range(run.latent.count))
    for step in range(1, run.steps + 1):
        context.progress(step, run.steps, _preview(run, made[0], step) if context.wants_previews else None)
    return replace(run.latent, pictures=made)


def _preview(run: Run, picture: Image.Image, step: int) -> Image.Image:
    """A small look at the first picture: less and less noise."""
    size = (max(picture.width // 8, 1), max(picture.height // 8, 1))
    return Image.blend(noise(size, run.chance(0)), picture.resize(size), step / run.steps)


_KSAMPLER = {
    "model": Input("MODEL", {"tooltip": "What denoises."}),
    "seed": whole(0, 0, 2**64 - 1, control_after_generate=True, tooltip="What the noise follows from."),
    "steps": whole(20, 1, 10000, tooltip="How many inference steps."),
    "cfg": real(8.0, 0.0, 100.0, step=0.1, round=0.01, tooltip="How strongly the prompts count."),
    "sampler_name": choice(*SAMPLERS, tooltip="How the steps are computed."),
    "scheduler": choice(*SCHEDULERS, tooltip="How the noise falls."),
    "positive": Input("CONDITIONING", {"tooltip": "What shall be seen."}),
    "negative": Input("CONDITIONING", {"tooltip": "What shall not."}),
    "latent_image": Input("LATENT", {"tooltip": "What is denoised."}),
    "denoise": real(1.0, 0.0, 1.0, step=0.01, tooltip="Below 1 the latent shows through."),
}


@node("KSampler", category="sampling", outputs=("LATENT",), required=_KSAMPLER)
def ksampler(
    context: Context,
    *,
    model: Model,
    seed: int,
    steps: int,
    cfg: float,
    sampler_name: str,
    scheduler: str,
    positive: Conditioning,
    negative: Conditioning,
    latent_image: Latent,
    denoise: float = 1.0,
) -> tuple[Latent]:
    run = Run(
        model=model,
        positive=positive,
        negative=negative,
        cfg=cfg,
        steps=steps if denoise > 0 else 0,
        seed=seed,
        settings=(sampler_name, scheduler, denoise),
        latent=latent_image,
        keeps=denoise < 1 and bool(latent_image.pictures),
    )
    return (sampled(context, run),)


@node(
    "KSamplerAdvanced",
    category="sampling",
    display_name="KSampler (Advanced)",
    outputs=("LATENT",),
    required={
        "model": Input("MODEL"),
        "add_noise": choice("enable", "disable"),
        "noise_seed": SEED,
        "steps": whole(20, 1, 10000),
        "cfg": real(8.0, 0.0, 100.0, step=0.1, round=0.01),
        "sampler_name": choice(*SAMPLERS),
        "scheduler": choice(*SCHEDULERS),
        "positive": Input("CONDITIONING"),
        "negative": Input("CONDITIONING"),
        "latent_image": Input("LATENT"),
        "start_at_step": whole(0, 0, 10000),
        "end_at_step": whole(10000, 0, 10000),
        "return_with_leftover_noise": choice("disable", "enable"),
    },
)
def ksampler_advanced(
    context: Context,
    *,
    model: Model,
    add_noise: str,
    noise_seed: int,
    steps: int,
    cfg: float,
    sampler_name: str,
    scheduler: str,
    positive: Conditioning,
    negative: Conditioning,
    latent_image: Latent,
    start_at_step: int,
    end_at_step: int,
    return_with_leftover_noise: str,
) -> tuple[Latent]:
    """Only the steps from start to end; a later start lets the latent show through."""
    run = Run(
        model=model,
        positive=positive,
        negative=negative,
        cfg=cfg,
        steps=max(min(end_at_step, steps) - start_at_step, 0),
        seed=noise_seed if add_noise == "enable" else None,
        settings=(sampler_name, scheduler, steps, start_at_step, return_with_leftover_noise),
        latent=latent_image,
        keeps=start_at_step > 0 and bool(latent_image.pictures),
    )
    return (sampled(context, run),)
