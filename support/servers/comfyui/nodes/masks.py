"""Nodes of masks: one band of 32-bit floats from 0 to 1, so that nothing is lost on the way to a picture."""

from __future__ import annotations

from collections.abc import Callable

from PIL import Image, ImageChops

from support.servers.comfyui.nodes.pixels import Band, band_of, combined, mask_of, paired, scaled, turned
from support.servers.comfyui.nodes.registry import MAX_RESOLUTION, Context, Images, Input, choice, node, real, whole

_MODULE = "comfy_extras.nodes_mask"
_MASK = ("MASK",)
_SIDE = whole(512, 1, MAX_RESOLUTION, step=1)
_AT = whole(0, 0, MAX_RESOLUTION, step=1)
_CHANNELS = ("red", "green", "blue", "alpha")


@node(
    "SolidMask",
    category="mask",
    module=_MODULE,
    outputs=_MASK,
    required={"value": real(1.0, 0.0, 1.0, step=0.01), "width": _SIDE, "height": _SIDE},
)
def solid_mask(context: Context, value: float, width: int, height: int) -> tuple[Images]:
    return ([Image.new("F", (width, height), value)],)


@node("InvertMask", category="mask", module=_MODULE, outputs=_MASK, required={"mask": Input("MASK")})
def invert_mask(context: Context, mask: Images) -> tuple[Images]:
    return ([turned(one) for one in mask],)


@node(
    "MaskToImage",
    category="mask",
    module=_MODULE,
    display_name="Convert Mask to Image",
    outputs=("IMAGE",),
    required={"mask": Input("MASK")},
)
def mask_to_image(context: Context, mask: Images) -> tuple[Images]:
    return ([band_of(one).convert("RGB") for one in mask],)


@node(
    "ImageToMask",
    category="mask",
    module=_MODULE,
    display_name="Convert Image to Mask",
    outputs=_MASK,
    required={"image": Input("IMAGE"), "channel": choice(*_CHANNELS)},
)
def image_to_mask(context: Context, image: Images, channel: str) -> tuple[Images]:
    """Raises IndexError for the alpha of a picture without one."""
    number = _CHANNELS.index(channel)
    bands = len(image[0].getbands())
    if number >= bands:
        raise IndexError(f"index {number} is out of bounds for dimension 3 with size {bands}")
    return ([mask_of(one.getchannel(number)) for one in image],)


@node(
    "ImageColorToMask",
    category="mask",
    module=_MODULE,
    outputs=_MASK,
    required={"image": Input("IMAGE"), "color": whole(0, 0, 0xFFFFFF, step=1, display="number")},
)
def image_color_to_mask(context: Context, image: Images, color: int) -> tuple[Images]:
    wanted = (color >> 16 & 255, color >> 8 & 255, color & 255)
    return ([_equal(one.convert("RGB"), wanted) for one in image],)


def _equal(image: Image.Image, colour: tuple[int, int, int]) -> Image.Image:
    red, green, blue = ImageChops.difference(image, Image.new("RGB", image.size, colour)).split()
    return mask_of(ImageChops.lighter(ImageChops.lighter(red, green), blue).point([255] + [0] * 255))


@node(
    "CropMask",
    category="mask",
    module=_MODULE,
    outputs=_MASK,
    required={"mask": Input("MASK"), "x": _AT, "y": _AT, "width": _SIDE, "height": _SIDE},
)
def crop_mask(context: Context, *, mask: Images, x: int, y: int, width: int, height: int) -> tuple[Images]:
    return ([one.crop((x, y, min(x + width, one.width), min(y + height, one.height))) for one in mask],)


@node(
    "ThresholdMask",
    category="mask",
    module=_MODULE,
    outputs=_MASK,
    required={"mask": Input("MASK"), "value": real(0.5, 0.0, 1.0, step=0.01)},
)
def threshold_mask(context: Context, mask: Images, value: float) -> tuple[Images]:
    return ([combined(one, one, lambda here, _: (here > value) * 1.0) for one in mask],)


@node(
    "ImageCompositeMasked",
    category="image",
    module=_MODULE,
    outputs=("IMAGE",),
    required={
        "destination": Input("IMAGE"),
        "source": Input("IMAGE"),
        "x": _AT,
        "y": _AT,
        "resize_source": Input("BOOLEAN", {"default": False}),
    },
    optional={"mask": Input("MASK")},
)
def image_composite_masked(
    context: Context,
    *,
    destination: Images,
    source: Images,
    x: int,
    y: int,
    resize_source: bool,
    mask: Images | None = None,
) -> tuple[Images]:
    if resize_source:
        source = scaled(source, *destination[0].size, "bilinear")
    everywhere = [Image.new("F", (1, 1), 1.0)]
    masks = [band_of(one) for one in scaled(mask or everywhere, *source[0].size, "bilinear")]
    made = []
    for index, one in enumerate(destination):
        below = one.copy()
        below.paste(source[index % len(source)].convert(one.mode), (x, y), masks[index % len(masks)])
        made.append(below)
    return (made,)


@node(
    "SplitImageWithAlpha",
    category="mask/compositing",
    module="comfy_extras.nodes_compositing",
    display_name="Split Image with Alpha",
    outputs=("IMAGE", "MASK"),
    required={"image": Input("IMAGE")},
)
def split_image_with_alpha(context: Context, image: Images) -> tuple[Images, Images]:
    alphas = [turned(mask_of(one.convert("RGBA").getchannel("A"))) for one in image]
    return [one.convert("RGB") for one in image], alphas


@node(
    "JoinImageWithAlpha",
    category="mask/compositing",
    module="comfy_extras.nodes_compositing",
    display_name="Join Image with Alpha",
    outputs=("IMAGE",),
    required={"image": Input("IMAGE"), "alpha": Input("MASK")},
)
def join_image_with_alpha(context: Context, image: Images, alpha: Images) -> tuple[Images]:
    """The picture with the mask cut out of it."""
    made = []
    for picture, mask in zip(image, scaled(alpha, *image[0].size, "bilinear"), strict=False):
        joined = picture.convert("RGBA")
        joined.putalpha(band_of(turned(mask)))
        made.append(joined)
    return (made,)


@node(
    "MaskComposite",
    category="mask",
    module=_MODULE,
    outputs=_MASK,
    required={
        "destination": Input("MASK"),
        "source": Input("MASK"),
        "x": _AT,
        "y": _AT,
        "operation": choice("multiply", "add", "subtract", "and", "or", "xor"),
    },
)
def mask_composite(
    context: Context, *, destination: Images, source: Images, x: int, y: int, operation: str
) -> tuple[Images]:
    made = []
    for below, above in paired(destination, source):
        right, bottom = min(x + above.width, below.width), min(y + above.height, below.height)
        portion = above.crop((0, 0, right - x, bottom - y))
        whole_mask = below.copy()
        whole_mask.paste(_combined(below.crop((x, y, right, bottom)), portion, operation), (x, y))
        made.append(whole_mask)
    return (made,)


_ARITHMETIC: dict[str, Callable[[Band, Band], Band]] = {
    "multiply": lambda one, other: one * other,
    "add": lambda one, other: one + other,
    "subtract": lambda one, other: one - other,
    "and": lambda one, other: (one > 0.5) * (other > 0.5) * 1.0,
    "or": lambda one, other: ((one > 0.5) + (other > 0.5) > 0) * 1.0,
    "xor": lambda one, other: ((one > 0.5) + (other > 0.5) == 1) * 1.0,
}


def _combined(one: Image.Image, other: Image.Image, operation: str) -> Image.Image:
    made = combined(one, other, _ARITHMETIC[operation])
    return combined(made, made, lambda value, _: value * (value > 0.0) * (value < 1.0) + (value >= 1.0) * 1.0)
