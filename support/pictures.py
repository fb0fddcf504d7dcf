"""Pictures as a scenario sees them: made with settings inside, looked at, compared, kept as evidence.

Everything is computed from the pixels and by other means than the studio's, so that a fault there is seen.
"""

from __future__ import annotations

import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from PIL import Image, ImageChops, ImageDraw, ImageStat, PngImagePlugin

EVIDENCE_BYTES = 50_000
EVIDENCE_SIDE = 512

COLOURS = {
    "red": (210, 35, 35),
    "orange": (245, 140, 25),
    "yellow": (245, 220, 40),
    "green": (35, 150, 55),
    "cyan": (30, 190, 205),
    "blue": (35, 70, 215),
    "purple": (125, 45, 165),
    "pink": (245, 125, 180),
    "brown": (120, 70, 35),
    "white": (248, 248, 248),
    "grey": (128, 128, 128),
    "black": (15, 15, 15),
}
# Of 255: as far apart a pixel and the background must be for the pixel to belong to the subject.
_APART = 56
# How much of its own box each shape fills.
_FILLS = {"triangle": 0.5, "circle": math.pi / 4, "square": 1.0}


class NoPicture(Exception):
    """These bytes are no picture that can be decoded; the message says what they begin with."""


@dataclass(frozen=True)
class Decoded:
    """A decoded picture. format: 'PNG', 'JPEG', 'WEBP', …; texts: what the file says about itself."""

    image: Image.Image = field(repr=False)
    format: str
    texts: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        return self.image.size


def decode(data: bytes) -> Decoded:
    """The picture in `data`, its pixels as RGB on white. Raises NoPicture."""
    try:
        with Image.open(io.BytesIO(data)) as opened:
            opened.load()
            pixels = opened.convert("RGBA")
            texts = {str(name): value for name, value in opened.info.items() if isinstance(value, str)}
            image = Image.alpha_composite(Image.new("RGBA", pixels.size, "white"), pixels).convert("RGB")
            return Decoded(image=image, format=str(opened.format), texts=texts)
    except Exception as error:  # a decoder raises what it likes for bytes that are no picture
        raise NoPicture(f"{len(data):,} bytes that begin with {data[:12]!r} are no picture: {error}") from error


def main_colour(data: bytes) -> str:
    """The colour word of the picture's subject; of all of it when nothing stands out."""
    picture = decode(data)
    subject = _subject(picture.image)
    return _word(picture.image, subject if subject.getbbox() else None)


def background_colour(data: bytes) -> str:
    """The colour word of what is round the subject."""
    picture = decode(data)
    return _word(picture.image, ImageChops.invert(_subject(picture.image)))


def main_shape(data: bytes) -> str:
    """'circle', 'square' or 'triangle', by how much of its box the subject fills; 'nothing' when there is none."""
    subject = _subject(decode(data).image)
    box = subject.getbbox()
    if box is None:
        return "nothing"
    filled = ImageStat.Stat(subject.crop(box)).mean[0] / 255
    return min(_FILLS, key=lambda shape: abs(_FILLS[shape] - filled))


def same_pixels(one: bytes, other: bytes) -> bool:
    """Whether two pictures look exactly alike, whatever else their files say."""
    first, second = decode(one).image, decode(other).image
    return first.size == second.size and ImageChops.difference(first, second).getbbox() is None


def differs_from(one: bytes, other: bytes) -> bool:
    """Whether at least one pixel, or the size, is another."""
    return not same_pixels(one, other)


def overlap(one: bytes, other: bytes) -> float:
    """How much of their subjects' places two pictures of one size share: 0 (nothing) to 1 (all); IoU."""
    first, second = _subject(decode(one).image), _subject(decode(other).image)
    both = ImageStat.Stat(ImageChops.darker(first, second)).sum[0]
    either = ImageStat.Stat(ImageChops.lighter(first, second)).sum[0]
    return both / either if either else 1.0


def distance(one: bytes, other: bytes) -> float:
    """How far two pictures are apart, pixel by pixel, of 255; the first is made as large as the second."""
    first, second = decode(one).image, decode(other).image
    reduced = first.resize(second.size, Image.Resampling.LANCZOS)
    means = ImageStat.Stat(ImageChops.difference(reduced, second)).mean
    return sum(means) / len(means)


def drawn(colour: str, shape: str, *, background: str = "white", size: tuple[int, int] = (64, 64)) -> bytes:
    """A PNG of one shape in the middle, half as large as the shorter side."""
    image = Image.new("RGB", size, COLOURS[background])
    reach = min(size) // 4
    left, top, right, bottom = size[0] // 2 - reach, size[1] // 2 - reach, size[0] // 2 + reach, size[1] // 2 + reach
    draw = ImageDraw.Draw(image)
    match shape:
        case "circle":
            draw.ellipse((left, top, right, bottom), fill=COLOURS[colour])
        case "square":
            draw.rectangle((left, top, right, bottom), fill=COLOURS[colour])
        case "triangle":
            draw.polygon([(left, bottom), (right, bottom), (size[0] // 2, top)], fill=COLOURS[colour])
        case _:
            raise ValueError(f"there is no shape {shape!r}; there are {', '.join(_FILLS)}")
    return as_file(image)


def as_file(image: Image.Image, kind: str = "PNG") -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


def png_with_text(parameters: str | None, size: tuple[int, int] = (64, 64)) -> bytes:
    """A real PNG with `parameters` where Automatic1111's web UI writes them; None: without any text.

    The picture follows from the text, so that two texts make two pictures.
    """
    hue = sum((parameters or "").encode()) % 360
    image = Image.new("RGB", size, f"hsl({hue}, 45%, 60%)")
    ImageDraw.Draw(image).ellipse((8, 8, size[0] - 8, size[1] - 8), fill=f"hsl({(hue + 150) % 360}, 60%, 35%)")
    return _with_texts(image, {} if parameters is None else {"parameters": parameters})


def png_with_texts(texts: Mapping[str, str]) -> bytes:
    """A real PNG that says all of this about itself, in this order, as pictures do that went through many hands."""
    return _with_texts(Image.new("RGB", (64, 64), f"hsl({len(str(texts)) % 360}, 45%, 60%)"), texts)


def _with_texts(image: Image.Image, texts: Mapping[str, str]) -> bytes:
    info = PngImagePlugin.PngInfo()
    for keyword, text in texts.items():
        info.add_text(keyword, text)
    buffer = io.BytesIO()
    image.save(buffer, "PNG", pnginfo=info)
    return buffer.getvalue()


def png_with_a1111(
    prompt: str,
    *,
    negative_prompt: str | None = None,
    steps: int = 20,
    sampler: str = "Euler a",
    guidance: float = 7,
    seed: int = 1,
    size: tuple[int, int] = (64, 64),
    model: str = "neonMix",
) -> bytes:
    """A real PNG of `size` as Automatic1111's web UI would have saved it."""
    lines = [prompt] if negative_prompt is None else [prompt, f"Negative prompt: {negative_prompt}"]
    lines.append(
        f"Steps: {steps}, Sampler: {sampler}, CFG scale: {guidance:g}, Seed: {seed}, "
        f"Size: {size[0]}x{size[1]}, Model: {model}"
    )
    return png_with_text("\n".join(lines), size)


def as_evidence(data: bytes) -> bytes:
    """The picture as WebP of at most 50 KB, for a report. Raises NoPicture."""
    image = decode(data).image
    image.thumbnail((EVIDENCE_SIDE, EVIDENCE_SIDE))
    return next(made for made in _smaller_and_smaller(image) if len(made) <= EVIDENCE_BYTES)


def _smaller_and_smaller(image: Image.Image) -> Iterator[bytes]:
    # Method 0 encodes in a third of the default's time; nobody measures evidence.
    while True:
        for quality in (80, 50, 25):
            buffer = io.BytesIO()
            image.save(buffer, "WEBP", quality=quality, method=0)
            yield buffer.getvalue()
        image = image.resize((max(image.width // 2, 1), max(image.height // 2, 1)))


def _subject(image: Image.Image) -> Image.Image:
    """A mask, mode L: what is not of the colour of the picture's border."""
    border = Image.new("L", image.size, 255)
    inset = max(min(image.size) // 32, 1)
    border.paste(0, (inset, inset, image.width - inset, image.height - inset))
    backdrop = tuple(round(channel) for channel in ImageStat.Stat(image, border).median)
    red, green, blue = ImageChops.difference(image, Image.new("RGB", image.size, backdrop)).split()
    strongest = ImageChops.lighter(ImageChops.lighter(red, green), blue)
    return strongest.point([0] * _APART + [255] * (256 - _APART))


def _word(image: Image.Image, mask: Image.Image | None) -> str:
    seen = ImageStat.Stat(image, mask).median
    return min(COLOURS, key=lambda word: sum((a - b) ** 2 for a, b in zip(COLOURS[word], seen, strict=True)))
