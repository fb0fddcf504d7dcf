"""What a scenario does with generation jobs."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from support.bdd import StepError
from support.client import Answer
from support.parameter_types import Sides
from support.studios import EventStream
from support.waiting import until

if TYPE_CHECKING:
    from support.world import World

FINAL = ("completed", "failed", "cancelled")
# What a scenario leaves unsaid: small, quick, and the same each time.
USUAL = {"width": 256, "height": 256, "steps": 4, "seed": 42}
# Of jobs that only take a place: they outlast whatever a scenario is about.
LONGEST_STEPS = 50


class Jobs:
    """Verbs on jobs; remembers which job a prompt stands for, what was asked, and who listens."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._others: list[str] = []
        self.ids: dict[str, str] = {}
        self.requests: dict[str, dict[str, Any]] = {}
        self.stream: EventStream | None = None
        self.current = ""
        self.listed: list[dict[str, Any]] = []
        self.pages: list[list[dict[str, Any]]] = []
        self.hung_up: str | None = None

    # Asking

    def ask(self, prompt: str, **more: Any) -> Answer:
        """Ask for a job; it is called by its prompt from here on."""
        request = {"prompt": prompt, **USUAL, **more}
        answer = self._world.ask(self._world.client.generation.create(**request))
        self.current = prompt
        if answer.accepted:
            self.ids[prompt] = answer.body["id"]
            self.requests[prompt] = request
        return answer

    def ask_with(self, table: dict[str, str]) -> None:
        """Ask for a job with the fields of a table; whatever reads as a number is one."""
        fields: dict[str, Any] = {name: _value(text) for name, text in table.items()}
        self.ask(str(fields.pop("prompt")), **fields)

    def ask_at(self, prompt: str, sides: Sides) -> None:
        self.ask(prompt, width=sides.width, height=sides.height)

    def start(self, prompt: str, steps_done: int = 0, **more: Any) -> None:
        """Bring a job to where so many of its inference steps are done, and keep it there."""
        self.ask(prompt, **more).must()
        if not until(lambda: self.state(prompt) == "running" and self._world.pace.all_wait()):
            raise StepError(f"the job {prompt!r} never came to be painted: it is {self.view(prompt)}")
        self._world.pace.pass_steps(prompt, steps_done)

    def wait(self, prompt: str, **more: Any) -> None:
        """Bring a job to wait for its turn."""
        self.take_every_place()
        self.ask(prompt, **more).must()
        if self.state(prompt) != "pending":
            raise StepError(f"the job {prompt!r} does not wait: it is {self.state(prompt)}")

    def wait_all(self, prompts: list[str]) -> None:
        for prompt in prompts:
            self.wait(prompt)

    def be_turned_down(self, prompt: str) -> None:
        if self.ask(prompt).accepted:
            raise StepError(f"a job for {prompt!r} was taken")

    def start_in_own_process(self, prompt: str) -> None:
        """Bring a job to be painted by a studio that runs in a process of its own."""
        self._world.in_own_process = True
        self.ask(prompt).must()
        if not until(lambda: self.state(prompt) == "running"):
            raise StepError(f"the job {prompt!r} never came to be painted: it is {self.view(prompt)}")

    def have_two_places(self) -> None:
        """Of servers it takes two; the mock has two places of its own."""
        if "comfyui" in self._world.environment.offers:
            self._world.servers.have(2)

    def take_every_place(self) -> None:
        """Have somebody else's long jobs painted wherever the studio could paint at once."""
        while (stats := self._world.client.generation.stats().must().body)["running"] < stats["places"]:
            request = {**USUAL, "prompt": "somebody else's picture", "steps": LONGEST_STEPS}
            other = self._world.client.generation.create(**request).must().body["id"]
            self._others.append(other)
            if not until(partial(self._is_painted, other)):
                raise StepError(f"somebody else's job is not painted: it is {self._view(other)}")

    def _is_painted(self, job_id: str) -> bool:
        return self._view(job_id)["state"] == "running" and self._world.pace.all_wait()

    def complete(self, prompt: str, **more: Any) -> None:
        self.ask(prompt, **more).must()
        if self.ended(prompt) != "completed":
            raise StepError(f"the job {prompt!r} was not completed: it is {self.view(prompt)}")

    def complete_at(self, prompt: str, sides: Sides) -> None:
        self.complete(prompt, width=sides.width, height=sides.height)

    def complete_several(self, count: int, **more: Any) -> None:
        prompts = [f"a red circle, number {number}" for number in range(1, count + 1)]
        for prompt in prompts:
            self.ask(prompt, **more).must()
        for prompt in prompts:
            if self.ended(prompt) != "completed":
                raise StepError(f"the job {prompt!r} was not completed: it is {self.view(prompt)}")

    def fail(self, prompt: str, sides: Sides) -> None:
        self.ask(prompt, width=sides.width, height=sides.height).must()
        if self.ended(prompt) != "failed":
            raise StepError(f"the job {prompt!r} did not fail: it is {self.view(prompt)}")

    def run_out_of_time(self, prompt: str) -> None:
        """Let the clock go on until the job has been stopped."""
        self.ask(prompt, steps=LONGEST_STEPS).must()
        self._world.pace.pass_the_limit(prompt)
        if self.state(prompt) != "failed":
            raise StepError(f"the job {prompt!r} was never stopped: it is {self.view(prompt)}")

    def cancel_while_it_runs(self, prompt: str) -> None:
        self.start(prompt, steps_done=1)
        self.move(prompt, "cancel")
        self._world.answered.must()
        if not until(lambda: not self._world.clock.sleepers):
            raise StepError(f"{prompt!r} was cancelled, and is still being painted")

    def cancel(self, prompt: str) -> None:
        self.move(prompt, "cancel")

    def retry_to_its_end(self, prompt: str) -> None:
        # A backend may still be stopping it: then the studio says to try again in a moment.
        until(lambda: self._retried(prompt))
        self._world.pace.begin_again(prompt)
        self._world.pace.go_on()

    def _retried(self, prompt: str) -> bool:
        self.move(prompt, "retry")
        return self._world.answered.accepted

    def move(self, prompt: str, move: str) -> None:
        self.current = prompt
        self._world.ask(self._world.client.generation.move(self.id(prompt), move))

    def delete(self, prompt: str) -> None:
        self.current = prompt
        self._world.ask(self._world.client.generation.delete(self.id(prompt)))

    def hang_up_on(self, prompt: str) -> None:
        """Wait for a picture as an impatient client does, and be gone."""
        request = {"prompt": prompt, **USUAL}
        answer = self._world.client.generation.infer_and_hang_up(0.25, **request)
        if answer is not None:
            raise StepError(f"{prompt!r} was answered before anybody could hang up: {answer.content[:200]!r}")
        self.hung_up = prompt

    # Looking

    def find(self, **query: Any) -> None:
        self.listed = self._world.ask(self._world.client.generation.list(page_size=100, **query)).must().body["jobs"]

    def list_in_pages(self, page_size: int) -> None:
        """Every page, until there are no more."""
        while True:
            asked = self._world.client.generation.list(page=len(self.pages) + 1, page_size=page_size)
            body = self._world.ask(asked).must().body
            if not body["jobs"]:
                return
            self.pages.append(body["jobs"])

    def look_for(self, what: str) -> None:
        """Ask for something of a job that never was."""
        unknown = "6f1c2c1e-0000-4000-8000-000000000000"
        ask = self._world.client.generation
        verbs = {
            "a job that never was": ask.get,
            "the picture of a job that never was": ask.image,
        }
        self._world.ask(verbs[what](unknown))

    def fetch_small(self, side: int) -> None:
        answer = self._world.ask(self._world.client.generation.image(self.id(self.current), size=side))
        self._world.generation.take([answer.must().content])

    def listen(self) -> None:
        self.listen_to(None)

    def listen_to(self, prompt: str | None) -> EventStream:
        self.stream = stream = self._world.client.generation.events(None if prompt is None else self.id(prompt))
        until(lambda: stream.heard)  # the snapshot: from here on nothing is missed
        return stream

    def listen_without_keeping_up(self) -> None:
        self.listen_to(None).reads.clear()

    def catch_up(self) -> None:
        if self.stream is None:
            raise StepError("nobody listens")
        self.stream.reads.set()

    def save_as_recipe(self, name: str) -> None:
        """Save the picture of the job that was spoken of last."""
        self._world.generation.take([self.picture(self.current).must().content])
        self._world.recipes.save(name)

    def make_after(self, duration: timedelta, prompt: str) -> None:
        """Let time pass, and have something made then, as happens in every studio."""
        self._world.clock.advance(duration)
        self._world.generation.have(prompt, 42)

    def restart_and_go_on(self) -> None:
        self._world.restart()
        self._world.pace.go_on()

    def kill_and_go_on(self) -> None:
        self._world.kill()
        self._world.pace.go_on()

    def run_to_the_end(self, prompt: str, **more: Any) -> None:
        if self.ask(prompt, **more).accepted:
            self._world.pace.go_on()

    def cancel_and_pass_one_step(self, prompt: str) -> None:
        self.move(prompt, "cancel")
        self._world.servers.hear_the_word_to_stop()
        self._world.pace.pass_one_step()

    def wait_for_the_server(self, prompt: str) -> None:
        """Bring a job to where the backend is down and another attempt is waited for."""
        self.ask(prompt).must()
        if not until(lambda: self.view(prompt)["waiting_until"] and self._world.clock.sleepers):
            raise StepError(f"the job {prompt!r} waits for nothing: it is {self.view(prompt)}")

    def id(self, prompt: str) -> str:
        """The job that a prompt stands for, the latest one asked for."""
        if prompt not in self.ids:
            answer = self._world.answer
            why = answer.reason if answer is not None else "nobody asked for it"
            raise StepError(f"there is no job for {prompt!r}: {why}")
        return self.ids[prompt]

    def view(self, prompt: str) -> dict[str, Any]:
        return self._view(self.id(prompt))

    def state(self, prompt: str) -> str:
        return str(self.view(prompt)["state"])

    def ended(self, prompt: str) -> str:
        """The state in which a job ends, waited for; its last state when it does not end in time."""
        until(lambda: self.state(prompt) in FINAL)
        return self.state(prompt)

    def picture(self, prompt: str, number: int = 1) -> Answer:
        answer = self._world.client.generation.image(self.id(prompt), number=number)
        if answer.accepted:
            self._world.evidence.picture(f"the picture of {prompt}", answer.content)
        return answer

    def unfinished(self) -> list[dict[str, Any]]:
        """Every job of the studio that waits or is painted."""
        found: list[dict[str, Any]] = self._world.client.generation.list(page_size=100).must().body["jobs"]
        return [job for job in found if job["state"] not in FINAL]

    def _view(self, job_id: str) -> dict[str, Any]:
        body: dict[str, Any] = self._world.client.generation.get(job_id).must().body
        return body


def _value(text: str) -> Any:
    """A cell as a number where it reads as one."""
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
