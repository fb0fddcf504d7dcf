"""What a scenario does with jobs by the hundred: from many clients, and with an eye on the studio's memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING

from support.bdd import StepError
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

COLOURS = ("red", "green", "blue", "yellow")
SHAPES = ("circle", "square", "triangle")
PROMPTS = tuple(f"a {colour} {shape}" for colour, shape in product(COLOURS, SHAPES))
CLIENTS = 10
# Asked for one after the other before they are waited for; fewer than any queue takes.
WAITING = 50
PATIENCE = timedelta(seconds=60)
SMALL = {"width": 64, "height": 64, "steps": 2}


class ManyJobs:
    """Verbs on many jobs; remembers what each was asked for, and the memory before and after."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.asked: list[tuple[str, str, int]] = []
        self.bytes_before = 0
        self.bytes_after = 0

    def have_done(self, count: int) -> None:
        """A studio in a process of its own that has warmed up."""
        self._world.in_own_process = True
        self._do(count)
        self.bytes_before = self._memory()

    def do(self, count: int) -> None:
        self._do(count)
        self.bytes_after = self._memory()

    def ask_from_clients(self, count: int) -> None:
        """Ten clients ask at once, each for its share; then they wait for all that they asked for."""
        self._world.client.health().must()
        with ThreadPoolExecutor(max_workers=CLIENTS) as clients:
            self.asked = list(clients.map(self._ask, range(count)))
        until(lambda: not self._unfinished(), within=PATIENCE)

    def _do(self, count: int) -> None:
        for number in range(count):
            self.asked.append(self._ask(number))
            if number % WAITING == WAITING - 1:
                self._wait_for_all()
        self._wait_for_all()
        self._world.evidence.drop()

    def _wait_for_all(self) -> None:
        if not until(lambda: not self._unfinished(), within=PATIENCE):
            raise StepError(f"{self._unfinished()} jobs never ended")

    def _ask(self, number: int) -> tuple[str, str, int]:
        prompt = PROMPTS[number % len(PROMPTS)]
        answer = self._world.client.generation.create(prompt=prompt, seed=number, **SMALL).must()
        return str(answer.body["id"]), prompt, number

    def _unfinished(self) -> int:
        counts = self._world.client.generation.stats().must().body
        return sum(int(counts[state]) for state in ("pending", "running"))

    def _memory(self) -> int:
        if self._world.process is None:
            raise StepError("only the memory of a studio in a process of its own can be weighed")
        return self._world.process.resident_bytes
