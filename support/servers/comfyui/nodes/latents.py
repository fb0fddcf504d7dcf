"""Nodes that make, encode, decode and change latents."""

from __future__ import annotations

from dataclasses import replace

from PIL import Image, ImageFilter

from support.servers.comfyui.nodes.material import BLOCK, Latent, Vae, chance_of
from support.servers.comfyui.nodes.painting import noise
from support.servers.comfyui.nodes.pixels import band_of, scaled
from support.servers.comfyui.nodes.registry import MAX_RESOLUTION, Context, Images, Input, choice, node, real, whole

_METHODS = ("nearest-exact", "bilinear", "area", "bicubic", "bislerp")
_GREY = (127, 127, 127)
# How much a VAE that did not come with the checkpoint shows in the picture.
_VAE_SHOWS = 0.03


@node(
    "EmptyLatentImage",
    category="latent",
    display_name="Empty Latent Image",
    outputs=("LATENT",),
    required={
        "width": whole(512, 16, MAX_RESOLUTION, step=8, tooltip="In pixels."),
        "height": whole(512, 16, MAX_RESOLUTION, step=8, tooltip="In pixels."),
        "batch_size": whole(1, 1, 4096, tooltip="How many pictures."),
    },
)
def empty_latent(context: Context, width: int, height: int, batch_size: int = 1) -> tuple[Latent]:
    return (Latent.empty(width, height, batch_size),)


@node(
    "EmptySD3LatentImage",
    category="latent/sd3",
    module="comfy_extras.nodes_sd3",
    outputs=("LATENT",),
    required={
        "width": whole(1024, 16, MAX_RESOLUTION, step=16),
        "height": whole(1024, 16, MAX_RESOLUTION, step=16),
        "batch_size": whole(1, 1, 4096),
    },
)
def empty_sd3_latent(context: Context, width: int, height: int, batch_size: int = 1) -> tuple[Latent]:
    return (Latent.empty(width, height, batch_size),)


@node(
    "VAEDecode",
    category="latent",
    display_name="VAE Decode",
    outputs=("IMAGE",),
    required={
        "samples": Input("LATENT", {"tooltip": "What is decoded."}),
        "vae": Input("VAE", {"tooltip": "What decodes it."}),
    },
)
def decode(context: Context, samples: Latent, vae: Vae) -> tuple[Images]:
    return (decoded(samples, vae),)


@node(
    "VAEDecodeTiled",
    category="_for_testing",
    display_name="VAE Decode (Tiled)",
    outputs=("IMAGE",),
    required={
        "samples": Input("LATENT"),
        "vae": Input("VAE"),
        "tile_size": whole(512, 64, 4096, step=32),
        "overlap": whole(64, 0, 4096, step=32),
        "temporal_size": whole(64, 8, 4096, step=4),
        "temporal_overlap": whole(8, 4, 4096, step=4),
    },
)
def decode_tiled(context: Context, samples: Latent, vae: Vae, **tiles: int) -> tuple[Images]:
    """Tiles save memory; the picture is the same."""
    return (decoded(samples, vae),)


def decoded(samples: Latent, vae: Vae) -> Images:
    """The pictures of a latent; grey ones when it is empty."""
    size = (samples.width, samples.height)
    pictures = list(samples.pictures) or [Image.new("RGB", size, _GREY)] * samples.count
    if vae.own:
        return pictures
    shade = noise(size, chance_of(vae.name))
    return [Image.blend(picture, shade, _VAE_SHOWS) for picture in pictures]


@node(
    "VAEEncode",
    category="latent",
    display_name="VAE Encode",
    outputs=("LATENT",),
    required={"pixels": Input("IMAGE"), "vae": Input("VAE")},
)
def encode(context: Context, pixels: Images, vae: Vae) -> tuple[Latent]:
    return (Latent.of(pixels),)


@node(
    "VAEEncodeForInpaint",
    category="latent/inpaint",
    display_name="VAE Encode (for Inpainting)",
    outputs=("LATENT",),
    required={
        "pixels": Input("IMAGE"),
        "vae": Input("VAE"),
        "mask": Input("MASK"),
        "grow_mask_by": whole(6, 0, 64, step=1),
    },
)
def encode_for_inpaint(
    context: Context, pixels: Images, vae: Vae, mask: Images, grow_mask_by: int = 6
) -> tuple[Latent]:
    latent = Latent.of(pixels)
    grown = band_of(scaled(mask[:1], latent.width, latent.height, "bilinear")[0])
    if grow_mask_by > 1:
        grown = grown.filter(ImageFilter.MaxFilter(grow_mask_by // 2 * 2 + 1))
    return (replace(latent, mask=grown),)


@node(
    "SetLatentNoiseMask",
    category="latent/inpaint",
    display_name="Set Latent Noise Mask",
    outputs=("LATENT",),
    required={"samples": Input("LATENT"), "mask": Input("MASK")},
)
def set_noise_mask(context: Context, samples: Latent, mask: Images) -> tuple[Latent]:
    return (replace(samples, mask=band_of(mask[0])),)


@node(
    "LatentUpscale",
    category="latent",
    display_name="Upscale Latent",
    outputs=("LATENT",),
    required={
        "samples": Input("LATENT"),
        "upscale_method": choice(*_METHODS),
        "width": whole(512, 0, MAX_RESOLUTION, step=8),
        "height": whole(512, 0, MAX_RESOLUTION, step=8),
        "crop": choice("disabled", "center"),
    },
)
def upscale(
    context: Context, *, samples: Latent, upscale_method: str, width: int, height: int, crop: str
) -> tuple[Latent]:
    """A side of 0 follows from the other; two leave the latent as it is."""
    if width == height == 0:
        return (samples,)
    width = width or max(64, round(samples.width * height / samples.height))
    height = height or max(64, round(samples.height * width / samples.width))
    return (_resized(samples, width, height, upscale_method, crop),)


@node(
    "LatentUpscaleBy",
    category="latent",
    display_name="Upscale Latent By",
    outputs=("LATENT",),
    required={
        "samples": Input("LATENT"),
        "upscale_method": choice(*_METHODS),
        "scale_by": real(1.5, 0.01, 8.0, step=0.01),
    },
)
def upscale_by(context: Context, samples: Latent, upscale_method: str, scale_by: float) -> tuple[Latent]:
    width, height = (round(side / BLOCK * scale_by) * BLOCK for side in (samples.width, samples.height))
    return (_resized(samples, width, height, upscale_method, "disabled"),)


def _resized(samples: Latent, width: int, height: int, method: str, crop: str) -> Latent:
    width, height = max(width // BLOCK, 1) * BLOCK, max(height // BLOCK, 1) * BLOCK
    pictures = tuple(scaled(list(samples.pictures), width, height, method, crop))
    return replace(samples, width=width, height=height, pictures=pictures)


@node(
    "LatentFromBatch",
    category="latent/batch",
    display_name="Latent From Batch",
    outputs=("LATENT",),
    required={"samples": Input("LATENT"), "batch_index": whole(0, 0, 63), "length": whole(1, 1, 64)},
)
def from_batch(context: Context, samples: Latent, batch_index: int, length: int) -> tuple[Latent]:
    """Some of a batch; each keeps the noise that it has in the whole."""
    first = min(samples.count - 1, batch_index)
    length = min(samples.count - first, length)
    numbers = tuple(samples.number_of(index) for index in range(first, first + length))
    return (replace(samples, count=length, pictures=samples.pictures[first : first + length], numbers=numbers),)


@node(
    "RepeatLatentBatch",
    category="latent/batch",
    display_name="Repeat Latent Batch",
    outputs=("LATENT",),
    required={"samples": Input("LATENT"), "amount": whole(1, 1, 64)},
)
def repeat_batch(context: Context, samples: Latent, amount: int) -> tuple[Latent]:
    numbers = samples.numbers
    if numbers:
        offset = max(numbers) - min(numbers) + 1
        numbers = tuple(number + turn * offset for turn in range(amount) for number in numbers)
    pictures = samples.pictures * amount
    return (replace(samples, count=samples.count * amount, pictures=pictures, numbers=numbers),)
