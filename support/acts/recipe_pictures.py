"""What a scenario does with pictures of other programs, before and after they are recipes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from support import pictures, recipe_oddities
from support.bdd import StepError
from support.client import Answer
from support.recipe_samples import sample
from support.recipe_terms import LoraWord, loras_of, tagged

if TYPE_CHECKING:
    from support.world import World

SEED = "1234567890"
ALL = {
    "prompt": "a lighthouse in the fog, masterpiece",
    "negative prompt": "blurry, text",
    "steps": "28",
    "guidance": "6.5",
    "seed": SEED,
    "size": "512×768",
}


class RecipePictures:
    """Verbs on pictures; remembers two that are compared, what is on offer in the net, and a small one."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.both: list[bytes] = []
        self.written: dict[str, dict[str, str]] = {}
        self.readings: list[Any] = []
        self.address = ""
        self.small = b""

    # By which program

    def by(self, program: str, container: str, settings: dict[str, str], **more: Any) -> None:
        loras = tagged(settings.get("prompt", "")) if program == "Automatic1111" else []
        self._world.recipes.hold(sample(program, container, settings, **more), settings, loras)

    def with_loras(self, program: str, container: str, loras: str) -> None:
        words, settings = loras_of(loras), {"prompt": "a lighthouse in the fog", "seed": SEED}
        named = [(word.name, _strength(word), self._world.recipes.loras.hash_of(word.name)) for word in words]
        self._world.recipes.hold(sample(program, container, settings, named), settings, words)

    def in_encoding(self, program: str, container: str, encoding: str, prompt: str) -> None:
        self.by(program, container, {"prompt": prompt, "seed": SEED}, text_encoding=encoding)

    def with_odd_prompt(self, program: str, prompt: str) -> None:
        self.by(program, "PNG", {"prompt": prompt, "seed": SEED})

    def noting_a_lora(self, lora: str, how: str) -> None:
        (word,) = loras_of(lora)
        self._world.recipes.hold(recipe_oddities.noting_a_lora(how, word.name, _strength(word)), {}, [word])

    def by_graph(self, how: str, settings: dict[str, str]) -> None:
        self._world.recipes.hold(recipe_oddities.by_graph(how, settings), settings)

    def by_two(self, first: str, second: str) -> None:
        """One more picture, with the texts of both programs in this order."""
        self.written = {program: own_settings(program) for program in (first, second)}
        texts: dict[str, str] = {}
        for program in (first, second):
            more = pictures.decode(sample(program, "PNG", self.written[program])).texts
            if texts.keys() & more.keys():
                raise StepError(f"{first} and {second} write into the same place: a file holds one of them")
            texts |= more
        self.both.append(pictures.png_with_texts(texts))

    # Reading

    def analyse_both(self) -> None:
        answers = [self._world.ask(self._world.client.recipes.analyse(picture)) for picture in self.both]
        self.readings = [answer.must().body for answer in answers]

    def offer(self, program: str) -> None:
        self.by(program, "PNG", ALL)
        content = self._world.recipes.in_hand.picture
        self.address = self._world.hub.offers(self._world.own("lighthouse.png"), content=content).url

    def analyse_there(self) -> None:
        self._world.ask(self._world.client.recipes.analyse_at(self.address))

    def analyse_forbidden(self, what: str) -> None:
        home, recipes = self._world.home, self._world.recipes
        addresses = {
            "a picture on the studio's own disk": lambda: f"file://{next((home / 'recipes').rglob('*.png'))}",
            "a file of the studio's own disk": lambda: str(home / "studio.db"),
            "a page in the net": self._offer_a_page,
        }
        self._world.ask(self._world.client.recipes.analyse_at(addresses[what]()))
        recipes.hand = None

    def _offer_a_page(self) -> str:
        return self._world.hub.offers(self._world.own("page.png"), content=b"<!doctype html><p>Sign in</p>").url

    # What comes back

    def fetch_small(self, name: str, side: int) -> Answer:
        recipes = self._world.recipes
        answer = self._world.ask(self._world.client.recipes.picture(recipes.id(name), size=side))
        self.small = answer.must().content
        self._world.evidence.picture("the small picture", self.small)
        return answer


def own_settings(program: str) -> dict[str, str]:
    """Settings that tell which program wrote them."""
    number = sum(program.encode())
    return {"prompt": f"a lighthouse, painted by {program}", "seed": str(number), "steps": str(10 + number % 20)}


def _strength(word: LoraWord) -> float:
    return 1.0 if word.strength is None else word.strength
