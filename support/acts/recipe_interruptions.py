"""What a scenario breaks while recipes are kept: the studio, the disk that they lie on, the index."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING, Any

import httpx

from support import builders, own_disk, pictures
from support.acts.recipes_hand import InHand
from support.bdd import StepError
from support.client import StudioRefused
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

ENOUGH = 12
TITLES = ("Fog at noon", "Fog at midnight")
SMALL_DISK_BYTES = 2_000_000
# Longer than anybody looks up, shorter than a caller's patience with a locked index.
LOCKED_SECONDS = 0.3


class RecipeInterruptions:
    """Verbs that interrupt; remembers what was told to be saved before."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.saved: dict[str, InHand] = {}
        self._unlock: threading.Event | None = None

    # The studio

    def kill_while_saving(self) -> None:
        """Save from a thread of its own, as fast as it goes; kill the studio after a few, in whatever it does."""

        def save(number: int) -> None:
            settings = {"prompt": f"a lighthouse, saved as number {number}", "seed": str(number)}
            hand = InHand(pictures.png_with_text(builders.parameters(settings)), settings)
            answer = self._world.client.recipes.save(f"Recipe {number}", hand.picture)
            self.saved[answer.must().body["id"]] = hand

        self._kill_during(save, lambda: len(self.saved) >= ENOUGH)

    def kill_while_changing(self, name: str) -> None:
        recipe_id = self._world.recipes.id(name)
        told: list[int] = []

        def change(number: int) -> None:
            changes = {"title": TITLES[number % len(TITLES)]}
            self._world.client.recipes.update(recipe_id, changes, self._world.recipes.version(name)).must()
            told.append(number)

        self._world.recipes.touched.add(recipe_id)
        self._kill_during(change, lambda: len(told) >= ENOUGH)

    def _kill_during(self, act: Callable[[int], None], enough: Callable[[], bool]) -> None:
        def go_on() -> None:
            number = 0
            try:
                while True:
                    act(number)
                    number += 1
            except (httpx.HTTPError, StudioRefused):
                return  # the studio is gone

        self._world.client.health().must()
        thread = threading.Thread(target=go_on, name="saves")
        thread.start()
        reached = until(enough)
        self._end_studio(thread)
        if not reached:
            raise StepError("the studio never came to save that much")

    def _end_studio(self, thread: threading.Thread) -> None:
        process = self._world.process
        if process is None:
            raise StepError("this kills the studio: have it run in a process of its own first")
        process.kill()
        thread.join()
        self._world.kill()

    def kill_before_the_row(self, name: str) -> None:
        """With the index locked, the picture is written and its recipe is not; then kill the studio."""
        recipes = self._world.recipes
        settings = {"prompt": "a lighthouse in the fog"}
        recipes.picture_with(settings)
        before = len(recipes.on_disk())

        def save() -> None:
            try:
                self._world.client.recipes.save(name, recipes.in_hand.picture)
            except httpx.HTTPError:
                return  # the studio is gone

        with closing(self._locked()):
            thread = threading.Thread(target=save, name="saves")
            thread.start()
            written = until(lambda: len(recipes.on_disk()) > before)
            self._end_studio(thread)
        if not written:
            raise StepError("no picture was written while the index was locked")

    # The index

    def _locked(self) -> sqlite3.Connection:
        """Hold the index as another program does that writes to it."""
        database = sqlite3.connect(self._world.home / "studio.db", isolation_level=None, check_same_thread=False)
        database.execute("BEGIN IMMEDIATE")
        return database

    def lock_for_a_moment(self) -> None:
        database = self._locked()
        let_go = threading.Timer(LOCKED_SECONDS, database.close)
        let_go.start()
        self._world.at_the_end(let_go.join)

    def save_meanwhile(self, name: str) -> None:
        self._world.recipes.picture_with({"prompt": "a lighthouse in the fog <lora:neon-city:0.8>"})
        self._world.recipes.save(name)

    # The disk

    def have_own_disk(self) -> None:
        folder = self._world.home / "recipes"
        self._world.at_the_end(own_disk.mounted(folder, size_bytes=SMALL_DISK_BYTES))

    def trouble_disk(self, trouble: str) -> None:
        folder = self._world.home / "recipes"
        verbs: dict[str, Callable[[], Any]] = {
            "is full": lambda: own_disk.fill(folder),
            "is write-protected": lambda: own_disk.write_protect(folder),
        }
        verbs[trouble]()
        self._world.recipes.files = self._world.recipes.on_disk()

    def save_large(self, name: str, size_bytes: int) -> None:
        recipes = self._world.recipes
        recipes.picture_with({"prompt": "a lighthouse in the fog"})
        hand = recipes.in_hand
        recipes.hold(builders.heavy(hand.picture, size_bytes), hand.settings)
        recipes.save(name)
