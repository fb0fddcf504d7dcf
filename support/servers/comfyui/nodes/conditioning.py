"""Nodes that encode texts and say what else guides the sampler."""

from __future__ import annotations

from support.servers.comfyui.nodes.material import Clip, Conditioning, Latent, Prompt
from support.servers.comfyui.nodes.pixels import scaled
from support.servers.comfyui.nodes.registry import Context, Images, Input, choice, node, real

_OUT = ("CONDITIONING",)
_FLUX = "comfy_extras.nodes_flux"
_GUIDANCE = real(3.5, 0.0, 100.0, step=0.1)
# The sizes that Kontext was trained on, as width and height.
_HALF = (
    (672, 1568), (688, 1504), (720, 1456), (752, 1392), (800, 1328), (832, 1248), (880, 1184), (944, 1104),
)  # fmt: skip
KONTEXT_SIZES = (*_HALF, (1024, 1024), *((high, wide) for wide, high in reversed(_HALF)))


@node(
    "CLIPTextEncode",
    category="conditioning",
    display_name="CLIP Text Encode (Prompt)",
    outputs=_OUT,
    required={
        "text": Input("STRING", {"multiline": True, "dynamicPrompts": True, "tooltip": "The prompt."}),
        "clip": Input("CLIP", {"tooltip": "What encodes it."}),
    },
)
def encode(context: Context, text: str, clip: Clip) -> tuple[Conditioning]:
    if clip is None:
        raise RuntimeError("ERROR: clip input is invalid: None")
    return (Conditioning((Prompt(text, clip),)),)


@node(
    "CLIPTextEncodeFlux",
    category="advanced/conditioning/flux",
    module=_FLUX,
    outputs=_OUT,
    required={
        "clip": Input("CLIP"),
        "clip_l": Input("STRING", {"multiline": True, "dynamicPrompts": True}),
        "t5xxl": Input("STRING", {"multiline": True, "dynamicPrompts": True}),
        "guidance": _GUIDANCE,
    },
)
def encode_flux(context: Context, clip: Clip, clip_l: str, t5xxl: str, guidance: float) -> tuple[Conditioning]:
    """Two texts, one for each encoder: which text goes where has an effect too."""
    both = Conditioning((Prompt(clip_l, clip, (("clip_l",),)), Prompt(t5xxl, clip, (("t5xxl",),))))
    return (both.marked("guidance", guidance),)


@node(
    "FluxGuidance",
    category="advanced/conditioning/flux",
    module=_FLUX,
    outputs=_OUT,
    required={"conditioning": Input("CONDITIONING"), "guidance": _GUIDANCE},
)
def flux_guidance(context: Context, conditioning: Conditioning, guidance: float) -> tuple[Conditioning]:
    return (conditioning.marked("guidance", guidance),)


@node(
    "FluxDisableGuidance",
    category="advanced/conditioning/flux",
    module=_FLUX,
    outputs=_OUT,
    required={"conditioning": Input("CONDITIONING")},
)
def flux_disable_guidance(context: Context, conditioning: Conditioning) -> tuple[Conditioning]:
    return (conditioning.marked("guidance", None),)


@node(
    "ReferenceLatent",
    category="advanced/conditioning/edit_models",
    module="comfy_extras.nodes_edit_model",
    outputs=_OUT,
    required={"conditioning": Input("CONDITIONING")},
    optional={"latent": Input("LATENT")},
)
def reference_latent(context: Context, conditioning: Conditioning, latent: Latent | None = None) -> tuple[Conditioning]:
    return (conditioning if latent is None else conditioning.with_reference(latent),)


@node(
    "FluxKontextMultiReferenceLatentMethod",
    category="advanced/conditioning/flux",
    module=_FLUX,
    display_name="Edit Model Reference Method",
    outputs=_OUT,
    required={
        "conditioning": Input("CONDITIONING"),
        "reference_latents_method": choice("offset", "index", "uxo/uno", "index_timestep_zero"),
    },
    experimental=True,
)
def reference_method(
    context: Context, conditioning: Conditioning, reference_latents_method: str
) -> tuple[Conditioning]:
    return (conditioning.marked("method", reference_latents_method),)


@node(
    "FluxKontextImageScale",
    category="advanced/conditioning/flux",
    module=_FLUX,
    outputs=("IMAGE",),
    required={"image": Input("IMAGE")},
)
def kontext_image_scale(context: Context, image: Images) -> tuple[Images]:
    """The size that Kontext knows whose aspect is nearest."""
    aspect = image[0].width / image[0].height
    width, height = min(KONTEXT_SIZES, key=lambda size: abs(aspect - size[0] / size[1]))
    return (scaled(image, width, height, "lanczos", "center"),)


@node(
    "ConditioningZeroOut",
    category="advanced/conditioning",
    outputs=_OUT,
    required={"conditioning": Input("CONDITIONING")},
)
def zero_out(context: Context, conditioning: Conditioning) -> tuple[Conditioning]:
    return (conditioning.zeroed(),)


@node(
    "ConditioningCombine",
    category="conditioning",
    display_name="Conditioning (Combine)",
    outputs=_OUT,
    required={"conditioning_1": Input("CONDITIONING"), "conditioning_2": Input("CONDITIONING")},
)
def combine(context: Context, conditioning_1: Conditioning, conditioning_2: Conditioning) -> tuple[Conditioning]:
    return (conditioning_1.joined(conditioning_2),)


@node(
    "ConditioningConcat",
    category="conditioning",
    display_name="Conditioning (Concat)",
    outputs=_OUT,
    required={"conditioning_to": Input("CONDITIONING"), "conditioning_from": Input("CONDITIONING")},
)
def concat(context: Context, conditioning_to: Conditioning, conditioning_from: Conditioning) -> tuple[Conditioning]:
    return (conditioning_to.joined(conditioning_from).marked("concat"),)


@node(
    "ConditioningAverage",
    category="conditioning",
    outputs=_OUT,
    required={
        "conditioning_to": Input("CONDITIONING"),
        "conditioning_from": Input("CONDITIONING"),
        "conditioning_to_strength": real(1.0, 0.0, 1.0, step=0.01),
    },
)
def average(
    context: Context,
    conditioning_to: Conditioning,
    conditioning_from: Conditioning,
    conditioning_to_strength: float,
) -> tuple[Conditioning]:
    """The stronger text comes first, and its words count."""
    ordered = [conditioning_to, conditioning_from]
    if conditioning_to_strength < 0.5:
        ordered.reverse()
    return (ordered[0].joined(ordered[1]).marked("average", conditioning_to_strength),)
