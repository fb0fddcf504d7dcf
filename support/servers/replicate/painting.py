"""What the double's models paint: what the prompt names, so that everything that was ordered is seen in the pixels.

The drawing is the ComfyUI double's. Left out: what a model would make of style, light and composition.
"""

from __future__ import annotations

import hashlib
import io
import math
from collections.abc import Sequence
from typing import Any

from PIL import Image

from support.servers.comfyui.nodes.painting import Wish, painted, recoloured

KINDS = {"png": ("PNG", "image/png"), "jpg": ("JPEG", "image/jpeg"), "webp": ("WEBP", "image/webp")}
_SIDE_STEP = 16


def paint(inputs: dict[str, Any], references: Sequence[bytes], *, kind: str) -> bytes:
    """One picture as a file. inputs: with every default; references: the files of its input images."""
    size = size_of(inputs, references)
    told = {name: value for name, value in sorted(inputs.items()) if "image" not in name}
    digests = [hashlib.sha256(data).hexdigest() for data in references]
    chance = hashlib.sha512(repr((told, digests)).encode("utf-8", "surrogatepass")).digest()
    wish = _wish(inputs, size, chance)
    picture = _of_references(inputs, references, size, chance) if references else painted(wish)
    buffer = io.BytesIO()
    options: dict[str, Any] = {"compress_level": 1} if kind == "png" else {"quality": inputs.get("output_quality", 80)}
    picture.save(buffer, KINDS[kind][0], **options)
    return buffer.getvalue()


def size_of(inputs: dict[str, Any], references: Sequence[bytes]) -> tuple[int, int]:
    """By sides where the model takes them; else about so many megapixels of the ratio asked for."""
    ratio = inputs.get("aspect_ratio")
    if "width" in inputs and "height" in inputs and ratio in (None, "custom"):
        return inputs["width"], inputs["height"]
    megapixels = float(str(inputs.get("megapixels", inputs.get("resolution", "1"))).split()[0])
    if ratio in (None, "match_input_image"):
        with Image.open(io.BytesIO(references[0])) if references else Image.new("RGB", (1, 1)) as image:
            across, down = image.size
    else:
        across, down = map(int, str(ratio).split(":"))
    width = math.sqrt(megapixels * 1024 * 1024 * across / down)
    return _stepped(width), _stepped(width * down / across)


def _stepped(side: float) -> int:
    return max(round(side / _SIDE_STEP), 1) * _SIDE_STEP


def _wish(inputs: dict[str, Any], size: tuple[int, int], chance: bytes) -> Wish:
    return Wish(str(inputs["prompt"]), str(inputs.get("negative_prompt", "")), size, chance)


def _of_references(
    inputs: dict[str, Any], references: Sequence[bytes], size: tuple[int, int], chance: bytes
) -> Image.Image:
    """The reference in the prompt's colour; several stand side by side."""
    whole = Image.new("RGB", size)
    edges = [size[0] * number // len(references) for number in range(len(references) + 1)]
    for data, left, right in zip(references, edges, edges[1:], strict=False):
        with Image.open(io.BytesIO(data)) as reference:
            whole.paste(recoloured(reference, _wish(inputs, (right - left, size[1]), chance)), (left, 0))
    return whole
