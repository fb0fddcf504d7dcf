"""What must be true of all recipes together: their order, their number, the disk, and that nothing else changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.acts.recipe_interruptions import TITLES
from support.expect.expectation import Expectation
from support.expect.recipes import ExpectRecipe
from support.own_disk import FILLER
from support.recipe_terms import listed
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World


class ExpectRecipes(Expectation):
    """Checks on every recipe that the scenario knows, and on whatever else there is."""

    # What must not have changed

    def unchanged(self, *, new: int = 0) -> None:
        """Each is as it was, picture included; where we are alone, there is none more but so many new ones."""
        self._world.recipes.touched.clear()
        self.others_unchanged(new=new)
        if self._world.environment.studio_url is None:
            there, known = len(self._world.recipes.lists.listed()), len(self._world.recipes.kept)
            self._hold(there == known + new, f"there are {known + new} recipes", f"there are {there}")

    def others_unchanged(self, *, new: int = 0) -> None:
        """Every recipe that the scenario's When is not about."""
        recipes = self._world.recipes
        for recipe_id, before in recipes.kept.items():
            if recipe_id in recipes.touched:
                continue
            answer = self._world.client.recipes.get(recipe_id)
            name = recipes.name_of(recipe_id)
            self._hold(answer.accepted, f"“{name}” has not changed", "it is gone")
            now = recipes.look(recipe_id)
            differ = {k: (v, now.view.get(k)) for k, v in before.view.items() if now.view.get(k) != v}
            self._hold(not differ, f"“{name}” has not changed", f"changed have {differ}")
            same = before.picture in (None, now.picture)
            self._hold(same, f"the picture of “{name}” has not changed", "its file holds other bytes")
        self._no_stranger(new)

    def _no_stranger(self, new: int) -> None:
        """Where we are alone, every recipe is one that the scenario has saved or changed."""
        recipes = self._world.recipes
        if self._world.environment.studio_url is not None:
            return
        known = {*recipes.kept, *recipes.touched, *recipes.ids.values()}
        strange = [item["name"] for item in recipes.lists.listed() if item["id"] not in known]
        unwanted = strange[recipes.lists.saved_meanwhile + new :]
        self._hold(not unwanted, "there is no recipe that nobody saved", f"there is {unwanted}")

    def disk_unchanged(self) -> None:
        before, now = self._world.recipes.files, self._world.recipes.on_disk()
        differ = sorted(name for name in {*before, *now} if before.get(name) != now.get(name))
        self._hold(not differ, "nothing in the recipes' folder has changed", f"changed have {', '.join(differ)}")

    def every_file_belongs(self) -> None:
        """Each recipe has its picture, and each file is the picture of a recipe."""
        until(lambda: not self._strays())
        strays = self._strays()
        self._hold(not strays, "every picture on the disk belongs to a recipe", f"there lies {', '.join(strays)}")
        for view in self._world.recipes.lists.listed():
            answer = self._world.client.recipes.picture(view["id"])
            self._hold(answer.accepted, f"“{view['name']}” has its picture", f"it has none: {answer.reason}")

    def _strays(self) -> list[str]:
        ids = [item["id"] for item in self._world.recipes.lists.listed()]
        return [name for name in self._world.recipes.on_disk() if name != FILLER and not any(i in name for i in ids)]

    def none_saved(self) -> None:
        recipes = self._world.recipes
        self._hold(not recipes.ids, "no recipe was saved", f"saved was {list(recipes.ids)}")
        if self._world.environment.studio_url is None:
            items = recipes.lists.listed()
            self._hold(not items, "no recipe was saved", f"there is {[item['name'] for item in items]}")
            left = sorted(recipes.on_disk())
            self._hold(not left, "no picture of a recipe is left", f"there lies {', '.join(left)}")

    # Lists

    def are_in_order(self, names: str) -> None:
        wanted = [self._world.own(name) for name in listed(names)]
        ours = [name for name in self._answered() if name in wanted]
        self._hold(ours == wanted, f"listed are, in this order, {', '.join(wanted)}", f"listed are {', '.join(ours)}")

    def are_exactly(self, names: str) -> None:
        wanted = sorted(self._world.own(name) for name in listed(names))
        found = sorted(self._answered())
        self._hold(found == wanted, f"found are {', '.join(wanted)}", f"found are {', '.join(found) or 'none'}")
        total = self._world.answered.body["total"]
        self._hold(total == len(wanted), f"{len(wanted)} are told to be found", f"{total} are")

    def shown_once(self, *, of: int | None = None) -> None:
        """In what was answered last, or on the pages that were read. of: so many there were at first."""
        recipes = self._world.recipes
        there = len(recipes.lists.first)
        self._hold(of is None or there == of, f"there were {of} at first", f"there were {there}")
        pages = recipes.lists.pages or [self._world.answered.must().body["items"]]
        shown = [item["id"] for page in pages for item in page]
        wrong = {recipes.name_of(i): shown.count(i) for i in recipes.lists.first if shown.count(i) != 1}
        self._hold(not wrong, f"each of {len(recipes.lists.first)} is shown once", f"shown so many times: {wrong}")

    def none_shown_twice(self) -> None:
        shown = [item["id"] for page in self._world.recipes.lists.pages for item in page]
        twice = {i for i in shown if shown.count(i) > 1}
        self._hold(not twice, "no recipe is shown twice", f"{len(twice)} are")
        saved = self._world.recipes.lists.saved_meanwhile
        self._hold(saved > 1, "others were saved meanwhile", f"{saved} were")

    def pages_are_full(self) -> None:
        lists = self._world.recipes.lists
        sizes = [len(page) for page in lists.pages]
        full = all(size == lists.size for size in sizes[:-1]) and 0 < sizes[-1] <= lists.size
        self._hold(full, f"every page but the last shows {lists.size}", f"they show {sizes}")

    def chance_keeps_order(self, number: int, *, same: bool) -> None:
        before = [item["id"] for item in self._world.answered.must().body["items"]]
        now = [i["id"] for i in self._world.client.recipes.list(sort=f"random:{number}").must().body["items"]]
        how = "this order again" if same else "another order"
        self._hold((now == before) == same, f"number {number} lists them in {how}", "it does not")
        self._hold(sorted(now) == sorted(before), "the same recipes are listed", "others are")

    def shown_as(self, name: str, *, hidden: bool) -> None:
        """In the list, and by itself."""
        view = self._world.recipes.view(name)
        items = self._world.recipes.lists.listed()
        for told in (view, next((item for item in items if item["id"] == view["id"]), {})):
            ours = (told.get("hidden"), told.get("image_url") is None)
            how = "without its picture" if hidden else "with its picture"
            told_so = f"hidden: {ours[0]}, without an address of its picture: {ours[1]}"
            self._hold(ours == (hidden, hidden), f"“{name}” is listed {how}", told_so)
        picture = self._world.client.recipes.picture(view["id"])
        self._hold(picture.accepted != hidden, f"its picture is shown: {not hidden}", f"answered: {picture.status}")

    def missed_none(self) -> None:
        missed = self._world.recipes.lists.missed
        self._hold(not missed, "not one search misses a recipe", f"{len(missed)} did, the first for {missed[:3]}")

    def found_by_own_words(self) -> None:
        """Each by a word that its prompt alone holds."""
        client, numbers = self._world.client.recipes, range(1, len(self._world.recipes.lists.first) + 1)
        totals = {number: client.search(f"number-{number:03}").must().body["total"] for number in numbers}
        missed = [number for number, total in totals.items() if total != 1]
        self._hold(not missed, "every recipe is found by its own words", f"{len(missed)} of {len(totals)} are not")

    def in_folder(self, folder: str, names: list[str]) -> None:
        found = self._world.client.recipes.list(folder=folder, recursive=False).must().body["items"]
        told, wanted = sorted(item["name"] for item in found), sorted(self._world.own(name) for name in names)
        self._hold(told == wanted, f"the folder “{folder}” holds {wanted}", f"it holds {told}")
        views = [self._world.recipes.view(name)["folder"] for name in names]
        self._hold(set(views) == {folder}, f"each tells the folder “{folder}”", f"they tell {views}")

    def count(self, wanted: int) -> None:
        there = len(self._world.recipes.lists.listed())
        self._hold(there == wanted, f"there are {wanted} recipes", f"there are {there}")

    def _answered(self) -> list[str]:
        return [item["name"] for item in self._world.answered.must().body["items"]]

    # Duplicates

    def duplicates_are(self, names: list[str]) -> None:
        groups = self._groups("groups")
        wanted = sorted(self._world.own(name) for name in names)
        self._hold(wanted in groups, f"{' and '.join(wanted)} are told as duplicates", f"told are {groups or 'none'}")

    def duplicates_of(self, name: str, names: str) -> None:
        """The group that it is told in, without itself."""
        own = self._world.own(name)
        found = sorted(other for group in self._groups("groups") if own in group for other in group if other != own)
        wanted = sorted(self._world.own(part) for part in listed(names))
        self._hold(found == wanted, f"the duplicates of “{name}” are {', '.join(wanted)}", f"they are {found}")

    def from_one_place(self, names: list[str]) -> None:
        groups = self._groups("by_source")
        wanted = sorted(self._world.own(name) for name in names)
        self._hold(groups == [wanted], f"{' and '.join(wanted)} come from the same place", f"told are {groups}")

    def is_no_duplicate(self, name: str) -> None:
        own, found = self._world.own(name), [*self._groups("groups"), *self._groups("by_source")]
        self._hold(not any(own in group for group in found), f"“{name}” is no duplicate", f"it is told in {found}")

    def _groups(self, key: str) -> list[list[str]]:
        told = self._world.answered.must().body[key]
        return [sorted(view["name"] for view in group["recipes"]) for group in told]

    def known_already(self, name: str, *, known: bool) -> None:
        ids = self._world.answered.must().body["known_recipe_ids"]
        there = self._world.recipes.id(name) in ids
        self._hold(there == known, f"“{name}” is told to be known already: {known}", f"told are {ids}")

    # After an interruption

    def all_told_are_there(self) -> None:
        """Whatever was told to be saved is; whatever is there is whole."""
        recipes, saved = self._world.recipes, self._world.recipes.interruptions.saved
        there = {item["id"]: item["name"] for item in recipes.lists.listed()}
        lost = sorted(saved.keys() - there.keys())
        self._hold(not lost, f"all {len(saved)} that were told to be saved are there", f"{len(lost)} are lost")
        for recipe_id, hand in saved.items():
            recipes.ids[there[recipe_id]] = recipe_id
            recipes.drafts[there[recipe_id]] = hand
            check = ExpectRecipe(self._world, there[recipe_id])
            check.holds_every_setting()
            check.picture_is_the_same()

    def has_one_of_the_titles(self, name: str) -> None:
        view: dict[str, Any] = self._world.recipes.view(name)
        self._hold(view["name"] in TITLES, f"“{name}” has one of the titles {TITLES}", f"it has “{view['name']}”")
        ExpectRecipe(self._world, name).is_told_by_its_picture()


def recipes(world: World) -> ExpectRecipes:
    """Checks on all recipes together."""
    return ExpectRecipes(world)
