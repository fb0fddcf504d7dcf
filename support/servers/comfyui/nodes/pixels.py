"""The arithmetic of pictures as the real server does it: 32-bit floats from 0 to 1, cut off to a byte at the end."""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from typing import Any

from PIL import Image, ImageMath

from support.servers.comfyui.nodes.registry import Images

METHODS = ("nearest-exact", "bilinear", "area", "bicubic", "lanczos")
_RESAMPLING = {
    "bilinear": Image.Resampling.BILINEAR,
    "area": Image.Resampling.BOX,
    "bicubic": Image.Resampling.BICUBIC,
    "bislerp": Image.Resampling.BICUBIC,
    "lanczos": Image.Resampling.LANCZOS,
}
# One band of a picture as 32-bit floats, in an expression.
Band = Any


def single(number: float) -> float:
    """The nearest 32-bit float."""
    return float(struct.unpack("f", struct.pack("f", number))[0])


def level(value: float) -> int:
    """What is saved of a value from 0 to 1: cut off, not rounded."""
    return min(max(int(single(255 * single(value))), 0), 255)


@cache
def _inverted_levels() -> list[int]:
    return [level(1 - single(value / 255)) for value in range(256)]


def inverted(image: Image.Image) -> Image.Image:
    """1 minus every band, alpha too."""
    return image.point(_inverted_levels() * len(image.getbands()))


def scaled(images: Images, width: int, height: int, method: str, crop: str = "disabled") -> Images:
    """Every picture in the new size. crop: "center" keeps the aspect and cuts off what stands out."""
    cropped = [_cropped(image, width, height, crop) for image in images]
    if method == "nearest-exact":
        return [_nearest(image, width, height) for image in cropped]
    return [image.resize((width, height), _RESAMPLING[method]) for image in cropped]


def _nearest(image: Image.Image, width: int, height: int) -> Image.Image:
    """Pillow's own nearest takes the other neighbour where two are equally near."""
    wide = Image.new(image.mode, (width, image.height))
    for x, origin in enumerate(_origins(image.width, width)):
        wide.paste(image.crop((origin, 0, origin + 1, image.height)), (x, 0))
    made = Image.new(image.mode, (width, height))
    for y, origin in enumerate(_origins(image.height, height)):
        made.paste(wide.crop((0, origin, width, origin + 1)), (0, y))
    return made


def _origins(before: int, after: int) -> list[int]:
    """The old place that each new one is taken from."""
    step = single(before / after)
    return [min(int(single(single(place + 0.5) * step)), before - 1) for place in range(after)]


def _cropped(image: Image.Image, width: int, height: int, crop: str) -> Image.Image:
    if crop != "center":
        return image
    has, wants = image.width / image.height, width / height
    x = round((image.width - image.width * (wants / has)) / 2) if has > wants else 0
    y = round((image.height - image.height * (has / wants)) / 2) if has < wants else 0
    return image.crop((x, y, image.width - x, image.height - y))


def computed(one: Image.Image, other: Image.Image, expression: Callable[[Band, Band], Band]) -> Image.Image:
    """Two pictures of one size and mode, band by band through an expression over values from 0 to 1."""
    bands = [
        _computed_band(first, second, expression) for first, second in zip(one.split(), other.split(), strict=True)
    ]
    return Image.merge(one.mode, bands)


def _computed_band(one: Image.Image, other: Image.Image, expression: Callable[[Band, Band], Band]) -> Image.Image:
    def of_bands(names: dict[str, Any]) -> Any:
        to_float = names["float"]
        return expression(to_float(names["one"]) / 255.0, to_float(names["other"]) / 255.0) * 255.0

    made: Image.Image = ImageMath.lambda_eval(of_bands, one=one, other=other)
    # From floats to bytes Pillow clips and cuts off, as the real server does.
    return made.convert("L")


def mask_of(band: Image.Image) -> Image.Image:
    """A band of bytes as a mask: the same, from 0 to 1."""
    return _floats(lambda names: names["float"](names["one"]) / 255.0, one=band)


def band_of(mask: Image.Image) -> Image.Image:
    """A mask as a band of bytes, cut off as every picture is."""
    return _floats(lambda names: names["one"] * 255.0, one=mask).convert("L")


def turned(mask: Image.Image) -> Image.Image:
    """1 minus the mask."""
    return _floats(lambda names: 1.0 - names["one"], one=mask)


def combined(one: Image.Image, other: Image.Image, expression: Callable[[Band, Band], Band]) -> Image.Image:
    """Two masks of one size through an expression."""
    return _floats(lambda names: expression(names["one"], names["other"]), one=one, other=other)


def _floats(expression: Callable[[dict[str, Any]], Any], **images: Image.Image) -> Image.Image:
    made: Image.Image = ImageMath.lambda_eval(expression, **images)
    return made


def same_bands(one: Image.Image, other: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Both with alpha when one has it; the other is opaque then."""
    if one.mode == other.mode:
        return one, other
    return one.convert("RGBA"), other.convert("RGBA")


def paired(images: Images, others: Images) -> list[tuple[Image.Image, Image.Image]]:
    """Each picture of a batch with its partner; a batch of one goes with all."""
    if len(others) == 1:
        others = others * len(images)
    if len(images) == 1:
        images = images * len(others)
    return list(zip(images, others, strict=True))
