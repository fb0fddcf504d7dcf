"""The mock painter: draws the colour and the shape that a prompt names, computed from the whole request."""

from __future__ import annotations

import hashlib
import io
from typing import Any

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from app.generation.palette import COLOURS, SHAPES, VIVID, Colour, colours_of, farthest, shape_of, words_of
from app.generation.port import GenerationRequest, NotApplied, OnProgress, Picture

# How far two colours must be apart, of 255, to be subject and background of a reference.
SUBJECT_THRESHOLD = 48
# How much the background's texture varies, of 255: seen as no other colour, and never lost in a JPEG.
TEXTURE = 14


class MockBackend:
    """An ImageBackend without a model: deterministic, in milliseconds, with Pillow alone.

    The subject's colour and shape are the first that the prompt names, else the prompt decides; where and
    how large it stands, and the background's texture, follow from every field that takes effect. A
    reference keeps its subject in place and takes the prompt's colour.
    """

    name = "mock"
    offers = frozenset({"seeds", "sizes", "batches", "references", "colours", "shapes", "negative-prompts"})
    smallest_side = 64
    applied: tuple[str, ...] = ()
    not_applied: tuple[NotApplied, ...] = ()

    def generate(self, request: GenerationRequest, on_progress: OnProgress) -> list[Picture]:
        pictures = [_paint(request, request.seed_of(number)) for number in range(request.num_images)]
        for step in range(1, request.num_inference_steps + 1):
            on_progress(step, request.num_inference_steps)
        return pictures


def _paint(request: GenerationRequest, seed: int) -> Picture:
    chance = hashlib.sha512(repr(_effective(request, seed)).encode("utf-8", "surrogatepass")).digest()
    image = _recoloured(request, chance) if request.references else _drawn(request, chance)
    return Picture(image=image, seed=seed)


def _effective(request: GenerationRequest, seed: int) -> tuple[Any, ...]:
    """What decides over one picture; the number of pictures does not, nor does an idle negative prompt."""
    avoided = (request.negative_prompt, request.true_cfg_scale) if request.avoids else ()
    return (
        request.prompt,
        request.prompt_2,
        avoided,
        request.width,
        request.height,
        request.num_inference_steps,
        float(request.guidance_scale),
        seed,
        [hashlib.sha256(reference).hexdigest() for reference in request.references],
    )


def _drawn(request: GenerationRequest, chance: bytes) -> Image.Image:
    subject, behind = _colours(request)
    image = _textured(COLOURS[behind], (request.width, request.height), chance)
    _draw_shape(image, _shape(request), COLOURS[subject], chance)
    return image


def _colours(request: GenerationRequest) -> tuple[str, str]:
    """The subject's colour and the background's; a colour that is to be avoided is neither."""
    subject, behind = colours_of(f"{request.prompt} {request.prompt_2}")
    avoided = words_of(request.negative_prompt) if request.avoids else []
    if subject is None:
        allowed = [name for name in VIVID if name not in avoided and name != behind] or list(VIVID)
        subject = allowed[_choice(request.prompt, len(allowed))]
    if behind is None:
        allowed = [name for name in ("white", "black", "grey") if name not in (*avoided, subject)]
        behind = farthest(COLOURS[subject], allowed or ["grey"])
    return subject, behind


def _shape(request: GenerationRequest) -> str:
    asked = shape_of(f"{request.prompt} {request.prompt_2}")
    avoided = words_of(request.negative_prompt) if request.avoids else []
    allowed = [name for name in SHAPES if name not in avoided] or list(SHAPES)
    return asked or allowed[_choice(request.prompt, len(allowed))]


def _choice(text: str, count: int) -> int:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[0] % count


def _textured(colour: Colour, size: tuple[int, int], chance: bytes) -> Image.Image:
    """A plain of one colour with soft clouds, whose pattern is the 64 bytes of `chance`."""
    clouds = Image.frombytes("L", (8, 8), chance).resize(size, Image.Resampling.BICUBIC)
    # Away from the nearer end of the scale: white cannot become whiter.
    away = [-TEXTURE if channel > 127 else TEXTURE for channel in colour]
    other = tuple(channel + step for channel, step in zip(colour, away, strict=True))
    return ImageOps.colorize(clouds, black=colour, white=other)


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
    """The first reference, fitted into the size, its subject in the prompt's colour and in its place.

    A prompt without a colour keeps the subject as it is; only the background's texture is new then.
    """
    size = (request.width, request.height)
    reference = _fitted(request.references[0], size)
    backdrop = _corner_colour(reference)
    subject, behind = colours_of(f"{request.prompt} {request.prompt_2}")
    painted = reference if subject is None else Image.new("RGB", size, COLOURS[subject])
    background = _textured(backdrop if behind is None else COLOURS[behind], size, chance)
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
