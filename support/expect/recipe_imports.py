"""What must be true of the import of many pictures: what came of each, what was heard, what stayed as it was."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from support import pictures
from support.acts.recipe_imports import OVER, sums_of
from support.expect.expectation import Expectation
from support.expect.recipe_settings import ExpectSettings
from support.recipe_terms import listed
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World


class ExpectImport(Expectation):
    """Checks on the import of many pictures that the scenario began last."""

    def ended(self, state: str, *, added: int, skipped: int = 0, failed: int = 0) -> None:
        imports = self._world.recipes.imports
        imports.end()
        told = imports.told()
        found = (told["state"], told["added"], told["skipped"], len(told["failed"]))
        wanted = (state, added, skipped, failed)
        self._hold(found == wanted, f"the import is {state}: {wanted[1:]}", f"it is {found[0]}: {found[1:]}")
        names = {Path(one["name"]).name for one in told["failed"]}
        ours = imports.damaged if failed else set()
        self._hold(names == ours, f"reported are {sorted(ours)}", f"reported are {sorted(names)}")
        blank = [one["name"] for one in told["failed"] if not one["why"]]
        self._hold(not blank, "each reported picture is told with its reason", f"none is told for {blank}")

    def each_holds_its_own(self) -> None:
        """Each recipe the settings of the picture that it is called after, and that picture."""
        imports = self._world.recipes.imports
        good = {name.removesuffix(".png"): own for name, own in imports.settings.items() if name not in imports.damaged}
        there = {item["name"]: item for item in self._world.recipes.lists.listed()}
        self._hold(there.keys() == good.keys(), f"there are {len(good)} recipes", f"there are {len(there)}")
        for name, settings in good.items():
            ExpectSettings(self._world, there[name]).are(settings)

    def folder_is_as_it_was(self, folder: str) -> None:
        imports = self._world.recipes.imports
        now = sums_of(imports.folders[folder])
        self._hold(now == imports.sums, f"the folder “{folder}” is as it was", "its files are others")

    def fetched_at_once(self, count: int) -> None:
        """So many are held back in the net at the same time; nobody waits for one more."""
        imports = self._world.recipes.imports
        until(lambda: imports.fetching() >= count)
        self._hold(imports.fetching() == count, f"{count} are fetched at once", f"{imports.fetching()} are")
        peak = self._world.hub.peak_connections
        self._hold(peak == count, f"{count} are fetched at once, and not one more", f"{peak} were")

    def ended_once_let_go(self, added: int) -> None:
        self._world.recipes.imports.let_go()
        self.ended("completed", added=added)

    def stays_at(self, count: int) -> None:
        """Even when the net answers: what was asked for before the cancel is not kept.

        A studio that is restarted ends whatever it is about, so nothing can come after this look.
        """
        self._world.recipes.imports.let_go()
        self._world.restart()
        there = len(self._world.recipes.lists.listed())
        self._hold(there == count, f"there are {count} recipes", f"there are {there}")

    def each_is_in(self, folder: str, tags: str) -> None:
        items = self._world.recipes.lists.listed()
        wrong = [item["name"] for item in items if (item["folder"], item["tags"]) != (folder, listed(tags))]
        self._hold(bool(items) and not wrong, f"each is in “{folder}” with {tags}", f"others are {wrong}")

    # What is heard

    def heard_each_once(self) -> None:
        events, imports = self._heard(), self._world.recipes.imports
        told = [(Path(str(e["name"])).name, e["event"]) for e in events if e["event"] not in OVER]
        snapshot = self._snapshot()["done"]
        names = [name for name, _ in told]
        self._hold(len(names) == len(set(names)), "each picture is told once", f"told were {names}")
        total = len(imports.settings)
        self._hold(len(names) + snapshot == total, f"{total} pictures are told", f"{len(names)} are, after {snapshot}")
        wrong = [(name, how) for name, how in told if (how == "failed") != (name in imports.damaged)]
        self._hold(not wrong, "each is told as what became of it", f"told were {wrong}")

    def heard_what_changed(self) -> None:
        """An event speaks of one picture and two numbers; a list of all would grow with every picture."""
        events = [e for e in self._heard() if e["event"] not in OVER]
        long = [e for e in events if any(isinstance(value, list | dict) for value in e.values())]
        self._hold(not long, "each word tells of one picture", f"one tells {long[:1]}")
        first = self._snapshot()["done"]
        counts = [e["done"] for e in events]
        wanted = list(range(first + 1, first + 1 + len(events)))
        self._hold(counts == wanted, "each word tells how many are done", f"told were {counts}")

    def heard_the_end(self) -> None:
        last, told = self._heard()[-1], self._world.recipes.imports.told()
        ours = (last["event"], last.get("added"), last.get("failed"))
        wanted = (told["state"], told["added"], len(told["failed"]))
        self._hold(ours == wanted, f"the last word tells the end: {wanted}", f"it tells {ours}")
        ends = [e for e in self._heard() if e["event"] in OVER]
        self._hold(len(ends) == 1, "the end is told once", f"it is told {len(ends)} times")

    def _snapshot(self) -> dict[str, Any]:
        stream = self._world.recipes.imports.stream
        first = stream.heard[0] if stream else {}
        return {"done": first.get("done", (first.get("batch") or {}).get("done", 0))}

    def _heard(self) -> list[dict[str, Any]]:
        stream = self._world.recipes.imports.stream
        until(lambda: stream is None or any(e["event"] in OVER for e in stream.heard))
        return [e for e in (stream.heard if stream else []) if e["event"] != "snapshot"]

    # The watched folder

    def became_a_recipe(self) -> None:
        items = self._world.recipes.lists.listed()
        self._hold(len(items) == 1, "the picture has become a recipe", f"there are {len(items)}")
        ExpectSettings(self._world, items[0]).are_all(self._world.recipes.in_hand)
        picture = self._world.client.recipes.picture(items[0]["id"]).must().content
        same = pictures.same_pixels(picture, self._world.recipes.in_hand.picture)
        self._hold(same, "the recipe has that picture", "it has another")

    def left_the_picture_alone(self) -> None:
        laid, given = self._world.recipes.imports.laid, self._world.recipes.in_hand.picture
        same = laid is not None and laid.is_file() and laid.read_bytes() == given
        self._hold(same, "the picture lies in the watched folder as it was", "it is gone, or others")


def imported(world: World) -> ExpectImport:
    """Checks on the import that the scenario began last."""
    return ExpectImport(world)
