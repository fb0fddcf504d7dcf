"""What a scenario does with the ComfyUI servers that a studio paints through."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from support.bdd import StepError
from support.waiting import until

if TYPE_CHECKING:
    from support.servers.comfyui import ComfyUI, FailureMode
    from support.world import World

# Of somebody else's picture: by the scenario's clock, which nobody moves by so much unless it is to end.
OTHERS_STEP_SECONDS = 10.0
OTHERS_STEPS = 8
FIRST, SECOND = "first", "second"


class Servers:
    """Verbs on the ComfyUI servers of a scenario, the first unless another is named."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.restarted_after: timedelta | None = None

    @property
    def first(self) -> ComfyUI:
        return self._world.comfyui

    def named(self, which: str) -> ComfyUI:
        return self._world.comfyui_servers[(FIRST, SECOND).index(which)]

    # What they are like

    def have(self, count: int) -> None:
        while len(self._world.comfyui_servers) < count:
            self._world.start_comfyui()

    def be_of_version(self, version: str) -> None:
        self._world.comfyui_profile = version  # type: ignore[assignment]  # the double refuses what it does not know

    def take_so_long(self, step_seconds: float) -> None:
        self.have(1)
        for server in self._world.comfyui_servers:
            server.step_seconds = step_seconds

    def have_memory_for(self, pixels: int) -> None:
        self.first.has_memory_for(pixels)

    def be_in_trouble(self, trouble: str) -> None:
        names: dict[str, FailureMode] = {
            "a node breaks": "node error",
            "the disk is full": "full disk",
            "the workflow is refused": "refuses",
            "no checkpoint is left": "unknown model",
        }
        self.first.fails(names[trouble])

    def run_out_of_memory_once(self) -> None:
        self.first.fails("out of memory", times=1)

    def be_slow(self) -> None:
        self.first.fails("slow")

    def restart_every_time(self) -> None:
        self.first.fails("restart")

    def paint_with_kontext(self) -> None:
        """With the diffusion model, the text encoders and the VAE that every server of ours has."""
        self._world.decide(
            comfyui_workflow="kontext",
            comfyui_clip=("clip_l.safetensors", "t5xxl_fp16.safetensors"),
            comfyui_vae="ae.safetensors",
        )

    def never_end_a_step(self) -> None:
        self.first.fails("hang")

    def lose_the_word_to_stop(self) -> None:
        """A prompt is "running" for a while before it can be interrupted, and forgets what came before."""
        self.first.begins_slowly(self._world.pace.step.total_seconds())

    def hear_nothing(self) -> None:
        self.first.fails("deaf")

    def leave_out_a_picture(self) -> None:
        self.first.fails("refuses a part")

    def be_busy(self, which: str) -> None:
        """Somebody else's picture is being painted, and takes as long as nobody moves the clock."""
        server = self.named(which) if self._world.comfyui_servers else self.first
        if not server.step_seconds:
            server.step_seconds = OTHERS_STEP_SECONDS
            self._world.pace.step = self._world.pace.step or timedelta(seconds=OTHERS_STEP_SECONDS)
        server.is_busy_with(steps=OTHERS_STEPS)
        if not until(lambda: server.running() is not None):
            raise StepError(f"the {which} server never began somebody else's picture")

    def go_down(self, which: str = FIRST) -> None:
        self.have(1)
        self.named(which).goes_down()

    def lose_pictures(self) -> None:
        for file in self.first.pictures():
            file.unlink()

    # What happens to them

    def hear_the_word_to_stop(self) -> None:
        """Wait until the servers of the scenario, if there are any, have been told to stop something."""
        if self._world.comfyui_servers and not until(self._told_to_stop):
            raise StepError("no server was ever told to stop")

    def _told_to_stop(self) -> bool:
        asked = [seen for server in self._world.comfyui_servers for seen in server.requests]
        # Answered, too: a word that is only on its way might be heard after what is to come next.
        return any(seen.method == "POST" and seen.path.endswith("/interrupt") and seen.status for seen in asked)

    def bring_to_wait(self, prompt: str) -> None:
        """Bring a job to wait in the server's own queue."""
        self._world.jobs.ask(prompt).must()
        if not until(self.first.pending):
            raise StepError(f"{prompt!r} never came to wait at the server: {self._world.jobs.view(prompt)}")

    def come_back(self) -> None:
        self.first.comes_back()
        self._world.pace.go_on()

    def restart_and_go_on(self) -> None:
        """Restart the server; remember after how long it was asked again."""
        asked, began = len(self.first.prompts()), self._world.clock.now()
        self.first.restarts()
        until(lambda: len(self.first.prompts()) > asked or self._world.pace.move_on())
        self.restarted_after = self._world.clock.now() - began
        self._world.pace.go_on()

    def drop_lines_and_go_on(self) -> None:
        self.first.drops_sockets()
        self._world.pace.go_on()

    def work_again(self, prompt: str) -> None:
        self.first.works_again()
        self._world.jobs.ask(prompt)

    def finish_while_the_studio_restarts(self) -> None:
        """The server's last inference step ends while there is no studio."""
        self._world.restart()
        self._world.clock.advance(self._world.pace.step)
        if not until(lambda: self.first.running() is None):
            raise StepError("the server never finished its picture")
        self._world.client.health().must()
