"""What must be true of a recipe's picture: its pixels, and what it tells itself wherever it is taken."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support import pictures
from support.acts.recipes import PASSING_OF_LORA
from support.expect.expectation import Expectation
from support.picture_texts import recipe_in, texts_of, words_in

if TYPE_CHECKING:
    from support.world import World


class ExpectRecipePicture(Expectation):
    """Checks on the picture of one recipe, by the name that it was saved under."""

    def __init__(self, world: World, name: str | None) -> None:
        super().__init__(world)
        self._name = name or world.recipes.current or ""

    @property
    def _view(self) -> dict[str, Any]:
        return self._world.recipes.view(self._name)

    def picture_is_the_same(self) -> None:
        kept, given = self._picture(), self._world.recipes.drafts[self._name].picture
        same = pictures.same_pixels(kept, given)
        self._hold(same, "the recipe's picture is kept pixel for pixel", "another picture comes back")

    def is_told_by_its_picture(self) -> None:
        self.told_by(self._picture())

    def is_told_by_the_small_picture(self) -> None:
        self.told_by(self._world.recipes.pictures.small)

    def is_told_by_the_link(self) -> None:
        opened = self._world.recipes.exchange.opened
        self.told_by(opened.content if opened else b"")

    def told_by(self, picture: bytes) -> None:
        """The file says all of it, in words that others can find, and so that the studio reads it as it is."""
        view, recipe = self._view, recipe_in(picture)
        self._hold(recipe is not None, f"the picture tells the recipe “{self._name}”", "it tells no recipe")
        inside = words_in(recipe)
        missing = [part for part in (view["name"], *view["tags"]) if part not in inside]
        self._hold(not missing, f"the picture tells the recipe “{self._name}”", f"it says nothing of {missing}")
        read = self._world.client.recipes.analyse(picture).must().body
        for key in ("settings", "base_model"):
            same = read[key] == view[key]
            self._hold(same, f"the picture tells the recipe's {key}", f"it tells {read[key]}, not {view[key]}")
        loras = [[{k: v for k, v in x.items() if k not in PASSING_OF_LORA} for x in of["loras"]] for of in (read, view)]
        self._hold(loras[0] == loras[1], f"the picture tells the LoRAs {loras[1]}", f"it tells {loras[0]}")

    def picture_still_tells_the_rest(self, *, small: bool = False) -> None:
        """Every text of the picture that was saved is still in the file."""
        now = self._world.recipes.pictures.small if small else self._picture()
        before = [text for text in texts_of(self._world.recipes.drafts[self._name].picture) if text.strip()]
        self._hold(bool(before), "the picture said how it was made when it was saved", "it said nothing")
        after = texts_of(now)
        lost = [text[:80] for text in before if not any(text in one for one in after)]
        self._hold(not lost, "the picture still tells what it told before", f"it says no longer {lost}")

    def small_picture_has_side(self, side: int) -> None:
        longest = max(pictures.decode(self._world.recipes.pictures.small).size)
        self._hold(longest == side, f"the longer side has {side} pixels", f"it has {longest}")

    def _picture(self) -> bytes:
        kept = self._world.client.recipes.picture(self._world.recipes.id(self._name)).must().content
        self._world.evidence.picture("the recipe's picture", kept)
        return kept
