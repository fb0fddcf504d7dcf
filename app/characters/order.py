"""What is asked of a painter, and what came of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from app.characters.faults import CannotPaintNow
from app.characters.port import CheckedPicture, FileFormat, Painter, PictureCheck, Sitting
from app.characters.tables import CharacterReference
from app.errors import ProviderFailed, StudioError, Unavailable

# Pixels, width by height: each exactly of its ratio, and multiples of 16.
SIZES = {
    "1:1": (512, 512),
    "3:4": (384, 512),
    "4:3": (512, 384),
    "9:16": (288, 512),
    "16:9": (512, 288),
}


@dataclass(frozen=True)
class Order:
    """Which pictures of which character are wanted. seed: the same gives the same set."""

    character_description: str
    num_images: int = 4
    aspect_ratio: str = "1:1"
    negative_prompt: str = ""
    seed: int | None = None
    output_format: FileFormat = "png"

    def sitting(self) -> Sitting:
        width, height = SIZES[self.aspect_ratio]
        return Sitting(
            prompt=self.character_description,
            negative_prompt=self.negative_prompt,
            width=width,
            height=height,
            count=self.num_images,
            seed=self.seed,
            output_format=self.output_format,
        )

    def parameters(self, seed: int) -> dict[str, Any]:
        """Those that had an effect. seed: the one that gives the set again."""
        sitting = self.sitting()
        used = {
            "num_images": self.num_images,
            "aspect_ratio": self.aspect_ratio,
            "width": sitting.width,
            "height": sitting.height,
            "seed": seed,
            "output_format": self.output_format,
        }
        return used | ({"negative_prompt": self.negative_prompt} if self.negative_prompt else {})


@dataclass(frozen=True)
class Shot:
    """One whole picture of a sitting, and its seed."""

    picture: CheckedPicture = field(repr=False)
    seed: int


@dataclass(frozen=True)
class Made:
    """A set that was made: each picture's record with its bytes, and the parameters that had an effect.

    warnings: what did not go as it should have, each in a sentence.
    """

    pictures: list[tuple[CharacterReference, bytes]] = field(repr=False)
    model_used: str
    parameters_used: dict[str, Any]
    made_at: datetime
    warnings: list[str] = field(default_factory=list)

    def remembered(self) -> dict[str, Any]:
        """JSON from which `again` makes it; the pictures' bytes, and every link to them, stay out."""
        return {
            "image_ids": [record.id for record, _ in self.pictures],
            "model_used": self.model_used,
            "parameters_used": self.parameters_used,
            "made_at": self.made_at.isoformat(),
            "warnings": self.warnings,
        }

    @classmethod
    def again(cls, remembered: dict[str, Any], pictures: list[tuple[CharacterReference, bytes]]) -> Made:
        """The set as it was answered before. pictures: those of it that are still there."""
        made = cls(
            pictures=pictures,
            model_used=remembered["model_used"],
            parameters_used=remembered["parameters_used"],
            made_at=datetime.fromisoformat(remembered["made_at"]),
            warnings=remembered["warnings"],
        )
        were = len(remembered["image_ids"])
        gone = were - len(pictures)
        return replace(made, warnings=[*made.warnings, f"{gone} of {were} pictures deleted since"]) if gone else made


def paint(painter: Painter, check: PictureCheck, order: Order) -> tuple[list[Shot], list[str]]:
    """The pictures that came of an order, at least one, and a warning for those that did not.

    Raises ProviderFailed when there are none, CannotPaintNow, and what else the painter raises.
    """
    try:
        painted = painter.paint(order.sitting())
    except Unavailable as error:
        raise CannotPaintNow(error.message, field=error.field, code=error.code) from error
    shots, failures = [], list(painted.failures)
    for portrait in painted.portraits:
        try:
            shots.append(Shot(check.check(portrait.data, field="the provider's answer"), portrait.seed))
        except StudioError as error:
            failures.append(error.message)
    why = _counted(failures) or "the provider sent none"
    if not shots:
        raise ProviderFailed(f"none of {order.num_images} pictures could be made: {why}")
    missing = order.num_images - len(shots)
    return shots, [f"{missing} of {order.num_images} pictures could not be made: {why}"] if missing > 0 else []


def _counted(failures: Sequence[str]) -> str:
    """Each reason once, with how often it came."""
    return "; ".join(why if times == 1 else f"{why} ({times} times)" for why, times in Counter(failures).items())
