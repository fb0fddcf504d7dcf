"""What a scenario does with characters and their reference pictures: has them made, and looks at them."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from support import character_words
from support.acts.character_memory import Snapshot
from support.bdd import StepError
from support.client import Answer
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

PROVIDER_TROUBLES = {
    "fails at": "fails",
    "sends a web page for": "sends a web page",
    "refuses": "finds something improper",
}
LONGEST_WAIT = timedelta(seconds=20)
KINDS = {"PNG": "png", "JPEG": "jpg", "WEBP": "webp"}


class Characters:
    """Verbs on characters; remembers the set made last, the one before it, and how everything was before the When."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.images: list[dict[str, Any]] = []
        self.before: list[dict[str, Any]] = []
        self.answers: list[Answer] = []
        self.meanwhile: list[Answer] = []
        self.snapshot: Snapshot | None = None
        self._last: tuple[str, dict[str, Any]] | None = None

    # Having them made

    def have(self, description: str, **more: Any) -> None:
        self.make(description, **more)
        self._world.answered.must()

    def make(self, description: str, **more: Any) -> None:
        self.remember()
        self.take(self.ask(description, **more))

    def fail_to_make(self, description: str, **more: Any) -> None:
        """Ask for a set that cannot be had now. Raises StepError when it is made all the same."""
        self.make(description, **more)
        if self._world.answered.accepted:
            raise StepError("the pictures were made, though nothing could be kept")

    def break_the_local_store(self) -> None:
        """A file lies where the studio's folder of pictures belongs."""
        self._world.client.health().must()
        folder = self._world.home / "store"
        if folder.exists():
            folder.rename(self._world.folder / "aside")
        folder.write_bytes(b"no folder")

    def mend_the_local_store(self) -> None:
        (self._world.home / "store").unlink()
        if (self._world.folder / "aside").exists():
            (self._world.folder / "aside").rename(self._world.home / "store")

    def make_so_many(self, description: str, count: str) -> None:
        """count: as somebody wrote it, a number or not."""
        try:
            number = json.loads(count)
        except ValueError:
            number = count
        self.make(description, num_images=number)

    def make_as(self, description: str, kind: str) -> None:
        self.make(description, output_format=KINDS[kind])

    def make_meanwhile(self, description: str) -> None:
        """Have a set made; while it is being painted, others look around."""
        client = self._world.client
        with ThreadPoolExecutor(max_workers=1) as thread:
            asked = thread.submit(self.ask, description)
            if not until(lambda: self._world.pace.all_wait() and self._world.clock.sleepers):
                raise StepError("nobody paints")
            self.meanwhile = [client.health(), client.characters.page(), client.characters.config()]
            if asked.done():
                raise StepError("the pictures were there before anybody had looked around")
            until(lambda: asked.done() or self._world.pace.move_on(), within=LONGEST_WAIT)
            self.take(asked.result())

    def make_through_waits(self, description: str) -> None:
        """Have a set made, the clock going on whenever somebody waits for it."""
        self._world.client.health()
        with ThreadPoolExecutor(max_workers=1) as thread:
            asked = thread.submit(self.ask, description)

            def over() -> bool:
                if self._world.clock.sleepers:
                    self._world.clock.advance(timedelta(seconds=1))
                return asked.done()

            until(over, within=LONGEST_WAIT)
            self.take(asked.result())

    def trouble_provider(self, fault: str, **when: int) -> None:
        self._world.provider.trouble(PROVIDER_TROUBLES[fault], **when)

    # The same request again

    def send_again(self) -> None:
        """The very request that was sent last, its key included."""
        if self._last is None:
            raise StepError("no request was sent that could be sent again")
        description, more = self._last
        self.take(self.ask(description, **more))

    def send_twice_at_once(self, description: str, key: str) -> None:
        """Two callers who do not wait for each other."""
        self._world.client.health().must()
        with ThreadPoolExecutor(max_workers=2) as callers:
            asked = [callers.submit(self.ask, description, key=key) for _ in range(2)]
            self.answers = [one.result() for one in asked]
        for answer in self.answers:
            self.take(answer)

    def make_with_strange_key(self, description: str, strange: str) -> None:
        self.make(description, key=character_words.STRANGE_KEYS[strange])

    def ask(self, description: str, **more: Any) -> Answer:
        """Ask for a set; the request is the one that may be sent again."""
        self._last = (description, more)
        return self._world.client.characters.generate(description, **more)

    def take(self, answer: Answer) -> None:
        """Take a set as it was answered, or its refusal."""
        self._world.ask(answer)
        if not answer.accepted:
            return
        self.before, self.images = self.images, answer.body["images"]
        for number, image in enumerate(self.images, 1):
            if image.get("base64"):
                self._world.evidence.picture(f"reference picture {number}", self.bytes_of(image))

    # Looking at them

    def fetch(self, image_id: str) -> None:
        self._world.ask(self._world.client.characters.reference(image_id))

    def do_strangely(self, strange: str, deed: str) -> None:
        """Do something to a picture whose ID is none."""
        self.remember()
        self._do(character_words.STRANGE_IDS[strange], deed)

    def do_to_nobody(self, image_id: str, deed: str) -> None:
        self.remember()
        self._do(image_id, deed)

    def _do(self, image_id: str, deed: str) -> None:
        client = self._world.client.characters
        verbs = {
            "is fetched": client.reference,
            "is shown small": client.thumbnail,
            "gets a label": lambda one: client.label(one, "a label"),
            "is deleted": client.delete,
        }
        self._world.ask(verbs[deed](image_id))

    @property
    def first(self) -> dict[str, Any]:
        if not self.images:
            raise StepError("no reference picture was made that this could be about")
        return self.images[0]

    def remember(self) -> None:
        """How everything is, for the Thens that say what must not have changed."""
        self.snapshot = Snapshot.of(self._world)

    @staticmethod
    def bytes_of(image: dict[str, Any]) -> bytes:
        return base64.b64decode(image["base64"].rpartition(",")[2])
