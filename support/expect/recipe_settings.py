"""What must be true of the settings that are read from a picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support.expect.expectation import Expectation
from support.recipe_oddities import LORA_HASH, LORA_VERSION
from support.recipe_terms import LoraWord, loras_of, said

if TYPE_CHECKING:
    from support.acts.recipes_hand import InHand
    from support.world import World

# What a reading calls the programs.
FORMATS = {
    "Automatic1111": "a1111",
    "ComfyUI": "comfyui",
    "ComfyUI (workflow)": "comfyui",
    "Civitai": "civitai",
    "SwarmUI": "swarmui",
    "InvokeAI": "invokeai",
    "Fooocus": "fooocus",
    "NovelAI": "novelai",
    "Proofsheet": "proofsheet",
}
NEAR = 1e-9


class ExpectSettings(Expectation):
    """Checks on the settings that were read from a picture."""

    def __init__(self, world: World, found: dict[str, Any]) -> None:
        super().__init__(world)
        self._found = found

    def are(self, wanted: dict[str, str]) -> None:
        for what, value in wanted.items():
            got = said(self._found, what)
            self._hold(got == value, f"the {what} is read as “{value}”", f"it is read as “{got}”")

    def are_all(self, hand: InHand) -> None:
        """Every setting that the picture was made with, and every LoRA that it names."""
        self.are(hand.settings)
        for lora in hand.loras:
            self.name_the_lora(lora.name, 1.0 if lora.strength is None else lora.strength)

    def name_the_lora(self, name: str, strength: float) -> None:
        loras = {lora["name"]: lora["strength"] for lora in self._found.get("loras", [])}
        held = name in loras and abs(loras[name] - strength) < NEAR
        self._hold(held, f"the LoRA “{name}” is read with strength {strength:g}", _told_loras(loras))

    def name_exactly(self, loras: str) -> None:
        """These LoRAs in this order, and no other."""
        wanted = [str(lora) for lora in loras_of(loras)]
        found = [str(LoraWord(lora["name"], lora["strength"])) for lora in self._found.get("loras", [])]
        self._hold(found == wanted, f"the LoRAs are {', '.join(wanted)}", f"they are {', '.join(found) or 'none'}")

    def know_the_lora_by(self, what: str) -> None:
        """By no more and no less than its note says."""
        lora = self._found["loras"][0]
        known = (lora["hash"], lora["model_version_id"])
        wanted = {
            "its name alone": (None, None),
            "its hash": (LORA_HASH, None),
            "its version at the hub": (None, LORA_VERSION),
        }
        self._hold(known == wanted[what], f"the LoRA is known by {what}: {wanted[what]}", f"it is known by {known}")

    def are_none(self) -> None:
        self._hold(
            self._found.get("format") is None and not self._found.get("loras"),
            "a picture without settings is told as such",
            f"these settings are told: {self._found}",
        )

    def made_by(self, program: str) -> None:
        wanted, found = FORMATS[program], self._found.get("format")
        self._hold(found == wanted, f"the picture is told to be by {program}", f"it is told to be by {found}")
        sure = self._found["confidence"]
        self._hold(0 < sure <= 1, "it is told how sure that is, up to 1", f"told is {sure}")

    def alike_in_both(self) -> None:
        first, second = self._world.recipes.pictures.readings
        self._hold(first == second, "the same is read in either order", f"read is {first}, and then {second}")

    def of_one_program(self) -> None:
        """All settings of one of the two, none of the other's in between."""
        made = self._world.recipes.pictures
        for reading in made.readings:
            fits = [p for p, own in made.written.items() if all(said(reading, what) == own[what] for what in own)]
            promise = f"every setting is of one of {' and '.join(made.written)}"
            self._hold(len(fits) == 1, promise, f"read is {reading['settings']}")


def _told_loras(loras: dict[str, float]) -> str:
    told_ones = [f"“{name}” with strength {strength}" for name, strength in loras.items()]
    return f"read is {' and '.join(told_ones)}" if told_ones else "no LoRA is read"


def settings_read(world: World) -> ExpectSettings:
    """Checks on what the last analysis answered."""
    return ExpectSettings(world, world.answered.must().body)
