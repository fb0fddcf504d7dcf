"""What a scenario does with many pictures at once: folders, uploads, addresses, a folder that is watched."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from support import builders, pictures
from support.acts.recipe_pictures import ALL
from support.bdd import StepError
from support.recipe_samples import sample
from support.recipe_terms import listed
from support.studios import EventStream
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

OVER = ("completed", "cancelled")
AT_A_TIME = "at_a_time"


class RecipeImports:
    """Verbs on batch imports; remembers what each picture says, what is damaged, and what was heard."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.folders: dict[str, Path] = {}
        self.settings: dict[str, dict[str, str]] = {}
        self.damaged: set[str] = set()
        self.sums: dict[str, str] = {}
        self.in_hand: list[tuple[str, bytes]] = []
        self.addresses: list[str] = []
        self.offered: list[str] = []
        self.held: list[str] = []
        self.batch = ""
        self.stream: EventStream | None = None
        self.watched: Path | None = None
        self.laid: Path | None = None

    # Having pictures

    def _make(self, count: int, damaged: int) -> list[tuple[str, bytes]]:
        """So many pictures; the damaged ones are spread among them."""
        made = []
        for number in range(1, count + 1):
            name = f"picture-{number:03}.png"
            settings = {"prompt": f"a beacon, picture {number}", "seed": str(number), "steps": "20"}
            content = pictures.png_with_text(builders.parameters(settings))
            if len(self.damaged) < damaged and number % max(count // (damaged + 1), 1) == 0:
                content = content[: len(content) // 2]
                self.damaged.add(name)
            self.settings[name] = settings
            made.append((name, content))
        return made

    def have_folder(self, folder: str, count: int, damaged: int) -> None:
        """A folder of pictures where the studio may import from."""
        self._world.client.health().must()
        path = self._world.home / "import" / folder
        path.mkdir(parents=True)
        for name, content in self._make(count, damaged):
            (path / name).write_bytes(content)
        self.folders[folder] = path
        self.sums = sums_of(path)

    def copy_each(self, folder: str) -> None:
        path = self.folders[folder]
        for file in sorted(path.iterdir()):
            (path / f"copy-of-{file.name}").write_bytes(file.read_bytes())

    def have_in_hand(self, count: int, damaged: int = 0) -> None:
        self.in_hand = self._make(count, damaged)

    def offer(self, count: int, held: int, *, damaged: int = 0) -> None:
        """Pictures in the net; the last ones are held back in their middle until `let_go`."""
        hub = self._world.hub
        for name, content in self._make(count, damaged):
            own = self._world.own(name)
            self.addresses.append(hub.offers(own, content=content).url)
            self.offered.append(own)
        self.held = self.offered[count - held :]
        for own in self.held:
            hub.holds_back(own)

    # Importing

    def import_folder(self, folder: str, **more: Any) -> None:
        self.begin(folder=folder, **more)
        self.end()

    def must_import_folder(self, folder: str) -> None:
        self.import_folder(folder)
        self.learn()

    def import_folder_into(self, folder: str, into: str, tags: str) -> None:
        self.import_folder(folder, into_folder=into, tags=listed(tags))

    def import_all(self, at_a_time: int | None = None) -> None:
        """Those in hand, or those that are on offer in the net."""
        if self.in_hand:
            self._import_in_hand(at_a_time)
        else:
            self.import_offered(at_a_time)

    def _import_in_hand(self, at_a_time: int | None = None) -> None:
        fields = {} if at_a_time is None else {AT_A_TIME: str(at_a_time)}
        answer = self._world.ask(self._world.client.recipes.import_files(self.in_hand, **fields))
        if answer.accepted:
            self.batch = answer.body["id"]
            self.end()

    def import_offered(self, at_a_time: int | None = None) -> None:
        more = {} if at_a_time is None else {AT_A_TIME: at_a_time}
        self.begin(items=[{"url": address} for address in self.addresses], **more)

    def import_up_to(self, count: int) -> None:
        """Import what is in the net, and wait until so many have become recipes."""
        self.import_offered()
        if not until(lambda: self.told()["added"] == count and self.fetching() > 0):
            raise StepError(f"{count} pictures were to be imported: {self.told()}")

    def begin(self, **request: Any) -> None:
        answer = self._world.ask(self._world.client.recipes.import_from(**request))
        if answer.accepted:
            self.batch = answer.body["id"]

    def end(self) -> None:
        """Wait until the import is over; nothing to wait for when it was refused."""
        if self._world.answered.accepted:
            until(lambda: self.told()["state"] in OVER)

    def cancel(self) -> None:
        self._world.ask(self._world.client.recipes.cancel_import(self.batch)).must()
        self.end()

    def let_go(self) -> None:
        for name in self.held:
            self._world.hub.lets_go(name)
        self.held = []

    def let_go_and_end(self) -> None:
        self.let_go()
        self.end()

    def begin_and_listen(self) -> None:
        """While the net keeps everybody waiting, so that nothing is missed."""
        self.import_offered()
        self.stream = stream = self._world.client.recipes.import_progress(self.batch)
        until(lambda: stream.heard)

    # Looking

    def told(self) -> dict[str, Any]:
        body: dict[str, Any] = self._world.client.recipes.imported(self.batch).must().body
        return body

    def fetching(self) -> int:
        """How many of the pictures in the net are being fetched, and held back."""
        return sum(self._world.hub.is_holding(name) for name in self.held)

    def learn(self) -> None:
        """Know the recipes that were imported by the names of their pictures."""
        recipes = self._world.recipes
        for item in recipes.lists.listed():
            recipes.ids.setdefault(str(item["name"]), item["id"])
        recipes.remember()

    # The watched folder

    def watch(self) -> None:
        """The real clock decides when the studio sees a new file."""
        self.watched = self._world.folder / "painted"
        self.watched.mkdir()
        self._world.decide(recipe_watch_folder=self.watched)
        self._world.client.health().must()

    def lay_in(self, program: str) -> None:
        settings = ALL
        content = sample(program, "PNG", settings)
        self._world.recipes.hold(content, settings)
        self.laid = self._folder / "painted-0001.png"
        self.laid.write_bytes(content)
        until(self._world.recipes.lists.listed)

    def must_lay_in(self, program: str) -> None:
        self.lay_in(program)
        self.learn()
        if not self._world.recipes.ids:
            raise StepError("the picture in the watched folder never became a recipe")

    def lay_in_again(self) -> None:
        """The same picture under another name, a text, and last a new picture, so that all are known to be seen."""
        content = self._world.recipes.in_hand.picture
        (self._folder / "painted-0002.png").write_bytes(content)
        (self._folder / "notes.txt").write_text("steps: 20")
        last = sample("ComfyUI", "PNG", {**ALL, "prompt": "a fountain, painted last"})
        (self._folder / "painted-0003.png").write_bytes(last)
        until(lambda: len(self._world.recipes.lists.listed()) > 1)

    def restart_and_lay_in(self) -> None:
        """What lies in the folder is met again, and then something new is."""
        self._world.restart()
        self._world.client.health().must()
        (self._folder / "painted-0002.png").write_bytes(sample("ComfyUI", "PNG", {**ALL, "prompt": "a fountain"}))
        until(self._world.recipes.lists.listed)

    @property
    def _folder(self) -> Path:
        if self.watched is None:
            raise StepError("no folder is watched: say so in a Given")
        return self.watched


def sums_of(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}
