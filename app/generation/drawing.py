"""The mock painter's hand: colours, shapes, texture and recolouring, each decided by the request."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from typing import Any

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter, ImageOps

from app.generation.palette import COLOURS, SHAPES, VIVID, Colour, colours_of, farthest, shape_of, words_of
from app.generation.port import GenerationRequest

# How far two colours must be apart, of 255, to be subject and background of a reference.
SUBJECT_THRESHOLD = 48
# How much the background's texture varies, of 255: seen as no other colour, and never lost in a JPEG.
TEXTURE = 14
# How much of a LoRA's colour the texture takes on at most; with TEXTURE still less than SUBJECT_THRESHOLD.
STRONGEST_TINT = 0.12


def paint(request: GenerationRequest, seed: int, *, longest_side: int | None = None) -> Image.Image:
    """The picture of one seed. longest_side: the same picture at most that large, instead of as large as asked."""
    chance = _chance(request, seed)
    longest = max(request.width, request.height)
    if longest_side is not None and longest_side < longest:
        width, height = (max(side * longest_side // longest, 1) for side in (request.width, request.height))
        request = replace(request, width=width, height=height)
    return _recoloured(request, chance) if request.references else _drawn(request, chance)


def _chance(request: GenerationRequest, seed: int) -> bytes:
    """64 bytes that follow from all that decides over one picture."""
    return hashlib.sha512(repr(_effective(request, seed)).encode("utf-8", "surrogatepass")).digest()


def _effective(request: GenerationRequest, seed: int) -> tuple[Any, ...]:
    """What decides over one picture; the number of pictures does not, nor does an idle negative prompt."""
    avoided = (request.negative_prompt, request.negative_prompt_2, request.true_cfg_scale) if request.avoids else ()
    return (
        request.prompt,
        request.prompt_2,
        avoided,
        request.width,
        request.height,
        request.num_inference_steps,
        float(request.guidance_scale),
        request.scheduler,
        sorted(_strengths(request).items()),
        seed,
        [hashlib.sha256(reference).hexdigest() for reference in request.references],
    )


def _strengths(request: GenerationRequest) -> dict[str, float]:
    """The LoRAs that take effect, as a model would feel them: added up, in no order, without those of scale 0."""
    summed: dict[str, float] = {}
    for lora in request.loras:
        summed[lora.name] = summed.get(lora.name, 0.0) + lora.scale
    return {name: scale for name, scale in summed.items() if scale}


def _drawn(request: GenerationRequest, chance: bytes) -> Image.Image:
    subject, behind = _colours(request)
    image = _textured(COLOURS[behind], request, chance)
    _draw_shape(image, _shape(request), COLOURS[subject], chance)
    return image


def _said(request: GenerationRequest) -> str:
    return f"{request.prompt} {request.prompt_2}"


def _avoided(request: GenerationRequest) -> frozenset[str]:
    """The colour and shape words that must not be seen."""
    if not request.avoids:
        return frozenset()
    return frozenset(words_of(f"{request.negative_prompt} {request.negative_prompt_2}"))


def _colours(request: GenerationRequest) -> tuple[str, str]:
    """The subject's colour and the background's; a colour that is to be avoided is neither."""
    avoided = _avoided(request)
    subject, behind = colours_of(_said(request), without=avoided)
    if subject is None:
        allowed = [name for name in VIVID if name not in avoided and name != behind] or list(VIVID)
        subject = allowed[_choice(request.prompt, len(allowed))]
    if behind is None:
        allowed = [name for name in ("white", "black", "grey") if name not in avoided and name != subject]
        behind = farthest(COLOURS[subject], allowed or ["grey"])
    return subject, behind


def _shape(request: GenerationRequest) -> str:
    avoided = _avoided(request)
    allowed = [name for name in SHAPES if name not in avoided] or list(SHAPES)
    return shape_of(_said(request), without=avoided) or allowed[_choice(request.prompt, len(allowed))]


def _choice(text: str, count: int) -> int:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[0] % count


def _textured(colour: Colour, request: GenerationRequest, chance: bytes) -> Image.Image:
    """A plain of one colour with soft clouds, whose pattern is the 64 bytes of `chance`, and their tint the LoRAs'."""
    size = (request.width, request.height)
    clouds = Image.frombytes("L", (8, 8), chance).resize(size, Image.Resampling.BICUBIC)
    # Away from the nearer end of the scale: white cannot become whiter.
    away = [-TEXTURE if channel > 127 else TEXTURE for channel in colour]
    other = [channel + step for channel, step in zip(colour, away, strict=True)]
    # Not ImageOps.colorize: for a small picture it makes its tables longer than its pixels take.
    light = Image.new("RGB", size, _tinted(other, _strengths(request)))
    return Image.composite(light, Image.new("RGB", size, colour), clouds)


def _tinted(colour: list[int], strengths: dict[str, float]) -> Colour:
    """The colour with some of each LoRA's own in it; below 0 a LoRA gives the opposite of its colour."""
    total = sum(abs(scale) for scale in strengths.values())
    amount = STRONGEST_TINT * total / (1 + total)
    red, green, blue = (float(channel) * (1 - amount) for channel in colour)
    for name, scale in strengths.items():
        hue = _choice(name, 256) * 360 // 256 + (0 if scale > 0 else 180)
        own = ImageColor.getrgb(f"hsl({hue % 360}, 100%, 50%)")
        share = amount * abs(scale) / total
        red, green, blue = red + own[0] * share, green + own[1] * share, blue + own[2] * share
    return round(red), round(green), round(blue)


def _draw_shape(image: Image.Image, shape: str, colour: Colour, chance: bytes) -> None:
    """The shape in one colour, near the middle, 40 to 60 % of the shorter side wide."""
    side = min(image.size)
    radius = side * (0.20 + 0.10 * chance[0] / 255)
    x = image.width / 2 + side * 0.12 * (chance[1] / 127.5 - 1)
    y = image.height / 2 + side * 0.12 * (chance[2] / 127.5 - 1)
    box = (round(x - radius), round(y - radius), round(x + radius), round(y + radius))
    draw = ImageDraw.Draw(image)
    if shape == "circle":
        draw.ellipse(box, fill=colour)
    elif shape == "square":
        draw.rectangle(box, fill=colour)
    else:
        draw.polygon([(box[0], box[3]), (box[2], box[3]), ((box[0] + box[2]) // 2, box[1])], fill=colour)


def _recoloured(request: GenerationRequest, chance: bytes) -> Image.Image:
    """Every reference side by side, each as `_followed` has it."""
    whole = Image.new("RGB", (request.width, request.height))
    count = len(request.references)
    edges = [request.width * number // count for number in range(count + 1)]
    for data, left, right in zip(request.references, edges, edges[1:], strict=False):
        whole.paste(_followed(data, replace(request, width=right - left), chance), (left, 0))
    return whole


def _followed(data: bytes, request: GenerationRequest, chance: bytes) -> Image.Image:
    """One reference, fitted into the size, its subject in the prompt's colour and in its place.

    A prompt without a colour keeps the subject as it is; only the background's texture is new then.
    """
    size = (request.width, request.height)
    reference = _fitted(data, size)
    backdrop = _corner_colour(reference)
    subject, behind = colours_of(_said(request), without=_avoided(request))
    painted = reference if subject is None else Image.new("RGB", size, COLOURS[subject])
    background = _textured(backdrop if behind is None else COLOURS[behind], request, chance)
    return Image.composite(painted, background, _subject(reference, backdrop))


def _fitted(data: bytes, size: tuple[int, int]) -> Image.Image:
    """The picture at its own aspect, the rest filled with its corner's colour."""
    with Image.open(io.BytesIO(data)) as opened:
        image = opened.convert("RGB")
    return ImageOps.pad(image, size, color=_corner_colour(image))


def _corner_colour(image: Image.Image) -> Colour:
    box = (0, 0, min(4, image.width), min(4, image.height))
    red, green, blue = image.resize((1, 1), Image.Resampling.BOX, box=box).tobytes()
    return red, green, blue


def _subject(image: Image.Image, backdrop: Colour) -> Image.Image:
    """A mask, mode L, of all that is not the background's colour; single pixels of noise are dropped."""
    difference = ImageChops.difference(image, Image.new("RGB", image.size, backdrop))
    strongest = ImageChops.lighter(ImageChops.lighter(*difference.split()[:2]), difference.split()[2])
    mask = strongest.point([0] * SUBJECT_THRESHOLD + [255] * (256 - SUBJECT_THRESHOLD))
    return mask.filter(ImageFilter.MedianFilter(3))
