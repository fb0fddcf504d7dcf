"""What a scenario does with the whole book: fills it, searches it, leafs through it, looks for duplicates."""

from __future__ import annotations

import re
import sqlite3
import threading
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from support import builders, pictures
from support.bdd import StepError
from support.recipe_terms import change_of, loras_of

if TYPE_CHECKING:
    from support.world import World

MINUTE = timedelta(minutes=1)
POSITIONS = ("first", "second", "third", "fourth", "fifth")
SEARCHES = 30
_QUOTED = re.compile(r'"([^"]*)"')


@dataclass
class Saved:
    """One row of a table of recipes; an empty cell says nothing."""

    name: str
    prompt: str = "a lighthouse in the fog"
    tags: str = ""
    base_model: str = ""
    source: str = ""
    favourite: str = ""
    rating: str = ""
    folder: str = ""
    loras: str = ""
    checkpoint: str = ""
    opened: str = ""

    @property
    def known(self) -> dict[str, str]:
        """What is told beside the picture."""
        names = ("tags", "base model", "source", "favourite", "rating", "folder")
        cells = {name: str(getattr(self, name.replace(" ", "_"))) for name in names}
        return {name: cell for name, cell in cells.items() if cell}


class RecipeLists:
    """Verbs on many recipes; remembers the pages that were read and the searches that were made."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.pages: list[list[dict[str, Any]]] = []
        self.first: list[str] = []
        self.missed: list[str] = []
        self.saved_meanwhile = 0
        self.size = 0

    # Filling the book

    def save(self, rows: list[Saved], *, apart: timedelta = timedelta()) -> None:
        """Save one after the other, then open them in the order that is told."""
        for row in rows:
            self._save(row)
            self._world.clock.advance(apart)
        for row in sorted((row for row in rows if row.opened), key=lambda row: POSITIONS.index(row.opened)):
            self._world.client.recipes.opened(self._world.recipes.id(row.name)).must()
            self._world.clock.advance(apart)
        self._world.recipes.remember()

    def save_one_a_minute(self, rows: list[Saved]) -> None:
        self.save(rows, apart=MINUTE)

    def _save(self, row: Saved) -> None:
        recipes = self._world.recipes
        settings = {"prompt": row.prompt}
        if row.checkpoint:
            settings |= {"checkpoint": row.checkpoint, "checkpoint hash": recipes.loras.hash_of(row.checkpoint)}
        words = loras_of(row.loras)
        recipes.hold(pictures.png_with_text(builders.parameters(settings)), settings, words)
        recipes.given[row.name] = row.known
        # Not in the prompt: what is found there is the prompt's.
        metadata: dict[str, Any] = {"loras": [recipes.loras.known(word) for word in words]}
        for what, text in row.known.items():
            metadata |= change_of(what, text)
        recipes.save(row.name, tags=metadata.pop("tags", ()), metadata=metadata).must()

    def save_many(self, count: int) -> None:
        for number in range(1, count + 1):
            self._save_numbered(number, f"Recipe {number:03}", f"beacon number-{number:03}", number % 4)
        self._world.recipes.remember()
        self.first = list(self._world.recipes.ids.values())

    def save_alike(self, count: int) -> None:
        """Half of them have one name, no LoRAs, and were saved and opened at the same moment."""
        for number in range(1, count + 1):
            name = "Recipe" if number % 2 else f"Recipe {number:03}"
            self._save_numbered(number, name, "a beacon", 0 if number % 2 else number % 4)
        self._world.recipes.remember()
        self.first = list(self._world.recipes.ids.values())

    def _save_numbered(self, number: int, name: str, prompt: str, loras: int) -> None:
        recipes = self._world.recipes
        tags = "".join(f" <lora:lora-{lora}:0.5>" for lora in range(loras))
        settings = {"prompt": f"{prompt}{tags}", "seed": str(number)}
        recipes.picture_with(settings)
        answer = self._world.client.recipes.save(self._world.own(name), recipes.in_hand.picture).must()
        key = f"{name}, number {number}"
        recipes.ids[key], recipes.drafts[key] = answer.body["id"], recipes.in_hand

    # Finding

    def search(self, words: str) -> None:
        self._world.ask(self._world.client.recipes.search(words))

    def search_in(self, words: str, parts: str) -> None:
        self._world.ask(self._world.client.recipes.search(words, search_fields=parts))

    def save_and_search(self, name: str, words: str) -> None:
        self._world.recipes.save(name)
        self.search(words)

    def list_in_order(self, order: str) -> None:
        self._world.ask(self._world.client.recipes.list(sort=order))

    def list_by_chance(self, number: int) -> None:
        self.list_in_order(f"random:{number}")

    def narrow(self, what: str) -> None:
        query: dict[str, Any] = {}
        for part in re.split(r" and (?=(?:the |a |no |anything ))", what):
            query |= self._query(part, _QUOTED.findall(part))
        self._world.ask(self._world.client.recipes.list(**query))

    def _query(self, part: str, values: list[str]) -> dict[str, Any]:
        loras = self._world.recipes.loras
        kinds: dict[str, dict[str, Any]] = {
            "the base model": {"base_models": ",".join(values)},
            "a favourite's mark": {"favorite": True},
            "no favourite's mark": {"favorite": False},
            "the tag": {"tag_include": ",".join(values)},
            "anything but the tag": {"tag_exclude": ",".join(values)},
            "a place in the folder": {"folder": values[0] if values else "", "recursive": False},
            "a place in or below the folder": {"folder": values[0] if values else "", "recursive": True},
            "the LoRA": {"lora_hash": loras.hash_of(values[0]) if values else ""},
            "the checkpoint": {"checkpoint_hash": loras.hash_of(values[0]) if values else ""},
        }
        return kinds[max((kind for kind in kinds if part.startswith(kind)), key=len)]

    def look_for_duplicates(self, *, by_prompt: bool = False) -> None:
        self._world.ask(self._world.client.recipes.duplicates(prompt=by_prompt))

    # Leafing through it

    def leaf(self, order: str, size: int) -> None:
        """Every page, by its number."""
        self.pages, self.size = [], size
        while True:
            answer = self._world.client.recipes.list(sort=order, page=len(self.pages) + 1, page_size=size)
            items = answer.must().body["items"]
            if not items:
                return
            self.pages.append(items)

    def leaf_while_saving(self, order: str, size: int) -> None:
        """Every page, each from where the one before it ended; one more recipe is saved after each."""
        self.pages, self.size = [], size
        query: dict[str, Any] = {}
        while True:
            body = self._world.client.recipes.list(sort=order, page_size=size, **query).must().body
            self.pages.append(body["items"])
            if not body["next_cursor"]:
                return
            query = {"cursor": body["next_cursor"]}
            self._save_one_more()

    def _save_one_more(self) -> None:
        self.saved_meanwhile += 1
        picture = pictures.png_with_text(builders.parameters({"prompt": f"meanwhile {self.saved_meanwhile}"}))
        name = "Recipe" if self.saved_meanwhile % 2 else f"Recipe {self.saved_meanwhile:03}"
        self._world.client.recipes.save(self._world.own(name), picture).must()

    def listed(self, **query: Any) -> list[dict[str, Any]]:
        """Every recipe that the studio lists."""
        found: list[dict[str, Any]] = []
        cursor: dict[str, str] = {}
        while True:
            body = self._world.client.recipes.list(**query, **cursor).must().body
            found += body["items"]
            if not body["next_cursor"]:
                return found
            cursor = {"cursor": body["next_cursor"]}

    # While the search is made anew

    def damage_search(self) -> None:
        """Take away what the studio searches by while it is not there to see it."""
        self._world.restart()
        with closing(sqlite3.connect(self._world.home / "studio.db")) as database, database:
            if not database.execute("DELETE FROM recipe_words").rowcount:
                raise StepError("there was nothing that the studio searches by")

    def repair_and_search(self) -> None:
        """Have all recipes repaired by one caller; another one searches and saves until that is over."""
        recipes, number = self._world.recipes, 0
        repairing = threading.Thread(target=self._world.client.recipes.repair, name="repairs")
        repairing.start()
        while repairing.is_alive() or number < SEARCHES:
            number += 1
            self._search_for_one(f"number-{1 + number % len(self.first):03}")
            if number == SEARCHES // 2:
                recipes.picture_with({"prompt": "a fountain, saved meanwhile"})
                recipes.save("Saved meanwhile")
                self.search("fountain")
        repairing.join()

    def _search_for_one(self, words: str) -> None:
        if len(self._world.client.recipes.search(words).must().body["items"]) != 1:
            self.missed.append(words)
