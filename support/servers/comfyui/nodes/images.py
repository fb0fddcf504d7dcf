"""Nodes that make, change and combine pictures without weights; the pixels are exact wherever nothing is resampled."""

from __future__ import annotations

import math
from typing import Any

from PIL import Image

from support.servers.comfyui.nodes.pixels import METHODS, Band, computed, inverted, paired, same_bands, scaled
from support.servers.comfyui.nodes.registry import MAX_RESOLUTION, Context, Images, Input, choice, node, real, whole

_IMAGE = ("IMAGE",)
_SIDE = whole(512, 1, MAX_RESOLUTION, step=1)
_AT = whole(0, 0, MAX_RESOLUTION, step=1)


@node(
    "EmptyImage",
    category="image",
    outputs=_IMAGE,
    required={
        "width": _SIDE,
        "height": _SIDE,
        "batch_size": whole(1, 1, 4096),
        "color": whole(0, 0, 0xFFFFFF, step=1, display="color"),
    },
)
def empty_image(context: Context, width: int, height: int, batch_size: int = 1, color: int = 0) -> tuple[Images]:
    colour = (color >> 16 & 255, color >> 8 & 255, color & 255)
    return ([Image.new("RGB", (width, height), colour)] * batch_size,)


@node("ImageInvert", category="image", display_name="Invert Image", outputs=_IMAGE, required={"image": Input("IMAGE")})
def image_invert(context: Context, image: Images) -> tuple[Images]:
    return ([inverted(one) for one in image],)


@node(
    "ImageScale",
    category="image/upscaling",
    display_name="Upscale Image",
    outputs=_IMAGE,
    required={
        "image": Input("IMAGE"),
        "upscale_method": choice(*METHODS),
        "width": whole(512, 0, MAX_RESOLUTION, step=1),
        "height": whole(512, 0, MAX_RESOLUTION, step=1),
        "crop": choice("disabled", "center"),
    },
)
def image_scale(
    context: Context, *, image: Images, upscale_method: str, width: int, height: int, crop: str
) -> tuple[Images]:
    """A side of 0 follows from the other and the aspect; two leave the picture as it is."""
    if width == height == 0:
        return (image,)
    first = image[0]
    width = width or max(1, round(first.width * height / first.height))
    height = height or max(1, round(first.height * width / first.width))
    return (scaled(image, width, height, upscale_method, crop),)


@node(
    "ImageScaleBy",
    category="image/upscaling",
    display_name="Upscale Image By",
    outputs=_IMAGE,
    required={
        "image": Input("IMAGE"),
        "upscale_method": choice(*METHODS),
        "scale_by": real(1.0, 0.01, 8.0, step=0.01),
    },
)
def image_scale_by(context: Context, image: Images, upscale_method: str, scale_by: float) -> tuple[Images]:
    first = image[0]
    return (scaled(image, round(first.width * scale_by), round(first.height * scale_by), upscale_method),)


@node(
    "ImageScaleToTotalPixels",
    category="image/upscaling",
    module="comfy_extras.nodes_post_processing",
    outputs=_IMAGE,
    required={
        "image": Input("IMAGE"),
        "upscale_method": choice(*METHODS),
        "megapixels": real(1.0, 0.01, 16.0, step=0.01),
        "resolution_steps": whole(1, 1, 256),
    },
)
def image_scale_to_total_pixels(
    context: Context, image: Images, upscale_method: str, megapixels: float, resolution_steps: int = 1
) -> tuple[Images]:
    first = image[0]
    by = math.sqrt(megapixels * 1024 * 1024 / (first.width * first.height))
    width, height = (round(side * by / resolution_steps) * resolution_steps for side in first.size)
    return (scaled(image, width, height, upscale_method),)


@node(
    "ImageBatch",
    category="image",
    display_name="Batch Images",
    outputs=_IMAGE,
    required={"image1": Input("IMAGE"), "image2": Input("IMAGE")},
    deprecated=True,
)
def image_batch(context: Context, image1: Images, image2: Images) -> tuple[Images]:
    """One batch of both; the second is brought to the first's size."""
    if image2[0].size != image1[0].size:
        image2 = scaled(image2, *image1[0].size, "bilinear", "center")
    modes = {one.mode for one in image1 + image2}
    return ([one if len(modes) == 1 else one.convert("RGBA") for one in image1 + image2],)


@node(
    "RepeatImageBatch",
    category="image/batch",
    module="comfy_extras.nodes_images",
    outputs=_IMAGE,
    required={"image": Input("IMAGE"), "amount": whole(1, 1, 4096)},
)
def repeat_image_batch(context: Context, image: Images, amount: int) -> tuple[Images]:
    return (image * amount,)


@node(
    "ImageFromBatch",
    category="image/batch",
    module="comfy_extras.nodes_images",
    outputs=_IMAGE,
    required={"image": Input("IMAGE"), "batch_index": whole(0, 0, 4095), "length": whole(1, 1, 4096)},
)
def image_from_batch(context: Context, image: Images, batch_index: int, length: int) -> tuple[Images]:
    first = min(len(image) - 1, batch_index)
    return (image[first : first + length],)


@node(
    "ImageCrop",
    category="image/transform",
    module="comfy_extras.nodes_images",
    display_name="Image Crop",
    outputs=_IMAGE,
    required={"image": Input("IMAGE"), "width": _SIDE, "height": _SIDE, "x": _AT, "y": _AT},
)
def image_crop(context: Context, *, image: Images, width: int, height: int, x: int, y: int) -> tuple[Images]:
    """What of the box lies in the picture; a box beside it is moved to the last pixel."""
    x, y = min(x, image[0].width - 1), min(y, image[0].height - 1)
    right, bottom = min(x + width, image[0].width), min(y + height, image[0].height)
    return ([one.crop((x, y, right, bottom)) for one in image],)


@node(
    "ImageFlip",
    category="image/transform",
    module="comfy_extras.nodes_images",
    outputs=_IMAGE,
    required={"image": Input("IMAGE"), "flip_method": choice("x-axis: vertically", "y-axis: horizontally")},
)
def image_flip(context: Context, image: Images, flip_method: str) -> tuple[Images]:
    how = Image.Transpose.FLIP_TOP_BOTTOM if flip_method.startswith("x") else Image.Transpose.FLIP_LEFT_RIGHT
    return ([one.transpose(how) for one in image],)


@node(
    "ImageRotate",
    category="image/transform",
    module="comfy_extras.nodes_images",
    outputs=_IMAGE,
    required={"image": Input("IMAGE"), "rotation": choice("none", "90 degrees", "180 degrees", "270 degrees")},
)
def image_rotate(context: Context, image: Images, rotation: str) -> tuple[Images]:
    """Clockwise."""
    how = {
        "90 degrees": Image.Transpose.ROTATE_270,
        "180 degrees": Image.Transpose.ROTATE_180,
        "270 degrees": Image.Transpose.ROTATE_90,
    }.get(rotation)
    return ([one if how is None else one.transpose(how) for one in image],)


@node(
    "GetImageSize",
    category="image",
    module="comfy_extras.nodes_images",
    display_name="Get Image Size",
    outputs=("INT", "INT", "INT"),
    output_names=("width", "height", "batch_size"),
    required={"image": Input("IMAGE")},
    hidden={"unique_id": "UNIQUE_ID"},
)
def get_image_size(context: Context, image: Images) -> tuple[int, int, int]:
    return *image[0].size, len(image)


_MODES = ("normal", "multiply", "screen", "overlay", "soft_light", "difference")


@node(
    "ImageBlend",
    category="image/postprocessing",
    module="comfy_extras.nodes_post_processing",
    outputs=_IMAGE,
    required={
        "image1": Input("IMAGE"),
        "image2": Input("IMAGE"),
        "blend_factor": real(0.5, 0.0, 1.0, step=0.01),
        "blend_mode": choice(*_MODES),
    },
)
def image_blend(
    context: Context, image1: Images, image2: Images, blend_factor: float, blend_mode: str
) -> tuple[Images]:
    if image2[0].size != image1[0].size:
        image2 = scaled(image2, *image1[0].size, "bicubic", "center")

    def mixed(one: Band, other: Band) -> Band:
        return one * (1 - blend_factor) + _blended(one, other, blend_mode) * blend_factor

    return ([computed(*same_bands(one, other), mixed) for one, other in paired(image1, image2)],)


def _blended(one: Band, other: Band, mode: str) -> Band:
    match mode:
        case "multiply":
            return one * other
        case "screen":
            return (1 - one) * (1 - other) * -1 + 1
        case "overlay":
            return _either(one, 0.5, one * other * 2, (1 - one) * (1 - other) * -2 + 1)
        case "soft_light":
            dark = one - (1 - other * 2) * one * (1 - one)
            root = _either(one, 0.25, ((one * 16 - 12) * one + 4) * one, one**0.5)
            return _either(other, 0.5, dark, one + (other * 2 - 1) * (root - one))
        case "difference":
            return one - other
        case _:
            return other


def _either(value: Band, limit: float, below: Band, above: Band) -> Band:
    """`below` where the value is at most the limit, else `above`."""
    is_below = (value <= limit) * 1.0
    return below * is_below + above * (1 - is_below)


def _primitive(name: str, shown: str, value: Input) -> None:
    @node(
        name,
        category="utils/primitive",
        module="comfy_extras.nodes_primitive",
        display_name=shown,
        outputs=(value.kind,),
        required={"value": value},
    )
    def primitive(context: Context, value: Any) -> tuple[Any]:
        return (value,)


_MOST = 2**63 - 1
_primitive("PrimitiveInt", "Int", Input("INT", {"min": -_MOST, "max": _MOST, "control_after_generate": True}))
_primitive("PrimitiveFloat", "Float", Input("FLOAT", {"min": -_MOST, "max": _MOST, "step": 0.1}))
_primitive("PrimitiveString", "String", Input("STRING", {"multiline": False}))
_primitive("PrimitiveStringMultiline", "String (Multiline)", Input("STRING", {"multiline": True}))
_primitive("PrimitiveBoolean", "Boolean", Input("BOOLEAN"))
