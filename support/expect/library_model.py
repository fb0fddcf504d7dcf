"""What must be true of one model: in the list, in every look-up, in recipes, on the disk, beside its file."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from support import builders, library_files, pictures
from support.bdd import StepError
from support.expect.expectation import Expectation
from support.expect.library_changed import library_changed
from support.library_words import FIELDS, LISTS, known, value_of
from support.waiting import until

if TYPE_CHECKING:
    from support.acts.library_disk import Placed
    from support.world import World


class ExpectModel(Expectation):
    """Checks on one model, called as the scenario calls it."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world)
        self._name = name
        self._library = world.library

    def _hold(self, holds: bool, promise: str, finding: str) -> None:
        __tracebackhide__ = True
        super()._hold(holds, f"“{self._name}” {promise}", finding)

    @property
    def _placed(self) -> Placed:
        return self._library.disk.placed[self._name]

    @property
    def _stem(self) -> str:
        return PurePosixPath(self._library.place_of(self._name)[2]).stem

    @property
    def _path(self) -> str:
        """Below its library's folder, without its ending, as pictures name it."""
        _, folder, file_name = self._library.place_of(self._name)
        return (PurePosixPath(folder) / file_name).with_suffix("").as_posix()

    # Where it can be found

    def is_everywhere(self) -> None:
        """In the list, by its id, by its hash, by its name; and a picture that names it means it."""
        found = self._places()
        missing = [place for place, there in found.items() if not there]
        self._hold(not missing, "is found everywhere", f"it is missing {', '.join(missing)}")

    def is_nowhere(self) -> None:
        if not self._id:
            raise StepError(f"{self._name!r} was never in the library: that it is nowhere would prove nothing")
        found = self._places()
        left = [place for place, there in found.items() if there]
        self._hold(not left, "is found nowhere", f"it is found {', '.join(left)}")

    def is_everywhere_soon(self) -> None:
        until(lambda: self._library.item(self._name))
        self.is_everywhere()

    def is_nowhere_soon(self) -> None:
        until(lambda: self._library.item(self._name) is None)
        self.is_nowhere()

    def _places(self) -> dict[str, bool]:
        """Where one looks for a model, and whether this one is found there."""
        client, kind, model_id = self._world.client.library, self._library.kind_of(self._name), self._id
        sum_ = hashlib.sha256(self._library.content_of(self._name)).hexdigest()
        answers = {
            "by its hash": client.list(kind, hash=sum_, page_size=100),
            "by the beginning of its hash": client.list(kind, hash=sum_[:10], page_size=100),
            "by its name": client.list(kind, search=self._stem, page_size=100),
        }
        found = {where: model_id in _ids(answer.must().body["items"]) for where, answer in answers.items()}
        found["in the list"] = model_id in _ids(self._library.listed(kind))
        found["by itself"] = bool(model_id) and client.get(kind, model_id).accepted
        if kind == "loras":
            found["by a picture that names it"] = model_id in self._meant_by_pictures()
        return found

    def _meant_by_pictures(self) -> list[str | None]:
        """What a picture means that names it with its folder, as the file is called."""
        text = builders.parameters({"prompt": f"a lighthouse <lora:{self._path}:0.8>"})
        answer = self._world.client.recipes.analyse(pictures.png_with_text(text)).must()
        return [lora.get("model_id") for lora in answer.body["loras"]]

    @property
    def _id(self) -> str:
        """Under which it is known, or was; empty for a model that the library has never listed."""
        if self._name not in self._library.ids and self._library.item(self._name) is None:
            return ""
        return self._library.id(self._name)

    def is_the_same_as_before(self) -> None:
        """The same entry as the one that the change was about: its id has not changed."""
        item = self._library.item(self._name)
        told = item and item["id"]
        self._hold(told == self._id, "is the model that it was", f"the library has {told or 'no such entry'}")

    # On the disk

    def lies_whole(self) -> None:
        """The weights and all that belongs to them, byte for byte; the sidecar may have been written anew."""
        wrong = [
            path.name
            for path, content in self._placed.files.items()
            if not path.is_file() or (path.read_bytes() != content and not self._is_sidecar(path))
        ]
        self._hold(not wrong, "lies on the disk with all that belongs to it", f"missing or different: {wrong}")

    def lies_as_it_was(self) -> None:
        """As `lies_whole`, the sidecar too."""
        self.lies_whole()
        file = self._placed.beside(library_files.SIDECAR)
        wanted, told = self._placed.companions.get(library_files.SIDECAR), file.read_bytes() if file.exists() else None
        self._hold(
            told == wanted, "has the sidecar that it had, byte for byte", f"it is now {(told or b'none')[:200]!r}"
        )

    def has_left_its_folder(self) -> None:
        left = self._files_of_its_name()
        self._hold(not left, "has left its folder with all that belongs to it", f"there lies {', '.join(left)}")

    def left_no_byte(self) -> None:
        """Neither its weights nor anything that belonged to it lies anywhere in the scenario's folder, very soon."""
        until(lambda: not self._copies())
        left = [str(path.relative_to(self._world.folder)) for path in self._copies()]
        self._hold(not left, "is gone from the disk", f"there still lies {', '.join(left)}")

    def _copies(self) -> list[Path]:
        """Every file with the content of one that belonged to it."""
        sums = {hashlib.sha256(content).hexdigest() for content in self._placed.files.values()}
        # Not rglob: it raises when a folder goes while it looks.
        files = (Path(folder, name) for folder, _, names in os.walk(self._world.folder) for name in names)
        return [path for path in files if _sum_of(path) in sums]

    def gave_way_to(self, other: str) -> None:
        """Where it was lies what has come meanwhile, and of its own nothing beside it."""
        stranger = self._library.disk.placed[other]
        same = stranger.path.is_file() and stranger.path.read_bytes() == stranger.content
        self._hold(same, "has not touched what came meanwhile", "that is missing or differs")
        found = [path.name for path in files_of(stranger.path)]
        self._hold(found == [stranger.path.name], "brought nothing back beside the other", f"there lies {found}")

    def bears_one_name(self, other: str) -> None:
        """Everything of it bears this name or that one, and the library knows it under the same."""
        placed, model_id = self._placed, self._id
        listed = [item["file_name"] for item in self._library.listed(placed.kind) if item["id"] == model_id]
        wanted = sorted([placed.path.suffix, *placed.companions])
        held = {name: endings_of(placed.path.with_name(name)) for name in (self._name, other)}
        whole = [name for name, endings in held.items() if endings == wanted]
        empty = [name for name, endings in held.items() if not endings]
        self._hold(
            len(whole) == len(empty) == 1 and listed == whole,
            f"is called that or “{other}”, with all that belongs to it",
            f"the library calls it {listed}, and on the disk lie {held}",
        )

    def _files_of_its_name(self) -> list[str]:
        return [path.name for path in files_of(self._placed.path)]

    def _is_sidecar(self, path: Path) -> bool:
        return path.name.endswith(library_files.SIDECAR)

    # What is known of it

    def is_told_as(self, table: dict[str, str]) -> None:
        """In the list and by itself, in the words of the table."""
        item = self._library.item(self._name)
        for where, told in (("the list", item or {}), ("its own page", self._library.known(self._name))):
            for what, text in table.items():
                wanted, got = value_of(what, text), told.get(FIELDS[what])
                same = sorted(got or []) == sorted(wanted) if what in LISTS else got == wanted
                self._hold(same, f"has the {what} “{text}”", f"{where} tells {got!r}")

    def is_told_as_soon(self, table: dict[str, str]) -> None:
        wanted = known(table)
        until(lambda: wanted.items() <= self._library.known(self._name).items())
        self.is_told_as(table)

    def is_noted_beside(self) -> None:
        """In the sidecar, whatever program reads it next; and whatever else stood there stands there still."""
        told, wanted = self._library.disk.sidecar_of(self._name), known(self._library.changes.told)
        differ = {key: told.get(key) for key, value in wanted.items() if told.get(key) != value}
        self._hold(not differ, f"has {wanted} written beside it", f"its sidecar says {differ}")
        self.kept_the_rest_of_its_sidecar(changed=set(wanted))

    def kept_the_rest_of_its_sidecar(self, changed: set[str]) -> None:
        before = library_files.read_sidecar(self._placed.companions.get(library_files.SIDECAR, b"{}"))
        told = self._library.disk.sidecar_of(self._name)
        lost = {key: told.get(key) for key, value in before.items() if key not in changed and told.get(key) != value}
        self._hold(not lost, "keeps everything else that its sidecar said", f"changed or lost is {lost}")

    def is_renamed_in_its_sidecar(self, old: str) -> None:
        """The sidecar tells the new name and the new place, nowhere the old ones, and everything else as before."""
        told = self._library.disk.sidecar_of(self._name)
        naming = {key: value for key, value in told.items() if PurePosixPath(old).stem in str(value)}
        self._hold(not naming, f"is nowhere called “{old}” in its sidecar", f"it says {naming}")
        name, path = told.get("file_name"), str(told.get("file_path"))
        self._hold(name == self._stem, f"is called “{self._stem}” in its sidecar", f"it is called “{name}”")
        here = self._placed.path
        self._hold(path == str(here), f"is said to lie at {here}", f"it is said to lie at {path}")
        self.kept_the_rest_of_its_sidecar(changed={"file_name", "file_path", "preview_url"})

    def is_hashed_anew(self) -> None:
        """Known by the hash of what lies there now."""
        wanted, told = hashlib.sha256(self._placed.content).hexdigest(), self._library.known(self._name)["sha256"]
        self._hold(told == wanted, f"has the SHA-256 {wanted[:10]}…", f"it is told as {str(told)[:10]}…")
        self.is_everywhere()

    # Recipes

    def is_the_lora_of(self, recipe: str) -> None:
        """The recipe names it as it is called now, knows where it is, and is found by it."""
        lora = self._lora_of(recipe)
        told = (lora["available"], lora["model_id"], lora["file_name"])
        wanted = (True, self._id, self._library.place_of(self._name)[2])
        self._hold(told == wanted, f"is the LoRA of “{recipe}”", f"the recipe tells {told}")
        names = (self._stem, self._path)
        self._hold(lora["name"] in names, f"is called “{self._path}” in “{recipe}”", f"it is called “{lora['name']}”")
        self._hold(lora["strength"] == 0.8, "keeps its strength of 0.8", f"it is told as {lora['strength']}")

    def is_still_the_lora_of(self, recipe: str) -> None:
        library_changed(self._world).left_everything()
        self.is_the_lora_of(recipe)

    def is_missed_by(self, recipe: str) -> None:
        lora = self._lora_of(recipe)
        told = (lora["available"], lora["model_id"])
        self._hold(told == (False, None), f"is missed by “{recipe}”", f"the recipe tells {told}")

    def _lora_of(self, recipe: str) -> dict[str, Any]:
        """The recipe's only LoRA, told alike by the recipe itself and by the list of recipes."""
        recipe_id = self._world.recipes.id(recipe)
        view = self._world.client.recipes.get(recipe_id).must().body
        listed = self._world.client.recipes.search("").must().body["items"]
        in_list = next((item["loras"] for item in listed if item["id"] == recipe_id), None)
        self._hold(in_list == view["loras"], f"is told alike of “{recipe}” everywhere", f"the list tells {in_list}")
        self._hold(len(view["loras"]) == 1, f"is the one LoRA of “{recipe}”", f"it has {view['loras']}")
        lora: dict[str, Any] = view["loras"][0]
        return lora

    def is_the_checkpoint_of(self, recipe: str) -> None:
        told = self._world.client.recipes.get(self._world.recipes.id(recipe)).must().body["checkpoint"]
        wanted = (self._stem, True, self._id)
        got = (told and told["name"], told and told["available"], told and told["model_id"])
        self._hold(got == wanted, f"is the checkpoint of “{recipe}”", f"the recipe tells {told}")


def files_of(path: Path) -> list[Path]:
    """All that lies in a model's folder under its name."""
    if not path.parent.exists():
        return []
    return sorted(file for file in path.parent.iterdir() if library_files.belongs(file.name, path.stem))


def _sum_of(path: Path) -> str | None:
    """None for a file that has gone since it was seen."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except FileNotFoundError:
        return None


def endings_of(path: Path) -> list[str]:
    """What follows the name of a model in the names of all that belongs to it."""
    return sorted(file.name.removeprefix(path.stem) for file in files_of(path))


def model(world: World, name: str) -> ExpectModel:
    """Checks on one model."""
    return ExpectModel(world, name)


def _ids(items: list[dict[str, Any]]) -> list[str]:
    return [item["id"] for item in items]
