"""A life that does nothing but change recipes, and says before and after each change what it does; to be killed."""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from app.clock import SystemClock
from app.database import Database
from app.model_files import ModelKind
from app.recipes.recipe import RecipeLora
from app.recipes.service import Draft, RecipeChange, Recipes
from tests.recipe_desk import PICTURE

Book = dict[str, list[Any]]
"""What a life believes: of each recipe, by its source, the name, the LoRA's name, and whether it is deleted."""


@dataclass(frozen=True)
class File:
    name: str
    sha256: str = "ef" * 32
    folder: str = ""
    autov3: str | None = None
    model_version_id: int | None = None

    @property
    def file_name(self) -> str:
        return f"{self.name}.safetensors"


@dataclass(frozen=True)
class Renaming:
    before: File
    after: File
    kind: ModelKind = ModelKind.LORAS


def after(book: Book, deed: list[Any]) -> Book:
    """The same book once the deed is done."""
    what, keys, value = deed
    changed = {key: list(facts) for key, facts in book.items()}
    if what == "save":
        changed[keys[0]] = [value[0], value[1], False]
    for key in keys if what != "rename model" else changed:
        if what == "change":
            changed[key][0] = value
        elif what == "rename model":
            changed[key][1] = value
        elif what in ("delete", "undo"):
            changed[key][2] = what == "delete"
    return changed


def deeds(chance: random.Random, book: Book) -> Iterator[list[Any]]:
    """One change after another, each of what is there then; who takes it puts its outcome into `book`."""
    lora = next((facts[1] for facts in book.values()), "ink0")
    count = len(book)
    while True:
        live = [key for key, (_, _, deleted) in book.items() if not deleted]
        what = chance.choice(["save", "save", "change", "change", "delete", "rename model"])
        if what == "save" or not live:
            count += 1
            yield ["save", [f"{count}"], [f"name{count}", lora]]
        elif what == "change":
            yield ["change", [chance.choice(live)], f"changed{chance.randrange(10**6)}"]
        elif what == "rename model":
            lora = f"ink{chance.randrange(10**6)}"
            yield ["rename model", [], lora]
        else:
            keys = chance.sample(live, min(len(live), 3))
            yield ["delete", keys, None]
            if chance.random() < 0.7:
                yield ["undo", keys, None]


class Life:
    """Does the deeds on a real book."""

    def __init__(self, folder: Path) -> None:
        self._database = Database(f"sqlite:///{folder / 'studio.db'}")
        self._database.create_tables()
        self._recipes = Recipes(database=self._database, clock=SystemClock(), folder=folder / "recipes")
        self._recipes.start()
        self._batch = ""

    def do(self, what: str, keys: list[str], value: Any, before: str) -> None:
        ids = {recipe.source: recipe.id for recipe in self._recipes.all()}
        match what:
            case "save":
                lora = RecipeLora(value[1], 1.0, File.sha256)
                self._recipes.save(replace(Draft(value[0], PICTURE), loras=[lora], source=keys[0]))
            case "change":
                self._recipes.change(ids[keys[0]], RecipeChange(name=value))
            case "delete":
                self._batch = self._recipes.delete([ids[key] for key in keys]).batch_id
            case "undo":
                self._recipes.undo(self._batch)
            case "rename model":
                with self._database.session() as session:
                    self._recipes.model_renamed(session, Renaming(File(before), File(value)))


def live(folder: Path, seed: int, book: Book) -> None:
    life = Life(folder)
    for deed in deeds(random.Random(seed), book):
        print(json.dumps(["begin", deed]), flush=True)
        what, keys, value = deed
        life.do(what, keys, value, before=next((facts[1] for facts in book.values()), "ink0"))
        print(json.dumps(["done", deed]), flush=True)
        done = after(book, deed)
        book.clear()
        book.update(done)


if __name__ == "__main__":
    live(Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3]))
