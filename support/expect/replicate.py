"""What must be true at the provider: what was ordered, what is still to be paid for, what it was given."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING

from PIL import Image

from support.expect.expectation import Expectation
from support.waiting import until

if TYPE_CHECKING:
    from support.servers.replicate import Ordered
    from support.world import World

REFUSED = 401


class ExpectProvider(Expectation):
    """Checks on Replicate's double."""

    def was_ordered(self, prompt: str, times: int) -> None:
        """Sent, whatever became of it: an order that was refused or lost counts."""
        sent = [seen for seen in self._world.replicate.requests if (seen.method, seen.path) == self._ORDER]
        found = f"{len(sent)} order(s) were sent, {len(self._of(prompt))} of them taken"
        self._hold(len(sent) == times, f"“{prompt}” is ordered {times} time(s)", found)

    def paints_nothing(self) -> None:
        until(lambda: not self._world.replicate.running())
        left = [str(one) for one in self._world.replicate.running()]
        self._hold(not left, "nothing is left to pay for at the provider", f"there is {', '.join(left)}")
        ends = [one.status for one in self._world.replicate.predictions()]
        self._hold("succeeded" not in ends, "nothing is painted that was called off", f"they became {ends}")

    def keeps_nothing_of(self, prompt: str) -> None:
        now = self._world.clock.now()
        kept = [str(one) for one in self._of(prompt) if not one.is_removed(now)]
        self._hold(bool(self._of(prompt)) and not kept, "the provider keeps nothing of it", f"it keeps {kept}")

    def told_of(self, prompt: str) -> None:
        """The studio was told, believed it, and did not ask for the end besides."""
        told = [sent for sent in self._world.replicate.webhooks if prompt in sent.body.decode()]
        statuses = [sent.statuses for sent in told]
        self._hold(statuses == [[200]], f"the studio is told once of “{prompt}”", f"it was told {statuses}")
        self._hold(json.loads(told[0].body)["status"] == "succeeded", "it is told the end", told[0].body.decode())

    def was_never_believed(self) -> None:
        until(self._statuses)
        statuses = set(self._statuses())
        self._hold(statuses == {REFUSED}, "the studio believes no wrong signature", f"it answered {statuses}")

    def was_given_the_character(self, count: int) -> None:
        characters = self._world.characters
        wanted = [characters.bytes_of(image) for image in characters.images[:count]]
        last = self._world.replicate.predictions()[-1]
        given = [self._world.replicate.file(address) for address in last.input.get("input_images", [])]
        sizes = [len(data) for data in given]
        self._hold(
            given == wanted,
            f"the provider is given the character's {count} pictures, byte for byte",
            f"it was given {len(given)}, of {sizes} bytes",
        )

    def picture_names_the_character(self) -> None:
        self._world.answered.must()
        with Image.open(io.BytesIO(self._world.generation.pictures[0])) as picture:
            text = str(picture.info.get("parameters"))
        ids = self._world.followed.ids
        self._hold(all(one in text for one in ids), "the picture names the character that it follows", text)

    _ORDER = ("POST", "/v1/predictions")

    def _of(self, prompt: str) -> list[Ordered]:
        return [one for one in self._world.replicate.predictions() if one.prompt == prompt]

    def _statuses(self) -> list[int]:
        return [status for sent in self._world.replicate.webhooks for status in sent.statuses]


def provider(world: World) -> ExpectProvider:
    """Checks on the provider of a scenario."""
    return ExpectProvider(world)
