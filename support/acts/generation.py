"""What a scenario does to have pictures made, waiting for each."""

from __future__ import annotations

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from support import pictures as oracle
from support.bdd import StepError
from support.client import Answer
from support.parameter_types import Sides

if TYPE_CHECKING:
    from support.world import World

# What a request can hold that no picture can be made of.
ODDITIES: dict[str, dict[str, Any]] = {
    "a blank prompt": {"prompt": " "},
    "no prompt at all": {"prompt": None},
    "a prompt of 200,000 letters": {"prompt": "a" * 200_000},
    "control characters in its prompt": {"prompt": "a red\x00 circle\x1b[2J"},
    "a guidance that is no number": {"guidance_scale": float("nan")},
    "a number of steps in words": {"steps": "four"},
    "half a picture more": {"num_images": 1.5},
    "a field that does not exist": {"magic": 1},
    "a kind of file that does not exist": {"output_format": "GIF"},
    "an urgency that does not exist": {"priority": "at once"},
}
# How a product owner calls the settings of a picture.
FIELDS = {
    "prompt": "prompt",
    "negative prompt": "negative_prompt",
    "true guidance": "true_cfg_scale",
    "steps": "steps",
    "guidance": "guidance_scale",
    "seed": "seed",
}


class Generation:
    """Verbs on generation; remembers the pictures made last, those before, and the seed that was told."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.pictures: list[bytes] = []
        self.before: list[bytes] = []
        self.very_first: list[bytes] = []
        self.seed_told: int | None = None
        self.prompt = ""
        self.request: dict[str, Any] = {}
        self.at_once: list[bytes] = []

    def have(self, prompt: str, seed: int | None, **more: Any) -> None:
        self.make(prompt, seed=seed, **more)
        self._world.answered.must()

    def have_failed(self, prompt: str, sides: Sides) -> None:
        self.make(prompt, width=sides.width, height=sides.height)
        if self._world.answered.accepted:
            raise StepError(f"{prompt!r} at {sides} could be made")

    def have_with(self, kind: str, table: dict[str, str]) -> None:
        """A picture with settings in a product owner's words."""
        width, height = table["size"].split("×")
        fields: dict[str, Any] = {FIELDS[name]: text for name, text in table.items() if name != "size"}
        for name in ("steps", "seed"):
            fields[name] = int(fields[name])
        for name in ("guidance_scale", "true_cfg_scale"):
            fields[name] = float(fields[name])
        self.make(**fields, width=int(width), height=int(height), output_format=kind)
        self._world.answered.must()

    def make(self, prompt: str, **request: Any) -> None:
        """Ask for a picture; 256×256 unless the request says otherwise."""
        request = {"prompt": prompt, "width": 256, "height": 256, "steps": 4} | request
        self._asked(request, self._world.client.generation.infer)

    def make_with_file(self, prompt: str, picture: bytes, **request: Any) -> None:
        """As `make`, a reference picture going along as an uploaded file."""
        request = {"prompt": prompt, "width": 256, "height": 256, "steps": 4} | request
        self._asked(request, lambda **fields: self._world.client.generation.infer_with_file(picture, **fields))

    def _asked(self, request: dict[str, Any], ask: Callable[..., Answer]) -> None:
        self.prompt, self.request = str(request.get("prompt")), request
        answer = self._world.ask(ask(**request))
        if answer.accepted:
            self.take([from_data_url(url) for url in answer.body["images"]])
            self.seed_told = answer.body["seed"]

    def take(self, pictures: list[bytes]) -> None:
        """Look at these pictures from here on."""
        self.before, self.pictures = self.pictures, pictures
        self.very_first = self.very_first or pictures
        for number, picture in enumerate(pictures, 1):
            self._world.evidence.picture(f"picture {number}", picture)

    def make_with_the_seed_told(self, prompt: str) -> None:
        self.make(prompt, seed=self.seed_told)

    def again(self, **changes: Any) -> None:
        """The last request once more, with these changes."""
        self.make(**(self.request | changes))

    def again_with(self, field: str, text: str) -> None:
        self.again(**{field: type(SAMPLES[field])(text)})

    def again_without_its_colour(self, true_guidance: float) -> None:
        colour = oracle.main_colour(self.pictures[0])
        self.again(negative_prompt=colour, true_cfg_scale=true_guidance)

    def again_with_lora(self, name: str, scale: float) -> None:
        self.again(loras=[{"name": name, "scale": scale}])

    def make_with_lora(self, prompt: str, name: str, scale: float) -> None:
        self.make(prompt, seed=42, loras=[{"name": name, "scale": scale}])

    def make_with_loras(self, prompt: str, count: int) -> None:
        names = ("neon-city", "soft-light")
        self.make(prompt, loras=[{"name": names[number % 2], "scale": 0.1} for number in range(count)])

    def make_oddly(self, oddity: str) -> None:
        """Ask for something that no picture can be made of."""
        request = {"prompt": "a red circle", "width": 256, "height": 256, "steps": 4} | ODDITIES[oddity]
        # A field that is None here is left out altogether.
        fields = {name: value for name, value in request.items() if value is not None}
        self._asked(fields, self._world.client.generation.infer)

    def make_through_waits(self, prompt: str) -> None:
        """Ask for a picture, and move the clock to the end of each wait until it is answered."""
        self._world.pace.while_it_goes_on(lambda: self.make(prompt))

    def analyse(self, number: int) -> None:
        """Analyse one of the pictures that were made last."""
        self.pictures = [self.pictures[number - 1]]
        self._world.recipes.analyse()

    def have_memory_for(self, sides: Sides) -> None:
        """The backend has memory for so many pixels at once, and no more."""
        pixels = sides.width * sides.height
        self._world.decide(mock_memory_pixels=pixels)
        if "comfyui" in self._world.environment.offers:
            self._world.servers.have_memory_for(pixels)

    def make_eight(self) -> None:
        """Eight pictures, one after the other."""
        self.take([self._single(number) for number in range(8)])

    def make_eight_at_once(self) -> None:
        """The same eight, from eight clients at the same moment."""
        with ThreadPoolExecutor(max_workers=8) as clients:
            self.at_once = list(clients.map(self._single, range(8)))

    def _single(self, number: int) -> bytes:
        request = {"prompt": f"a red circle, number {number}", "width": 256, "height": 256, "steps": 4, "seed": number}
        answer = self._world.client.generation.infer(**request)
        return from_data_url(answer.must().body["images"][0])


# A value of each field's own kind.
SAMPLES: dict[str, Any] = {"prompt_2": "", "steps": 0, "guidance_scale": 0.0, "scheduler": ""}


def from_data_url(url: str) -> bytes:
    """The bytes of a `data:…;base64,…` address."""
    return base64.b64decode(url.partition(",")[2])


def as_data_url(picture: bytes) -> str:
    """A picture as a `data:…;base64,…` address."""
    return f"data:image/png;base64,{base64.b64encode(picture).decode()}"
