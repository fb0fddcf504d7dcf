"""What must be true of one recipe: what it holds, where it is told, which LoRAs it has, whether it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.acts.recipes import lasting
from support.expect.recipe_pictures import ExpectRecipePicture
from support.expect.recipe_settings import ExpectSettings
from support.recipe_client import MOST
from support.recipe_terms import KNOWN, SETTINGS, said
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World


class ExpectRecipe(ExpectRecipePicture):
    """Checks on one recipe, by the name that it was saved under."""

    # What it says

    def holds_every_setting(self) -> None:
        view, hand = self._view, self._world.recipes.drafts[self._name]
        own = self._world.own(self._name)
        self._hold(view["name"] == own, f"the recipe is called “{own}”", f"it is called “{view['name']}”")
        settings = ExpectSettings(self._world, view)
        settings.are_all(hand)
        found = [lora["name"] for lora in view["loras"]]
        self._hold(len(found) == len(hand.loras), f"it has {len(hand.loras)} LoRA(s)", f"it has {found}")
        self._listed_alike(view)

    def holds_the_lora(self, name: str, strength: float) -> None:
        ExpectSettings(self._world, self._view).name_the_lora(name, strength)

    def tells(self, what: str, value: str) -> None:
        """In the answer, by itself, in the list, and in its own picture."""
        view = self._view
        wanted = self._world.own(value) if what == "title" and value == self._name else value
        got = said(view, what)
        self._hold(got == wanted, f"the {what} of “{self._name}” is “{wanted}”", f"it is “{got}”")
        self._listed_alike(view)
        self.told_by(self._picture())

    def tells_what_was_given(self) -> None:
        for what, value in self._world.recipes.given[self._name].items():
            got = said(self._view, what)
            self._hold(got == value, f"the {what} is “{value}”", f"it is “{got}”")
        self._listed_alike(self._view)

    def _listed_alike(self, view: dict[str, Any]) -> None:
        """The list tells the same of it, once."""
        query = {"search": view["name"], "search_fields": "title"} if self._world.environment.studio_url else {}
        listed = [item for item in self._world.recipes.lists.listed(**query) if item["id"] == view["id"]]
        self._hold(len(listed) == 1, f"“{self._name}” is listed once", f"it is listed {len(listed)} times")
        differ = {key: (listed[0].get(key), value) for key, value in view.items() if listed[0].get(key) != value}
        self._hold(not differ, "the list tells the same as the recipe", f"they differ in {differ}")

    def changed_nothing_else(self) -> None:
        """But what the scenario changed: as it was, but for the count of changes and when the last one was."""
        recipe_id = self._world.recipes.id(self._name)
        before, now = self._world.recipes.kept[recipe_id].view, lasting(self._view)
        wanted = self._world.recipes.changes.wanted.get(self._name, set())
        counted = {"version", "modified_at", "size_bytes", "settings", *(KNOWN.get(what) for what in wanted)}
        differ = [key for key in before if key not in counted and before[key] != now[key]]
        differ += [w for w in (*SETTINGS, "size") if w not in wanted and said(before, w) != said(now, w)]
        told = {key: (before.get(key), now.get(key)) for key in differ}
        self._hold(not differ, f"nothing else of “{self._name}” has changed", f"changed have {told}")
        self.picture_is_the_same()

    # Its LoRAs

    def exists_once_with(self, loras: str) -> None:
        view = self._view
        ExpectSettings(self._world, view).name_exactly(loras)
        listed = [i["id"] for i in self._world.recipes.lists.listed() if i["name"] == self._world.own(self._name)]
        self._hold(listed == [view["id"]], f"“{self._name}” exists once", f"it is listed {len(listed)} times")
        ours = self._world.recipes.kept[view["id"]].view
        self._hold(view["settings"] == ours["settings"], "its settings stay", f"they are {view['settings']}")

    def has_lora(self, name: str, file: str | None) -> None:
        """file: what the library calls it; None: it is missing."""
        found = [lora for lora in self._view["loras"] if lora["name"] == name]
        self._hold(len(found) == 1, f"“{self._name}” has the LoRA “{name}” once", f"it has {self._view['loras']}")
        told = (found[0]["available"], found[0]["file_name"])
        wanted = (file is not None, self._world.own(file) if file else None)
        promise = f"the LoRA “{name}” is there, as “{file}”" if file else f"the LoRA “{name}” is missing"
        self._hold(told == wanted, promise, f"available: {told[0]}, its file: {told[1]}")
        listed = [i for i in self._world.recipes.lists.listed() if i["id"] == self._view["id"]]
        alike = bool(listed) and listed[0]["loras"] == self._view["loras"]
        self._hold(alike, "the list tells the same of its LoRAs", f"it tells {listed and listed[0]['loras']}")

    def has_checkpoint(self, name: str) -> None:
        told = self._view["checkpoint"] or {}
        found = (told.get("name"), told.get("available"), self._view["settings"].get("checkpoint"))
        self._hold(found == (name, True, name), f"the checkpoint is “{name}”, and there", f"told is {found}")
        self._listed_alike(self._view)

    def has_first_lora_in(self, folder: str) -> None:
        model = self._world.client.library.get("loras", self._view["loras"][0]["model_id"]).must().body
        self._hold(model["folder"] == folder, f"its file is the one in “{folder}”", f"it is in “{model['folder']}”")

    # Whether it is there

    def found(self) -> None:
        names = self._found()
        self._hold(self._world.own(self._name) in names, f"“{self._name}” is found", f"found are {names or 'none'}")

    def not_found(self) -> None:
        names = self._found()
        self._hold(self._world.own(self._name) not in names, f"“{self._name}” is not found", f"found are {names}")

    def not_found_by(self, words: str) -> None:
        names = [item["name"] for item in self._world.client.recipes.search(words).must().body["items"]]
        own = self._world.own(self._name)
        self._hold(own not in names, f"“{self._name}” is not found by “{words}”", f"found are {names}")

    def _found(self) -> list[str]:
        return [item["name"] for item in self._world.answered.must().body["items"]]

    def gone(self) -> None:
        """From its own address, with its picture, from the list, from every search, and from duplicates."""
        client, recipe_id = self._world.client.recipes, self._world.recipes.id(self._name)
        answers = [client.get(recipe_id), client.picture(recipe_id), client.syntax(recipe_id), client.share(recipe_id)]
        told = [answer.request for answer in answers if answer.status != 404]
        self._hold(not told, f"the recipe “{self._name}” is gone", f"the studio still tells it: {', '.join(told)}")
        for where, answer in (
            ("the list", client.list()),
            ("the search", client.search(self._name)),
            ("the duplicates", client.duplicates()),
            ("the book by chance", client.list(sort="random:7")),
        ):
            body = answer.must().body
            there = recipe_id in str(body)
            self._hold(not there, f"“{self._name}” is gone from {where}", "it is still told there")
            total, shown = body.get("total", 0), len(body.get("items", ()))
            counted = shown in (total, MOST)
            self._hold(counted, f"“{self._name}” is gone from {where}", f"{total} are told to be there, {shown} are")

    def never_saved(self) -> None:
        own = self._world.own(self._name)
        names = [item["name"] for item in self._world.recipes.lists.listed()]
        self._hold(own not in names, f"“{self._name}” was never saved", f"there is {names}")

    def left_nothing_on_disk(self) -> None:
        """No file bears its number, and there are as many files as there are recipes."""
        recipe_id = self._world.recipes.id(self._name)
        # The clock has been moved; whoever it wakes needs a moment of the real one.
        until(lambda: not any(recipe_id in name for name in self._world.recipes.on_disk()))
        files = self._world.recipes.on_disk()
        left = sorted(name for name in files if recipe_id in name)
        self._hold(not left, "no picture of a recipe is left", f"there lies {', '.join(left)}")
        there = len(self._world.recipes.lists.listed())
        self._hold(len(files) == there, "no picture of a recipe is left", f"{len(files)} lie there for {there}")


def recipe(world: World, name: str | None = None) -> ExpectRecipe:
    """Checks on the recipe `name`, or on the one that the scenario saved last."""
    return ExpectRecipe(world, name)
