"""What a scenario does with pictures that people bring: uploads them, names them, has them shown and deleted."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from support import character_pictures, character_words
from support.bdd import StepError
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

# A studio knows of its store's condition a moment late, so that telling a link costs nobody a look.
NOTICED_WITHIN = timedelta(seconds=15)


@dataclass(frozen=True)
class Uploaded:
    """A picture that the studio took. given: the bytes as they were uploaded."""

    image_id: str
    name: str
    kind: str
    given: bytes


class CharacterUploads:
    """Verbs on uploaded reference pictures; remembers each by the name under which it was uploaded."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.taken: dict[str, Uploaded] = {}
        self.in_hand: tuple[str, str, bytes] = ("", "", b"")
        self.pages: list[list[str]] = []
        self.took = timedelta()

    def have(self, name: str) -> None:
        """An uploaded PNG; each name has a picture of its own."""
        colours = ("red", "orange", "green", "cyan", "purple", "pink", "brown", "grey", "black")
        self.upload(name, "PNG", character_pictures.plain("PNG", colour=colours[len(self.taken) % len(colours)]))
        self._world.answered.must()

    def have_several(self, count: int) -> None:
        for number in range(1, count + 1):
            self.have(f"captain {number}.png")
            self._world.clock.advance(timedelta(seconds=1))

    def upload_kind(self, name: str, kind: str) -> None:
        self.upload(name, kind, character_pictures.plain(kind))

    def upload_from_camera(self, kind: str) -> None:
        self.upload(f"captain.{character_pictures.EXTENSIONS[kind]}", kind, character_pictures.told_by_a_camera(kind))

    def upload_disguised(self, disguise: str) -> None:
        """Something that calls itself a PNG."""
        self.upload("captain.png", "PNG", character_pictures.DISGUISES[disguise]())

    def upload_named(self, hostile: str) -> None:
        self.upload(character_words.NAMES[hostile], "PNG", character_pictures.plain("PNG"))

    def upload_of_bytes(self, beyond_limit: int) -> None:
        """A picture of exactly as many bytes as are taken, and some beyond."""
        size_bytes = character_pictures.LIMIT_BYTES + beyond_limit
        content = character_pictures.of_exactly(size_bytes)
        if len(content) != size_bytes:
            raise StepError(f"the picture to be uploaded has {len(content):,} bytes, not {size_bytes:,}")
        self.upload("captain.png", "PNG", content)

    def upload_of_pixels(self, width: int, height: int) -> None:
        self.upload("captain.png", "PNG", character_pictures.of_pixels(width, height))

    def upload_without_a_file(self) -> None:
        """The words are there, and no picture."""
        self._world.characters.remember()
        self._world.ask(self._world.client.characters.upload_nothing())

    def upload(self, name: str, kind: str, content: bytes) -> None:
        self._world.characters.remember()
        self.in_hand = (name, kind, content)
        client = self._world.client.characters
        answer = self._world.ask(client.upload(name, content, character_pictures.CONTENT_TYPES[kind]))
        if answer.accepted:
            self.taken[name] = Uploaded(str(answer.body["image_id"]), name, kind, content)
            self._world.evidence.picture(f"uploaded as {name}", content)

    def of(self, name: str) -> Uploaded:
        if name not in self.taken:
            raise StepError(f"no picture {name!r} was uploaded; there are {', '.join(self.taken) or 'none'}")
        return self.taken[name]

    @property
    def last(self) -> Uploaded:
        """The picture in hand, which the studio took. Raises StudioRefused when it did not."""
        self._world.answered.must()
        return self.taken[self.in_hand[0]]

    # One picture

    def fetch(self, name: str) -> None:
        """Fetch it, and remember how long that took by the machine's clock, which real stores go by."""
        began = time.monotonic()
        self._world.ask(self._world.client.characters.reference(self.of(name).image_id))
        self.took = timedelta(seconds=time.monotonic() - began)

    def fetch_until_noticed(self, name: str) -> None:
        """Fetch it again and again until no link is told any more; the longest wait is remembered."""
        longest = timedelta()

        def noticed() -> bool:
            nonlocal longest
            self.fetch(name)
            longest = max(longest, self.took)
            return "image_url" not in (self._world.answered.body or {})

        until(noticed, within=NOTICED_WITHIN)
        self.took = longest

    def look_without_fetching(self, name: str) -> None:
        self._world.ask(self._world.client.characters.reference(self.of(name).image_id, method="HEAD"))

    def fetch_part(self, name: str, part: str) -> None:
        ranges = {
            "the first 10 bytes": "bytes=0-9",
            "bytes 20 to 29": "bytes=20-29",
            "all from byte 40": "bytes=40-",
            "the last 10 bytes": "bytes=-10",
        }
        self._fetch_with(name, {"Range": ranges[part]})

    def fetch_beyond(self, name: str) -> None:
        self._fetch_with(name, {"Range": f"bytes={len(self.of(name).given)}-"})

    def fetch_again(self, name: str) -> None:
        """As a browser does that holds the picture already."""
        held = self._world.client.characters.reference(self.of(name).image_id).must()
        self._fetch_with(name, {"If-None-Match": held.headers["etag"]})

    def _fetch_with(self, name: str, headers: dict[str, str]) -> None:
        client = self._world.client.characters
        self._world.ask(client.reference(self.of(name).image_id, headers=headers))

    def show_small(self, name: str) -> None:
        self._world.ask(self._world.client.characters.thumbnail(self.of(name).image_id))

    def label(self, name: str, label: str) -> None:
        self._world.characters.remember()
        self._world.ask(self._world.client.characters.label(self.of(name).image_id, label))

    def label_at_length(self, name: str, letters: int) -> None:
        self.label(name, "c" * letters)

    def delete(self, name: str) -> None:
        self._world.characters.remember()
        self._world.ask(self._world.client.characters.delete(self.of(name).image_id))

    def have_deleted(self, name: str) -> None:
        self.delete(name)
        self._world.answered.must()

    # All of them

    def walk(self, page_size: int) -> None:
        """Turn the pages of the list until one is empty."""
        self.pages = []
        while not self.pages or self.pages[-1]:
            answer = self._world.client.characters.page(page=len(self.pages) + 1, page_size=page_size)
            self.pages.append([item["id"] for item in self._world.ask(answer).must().body["items"]])

    def open_page(self, number: int, page_size: int) -> None:
        self._world.ask(self._world.client.characters.page(page=number, page_size=page_size))

    def page_ids(self) -> list[str]:
        return [image_id for page in self.pages for image_id in page]
