"""What a scenario does with recipes: has a picture in hand, reads it, keeps it, remembers how all was."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from support import builders, pictures
from support.acts.generation import as_data_url
from support.acts.recipe_changes import RecipeChanges
from support.acts.recipe_exchange import RecipeExchange
from support.acts.recipe_imports import RecipeImports
from support.acts.recipe_interruptions import RecipeInterruptions
from support.acts.recipe_lists import RecipeLists
from support.acts.recipe_loras import RecipeLoras
from support.acts.recipe_pictures import RecipePictures
from support.acts.recipes_hand import InHand
from support.bdd import StepError
from support.client import Answer
from support.recipe_terms import LoraWord, change_of, loras_of, tagged

if TYPE_CHECKING:
    from support.world import World

View = dict[str, Any]
USUAL = "a lighthouse in the fog <lora:neon-city:0.8>"
# What a view tells of the library and of safe mode, not of the recipe, and when somebody looked at it last.
PASSING = ("hidden", "image_url", "opened_at", "checkpoint")
PASSING_OF_LORA = ("available", "model_id", "file_name")


@dataclass(frozen=True)
class Kept:
    """A recipe as it was last seen. picture: the SHA-256 of its file; None when it could not be had."""

    view: View
    picture: str | None


class Recipes:
    """Verbs on recipes; remembers which recipe a name stands for, and how each was before the scenario's When."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.hand: InHand | None = None
        self.ids: dict[str, str] = {}
        self.drafts: dict[str, InHand] = {}
        self.given: dict[str, dict[str, str]] = {}
        self.kept: dict[str, Kept] = {}
        self.files: dict[str, tuple[int, int]] = {}
        self.touched: set[str] = set()
        self.current: str | None = None
        self.pictures = RecipePictures(world)
        self.lists = RecipeLists(world)
        self.changes = RecipeChanges(world)
        self.loras = RecipeLoras(world)
        self.exchange = RecipeExchange(world)
        self.imports = RecipeImports(world)
        self.interruptions = RecipeInterruptions(world)

    # The picture in hand

    @property
    def in_hand(self) -> InHand:
        """The picture in hand: the one given, else the last one that was made."""
        if self.hand is not None:
            return self.hand
        if self._world.generation.pictures:
            return InHand(self._world.generation.pictures[0])
        raise StepError("there is no picture: give one, or have one made")

    def hold(self, picture: bytes, settings: dict[str, str], loras: Sequence[LoraWord] = ()) -> None:
        self.hand = InHand(picture, settings, tuple(loras))
        self._world.evidence.picture("the picture", picture)

    def picture_with(self, settings: dict[str, str], loras: Sequence[LoraWord] | None = None) -> None:
        """A PNG by Automatic1111. loras: None for those that the prompt names itself."""
        if loras is None:
            text = builders.parameters(settings)
            self.hold(pictures.png_with_text(text), settings, tagged(settings.get("prompt", "")))
            return
        plain = [lora for lora in loras if lora.plain]
        prompt = " ".join([settings.get("prompt", "a lighthouse in the fog"), *(lora.tag for lora in plain)])
        hashes = {lora.name: self.loras.hash_of(lora.name) for lora in plain}
        settings = {**settings, "prompt": prompt}
        self.hold(pictures.png_with_text(builders.parameters(settings, hashes)), settings, loras)

    def hold_with_loras(self, loras: str) -> None:
        self.picture_with({"prompt": "a lighthouse in the fog"}, loras_of(loras))

    def plain_picture(self) -> None:
        self.hold(pictures.png_with_text(None), {})

    def no_picture(self, what: str) -> None:
        whole = pictures.png_with_text(builders.parameters({"prompt": "a lighthouse"}))
        self.hand = InHand(builders.not_a_picture(what, whole))
        self._world.evidence.text(what, repr(self.hand.picture[:200]))

    def analyse(self) -> None:
        self._world.ask(self._world.client.recipes.analyse(self.in_hand.picture))

    # Keeping

    def save(self, name: str, *, tags: Sequence[str] = (), metadata: Mapping[str, Any] | None = None) -> Answer:
        """Save the picture in hand; it is called `name` from here on."""
        client = self._world.client.recipes
        return self._took(name, client.save(self._world.own(name), self.in_hand.picture, tags, metadata))

    def paste(self, name: str) -> None:
        """Save the picture in hand as browsers paste it, as text."""
        client = self._world.client.recipes
        self._took(name, client.save_pasted(self._world.own(name), as_data_url(self.in_hand.picture)))

    def save_with(self, name: str, known: dict[str, str]) -> None:
        """Save it with what is known better than the picture says."""
        self.given[name] = known
        metadata: dict[str, Any] = {}
        for what, text in known.items():
            metadata |= change_of(what, text)
        self.save(name, tags=metadata.pop("tags", ()), metadata=metadata)

    def must_save(self, name: str, **more: Any) -> None:
        self.save(name, **more)
        self.id(name)
        self.remember(name)

    def save_usual(self, name: str) -> None:
        self.save_with_prompt(name, USUAL)

    def save_with_prompt(self, name: str, prompt: str) -> None:
        self.picture_with({"prompt": prompt})
        self.must_save(name)

    def save_with_loras(self, name: str, loras: str, prompt: str = "a lighthouse in the fog") -> None:
        words = loras_of(loras)
        self.picture_with({"prompt": prompt}, words)
        exactly = None if all(lora.plain for lora in words) else {"loras": [self.loras.known(w) for w in words]}
        self.must_save(name, metadata=exactly)

    def save_mature(self, name: str) -> None:
        self.picture_with({"prompt": USUAL})
        self.must_save(name, metadata={"mature": True})

    def save_badly(self, what: str) -> None:
        """Save the picture in hand with what no recipe can have."""
        drafts: dict[str, tuple[str, dict[str, Any]]] = {
            "a blank name": (" ", {}),
            "a name of 300 letters": ("x" * 300, {}),
            "a rating of 6": ("Foggy lighthouse", {"rating": 6}),
            "a strength that is no number": ("Foggy lighthouse", {"loras": [{"name": "a", "strength": float("nan")}]}),
            "a folder outside the book": ("Foggy lighthouse", {"folder": "../outside"}),
            "a setting nobody knows": ("Foggy lighthouse", {"settings": {"colour": "red"}}),
        }
        name, metadata = drafts[what]
        self._took(what, self._world.client.recipes.save(name, self.in_hand.picture, (), metadata))

    def _took(self, name: str, answer: Answer) -> Answer:
        self._world.ask(answer)
        self.current = name
        if answer.accepted:
            self.ids[name] = answer.body["id"]
            self.drafts[name] = self.in_hand
            self.touched.add(self.ids[name])
        return answer

    # Looking

    def id(self, name: str) -> str:
        if name not in self.ids:
            answer = self._world.answer
            raise StepError(f"there is no recipe {name!r}: {answer.reason if answer else 'nobody saved it'}")
        return self.ids[name]

    def name_of(self, recipe_id: str) -> str:
        return next((name for name, known in self.ids.items() if known == recipe_id), recipe_id)

    def view(self, name: str) -> View:
        body: View = self._world.client.recipes.get(self.id(name)).must().body
        return body

    def version(self, name: str) -> str:
        """What an editor who looks now has seen."""
        return str(self._world.client.recipes.get(self.id(name)).must().headers["etag"])

    def remember(self, *names: str) -> None:
        """How these recipes are, before what the scenario is about happens; without names, all of them."""
        for name in names or self.ids:
            recipe_id = self.id(name)
            self.kept[recipe_id] = self.look(recipe_id)
            self.touched.discard(recipe_id)
        self.files = self.on_disk()

    def look(self, recipe_id: str) -> Kept:
        view = self._world.client.recipes.get(recipe_id).must().body
        picture = self._world.client.recipes.picture(recipe_id)
        return Kept(lasting(view), hashlib.sha256(picture.content).hexdigest() if picture.accepted else None)

    def on_disk(self) -> dict[str, tuple[int, int]]:
        """What lies in the recipes' folder: sizes and times of change; nothing where we may not look."""
        if self._world.environment.studio_url is not None:
            return {}
        folder = self._world.home / "recipes"
        files = [path for path in folder.rglob("*") if path.is_file()] if folder.exists() else []
        return {str(path.relative_to(folder)): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def lasting(view: View) -> View:
    """What of a view is the recipe's own."""
    loras = [{k: v for k, v in lora.items() if k not in PASSING_OF_LORA} for lora in view["loras"]]
    return {**{k: v for k, v in view.items() if k not in PASSING}, "loras": loras}
