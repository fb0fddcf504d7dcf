"""What a scenario gives to others of its recipes: links, words for a prompt, jobs, the whole book."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support import builders, pictures
from support.acts.recipe_changes import FOR_GOOD
from support.bdd import StepError
from support.client import Answer
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

KEY = "X-API-Key"
HUGE_BYTES = 64 * 2**20
STRANGER = "Of another studio"
CLIMBED_OUT = Path("/tmp/climbed-out.png")
# The page of a book that says what it is.
MANIFEST = "manifest.json"


class RecipeExchange:
    """Verbs on what leaves the studio and comes in; remembers the link, what it showed, and the book."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.link = ""
        self.opened: Answer | None = None
        self.book = b""
        self.job = ""
        self.outside: set[str] = set()

    # Links

    def save_as_holder(self, key: str, name: str) -> None:
        """Speak with this key from here on."""
        self._world.headers[KEY] = key
        self._world.recipes.save_usual(name)

    def share(self, name: str) -> None:
        answer = self._world.client.recipes.share(self._world.recipes.id(name))
        self.link = self._world.ask(answer).must().body["url"]
        self._world.recipes.remember(name)
        self._world.recipes.current = name

    def open_link(self) -> None:
        """As whoever was sent it: without a key."""
        headers = {name: "" for name in self._world.client.headers if name == KEY}
        self.opened = self._open(self.link, headers)

    def open_changed_link(self) -> None:
        last = self.link[-1]
        self.opened = self._open(self.link[:-1] + ("0" if last != "0" else "1"), {})

    def _open(self, link: str, headers: dict[str, str]) -> Answer:
        kept = dict(self._world.client.headers)
        for name in headers:
            self._world.client.headers.pop(name)
        try:
            return self._world.ask(self._world.client.ask("GET", link))
        finally:
            self._world.client.headers.update(kept)

    # Words, and jobs

    def syntax(self, name: str) -> None:
        self._world.ask(self._world.client.recipes.syntax(self._world.recipes.id(name)))

    def send(self, name: str) -> None:
        answer = self._world.ask(self._world.client.recipes.send(self._world.recipes.id(name)))
        if answer.accepted:
            self.job = answer.body["job_id"]

    # Looking at recipes, in every way that there is

    def look(self, name: str, glance: str) -> None:
        client, recipes = self._world.client.recipes, self._world.recipes
        recipe_id = recipes.id(name)
        ways: dict[str, Any] = {
            "opened": lambda: [client.get(recipe_id), client.picture(recipe_id)],
            "looked at in small": lambda: [client.picture(recipe_id, size=128)],
            "searched for": lambda: [client.search("lighthouse"), client.list(sort="random:7")],
            "copied as words for a prompt": lambda: [client.syntax(recipe_id)],
            "shared": lambda: [client.share(recipe_id)],
            "exported": lambda: [client.export()],
            "compared with all others": lambda: [client.duplicates(prompt=True)],
            "analysed once more": lambda: [client.analyse(client.picture(recipe_id).content)],
            "noted as opened": lambda: [client.opened(recipe_id)],
        }
        for answer in ways[glance]():
            self._world.ask(answer).must()

    def ask_for_picture(self, name: str, shown: str) -> None:
        client, recipe_id = self._world.client.recipes, self._world.recipes.id(name)
        ways = {
            "the picture": lambda: client.picture(recipe_id),
            "the small picture": lambda: client.picture(recipe_id, size=128),
            "the picture behind a link": lambda: client.share(recipe_id),
        }
        self._world.ask(ways[shown]())

    # The book

    def export(self) -> None:
        self.book = self._world.client.recipes.export().must().content
        self._world.recipes.remember()

    def take_in(self) -> None:
        self._take_in(self.book)

    def take_to_another_studio(self) -> None:
        """The same book in a studio that knows nothing yet; the recipes have other numbers there."""
        self._world.restart()
        home = self._world.home
        home.rename(home.with_name("home-of-the-first-studio"))
        self._take_in(self.book)

    def take_in_harmful(self, mischief: str) -> None:
        """A book with one recipe that the studio does not know, and with something about it that does harm."""
        recipes = self._world.recipes
        recipes.picture_with({"prompt": "of another studio"})
        recipes.save(STRANGER).must()
        self.book = self._world.client.recipes.export().must().content
        stranger = recipes.ids.pop(STRANGER)
        recipes.drafts.pop(STRANGER)
        self._world.client.recipes.delete(stranger).must()
        self._world.clock.advance(FOR_GOOD)
        if not until(lambda: not self._left_of(stranger)):
            raise StepError(f"the picture of {STRANGER!r} is still there, although it can be brought back no longer")
        recipes.remember()
        self.outside = self.files_outside()
        self._take_in(self._harmful(mischief, stranger))

    def _left_of(self, recipe_id: str) -> list[str]:
        """The recipe's files, as far as we may look."""
        if self._world.environment.studio_url is not None:
            return []
        return [path.name for path in (self._world.home / "recipes").rglob(f"{recipe_id}*")]

    def _take_in(self, book: bytes) -> None:
        answer = self._world.ask(self._world.client.recipes.take_in(book))
        known = set(self._world.recipes.kept)
        if answer.accepted:
            listed = {item["id"] for item in self._world.recipes.lists.listed()}
            self._world.recipes.touched |= listed - known

    def _harmful(self, mischief: str, stranger: str) -> bytes:
        page = builders.not_a_picture("a web page", b"")
        changes: dict[str, Callable[[], bytes]] = {
            "a page that climbs out": lambda: self._renamed(stranger, "../../climbed-out.png"),
            "a page for the root folder": lambda: self._renamed(stranger, str(CLIMBED_OUT)),
            "a page that grows absurdly": lambda: self._with_picture(stranger, bytes(HUGE_BYTES)),
            "a picture of far too many pixels": lambda: self._with_picture(stranger, builders.bomb()),
            "a web page for a picture": lambda: self._with_picture(stranger, page),
            "a version from the future": self._from_the_future,
            "its second half missing": lambda: self.book[: len(self.book) // 2],
            "no archive at all": lambda: pictures.png_with_text(None),
        }
        return changes[mischief]()

    def _renamed(self, stranger: str, name: str) -> bytes:
        return self._rezipped(lambda entry, data: (name if _is_picture_of(entry, stranger) else entry, data))

    def _with_picture(self, stranger: str, content: bytes) -> bytes:
        """The stranger's picture replaced, and its checksum, too: what is wrong must be seen in the picture."""

        def changed(entry: str, data: bytes) -> tuple[str, bytes]:
            if _is_picture_of(entry, stranger):
                return entry, content
            if stranger not in entry:
                return entry, data
            record = json.loads(data)
            return entry, json.dumps(record | {"sha256": hashlib.sha256(content).hexdigest()}).encode()

        return self._rezipped(changed)

    def _from_the_future(self) -> bytes:
        def changed(entry: str, data: bytes) -> tuple[str, bytes]:
            return entry, json.dumps(json.loads(data) | {"version": 99}).encode() if entry == MANIFEST else data

        return self._rezipped(changed)

    def _rezipped(self, change: Callable[[str, bytes], tuple[str, bytes]]) -> bytes:
        """The book with every page as `change` writes it; that gets its name and content."""
        made = io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(self.book)) as old, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
            for entry in old.namelist():
                new.writestr(*change(entry, old.read(entry)))
        return made.getvalue()

    def files_outside(self) -> set[str]:
        """What lies beside the studio's home."""
        folder, home = self._world.folder, self._world.home
        found = [path for path in folder.rglob("*") if path.is_file() and not path.is_relative_to(home / "recipes")]
        return {str(path) for path in found if not path.name.startswith("studio.db")}


def _is_picture_of(entry: str, recipe_id: str) -> bool:
    return recipe_id in entry and not entry.endswith(".json")
