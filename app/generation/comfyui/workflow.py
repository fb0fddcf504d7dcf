"""Workflows for ComfyUI, computed from requests: nodes by number, links as [node, output]. Nothing here asks a server.

A batch is one graph: loaders and texts are shared, and each picture has a branch of its own with its own
seed. A latent batch would draw its noise from one seed, and picture k would not be the picture of seed + k.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.generation.port import GenerationRequest, Scheduler

Graph = dict[str, dict[str, Any]]
Link = list[Any]
WorkflowName = Literal["checkpoint", "kontext"]

SAMPLERS: dict[Scheduler, tuple[str, str]] = {
    "FlowMatchEuler": ("euler", "simple"),
    "UniPC": ("uni_pc", "simple"),
    "DPMSolver++": ("dpmpp_2m", "simple"),
}
# The folder inside ComfyUI's output folder, so that a person finds her own pictures beside the studio's.
FOLDER = "proofsheet"
REFERENCE_MULTIPLE = 16


@dataclass(frozen=True)
class Parts:
    """The files to paint with, as the server names them.

    checkpoint: with `kontext` the diffusion model alone, and clip (CLIP-L, T5) and vae beside it.
    loras: with their scales, in the order of the request.
    """

    checkpoint: str
    loras: tuple[tuple[str, float], ...] = ()
    clip: tuple[str, str] | None = None
    vae: str | None = None


@dataclass(frozen=True)
class Reference:
    """A reference image as LoadImage names it; width, height: pixels, as they are looked at."""

    name: str
    width: int
    height: int


@dataclass(frozen=True)
class Branch:
    """What paints one picture. sampler, output: the numbers of its KSampler and of its SaveImage."""

    number: int
    seed: int
    sampler: str
    output: str


@dataclass(frozen=True)
class Workflow:
    """A graph, and where in it each picture is painted."""

    graph: Graph
    branches: tuple[Branch, ...]

    def name_of(self, node: str) -> str:
        """A node as people know it: `KSampler (5)`."""
        return f"{self.graph[node]['class_type']} ({node})" if node in self.graph else f"node {node}"


@dataclass(frozen=True)
class _Loaded:
    model: Link
    clip: Link
    vae: Link


def build(
    request: GenerationRequest,
    parts: Parts,
    *,
    prefix: str,
    references: Sequence[Reference] = (),
    denoise: float = 1.0,
    numbers: Sequence[int] | None = None,
) -> Workflow:
    """The workflow for this request, of the kind that parts and references ask for.

    With clip and vae apart it is FLUX.1-Kontext, which edits its references; with one checkpoint it is
    image-to-image on the first reference, where denoise says how much is painted anew.
    prefix: begins the names of the files. numbers: which pictures of the batch; all of them by default.
    """
    nodes = _Nodes(request, parts)
    kontext = parts.clip is not None
    latents = [nodes.reference_latent(one) for one in references] if kontext else []
    if references and not kontext:
        start = nodes.encoded(references[0], request.width, request.height, crop="center")
    else:
        size = {"width": request.width, "height": request.height}
        start, denoise = [nodes.add("EmptyLatentImage", **size, batch_size=1), 0], 1.0
    sampling = {
        "positive": nodes.conditioning(request.prompt, request.prompt_2, latents),
        "negative": nodes.negative(latents),
        "latent_image": start,
        "denoise": denoise,
    }
    chosen = range(request.num_images) if numbers is None else numbers
    branches = tuple(nodes.branch(number, prefix, sampling) for number in chosen)
    return Workflow(nodes.graph, branches)


def size_beside(reference: tuple[int, int], width: int, height: int) -> tuple[int, int]:
    """A reference's size for an edit: its own aspect, about as many pixels as the picture, sides multiples of 16."""
    aspect = reference[0] / reference[1]
    tall = math.sqrt(width * height / aspect)
    return _multiple(tall * aspect), _multiple(tall)


def _multiple(side: float) -> int:
    return max(REFERENCE_MULTIPLE, round(side / REFERENCE_MULTIPLE) * REFERENCE_MULTIPLE)


class _Nodes:
    """A graph that grows; each node is numbered as it comes."""

    def __init__(self, request: GenerationRequest, parts: Parts) -> None:
        self.graph: Graph = {}
        self._request = request
        self._loaded = self._with_loras(self._loaders(parts), parts.loras)

    def add(self, class_type: str, **inputs: Any) -> str:
        number = str(len(self.graph) + 1)
        self.graph[number] = {"class_type": class_type, "inputs": inputs}
        return number

    def conditioning(self, text: str, text_2: str, latents: Sequence[Link]) -> Link:
        """Text, then the references' latents, then FLUX's guidance. text_2: for T5 alone, when it is another."""
        guidance = float(self._request.guidance_scale)
        if text_2 and text_2 != text:
            both = {"clip_l": text, "t5xxl": text_2, "guidance": guidance}
            link: Link = [self.add("CLIPTextEncodeFlux", clip=self._loaded.clip, **both), 0]
        else:
            link = [self.add("CLIPTextEncode", clip=self._loaded.clip, text=text), 0]
        for latent in latents:
            link = [self.add("ReferenceLatent", conditioning=link, latent=latent), 0]
        return [self.add("FluxGuidance", conditioning=link, guidance=guidance), 0]

    def negative(self, latents: Sequence[Link]) -> Link:
        """What is avoided; diffusers gives references and guidance to its negative pass as well, and so do we.

        Where nothing is, an empty text, which ComfyUI leaves aside at a cfg of 1 and keeps in its cache.
        """
        request = self._request
        if request.avoids:
            return self.conditioning(request.negative_prompt, request.negative_prompt_2, latents)
        return [self.add("CLIPTextEncode", clip=self._loaded.clip, text=""), 0]

    def reference_latent(self, reference: Reference) -> Link:
        size = (reference.width, reference.height)
        width, height = size_beside(size, self._request.width, self._request.height)
        return self.encoded(reference, width, height, crop="disabled")

    def encoded(self, reference: Reference, width: int, height: int, *, crop: str) -> Link:
        image: Link = [self.add("LoadImage", image=reference.name), 0]
        scaling = {"upscale_method": "lanczos", "width": width, "height": height, "crop": crop}
        scaled: Link = [self.add("ImageScale", image=image, **scaling), 0]
        return [self.add("VAEEncode", pixels=scaled, vae=self._loaded.vae), 0]

    def branch(self, number: int, prefix: str, sampling: dict[str, Any]) -> Branch:
        request = self._request
        seed = request.seed_of(number)
        sampler_name, scheduler = SAMPLERS[request.scheduler]
        sampler = self.add(
            "KSampler",
            model=self._loaded.model,
            seed=seed,
            steps=request.num_inference_steps,
            cfg=float(request.true_cfg_scale) if request.avoids else 1.0,
            sampler_name=sampler_name,
            scheduler=scheduler,
            **sampling,
        )
        decoded = self.add("VAEDecode", samples=[sampler, 0], vae=self._loaded.vae)
        # A name of its own for every attempt: an answer from ComfyUI's cache would name an older file, which
        # may have been deleted meanwhile.
        name = f"{FOLDER}/{prefix}-{number + 1}"
        output = self.add("SaveImage", images=[decoded, 0], filename_prefix=name)
        return Branch(number, seed, sampler, output)

    def _loaders(self, parts: Parts) -> _Loaded:
        if parts.clip is None:
            loader = self.add("CheckpointLoaderSimple", ckpt_name=parts.checkpoint)
            return _Loaded(model=[loader, 0], clip=[loader, 1], vae=[loader, 2])
        first, second = parts.clip
        return _Loaded(
            model=[self.add("UNETLoader", unet_name=parts.checkpoint, weight_dtype="default"), 0],
            clip=[self.add("DualCLIPLoader", clip_name1=first, clip_name2=second, type="flux"), 0],
            vae=[self.add("VAELoader", vae_name=parts.vae), 0],
        )

    def _with_loras(self, loaded: _Loaded, loras: Sequence[tuple[str, float]]) -> _Loaded:
        model, clip = loaded.model, loaded.clip
        for name, scale in loras:
            if not scale:
                continue  # not even loaded, so that off is bit-equal to absent
            strengths = {"strength_model": float(scale), "strength_clip": float(scale)}
            chained = self.add("LoraLoader", model=model, clip=clip, lora_name=name, **strengths)
            model, clip = [chained, 0], [chained, 1]
        return _Loaded(model, clip, loaded.vae)
