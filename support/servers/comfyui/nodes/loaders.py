"""Nodes that load checkpoints, LoRAs, VAEs and text encoders: names alone, as the double has no weights."""

from __future__ import annotations

from support.servers.comfyui.nodes.material import Clip, Model, Vae, there
from support.servers.comfyui.nodes.registry import Context, Input, choice, model_file, node, real, whole

_DEVICE = choice("default", "cpu", advanced=True)
_CLIP_TYPES = (
    "stable_diffusion", "stable_cascade", "sd3", "stable_audio", "mochi", "ltxv", "pixart", "cosmos", "lumina2", "wan",
    "hidream", "chroma", "ace", "omnigen2", "qwen_image", "hunyuan_image", "flux2", "ovis",
)  # fmt: skip
_DUAL_CLIP_TYPES = (
    "sdxl", "sd3", "flux", "hunyuan_video", "hidream", "hunyuan_image", "hunyuan_video_15", "kandinsky5",
    "kandinsky5_image", "ltxv", "newbie",
)  # fmt: skip
# A VAE that the real server has without any file.
_NO_FILE = "pixel_space"


@node(
    "CheckpointLoaderSimple",
    category="loaders",
    display_name="Load Checkpoint",
    outputs=("MODEL", "CLIP", "VAE"),
    required={"ckpt_name": model_file("checkpoints", tooltip="Which checkpoint is loaded.")},
)
def load_checkpoint(context: Context, ckpt_name: str) -> tuple[Model, Clip, Vae]:
    name = there(context, "checkpoints", ckpt_name)
    return Model(name), Clip((name,)), Vae(name)


@node(
    "UNETLoader",
    category="advanced/loaders",
    display_name="Load Diffusion Model",
    outputs=("MODEL",),
    required={
        "unet_name": model_file("diffusion_models"),
        "weight_dtype": choice("default", "fp8_e4m3fn", "fp8_e4m3fn_fast", "fp8_e5m2"),
    },
)
def load_unet(context: Context, unet_name: str, weight_dtype: str) -> tuple[Model]:
    model = Model(there(context, "diffusion_models", unet_name))
    return (model if weight_dtype == "default" else model.patched("dtype", weight_dtype),)


@node(
    "CLIPLoader",
    category="advanced/loaders",
    display_name="Load CLIP",
    outputs=("CLIP",),
    required={"clip_name": model_file("text_encoders"), "type": choice(*_CLIP_TYPES)},
    optional={"device": _DEVICE},
)
def load_clip(context: Context, clip_name: str, type: str, device: str = "default") -> tuple[Clip]:  # noqa: A002
    return (Clip((there(context, "text_encoders", clip_name), type)),)


@node(
    "DualCLIPLoader",
    category="advanced/loaders",
    outputs=("CLIP",),
    required={
        "clip_name1": model_file("text_encoders"),
        "clip_name2": model_file("text_encoders"),
        "type": choice(*_DUAL_CLIP_TYPES),
    },
    optional={"device": _DEVICE},
)
def load_two_clips(
    context: Context,
    clip_name1: str,
    clip_name2: str,
    type: str,  # noqa: A002
    device: str = "default",
) -> tuple[Clip]:
    names = [there(context, "text_encoders", name) for name in (clip_name1, clip_name2)]
    return (Clip((*names, type)),)


@node(
    "CLIPSetLastLayer",
    category="conditioning",
    display_name="CLIP Set Last Layer",
    outputs=("CLIP",),
    required={"clip": Input("CLIP"), "stop_at_clip_layer": whole(-1, -24, -1, step=1)},
)
def clip_set_last_layer(context: Context, clip: Clip, stop_at_clip_layer: int) -> tuple[Clip]:
    return (clip.patched("layer", stop_at_clip_layer),)


@node(
    "VAELoader",
    category="loaders",
    display_name="Load VAE",
    outputs=("VAE",),
    required={
        "vae_name": Input("COMBO", among=lambda folders: [*folders.models.get("vae", []), _NO_FILE]),
    },
)
def load_vae(context: Context, vae_name: str) -> tuple[Vae]:
    return (Vae(vae_name if vae_name == _NO_FILE else there(context, "vae", vae_name), own=False),)


def _patched(context: Context, model: Model, name: str, strength: float) -> Model:
    return model.patched("lora", there(context, "loras", name), strength) if strength else model


@node(
    "LoraLoader",
    category="loaders",
    display_name="Load LoRA",
    outputs=("MODEL", "CLIP"),
    required={
        "model": Input("MODEL", {"tooltip": "What the LoRA changes."}),
        "clip": Input("CLIP", {"tooltip": "The text encoder that it changes too."}),
        "lora_name": model_file("loras", tooltip="Which LoRA."),
        "strength_model": real(1.0, -100.0, 100.0, step=0.01, tooltip="How strongly; 0 is off."),
        "strength_clip": real(1.0, -100.0, 100.0, step=0.01, tooltip="How strongly; 0 is off."),
    },
)
def load_lora(
    context: Context, *, model: Model, clip: Clip, lora_name: str, strength_model: float, strength_clip: float
) -> tuple[Model, Clip]:
    """A strength of 0 leaves that part exactly as it is."""
    changed = _patched(context, model, lora_name, strength_model)
    if not strength_clip:
        return changed, clip
    return changed, clip.patched("lora", there(context, "loras", lora_name), strength_clip)


@node(
    "LoraLoaderModelOnly",
    category="loaders",
    outputs=("MODEL",),
    required={
        "model": Input("MODEL"),
        "lora_name": model_file("loras"),
        "strength_model": real(1.0, -100.0, 100.0, step=0.01),
    },
)
def load_lora_model_only(context: Context, model: Model, lora_name: str, strength_model: float) -> tuple[Model]:
    return (_patched(context, model, lora_name, strength_model),)


@node(
    "ModelSamplingFlux",
    category="advanced/model",
    module="comfy_extras.nodes_model_advanced",
    modern=False,
    outputs=("MODEL",),
    required={
        "model": Input("MODEL"),
        "max_shift": real(1.15, 0.0, 100.0, step=0.01),
        "base_shift": real(0.5, 0.0, 100.0, step=0.01),
        "width": whole(1024, 16, 16384, step=8),
        "height": whole(1024, 16, 16384, step=8),
    },
)
def model_sampling_flux(
    context: Context, *, model: Model, max_shift: float, base_shift: float, width: int, height: int
) -> tuple[Model]:
    return (model.patched("flux", max_shift, base_shift, width, height),)


@node(
    "ModelSamplingSD3",
    category="advanced/model",
    module="comfy_extras.nodes_model_advanced",
    modern=False,
    outputs=("MODEL",),
    required={"model": Input("MODEL"), "shift": real(3.0, 0.0, 100.0, step=0.01)},
)
def model_sampling_sd3(context: Context, model: Model, shift: float) -> tuple[Model]:
    return (model.patched("sd3", shift),)
