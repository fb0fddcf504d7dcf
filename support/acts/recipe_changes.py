"""What a scenario changes of recipes: by one hand or by several at once, moved, deleted, taken back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from support.bdd import StepError
from support.client import Answer
from support.recipe_terms import change_of

if TYPE_CHECKING:
    from support.world import World

NOBODY = "0" * 32
EDITORS = 10
# A moment longer than a deletion can be taken back.
FOR_GOOD = timedelta(seconds=21)
EDITOR_NAMES = ("first", "second")


class RecipeChanges:
    """Verbs that change recipes; remembers what was changed, what editors have seen, and what was deleted."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.wanted: dict[str, set[str]] = {}
        self.seen: dict[str, str] = {}
        self.edited = ""
        self.answers: list[Answer] = []
        self.deletions: list[str] = []

    # By hand

    def change(self, name: str, what: str, to: str) -> Answer:
        """Change one thing, having just looked; the scenario is about it."""
        return self._change(name, what, to, self._world.recipes.version(name))

    def change_unseen(self, name: str, what: str, to: str) -> None:
        self._change(name, what, to, None)

    def must_change(self, name: str, what: str, to: str) -> None:
        self.change(name, what, to).must()
        self._world.recipes.remember(name)

    def _change(self, name: str, what: str, to: str, version: str | None) -> Answer:
        recipes = self._world.recipes
        answer = self._world.client.recipes.update(recipes.id(name), change_of(what, to), version)
        self._world.ask(answer)
        if answer.accepted:
            recipes.touched.add(recipes.id(name))
            self.wanted.setdefault(name, set()).add(what)
        return answer

    # By several hands

    def open_by_two(self, name: str) -> None:
        self.edited = name
        self.seen = {editor: self._world.recipes.version(name) for editor in EDITOR_NAMES}

    def edit(self, editor: str, what: str, to: str) -> None:
        """What this editor does, who has seen what there was when he looked."""
        answer = self._change(self.edited, what, to, self.seen[editor])
        if answer.accepted:
            self.seen[editor] = answer.headers["etag"]

    def must_edit(self, editor: str, what: str, to: str) -> None:
        self.edit(editor, what, to)
        self._world.answered.must()
        self._world.recipes.remember(self.edited)

    def look_again_and_edit(self, editor: str, what: str, to: str) -> None:
        self.seen[editor] = self._world.recipes.version(self.edited)
        self.edit(editor, what, to)

    def change_by_many(self, name: str) -> None:
        """Many editors, all having seen the same, send their changes at once."""
        recipes = self._world.recipes
        version, recipe_id = recipes.version(name), recipes.id(name)
        recipes.touched.add(recipe_id)

        def change(number: int) -> Answer:
            changes = {"settings": {"prompt": f"a lighthouse, by editor {number}"}}
            return self._world.client.recipes.update(recipe_id, changes, version)

        with ThreadPoolExecutor(max_workers=EDITORS) as editors:
            self.answers = list(editors.map(change, range(EDITORS)))

    # Moving

    def move_both(self, one: str, other: str, folder: str) -> None:
        recipes = self._world.recipes
        ids = [recipes.id(one), recipes.id(other)]
        self._world.ask(self._world.client.recipes.move_all(ids, folder))
        recipes.touched |= set(ids)
        for name in (one, other):
            self.wanted.setdefault(name, set()).add("folder")

    def try_to_move(self, name: str, folder: str) -> None:
        self._world.ask(self._world.client.recipes.move(self._world.recipes.id(name), folder))

    def move_with_nobody(self, name: str) -> None:
        ids = [self._world.recipes.id(name), NOBODY]
        self._world.ask(self._world.client.recipes.move_all(ids, "trips"))

    # Deleting and taking back

    def delete(self, name: str) -> None:
        """Delete one; the Thens that name none are about it from here on."""
        recipe_id = self._world.recipes.id(name)
        self._world.recipes.current = name
        self._deleted(self._world.client.recipes.delete(recipe_id), [recipe_id])

    def must_delete(self, name: str) -> None:
        self.delete(name)
        self._world.answered.must()

    def delete_for_good(self, name: str) -> None:
        self.must_delete(name)
        self._world.clock.advance(FOR_GOOD)
        self._world.recipes.files = {}

    def delete_one_for_good(self) -> None:
        self.delete_for_good(next(iter(self._world.recipes.ids)))

    def must_delete_both(self, one: str, other: str) -> None:
        ids = [self._world.recipes.id(one), self._world.recipes.id(other)]
        self._deleted(self._world.client.recipes.delete_all(ids), ids).must()

    def delete_with_nobody(self, name: str) -> None:
        ids = [self._world.recipes.id(name), NOBODY]
        self._world.ask(self._world.client.recipes.delete_all(ids))

    def _deleted(self, answer: Answer, ids: list[str]) -> Answer:
        self._world.ask(answer)
        if answer.accepted:
            self.deletions.append(answer.body["batch_id"])
            self._world.recipes.touched |= set(ids)
        return answer

    def undo(self) -> None:
        """Take back the deletion that was the last one."""
        if not self.deletions:
            raise StepError("nothing was deleted that could be taken back")
        answer = self._world.ask(self._world.client.recipes.undo(self.deletions[-1]))
        if answer.accepted:
            self._world.recipes.touched.clear()

    def must_undo(self) -> None:
        self.undo()
        self._world.answered.must()

    def restart_after(self, duration: timedelta) -> None:
        """The time passes while the studio is away."""
        self._world.restart()
        self._world.clock.advance(duration)
        self._world.client.health().must()

    def have_happen(self, event: str) -> None:
        """What has brought deleted recipes back elsewhere."""
        world = self._world
        verbs: dict[str, Any] = {
            "a restart": world.restart,
            "a scan of the library": world.library.scan,
            "a LoRA that gets a new name": lambda: world.recipes.loras.give_new_name("neon-city.safetensors"),
            "a search for matching models": world.recipes.loras.rematch,
            "a repair of all recipes": world.recipes.loras.repair,
        }
        verbs[event]()

    # What is not there

    def try_with_nobody(self, done: str) -> None:
        client = self._world.client.recipes
        verbs = {
            "opened": lambda: client.get(NOBODY),
            "deleted": lambda: client.delete(NOBODY),
            "shared": lambda: client.share(NOBODY),
            "moved": lambda: client.move(NOBODY, "trips"),
        }
        self._world.ask(verbs[done]())

    def undo_nothing(self) -> None:
        self._world.ask(self._world.client.recipes.undo(NOBODY))
