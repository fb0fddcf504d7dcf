"""How fast pictures are painted in a scenario: by its own clock, and only as far as a sentence says."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from support.acts.jobs import FINAL
from support.bdd import StepError
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

T = TypeVar("T")
LONGEST_SCENARIO = timedelta(seconds=20)


class Pace:
    """Verbs on the time that inference steps take; remembers how many of each job's are done."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._steps_done: dict[str, int] = {}
        self.step = timedelta()
        self.limit = timedelta(minutes=10)

    def take_at_most(self, limit: timedelta) -> None:
        """An attempt at a job may take so long, by the scenario's time."""
        self.limit = limit
        self._world.decide(generation_time_limit_seconds=limit.total_seconds())

    def take_so_long(self, step: timedelta) -> None:
        """Each inference step takes `step` of the scenario's time, whatever the backend."""
        self.step = step
        self._world.decide(mock_step_seconds=step.total_seconds())
        if "comfyui" in self._world.environment.offers:
            self._world.servers.take_so_long(step.total_seconds())
        if "replicate" in self._world.environment.offers:
            self._world.replicate.step_seconds = step.total_seconds()

    def begin_again(self, prompt: str) -> None:
        """The job's inference steps count from the first one again."""
        self._steps_done.pop(prompt, None)

    def pass_steps(self, prompt: str, until_done: int) -> None:
        """Let the clock go on until so many inference steps of the job are done, and not one more."""
        for step in range(self._steps_done.get(prompt, 0) + 1, until_done + 1):
            if not until(self.all_wait):
                raise StepError(f"nobody paints: the job {prompt!r} is {self._world.jobs.view(prompt)}")
            self._world.clock.advance(self.step)
            if not until(lambda step=step: self._world.jobs.view(prompt)["step"] >= step):  # type: ignore[misc]
                view = self._world.jobs.view(prompt)
                raise StepError(f"inference step {step} of {prompt!r} was never done: {view}")
            self._steps_done[prompt] = step

    def pass_one_step(self) -> None:
        self._world.clock.advance(self.step)

    def pass_the_limit(self, prompt: str) -> None:
        """Let the clock go on until the job has been stopped, also where no inference step ever ends."""
        if self.step:
            self.go_on()
            return
        if not until(lambda: self._world.jobs.state(prompt) == "running"):
            raise StepError(f"nobody paints: the job {prompt!r} is {self._world.jobs.view(prompt)}")
        self._world.clock.advance(self.limit)
        until(lambda: self._world.jobs.state(prompt) in FINAL)

    def go_on(self) -> None:
        """Let the clock go on until every job of the scenario has ended; what then is, the Thens say."""
        until(self._all_ended, within=LONGEST_SCENARIO)

    def while_it_goes_on(self, ask: Callable[[], T]) -> T:
        """What `ask` gives, the clock going on for as long as it takes."""
        with ThreadPoolExecutor(max_workers=1) as thread:
            asked = thread.submit(ask)
            until(lambda: asked.done() or self.move_on(), within=LONGEST_SCENARIO)
            return asked.result()

    def all_wait(self) -> bool:
        """Whether whatever is painted has come to wait for the clock."""
        if not self.step:
            return True
        return self._world.clock.sleepers >= max(len(self._running()), 1)

    def _all_ended(self) -> bool:
        ended = [self._world.jobs.state(prompt) in FINAL for prompt in self._world.jobs.ids]
        return all(ended) or self.move_on()

    def move_on(self) -> bool:
        """Move the clock to what is waited for: another attempt, or the end of an inference step. Never true.

        Only when as many wait for the clock as are painted, so that nobody is left behind.
        """
        running = self._running()
        if running and self._world.clock.sleepers >= len(running):
            waits = [self._until(job) for job in running if job["waiting_until"]]
            # Without inference steps of its own, whoever waits was told to by a provider, and for seconds.
            painted = [self.step or timedelta(seconds=1)] * (len(running) - len(waits))
            self._world.clock.advance(max(min([*waits, *painted]), timedelta()))
        return False

    def _running(self) -> list[dict[str, Any]]:
        return [job for job in self._world.jobs.unfinished() if job["state"] == "running"]

    def _until(self, job: dict[str, Any]) -> timedelta:
        return datetime.fromisoformat(job["waiting_until"]) - self._world.clock.now()
