"""What a scenario does with the LoRAs of recipes: names them, has them arrive, renames, reconnects, matches."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from support import builders, library_files, pictures
from support.acts.library_disk import Placed, write
from support.bdd import StepError
from support.recipe_terms import LoraWord

if TYPE_CHECKING:
    from support.world import World

NOBODY_KNOWS = "0123456789"


class RecipeLoras:
    """Verbs on LoRAs in recipes; remembers what the files of one name are."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.renamed: dict[str, str] = {}

    # How recipes name them

    def hash_of(self, name: str, form: str = "AutoV2 hash") -> str:
        """The hash of a LoRA's file; of one that nobody has, one made from its name, in capitals if that is."""
        file = f"{name.lower()}.safetensors"
        if file in self._world.downloads.offered or file in self._world.library.disk.placed:
            return builders.hash_of(self._world.library.content_of(file), form)
        made = hashlib.sha256(name.lower().encode()).hexdigest()[:10]
        return made.upper() if name.isupper() else made

    def known(self, lora: LoraWord) -> dict[str, Any]:
        """A LoRA as it is told beside a picture."""
        said: dict[str, Any] = {"name": lora.name, "excluded": lora.excluded}
        if lora.strength is not None:
            said["strength"] = lora.strength
        if lora.version is None:
            return said | {"hash": self.hash_of(lora.name)}
        return said | {"model_version_id": lora.version}

    def hold_picture_naming(self, name: str, form: str, missing: str) -> None:
        """A picture that names one LoRA in one of the ways that there are, and another that nobody has."""
        words = [LoraWord(name, 0.8), LoraWord(missing, 0.5)]
        prompt = " ".join(["a lighthouse in the fog", *(word.tag for word in words)])
        hashes = {} if form == "its name alone" else {name: self.hash_of(name, form)}
        settings = {"prompt": prompt}
        text = builders.parameters(settings, {**hashes, missing: self.hash_of(missing)})
        self._world.recipes.hold(pictures.png_with_text(text), settings, words)

    def save_with_unknown_hash(self, recipe: str, name: str) -> None:
        settings = {"prompt": f"a lighthouse in the fog <lora:{name}:0.8>"}
        text = builders.parameters(settings, {name: NOBODY_KNOWS})
        self._world.recipes.hold(pictures.png_with_text(text), settings, [LoraWord(name, 0.8)])
        self._world.recipes.must_save(recipe)

    def save_with_checkpoint(self, recipe: str) -> None:
        """A recipe made with the checkpoint that was put into the library last."""
        file, placed = next((n, p) for n, p in reversed(self._world.library.disk.placed.items()) if is_checkpoint(p))
        settings = {
            "prompt": "a lighthouse in the fog",
            "checkpoint": file.removesuffix(".safetensors"),
            "checkpoint hash": builders.hash_of(placed.content, "AutoV2 hash"),
        }
        self._world.recipes.picture_with(settings)
        self._world.recipes.must_save(recipe)

    # How they come, and get other names

    def arrive(self, name: str, how: str) -> None:
        ways = {
            "is downloaded to its end": lambda: self._world.downloads.complete(name),
            "is copied in, and the folder read": lambda: self._copy_in(name),
        }
        ways[how]()

    def _copy_in(self, name: str) -> None:
        write(self._world.library.folder / name, self._world.downloads.offer_of(name).content)
        self._world.library.scan()

    def rename(self, file: str, name: str) -> None:
        """Give a model another name, as the library does it; the recipes with it are what this is about."""
        recipes, old = self._world.recipes, file.removesuffix(".safetensors")
        named = {i: (kept.view["loras"], kept.view["settings"].get("checkpoint")) for i, kept in recipes.kept.items()}
        recipes.touched |= {recipe_id for recipe_id, names in named.items() if old in str(names)}
        library = self._world.library
        self._world.ask(self._world.client.library.rename(library.kind_of(file), library.id(file), name)).must()

    def must_rename(self, file: str, name: str) -> None:
        self.rename(file, name)
        self._world.recipes.remember()

    def give_new_name(self, file: str) -> None:
        """Put a model into the library, and give it another name."""
        write(self._world.library.folder / file, library_files.weights(file))
        self._world.library.scan()
        self.rename(file, "steam-city")

    def two_files(self, name: str) -> None:
        """Two files of different content under one name, one of them in a folder `night`."""
        self._world.client.health().must()
        for place in (name, f"night/{name}"):
            write(self._world.library.folder / place, library_files.weights(place))
        self._world.library.scan()

    # Reconnecting and matching

    def reconnect(self, recipe: str, position: int, target: str) -> None:
        """position: 0 for the first, -1 for the last."""
        index = range(len(self._world.recipes.view(recipe)["loras"]))[position]
        self._reconnect(recipe, index, target)

    def reconnect_by_guess(self, recipe: str, what: str) -> None:
        count = len(self._world.recipes.view(recipe)["loras"])
        index, target = {
            "the LoRA after the last": (count, "night/steam-city"),
            "the LoRA before the first": (-1, "night/steam-city"),
            "a LoRA to a file that nobody has": (0, "fog-bank"),
            "a LoRA to a name that two files bear": (0, "steam-city"),
        }[what]
        self._reconnect(recipe, index, target)

    def _reconnect(self, recipe: str, index: int, target: str) -> None:
        recipe_id = self._world.recipes.id(recipe)
        answer = self._world.ask(self._world.client.recipes.reconnect(recipe_id, index, target_name=target))
        if answer.accepted:
            self._world.recipes.touched.add(recipe_id)

    def rematch(self) -> None:
        answer = self._world.ask(self._world.client.recipes.rematch())
        self._world.recipes.touched |= set(answer.must().body["changed"])

    def repair(self) -> None:
        answer = self._world.ask(self._world.client.recipes.repair())
        self._world.recipes.touched |= set(answer.must().body["repaired"])

    def note_prompt_alone(self, recipe: str) -> None:
        """Save the picture in hand with nothing but its prompt."""
        prompt = self._world.recipes.in_hand.settings["prompt"]
        self._world.recipes.must_save(recipe, metadata={"settings": {"prompt": prompt}, "loras": []})

    def remove_picture(self, recipe: str) -> None:
        """Take the picture's file from the disk, as a careless person does."""
        folder, recipe_id = self._world.home / "recipes", self._world.recipes.id(recipe)
        files = list(folder.rglob(f"{recipe_id}*"))
        if not files:
            raise StepError(f"no picture of {recipe!r} lies in {folder}")
        for file in files:
            file.unlink()
        self._world.recipes.touched.add(recipe_id)


def is_checkpoint(placed: Placed) -> bool:
    return placed.kind == "checkpoints"
