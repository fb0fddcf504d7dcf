"""The painter of the double: draws what the prompt names, and lets every effective input be seen in the pixels.

It knows the colours of `support.pictures`, so that what a picture shows can be told from its pixels alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageOps

from support.pictures import COLOURS

Colour = tuple[int, int, int]

SHAPES = ("circle", "square", "triangle")
# Of 255: how far the background's clouds stand out from its colour. Less than any two colours are apart.
CLOUDS = 13
# Of 255: how far a pixel differs from the backdrop when it belongs to the subject.
APART = 56
_BACKDROPS = ("white", "black", "grey")
_SUBJECTS = tuple(name for name in COLOURS if name not in _BACKDROPS)
_ALSO = {
    "gray": "grey", "violet": "purple", "turquoise": "cyan", "golden": "yellow", "scarlet": "red", "crimson": "red",
    "disc": "circle", "disk": "circle", "ball": "circle", "round": "circle", "box": "square", "cube": "square",
    "pyramid": "triangle",
}  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_BEHIND = re.compile(r"([^\W\d_]+)\s+(?:back(?:ground|drop))\b")


@dataclass(frozen=True)
class Wish:
    """What shall be seen. avoided: what shall not; size: width and height in pixels.

    chance: 64 bytes that follow from everything that has an effect; the clouds are made of all of them.
    """

    text: str
    avoided: str
    size: tuple[int, int]
    chance: bytes = field(repr=False)

    @property
    def backdrop(self) -> str | None:
        """The colour before the word "background", when the text has one."""
        found = _BEHIND.search(self.text.casefold())
        return _known(found[1]) if found and _known(found[1]) in COLOURS else None

    @property
    def colour(self) -> str | None:
        """The first colour that the text has for its subject."""
        rest = _BEHIND.sub(" ", self.text.casefold()) if self.backdrop else self.text
        return next((word for word in words(rest) if word in COLOURS), None)

    @property
    def shape(self) -> str | None:
        return next((word for word in words(self.text) if word in SHAPES), None)

    def one_of(self, names: Sequence[str]) -> str:
        """Any of the names that is not to be avoided; the same text always gives the same."""
        avoided = words(self.avoided)
        allowed = [name for name in names if name not in avoided] or list(names)
        return allowed[sum(self.text.encode("utf-8", "surrogatepass")) % len(allowed)]


def words(text: str) -> list[str]:
    """The colour and shape words of a text in order, each by its usual name."""
    return [known for word in _WORD.findall(text.casefold()) if (known := _known(word)) is not None]


def _known(word: str) -> str | None:
    for form in (word, word.removesuffix("s"), word.removesuffix("es")):
        usual = _ALSO.get(form, form)
        if usual in COLOURS or usual in SHAPES:
            return usual
    return None


def painted(wish: Wish) -> Image.Image:
    """One shape in one colour on a clouded backdrop."""
    avoided = words(wish.avoided)
    colour = wish.colour if wish.colour is not None and wish.colour not in avoided else None
    backdrop = wish.backdrop
    if colour is None:
        colour = wish.one_of([name for name in _SUBJECTS if name not in {backdrop, wish.colour}])
    if backdrop is None or backdrop in avoided:
        backdrop = _contrast(COLOURS[colour], [name for name in _BACKDROPS if name not in avoided] or ["white"])
    shape = wish.shape if wish.shape is not None and wish.shape not in avoided else wish.one_of(SHAPES)
    image = clouds(COLOURS[backdrop], wish.size, wish.chance)
    _draw(image, shape, COLOURS[colour], wish.chance)
    return image


def recoloured(reference: Image.Image, wish: Wish) -> Image.Image:
    """The reference in the wished size, its subject in its place and in the wished colour.

    Without a colour in the text the subject stays as it is, but one that is to be avoided is replaced. The
    backdrop keeps its colour where the subject can be told from it.
    """
    picture = fitted(reference, wish.size)
    behind = backdrop_of(picture)
    where = subject_of(picture, behind)
    avoided = words(wish.avoided)
    colour = wish.colour if wish.colour not in avoided else wish.one_of(_SUBJECTS)
    backdrop = COLOURS[wish.backdrop] if wish.backdrop is not None and wish.backdrop not in avoided else behind
    subject = picture
    if colour is not None:
        subject = Image.new("RGB", wish.size, COLOURS[colour])
        if _apart(COLOURS[colour], backdrop) <= APART + CLOUDS:
            backdrop = COLOURS[_contrast(COLOURS[colour], _BACKDROPS)]
    return Image.composite(subject, clouds(backdrop, wish.size, wish.chance), where)


def fitted(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """The picture at its own aspect in a frame of its backdrop's colour."""
    picture = picture.convert("RGB")
    return picture if picture.size == size else ImageOps.pad(picture, size, color=backdrop_of(picture))


def backdrop_of(picture: Image.Image) -> Colour:
    """The colour along the picture's border: of each band the median."""
    width, height = picture.size
    deep = max(min(width, height) // 40, 1)
    strips = (
        (0, 0, width, deep),
        (0, height - deep, width, height),
        (0, 0, deep, height),
        (width - deep, 0, width, height),
    )
    counts = [sum(levels) for levels in zip(*(picture.crop(strip).histogram() for strip in strips), strict=True)]
    red, green, blue = (_median(counts[start : start + 256]) for start in (0, 256, 512))
    return red, green, blue


def _median(counts: list[int]) -> int:
    half = sum(counts) / 2
    return next(level for level, so_many in enumerate(accumulate(counts)) if so_many >= half)


def subject_of(picture: Image.Image, behind: Colour) -> Image.Image:
    """A mask of what is not of the backdrop's colour."""
    bands = ImageChops.difference(picture, Image.new("RGB", picture.size, behind)).split()
    farthest = ImageChops.lighter(ImageChops.lighter(bands[0], bands[1]), bands[2])
    return farthest.point([0] * APART + [255] * (256 - APART))


def clouds(colour: Colour, size: tuple[int, int], chance: bytes) -> Image.Image:
    """A plain of one colour with soft clouds, eight by eight, one for each byte of `chance`."""
    pattern = Image.frombytes("L", (8, 8), chance).resize(size, Image.Resampling.BICUBIC)
    # Towards the middle: white can only be made darker.
    bands = [pattern.point(_slope(level, -CLOUDS if level > 127 else CLOUDS)) for level in colour]
    return Image.merge("RGB", bands)


def _slope(level: int, by: int) -> list[int]:
    return [round(level + by * step / 255) for step in range(256)]


def noise(size: tuple[int, int], chance: bytes) -> Image.Image:
    """What a picture begins as: coarse coloured noise."""
    small = Image.frombytes("RGB", (4, 4), chance[:48])
    return small.resize(size, Image.Resampling.NEAREST).filter(ImageFilter.GaussianBlur(1))


def _contrast(colour: Colour, names: Sequence[str]) -> str:
    """The name whose colour is farthest from this one."""
    distance: Callable[[str], int] = lambda name: sum(  # noqa: E731
        (a - b) ** 2 for a, b in zip(COLOURS[name], colour, strict=True)
    )
    return max(names, key=distance)


def _apart(one: Colour, other: Colour) -> int:
    return max(abs(a - b) for a, b in zip(one, other, strict=True))


def _draw(image: Image.Image, shape: str, colour: Colour, chance: bytes) -> None:
    """The shape near the middle, 44 to 64 % of the shorter side wide."""
    side = min(image.size)
    reach = side * (0.22 + 0.10 * chance[3] / 255)
    x = image.width / 2 + side * 0.08 * (chance[4] / 127.5 - 1)
    y = image.height / 2 + side * 0.08 * (chance[5] / 127.5 - 1)
    left, top, right, bottom = round(x - reach), round(y - reach), round(x + reach), round(y + reach)
    draw = ImageDraw.Draw(image)
    match shape:
        case "circle":
            draw.ellipse((left, top, right, bottom), fill=colour)
        case "square":
            draw.rectangle((left, top, right, bottom), fill=colour)
        case _:
            draw.polygon([(left, bottom), ((left + right) // 2, top), (right, bottom)], fill=colour)
