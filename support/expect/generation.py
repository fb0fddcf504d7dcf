"""What must be true of pictures: their size, their colours, whether they are the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support import pictures as oracle
from support.expect.expectation import Expectation
from support.parameter_types import Sides

if TYPE_CHECKING:
    from support.world import World


class ExpectPictures(Expectation):
    """Checks on the pictures that were made last."""

    def _first(self) -> bytes:
        answer = self._world.answer
        why = answer.reason if answer is not None and not answer.accepted else "nothing was made"
        self._hold(bool(self._world.generation.pictures), "a picture is made", why)
        return self._world.generation.pictures[0]

    def measure(self, wanted: Sides) -> None:
        width, height = oracle.decode(self._first()).size
        self._hold(
            (width, height) == (wanted.width, wanted.height),
            f"the picture measures {wanted}",
            f"it measures {width}×{height}",
        )

    def same_as_before(self) -> None:
        self._first()
        same = self._world.generation.before == self._world.generation.pictures
        self._hold(same, "the same seed makes the same picture, byte for byte", "the two pictures differ")

    def differ_from_before(self) -> None:
        now = self._first()
        self._hold(bool(self._world.generation.before), "a second picture is made", "there is only the first one")
        before = self._world.generation.before[0]
        self._hold(not oracle.same_pixels(before, now), "another seed makes another picture", "every pixel is the same")

    def show(self, colour: str) -> None:
        seen = oracle.main_colour(self._first())
        self._hold(seen == colour, f"the picture shows {colour}", f"it shows {seen}")

    def are_different(self, count: int) -> None:
        self._first()
        made = self._world.generation.pictures
        self._hold(len(made) == count, f"{count} pictures are made", f"{len(made)} are made")
        self._hold(len(set(made)) == count, f"{count} different pictures are made", f"{len(set(made))} differ")

    def second_equals_single(self, seed: int) -> None:
        """Picture k of a batch is the single picture of seed + k: a batch changes nothing but the count."""
        self._first()
        batch, prompt = self._world.generation.pictures, self._world.generation.prompt
        self._world.generation.make(prompt, seed=seed)
        single = self._world.generation.pictures[0]
        self._hold(
            oracle.same_pixels(batch[1], single),
            f"the second picture is the one of seed {seed}",
            "it is another picture",
        )


def pictures(world: World) -> ExpectPictures:
    """Checks on the pictures that were made last."""
    return ExpectPictures(world)
