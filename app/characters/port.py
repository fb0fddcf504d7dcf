"""What characters need of others: whoever paints them, and whoever knows what a picture is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

FileFormat = Literal["png", "jpg", "webp"]
# What a picture's file may have.
LARGEST_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True)
class Sitting:
    """What shall be painted. width, height: pixels; seed: None lets the painter choose one."""

    prompt: str
    negative_prompt: str
    width: int
    height: int
    count: int
    seed: int | None
    output_format: FileFormat


@dataclass(frozen=True)
class Portrait:
    """One picture as a file, and the seed that gives it again."""

    data: bytes = field(repr=False)
    seed: int


@dataclass(frozen=True)
class Painted:
    """What came of a sitting. failures: for each picture that is missing, why, in a sentence."""

    portraits: Sequence[Portrait]
    failures: Sequence[str] = ()


class Painter(Protocol):
    """Paints portraits. name: of the model, as the answer tells it."""

    @property
    def name(self) -> str: ...

    def paint(self, sitting: Sitting) -> Painted:
        """Up to `sitting.count` different pictures; the same sitting with the same seed gives the same ones.

        Raises NotConfigured, ProviderFailed when none could be painted, Unavailable when nothing can be now.
        """


class CheckedPicture(Protocol):
    """A whole picture. content_type: by its content. width, height: pixels."""

    @property
    def data(self) -> bytes: ...
    @property
    def content_type(self) -> str: ...
    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...


class PictureCheck(Protocol):
    """Knows PNG, JPEG and WebP pictures, whatever their names say."""

    def check(self, data: bytes, *, field: str) -> CheckedPicture:
        """The picture that `data` is, byte for byte. Raises InvalidInput, TooLarge."""

    def accept(self, data: bytes, *, field: str) -> CheckedPicture:
        """The same, without what it says of places, cameras and people; its pixels are bit-equal.

        Raises InvalidInput for what is no picture or goes on after its end, and TooLarge.
        """

    def thumbnail(self, data: bytes, side: int) -> bytes:
        """A WebP of a checked picture, its longer side `side` pixels or its own if that is smaller."""
