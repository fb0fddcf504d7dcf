"""What must be true of recipes: what is read from a picture, what is kept, what is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.expect.expectation import Expectation

if TYPE_CHECKING:
    from support.world import World


class ExpectSettings(Expectation):
    """Checks on the settings that were read from a picture."""

    def __init__(self, world: World, found: dict[str, Any]) -> None:
        super().__init__(world)
        self._found = found

    def are(self, wanted: dict[str, str]) -> None:
        settings = self._found.get("settings") or {}
        for what, value in wanted.items():
            got = told(settings, what)
            self._hold(got == value, f"the {what} is read as “{value}”", f"it is read as “{got}”")

    def name_the_lora(self, name: str, strength: float) -> None:
        loras = {lora["name"]: lora["strength"] for lora in self._found.get("loras", [])}
        self._hold(
            loras.get(name) == strength, f"the LoRA “{name}” is read with strength {strength}", _told_loras(loras)
        )

    def are_none(self) -> None:
        self._hold(
            self._found.get("format") is None and not self._found.get("loras"),
            "a picture without settings is told as such",
            f"these settings are told: {self._found}",
        )


def told(settings: dict[str, Any], what: str) -> str:
    """A setting in the product owner's words, as the studio's answer tells it."""
    if what == "size":
        return f"{settings.get('width')}×{settings.get('height')}"
    names = {"negative prompt": "negative_prompt", "steps": "num_inference_steps", "guidance": "guidance_scale"}
    value = settings.get(names.get(what, what))
    return f"{value:g}" if isinstance(value, float) else str(value)


def _told_loras(loras: dict[str, float]) -> str:
    told_ones = [f"“{name}” with strength {strength}" for name, strength in loras.items()]
    return f"read is {' and '.join(told_ones)}" if told_ones else "no LoRA is read"


def settings_read(world: World) -> ExpectSettings:
    """Checks on what the last analysis answered."""
    return ExpectSettings(world, world.answered.must().body)


class ExpectRecipe(Expectation):
    """Checks on one recipe, by the name that it was saved under."""

    def __init__(self, world: World, name: str | None) -> None:
        super().__init__(world)
        self._name = name or world.recipes.current or ""

    def holds_every_setting(self) -> None:
        body = self._world.client.recipes.get(self._world.recipes.id(self._name)).must().body
        own = self._world.own(self._name)
        self._hold(body["name"] == own, f"the recipe is called “{own}”", f"it is called “{body['name']}”")
        ExpectSettings(self._world, body).are(self._world.recipes.settings)
        ExpectSettings(self._world, body).name_the_lora("neon-city", 0.8)

    def picture_is_the_same(self) -> None:
        kept = self._world.client.recipes.picture(self._world.recipes.id(self._name))
        self._world.evidence.picture("the recipe's picture", kept.content)
        same = kept.accepted and kept.content == self._world.recipes.pictures[self._name]
        self._hold(same, "the recipe's picture is kept byte for byte", f"{len(kept.content):,} other bytes come back")

    def found(self) -> None:
        names = self._found()
        self._hold(self._world.own(self._name) in names, f"“{self._name}” is found", f"found are {names or 'none'}")

    def not_found(self) -> None:
        names = self._found()
        self._hold(self._world.own(self._name) not in names, f"“{self._name}” is not found", f"found are {names}")

    def _found(self) -> list[str]:
        return [item["name"] for item in self._world.answered.must().body["items"]]

    def none_saved(self) -> None:
        self._hold(not self._world.recipes.ids, "no recipe was saved", f"saved was {list(self._world.recipes.ids)}")
        if self._world.environment.studio_url is None:
            items = self._world.client.recipes.search("").must().body["items"]
            self._hold(not items, "no recipe was saved", f"there is {[item['name'] for item in items]}")
            self.left_nothing_on_disk()

    def gone(self) -> None:
        answer = self._world.client.recipes.get(self._world.recipes.id(self._name))
        self._hold(answer.status == 404, f"the recipe “{self._name}” is gone", "the studio still tells it")
        names = [i["name"] for i in self._world.client.recipes.search("").must().body["items"]]
        self._hold(self._world.own(self._name) not in names, f"“{self._name}” is not listed", f"listed are {names}")

    def left_nothing_on_disk(self) -> None:
        folder = self._world.home / "recipes"
        left = sorted(p.name for p in folder.rglob("*") if p.is_file()) if folder.exists() else []
        self._hold(not left, "no picture of a recipe is left", f"there lies {', '.join(left)}")


def recipe(world: World, name: str | None = None) -> ExpectRecipe:
    """Checks on the recipe `name`, or on the one that the scenario saved last."""
    return ExpectRecipe(world, name)
