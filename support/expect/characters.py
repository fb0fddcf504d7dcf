"""What must be true of a character's reference pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from support import pictures
from support.expect.expectation import Expectation

if TYPE_CHECKING:
    from support.world import World


class ExpectCharacters(Expectation):
    """Checks on the reference pictures that were made last."""

    def count(self, wanted: int) -> None:
        made = len(self._world.characters.images)
        self._hold(made == wanted, f"there are {wanted} reference pictures", f"there are {made}")
        told = self._world.answered.must().body["metadata"]["num_images_generated"]
        self._hold(told == made, "the studio counts its pictures honestly", f"it tells {told}, there are {made}")

    def fetched(self) -> None:
        """Each can be fetched, is a picture, and the one that was answered when it was made."""
        images = self._world.characters.images
        self._hold(bool(images), "there are reference pictures to fetch", "there are none")
        for number, image in enumerate(images, 1):
            answer = self._world.client.characters.reference(image["id"])
            self._hold(answer.accepted, f"reference picture {number} can be fetched", answer.reason)
            try:
                pictures.decode(answer.content)
            except pictures.NoPicture as error:
                self._hold(False, f"reference picture {number} is a picture", str(error))
            same = answer.content == self._world.characters.bytes_of(image)
            self._hold(same, f"reference picture {number} is the one that was made", "other bytes come back")
            self._world.evidence.picture(f"reference picture {number}, fetched", answer.content)

    def differ(self) -> None:
        different = len(self._all())
        images = self._world.characters.images
        self._hold(
            different == len(images) > 1,
            "there are several, and no two the same",
            f"{different} of {len(images)} differ",
        )

    def same_as_before(self) -> None:
        now = [self._world.characters.bytes_of(i) for i in self._world.characters.images]
        before = [self._world.characters.bytes_of(i) for i in self._world.characters.before]
        self._hold(now == before and bool(now), "the same seed makes the same set", "the sets differ")

    def _all(self) -> set[bytes]:
        return {self._world.characters.bytes_of(image) for image in self._world.characters.images}


def characters(world: World) -> ExpectCharacters:
    """Checks on the reference pictures that were made last."""
    return ExpectCharacters(world)
